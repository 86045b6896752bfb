"""What the framework says of itself (buttons of tables, date and file boxes), in the language of the tab."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from renovation.text import Language, catalogue
from renovation.ui.words import language

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_ENTRY = "framework."


def speak() -> None:
    """Have the browser put the framework's own words into the tab's language, now and whenever they appear."""
    pairs = [
        {"zh": entry[Language.ZH], "en": entry[Language.EN]}
        for key, entry in catalogue().items()
        if key.startswith(_ENTRY)
    ]
    exchange = st.components.v2.component("renovation_framework", js=_SCRIPT)
    with st.container(key="renovation_framework"):
        exchange(key="renovation.framework", data={"pairs": pairs, "chinese": language() is Language.ZH}, height=1)
