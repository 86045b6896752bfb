"""The form of a project: a catalogue item, a quantity, the demands it answers, and what it costs as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.demands import Demand, DemandCategory, DemandFilter
from renovation.model.intake import DemandRow
from renovation.model.items import Item, OwnItem
from renovation.model.money import fen_in, yuan
from renovation.model.projects import CostFigure, Project, ProjectDraft
from renovation.model.scope import Scope
from renovation.rules.demands.contacts import masked
from renovation.rules.money.pricing import CostRange
from renovation.rules.money.proposals import proposed
from renovation.services.demands import demands
from renovation.services.projects import items, projects
from renovation.services.projects.projects import may_join_project
from renovation.text.units import unit_label
from renovation.ui.frame.answers import refusals, warn_of_contacts
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.map import forget_drawing
from renovation.ui.projects import projects as widgets
from renovation.ui.projects.budget import figure_fields
from renovation.ui.projects.drawing import drawing_field, quantity_field
from renovation.ui.projects.own_item import UNLISTED, item_words, own_fields
from renovation.ui.words import aside, label, language, say, told


def project_form(actor: Actor) -> None:
    """Draw the form and keep what it says."""
    with refusals() as refused:
        old = projects.get_project(store(), actor, editing) if (editing := widgets.editing_id()) is not None else None
        begun = [demands.demand_file(store(), actor, one).demand for one in widgets.beginning_demands()]
    if refused.error is not None:
        widgets.leave_form()
        return
    # Another project, or another set of demands, is another form.
    about = f"project_form.{old.id if old else 'new'}.{'-'.join(str(one.id) for one in begun)}"
    with draft(actor, about, base=old, on_forget=forget_drawing) as form:
        _fields(actor, form, begun)


def _fields(actor: Actor, form: Draft, begun: Sequence[Demand]) -> None:
    old: Project | None = form.base
    catalogue = items.catalogue(store(), actor)
    left, right = st.columns([3, 2], gap="large")
    with left:
        estate_id = _estate(actor, form, begun[0].estate_id if begun else None)
        item = _item(catalogue, form, proposed(_categories(actor, form, estate_id, begun), catalogue))
        own = own_fields(form) if item is UNLISTED else None
        geometry = drawing_field(actor, form, item, estate_id, old.geometry if old else None)
        quantity = quantity_field(form, item, geometry, float(old.quantity) if old else 0.0)
        name, why, description, upkeep, upkeep_by = _words(item, form, [one.text for one in begun])
        chosen = _demands(actor, estate_id, form, [one.id for one in begun])
    with right:
        figure = None
        if item is not None and item.own and old is None:
            st.caption(say("project.own.hint"))
            figure = figure_fields(form)
        cost = None if item is None or item.own else _cost(actor, item, quantity)
        _choices(actor, estate_id, item)
        if item is None or estate_id is None or (cost is None and not item.own):
            st.caption(say("project.form.first"))
            return
        save, back = st.columns(2)
        back.button(say("project.form.back"), on_click=widgets.leave_form, width="stretch", key=form.key("back"))
        if save.button(
            say("project.form.save"), type="primary", icon=":material/save:", width="stretch", key=form.key("save")
        ):
            _save(
                actor,
                form,
                chosen,
                own,
                figure,
                estate_id=estate_id,
                item_code=item.code,
                quantity=Decimal(str(quantity)),
                name=name,
                why=why,
                description=description,
                geometry=geometry,
                upkeep_per_year=fen_in(upkeep),
                upkeep_by=upkeep_by,
            )


def _estate(actor: Actor, form: Draft, begun: int | None) -> int | None:
    names = {choice.id: choice for choice in demands.estate_choices(store(), actor)}
    first = form.base.estate_id if form.base else begun
    if not names:
        st.info(say("demand.form.no_estates"), icon=":material/info:")
        page_link("imports", icon="upload_file")
        page_link("estates", icon="location_city")
        return None
    chosen: int | None = st.selectbox(
        say("demand.field.estate"),
        list(names),
        index=None,
        format_func=lambda one: (
            aside(names[one].name, names[one].street_name) if names[one].street_name else names[one].name
        ),
        placeholder=say("demand.form.estate_hint"),
        **form.field("estate", first if first in names else None, among=[None, *names]),
    )
    return chosen


def _item(catalogue: Sequence[Item], form: Draft, first: Sequence[Item]) -> Item | None:
    """Let the planner choose an item; what the demands' categories propose stands at the top."""
    by_code = {item.code: item for item in (*first, *catalogue)}
    if form.base is None:
        by_code[UNLISTED.code] = UNLISTED
    code = st.selectbox(
        say("project.column.item"),
        list(by_code),
        index=None,
        format_func=lambda one: item_words(by_code[one]),
        placeholder=say("project.form.item_hint"),
        **form.field("item", form.base.item_code if form.base else None, among=[None, *by_code]),
    )
    if code is None:
        if first:
            st.caption(told("project.form.proposed", names=tuple(item.name(language()) for item in first)))
        return None
    if code != UNLISTED.code:
        st.caption(widgets.item_class_words(by_code[code]))
    return by_code[code]


def _categories(actor: Actor, form: Draft, estate_id: int | None, begun: Sequence[Demand]) -> list[DemandCategory]:
    """Return what the demands are about that the project begins with or that are ticked in the form."""
    ticked = form.get(f"demands.{estate_id}", ()) or ()
    found = [demands.demand_file(store(), actor, one).demand for one in ticked if one not in {b.id for b in begun}]
    return list(dict.fromkeys(one.category for one in (*begun, *found)))


def _words(item: Item | None, form: Draft, said: Sequence[str]) -> tuple[str, str, str, float, str]:
    old: Project | None = form.base
    name = st.text_input(
        say("project.column.name"),
        max_chars=80,
        placeholder=item.name(language()) if item else "",
        **form.field("name", old.name if old else ""),
    )
    first = old.why if old else (masked(said[0]) if said else "")
    why = st.text_input(say("project.column.why"), max_chars=200, **form.field("why", first[:200]))
    with st.expander(say("project.form.more")):
        description = st.text_area(
            say("project.column.description"), max_chars=2000, **form.field("text", old.description if old else "")
        )
        warn_of_contacts(f"{why}\n{description}")
        upkeep = st.number_input(
            say("project.column.upkeep"),
            min_value=0.0,
            max_value=1e9,
            step=100.0,
            **form.field("upkeep", float(yuan(old.upkeep_per_year)) if old else 0.0),
        )
        upkeep_by = st.text_input(
            say("project.column.upkeep_by"), max_chars=80, **form.field("upkeep_by", old.upkeep_by if old else "")
        )
    return name, why, description, upkeep, upkeep_by


def _demands(actor: Actor, estate_id: int | None, form: Draft, begun: Sequence[int]) -> list[int]:
    """Let the planner tick the demands of the estate that this project answers."""
    if estate_id is None:
        return []
    rows = {row.demand.id: row for row in demands.list_demands(store(), actor, DemandFilter(scope=_only(estate_id)))}
    linked = [*(form.base.demand_ids if form.base else ()), *begun]
    options = [key for key, row in rows.items() if key in linked or may_join_project(row.demand.status)]
    chosen: list[int] = st.multiselect(
        say("project.form.demands"),
        options,
        format_func=lambda key: _demand_words(rows[key]),
        placeholder=say("project.form.demands_hint"),
        select_all=False,
        **form.field(f"demands.{estate_id}", [key for key in linked if key in options], among=options),
    )
    return [*chosen, *(key for key in linked if key not in rows)]


def _only(estate_id: int) -> Scope:
    return Scope(estate_id=estate_id)


def _demand_words(row: DemandRow) -> str:
    return f"{label('enum.DemandCategory', row.demand.category)} · {row.building_name} {row.demand.text}"


def _cost(actor: Actor, item: Item | None, quantity: float) -> CostRange | None:
    """Show what the quantity costs, low, likely and high, and whether the price is an assumption."""
    if item is None:
        return None
    with st.container(border=True):
        st.caption(say("project.form.cost"))
        with refusals() as refused:
            cost = items.price_project(store(), actor, item.code, str(quantity))
        if refused.error is not None:
            return None
        st.markdown(f"## {say('project.wan', cost=cost.likely)}")
        st.markdown(told("project.form.range", low=cost.low, high=cost.high))
        entry = items.price_book(store(), actor).by_code[item.code]
        unit = unit_label(item.unit, language())
        st.caption(told("project.form.unit_price", low=entry.low, high=entry.high, unit=unit))
        if cost.assumed:
            st.warning(say("price.assumed"), icon=":material/help:")
    return cost if cost.likely > 0 else None


def _choices(actor: Actor, estate_id: int | None, item: Item | None) -> None:
    """Show what has to come first, and what asks for a choice, among the estate's projects."""
    if item is None or estate_id is None:
        return
    names = widgets.item_names(actor)
    orders, pairs = projects.choices_in_estate(store(), actor, estate_id, with_item=item.code)
    for rule in orders:
        st.info(
            told("choice.order", first=names[rule.first], then=names[rule.then]), icon=":material/format_list_numbered:"
        )
    for pair in pairs:
        st.warning(
            told("choice.conflict", one=names[pair.one], other=names[pair.other]), icon=":material/compare_arrows:"
        )


def _save(
    actor: Actor,
    form: Draft,
    chosen: Sequence[int],
    own: Callable[[], OwnItem] | None,
    figure: Callable[[], CostFigure] | None,
    **fields: Any,
) -> None:
    old: Project | None = form.base
    with form.saving():
        # What no price book holds costs what its figure says, on file or brought along.
        brought = figure() if figure is not None else None
        cost = brought.amount if brought is not None else old.cost if old is not None else None
        item = own() if own is not None else None
        made: ProjectDraft = projects.draft_from_item(store(), actor, own=item, cost=cost, **fields)
        if old is None:
            kept = projects.create_project(store(), actor, made, chosen, own=item, figure=brought)
        else:
            kept = projects.edit_project(store(), actor, old.id, old.version, made, chosen)
        widgets.leave_form(kept.id)
        form.done(told("project.form.kept", code=kept.code, cost=kept.cost))
