"""A file's first records as they would be kept, in a table and on the map."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import shapely
import streamlit as st

from renovation.imports.files.results import Parsed
from renovation.model.imports import ImportKind
from renovation.text.formats import format_money, format_percent
from renovation.ui.frame.grid import grid
from renovation.ui.map import LineLayer, MapLayer, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.register.estates import enum_label
from renovation.ui.words import language, listed, say

_PREVIEWED = 20
_UNIT = re.compile(r"[（(][^（()）]*[)）]$")
#: Shapes drawn before they are saved; a city's worth is looked at after.
_DRAWN = 2_000
_SHAPE = Style(fill="#14606E", line="#14606E", opacity=0.3, size=6)


def preview(kind: ImportKind, parsed: Parsed[Any]) -> None:
    """Show what a file's first records become."""
    shown = parsed.records[:_PREVIEWED]
    st.markdown(f"**{say('import_page.preview', count=len(shown))}**")
    columns = {}
    for heading, field in parsed.mapping.items():
        cells = [getattr(row, field, None) for row in shown]
        if any(cell not in (None, "", frozenset()) for cell in cells):
            # The cells name their own unit, which may be another than the file's.
            words = _UNIT.sub("", heading) if field.endswith(("_fen", "_m2")) else heading
            columns[words] = [_cell(cell, field) for cell in cells]
    grid(columns, key="imports.preview")
    layers = _layers(kind, parsed)
    if layers:
        with st.expander(say("import_page.preview_map"), expanded=True):
            draw_map(
                [*base_layers(), *layers], key="imports.map", fit=tuple(layer.name for layer in layers), legend=False
            )


def _cell(value: Any, field: str) -> str:
    """Return a value as it will be kept, with its unit: the heading above it may name another one."""
    if value is None:
        return ""
    if field.endswith("_fen"):
        return format_money(value, "CNY", 100, language())
    if isinstance(value, Fraction):
        return format_percent(value, language())
    if isinstance(value, Decimal):
        return f"{value.normalize():,f} ㎡"
    if isinstance(value, bool):
        return say("import_page.yes_word" if value else "import_page.no_word")
    if isinstance(value, frozenset):
        return listed(enum_label(member) for member in sorted(value))
    return enum_label(value) if hasattr(value, "name") and hasattr(value, "value") else str(value)


def _shape(row: Any) -> Any:
    """Return where a row lies, ``None`` where the file does not say."""
    if getattr(row, "geometry", None) is not None:
        return shapely.from_wkb(row.geometry)
    lon, lat = getattr(row, "lon", None), getattr(row, "lat", None)
    return None if lon is None or lat is None else shapely.Point(lon, lat)


def _layers(kind: ImportKind, parsed: Parsed[Any]) -> list[MapLayer]:
    rows = [(row, shape) for row in parsed.records[:_DRAWN] if (shape := _shape(row)) is not None]
    shapes = [shape for _, shape in rows]
    names = [str(getattr(row, "name", "") or getattr(row, "text", "") or "–") for row, _ in rows]
    if kind is ImportKind.STREETS:
        return (
            [
                LineLayer(
                    name="lines",
                    ids=[str(at) for at in range(len(shapes))],
                    geometries=shapes,
                    tooltips=names,
                    styles={"": _SHAPE},
                )
            ]
            if shapes
            else []
        )
    layers: list[MapLayer] = []
    areas = [at for at, shape in enumerate(shapes) if shapely.get_dimensions(shape) == 2]
    points = [at for at, shape in enumerate(shapes) if shapely.get_dimensions(shape) == 0]
    if areas:
        layers.append(
            PolygonLayer(
                name="areas",
                ids=[str(at) for at in areas],
                geometries=[shapes[at] for at in areas],
                tooltips=[names[at] for at in areas],
                styles={"": _SHAPE},
            )
        )
    if points:
        layers.append(
            PointLayer(
                name="points",
                ids=[str(at) for at in points],
                lons=[shapes[at].x for at in points],
                lats=[shapes[at].y for at in points],
                tooltips=[names[at] for at in points],
                styles={"": _SHAPE},
            )
        )
    return layers
