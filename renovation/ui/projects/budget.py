"""A project's own budget on its card: which figure counts and why, the price book beside it, and a form for another."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.projects import COST_DECIDED, CostBasis, CostFigure, Project, ProjectStatus
from renovation.services.programme.programme import costs_apart
from renovation.services.projects.budgets import project_budget, record_figure
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.state import store
from renovation.ui.words import label, say, shown_sum, sum_key, told, typed_sum

_IN_PROGRAMME = frozenset({ProjectStatus.IN_PROGRAMME, ProjectStatus.IN_WORKS, ProjectStatus.DONE})
_KINDS = (CostBasis.ESTIMATE, CostBasis.REVIEWED, CostBasis.LIST)


def budget_part(actor: Actor, one: Project) -> None:
    """Say by which figure a project is priced, how far the price book is from it, and take a figure in."""
    held = project_budget(store(), actor, one.id)
    if held.counts is None:
        st.markdown(say("price.range", low=one.cost_low, likely=one.cost, high=one.cost_high))
    else:
        basis = label("enum.CostBasis", held.basis)
        st.markdown(told("project.budget.counts", basis=basis, cost=held.cost))
        st.caption(told("project.budget.source", day=held.counts.day, document=held.counts.document))
        if held.book is not None and (apart := held.above_book) is not None:
            key = "above" if apart >= 0 else "below"
            said = told(f"project.budget.{key}", book=held.book.likely, share=abs(apart))
            (st.caption if held.is_within_book else st.warning)(said)
        if held.book is None:
            st.caption(say("project.own.no_book"))
    _against_programme(actor, one)
    if len(held.figures) > 1:
        with st.expander(say("project.budget.history", count=len(held.figures))):
            for figure in held.figures:
                kind = label("enum.CostBasis", figure.basis)
                st.text(
                    say("project.budget.line", basis=kind, cost=figure.amount, day=figure.day, document=figure.document)
                )
    needed = Action.PUBLISH if one.status in COST_DECIDED else Action.EDIT_PROJECTS
    if may(actor, needed) and one.status in PROJECT_LIFE.before(ProjectAct.RECORD_FIGURE):
        _form(actor, one)


def _against_programme(actor: Actor, one: Project) -> None:
    """Say at what cost a programme adopted the project, where it costs otherwise now."""
    if one.status not in _IN_PROGRAMME or not may(actor, Action.SEE_RESULTS):
        return
    for apart in costs_apart(store(), actor, project_id=one.id):
        key = "dearer" if apart.above > 0 else "cheaper"
        said = told(f"project.budget.{key}", programme=apart.programme, adopted=apart.adopted, apart=abs(apart.above))
        st.warning(said, icon=":material/difference:")


def _form(actor: Actor, one: Project) -> None:
    with (
        st.popover(say("project.budget.record"), icon=":material/request_quote:", width="stretch"),
        draft(actor, f"project.budget.{one.id}", base=one) as form,
    ):
        st.caption(say("project.budget.rule"))
        figure = figure_fields(form)
        if st.button(say("project.budget.save"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                kept = record_figure(store(), actor, one.id, form.base.version, figure())
                form.done(told("project.budget.saved", code=kept.code, cost=kept.cost))


def figure_fields(form: Draft) -> Callable[[], CostFigure]:
    """Ask what a project costs, of which day, by which document; what is returned makes the figure of it."""
    basis = st.radio(
        say("project.budget.kind"),
        _KINDS,
        format_func=lambda kind: label("enum.CostBasis", kind),
        horizontal=True,
        **form.field("basis", CostBasis.REVIEWED),
    )
    amount = st.number_input(
        say("project.budget.amount"),
        min_value=0.0,
        max_value=shown_sum(10**13),
        step=shown_sum(100_000),
        **form.field(sum_key("amount"), 0.0),
    )
    day = st.date_input(say("project.budget.day"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today()))
    document = st.text_input(
        say("project.budget.document"),
        max_chars=200,
        placeholder=say("project.budget.document_hint"),
        **form.field("document", ""),
    )
    return lambda: CostFigure(basis=basis or CostBasis.REVIEWED, amount=typed_sum(amount), day=day, document=document)
