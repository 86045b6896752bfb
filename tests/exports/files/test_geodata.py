"""Places out, and back in."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile

import pytest
import shapely

from renovation.exports.files.geodata import PlaceLayer, geojson, geopackage, place_rows, shapefile
from renovation.exports.files.tables import csv_table
from renovation.imports.register.estates import parse_estates

SQUARE = shapely.box(114.41, 23.11, 114.412, 23.112)
POINT = shapely.Point(114.42, 23.12)
HEADINGS = ["小区编码", "小区名称", "户数", "建筑面积", "备注"]


def _layer(*shapes) -> PlaceLayer:
    return PlaceLayer(
        name="老旧小区",
        headings=HEADINGS,
        rows=[[f"00{i}", f"糖厂{i}号\U00020bb7", 300 + i, 1200.5, "=1+1" if i else None] for i in range(len(shapes))],
        geometries=[None if s is None else shapely.to_wkb(s) for s in shapes],
    )


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4547"])
@pytest.mark.parametrize("write", [geojson, geopackage, shapefile])
def test_every_format_and_datum_comes_back(write, datum):
    layer = _layer(SQUARE, shapely.box(114.5, 23.2, 114.502, 23.202))
    name, _, data = write(layer, datum=datum)
    assert name.startswith("老旧小区.")
    parsed = parse_estates(data, datum=datum, mapping={"建筑面积": "floor_area_m2"} if write is not shapefile else None)
    assert parsed.faults == ()
    assert [r.code for r in parsed.records] == ["000", "001"]
    assert parsed.records[0].name == "糖厂0号\U00020bb7"
    assert parsed.records[1].households == 301
    assert parsed.records[1].note == "=1+1"
    back = shapely.from_wkb(parsed.records[0].geometry)
    assert shapely.hausdorff_distance(back, SQUARE) < 1e-8


@pytest.mark.parametrize("write", [geojson, geopackage, shapefile])
def test_equal_places_give_equal_bytes(write):
    assert write(_layer(SQUARE), datum="gcj02") == write(_layer(SQUARE), datum="gcj02")


def test_a_contradicting_datum_is_refused():
    _, _, data = geopackage(_layer(SQUARE), datum="EPSG:4547")
    assert parse_estates(data, datum="wgs84").faults[0].code == "datum.contradicts"


def test_ogrinfo_reads_the_geopackage(tmp_path):
    tool = shutil.which("ogrinfo")
    if tool is None:
        pytest.skip("ogrinfo is not installed")
    path = tmp_path / "x.gpkg"
    path.write_bytes(geopackage(_layer(SQUARE, SQUARE), datum="cgcs2000")[2])
    said = subprocess.run([tool, "-so", str(path), "老旧小区"], capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 2" in said
    assert '"EPSG",4490' in said
    assert "Polygon" in said


def test_geojson_names_its_datum():
    found = json.loads(geojson(_layer(SQUARE, None), datum="gcj02")[2])
    assert found["datum"] == "gcj02"
    assert "crs" not in found
    assert found["features"][1]["geometry"] is None
    assert json.loads(geojson(_layer(SQUARE), datum="cgcs2000")[2])["crs"]["properties"]["name"].endswith("::4490")


def test_mixed_shapes_go_into_one_shapefile_each():
    _, _, data = shapefile(_layer(SQUARE, POINT), datum="cgcs2000")
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert "老旧小区_point.shp" in names
    assert "老旧小区_polygon.dbf" in names
    assert "fields.csv" in names
    parsed = parse_estates(data, datum="cgcs2000", layer="老旧小区_point")
    assert [r.code for r in parsed.records] == ["001"]


def test_rows_carry_the_datum_and_come_back():
    headings, rows = place_rows(_layer(SQUARE, None), datum="gcj02", language="zh-CN", outlines=True)
    assert headings[-4:] == ["经度", "纬度", "坐标系", "范围"]
    _, _, data = csv_table("x", headings, rows)
    parsed = parse_estates(data, datum="gcj02")
    assert parsed.faults == ()
    assert shapely.hausdorff_distance(shapely.from_wkb(parsed.records[0].geometry), SQUARE) < 1e-8
    assert parsed.records[1].geometry is None
    assert parse_estates(data, datum="bd09").faults[0].code == "datum.contradicts"


@pytest.mark.parametrize("write", [geojson, geopackage, shapefile])
def test_nothing_to_export_is_still_a_file(write):
    empty = PlaceLayer(name="空", headings=HEADINGS, rows=[], geometries=[])
    assert len(write(empty, datum="cgcs2000")[2]) > 20
    assert place_rows(empty, datum="cgcs2000", language="zh-CN")[1] == []


def test_residents_text_is_inert_in_every_format():
    """H073: a formula in a free text runs in no export."""
    name = '=HYPERLINK("http://x","点我")'
    layer = PlaceLayer(name="x", headings=["小区名称"], rows=[[name]], geometries=[shapely.to_wkb(SQUARE)])
    for write in (geojson, geopackage, shapefile):
        assert parse_estates(write(layer, datum="cgcs2000")[2], datum="cgcs2000").records[0].name == name
    headings, rows = place_rows(layer, datum="cgcs2000", language="zh-CN")
    assert b"\"'=HYPERLINK" in csv_table("x", headings, rows)[2]
