"""Mend what nobody can read in a file, in place: a word once for all its rows, a cell by itself, or leave it empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from renovation.errors import Fault
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Parsed
from renovation.model.accounts import Actor
from renovation.model.names import fold
from renovation.text import text
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import LONG, editor
from renovation.ui.words import language, say, told

_CORRECTIONS = "imports.corrections"
#: A file with more of them is wrong as a whole, and mended at its source.
_MOST_LINES = 300


def corrections_of(sha256: str) -> Corrections:
    """Return what was decided about the cells of a file on this tab."""
    held = st.session_state.get(_CORRECTIONS)
    return held[1] if held is not None and held[0] == sha256 else AS_IT_STANDS


def forget_corrections() -> None:
    """Forget what was decided, once the file is in."""
    st.session_state.pop(_CORRECTIONS, None)


def mend(actor: Actor, parsed: Parsed[object], faults: Sequence[Fault], sha256: str) -> None:
    """Offer to say what is meant in the cells that cannot be read, or to leave them empty, and read the file anew."""
    cells = [fault for fault in faults if fault.column and _number(fault) is not None][:_MOST_LINES]
    if not cells:
        return
    now = corrections_of(sha256)
    with draft(actor, f"imports.mend.{sha256[:16]}", border=True) as form:
        st.markdown(f"**{say('import_page.mend')}**")
        st.caption(say("import_page.mend_how"))
        lines = pd.DataFrame(
            {
                "column": [fault.column for fault in cells],
                "stands": [_stands(parsed, fault) for fault in cells],
                "rows": [_rows(fault) for fault in cells],
                "meant": ["" for _ in cells],
                "said": [text(f"fault.{fault.code}", language(), **fault.fields) for fault in cells],
            }
        )
        typed = editor(
            lines,
            words="import_page.mend_column",
            kinds={"said": LONG, "meant": partial(st.column_config.TextColumn, max_chars=200)},
            fixed=("column", "stands", "rows", "said"),
            key="cells",
            draft=form,
        )
        again, empty, _ = st.columns([1, 1, 1])
        if again.button(
            say("import_page.mend_again"), type="primary", icon=":material/refresh:", key=form.key("again")
        ):
            said = {at: str(meant).strip() for at, meant in enumerate(typed["meant"]) if meant and str(meant).strip()}
            _keep(sha256, _with(now, parsed, cells, said))
        if empty.button(say("import_page.mend_empty"), icon=":material/backspace:", key=form.key("empty")):
            _keep(sha256, replace(now, leave_empty=True))


def said_of(parsed: Parsed[object], sha256: str) -> None:
    """Say which cells are taken otherwise than they stand, and offer to take the file as it stands again."""
    now = corrections_of(sha256)
    if now == AS_IT_STANDS:
        return
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.info(told("import_page.mended", left=len(parsed.left)), icon=":material/edit_note:")
    if button.button(say("import_page.mend_undo"), key="imports.mend.undo", width="stretch"):
        forget_corrections()
        st.rerun()


def _keep(sha256: str, corrections: Corrections) -> None:
    st.session_state[_CORRECTIONS] = (sha256, corrections)
    st.rerun()


def _number(fault: Fault) -> int | None:
    return fault.row if fault.feature is None else fault.feature


def _rows(fault: Fault) -> str:
    count = len(fault.also) + 1
    return str(_number(fault)) if count == 1 else say("import_page.mend_rows", first=_number(fault), count=count)


def _stands(parsed: Parsed[object], fault: Fault) -> str:
    if fault.code == "value.unknown_choice":
        # Of a list in one cell only the word nobody knows.
        return str(fault.fields["value"])
    return parsed.stood.get((str(fault.column), _number(fault) or 0), str(fault.fields.get("value", "")))


def _with(now: Corrections, parsed: Parsed[object], faults: Sequence[Fault], said: Mapping[int, str]) -> Corrections:
    """Return the decisions with what was typed beside these faults."""
    cells, words = dict(now.cells), dict(now.words)
    for at, meant in said.items():
        fault = faults[at]
        heading, stands = str(fault.column), _stands(parsed, fault)
        if fault.code == "value.unknown_choice":
            earlier = [key for key, value in words.items() if key[0] == heading and fold(value) == fold(stands)]
            words |= dict.fromkeys(earlier or [(heading, stands)], meant)
        else:
            cells |= {(heading, number): meant for number in (_number(fault) or 0, *fault.also)}
    return Corrections(cells=cells, words=words, leave_empty=now.leave_empty)
