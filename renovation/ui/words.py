"""Sentences in the language of the person in front of the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from renovation.errors import RenovationError
from renovation.text import Language, error_text, has_text, text
from renovation.ui import browser

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


def label(noun: str, member: Any) -> str:
    """Return the name of an enum member: ``label("estate.type", EstateType.X)`` is the key ``estate.type.<value>``."""
    return say(f"{noun}.{getattr(member, 'value', member)}")


def listed(names: Iterable[str]) -> str:
    """Return the names one after the other, as the person's language parts them."""
    return ("、" if language() is Language.ZH else ", ").join(names)


def error_sentence(error: RenovationError) -> str:
    """Return what happened, where, and the cure."""
    if not has_text(f"error.{error.code}"):
        return say("shell.error_without_text", code=error.code)
    return error_text(error, language())


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
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+-.!|~$<>:" else sign for sign in value)
