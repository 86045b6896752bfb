"""A planner's own lists on screen: planned or ranked as the command line does it, and nothing of them kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from renovation.exports.files.tables import TableSheet, csv_table, workbook
from renovation.imports.files.columns import Field
from renovation.imports.files.results import CellChange
from renovation.imports.programme import programme as problem_files
from renovation.imports.programme.programme import ProblemRefusedError
from renovation.imports.programme.ranking import CRITERIA_FIELDS, read_criteria
from renovation.model.accounts import Actor
from renovation.model.imports import ImportSource
from renovation.model.programme import Objective
from renovation.model.ranking import Method
from renovation.services.programme.own_lists import RankedList, list_input, rank_list
from renovation.text.ranking import place_text
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.findings import change_table, corrections_of, mend_refused, refused, say_mended
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
    held = {name: file.getvalue() for name, file in given.items() if file is not None}
    # Pots and rules may be sheets of the file of projects.
    keys = {name: f"{_key(given[name] or projects)}.{name}" for name in given}
    with right:
        with refusals(about=projects.name, lists_faults=False) as met:
            corrections = {name: corrections_of(key) for name, key in keys.items()}
            found = list_input(actor, **held, objective=objective, corrections=corrections)
        if isinstance(met.error, ProblemRefusedError):
            for name, faults in met.error.by_table.items():
                refused(actor, faults, keys[name], heading=say(f"page_programme.own_{name}"), is_kept=False)
        elif met.error:
            mend_refused(actor, met.error, keys["projects"])
        if met.error:
            return
        for name, key in keys.items():
            say_mended(key, found.changes if name == "projects" else ())
        change_table(found.changes)
        programme.basis_line(found.basis)
        programme.solve_button(actor, found.basis)
        solved = programme.current()
        if solved is not None and solved.basis == found.basis:
            programme.show(actor, solved, found.basis, may_keep=False)


def _file(words: str, name: str) -> Any:
    return file_field(say(words), type=_KINDS, key=f"own.{name}")


def _key(file: Any) -> str:
    return ImportSource.of(file.name, file.getvalue()).sha256


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
    key, its_key = _key(criteria), _key(table)
    with refusals(about=criteria.name, lists_faults=False) as met:
        notes: list[CellChange] = []
        asked, weighting = read_criteria(criteria.getvalue(), notes=notes, corrections=corrections_of(key))
    mend_refused(actor, met.error, key)
    if met.error:
        return
    say_mended(key, notes)
    with refusals(about=table.name, lists_faults=False) as met:
        ranked = rank_list(
            actor,
            table.getvalue(),
            asked,
            weighting,
            method=method or Method.WEIGHTED_SUM,
            corrections=corrections_of(its_key),
        )
        say_mended(its_key, ranked.changes)
        change_table((*notes, *ranked.changes))
        _order(ranked)
    mend_refused(actor, met.error, its_key)


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
