"""What reading a file found, as lists: where, what is wrong, what was understood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from renovation.errors import Fault
from renovation.exports.files.tables import csv_table
from renovation.imports.files.results import CellChange, FileVerdict, Parsed
from renovation.text import fault_text, numbers_text, text
from renovation.ui.frame.grid import grid, table
from renovation.ui.frame.offer import offer
from renovation.ui.words import language, say, told

#: Faults whose sentences are written out in lines; longer lists are scrolled.
_WRITTEN_OUT = 40
#: So few changes are shown without a click; more would push what to do next off the screen.
_CHANGES_OPEN = 5
#: Rows that a line names before it only counts them.
_ROWS_NAMED = 4
#: Pixels from which a list scrolls.
_SCROLLS = 400


def verdict(parsed: Parsed[Any], faults: Sequence[Fault]) -> None:
    """Say in one line what may be done with the file."""
    if faults:
        said = say("import_page.verdict_refused", rows=parsed.rows, count=len(faults))
        st.error(said, icon=":material/error:")
    elif parsed.verdict is FileVerdict.WARN:
        said = say("import_page.verdict_warn", rows=parsed.rows, count=len(parsed.warnings))
        st.warning(said, icon=":material/help:")
    elif parsed.changes:
        said = say("import_page.verdict_changed", rows=parsed.rows, changes=len(parsed.changes))
        st.info(said, icon=":material/info:")
    else:
        st.success(told("import_page.verdict_ok", rows=parsed.rows), icon=":material/check:")


def place_columns(places: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the columns of where things stand, without those nothing fills."""
    columns = {name: [_shown(place, name) for place in places] for name in ("sheet", "row", "column", "feature")}
    # Numbers beside words would leave a column without a type.
    return {
        say(f"import_page.place_{name}"): [None if cell is None else str(cell) for cell in cells]
        for name, cells in columns.items()
        if any(cell is not None for cell in cells)
    }


def _shown(one: Any, name: str) -> Any:
    """Return a row or feature, and of several the first ones with their count."""
    value = getattr(getattr(one, "place", one), name)
    also = getattr(one, "also", ())
    if value is None or not also or name not in ("row", "feature"):
        return value
    numbers = numbers_text((value, *also), language(), most=_ROWS_NAMED)
    return say("import_page.place_several", numbers=numbers, count=len(also) + 1)


def place_grid(places: Sequence[Any], heading: str, said: Sequence[str], *, key: str) -> None:
    """List where things stand in narrow columns, so that the sentence beside them can be read to its end."""
    narrow = {"sheet": 110, "row": 90, "column": 130, "feature": 90}
    widths = {say(f"import_page.place_{name}"): pixels for name, pixels in narrow.items()} | {heading: 680}
    kinds = {name: partial(st.column_config.Column, width=pixels) for name, pixels in widths.items()}
    grid(place_columns(places) | {heading: list(said)}, key=key, kinds=kinds, tall=_SCROLLS)


def fault_table(heading: str, faults: Sequence[Fault]) -> None:
    """List what is wrong, one line per kind with its rows, and offer the list as a file."""
    st.markdown(f"**{heading}**")
    said = [text(f"fault.{fault.code}", language(), **fault.fields) for fault in faults]
    if len(faults) <= _WRITTEN_OUT:
        lines = place_columns(faults) | {say("import_page.said"): said}
        rows = [["" if cell is None else str(cell) for cell in cells] for cells in zip(*lines.values(), strict=True)]
        with st.container(height="content" if len(faults) <= _CHANGES_OPEN else 420, border=False):
            table(list(lines), rows)
    else:
        place_grid(faults, say("import_page.said"), said, key=f"{heading}.lines")
    full = [[fault_text(fault, language())] for fault in faults]
    offer(say("import_page.download_faults"), csv_table(heading, [heading], full), key=heading)


def change_table(changes: Sequence[CellChange], *, has_faults: bool = False) -> None:
    """List what was understood rather than taken as it stands."""
    if not changes:
        return
    few = len(changes) <= _CHANGES_OPEN and not has_faults
    with st.expander(say("import_page.changes", count=len(changes)), expanded=few):
        said = [say(f"change.{c.code}", before=c.before, after=c.after) for c in changes]
        place_grid(changes, say("import_page.understood"), said, key="changes.lines")
