"""The little map on a card: the estate, its buildings, every project as a dot, this one as a pin. Plain SVG."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from renovation.geo.sketches import Sketch
from renovation.model.ballots import BallotMap
from renovation.model.polls import PollProject

_WIDTH, _HEIGHT, _MARGIN = 240.0, 180.0, 18.0


def sketch(place: BallotMap, projects: Sequence[PollProject], shown: PollProject, title: str) -> str:
    """Draw where ``shown`` is; empty when it has no place."""
    if shown.lon is None or shown.lat is None:
        return ""
    points = [(one.lon, one.lat) for one in projects if one.lon is not None and one.lat is not None]
    outlines = [] if place.outline is None else [place.outline]
    frame = Sketch(points, outlines, width=_WIDTH, height=_HEIGHT, margin=_MARGIN)
    outline, houses = frame.path(outlines), frame.path(place.buildings)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3"/>' for x, y in (frame.at(lon, lat) for lon, lat in points))
    x, y = frame.at(shown.lon, shown.lat)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}">'
        f'<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="#f4f6f7"/>'
        f'<path d="{outline}" fill="#e3eaec" stroke="#6b7c85" stroke-width="1.5"/>'
        f'<path d="{houses}" fill="#bcc7cc"/><g fill="#5f6f77">{dots}</g>'
        f'<circle cx="{x}" cy="{y}" r="14" fill="#b3261e" stroke="#fff" stroke-width="2"/>'
        f'<text x="{x}" y="{y + 5.5}" fill="#fff" font-family="sans-serif" font-size="16" font-weight="700" '
        f'text-anchor="middle">{shown.number}</text></svg>'
    )
    # Streamlit cleans inline SVG away; as a picture it stays, and nothing in it can run.
    data = base64.b64encode(drawing.encode()).decode()
    return f'<img class="kiosk-map" alt="{escape(title)}" src="data:image/svg+xml;base64,{data}">'
