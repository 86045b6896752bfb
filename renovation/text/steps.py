"""What a line of a demand's history says: who does what, and what somebody wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from renovation.text import Language, text
from renovation.text.formats import format_list


def step_text(
    parts: Iterable[tuple[str, str]], note: str, language: Language | str, *, plain: Callable[[str], str] = str
) -> str:
    """Return the line; empty where nobody is named and nothing was written.

    Parameters
    ----------
    parts
        (department, what it does) of each that has a part.
    plain
        Keeps what somebody typed from changing what stands around it, where that is needed.
    """
    named = [
        text("demand.part", language, who=plain(who), what=plain(what)) if what else plain(who) for who, what in parts
    ]
    said = format_list(named, str(language), clauses=True)
    if not said or not note:
        return said or plain(note)
    return text("demand.parts_note", language, parts=said, note=plain(note))
