"""A one-page A4 map of an estate's works as SVG, drawn from the store's geometries alone: no tiles, no network.

Units are millimetres on paper, so the scale holds when the page is printed at 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

import numpy as np
import shapely

from renovation.exports.files.imprint import imprint
from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.programme.sheets import class_name
from renovation.exports.programme.source import EstateOnPaper, ProgrammeFile, WorkLine
from renovation.exports.programme.styles import CLASS_COLOURS
from renovation.geo.crs import metric_crs_of, to_metric

SVG = "image/svg+xml"
_SCALES = (200, 300, 500, 750, 1000, 1500, 2000, 2500, 3000, 5000, 7500, 10_000, 20_000, 50_000)
_LEFT, _TOP, _WIDTH, _HEIGHT = 15.0, 38.0, 180.0, 168.0
#: Room between the estate and the frame, in millimetres.
_MARGIN = 12.0
_LIST_ROWS = 10
_BAR_MM = 40.0
_INK, _ROAD, _BUILDING, _ESTATE = "#1B2328", "#B9C1C6", "#D5DADD", "#0B6E69"
_FONT = "'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','SimHei',sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSurroundings:
    """What is drawn around the works: buildings and roads as WKB in EPSG:4490."""

    buildings: Sequence[bytes] = ()
    roads: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class _Frame:
    """Metres to millimetres on the page: middle of the map in metres, scale 1:n."""

    x: float
    y: float
    scale: int

    def place(self, coordinates: np.ndarray) -> np.ndarray:
        """Return positions on the page; north is up."""
        mm = 1000.0 / self.scale
        return np.column_stack(
            [
                _LEFT + _WIDTH / 2 + (coordinates[:, 0] - self.x) * mm,
                _TOP + _HEIGHT / 2 - (coordinates[:, 1] - self.y) * mm,
            ]
        )


def estate_map(
    paper: ProgrammeFile, estate: EstateOnPaper, surroundings: MapSurroundings | None = None
) -> Exported | None:
    """Return the map of an estate's works; ``None`` when neither it nor its works have a place."""
    around = surroundings or MapSurroundings()
    works = [line for line in paper.works if line.estate.key == estate.key]
    own = [blob for blob in (estate.geometry, *(line.facts.geometry for line in works)) if blob]
    if not own:
        return None
    known = shapely.from_wkb(np.array(own, dtype=object))
    crs = metric_crs_of(known)

    def metric(blobs: Sequence[bytes]) -> np.ndarray:
        return to_metric(shapely.from_wkb(np.array(list(blobs), dtype=object)), crs=crs)[0]

    frame = _frame_of(metric(own))
    parts = [
        _shapes(frame, metric(around.roads), f'fill="none" stroke="{_ROAD}" stroke-width="1.4"'),
        _shapes(frame, metric(around.buildings), f'fill="{_BUILDING}" stroke="#8A9499" stroke-width="0.2"'),
    ]
    if estate.geometry:
        outline = f'fill="none" stroke="{_ESTATE}" stroke-width="0.8" stroke-dasharray="3 1"'
        parts.append(_shapes(frame, metric([estate.geometry]), outline))
    placed = [(line, metric([line.facts.geometry])) for line in works if line.facts.geometry]
    for line, shape in placed:
        colour = CLASS_COLOURS[line.facts.item_class]
        dimension = int(shapely.get_dimensions(shape)[0])
        fill = f'fill="{colour}" fill-opacity="0.35"' if dimension == 2 else 'fill="none"'
        if dimension > 0:
            parts.append(_shapes(frame, shape, f'{fill} stroke="{colour}" stroke-width="0.6"'))
    # Numbers last, so that nothing covers them.
    spots: list[tuple[float, float]] = []
    for line, shape in placed:
        point = shapely.get_coordinates(shapely.point_on_surface(shape))
        at_x, at_y = frame.place(point)[0].tolist()
        x, y = _free_spot(at_x, at_y, spots)
        spots.append((x, y))
        parts.append(_badge(x, y, line))
    page = _page(paper, estate, works, frame, crs, "".join(parts))
    return f"{file_stem(estate.name)}.svg", SVG, page.encode()


def _frame_of(shapes: np.ndarray) -> _Frame:
    west, south, east, north = shapely.total_bounds(shapes)
    wide = max((east - west) / (_WIDTH - 2 * _MARGIN), (north - south) / (_HEIGHT - 2 * _MARGIN), 0.0) * 1000
    scale = next((scale for scale in _SCALES if scale >= max(wide, 500)), _SCALES[-1])
    return _Frame((west + east) / 2, (south + north) / 2, scale)


def _shapes(frame: _Frame, shapes: np.ndarray, dress: str) -> str:
    paths = []
    for part in shapely.get_parts(shapes):
        if part is None or part.is_empty:
            continue
        rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        closed = "Z" if part.geom_type == "Polygon" else ""
        for ring in rings:
            places = frame.place(shapely.get_coordinates(ring))
            paths.append("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places.tolist()) + closed)
    return f'<path d="{"".join(paths)}" fill-rule="evenodd" stroke-linejoin="round" {dress}/>' if paths else ""


def _free_spot(x: float, y: float, taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Move a number aside, to the right and down, until it covers no other."""
    x = min(max(x, _LEFT + 3), _LEFT + _WIDTH - 3)
    y = min(max(y, _TOP + 3), _TOP + _HEIGHT - 3)
    for step in range(40):
        spot = (x + (step % 5) * 5.2, y + (step // 5) * 5.2)
        if all(abs(spot[0] - a) >= 5 or abs(spot[1] - b) >= 5 for a, b in taken):
            return spot
    return x, y


def _badge(x: float, y: float, line: WorkLine) -> str:
    colour = CLASS_COLOURS[line.facts.item_class]
    size = 3.2 if line.number < 100 else 2.6
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="2.5" fill="{colour}" stroke="#fff" stroke-width="0.4"/>'
        f'<text x="{x:.2f}" y="{y + size * 0.36:.2f}" font-size="{size}" fill="#fff" text-anchor="middle" '
        f'font-weight="700">{line.number}</text>'
    )


def _words(x: float, y: float, said: str, size: float = 3.4, *, anchor: str = "start", weight: int = 400) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(said)}</text>"
    )


def _cut(said: str, millimetres: float, size: float) -> str:
    """Cut a line to what fits; the number leads to the whole name in the list."""
    room = millimetres / size * 2
    used = 0
    for at, sign in enumerate(said):
        used += 2 if east_asian_width(sign) in "WFA" else 1
        if used > room:
            return said[: at - 1] + "…"
    return said


def _page(
    paper: ProgrammeFile, estate: EstateOnPaper, works: Sequence[WorkLine], frame: _Frame, crs: str, drawn: str
) -> str:
    phrase, details = paper.phrase, paper.details
    place = " ".join(filter(None, (estate.county, estate.street, estate.community)))
    households = "—" if estate.households is None else f"{estate.households:,}"
    cost = paper.digits(sum(line.facts.cost for line in works))
    bottom = _TOP + _HEIGHT
    parts = [
        _words(105, 20, phrase("map.title", name=estate.name), 7, anchor="middle", weight=700),
        _words(105, 30, phrase("map.where", place=place, households=households, works=len(works), cost=cost), 3.8,
               anchor="middle"),
        f'<g clip-path="url(#frame)">{drawn}</g>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="{_INK}" '
        'stroke-width="0.5"/>',
        _north(_LEFT + _WIDTH - 9, _TOP + 6, phrase("map.north")),
        _bar(frame.scale, _LEFT + 3, bottom - 5),
        _words(_LEFT, bottom + 6, phrase("map.scale", scale=frame.scale)),
    ]  # fmt: skip
    if paper.warning:
        parts.append(_words(_LEFT + _WIDTH, bottom + 6, paper.warning, anchor="end", weight=700))
    parts.append(_legend(paper, bottom + 13))
    parts.append(_work_list(paper, works, bottom + 22))
    review = details.map_review_number
    parts += [
        f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="279" y2="279" stroke="{_INK}" stroke-width="0.3"/>',
        _words(_LEFT, 284, phrase("map.datum", crs=crs), 3),
        _words(_LEFT, 288, phrase("map.review", number=review) if review else phrase("map.review_empty"), 3),
        _words(_LEFT + _WIDTH, 284, phrase("map.made", office=details.office, day=details.day), 3, anchor="end"),
        _words(_LEFT, 292, _cut(imprint(details.issuer, paper.language), _WIDTH, 2.6), 2.6),
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297" '
        f'font-family="{_FONT}" fill="{_INK}"><title>{escape(phrase("map.title", name=estate.name))}</title>'
        f'<defs><clipPath id="frame"><rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}"/></clipPath>'
        f'</defs><rect width="210" height="297" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _north(x: float, y: float, word: str) -> str:
    return f'<path d="M{x} {y}l4 12l-4 -3l-4 3z" fill="{_INK}" stroke="#fff" stroke-width="0.4"/>' + _words(
        x, y + 16.5, word, 4, anchor="middle", weight=700
    )


def _bar(scale: int, x: float, y: float) -> str:
    """Draw a bar of round length, about four centimetres."""
    most = _BAR_MM * scale / 1000
    power = 10 ** int(np.floor(np.log10(most)))
    metres = max(step * power for step in (1, 2, 5) if step * power <= most)
    length = metres * 1000 / scale
    half = length / 2
    return (
        f'<rect x="{x - 1.5}" y="{y - 6}" width="{length + 14:.2f}" height="9" fill="#fff" fill-opacity="0.85"/>'
        f'<rect x="{x}" y="{y}" width="{half:.3f}" height="1.6" fill="{_INK}"/>'
        f'<rect x="{x}" y="{y}" width="{length:.3f}" height="1.6" fill="none" stroke="{_INK}" stroke-width="0.3"/>'
        + _words(x, y - 1.5, "0", 3)
        + _words(x + length, y - 1.5, f"{metres:,g} m", 3, anchor="middle")
    )


def _legend(paper: ProgrammeFile, y: float) -> str:
    phrase, x = paper.phrase, _LEFT
    parts = [_words(x, y, phrase("map.legend"), weight=700)]
    entries = [
        (f'<rect x="{{x}}" y="{y - 3}" width="6" height="3.4" fill="none" stroke="{_ESTATE}" stroke-width="0.8" '
         'stroke-dasharray="2 0.8"/>', phrase("map.estate")),
        (f'<rect x="{{x}}" y="{y - 3}" width="6" height="3.4" fill="{_BUILDING}" stroke="#8A9499" '
         'stroke-width="0.2"/>', phrase("map.building")),
        (f'<path d="M{{x}} {y - 1.3}h6" stroke="{_ROAD}" stroke-width="1.4"/>', phrase("map.road")),
    ]  # fmt: skip
    used = {line.facts.item_class for line in paper.works}
    entries += [
        (
            f'<circle cx="{{middle}}" cy="{y - 1.3}" r="2" fill="{colour}"/>',
            class_name(paper, one) or phrase("no_class"),
        )
        for one, colour in CLASS_COLOURS.items()
        if one in used
    ]
    x += 14
    for mark, words in entries:
        parts.append(mark.replace("{x}", f"{x:g}").replace("{middle}", f"{x + 3:g}"))
        parts.append(_words(x + 8, y, words))
        x += 10 + 3.4 * sum(1 if east_asian_width(sign) in "WFA" else 0.55 for sign in words) + 2
    return "".join(parts)


def _work_list(paper: ProgrammeFile, works: Sequence[WorkLine], y: float) -> str:
    """List the works by number in two columns; what does not fit is named as such."""
    parts = [_words(_LEFT, y, paper.phrase("map.number"), weight=700)]
    room = 2 * _LIST_ROWS
    shown = works if len(works) <= room else works[: room - 1]
    lines = [
        paper.phrase("map.line", number=line.number, name=line.facts.name, cost=paper.digits(line.facts.cost))
        + ("" if line.facts.geometry else paper.phrase("map.unplaced"))
        for line in shown
    ]
    if len(shown) < len(works):
        lines.append(paper.phrase("map.more", count=len(works) - len(shown)))
    for at, said in enumerate(lines):
        column, row = divmod(at, _LIST_ROWS)
        parts.append(_words(_LEFT + column * 91, y + 5 + row * 4.6, _cut(said, 88, 3.2), 3.2))
    return "".join(parts)
