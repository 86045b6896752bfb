"""What a map shows, as plain values: the only thing pages need to know about drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from shapely.geometry.base import BaseGeometry


class Mark(StrEnum):
    """The shape of a point; status is never told by colour alone."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one class of things is drawn.

    Attributes
    ----------
    words
        What the class means, plain text in the person's language: shown in the legend, and on hover where a layer
        has no tooltips. Empty keeps the class out of the legend.
    fill, line, ink
        Colours (``#RRGGBB``) of the area or mark, its outline, and its label.
    line_width
        Pixels; 0 draws no outline.
    opacity
        Of the fill, 0 to 1.
    dashed
        Whether the outline is dashed.
    mark, size
        Shape and radius (pixels) of a point.
    """

    words: str = ""
    fill: str = "#14606E"
    line: str = "#14606E"
    line_width: float = 1.5
    opacity: float = 0.35
    dashed: bool = False
    mark: Mark = Mark.CIRCLE
    size: float = 6
    ink: str = "#1C2529"


#: The imported boundary, road and building layers below everything else: pale grey, never clickable.
BASE_BOUNDARY = Style(fill="#F7F8F8", line="#B4BCC0", line_width=1.2, opacity=1, ink="#6B767C")
BASE_ROAD = Style(line="#D3D9DC", line_width=1.5, opacity=0)
BASE_BUILDING = Style(fill="#E4E8EA", line="#D3D9DC", line_width=0.8, opacity=1)

_ONE_CLASS: Mapping[str, Style] = {"": Style()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What every layer has.

    Attributes
    ----------
    name
        Names the layer in events, e.g. ``"estates"``; unique on one map.
    ids
        One id per shape; a click gives it back.
    styles
        Class → style, in drawing and legend order; at most 26, better at most four.
    classes
        One class per shape; ``None`` puts all into the first.
    tooltips
        One plain text per shape for hover (name, and one figure on a second line); ``None`` shows the class's words.
    labels
        One short plain text per shape drawn on the map where it fits; an empty one draws nothing.
    selectable
        Whether hover and click notice the layer.
    """

    kind: ClassVar[str]
    name: str
    ids: Sequence[str]
    styles: Mapping[str, Style] = field(default_factory=lambda: _ONE_CLASS)
    classes: Sequence[str] | None = None
    tooltips: Sequence[str] | None = None
    labels: Sequence[str] | None = None
    selectable: bool = True

    def _check(self, shapes: int) -> None:
        for given in (self.ids, self.classes, self.tooltips, self.labels):
            if given is not None and len(given) != shapes:
                raise ValueError(f"layer {self.name}: {len(given)} values for {shapes} shapes")
        if not 1 <= len(self.styles) <= 26:
            raise ValueError(f"layer {self.name}: {len(self.styles)} styles, allowed are 1 to 26")


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShapeLayer(Layer):
    #: In EPSG:4490 degrees, as shapely objects or WKB.
    geometries: Sequence[BaseGeometry | bytes]

    def __post_init__(self) -> None:
        self._check(len(self.geometries))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolygonLayer(_ShapeLayer):
    """Areas: estates, grids, districts; its ``geometries`` are (Multi)Polygons."""

    kind: ClassVar[str] = "area"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLayer(_ShapeLayer):
    """Lines: roads, pipes; its ``geometries`` are (Multi)LineStrings."""

    kind: ClassVar[str] = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLayer(Layer):
    """Points: demands, projects, facilities.

    Attributes
    ----------
    lons, lats
        Degrees, EPSG:4490.
    cluster
        Whether crowded points are drawn as one circle with their count until the map is close enough.
    """

    kind: ClassVar[str] = "point"
    lons: Sequence[float]
    lats: Sequence[float]
    cluster: bool = False

    def __post_init__(self) -> None:
        self._check(len(self.lons))
        if len(self.lats) != len(self.lons):
            raise ValueError(f"layer {self.name}: {len(self.lats)} latitudes for {len(self.lons)} longitudes")


MapLayer = PolygonLayer | LineLayer | PointLayer


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEvent:
    """One click.

    Attributes
    ----------
    layer, id
        The layer's name and the shape's id; ``None`` for a click beside every shape.
    lon, lat
        Where, in degrees (EPSG:4490).
    zoom
        The map's zoom at that moment.
    """

    layer: str | None
    id: str | None
    lon: float
    lat: float
    zoom: float
