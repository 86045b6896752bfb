"""What every export of places asks for and offers: format, datum, and the file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from renovation.exports.files.tables import Exported
from renovation.exports.register.places import PlaceFormat
from renovation.model.places import Datum
from renovation.ui.words import label, say

#: Projected systems are chosen on the command line; on screen these four are what people ask for.
_DATUMS = (Datum.CGCS2000, Datum.WGS84, Datum.GCJ02, Datum.BD09)


def format_and_datum(key: str) -> tuple[PlaceFormat, Datum]:
    """Ask for a file's format and datum; ``key`` names the page's widgets."""
    format_ = st.selectbox(
        say("estate.export.format"),
        list(PlaceFormat),
        format_func=lambda kind: say(f"estate.export.kind.{kind.value}"),
        key=f"{key}.export_format",
    )
    datum = st.selectbox(
        say("estate.export.datum"), _DATUMS, format_func=lambda one: label("enum.Datum", one), key=f"{key}.export_datum"
    )
    assert format_ is not None
    assert datum is not None
    return format_, datum


def place_download(key: str, name: str, make: Callable[[PlaceFormat, Datum], Exported]) -> None:
    """Ask for format and datum, and offer the file; it is written when somebody fetches it.

    Parameters
    ----------
    key
        Begins the widgets' keys.
    name
        The file's name without its ending.
    """
    format_, datum = format_and_datum(key)
    st.download_button(
        say("estate.export.download"),
        lambda: make(format_, datum)[2],
        file_name=f"{name}.{format_.suffix}",
        key=f"{key}.download",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
