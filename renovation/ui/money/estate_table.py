"""Many estates at once, as in Excel: a grid to edit, paste and fill, or a workbook that goes out and comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import CLEARABLE, EstateRow, parse_estates
from renovation.model.accounts import Actor
from renovation.model.imports import ImportKind, ImportSource
from renovation.model.names import finds
from renovation.model.places import Datum
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.money import estate_lists, estate_tables
from renovation.services.money.estate_tables import GROUPS, EstateLine, cell_words, edited_list, heading_of
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.filters import search_field
from renovation.ui.frame.grid import editor
from renovation.ui.frame.offer import offer
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.money.bulk import edited_cells, taken_in
from renovation.ui.words import language, say, told


def estate_table(actor: Actor, scope: Scope) -> None:
    """Show the estates of a scope with one group of columns, and take what was typed in one act."""
    lines = estate_tables.estate_lines(store(), actor, language(), scope)
    if not lines:
        st.info(
            say("estate.list.none_at_all" if scope == EVERYWHERE else "gates.no_estates"),
            icon=":material/location_city:",
        )
        page_link("imports", icon="upload_file")
        return
    pick, search, out = st.columns([4, 3, 2], vertical_alignment="center")
    group = pick.segmented_control(
        say("estate_table.group"),
        list(GROUPS),
        default="gates",
        required=True,
        format_func=lambda one: say(f"estate_table.{one}"),
        key="estate_table.group",
        label_visibility="collapsed",
    )
    query = search_field(say("gates.search"), search, key="estate_table.query")
    here, spoken = store(), language()
    with out:
        offer(
            say("estate_table.export"),
            lambda: estate_tables.export_estate_lines(here, actor, spoken, scope),
            name=f"{say('estate_table.export_name')}.xlsx",
            key="estate_table.export",
            width="stretch",
        )
    st.caption(say("estate_table.how"))
    page_link("imports", label=say("estate_table.to_imports"), icon="upload_file")
    kept = [line for line in lines if finds(query, *(str(line.cells[name]) for name in ("name", "street", "district")))]
    if kept:
        _group(actor, kept, group or "gates")


def _group(actor: Actor, lines: Sequence[EstateLine], group: str) -> None:
    fields = GROUPS[group]
    given = pd.DataFrame(
        {
            "name": [str(line.cells["name"]) for line in lines],
            "street": [str(line.cells["street"]) for line in lines],
            **{name: [cell_words(name, line.cells.get(name)) for line in lines] for name in fields},
        },
        index=pd.Index([line.id for line in lines], name="id"),
    )
    with draft(actor, f"estate_table.{group}") as form:
        typed = editor(
            given,
            headings={name: heading_of(name, language()) for name in given.columns},
            kinds=dict.fromkeys(fields, partial(st.column_config.TextColumn, max_chars=500)),
            pinned=["name"],
            fixed=("name", "street"),
            height=480,
            key="lines",
            draft=form,
        )
        edited = edited_cells(given, typed, fields)
        if not edited:
            st.caption(say("estate_table.nothing_edited"))
            return
        taken = _take_in(actor, edited, {line.id: line for line in lines})
        if taken is not None:
            with form.saving():
                parsed, source = taken
                record = estate_lists.import_estate_list(store(), actor, parsed, source=source, update=True)
                form.done(told("estate_table.saved", count=record.imported))


def _take_in(
    actor: Actor, edited: Mapping[int, Mapping[str, str]], by_id: Mapping[int, EstateLine]
) -> tuple[Parsed[EstateRow], ImportSource] | None:
    """Show what would change, by name, and return what to take in once somebody says so."""
    gone = [by_id[one].cells["name"] for one, cells in edited.items() if _empties_what_stays(cells)]
    if gone:
        st.warning(told("estate_table.cannot_empty", names=tuple(map(str, gone[:5]))), icon=":material/info:")
    return taken_in(
        actor,
        edited_list(edited, by_id),
        {at: str(by_id[one].cells["name"]) for at, one in enumerate(edited, start=2)},
        kind=ImportKind.ESTATES,
        parse=partial(parse_estates, datum=Datum.CGCS2000.value),
        take=estate_lists.import_estate_list,
        what="estate_table",
        heading=say("gates.column.estate"),
    )


def _empties_what_stays(cells: Mapping[str, str]) -> bool:
    """Tell whether a cell was emptied whose answers stay on file: gates and votes are never taken away by a list."""
    return any(not words and name not in CLEARABLE for name, words in cells.items())
