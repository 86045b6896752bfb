"""What reading a file found, as lists: where, what is wrong, what was understood; and mended in place.

A cell that cannot be read is mended by itself, a word once for all its rows, or such cells are left empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from renovation.errors import Fault, ImportRefusedError, RenovationError
from renovation.exports.files.tables import csv_table
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import CellChange, FileVerdict, Parsed, left_empty
from renovation.model.accounts import Actor
from renovation.model.names import fold
from renovation.text import fault_text, heading_text, numbers_text, text
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import TEXT, editor, grid, table, wrapped_line
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
#: Pixels of a sentence beside the cell that it is about.
_SENTENCE = 420
_CORRECTIONS = "imports.corrections"
#: A file with more of them is wrong as a whole, and mended at its source.
_MOST_MENDED = 300
#: Tables of which a tab remembers what was decided.
_MOST_REMEMBERED = 20


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
    if name == "column":
        return heading_text(value, language())
    also = getattr(one, "also", ())
    if value is None or not also or name not in ("row", "feature"):
        return value
    numbers = numbers_text((value, *also), language(), most=_ROWS_NAMED)
    return say("import_page.place_several", numbers=numbers, count=len(also) + 1)


def place_grid(places: Sequence[Any], heading: str, said: Sequence[str], *, key: str) -> None:
    """List where things stand in narrow columns, so that the sentence beside them can be read to its end."""
    narrow = {"sheet": 110, "row": 170, "column": 140, "feature": 170}
    widths = {say(f"import_page.place_{name}"): pixels for name, pixels in narrow.items()} | {heading: 600}
    kinds = {name: partial(st.column_config.Column, width=pixels) for name, pixels in widths.items()}
    grid(place_columns(places) | {heading: list(said)}, key=key, kinds=kinds, tall=_SCROLLS)


def refused(actor: Actor, faults: Sequence[Fault], key: str, *, heading: str = "", is_kept: bool = True) -> None:
    """List what is wrong with a table once: what can be mended where it is typed, all else below it.

    Parameters
    ----------
    key
        The SHA-256 of the file, and for one of several tables in it a word behind a point.
    is_kept
        Whether what stood in cells that are left empty is kept with the import.
    """
    shown = set(map(id, _mend(actor, faults, key, is_kept=is_kept)))
    rest = [fault for fault in faults if id(fault) not in shown]
    fault_table(heading or say("import_page.faults"), rest, every=faults)


def fault_table(heading: str, faults: Sequence[Fault], *, every: Sequence[Fault] = ()) -> None:
    """List what is wrong, one line per kind with its rows, and offer the list, or ``every`` fault, as a file."""
    if faults:
        _fault_lines(heading, faults)
    full = [[fault_text(fault, language())] for fault in every or faults]
    offer(say("import_page.download_faults"), csv_table(heading, [heading], full), key=heading)


def _fault_lines(heading: str, faults: Sequence[Fault]) -> None:
    st.markdown(f"**{heading}**")
    said = _sentences(faults)
    if len(faults) <= _WRITTEN_OUT:
        lines = place_columns(faults) | {say("import_page.said"): said}
        rows = [["" if cell is None else str(cell) for cell in cells] for cells in zip(*lines.values(), strict=True)]
        with st.container(height="content" if len(faults) <= _CHANGES_OPEN else 420, border=False):
            table(list(lines), rows)
    else:
        place_grid(faults, say("import_page.said"), said, key=f"{heading}.lines")


def _sentences(faults: Sequence[Fault]) -> list[str]:
    return [text(f"fault.{fault.code}", language(), **fault.fields) for fault in faults]


def change_table(changes: Sequence[CellChange], *, has_faults: bool = False) -> None:
    """List what was understood rather than taken as it stands."""
    if not changes:
        return
    few = len(changes) <= _CHANGES_OPEN and not has_faults
    with st.expander(say("import_page.changes", count=len(changes)), expanded=few):
        said = [say(f"change.{c.code}", before=c.before, after=c.after) for c in changes]
        place_grid(changes, say("import_page.understood"), said, key="changes.lines")


def may_be_taken(actor: Actor, parsed: Parsed[Any], key: str, *, is_kept: bool = False) -> bool:
    """Say what reading a table found, let it be mended in place, and ask for a yes; tell whether it may be taken.

    Parameters
    ----------
    key, is_kept
        See :func:`refused`.
    """
    verdict(parsed, parsed.faults)
    say_mended(key, parsed.changes)
    if parsed.faults:
        refused(actor, parsed.faults, key, is_kept=is_kept)
        return False
    change_table(parsed.changes)
    if not parsed.warnings:
        return True
    fault_table(say("import_page.warnings"), parsed.warnings)
    return st.checkbox(say("import_page.yes"), key=f"imports.yes.{key}")


def corrections_of(key: str) -> Corrections:
    """Return what was decided about the cells of a table on this tab."""
    held: dict[str, Corrections] = st.session_state.get(_CORRECTIONS, {})
    return held.get(key, AS_IT_STANDS)


def forget_corrections() -> None:
    """Forget what was decided, once a file is in."""
    st.session_state.pop(_CORRECTIONS, None)


def mend_refused(actor: Actor, error: RenovationError | None, key: str) -> None:
    """Offer to mend what refused a table that is read and used in one act, and of which nothing is kept."""
    if isinstance(error, ImportRefusedError):
        refused(actor, error.faults, key, is_kept=False)


def _mend(actor: Actor, faults: Sequence[Fault], key: str, *, is_kept: bool) -> Sequence[Fault]:
    """Offer to say what is meant in the cells that cannot be read, or to leave them empty, and read the table anew.

    Return the faults that stand there to be mended.
    """
    cells = [fault for fault in faults if fault.column and _number(fault) is not None][:_MOST_MENDED]
    if not cells:
        return ()
    said = _sentences(cells)
    now = corrections_of(key)
    with draft(actor, f"imports.mend.{key[:16]}{key[64:]}", border=True) as form:
        st.markdown(f"**{say('import_page.mend')}**")
        st.caption(say("import_page.mend_how") + say(f"import_page.mend_{'kept' if is_kept else 'shown'}"))
        lines = pd.DataFrame(
            {
                "column": [fault.column for fault in cells],
                "stands": [_stands(fault) for fault in cells],
                "rows": [_rows(fault) for fault in cells],
                "meant": ["" for _ in cells],
                "said": said,
            }
        )
        typed = editor(
            lines,
            words="import_page.mend_column",
            kinds={
                "said": partial(TEXT, width=_SENTENCE),
                "meant": partial(st.column_config.TextColumn, max_chars=200),
            },
            fixed=("column", "stands", "rows", "said"),
            line=wrapped_line(said, _SENTENCE),
            key="cells",
            draft=form,
        )
        again, empty, _ = st.columns([1, 1, 1])
        if again.button(
            say("import_page.mend_again"), type="primary", icon=":material/refresh:", key=form.key("again")
        ):
            meant = {at: str(word).strip() for at, word in enumerate(typed["meant"]) if word and str(word).strip()}
            _keep(key, _with(now, cells, meant))
        if empty.button(say("import_page.mend_empty"), icon=":material/backspace:", key=form.key("empty")):
            _keep(key, replace(now, leave_empty=True))
    return cells


def say_mended(key: str, changes: Sequence[CellChange]) -> None:
    """Say that cells are taken otherwise than they stand, and offer to take the table as it stands again."""
    if corrections_of(key) == AS_IT_STANDS:
        return
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.info(told("import_page.mended", left=left_empty(changes)), icon=":material/edit_note:")
    if button.button(say("import_page.mend_undo"), key=f"imports.mend.undo.{key}", width="stretch"):
        _keep(key, AS_IT_STANDS)


def _keep(key: str, corrections: Corrections) -> None:
    held: dict[str, Corrections] = st.session_state.get(_CORRECTIONS, {})
    newest = [(name, one) for name, one in held.items() if name != key][1 - _MOST_REMEMBERED :]
    st.session_state[_CORRECTIONS] = dict([*newest, (key, corrections)])
    st.rerun()


def _number(fault: Fault) -> int | None:
    return fault.row if fault.feature is None else fault.feature


def _rows(fault: Fault) -> str:
    count = len(fault.also) + 1
    return str(_number(fault)) if count == 1 else say("import_page.mend_rows", first=_number(fault), count=count)


def _stands(fault: Fault) -> str:
    if fault.code == "value.unknown_choice":
        # Of a list in one cell only the word nobody knows.
        return str(fault.fields["value"])
    return fault.stood or str(fault.fields.get("value", ""))


def _with(now: Corrections, faults: Sequence[Fault], said: Mapping[int, str]) -> Corrections:
    """Return the decisions with what was typed beside these faults."""
    cells, words = dict(now.cells), dict(now.words)
    for at, meant in said.items():
        fault = faults[at]
        heading, stands = str(fault.column), _stands(fault)
        if fault.code == "value.unknown_choice":
            earlier = [key for key, value in words.items() if key[0] == heading and fold(value) == fold(stands)]
            words |= dict.fromkeys(earlier or [(heading, stands)], meant)
        else:
            cells |= {(heading, number): meant for number in (_number(fault) or 0, *fault.also)}
    return Corrections(cells=cells, words=words, leave_empty=now.leave_empty)
