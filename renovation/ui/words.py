"""Sentences in the language of the person in front of the screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import streamlit as st

from renovation.errors import RenovationError
from renovation.model.money import fen_in
from renovation.text import Language, has_text, text
from renovation.text.formats import format_list, sum_unit
from renovation.ui import browser

#: What is made a link without any mark-up.
_ADDRESS = re.compile(r"https?:|www\.|@", re.IGNORECASE)
_LANGUAGE = "renovation.language"


def language() -> Language:
    """Return the language of this tab, else the one this browser last chose, else Chinese."""
    chosen = st.session_state.get(_LANGUAGE)
    if chosen is None:
        kept = browser.cookie(browser.Kept.LANGUAGE)
        chosen = kept if kept in set(Language) else Language.ZH
    return Language(chosen)


def set_language(chosen: Language) -> None:
    """Switch this tab's language."""
    st.session_state[_LANGUAGE] = chosen.value


def say(key: str, /, **fields: Any) -> str:
    """Return the sentence ``key`` of the catalogue in this tab's language."""
    return text(key, language(), **fields)


def told(key: str, /, **fields: Any) -> str:
    """Return a sentence for a place that draws Markdown; what people typed stands in its fields as they typed it.

    Not for a field that the sentence sets as code: there a backslash would show.
    """
    return say(key, **_plain_fields(fields))


def _plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_field(value) for name, value in fields.items()}


def _plain_field(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_plain_field, value))
    return plain(value) if isinstance(value, str) else value


def shown_sum(amount: int) -> float:
    """Return fen as a heading or field of this tab's language counts them: in 万元, in English in yuan."""
    return float(Decimal(amount) / sum_unit(language()))


def typed_sum(value: float) -> int:
    """Return in fen what stands in a field of :func:`shown_sum`."""
    return fen_in(value, sum_unit(language()))


def sum_key(name: str) -> str:
    """Name a field of a sum by its unit: what was typed in one language is not read in the other's unit."""
    return f"{name}.{sum_unit(language())}"


def label(noun: str, member: Any) -> str:
    """Return the name of an enum member: ``label("estate.type", EstateType.X)`` is the key ``estate.type.<value>``."""
    return say(f"{noun}.{getattr(member, 'value', member)}")


def aside(name: Any, note: Any) -> str:
    """Return a name with what is said of it in brackets, as the person's language writes them."""
    return say("shell.aside", name=name, note=note)


def pair(name: str, value: Any) -> str:
    """Return what something is called and what it is, parted as the person's language does."""
    return say("shell.pair", name=name, value=value)


def listed(names: Iterable[str], *, clauses: bool = False) -> str:
    """Return the names one after the other, as the person's language parts them (or ``clauses``)."""
    return format_list(names, language(), clauses=clauses)


def error_sentence(error: RenovationError) -> str:
    """Return what happened, where, and the cure."""
    if not has_text(f"error.{error.code}"):
        return say("shell.error_without_text", code=error.code)
    return text(f"error.{error.code}", language(), **_plain_fields(error.fields))


def language_switch() -> None:
    """Offer the other language, and have the browser keep the choice."""
    if _LANGUAGE in st.session_state:
        browser.remember(browser.Kept.LANGUAGE, language().value)
    other = Language.EN if language() is Language.ZH else Language.ZH
    st.button(
        text("shell.language_name", other),
        key="renovation.language_switch",
        icon=":material/translate:",
        on_click=set_language,
        args=(other,),
    )


def plain(value: str) -> str:
    """Keep what people typed from changing the Markdown around it (a name may hold links and pictures)."""
    # Addresses become links even where every sign is escaped; a joiner that nobody sees parts them.
    parted = _ADDRESS.sub(lambda found: f"{found[0][0]}\u2060{found[0][1:]}", value)
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|~$<>:" else sign for sign in parted)


def percent(share: Fraction | None) -> str:
    """Return a share as a percentage, a dash where nobody knows it."""
    return "—" if share is None else say("demand.figure.percent", share=share)
