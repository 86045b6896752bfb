"""Sketches on which a place is pointed out without scripts: the browser sends where the picture was pressed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from starlette.responses import Response

from renovation.geo.sketches import Sketch
from renovation.model.intake import EstateChoice
from renovation.services.demands import demands
from renovation.web.frame import Visit

#: Both sides of a sketch, in the browser's pixels: it sends where in the picture, not how large it was drawn.
SIDE = 320
_MARGIN = 12.0
#: The town's sketch draws one dot where several estates would lie on each other, and names where there are few.
_CELL, _FEW_NAMES = 8, 8
#: Size of type on a sketch.
_TYPE = 13
#: How much closer each press on the town's sketch comes, and how often.
_CLOSER, _MOST_LEVELS = 5, 4
_Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the town on the sketch: its middle, how close, and where it was pressed, if it was."""

    lon: float
    lat: float
    level: int
    picked: _Place | None = None


def of_estate(visit: Visit, estate_id: int) -> tuple[Sketch, bytes, tuple[bytes, ...]] | None:
    """Return the sketch of an estate with what is drawn on it; nothing for one without an outline."""
    outline, buildings = demands.estate_drawing(visit.store, visit.actor, estate_id)
    if outline is None:
        return None
    return Sketch((), (outline,), width=SIDE, height=SIDE, margin=_MARGIN), outline, buildings


def pin(visit: Visit, estate_id: int) -> _Place | None:
    """Return the place (degrees) that was pressed on the sketch of an estate."""
    pressed, drawn = _pressed(visit, "pin"), of_estate(visit, estate_id)
    return drawn[0].lonlat(*pressed) if drawn and pressed else None


def _pressed(visit: Visit, name: str) -> _Place | None:
    x, y = visit.number(f"{name}.x"), visit.number(f"{name}.y")
    # A keyboard presses the corner, which is no place.
    return (x, y) if 0 < x <= SIDE and 0 < y <= SIDE else None


def town_window(visit: Visit, every: Sequence[EstateChoice]) -> Window | None:
    """Return the part of the town to draw next, closer to what was pressed; nothing where no estate has a place."""
    placed = [(one.lon, one.lat) for one in every if one.lon is not None and one.lat is not None]
    if not placed:
        return None
    shown = Window(
        lon=_degrees(visit, "lon") or sum(lon for lon, _ in placed) / len(placed),
        lat=_degrees(visit, "lat") or sum(lat for _, lat in placed) / len(placed),
        level=min(visit.number("level"), _MOST_LEVELS),
    )
    pressed = _pressed(visit, "at")
    if pressed is None:
        return shown
    lon, lat = _town(placed, shown).lonlat(*pressed)
    return Window(lon=round(lon, 6), lat=round(lat, 6), level=min(shown.level + 1, _MOST_LEVELS), picked=(lon, lat))


def _degrees(visit: Visit, name: str) -> float:
    try:
        given = float(visit.request.query_params.get(name, ""))
    except ValueError:
        return 0.0
    return given if math.isfinite(given) and abs(given) <= 180 else 0.0


def _town(placed: Sequence[_Place], window: Window) -> Sketch:
    if not window.level:
        return Sketch(placed, width=SIDE, height=SIDE, margin=_MARGIN)
    squeeze = math.cos(math.radians(min(abs(window.lat), 80)))
    (west, east), (south, north) = ((min(side), max(side)) for side in zip(*placed, strict=True))
    half = max((east - west) * squeeze, north - south, 0.002) / 2 / _CLOSER**window.level
    wide = half / squeeze
    corners = [(window.lon - wide, window.lat - half), (window.lon + wide, window.lat + half)]
    return Sketch(corners, width=SIDE, height=SIDE, margin=_MARGIN)


def nearest(every: Sequence[EstateChoice], place: _Place) -> list[EstateChoice]:
    """Return the estates that have a place, the nearest first."""
    lon, lat = place
    squeeze = math.cos(math.radians(lat))
    near = [
        (math.hypot((one.lon - lon) * squeeze, one.lat - lat), one.id, one)
        for one in every
        if one.lon is not None and one.lat is not None
    ]
    return [one for _, _, one in sorted(near)]


def draw(visit: Visit) -> Response:
    """Return a sketch as a picture: of an estate and the pin on it, else of the town."""
    drawn = of_estate(visit, visit.number("estate"))
    shapes = _town_shapes(visit) if drawn is None else _estate_shapes(visit, *drawn)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" fill="#f4f6f7"/>{shapes}</svg>'
    )
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=300"})


def _estate_shapes(visit: Visit, sketch: Sketch, outline: bytes, buildings: tuple[bytes, ...]) -> str:
    shapes = (
        f'<path d="{sketch.path([outline], finest=0.5)}" fill="#e3eaec" stroke="#6b7c85"/>'
        f'<path d="{sketch.path(buildings, finest=1.0)}" fill="#bcc7cc" stroke="#8b989f"/>'
    )
    pressed = _pressed(visit, "pin")
    if pressed is None:
        return shapes
    x, y = pressed
    mark = f"M{x:g},{y:g}l-9,-18a9.5,9.5 0 1 1 18,0Z"
    return f'{shapes}<path d="{mark}" fill="#b3261e" stroke="#fff" stroke-width="2"/>'


def _apart(names: Mapping[str, _Place]) -> Iterator[tuple[str, float, float]]:
    """Leave out names that would lie on others, which would make both unreadable."""
    kept: list[tuple[str, float, float]] = []
    for whole, (x, y) in names.items():
        name = whole[:12]
        if all(abs(x - x_) > _TYPE * (len(name) + len(other)) / 2 or abs(y - y_) > _TYPE for other, x_, y_ in kept):
            kept.append((name, x, y))
            yield kept[-1]


def _town_shapes(visit: Visit) -> str:
    every = demands.estate_choices(visit.store, visit.actor)
    window = town_window(visit, every)
    if window is None:
        return ""
    placed = [(one.lon, one.lat, one) for one in every if one.lon is not None and one.lat is not None]
    sketch = _town([(lon, lat) for lon, lat, _ in placed], window)
    seen = [(*sketch.at(lon, lat), one) for lon, lat, one in placed]
    seen = [(x, y, one) for x, y, one in seen if 0 <= x <= SIDE and 0 <= y <= SIDE]
    cells = {(int(x) // _CELL, int(y) // _CELL): (x, y) for x, y, _ in seen}
    dots = "".join(f"M{x - 3:g},{y - 3:g}h6v6h-6Z" for x, y in cells.values())
    # Where estates lie close, the streets' names have to do.
    names = {
        (one.name if len(seen) <= _FEW_NAMES else one.street_name): (min(max(x, 40), SIDE - 40), max(y - 8, 14))
        for x, y, one in seen
    }
    words = "".join(f'<text x="{x:g}" y="{y:g}">{escape(name)}</text>' for name, x, y in _apart(names))
    halo = 'stroke="#f4f6f7" stroke-width="3" paint-order="stroke"'
    label = f'font-size="{_TYPE}" text-anchor="middle" fill="#1c2529" {halo}'
    return f'<path d="{dots}" fill="#14606e"/><g {label}>{words}</g>'
