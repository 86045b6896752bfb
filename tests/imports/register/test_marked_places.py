"""What offices send of places: KML from a phone's map, codes by the standard's names, headings with a word more."""

from __future__ import annotations

import pytest
import shapely
from hostile_files import book, packed

from renovation.imports.register.areas import parse_areas
from renovation.imports.register.estates import parse_estates
from renovation.model.places import AreaLevel

_RING = "114.41,23.11,0 114.42,23.11,0 114.42,23.12,0 114.41,23.11,0"
_AREA = (
    f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{_RING}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
)
KML = f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>摸底</name>
<Folder><name>东湖街道</name>
  <Placemark><name>兰苑</name><description><![CDATA[<b>墙皮</b>&nbsp;脱落]]></description>
    <ExtendedData><Data name="户数"><value>240</value></Data></ExtendedData>{_AREA}</Placemark>
  <Folder><name>二期</name><Placemark><name>竹园</name>
    <Point><coordinates>114.43,23.11,0</coordinates></Point></Placemark></Folder></Folder>
<Placemark><name>梅里</name><MultiGeometry>{_AREA}{_AREA.replace("114.4", "114.5")}</MultiGeometry></Placemark>
</Document></kml>""".encode()


@pytest.mark.parametrize("data", [KML, packed({"doc.kml": KML, "files/icon.png": b"x"})], ids=["kml", "kmz"])
def test_placemarks_of_every_folder_are_estates(data):
    read = parse_estates(data, datum="wgs84", mapping={"文件夹": "street"})
    assert not read.faults
    assert [(one.name, one.street, one.households, one.note) for one in read.records] == [
        ("兰苑", "东湖街道", 240, "墙皮 脱落"),
        ("竹园", "东湖街道/二期", None, ""),
        ("梅里", "", None, ""),
    ]
    kinds = [shapely.from_wkb(one.geometry).geom_type for one in read.records]
    assert [kind.removeprefix("Multi") for kind in kinds] == ["Polygon", "Point", "Polygon"]


def test_a_placemark_that_cannot_be_is_named_by_its_number():
    read = parse_estates(KML.replace(b"114.43,23.11,0", "114.43，23.11".encode()), datum="wgs84")
    assert [(fault.code, fault.feature) for fault in read.faults] == [("geometry.not_numbers", 2)]


def test_a_heading_with_a_word_more_is_understood_and_said_so():
    data = book(["老旧小区名称", "所属镇街", "总栋数", "联系人"], ["兰苑", "东湖街道", 6, "张工"])
    read = parse_estates(data, datum="cgcs2000")
    assert [(one.name, one.street, one.buildings) for one in read.records] == [("兰苑", "东湖街道", 6)]
    assert [change.before for change in read.changes if change.code == "column.heading"] == [
        "老旧小区名称",
        "所属镇街",
        "总栋数",
    ]
    # What is called so outright is the column, and the other is named as left.
    both = parse_estates(book(["小区名称", "栋数", "总栋数"], ["兰苑", 6, 9]), datum="cgcs2000")
    assert [one.buildings for one in both.records] == [6]
    assert [change.before for change in both.changes if change.code == "column.ignored"] == [("总栋数",)]


def test_codes_by_the_standards_names_and_one_column_of_what_lies_above():
    read = parse_areas(book(["XZQDM", "XZQMC", "上级"], ["441399001", "东湖街道", "江北区"]), datum="cgcs2000")
    (one,) = read.records
    assert (one.level, one.code, one.above) == (AreaLevel.STREET, "441399001", {AreaLevel.COUNTY: "江北区"})
