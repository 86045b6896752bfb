"""Many pots, or many sources of projects, at once, as in Excel: a grid to edit, paste and fill, or a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor, may
from renovation.model.names import finds
from renovation.services.money import money_tables
from renovation.services.money.money_tables import TABLES, MoneyLine, MoneyTable
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.filters import search_field
from renovation.ui.frame.grid import editor
from renovation.ui.frame.offer import offer
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.money.bulk import edited_cells, taken_in
from renovation.ui.words import language, say, told


def money_table(actor: Actor, section: str) -> None:
    """Show every pot, or every source, as a line of a grid, and take what was typed in one act."""
    table = TABLES[section]
    if not may(actor, table.needs):
        return
    here, spoken = store(), language()
    lines = money_tables.money_lines(here, actor, section, spoken)
    search, out = st.columns([5, 2], vertical_alignment="center")
    query = search_field(say("money_table.search"), search, key=f"money_table.query.{section}")
    with out:
        offer(
            say("estate_table.export"),
            lambda: money_tables.export_money_lines(here, actor, section, spoken),
            name=f"{say(f'money_table.{section}')}.xlsx",
            key=f"money_table.export.{section}",
            width="stretch",
        )
    st.caption(say(f"money_table.how_{section}"))
    page_link("imports", label=say("estate_table.to_imports"), icon="upload_file")
    _grid(actor, section, lines, [line.id for line in lines if finds(query, *line.cells.values())])


def _grid(actor: Actor, section: str, lines: Sequence[MoneyLine], shown: Sequence[int]) -> None:
    table, known = TABLES[section], {line.id: line for line in lines}
    nothing = dict.fromkeys(table.names, "")
    with draft(actor, f"money_table.{section}", base=tuple(shown)) as form:
        # A grid that grows knows its lines by their places: once something is typed they stay those it was begun with.
        held = {at: known[one] for at, one in enumerate(form.base) if one in known}
        cells = [held[at].cells if at in held else nothing for at in range(max(len(form.base), 1))]
        given = pd.DataFrame({name: [one[name] for one in cells] for name in table.names})
        typed = editor(
            given,
            headings={name: say(f"money_table.column.{section}.{name}") for name in table.names},
            kinds=dict.fromkeys(table.names, partial(st.column_config.TextColumn, max_chars=500)),
            pinned=[table.known_by[0]],
            grows=True,
            height=440,
            key="lines",
            draft=form,
        )
        found = {
            at: cells
            for at, cells in edited_cells(given, typed, table.names).items()
            if at in held or at >= len(form.base)
        }
        edited = {at: cells for at, cells in found.items() if any(cells.values())}
        gone = [line for at, line in held.items() if at not in typed.index or at in found.keys() - edited.keys()]
        _warn(table, held, edited, gone=gone)
        if not edited:
            st.caption(say("estate_table.nothing_edited"))
            return
        wanted = [_whole(table, held.get(at), cells) for at, cells in edited.items()]
        taken = taken_in(
            actor,
            table.written(wanted),
            {row: _name(table, cells) for row, cells in enumerate(wanted, start=2)},
            kind=table.kind,
            parse=table.parse,
            take=table.take,
            what="money_table",
            heading=say(f"money_table.{section}"),
        )
        if taken is not None:
            with form.saving():
                parsed, source = taken
                record = table.take(store(), actor, parsed, source=source, update=True)
                form.done(told("money_table.saved", count=record.imported))


def _whole(table: MoneyTable, line: MoneyLine | None, cells: Mapping[str, str]) -> dict[str, str]:
    """Return what is taken in of a line: what was typed, and of one on file what says which one it is."""
    if line is None:
        return dict(cells)
    needed = {"amount", "pledged", *table.known_by}
    kept = {name: words for name, words in line.cells.items() if name in needed}
    return kept | {name: words for name, words in cells.items() if name not in table.known_by and words}


def _name(table: MoneyTable, cells: Mapping[str, str]) -> str:
    return " ".join(cells[name] for name in table.known_by if cells.get(name))


def _warn(
    table: MoneyTable, held: Mapping[int, MoneyLine], edited: Mapping[int, Mapping[str, str]], *, gone: list[MoneyLine]
) -> None:
    """Say what a list cannot do: give a line another name, empty a cell, or take a line away."""
    other = [held[at] for at, cells in edited.items() if at in held and set(cells) & set(table.known_by)]
    emptied = [held[at] for at, cells in edited.items() if at in held and not all(cells.values())]
    for said, found in (("renamed", other), ("emptied", emptied), ("gone", gone)):
        if found:
            names = tuple(_name(table, line.cells) for line in found[:5])
            st.warning(told(f"money_table.{said}", names=names), icon=":material/info:")
