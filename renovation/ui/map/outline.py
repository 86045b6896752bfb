"""Draw or mend the outline of an area by clicking its corners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import shapely
import streamlit as st
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from renovation.text import Language, text
from renovation.ui import words
from renovation.ui.map.draw import HEIGHT, draw_map
from renovation.ui.map.layers import LineLayer, MapEvent, MapLayer, PointLayer, PolygonLayer, Style

_AREA = Style(fill="#14606E", line="#14606E", opacity=0.2, line_width=2)
_EDGE = Style(line="#14606E", line_width=2, opacity=0, dashed=True)
_CORNER = Style(fill="#14606E", size=6, opacity=1)
_FIRST = Style(fill="#B3261E", size=7, opacity=1)

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An outline while it is being drawn.

    Attributes
    ----------
    corners
        (lon, lat) in order, the first not repeated.
    closed
        Whether the last corner has been joined to the first.
    held
        The corner that the next click moves.
    """

    corners: tuple[Corner, ...] = ()
    closed: bool = False
    held: int | None = None

    def clicked(self, at: Corner, corner: int | None = None) -> Outline:
        """Return the outline after a click on a place, or on one of its corners.

        A click on the first corner closes an open outline; on a corner of a closed one it takes hold of it, and the
        next place is where it goes. On a closed outline a place far from corners becomes a new one on the nearest
        edge.
        """
        if corner is not None and not 0 <= corner < len(self.corners):
            return self
        if not self.closed:
            if corner == 0 and len(self.corners) >= 3:
                return replace(self, closed=True)
            return self if corner is not None else replace(self, corners=(*self.corners, at))
        if corner is not None:
            return replace(self, held=None if corner == self.held else corner)
        if self.held is not None:
            moved = (*self.corners[: self.held], at, *self.corners[self.held + 1 :])
            return replace(self, corners=moved, held=None)
        after = self._nearest_edge(at) + 1
        return replace(self, corners=(*self.corners[:after], at, *self.corners[after:]))

    def _nearest_edge(self, at: Corner) -> int:
        place = Point(at)
        ends = (*self.corners[1:], self.corners[0])
        edges = [LineString(pair) for pair in zip(self.corners, ends, strict=True)]
        return min(range(len(edges)), key=lambda index: edges[index].distance(place))

    def undone(self) -> Outline:
        """Return the outline without the held corner, or without the last."""
        if not self.corners:
            return self
        index = self.held if self.held is not None else len(self.corners) - 1
        left = (*self.corners[:index], *self.corners[index + 1 :])
        return Outline(corners=left, closed=self.closed and len(left) >= 3)

    def polygon(self) -> Polygon | None:
        """Return the area within the corners, the last joined to the first, unless it crosses itself."""
        if len(self.corners) < 3:
            return None
        area = Polygon(self.corners)
        return shapely.orient_polygons(area) if area.is_valid and area.area > 0 else None


def outline_of(geometry: BaseGeometry | bytes | None) -> Outline | None:
    """Return what can be edited of a stored geometry; ``None`` for several parts or holes, which clicks cannot mend."""
    if geometry is None:
        return Outline()
    shape = shapely.from_wkb(geometry) if isinstance(geometry, bytes) else geometry
    parts = shapely.get_parts(shape)
    if len(parts) != 1 or not isinstance(parts[0], Polygon) or parts[0].interiors:
        return None
    return Outline(corners=tuple((x, y) for x, y in parts[0].exterior.coords[:-1]), closed=True)


def edit_outline(
    layers: Sequence[MapLayer],
    *,
    key: str,
    geometry: BaseGeometry | bytes | None = None,
    center: tuple[float, float] | None = None,
    height: int = HEIGHT,
    language: Language | None = None,
    held: Outline | None = None,
    keep: Callable[[Outline], None] | None = None,
) -> Polygon | None:
    """Let a person draw or mend an outline, and return it (EPSG:4490) while it is sound, closed by hand or not yet.

    Parameters
    ----------
    layers
        What to show below, e.g. the base layers and the neighbours.
    geometry
        The outline to start from; ``None`` starts with an empty one.
    center
        (lon, lat) to look at when there is no outline yet.
    held, keep
        What a draft holds of this outline, which comes first; and what is told of every change.
    """
    language = language or words.language()
    state_key = f"map:{key}:outline"
    if state_key not in st.session_state:
        st.session_state[state_key] = outline_of(geometry) if held is None else held
    outline: Outline | None = st.session_state[state_key]
    if outline is None:
        st.info(text("map.outline.in_parts", language))
        return None

    def become(changed: Outline) -> None:
        st.session_state[state_key] = changed
        if keep is not None:
            keep(changed)

    def on_click(event: MapEvent) -> None:
        corner = int(event.id) if event.layer == "corners" and event.id is not None else None
        become(outline.clicked((event.lon, event.lat), corner))

    st.caption(text(f"map.outline.{_step(outline)}", language))
    middle = center
    if outline.corners and geometry is not None:
        middle = None
    draw_map(
        [*layers, *_layers(outline)],
        key=key,
        selected=str(outline.held) if outline.held is not None else None,
        on_click=on_click,
        center=middle,
        fit=["outline"] if outline.closed else None,
        height=height,
        picking=True,
        legend=False,
        language=language,
    )
    with st.container(horizontal=True):
        undo_word = "remove" if outline.held is not None else "undo"
        st.button(
            text(f"map.outline.{undo_word}", language),
            key=f"{state_key}:undo",
            on_click=lambda: become(outline.undone()),
            disabled=not outline.corners,
            icon=":material/undo:",
        )
        st.button(
            text("map.outline.again", language),
            key=f"{state_key}:again",
            on_click=lambda: become(Outline()),
            disabled=not outline.corners,
            icon=":material/restart_alt:",
        )
    found = outline.polygon()
    if outline.closed and found is None:
        st.warning(text("map.outline.crosses", language))
    return found


def _step(outline: Outline) -> str:
    if outline.held is not None:
        return "moving"
    if outline.closed:
        return "closed"
    return "closing" if len(outline.corners) >= 3 else "drawing"


def _layers(outline: Outline) -> list[MapLayer]:
    corners = outline.corners
    drawn: list[MapLayer] = []
    if outline.closed:
        area = PolygonLayer(
            name="outline", ids=["area"], geometries=[Polygon(corners)], styles={"": _AREA}, selectable=False
        )
        drawn.append(area)
    elif len(corners) >= 2:
        edge = LineLayer(
            name="outline", ids=["edge"], geometries=[LineString(corners)], styles={"": _EDGE}, selectable=False
        )
        drawn.append(edge)
    if corners:
        classes = ["first" if index == 0 and not outline.closed else "other" for index in range(len(corners))]
        drawn.append(
            PointLayer(
                name="corners",
                ids=[str(index) for index in range(len(corners))],
                lons=[lon for lon, _ in corners],
                lats=[lat for _, lat in corners],
                classes=classes,
                styles={"first": _FIRST, "other": _CORNER},
            )
        )
    return drawn
