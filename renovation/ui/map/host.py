"""Hand the layers to folium and streamlit-folium: the only module that imports them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import folium
import streamlit as st
from branca.element import MacroElement, Template
from streamlit_folium import st_folium

from renovation import __version__
from renovation.config import Configuration
from renovation.ui.map.escape import html_text, script_json

#: Seen from the frame that streamlit-folium draws in, /component/<name>/index.html.
_VENDOR = "../../app/static/vendor"


class _OfflineMap(folium.Map):
    """A map whose scripts and styles come from this app, never from a content network."""

    default_js = [  # noqa: RUF012
        ("leaflet", f"{_VENDOR}/leaflet/leaflet.js"),
        ("shapes", f"{_VENDOR}/renovation/shapes.js?{__version__}"),
    ]
    default_css = [("leaflet_css", f"{_VENDOR}/leaflet/leaflet.css")]  # noqa: RUF012


class _Shapes(MacroElement):
    """The call that draws all layers of one run into a feature group."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "renovationShapes.show({{ this._parent.get_name() }}, window.map, {{ this.spec }});"
        "{% endmacro %}"
    )

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__()
        self._name = "Shapes"
        self.spec = script_json(spec)


@cache
def _tiles(url: str, attribution: str) -> dict[str, Any]:
    # folium writes both into the script: the address is the operator's, the sentence is escaped all the same.
    return {"tiles": url, "attr": html_text(attribution) or " "} if url else {"tiles": None}


def show(
    spec: dict[str, Any], *, key: str, height: int, settings: Configuration, on_change: Callable[[], None]
) -> dict[str, Any] | None:
    """Draw, and return what the last click said (``None`` before the first).

    The base map is the same string on every run, which keeps its frame, zoom and centre; everything that changes
    travels in the feature group.
    """
    base = _OfflineMap(
        location=(23.11, 114.41),
        zoom_start=11,
        # Camel case: folium drops max_zoom when there are no tiles.
        maxZoom=19,
        minZoom=3,
        zoom_control=False,
        attributionControl=bool(settings.tile_url),
        zoomSnap=0.5,
        boxZoom=False,
        **_tiles(settings.tile_url, settings.tile_attribution),
    )
    group = folium.FeatureGroup(name="shapes")
    group.add_child(_Shapes(spec))
    answer = st_folium(
        base,
        key=key,
        height=height,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=group,
        on_change=on_change,
    )
    return clicked(answer)


def clicked(answer: Any) -> dict[str, Any] | None:
    """Return the properties of the last click within an answer of streamlit-folium."""
    drawing = (answer or {}).get("last_active_drawing") or {}
    found = drawing.get("properties")
    return found if isinstance(found, dict) else None


def last_answer(key: str) -> dict[str, Any] | None:
    """Return the last click from session state, as a callback sees it before the page runs."""
    return clicked(st.session_state.get(key))
