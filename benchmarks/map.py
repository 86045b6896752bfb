"""Measure the map of a whole city in Chromium beside plain folium with the same shapes, in the same run.

Run ``python -m benchmarks.map [--estates N] [--demands N]`` from the project's folder; Chromium must be installed.
"Usable" is from opening the page until every layer is drawn, the page's own start included and named beside it. A
change is one estate in another class: from the click on the button until the canvas has been drawn again.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import Visit, free_port, launch, serve

_DATA = """
import numpy as np, shapely, streamlit as st
st.set_page_config(layout="wide")

@st.cache_resource(show_spinner=False)
def city():
    chance = np.random.default_rng(1)
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    middles = chance.uniform((114.2, 22.9), (114.7, 23.3), (ESTATES, 2))
    radii = 0.0012 * (0.7 + 0.6 * chance.random((ESTATES, 12)))
    corners = middles[:, None, :] + radii[:, :, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    estates = shapely.to_wkb(shapely.polygons(corners)).tolist()
    places = chance.uniform((114.2, 22.9), (114.7, 23.3), (DEMANDS, 2))
    return (estates, [f"e{i}" for i in range(ESTATES)], [f"小区{i}\\n{i % 900} 户" for i in range(ESTATES)],
            chance.integers(0, 3, ESTATES), places[:, 0], places[:, 1], [f"d{i}" for i in range(DEMANDS)],
            ["abc"[c] for c in chance.integers(0, 3, DEMANDS)])

estates, ids, tips, kinds, lons, lats, demand_ids, statuses = city()
if st.button("change"):
    st.session_state.turn = st.session_state.get("turn", 0) + 1
st.button("nothing")
turn = st.session_state.get("turn", 0)
classes = ["abc"[k] for k in kinds.tolist()]
classes[0] = "abc"[turn % 3]
"""

_OURS = (
    _DATA
    + """
from renovation.ui.map import Mark, PointLayer, PolygonLayer, Style, draw_map
styles = {"a": Style(words="一", fill="#B3261E"), "b": Style(words="二", fill="#C77700"), "c": Style(words="三")}
draw_map([
    PolygonLayer(name="estates", ids=ids, geometries=estates, tooltips=tips, classes=classes, styles=styles),
    PointLayer(name="demands", ids=demand_ids, lons=lons, lats=lats, cluster=True, classes=statuses, styles=styles),
], key="map")
st.text(f"turn={turn}")
"""
)

_FOLIUM = (
    _DATA
    + """
import folium
from folium.plugins import FastMarkerCluster
from streamlit_folium import st_folium
V = "../../app/static/vendor"
folium.Map.default_js = [("leaflet", V + "/leaflet/leaflet.js")]
folium.Map.default_css = [("leaflet_css", V + "/leaflet/leaflet.css")]
FastMarkerCluster.default_js = [("markercluster", "../../app/static/leaflet.markercluster.js")]
FastMarkerCluster.default_css = []
m = folium.Map((23.1, 114.45), zoom_start=10, tiles=None, maxZoom=19, prefer_canvas=True)
colours = {"a": "#B3261E", "b": "#C77700", "c": "#14606E"}
folium.GeoJson(
    {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"tip": tip, "kind": kind}, "geometry": shapely.geometry.mapping(shape)}
        for shape, tip, kind in zip(shapely.from_wkb(estates), tips, classes)]},
    style_function=lambda f: {"color": colours[f["properties"]["kind"]], "weight": 1},
).add_to(m)
callback = "function (r) { return L.circleMarker([r[0], r[1]]) }"
FastMarkerCluster(np.column_stack([lats, lons]).tolist(), callback=callback).add_to(m)
st_folium(m, key="map", height=460, use_container_width=True, returned_objects=["last_object_clicked"])
st.text(f"turn={turn}")
"""
)

_MARK = "() => { const c = document.querySelector('canvas'); if (c) c.dataset.seen = '1'; window.seen = true }"
_NEW = "() => !window.seen || (document.querySelector('canvas') && !document.querySelector('canvas').dataset.seen)"


class Traffic:
    """Bytes that reached the browser."""

    def __init__(self, page: Page) -> None:
        self.frames = 0
        self.files = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("response", self._response)

    def _frame(self, content: str | bytes) -> None:
        self.frames += len(content)

    def _response(self, response: object) -> None:
        if "/static/cache/" in response.url:  # type: ignore[attr-defined]
            self.files += len(response.body())  # type: ignore[attr-defined]

    def megabytes(self) -> float:
        """Return all map data so far."""
        return (self.frames + self.files) / 1e6


def wait_for_map(window: Visit, script: str) -> None:
    """Wait until a frame of the page answers ``script`` with yes."""
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        for frame in window.page.frames:
            if "streamlit_folium.st_folium" in frame.url:
                try:
                    if frame.evaluate("() => Boolean(window.map)") and frame.evaluate(script):
                        return
                except Exception:
                    continue
        window.page.wait_for_timeout(10)
    raise TimeoutError(script)


def measure(browser: Browser, address: str, drawn: str, *, changes: int) -> dict[str, float]:
    """Return seconds and megabytes of one page: first view, nothing, one change."""
    warm = Visit.begin(browser, address)
    warm.open()
    wait_for_map(warm, drawn)
    warm.close()
    window = Visit.begin(browser, address)
    traffic = Traffic(window.page)
    started = time.perf_counter()
    window.page.goto(address)
    window.page.wait_for_selector('[data-testid="stButton"]')
    shell = time.perf_counter() - started
    wait_for_map(window, drawn)
    found = {"shell": shell, "usable": time.perf_counter() - started, "first_mb": traffic.megabytes()}
    window.page.wait_for_timeout(1500)
    taken, moved = [], []
    for turn in range(1, changes + 1):
        for frame in window.page.frames:
            if "streamlit_folium.st_folium" in frame.url:
                frame.evaluate(_MARK)
        before = traffic.megabytes()
        started = time.perf_counter()
        window.page.get_by_role("button", name="change").click()
        wait_for_map(window, f"() => ({drawn})() && ({_NEW})()")
        taken.append(time.perf_counter() - started)
        window.page.get_by_text(f"turn={turn}", exact=True).wait_for(timeout=120_000)
        window.page.wait_for_timeout(1500)
        moved.append(traffic.megabytes() - before)
    window.close()
    return {**found, "change": statistics.median(taken), "change_mb": statistics.median(moved)}


def main() -> None:
    """Print both rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--estates", type=int, default=20_000)
    parser.add_argument("--demands", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=3)
    parser.add_argument("--only", choices=["ours", "plain folium"])
    arguments, _ = parser.parse_known_args()
    prepare_assets()
    rows = [
        ("ours", _OURS, "() => document.body.dataset.shapes === 'drawn'"),
        ("plain folium", _FOLIUM, "() => Boolean(document.querySelector('canvas'))"),
    ]
    print(f"{arguments.estates} estates, {arguments.demands} demands; goal: 2 MB, 3 s, 0.5 s")
    print(f"{'':<14}{'page alone s':>14}{'usable s':>10}{'first MB':>10}{'change s':>10}{'change MB':>11}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = launch(playwright)
        for name, source, drawn in rows:
            if arguments.only not in {None, name}:
                continue
            folder = Path(scratch) / name.replace(" ", "_")
            shutil.copytree(CHECKOUT / ".streamlit", folder / ".streamlit")
            if name == "ours":
                (folder / "static").symlink_to(CHECKOUT / "static")
            else:
                shutil.copytree(CHECKOUT / "static" / "vendor", folder / "static" / "vendor")
                shutil.copyfile(_markercluster(), folder / "static" / "leaflet.markercluster.js")
            script = source.replace("ESTATES", str(arguments.estates)).replace("DEMANDS", str(arguments.demands))
            (folder / "script.py").write_text(script, encoding="utf-8")
            port = free_port()
            command = [sys.executable, "-m", "streamlit", "run", "script.py", "--server.port", str(port)]
            with serve(command, folder, port, folder / "log.txt") as address:
                found = measure(browser, address, drawn, changes=arguments.changes)
            print(
                f"{name:<14}{found['shell']:>14.2f}{found['usable']:>10.2f}{found['first_mb']:>10.2f}"
                f"{found['change']:>10.2f}{found['change_mb']:>11.3f}",
                flush=True,
            )
        browser.close()


def _markercluster() -> Path:
    from xstatic.pkg import leaflet_markercluster

    return Path(leaflet_markercluster.BASE_DIR) / "leaflet.markercluster.js"


if __name__ == "__main__":
    main()
