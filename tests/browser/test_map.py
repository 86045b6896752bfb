"""The map in a real browser: offline, deaf to scripts in names, and telling ids."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser_harness import Visit

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).with_name("map_script.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(serve_script: Callable[[str], str]) -> str:
    """Where the page of ``map_script.py`` is served."""
    return serve_script(SCRIPT)


@pytest.fixture
def window(address: str, visit: Callable[..., Visit]) -> Visit:
    """A window on the page of ``map_script.py``."""
    opened = visit(address)
    opened.open()
    return opened


def test_the_map_is_drawn_with_the_network_cut(window: Visit) -> None:
    frame = window.map_frame()
    assert frame.evaluate("() => map.getMaxZoom()") == 19
    # The canvas holds more than the background.
    colours = frame.evaluate(
        """() => {
          const canvas = document.querySelector("canvas")
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
          const seen = new Set()
          for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 4).join())
          return seen.size
        }"""
    )
    assert colours > 20
    window.assert_clean()


def test_names_never_run(window: Visit) -> None:
    """H067, H068, H070: markup, closing script tags and template literals in names are text on a map."""
    for index in range(6):
        window.page.mouse.move(*window.point_on_map(114.3575 + index * 0.02, 23.065))
        window.map_frame().locator(".renovation-tip").filter(has_text=f"小区{index}").wait_for()
    assert "<img src=x onerror=top.pwned=1>" in window.page.inner_text("body")
    assert window.page.evaluate("() => window.pwned") is None
    window.assert_clean()


def test_a_click_gives_the_id_and_keeps_the_view(window: Visit) -> None:
    frame = window.map_frame()
    frame.evaluate("() => map.setView([23.07, 114.40], 13, {animate: false})")
    window.click_map(114.3975, 23.065)
    window.page.get_by_text("selected=estate-2", exact=True).wait_for()
    window.page.get_by_text("event=MapEvent(layer='estates', id='estate-2'").wait_for()
    window.page.get_by_role("button", name="change").click()
    window.page.get_by_text("turn=1", exact=True).wait_for()
    window.idle()
    window.page.get_by_text("event=None", exact=True).wait_for()
    view = window.map_frame().evaluate("() => [map.getCenter().lat, map.getCenter().lng, map.getZoom()]")
    assert view == pytest.approx([23.07, 114.40, 13], abs=1e-3)
    # Beside every shape: the selection is given up.
    window.click_map(114.42, 23.045)
    window.page.get_by_text("selected=None", exact=True).wait_for()
    window.assert_clean()


def test_a_cluster_opens_without_a_run_of_the_page(window: Visit) -> None:
    frame = window.map_frame()
    before = frame.evaluate("() => map.getZoom()")
    window.click_map(114.36095, 23.15035)
    frame.wait_for_function("zoom => map.getZoom() === zoom", arg=before + 2)
    assert window.page.get_by_text("event=None", exact=True).count() == 1


def test_the_view_survives_a_reload(window: Visit) -> None:
    window.map_frame().evaluate("() => map.setView([23.1, 114.42], 15, {animate: false})")
    window.page.reload()
    window.idle()
    view = window.map_frame().evaluate("() => [map.getCenter().lat, map.getCenter().lng, map.getZoom()]")
    assert view == pytest.approx([23.1, 114.42, 15], abs=1e-3)


def test_a_map_in_a_closed_tab_fits_once_the_tab_opens(
    serve_script: Callable[[str], str], visit: Callable[..., Visit]
) -> None:
    window = visit(serve_script(Path(__file__).with_name("tabs_script.py").read_text(encoding="utf-8")))
    window.open()
    window.page.get_by_role("tab", name="map").click()
    frame = window.map_frame()
    frame.wait_for_function("() => map.getZoom() >= 16")
    view = frame.evaluate("() => [map.getCenter().lat, map.getCenter().lng]")
    assert view == pytest.approx([23.101, 114.401], abs=1e-3)
    window.assert_clean()
