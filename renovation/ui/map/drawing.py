"""Draw points, lines or areas by clicking: what a project is made of, so that its quantity can be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
import streamlit as st
from shapely.geometry.base import BaseGeometry

from renovation.text import Language, text
from renovation.ui import words
from renovation.ui.map.draw import HEIGHT, draw_map
from renovation.ui.map.layers import LineLayer, MapEvent, MapLayer, PointLayer, PolygonLayer, Style

_DONE = Style(fill="#14606E", line="#14606E", opacity=0.3, line_width=3)
_OPEN = Style(line="#14606E", line_width=2, opacity=0, dashed=True)
_CORNER = Style(fill="#14606E", line="#FFFFFF", size=6, opacity=1)
_CLOSING = Style(fill="#B3261E", line="#FFFFFF", size=8, opacity=1)

Corner = tuple[float, float]
#: How many corners a finished part needs.
_LEAST = {"point": 1, "line": 2, "polygon": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Shapes of one kind while they are being drawn.

    Attributes
    ----------
    kind
        ``"point"``, ``"line"`` or ``"polygon"``.
    parts
        Finished shapes: corners as (lon, lat); an area's first is not repeated.
    corners
        Of the shape that is being drawn.
    """

    kind: str
    parts: tuple[tuple[Corner, ...], ...] = ()
    corners: tuple[Corner, ...] = ()

    def clicked(self, at: Corner, corner: int | None = None) -> Drawing:
        """Return the drawing after a click on a place, or on a corner of the shape being drawn.

        A click on a line's last corner or an area's first finishes it; the next place begins another.
        """
        if self.kind == "point":
            return replace(self, parts=(*self.parts, (at,)))
        if corner is None:
            return replace(self, corners=(*self.corners, at))
        if corner == self.closing():
            return replace(self, parts=(*self.parts, self.corners), corners=())
        return self

    def closing(self) -> int | None:
        """Return the corner whose click finishes the shape, ``None`` while it has too few."""
        if len(self.corners) < _LEAST[self.kind]:
            return None
        return len(self.corners) - 1 if self.kind == "line" else 0

    def undone(self) -> Drawing:
        """Return the drawing without its last corner; of a finished shape, open again."""
        if self.corners:
            return replace(self, corners=self.corners[:-1])
        if not self.parts:
            return self
        *before, last = self.parts
        return replace(self, parts=tuple(before), corners=() if self.kind == "point" else last)

    def shapes(self) -> list[BaseGeometry]:
        """Return the finished shapes, sound or not."""
        made: dict[str, Any] = {"point": shapely.Point, "line": shapely.LineString, "polygon": shapely.Polygon}
        return [made[self.kind](part[0] if self.kind == "point" else part) for part in self.parts]

    def geometry(self) -> BaseGeometry | None:
        """Return what is finished as one geometry; ``None`` for nothing, or when an area crosses itself or another."""
        found = self.shapes()
        if not found:
            return None
        if len(found) == 1:
            whole = found[0]
        else:
            many: dict[str, Any] = {
                "point": shapely.MultiPoint,
                "line": shapely.MultiLineString,
                "polygon": shapely.MultiPolygon,
            }
            whole = many[self.kind](found)
        return whole if whole.is_valid and (self.kind != "polygon" or whole.area > 0) else None


def drawing_of(geometry: BaseGeometry | bytes | None, kind: str) -> Drawing:
    """Return a stored geometry as a drawing of a kind; one of another kind, or with holes, is drawn anew."""
    if geometry is None:
        return Drawing(kind=kind)
    shape = shapely.from_wkb(geometry) if isinstance(geometry, bytes) else geometry
    kinds: dict[str, Any] = {"point": shapely.Point, "line": shapely.LineString, "polygon": shapely.Polygon}
    parts: list[tuple[Corner, ...]] = []
    for part in shapely.get_parts(shape):
        if type(part) is not kinds[kind] or getattr(part, "interiors", None):
            return Drawing(kind=kind)
        corners = tuple((float(x), float(y)) for x, y in shapely.get_coordinates(part))
        parts.append(corners[:-1] if kind == "polygon" else corners)
    return Drawing(kind=kind, parts=tuple(parts))


def draw_shapes(
    layers: Sequence[MapLayer],
    *,
    key: str,
    kind: str,
    geometry: BaseGeometry | bytes | None = None,
    fit: Sequence[str] | None = None,
    view: str = "",
    height: int = HEIGHT,
    language: Language | None = None,
    held: Drawing | None = None,
    keep: Callable[[Drawing], None] | None = None,
) -> Drawing:
    """Let a person draw shapes of a kind, and return the drawing.

    Parameters
    ----------
    layers
        What to show below.
    kind
        ``"point"``, ``"line"`` or ``"polygon"``; another kind begins another drawing.
    geometry
        What to start from (EPSG:4490).
    fit, view
        See :func:`renovation.ui.map.draw_map`.
    held, keep
        What a draft holds of this drawing, which comes first; and what is told of every change.
    """
    language = language or words.language()
    state_key = f"map:{key}:drawing:{kind}"
    first = held if held is not None and held.kind == kind else drawing_of(geometry, kind)
    drawing: Drawing = st.session_state.setdefault(state_key, first)

    def become(changed: Drawing) -> None:
        st.session_state[state_key] = changed
        if keep is not None:
            keep(changed)

    def on_click(event: MapEvent) -> None:
        corner = int(event.id) if event.layer == "corners" and event.id is not None else None
        become(drawing.clicked((event.lon, event.lat), corner))

    closing = drawing.closing()
    step = kind if closing is None else f"{kind}_closing"
    st.caption(text(f"map.drawing.{step}", language))
    draw_map(
        [*layers, *_layers(drawing, closing)],
        key=key,
        on_click=on_click,
        fit=fit,
        view=view,
        height=height,
        picking=True,
        legend=False,
        language=language,
    )
    with st.container(horizontal=True):
        nothing = not drawing.parts and not drawing.corners
        st.button(
            text("map.drawing.undo", language),
            key=f"{state_key}:undo",
            on_click=lambda: become(drawing.undone()),
            disabled=nothing,
            icon=":material/undo:",
        )
        st.button(
            text("map.drawing.again", language),
            key=f"{state_key}:again",
            on_click=lambda: become(Drawing(kind=kind)),
            disabled=nothing,
            icon=":material/restart_alt:",
        )
    if drawing.parts and drawing.geometry() is None:
        st.warning(text("map.drawing.crosses", language))
    return drawing


def forget_drawing(key: str) -> None:
    """Drop what was drawn under a key and those that begin with it, e.g. after saving."""
    for name in [name for name in st.session_state if str(name).startswith(f"map:{key}")]:
        del st.session_state[name]


def _layers(drawing: Drawing, closing: int | None) -> list[MapLayer]:
    ids = [f"part-{at}" for at in range(len(drawing.parts))]
    shapes, styles = drawing.shapes(), {"": _DONE}
    drawn: list[MapLayer] = []
    if drawing.kind == "polygon":
        drawn.append(PolygonLayer(name="parts", ids=ids, geometries=shapes, styles=styles, selectable=False))
    elif drawing.kind == "line":
        drawn.append(LineLayer(name="parts", ids=ids, geometries=shapes, styles=styles, selectable=False))
    else:
        drawn.append(_points("parts", [part[0] for part in drawing.parts], {"": _CORNER}, selectable=False))
    corners = drawing.corners
    if len(corners) >= 2:
        edge = shapely.LineString(corners)
        drawn.append(LineLayer(name="open", ids=["open"], geometries=[edge], styles={"": _OPEN}, selectable=False))
    classes = ["closing" if at == closing else "other" for at in range(len(corners))]
    drawn.append(_points("corners", corners, {"other": _CORNER, "closing": _CLOSING}, classes))
    return drawn


def _points(
    name: str,
    places: Sequence[Corner],
    styles: dict[str, Style],
    classes: list[str] | None = None,
    *,
    selectable: bool = True,
) -> PointLayer:
    return PointLayer(
        name=name,
        ids=[str(at) for at in range(len(places))],
        lons=[lon for lon, _ in places],
        lats=[lat for _, lat in places],
        classes=classes,
        styles=styles,
        selectable=selectable,
    )
