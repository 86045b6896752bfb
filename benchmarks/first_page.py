"""Measure how soon the first pages stand in Chromium, and what they import, beside a geopandas and folium script.

Run ``python -m benchmarks.first_page`` from the project's folder; Chromium must be installed. "Warm" is a later visit
to a running server in a browser that was never there, "again" one in a browser that was. Pages of the app are timed
from the address until their heading or field stands there, the first one as a planner who is signed in sees it;
residents' pages as the browser itself notes it: from the first byte of the answer until text is painted and the page is
read to its end.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT
from renovation.model import addresses
from renovation.model.accounts import Role

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import LAPTOP, PHONE, enter, launch, opened, prepare_home, serve_app

VISITS = 8
#: Address and what tells that the page stands.
PAGES = (("", ":is(h1, h2, h3)"), ("kiosk", ":is(h1, h2, h3, input, iframe, button)"), ("sign_in", "input"))
RESIDENTS = (addresses.VOTE, addresses.RESULTS, addresses.RECEIPT, addresses.DEMAND, addresses.MY_DEMAND)
_READABLE = """() => {
  const [turn] = performance.getEntriesByType("navigation")
  const [paint] = performance.getEntriesByName("first-contentful-paint")
  const isRead = paint && turn.domContentLoadedEventEnd > 0
  return isRead ? Math.max(paint.startTime, turn.domContentLoadedEventEnd) - turn.responseStart : null
}"""
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


def until_it_stands(context: BrowserContext, url: str, there: str) -> float:
    """Return the seconds from a page's address until something stands on it."""
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(f'[data-testid="stMain"] {there}', timeout=120_000)
    taken = time.perf_counter() - started
    page.close()
    return taken


def until_it_is_read(context: BrowserContext, url: str) -> float:
    """Return the seconds from the first byte of a plain page until it can be read."""
    page = context.new_page()
    page.goto(url)
    taken = page.wait_for_function(_READABLE, polling=10).json_value() / 1000
    page.close()
    return float(taken)


def main() -> None:
    """Print everything."""
    prepare_assets()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        prepare_home(home)
        with opened(home) as store:
            planner = enter(store, Role.PLANNER)
        ours, peer = processor_seconds(_OURS, home), processor_seconds(_PEER, home)
        print(f"load before: {os.getloadavg()[0]:.1f}")
        print(f"first page in a fresh process, processor time: ours {ours:.2f} s | geopandas and folium with 500 "
              f"shapes {peer:.2f} s | ratio {ours / peer:.2f}")  # fmt: skip
        browser = launch(playwright)
        with serve_app(home, Path(scratch, "log.txt")) as address:

            def fresh(size: dict[str, int], token: str = "") -> BrowserContext:
                context = browser.new_context(viewport=size, locale="zh-CN")
                if token:
                    context.add_cookies([{"name": "renovation_session", "value": token, "url": address}])
                return context

            for path, there in PAGES:
                warm, again = [], []
                for _ in range(VISITS):
                    context = fresh(LAPTOP, planner if not path else "")
                    for taken in (warm, again):
                        taken.append(until_it_stands(context, f"{address}/{path}", there))
                    context.close()
                print(f"/{path:<8} first visit {warm[0]:.2f} s, warm {statistics.median(warm[1:]):.2f} s, again "
                      f"{statistics.median(again):.2f} s | goal warm <= 1.5 s", flush=True)  # fmt: skip
            for path in RESIDENTS:
                warm = []
                for _ in range(VISITS + 1):
                    context = fresh(PHONE)
                    warm.append(until_it_is_read(context, address + path))
                    context.close()
                middle, worst = statistics.median(warm[1:]), max(warm[1:])
                print(f"{path}: from the first byte until readable {middle:.3f} s, worst {worst:.3f} s | goal <= 0.3 s",
                      flush=True)  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
