"""The year's programme on screen: solve it, read it, price its rules, keep it as a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.elections import Reason
from renovation.model.jobs import JobKind, LongWork
from renovation.model.programme import ConstraintKind, SolveState
from renovation.model.ranking import MAX_NAME
from renovation.model.scenarios import MAX_NOTE, ProgrammeInput, ProjectPlace, StandingAside
from renovation.rules.programme.advice import ConstraintPrice
from renovation.rules.programme.basis import households_reached, unknown_households
from renovation.rules.programme.ledger import values_of
from renovation.services.house import jobs
from renovation.services.programme import programme as service
from renovation.services.programme.solving import Advice, Solved
from renovation.text.formats import format_percent, format_wan, wan_digits
from renovation.text.planning import planning_reason_text
from renovation.text.programme import objective_text, pot_name, rule_text
from renovation.text.rules import category_label
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import BAR, COUNT, REASON, SUM, WHOLE, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_estate, open_project
from renovation.ui.jobs import begin, under_way
from renovation.ui.words import aside, language, listed, plain, say, shown_sum, told

_RESULT, _ADVICE = "programme.result", "programme.advice"


def solve_button(actor: Actor, basis: ProgrammeInput) -> None:
    """Offer to solve, or show how far a search is and offer to stop it."""
    stop = say("page_programme.cancel")
    if under_way(actor, JobKind.PROGRAMME, _solving, _keep(_RESULT), stop=stop):
        return
    if under_way(actor, JobKind.ADVICE, _advising, _keep(_ADVICE), stop=stop):
        return
    is_empty = not basis.problem.projects or not basis.problem.pots
    if st.button(say("page_programme.solve"), type="primary", icon=":material/calculate:", disabled=is_empty):
        st.session_state.pop(_ADVICE, None)
        begin(actor, lambda: jobs.ask_programme(store(), actor, basis))


def _keep(key: str) -> Callable[[object], None]:
    def keep(answer: object) -> None:
        st.session_state[key] = answer

    return keep


def _solving(known: LongWork) -> str:
    return say("programme.solving", gap=1 - known.share) if known.done else say("page_programme.working")


def _advising(known: LongWork) -> str:
    return say("page_programme.advising", done=known.done, of=known.whole)


def current() -> Solved | None:
    """Return the answer on this tab."""
    solved: Solved | None = st.session_state.get(_RESULT)
    return solved


def show(actor: Actor, solved: Solved, basis: ProgrammeInput, *, may_keep: bool = True) -> None:
    """Show an answer: headline, pots, the list with reasons, what was left out, what rules cost.

    Parameters
    ----------
    may_keep
        Whether it can become a scenario; a list of somebody's own is in no register.
    """
    found, tongue = solved.programme, language()
    if solved.basis != basis:
        st.warning(say("page_programme.outdated"), icon=":material/update:")
    if found.state is SolveState.INFEASIBLE:
        _infeasible(solved)
        return
    kind = st.success if found.state is SolveState.OPTIMAL else st.warning
    kind(
        say(
            "page_programme.state", state=say(f"solve_state.{found.state.value}"), gap=format_percent(found.gap, tongue)
        ),
        icon=":material/check_circle:" if found.state is SolveState.OPTIMAL else ":material/hourglass_bottom:",
    )
    _headline(solved)
    # A count in a tab's name would change the name, and whoever stands in that tab would be led to the first one.
    chosen, left_out, pots, advice = st.tabs(
        [say(f"page_programme.tab.{name}") for name in ("chosen", "left_out", "money", "advice")],
        key="renovation.programme.tabs",
    )
    with chosen:
        st.caption(say("page_programme.tab.count", count=len(found.chosen)))
        _chosen(solved)
    with left_out:
        st.caption(say("page_programme.tab.count", count=len(found.left_out)))
        _left_out(solved)
    with pots:
        _pots(solved)
    with advice:
        _advice(actor, solved)
    if may_keep:
        _save(actor, solved)


def _infeasible(solved: Solved) -> None:
    st.error(say("solve_state.infeasible"), icon=":material/block:")
    if solved.collisions:
        st.markdown(say("programme.collide"))
        for one in solved.collisions:
            st.markdown(f"- {plain(rule_text(solved.basis.problem, one, language()))}")


def _headline(solved: Solved) -> None:
    problem, found, tongue = solved.basis.problem, solved.programme, language()
    households = households_reached(solved.basis.places[line.project] for line in found.chosen)
    columns = st.columns(3)
    columns[0].metric(say("page_programme.chosen"), len(found.chosen))
    columns[1].metric(say("page_programme.money"), wan_digits(found.total_cost, language()))
    columns[2].metric(say("page_programme.households"), f"{households:,}")
    baseline = found.baseline
    if not baseline.is_feasible:
        st.caption(say("page_programme.baseline_infeasible"))
        return
    st.markdown(
        told(
            "page_programme.baseline",
            count=len(baseline.chosen),
            plain=objective_text(problem, baseline.objective, tongue),
            found=objective_text(problem, found.objective, tongue),
            more=objective_text(problem, found.objective - baseline.objective, tongue),
        ),
        help=say("page_programme.baseline_help"),
    )


def _reason(reason: Reason) -> str:
    return planning_reason_text(reason, language())


def _chosen(solved: Solved) -> None:
    problem, places = solved.basis.problem, solved.basis.places
    by_id = {project.id: project for project in problem.projects}
    names = {pot.id: pot.name for pot in problem.pots}
    columns = ("name", "estate", "cost", "reason", "year", "pots", "households", "votes", "street", "id")
    rows = [
        {
            "year": line.year,
            "id": line.project,
            "name": places[line.project].name,
            "estate": places[line.project].estate,
            "street": places[line.project].street,
            "cost": shown_sum(line.cost),
            "votes": by_id[line.project].votes,
            "households": places[line.project].households,
            "pots": listed(
                (f"{names[pot]} {format_wan(paid, language())}" for pot, paid in line.payments), clauses=True
            ),
            "reason": _reason(line.reason),
        }
        for line in solved.programme.chosen
    ]
    _frame("chosen", rows, columns, [places[line.project] for line in solved.programme.chosen])


def _left_out(solved: Solved) -> None:
    places = solved.basis.places
    costs = {project.id: project.cost for project in solved.basis.problem.projects}
    rows = [
        {
            "id": one.project,
            "name": places[one.project].name,
            "estate": places[one.project].estate,
            "street": places[one.project].street,
            "cost": shown_sum(costs[one.project]),
            "reason": _reason(one.reason),
        }
        for one in solved.programme.left_out
    ]
    aside = [
        {"id": one.code, "name": one.name, "estate": one.estate, "reason": _aside(one)} for one in solved.basis.aside
    ]
    known = [*(places[one.project] for one in solved.programme.left_out), *(None for _ in aside)]
    _frame("left_out", [*rows, *aside], ("name", "estate", "cost", "reason", "street", "id"), known)


def _aside(one: StandingAside) -> str:
    return say(f"programme_aside.{one.why}", programme=one.programme, year=one.year)


def _frame(
    key: str,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    places: Sequence[ProjectPlace | None],
) -> None:
    grid(
        pd.DataFrame(rows, columns=list(columns)),
        words="page_programme.column",
        kinds={"year": WHOLE, "cost": SUM, "reason": REASON, "households": COUNT, "votes": COUNT},
        tall=430,
        opens={
            "name": ([one and one.project_id for one in places], open_project),
            "estate": ([one and one.estate_id for one in places], open_estate),
        },
        key=f"programme.{key}",
    )


def _pots(solved: Solved) -> None:
    problem, found, tongue = solved.basis.problem, solved.programme, language()
    whole = [solved.basis.whole_pots.get(use.pot, use.amount) for use in found.pots]
    grid(
        {
            "name": [pot_name(problem, use.pot) for use in found.pots],
            "whole": [shown_sum(amount) for amount in whole],
            "before": [shown_sum(amount - use.amount) for amount, use in zip(whole, found.pots, strict=True)],
            "amount": [shown_sum(use.amount) for use in found.pots],
            "spent": [shown_sum(use.spent) for use in found.pots],
            "left": [shown_sum(use.left) for use in found.pots],
            "share": [round(100 * use.spent / use.amount) if use.amount else 0 for use in found.pots],
        },
        words="page_programme.pot",
        kinds={**dict.fromkeys(("whole", "before", "amount", "spent", "left"), SUM), "share": BAR},
        tall=None,
        key="programme.pots",
    )
    for use in found.groups:
        rule = use.rule
        limits = [
            say(f"page_programme.group.{name}", value=value)
            for name, value in (
                ("min_count", rule.min_count or None),
                ("max_count", rule.max_count),
                ("min_cost", format_wan(rule.min_cost, tongue) if rule.min_cost else None),
                ("max_cost", None if rule.max_cost is None else format_wan(rule.max_cost, tongue)),
            )
            if value is not None
        ]
        said = told(
            "page_programme.group.use", group=category_label(rule.group, language()), count=use.count, cost=use.cost
        )
        st.markdown(f"- {aside(said, listed(limits, clauses=True))}")


def _advice(actor: Actor, solved: Solved) -> None:
    advice: Advice | None = st.session_state.get(_ADVICE)
    problem, tongue = solved.basis.problem, language()
    if advice is None or advice.is_partial:
        st.caption(say("page_programme.advice_lead"))
        if st.button(say("page_programme.advise"), icon=":material/query_stats:"):
            begin(actor, lambda: jobs.ask_advice(store(), actor, solved))
    if advice is None:
        return
    st.markdown(f"**{say('page_programme.next_million')}**")
    useless = [pot_name(problem, gain.pot) for gain in advice.gains if not gain.gain]
    for gain in advice.gains:
        if not gain.gain:
            continue
        st.markdown(
            "- "
            + told(
                "page_programme.gain",
                pot=pot_name(problem, gain.pot),
                gain=objective_text(problem, gain.gain, tongue),
                enters=_named(solved, gain.enters),
                leaves=_named(solved, gain.leaves),
            )
        )
    if useless:
        st.markdown(f"- {told('page_programme.no_gain', pots=tuple(useless))}")
    if advice.is_partial:
        st.info(say("page_programme.advice_partial"), icon=":material/stop_circle:")
    if not advice.prices:
        return
    st.markdown(f"**{say('page_programme.prices')}**")
    st.caption(say("page_programme.prices_lead"))
    grid(
        {
            "rule": [_priced(solved, one) for one in advice.prices],
            "price": [objective_text(problem, one.price, tongue) for one in advice.prices],
            "objective": [objective_text(problem, one.objective, tongue) for one in advice.prices],
        },
        words="page_programme.price",
        tall=None,
        key="programme.prices",
    )


def _priced(solved: Solved, one: ConstraintPrice) -> str:
    if not one.name:
        return say(f"constraint_all.{one.kind.value}", count=one.count)
    problem = solved.basis.problem
    name = one.name
    if one.kind is ConstraintKind.POT:
        name = pot_name(problem, name)
    elif one.kind is ConstraintKind.LOCK:
        name = next((project.name or project.id for project in problem.projects if project.id == name), name)
    elif one.kind in (ConstraintKind.GROUP_FLOOR, ConstraintKind.GROUP_CAP):
        name = category_label(name, language())
    return say(f"constraint.{one.kind.value}", name=name)


def _named(solved: Solved, codes: Sequence[str]) -> str:
    places = solved.basis.places
    names = [f"{places[code].estate} {places[code].name}" for code in codes[:5]]
    said = listed(names) or "—"
    return said if len(codes) <= 5 else say("page_ranking.and_more", names=said, count=len(codes) - 5)


def _save(actor: Actor, solved: Solved) -> None:
    with draft(actor, "programme.save", border=True) as form:
        st.markdown(f"**{say('page_programme.save')}**")
        name_column, note_column = st.columns([1, 2])
        name = name_column.text_input(say("page_scenarios.name"), max_chars=MAX_NAME, **form.field("name", ""))
        note = note_column.text_input(say("page_scenarios.note"), max_chars=MAX_NOTE, **form.field("note", ""))
        if not st.button(say("page_programme.keep"), icon=":material/save:", key=form.key("save")):
            return
    with form.saving():
        service.save_scenario(store(), actor, name=name, note=note, basis=solved.basis, programme=solved.programme)
        form.done(told("page_programme.kept", name=name.strip()))


def _batches(basis: ProgrammeInput) -> None:
    """Say which decided batches the candidates come from, and what follows where none is decided."""
    for one in basis.batches:
        money = basis.problem.money_in(one.year)
        st.caption(told("page_programme.batch", year=one.year, estates=one.estates, budget=one.budget, money=money))
    if open_years := [year for year in basis.settings.years if year not in {one.year for one in basis.batches}]:
        st.info(told("page_programme.no_batch", years=tuple(map(str, open_years))), icon=":material/event_busy:")
        page_link("annual_batch")


def basis_line(basis: ProgrammeInput) -> None:
    """Say from how much there is to choose."""
    problem, tongue = basis.problem, language()
    st.caption(
        told(
            "page_programme.basis",
            projects=len(problem.projects),
            cost=format_wan(problem.whole_cost, tongue),
            pots=len(problem.pots),
            money=format_wan(problem.whole_money, tongue),
            aside=len(basis.aside),
        )
    )
    _batches(basis)
    if unknown := unknown_households(basis.places.values()):
        st.caption(told("page_programme.unknown_households", count=unknown))
    if not problem.pots:
        st.warning(say("page_programme.no_pots"), icon=":material/savings:")
        page_link("money", icon="account_balance_wallet")
    elif not problem.projects:
        st.info(say("page_programme.no_projects"), icon=":material/info:")
    elif not any(values_of(problem)):
        name = say(f"objective.{problem.objective.value}")
        st.warning(told("page_programme.worthless", objective=name), icon=":material/info:")
