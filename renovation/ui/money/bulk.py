"""What was typed into a grid of many lines, taken in as a list: its faults by cell, what would change, one yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.files.results import Parsed
from renovation.model.accounts import Actor
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.services.house.updates import update_text
from renovation.text import text
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.grid import table
from renovation.ui.frame.state import store
from renovation.ui.words import language, say, told

_MOST_LISTED = 200


def edited_cells(given: pd.DataFrame, typed: pd.DataFrame, fields: Sequence[str]) -> dict[int, dict[str, str]]:
    """Return what was typed otherwise than it stood, line by line; of a line that was added, every cell with words."""
    found: dict[int, dict[str, str]] = {}
    before = given.reindex(typed.index)
    for name in fields:
        # A column of nothing but added cells has another type.
        now, was = (frame[name].astype(object).fillna("").astype(str).str.strip() for frame in (typed, before))
        for line in typed.index[now != was]:
            found.setdefault(int(line), {})[name] = now[line]
    return found


def taken_in(
    actor: Actor,
    data: bytes,
    names: Mapping[int, str],
    *,
    kind: ImportKind,
    parse: Callable[[bytes], Parsed[Any]],
    take: Callable[..., ImportRecord],
    what: str,
    heading: str,
) -> tuple[Parsed[Any], ImportSource] | None:
    """Show what a list would change, by name, and return what to take in once somebody says so.

    Parameters
    ----------
    names
        Line of the list → what it is called.
    what
        Where the catalogue says what changes and what is saved.
    heading
        Of the column of names, where faults are listed.
    """
    source = ImportSource.of(f"{say('estate_table.file')}.csv", data)
    parsed = parse(data)
    trial: ImportRecord | None = None
    faults: Sequence[Fault] = parsed.faults
    with refusals() as met:
        try:
            trial = take(store(), actor, parsed, source=source, dry_run=True)
        except ImportRefusedError as error:
            faults = error.faults
    if faults:
        st.error(told("estate_table.faults", count=len(faults)), icon=":material/error:")
        rows = [
            [names.get(row or 0, ""), str(fault.column or ""), text(f"fault.{fault.code}", language(), **fault.fields)]
            for fault in faults
            for row in (fault.row, *fault.also)
        ]
        table([heading, say("import_page.place_column"), say("import_page.said")], rows)
        return None
    if met.error or trial is None:
        return None
    st.markdown(f"**{say(f'{what}.changes', count=trial.imported)}**")
    said = [update_text(store(), actor, kind, one, language()) for one in trial.updates[:_MOST_LISTED]]
    if said:
        with st.container(height=200 if len(said) > 4 else "content", border=False):
            table([say("import_page.updates_what")], [[line] for line in said])
    words = say(f"{what}.save", count=trial.imported)
    if st.button(words, type="primary", icon=":material/save:", disabled=not trial.imported, key=f"{what}.save"):
        return parsed, source
    return None
