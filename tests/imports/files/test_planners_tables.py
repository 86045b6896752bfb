"""Tables as planners draw them up: headings over several rows, units anywhere, two systems of coordinates."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import openpyxl
import pyproj
import pytest
import shapely

from renovation.imports.demands.demands import FIELDS as DEMAND_FIELDS
from renovation.imports.files.headings import headings_of
from renovation.imports.files.results import FileVerdict
from renovation.imports.register.estates import FIELDS, parse_estates


def workbook(rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for span in merged:
        book.active.merge_cells(span)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def read(*rows, datum="wgs84", merged=()):
    return parse_estates(workbook(rows, merged), datum=datum)


def codes(found):
    return {fault.code for fault in (*found.faults, *found.warnings)}


TWO_ROWS = (
    ["附件2"],
    ["老旧小区摸底调查表"],
    ["序号", "小区名称", "规模", None, "位置（WGS84）", None, "位置（高德）", None, "停车难"],
    [None, None, "户数", "建筑面积（万㎡）", "经度", "纬度", "经度", "纬度", None],
    [1, "东平一村", "300户", "3.2", 114.4211, 23.0912, 114.4261, 23.0886, "√"],
    [None, "桥东街道小计", 300, 3.2],
    ["合计2个小区", None, 300, 3.2],
)


@pytest.mark.parametrize("merged", [(), ("A3:A4", "B3:B4", "C3:D3", "E3:F3", "G3:H3", "I3:I4")])
def test_headings_over_two_rows(merged):
    found = read(*TWO_ROWS, merged=merged)
    (estate,) = found.records
    assert (estate.name, estate.households, estate.floor_area_m2) == ("东平一村", 300, 32_000)
    assert {deficit.value for deficit in estate.deficits} == {"parking"}
    assert shapely.from_wkb(estate.geometry).coords[0] == (114.4211, 23.0912)
    shown = headings_of(workbook(TWO_ROWS, merged), FIELDS)
    assert "位置（高德）·经度" in shown
    assert set(found.mapping) <= set(shown)


def test_data_below_one_heading_are_no_second_heading():
    found = read(["小区名称", "主要诉求", "户数"], ["东平", "停车难", 10], ["物业", "管道老化", 20])
    assert [estate.name for estate in found.records] == ["东平", "物业"]


def test_rows_of_units_and_of_column_numbers():
    found = read(["小区名称", "建成年份", "建筑面积"], [None, "（年）", "（万㎡）"], ["甲", 1, 2], ["里仁", 1999, 1.5])
    (estate,) = found.records
    assert (estate.name, estate.built_year, estate.floor_area_m2) == ("里仁", 1999, 15_000)


@pytest.mark.parametrize(
    ("heading", "square_metres"),
    [
        ("建筑面积（亩）", Decimal("8333.33")),
        ("建筑面积（公顷）", 125_000),
        ("建筑面积/万㎡", 125_000),
        ("建筑面积(单位：万平方米)", 125_000),
        ("建筑面积（截至2025年）", Decimal("12.5")),
    ],
)
def test_area_in_the_heading_s_unit(heading, square_metres):
    assert read(["小区名称", heading], ["里仁", 12.5]).records[0].floor_area_m2 == square_metres


@pytest.mark.parametrize(
    ("heading", "fen"),
    [("维修资金余额（千元）", 300_000), ("维修资金余额（亿元）", 30_000_000_000), ("维修资金余额万元", 3_000_000)],
)
def test_money_in_the_heading_s_unit(heading, fen):
    found = read(["小区名称", heading, "户数（百户）"], ["里仁", 3, 2])
    assert (found.records[0].maintenance_fund_fen, found.records[0].households) == (fen, 200)


def test_unit_above_the_whole_table():
    found = read(
        ["编制单位：住建局"], ["单位：万平方米、万元"], ["小区名称", "建筑面积", "维修资金（元）"], ["里仁", 1.25, 3]
    )
    assert (found.records[0].floor_area_m2, found.records[0].maintenance_fund_fen) == (12_500, 300)
    assert "column.unit_for_all" in {change.code for change in found.changes}


@pytest.mark.parametrize("cell", ["12.5亩", "0.833333公顷"])
def test_land_in_the_cell(cell):
    assert round(read(["小区名称", "建筑面积"], ["里仁", cell]).records[0].floor_area_m2) == 8333


def test_heading_names_another_datum_than_was_stated():
    found = read(["小区名称", "高德经度", "高德纬度"], ["里仁", 114.4261, 23.0886])
    assert found.verdict is FileVerdict.WARN
    assert codes(found) == {"datum.heading_differs"}


def test_the_pair_without_a_name_is_the_stated_one():
    found = read(["小区名称", "经度", "纬度", "百度经度", "百度纬度"], ["里仁", 114.4211, 23.0912, 114.43, 23.09])
    assert shapely.from_wkb(found.records[0].geometry).coords[0] == (114.4211, 23.0912)


def test_northing_under_x_is_refused():
    to_zone = pyproj.Transformer.from_crs(4490, 4547, always_xy=True)
    easting, northing = to_zone.transform(114.4211, 23.0912)
    head = ["小区名称", "X坐标", "Y坐标"]
    assert codes(read(head, ["里仁", northing, easting], datum="EPSG:4547")) == {"geometry.axes_exchanged"}
    found = shapely.from_wkb(read(head, ["里仁", easting, northing], datum="EPSG:4547").records[0].geometry)
    assert (found.x, found.y) == pytest.approx((114.4211, 23.0912), abs=1e-9)


@pytest.mark.parametrize("pair", ["(114.4211, 23.0912)", "经度114.4211，纬度23.0912", "114°25.266′E 23°5.472′N"])
def test_pairs_as_people_write_them(pair):
    found = shapely.from_wkb(read(["小区名称", "经纬度"], ["里仁", pair]).records[0].geometry)
    assert (found.x, found.y) == pytest.approx((114.4211, 23.0912), abs=1e-9)


def test_semicolons_with_points_that_can_mean_one_thing_only():
    sound = "小区名称;建筑面积;经度;纬度\n里仁;1.2万㎡;114.4211;23.0912\n".encode("gb18030")
    assert parse_estates(sound, datum="wgs84").records[0].floor_area_m2 == 12_000
    doubtful = "小区名称;建筑面积\n里仁;1.234\n".encode("gb18030")
    assert codes(parse_estates(doubtful, datum="wgs84")) == {"value.decimal_comma"}


def test_no_heading_is_known():
    assert headings_of(workbook([["甲", "乙"], ["1", "2"]]), DEMAND_FIELDS) == ("甲", "乙")


def test_a_file_that_names_its_shift_is_believed():
    point = {"type": "Point", "coordinates": [114.4261, 23.0886]}
    feature = {"type": "Feature", "properties": {"小区名称": "里仁"}, "geometry": point}
    data = json.dumps({"type": "FeatureCollection", "datum": "gcj02", "features": [feature]}).encode()
    assert codes(parse_estates(data, datum="wgs84")) == {"datum.contradicts"}
    assert parse_estates(data, datum="gcj02").verdict is FileVerdict.OK
