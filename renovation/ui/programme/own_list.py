"""A planner's own lists on screen: planned or ranked as the command line does it, and nothing of them kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from renovation.exports.files.tables import TableSheet, csv_table, workbook
from renovation.imports.files.columns import Field
from renovation.imports.programme import programme as problem_files
from renovation.imports.programme.ranking import CRITERIA_FIELDS, read_criteria
from renovation.model.accounts import Actor
from renovation.model.programme import Objective
from renovation.model.ranking import Method
from renovation.services.programme.own_lists import ListInput, RankedList, list_input, rank_list
from renovation.text.ranking import place_text
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.findings import change_table
from renovation.ui.frame.grid import NOTHING, grid
from renovation.ui.frame.offer import offer
from renovation.ui.programme import programme
from renovation.ui.uploads import file_field
from renovation.ui.words import language, say, told

_KINDS = ["xlsx", "csv"]
#: A list has no scores of a saved weighting to blend with.
_OBJECTIVES = (Objective.VOTES, Objective.HOUSEHOLDS, Objective.SCORE)


def is_own() -> bool:
    """Ask whether to plan what is on file or a list of one's own."""
    chosen = st.segmented_control(
        say("page_programme.source"),
        ["register", "own"],
        default="register",
        required=True,
        format_func=lambda one: say(f"page_programme.source_{one}"),
        key="programme.source",
        label_visibility="collapsed",
    )
    return chosen == "own"


def planned_list(actor: Actor) -> None:
    """Plan a list of projects with its pots and rules, as ``renovation programme`` does."""
    st.caption(say("page_programme.own_lead"))
    left, right = st.columns([1, 2], gap="medium")
    with left:
        given = {name: _file(f"page_programme.own_{name}", name) for name in ("projects", "pots", "rules")}
        objective = st.selectbox(
            say("page_programme.objective"),
            _OBJECTIVES,
            format_func=lambda one: say(f"objective.{one.value}"),
            key="programme.own.objective",
        )
        offer(say("page_programme.own_template"), _template(), key="programme.own.template")
    projects = given["projects"]
    if projects is None:
        right.info(say("page_programme.own_choose"), icon=":material/upload_file:")
        return
    with right:
        with refusals(about=projects.name) as met:
            found = _input(actor, given, objective)
        if met.error:
            return
        change_table(found.changes)
        programme.basis_line(found.basis)
        programme.solve_button(found.basis)
        solved = programme.current()
        if solved is not None and solved.basis == found.basis:
            programme.show(actor, solved, found.basis, may_keep=False)


def _file(words: str, name: str) -> Any:
    return file_field(say(words), is_staff=True, type=_KINDS, key=f"own.{name}")


def _input(actor: Actor, given: dict[str, Any], objective: Objective) -> ListInput:
    held = {name: None if file is None else file.getvalue() for name, file in given.items()}
    return list_input(actor, held["projects"] or b"", pots=held["pots"], rules=held["rules"], objective=objective)


def _headings(fields: Sequence[Field]) -> list[str]:
    return [field.headings[0] for field in fields]


def _template() -> tuple[str, str, bytes]:
    sheets = (
        (problem_files.PROJECT_SHEET, problem_files.PROJECT_FIELDS),
        (problem_files.POT_SHEET, problem_files.POT_FIELDS),
        (problem_files.RULE_SHEET, problem_files.RULE_FIELDS),
    )
    empty = [TableSheet(name=name, headings=_headings(fields), rows=[]) for name, fields in sheets]
    return workbook(say("page_programme.own_template"), empty)


def ranked_list(actor: Actor) -> None:
    """Rank a list of one's own by one's own criteria, as ``renovation rank`` does."""
    st.markdown(f"**{say('page_ranking.own_list')}**")
    st.caption(say("page_ranking.own_list_lead"))
    one, two, three = st.columns(3)
    with one:
        table = _file("page_ranking.own_list_file", "table")
    with two:
        criteria = _file("page_ranking.own_list_criteria", "criteria")
        blank = csv_table(say("page_ranking.own_list_criteria"), _headings(CRITERIA_FIELDS), [])
        offer(say("page_ranking.template"), blank, key="own.criteria.template")
    method = three.selectbox(
        say("page_ranking.method"),
        list(Method),
        format_func=lambda method: say(f"ranking_method.{method.value}"),
        key="own.method",
    )
    if table is None or criteria is None:
        return
    with refusals(about=criteria.name) as met:
        notes: list[Any] = []
        asked, weighting = read_criteria(criteria.getvalue(), notes=notes)
    if met.error:
        return
    with refusals(about=table.name):
        ranked = rank_list(actor, table.getvalue(), asked, weighting, method=method or Method.WEIGHTED_SUM)
        change_table((*notes, *ranked.changes))
        _order(ranked)


def _order(ranked: RankedList) -> None:
    names, by_id = dict(zip(ranked.found.ids, ranked.found.names, strict=True)), ranked.ranking.by_id()
    ranges = {one.id: one for one in ranked.firmness.ranges}
    spans = [ranges.get(name) for name in ranked.ranking.order]
    st.caption(told("page_ranking.own_list_line", count=len(ranked.found.ids), cut=ranked.firmness.cut))
    scores = [by_id[name].score for name in ranked.ranking.order]
    grid(
        {
            "rank": [place_text(by_id[name], language()) for name in ranked.ranking.order],
            "id": list(ranked.ranking.order),
            "name": [names[name] for name in ranked.ranking.order],
            "score": [NOTHING if score is None else f"{score:.4f}" for score in scores],
            "range": [NOTHING if one is None or one.best is None else f"{one.best}–{one.worst}" for one in spans],
        },
        words="ranking_file.column",
        headings={"range": say("page_ranking.range")},
        tall=430,
        key="own.ranked",
    )
