"""One function for every map of the tool, and one to point at a place."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from renovation.config import Configuration, settings
from renovation.text import Language, text
from renovation.ui import words
from renovation.ui.map import host, payload
from renovation.ui.map.escape import html_text
from renovation.ui.map.layers import LineLayer, MapEvent, MapLayer, Mark, PointLayer, PolygonLayer, Style

#: Fits a 1366 × 768 laptop below the page's title and filters.
HEIGHT = 460


def draw_map(
    layers: Sequence[MapLayer],
    *,
    key: str,
    selected: str | Collection[str] | None = None,
    on_click: Callable[[MapEvent], None] | None = None,
    center: tuple[float, float] | None = None,
    zoom: float | None = None,
    view: str = "",
    fit: Sequence[str] | None = None,
    height: int = HEIGHT,
    legend: bool = True,
    remember: bool = True,
    picking: bool = False,
    language: Language | None = None,
) -> MapEvent | None:
    """Draw layers, the first below the others, and return the click that caused this run.

    Parameters
    ----------
    layers
        What to show. Nothing at all draws a sentence instead of an empty box.
    key
        Names this map; a page with two maps needs two keys.
    selected
        Id or ids drawn with a thick outline, in every layer that has them.
    on_click
        Called with the click before the page runs again, so that the page already sees the new selection.
    center, zoom
        (lon, lat) to look at; without them the view holds every shape of the layers named in ``fit`` (all when
        ``None``), no closer than ``zoom``.
    view
        The person's own zoom and centre are kept until this text changes: give it what should move the map, e.g.
        the scope chosen above it.
    remember
        Whether the view outlives a visit to another page in the same browser tab; off at the kiosk.
    picking
        Shows cross-hairs: every place can be clicked.
    language
        Of the few words on the map; the tab's own language when ``None``.

    Returns
    -------
    MapEvent or None
        Only on the run that follows the click; later runs return ``None``.
    """
    language = language or words.language()
    drawn = [layer for layer in layers if len(layer.ids)]
    options = settings()
    if not (options.vendor_dir / "leaflet" / "leaflet.js").is_file():
        st.error(text("map.assets_missing", language))
        return None
    if not drawn and not picking:
        st.info(text("map.empty", language))
        return None
    chosen = {selected} if isinstance(selected, str) else set(selected or ())
    spec, ids = _spec(drawn, chosen, options, fit)
    spec["view"] |= {"key": key, "token": view, "zoom": zoom, "remember": remember}
    if center is not None:
        spec["view"]["center"] = [center[1], center[0]]
    spec["picking"] = picking
    spec["words"] = {name: text(f"map.{name}", language) for name in ("closer", "farther", "failed")}
    spec["words"]["cluster"] = text("map.cluster", language, count="{count}")

    ids_key, seen_key, answer_key = f"map:{key}:ids", f"map:{key}:seen", f"map:{key}:answer"

    def on_change() -> None:
        if on_click is not None and (event := _fresh(host.last_answer(answer_key), ids_key, f"{seen_key}:call")):
            on_click(event)

    answer = host.show(spec, key=answer_key, height=height, settings=options, on_change=on_change)
    # Read against the ids of the run that the person clicked on, then remember those of this run.
    event = _fresh(answer, ids_key, seen_key)
    st.session_state[ids_key] = ids
    if legend:
        _legend(drawn)
    _caption(options, language)
    return event


def _spec(
    layers: Sequence[MapLayer], chosen: set[str], options: Configuration, fit: Sequence[str] | None
) -> tuple[dict[str, Any], dict[str, tuple[str, Sequence[str]]]]:
    """Return what the browser needs, and per layer what turns its answer into an id."""
    described: list[dict[str, Any]] = []
    ids: dict[str, tuple[str, Sequence[str]]] = {}
    boxes = []
    for layer in layers:
        digest = payload.digest(layer)
        content, bounds = payload.pack(layer, digest)
        if bounds and (fit is None or layer.name in fit):
            boxes.append(bounds)
        described.append(
            {
                "name": layer.name,
                "kind": layer.kind,
                "n": len(layer.ids),
                "digest": digest,
                "address": payload.address(content, options.cache_dir),
                "classes": payload.class_codes(layer.classes, layer.styles, len(layer.ids)),
                "styles": [_style(style) for style in layer.styles.values()],
                "selected": [index for index, id_ in enumerate(layer.ids) if id_ in chosen] if chosen else [],
                "selectable": layer.selectable,
                "cluster": isinstance(layer, PointLayer) and layer.cluster,
            }
        )
        ids[layer.name] = digest, layer.ids
    view: dict[str, Any] = {}
    if boxes:
        west, south, east, north = zip(*boxes, strict=True)
        view["bounds"] = [[min(south), min(west)], [max(north), max(east)]]
    return {"layers": described, "view": view}, ids


def _style(style: Style) -> dict[str, Any]:
    return {
        "words": style.words,
        "fill": style.fill,
        "line": style.line,
        "line_width": style.line_width,
        "opacity": style.opacity,
        "dashed": style.dashed,
        "mark": style.mark,
        "size": style.size,
        "ink": style.ink,
    }


def _fresh(answer: Mapping[str, Any] | None, ids_key: str, seen_key: str) -> MapEvent | None:
    """Return the click if it was not returned before, its shape named by id."""
    if answer is None or answer.get("click") == st.session_state.get(seen_key):
        return None
    st.session_state[seen_key] = answer.get("click")
    return read_click(answer, st.session_state.get(ids_key, {}))


def read_click(answer: Mapping[str, Any], ids: Mapping[str, tuple[str, Sequence[str]]]) -> MapEvent | None:
    """Turn a browser's answer into an event; a click on data that is no longer shown names no shape."""
    try:
        lon, lat, zoom = (float(answer[name]) for name in ("lon", "lat", "zoom"))
    except (KeyError, TypeError, ValueError):
        return None
    name, digest, index = answer.get("layer"), answer.get("data"), answer.get("index")
    known = ids.get(name) if isinstance(name, str) else None
    if known is None or known[0] != digest or not isinstance(index, int) or not 0 <= index < len(known[1]):
        return MapEvent(layer=None, id=None, lon=lon, lat=lat, zoom=zoom)
    return MapEvent(layer=name, id=known[1][index], lon=lon, lat=lat, zoom=zoom)


def _legend(layers: Sequence[MapLayer]) -> None:
    """Name every class that is on the map, in the page."""
    entries = []
    for layer in layers:
        present = set(layer.classes) if layer.classes is not None else set(layer.styles)
        entries += [_entry(layer, style) for name, style in layer.styles.items() if style.words and name in present]
    if entries:
        st.html(
            '<div style="display:flex;flex-wrap:wrap;gap:0.25rem 1.25rem;font-size:0.875rem;margin-top:-0.5rem">'
            + "".join(entries)
            + "</div>"
        )


_MARKS = {
    Mark.CIRCLE: '<circle cx="8" cy="8" r="6"/>',
    Mark.SQUARE: '<rect x="2.5" y="2.5" width="11" height="11"/>',
    Mark.TRIANGLE: '<path d="M8 1.5 14.5 14h-13z"/>',
    Mark.DIAMOND: '<path d="M8 1 15 8 8 15 1 8z"/>',
    Mark.PIN: '<path d="M8 15C7 11 3 10 3 6a5 5 0 0 1 10 0c0 4-4 5-5 9z"/>',
}


def _entry(layer: MapLayer, style: Style) -> str:
    fill, line = html_text(style.fill), html_text(style.line)
    if isinstance(layer, PolygonLayer):
        dash = ' stroke-dasharray="3 2"' if style.dashed else ""
        shape = (
            f'<rect x="1" y="3" width="14" height="10" fill="{fill}" fill-opacity="{style.opacity}" '
            f'stroke="{line}" stroke-width="1.5"{dash}/>'
        )
    elif isinstance(layer, LineLayer):
        shape = f'<path d="M1 8h14" stroke="{line}" stroke-width="{max(style.line_width, 2)}"/>'
    else:
        shape = f'<g fill="{fill}">{_MARKS[style.mark]}</g>'
    # Streamlit takes inline SVG out of HTML, but lets pictures in.
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">{shape}</svg>'
    drawing = base64.b64encode(svg.encode()).decode("ascii")
    return (
        '<span style="display:inline-flex;align-items:center;gap:0.375rem">'
        f'<img width="16" height="16" alt="" src="data:image/svg+xml;base64,{drawing}">{html_text(style.words)}</span>'
    )


def _caption(options: Configuration, language: Language) -> None:
    if options.map_review_number:
        said = text("map.review", language, number=options.map_review_number)
        st.html(f'<div style="font-size:0.8125rem;color:#55626A">{html_text(said)}</div>')
