"""Measure how soon the first pages stand in Chromium, and what they import, beside a geopandas and folium script.

Run ``python -m benchmarks.first_page`` from the project's folder; Chromium must be installed. "Warm" is a later visit
to a running server, in a browser context of its own, from the address until the page's heading or field stands there.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import launch, prepare_home, serve_app

VISITS = 4
#: Address and what tells that the page stands.
PAGES = (("", ":is(h1, h2, h3)"), ("kiosk", ":is(h1, h2, h3, input, iframe, button)"), ("sign_in", "input"))
_SCRIPT = """
import time

from streamlit.testing.v1 import AppTest
import streamlit
ready = time.process_time()
{work}
print(time.process_time() - ready)
"""
_OURS = "AppTest.from_file('app.py', default_timeout=60).run()"
_PEER = (
    "import geopandas, folium, numpy, shapely\n"
    "middles = numpy.random.default_rng(1).uniform((114.2, 22.9), (114.7, 23.3), (500, 2))\n"
    "shapes = geopandas.GeoSeries(shapely.buffer(shapely.points(middles), 0.001, quad_segs=3), crs='EPSG:4326')\n"
    "page = folium.Map((23.1, 114.4)); folium.GeoJson(shapes).add_to(page); page.get_root().render()\n"
)


def processor_seconds(work: str, home: Path) -> float:
    """Return what a fresh process spends on its first page, Streamlit itself already imported."""
    taken = [
        float(
            subprocess.run(
                [sys.executable, "-c", _SCRIPT.format(work=work)],
                cwd=CHECKOUT,
                env={**os.environ, "RENOVATION_HOME": str(home), "RENOVATION_DATABASE_URL": ""},
                capture_output=True,
                text=True,
                check=True,
            ).stdout.splitlines()[-1]
        )
        for _ in range(3)
    ]
    return statistics.median(taken)


def main() -> None:
    """Print everything."""
    prepare_assets()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        prepare_home(home)
        ours, peer = processor_seconds(_OURS, home), processor_seconds(_PEER, home)
        print(f"first page in a fresh process, processor time: ours {ours:.2f} s | geopandas and folium with 500 "
              f"shapes {peer:.2f} s | ratio {ours / peer:.2f}")  # fmt: skip
        browser = launch(playwright)
        with serve_app(home, Path(scratch, "log.txt")) as address:
            for path, there in PAGES:
                taken = []
                for _ in range(VISITS):
                    context = browser.new_context(viewport={"width": 1366, "height": 768})
                    page = context.new_page()
                    started = time.perf_counter()
                    page.goto(f"{address}/{path}")
                    page.wait_for_selector(f'[data-testid="stMain"] {there}', timeout=120_000)
                    taken.append(time.perf_counter() - started)
                    context.close()
                warm = statistics.median(taken[1:])
                print(f"/{path:<8} first visit {taken[0]:.2f} s, warm {warm:.2f} s | goal warm <= 1.5 s", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
