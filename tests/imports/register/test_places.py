"""Demands, facilities and streets from files."""

from __future__ import annotations

import json
from datetime import date

import pytest
import shapely

from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.results import FileVerdict, UnreadableError
from renovation.imports.files.values.days import day
from renovation.imports.register.estates import _DEFICIT_HEADINGS, _FORMS, _TYPES, parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.model.demands import DemandCategory, DemandChannel
from renovation.model.places import Deficit, EstateType, ManagementForm


def test_every_choice_has_a_name_people_write():
    assert set(_TYPES) == set(EstateType)
    assert set(_FORMS) == set(ManagementForm)
    assert set(_DEFICIT_HEADINGS) == set(Deficit)


def test_demands_from_a_paper_register():
    data = (
        "编号,小区名称,类别,诉求内容,来源,受理日期,行动不便,经度,纬度\n"
        "001,糖厂三号,停车难,车位太少,电话,2026年3月5日,是,114.41,23.11\n"
        "002,群芳苑,,路灯不亮,,2026-03-06,,,\n"
    ).encode("gb18030")
    found = parse_demands(data, datum="wgs84")
    assert found.faults == ()
    first, second = found.records
    assert (first.category, first.channel) == (DemandCategory.PARKING, DemandChannel.PHONE)
    assert first.received_on == date(2026, 3, 5)
    assert first.step_free
    assert (first.lon, first.lat) == (114.41, 23.11)
    assert (second.category, second.lon) == (DemandCategory.OTHER, None)
    assert found.verdict is FileVerdict.OK_NORMALISED


def test_demands_need_words_and_a_place():
    found = parse_demands("小区,内容\n,路灯不亮\n糖厂三号,\n".encode(), datum="wgs84")
    assert [f.code for f in found.faults] == ["demand.estate_missing", "demand.text_missing"]


@pytest.mark.parametrize("written", ["2026-13-01", "2026-02-30", "3月5日", "soon"])
def test_days_that_are_refused(written):
    with pytest.raises(UnreadableError):
        day(written)


def test_facilities_are_points_inside_what_was_drawn():
    shape = shapely.box(114.41, 23.11, 114.42, 23.12)
    rows = f'编号,名称,类别,wkt\nA,星光老年之家,养老服务站,"{shape.wkt}"\nB,二站,养老服务站,POINT(114.43 23.13)\n'
    found = parse_facilities(rows.encode(), datum="cgcs2000")
    assert found.faults == ()
    assert shape.contains(shapely.Point(found.records[0].lon, found.records[0].lat))
    twice = parse_facilities(rows.replace("\nB", "\nA").encode(), datum="cgcs2000")
    assert [f.code for f in twice.faults] == ["facility.twice"]
    unnamed = "名称,经度,纬度\n甲,114.41,23.11\n乙,,\n".encode()
    assert {(f.code, f.row, f.also) for f in parse_facilities(unnamed, datum="cgcs2000").faults} == {
        ("facility.kind_missing", 2, (3,)),
        ("geometry.missing", 3, ()),
    }
    assert [f.code for f in parse_facilities(unnamed, datum="cgcs2000", kinds_required=False).faults] == [
        "geometry.missing"
    ]


def test_streets_are_lines():
    line = {"type": "LineString", "coordinates": [[114.41, 23.11], [114.42, 23.11]]}
    features = [{"type": "Feature", "properties": {"name": "下角东路"}, "geometry": line}]
    found = parse_streets(json.dumps({"type": "FeatureCollection", "features": features}).encode(), datum="wgs84")
    assert found.records[0].name == "下角东路"
    assert shapely.from_wkb(found.records[0].geometry).length > 0
    point = parse_streets(b"name,lon,lat\na,114,23\n", datum="wgs84")
    assert [f.code for f in point.faults] == ["geometry.wrong_type"]


def test_an_override_wins_over_what_headings_seem_to_say():
    data = "名称,小区名称,甲列\n错,对,9\n".encode()
    found = parse_estates(data, datum="wgs84", mapping={"小区名称": "name", "名称": "", "甲列": "households"})
    assert found.faults == ()
    assert (found.records[0].name, found.records[0].households) == ("对", 9)
    wrong = parse_estates(data, datum="wgs84", mapping={"乙列": "households", "甲列": "height"})
    assert {f.code for f in wrong.faults} >= {"column.not_in_file", "column.unknown_field"}
