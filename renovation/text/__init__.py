"""Every sentence a person reads, in zh-CN and en, and how numbers stand in it.

The catalogue lies in ``catalogue/<wing>/*.toml``, one file per noun, both languages side by side::

    [poll.open]
    button = { "zh-CN" = "开始投票", en = "Open the poll" }

is the key ``poll.open.button``. Fields stand in braces and may carry a format of :mod:`renovation.text.formats`:
``{cost:wan}``, ``{share:percent}``, ``{day:date}``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from renovation.errors import Fault, RenovationError
from renovation.text.formats import format_list, formatter


class Language(StrEnum):
    """The languages of the catalogue; the first is the default."""

    ZH = "zh-CN"
    EN = "en"


def _flatten(prefix: str, node: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    if set(node) == {language.value for language in Language} and all(isinstance(v, str) for v in node.values()):
        return {prefix: dict(node)}
    flat: dict[str, dict[str, str]] = {}
    for name, child in node.items():
        key = f"{prefix}.{name}" if prefix else name
        if not isinstance(child, Mapping):
            raise TypeError(f"catalogue entry {key} has no languages")
        flat |= _flatten(key, child)
    return flat


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every entry: key → language → template."""
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(Path(__file__).with_name("catalogue").rglob("*.toml")):
        found = _flatten("", tomllib.loads(file.read_text(encoding="utf-8")))
        if clash := entries.keys() & found.keys():
            raise ValueError(f"{file.name} repeats {sorted(clash)}")
        entries |= found
    return entries


def text(key: str, language: Language | str, /, **fields: Any) -> str:
    """Return the sentence for ``key`` with its fields filled in.

    Raises
    ------
    KeyError
        The catalogue has no such key (a programming error; tests walk all of them).
    """
    said = formatter(str(language)).vformat(catalogue()[key][str(language)], (), fields)
    # What is refused for holding half a sign is told with a mark in its place: no page and no file can hold it.
    return said if said.isprintable() else said.encode("utf-8", "replace").decode()


def has_text(key: str) -> bool:
    """Tell whether the catalogue knows ``key``."""
    return key in catalogue()


def error_text(error: RenovationError, language: Language | str) -> str:
    """Say what happened, where, and the cure."""
    return text(f"error.{error.code}", language, **error.fields)


def fault_text(fault: Fault, language: Language | str) -> str:
    """Say what is wrong in a file, led by its place ("第 37 行“费用”：…")."""
    place = place_text(fault, language)
    said = text(f"fault.{fault.code}", language, **fault.fields)
    return text("fault.placed", language, place=place, said=said) if place else said


def place_text(fault: Fault, language: Language | str) -> str:
    """Say where in a file something stands, all its rows among it."""
    parts = []
    for name in ("sheet", "row", "column", "feature"):
        value: Any = heading_text(fault.column, language) if name == "column" else getattr(fault, name)
        if value is not None and fault.also and name in ("row", "feature"):
            shown = numbers_text((value, *fault.also), language)
            parts.append(text(f"fault.at.{name}s", language, value=shown, count=len(fault.also) + 1))
        elif value is not None:
            parts.append(text(f"fault.at.{name}", language, value=value))
    return "".join(parts)


def heading_text(column: str | None, language: Language | str) -> str | None:
    """Say a column's heading: as it stands in the file, or as the catalogue has it where a list of ours has its key."""
    return text(column, language) if column is not None and column.startswith("list.column.") else column


def numbers_text(numbers: Sequence[int], language: Language | str, *, most: int = 12) -> str:
    """List row numbers, the first ones of many."""
    return format_list(numbers[:most], language) + (" …" if len(numbers) > most else "")


def both(key: str, /, **fields: Any) -> dict[str, str]:
    """Return the sentence in every language, as the command line's JSON carries it."""
    return {language.value: text(key, language, **fields) for language in Language}
