"""What the map sends to the browser, and what it makes of the answer."""

from __future__ import annotations

import ast
import gzip
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Polygon, box

from renovation.config import CHECKOUT
from renovation.text import has_text
from renovation.ui.map import LineLayer, MapEvent, PointLayer, PolygonLayer, Style, payload
from renovation.ui.map.draw import read_click
from renovation.ui.map.escape import html_text, script_json


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a layer's file the way ``shapes.js`` does."""
    plain = gzip.decompress(content)
    length = int.from_bytes(plain[:4], "little")
    head = json.loads(plain[4 : 4 + length])
    at = 4 + length
    arrays = {}
    for name, count in head["arrays"]:
        planes = np.frombuffer(plain, dtype=np.uint8, count=4 * count, offset=at).reshape(4, count)
        arrays[name] = np.ascontiguousarray(planes.T).view("<i4").ravel()
        at += 4 * count
    assert at == len(plain)
    return head, arrays


def test_a_polygon_with_a_hole_and_a_part_comes_back() -> None:
    ring = Polygon(
        [(114.0, 23.0), (114.1, 23.0), (114.1, 23.1), (114.0, 23.1)],
        [[(114.02, 23.02), (114.04, 23.02), (114.03, 23.04)]],
    )
    both = MultiPolygon([ring, box(114.2, 23.2, 114.3, 23.3)])
    layer = PolygonLayer(name="e", ids=["a", "b"], geometries=[both, ring.wkb])
    content, bounds = payload.pack(layer, payload.digest(layer))
    head, arrays = unpack(content)
    assert head["n"] == 2
    assert arrays["shapes"].tolist() == [3, 2]
    assert arrays["rings"].tolist() == [5, 4, 5, 5, 4]
    lon = np.cumsum(arrays["x"]) / 1e6
    assert lon.min() == pytest.approx(114.0)
    assert bounds == pytest.approx((114.0, 23.0, 114.3, 23.3))


def test_empty_shapes_keep_their_place() -> None:
    layer = LineLayer(name="r", ids=["a", "b"], geometries=[LineString(), LineString([(0, 0), (1, 1)])])
    _, arrays = unpack(payload.pack(layer, payload.digest(layer))[0])
    assert arrays["shapes"].tolist() == [1, 1]
    assert arrays["rings"].tolist() == [0, 2]
    empty = PointLayer(name="p", ids=[], lons=[], lats=[])
    assert payload.pack(empty, payload.digest(empty))[1] is None


def test_crowded_outlines_are_thinned() -> None:
    angle = np.linspace(0, 2 * np.pi, 700_000, endpoint=False)
    layer = PolygonLayer(
        name="e",
        ids=["a"],
        geometries=[Polygon(np.column_stack([114 + 0.1 * np.cos(angle), 23 + 0.1 * np.sin(angle)]))],
    )
    _, arrays = unpack(payload.pack(layer, payload.digest(layer))[0])
    assert len(arrays["x"]) <= payload.MAX_CORNERS


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), max_size=40),
)
def test_points_come_back_to_a_decimetre(places: list[tuple[float, float]]) -> None:
    layer = PointLayer(
        name="p", ids=[str(i) for i in range(len(places))], lons=[x for x, _ in places], lats=[y for _, y in places]
    )
    _, arrays = unpack(payload.pack(layer, payload.digest(layer))[0])
    assert np.cumsum(arrays["x"]) / 1e6 == pytest.approx([x for x, _ in places], abs=1e-6)
    assert np.cumsum(arrays["y"]) / 1e6 == pytest.approx([y for _, y in places], abs=1e-6)


@given(st.lists(st.sampled_from(["new", "old", "closed"])))
def test_class_codes_come_back(classes: list[str]) -> None:
    coded = payload.class_codes(classes, ["new", "old", "closed"], len(classes))
    expanded: list[str] = []
    for part in coded.replace("a", " a").replace("b", " b").replace("c", " c").split():
        expanded += [{"a": "new", "b": "old", "c": "closed"}[part[0]]] * int(part[1:] or 1)
    assert expanded == classes


def test_large_layers_travel_as_files_and_old_ones_go(tmp_path: Path) -> None:
    small, large = b"x" * 100, bytes(range(256)) * 200
    assert payload.address(small, tmp_path).startswith("data:")
    assert list(tmp_path.iterdir()) == []
    stale = tmp_path / "stale.bin"
    stale.touch()
    os.utime(stale, (0, 0))
    told = payload.address(large, tmp_path)
    assert (tmp_path / told.rsplit("/", 1)[1]).read_bytes() == large
    assert not stale.exists()
    assert payload.address(large, tmp_path) == told


def test_a_folder_that_cannot_be_written_only_makes_the_message_longer(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    assert payload.address(bytes(range(256)) * 200, blocked).startswith("data:")


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_script_json_is_json_without_live_characters(value: Any) -> None:
    written = script_json(value)
    assert json.loads(written) == value
    in_strings = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', written))
    assert not set(in_strings) & set("<>&{}_`$'/\u2028\u2029")


@pytest.mark.parametrize("character", list("<>&\"'`$\\{}"))
def test_html_text_leaves_no_live_character(character: str) -> None:
    assert character not in html_text(f"a{character}b").replace("&", "", 1)


def answer(**changes: Any) -> dict[str, Any]:
    """Return a click on the second estate, changed."""
    return {"click": 1, "layer": "e", "data": "d1", "index": 1, "lon": 114.0, "lat": 23.0, "zoom": 12, **changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "b"),
        ({"data": "d0"}, None),
        ({"layer": "other"}, None),
        ({"layer": None, "data": None, "index": None}, None),
        ({"index": 7}, None),
        ({"index": -1}, None),
        ({"index": "1"}, None),
        ({"layer": ["e"]}, None),
    ],
)
def test_only_what_was_shown_can_be_clicked(changes: dict[str, Any], expected: str | None) -> None:
    ids: dict[str, tuple[str, Sequence[str]]] = {"e": ("d1", ["a", "b"])}
    event = read_click(answer(**changes), ids)
    assert isinstance(event, MapEvent)
    assert event.id == expected


def test_a_click_without_a_place_is_no_click() -> None:
    assert read_click({"click": 1}, {}) is None
    assert read_click(answer(lon="east"), {}) is None


def test_layers_refuse_lists_that_do_not_match() -> None:
    with pytest.raises(ValueError, match="2 values for 1 shapes"):
        PolygonLayer(name="e", ids=["a", "b"], geometries=[box(0, 0, 1, 1)])
    with pytest.raises(ValueError, match="latitudes"):
        PointLayer(name="p", ids=["a"], lons=[1.0], lats=[])
    with pytest.raises(ValueError, match="27 styles"):
        PointLayer(name="p", ids=["a"], lons=[1.0], lats=[1.0], styles={str(i): Style() for i in range(27)})


def test_folium_is_known_in_one_module_and_its_html_sinks_nowhere() -> None:
    """Popups, tooltips and icons of folium read what people typed as HTML or script."""
    knows = set()
    sinks = {"Popup", "Tooltip", "DivIcon", "GeoJsonTooltip", "GeoJsonPopup", "LayerControl", "Html"}
    for folder in ("renovation", "pages"):
        for path in (CHECKOUT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                    if (node.module or "").split(".")[0] in {"folium", "branca"}:
                        assert not sinks & {alias.name for alias in node.names}, path
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    assert not (node.value.id == "folium" and node.attr in sinks), path
                if any(name.split(".")[0] in {"folium", "streamlit_folium", "branca"} for name in names):
                    knows.add(path.relative_to(CHECKOUT).as_posix())
    assert knows == {"renovation/ui/map/host.py"}


def test_the_words_of_the_map_are_in_the_catalogue() -> None:
    for name in ("closer", "farther", "failed", "cluster", "empty", "assets_missing", "review"):
        assert has_text(f"map.{name}")
