"""A locality's lists on screen: lines to edit, files to take in after a look at what they change, earlier states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from renovation.exports.files.tables import file_stem
from renovation.model.accounts import Actor
from renovation.model.imports import ImportSource
from renovation.model.lists import LISTS, CellShape, Column, HeldList, Line, LineChange, ListKind, differences
from renovation.model.places import AreaLevel
from renovation.model.scope import EVERYWHERE
from renovation.services import lists
from renovation.services.lists import TOWN
from renovation.services.register import places
from renovation.text import Language, text
from renovation.text.formats import format_moment
from renovation.text.lists import change_words, heading, hidden_columns, shown_cell
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.findings import corrections_of, forget_corrections, may_be_taken
from renovation.ui.frame.grid import CHOICE, DAY, LONG, TEXT, WHOLE, Kind, editor, grid, table, wide_enough
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import person, store
from renovation.ui.uploads import file_field
from renovation.ui.words import language, listed, say, told

_SECTIONS = ("lines", "file", "versions")


def choose(actor: Actor) -> HeldList:
    """Draw the choice of a list and of the place whose it is, and return it."""
    which, where, out = st.columns([4, 4, 2], vertical_alignment="bottom")
    kind = which.selectbox(
        say("list.which"), list(ListKind), format_func=lambda one: say(f"list.name.{one.value}"), key="lists.kind"
    )
    assert kind is not None
    names = _places(actor, kind)
    area_id = where.selectbox(
        say("list.where"),
        list(names),
        format_func=lambda one: names[one],
        disabled=len(names) < 2,
        key=f"lists.place.{LISTS[kind].by_place}",
    )
    held = lists.read_list(store(), actor, kind, area_id or TOWN)
    here, name = store(), file_stem(text(f"list.name.{kind.value}", Language.ZH))
    with out:
        offer(
            say("list.export"),
            lambda: lists.export_list(here, actor, kind, held.area_id),
            name=f"{name}.xlsx",
            width="stretch",
            key="lists.export",
        )
    st.caption(say(f"list.what.{kind.value}"))
    _warn_of_years(actor, kind)
    return held


def _places(actor: Actor, kind: ListKind) -> dict[int, str]:
    """Return the town, and where a list may differ by place every county and street in sight with its own marked."""
    names = {TOWN: say("list.town")} if actor.scope == EVERYWHERE or not LISTS[kind].by_place else {}
    if not LISTS[kind].by_place:
        return names
    own = set(lists.places_with_lists(store(), actor, kind))
    found = {area.id: area for area in places.list_areas(store(), actor)}
    for area in found.values():
        if area.level in (AreaLevel.COUNTY, AreaLevel.STREET):
            above = found.get(area.parent_id or 0)
            name = f"{above.name} › {area.name}" if above and above.level is AreaLevel.COUNTY else area.name
            names[area.id] = say("list.place_own", name=name) if area.id in own else name
    return names


def _warn_of_years(actor: Actor, kind: ListKind) -> None:
    if kind in (ListKind.HOLIDAYS, ListKind.DEADLINES) and (years := lists.years_lacking(store(), actor)):
        st.warning(say("list.years_lacking", years=listed(map(str, years))), icon=":material/event_busy:")


def sections(actor: Actor, held: HeldList) -> None:
    """Show the list's lines, its files or its earlier states."""
    section = st.segmented_control(
        say("list.which"),
        _SECTIONS,
        default=_SECTIONS[0],
        required=True,
        format_func=lambda name: say(f"list.section.{name}"),
        key="lists.section",
        label_visibility="collapsed",
    )
    if section == "file":
        _file(actor, held)
    elif section == "versions":
        _versions(actor, held)
    else:
        _lines(actor, held)


def _lines(actor: Actor, held: HeldList) -> None:
    if not held.own:
        above = _places(actor, held.kind).get(held.held_by, say("list.town"))
        st.info(told("list.follows", name=above), icon=":material/south:")
    elif held.area_id != TOWN and confirmed("lists.follow", say("list.follow"), say("list.follow_what"), icon="undo"):
        with refusals():
            lists.follow_town(store(), actor, held.kind, held.area_id, version=held.version)
            done(say("list.followed"))
    if not LISTS[held.kind].grows:
        st.caption(say("list.lines_fixed"))
    with draft(actor, f"lists.{held.kind.value}.{held.area_id}", base=held) as form:
        lines = _fields(form) if held.kind is ListKind.OFFICE else _edited(form)
        changes = differences(held.kind, form.base.lines, lines)
        with st.container(horizontal=True):
            words = say("list.save", count=len(changes)) if changes else say("list.save_none")
            own = say("list.make_own") if not held.own and not changes else words
            if st.button(
                own, type="primary", icon=":material/save:", disabled=held.own and not changes, key="lists.save"
            ):
                with form.saving():
                    lists.save_list(store(), actor, held.kind, lines, area_id=held.area_id, version=form.base.version)
                    form.done(say("list.saved"))
            if changes and st.button(say("list.undo"), icon=":material/undo:", key="lists.undo"):
                form.forget()
                st.rerun()


def _fields(form: Draft) -> list[Line]:
    """Draw a list of one line as fields."""
    before: Line = next(iter(form.base.lines), {})
    line = {}
    for column, place in zip(LISTS[form.base.kind].columns, (st, *st.columns(2), *st.columns(2)), strict=True):
        line[column.name] = place.text_input(  # type: ignore[attr-defined]
            _heading(form.base.kind, column.name),
            max_chars=column.longest,
            **form.field(column.name, before.get(column.name, "")),
        )
    return [line] if any(line.values()) else []


def _edited(form: Draft) -> list[Line]:
    """Draw the grid and return the lines it holds."""
    kind: ListKind = form.base.kind
    shape = LISTS[kind]
    shown = [column for column in shape.columns if column.name not in hidden_columns(kind, language())]
    given = pd.DataFrame(
        {column.name: _series(column, [line[column.name] for line in form.base.lines]) for column in shown}
    )
    typed = editor(
        given,
        headings={column.name: _heading(kind, column.name) for column in shown},
        kinds={column.name: _kind(kind, column, [line[column.name] for line in form.base.lines]) for column in shown},
        fixed=[column.name for column in shown if column.fixed],
        grows=shape.grows,
        height=min(560, 76 + 35 * max(len(given), 3)),
        key="lines",
        draft=form,
    )
    lines: list[Line] = []
    for index, row in zip(typed.index, typed.to_dict("records"), strict=True):
        kept = form.base.lines[index] if isinstance(index, int) and index < len(form.base.lines) else {}
        hidden = {name: kept.get(name, "") for name in hidden_columns(kind, language())}
        lines.append(hidden | {column.name: _text(row[column.name]) for column in shown})
    return [line for line in lines if any(line[column.name] for column in shown)]


def _heading(kind: ListKind, name: str) -> str:
    return heading(kind, name, language())


def _series(column: Column, cells: Sequence[str]) -> Any:
    match column.shape:
        case CellShape.WHOLE:
            return pd.Series([int(cell) if cell else None for cell in cells], dtype="Int64")
        case CellShape.DAY:
            return pd.Series([date.fromisoformat(cell) if cell else None for cell in cells], dtype="object")
        case CellShape.CHOICE:
            return pd.Series([cell or None for cell in cells], dtype="object")
    return pd.Series(list(cells), dtype="object")


def _kind(kind: ListKind, column: Column, cells: Sequence[str]) -> Kind:
    # With room for the pencil of a column to type into.
    head = f"{_heading(kind, column.name)}　　"
    match column.shape:
        case CellShape.WHOLE:
            return partial(WHOLE, min_value=0, step=1)
        case CellShape.DAY:
            return DAY
        case CellShape.LONG:
            return partial(LONG, max_chars=column.longest)
        case CellShape.CHOICE:
            assert column.choices is not None
            named = [shown_cell(column, one.value, language()) for one in column.choices]
            return partial(
                CHOICE,
                width=wide_enough([*named, head]),
                options=[one.value for one in column.choices],
                format_func=lambda value: shown_cell(column, value, language()),
            )
    return partial(TEXT, max_chars=column.longest, width=wide_enough([*cells, head]))


def _text(cell: Any) -> str:
    """Return a cell as lists keep it."""
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    if isinstance(cell, pd.Timestamp):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, int | float) else str(cell)


def _file(actor: Actor, held: HeldList) -> None:
    st.caption(say("list.file_how"))
    epoch = st.session_state.setdefault("lists.epoch", 0)
    key = f"lists.file.{held.kind.value}.{held.area_id}.{epoch}"
    file = file_field(say("import_page.file"), type=["xlsx", "csv"], key=key)
    if file is None:
        return
    with refusals():
        data = file.getvalue()
        sha256 = ImportSource.of(file.name, data).sha256
        parsed = lists.read_list_file(store(), actor, held.kind, data, corrections=corrections_of(sha256))
        if not may_be_taken(actor, parsed, sha256):
            return
        changes = differences(held.kind, held.lines, parsed.records)
        if not changes:
            st.info(say("list.file_same"), icon=":material/check:")
            return
        show_changes(held.kind, changes)
        if st.button(say("list.take", count=len(changes)), type="primary", icon=":material/save:", key="lists.take"):
            lists.save_list(store(), actor, held.kind, parsed.records, area_id=held.area_id, version=held.version)
            st.session_state["lists.epoch"] = epoch + 1
            forget_corrections()
            done(say("list.saved"))


def show_changes(kind: ListKind, changes: Sequence[LineChange]) -> None:
    """List what differs between two states, line by line."""
    headings = [say("list.change.act"), say("list.change.line"), say("list.change.cells")]
    table(headings, [[one.act, one.line, "\n".join(one.cells)] for one in change_words(kind, changes, language())])


def _versions(actor: Actor, held: HeldList) -> None:
    found = lists.list_versions(store(), actor, held.kind, held.area_id)
    if not found:
        st.info(say("list.versions_none"), icon=":material/history:")
        return
    st.caption(say("list.versions_how"))
    picked = grid(
        {
            "version": [one.version for one in found],
            "at": [format_moment(one.at, language()) for one in found],
            "login": [person(one.login) for one in found],
            "lines": [None if one.lines is None else len(one.lines) for one in found],
        },
        words="list.version",
        kinds={"version": WHOLE, "lines": WHOLE},
        ids=[one.version for one in found],
        pick="one",
        tall=300,
        key="lists.versions",
    )
    if not picked or found[picked[0]].version == held.version:
        return
    chosen = found[picked[0]]
    if chosen.lines is not None:
        show_changes(held.kind, differences(held.kind, held.lines, chosen.lines))
    words = say("list.restore", version=chosen.version)
    if confirmed(f"lists.restore.{chosen.version}", words, say("list.restore_what"), icon="restore"):
        with refusals():
            lists.restore_list(store(), actor, held.kind, chosen.version, area_id=held.area_id, version=held.version)
            done(told("list.restored", version=chosen.version))
