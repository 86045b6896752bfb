"""What a year begins with, above the form: promised lines with their money, what waits and why, what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import day_of
from renovation.model.projects import ProjectRow
from renovation.rules.money.books import PotAccount
from renovation.services.money import pots
from renovation.services.programme.year_start import ReturnedLine, WaitingLine, YearStart, year_start
from renovation.text.planning import planning_reason_text
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.grid import DAY, REASON, SUM, WHOLE, Kind, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_project
from renovation.ui.words import label, language, listed, say, shown_sum, told

_KINDS: Mapping[str, Kind] = {
    "year": WHOLE, "money": SUM, "gap": SUM, "cost": SUM, "reason": REASON, "day": DAY,
}  # fmt: skip


def adopted_first(start: YearStart) -> bool:
    """Say before any work is done that the year has a programme; tell whether to plan as if it were taken back."""
    if not start.adopted:
        return False
    st.warning(told("year_start.adopted", year=start.year, name=start.adopted), icon=":material/gavel:")
    page_link("scenarios", label=say("year_start.to_scenarios"))
    return st.checkbox(say("year_start.instead", year=start.year), key=f"programme.instead.{start.year}")


def begins_with(actor: Actor, year: int) -> YearStart:
    """Show what a year begins with, and return it."""
    start = year_start(store(), actor, year)
    left = pots.pots_left(store(), actor, year)
    counts = {"promised": len(start.promised), "waiting": len(start.waiting), "returned": len(start.returned)}
    with st.expander(say("year_start.title", year=year, **counts), icon=":material/start:"):
        counts["pots"] = len(left)
        shown: dict[str, Callable[[], None]] = {
            "promised": lambda: _promised(start),
            "waiting": lambda: _waiting(start.waiting),
            "returned": lambda: _returned(start.returned),
            "pots": lambda: _pots(actor, left, year),
        }
        chosen = st.segmented_control(
            say("year_start.part"),
            list(shown),
            default="promised",
            required=True,
            format_func=lambda name: say(f"year_start.{name}", count=counts[name]),
            key="programme.start",
            label_visibility="collapsed",
        )
        shown[chosen or "promised"]()
    return start


def _promised(start: YearStart) -> None:
    columns: dict[str, Sequence[Any]] = {
        "year": [line.year for line in start.promised],
        "programme": [line.programme for line in start.promised],
        "money": [shown_sum(line.money) for line in start.promised],
        "gap": [shown_sum(line.gap) for line in start.promised],
    }
    _lines("promised", [line.row for line in start.promised], columns)


def _waiting(lines: Sequence[WaitingLine]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "cost": [shown_sum(line.row.project.cost) for line in lines],
        "reason": [
            planning_reason_text(line.reason, language())
            if line.reason
            else say(f"year_start.why.{line.row.project.status.value}")
            for line in lines
        ],
    }
    _lines("waiting", [line.row for line in lines], columns)


def _returned(lines: Sequence[ReturnedLine]) -> None:
    columns: dict[str, Sequence[Any]] = {
        "day": [day_of(line.step.at) for line in lines],
        "reason": [_came_back(line) for line in lines],
    }
    _lines("returned", [line.row for line in lines], columns)


def _pots(actor: Actor, left: Sequence[PotAccount], year: int) -> None:
    """Show what is left of the pots of earlier years, and carry it over."""
    if not left:
        st.caption(say("year_start.none_pots"))
        return
    grid(
        {
            "pot": [one.pot.name for one in left],
            "pot_year": [one.pot.year for one in left],
            "left": [shown_sum(one.free) for one in left],
            "level": [say(f"source_kind.{one.pot.level.value}") for one in left],
        },
        words="year_start.column",
        kinds={"pot_year": WHOLE, "left": SUM},
        key="start.pots",
    )
    if not may(actor, Action.EDIT_POTS):
        return
    st.caption(say("year_start.carry_how", year=year))
    if st.button(say("year_start.carry", year=year), icon=":material/move_down:", key="start.carry"):
        with refusals():
            kept = pots.carry_over(store(), actor, year)
            done(told("year_start.carried", count=len(kept), year=year))


def _came_back(line: ReturnedLine) -> str:
    named = line.step.occasion
    votes = say("lives.votes", votes=named.votes, rank=named.rank, rivals=named.rivals) if named.rank else ""
    act = say(f"enum.ProjectAct.{line.step.act}")
    return listed([part for part in (act, named.where, votes, named.why) if part], clauses=True)


def _lines(key: str, rows: Sequence[ProjectRow], columns: Mapping[str, Sequence[Any]]) -> None:
    """Show projects of which a chosen one opens."""
    if not rows:
        st.caption(say(f"year_start.none_{key}"))
        return
    shown = {
        "name": [row.project.name for row in rows],
        "estate": [row.estate_name for row in rows],
        "status": [label("enum.ProjectStatus", row.project.status) for row in rows],
        **columns,
    }
    ids = [row.project.id for row in rows]
    kinds = {name: kind for name, kind in _KINDS.items() if name in shown}
    for at in grid(shown, words="year_start.column", kinds=kinds, ids=ids, pick="one", tall=300, key=f"start.{key}"):
        open_project(ids[at])
