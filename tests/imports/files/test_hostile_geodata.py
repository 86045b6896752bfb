"""What strangers really feed an import: geometries and the files that carry them."""

from __future__ import annotations

import io
import itertools
import json
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from renovation.exports.files.geodata import PlaceLayer, geopackage, shapefile
from renovation.imports.files.geodata.geodata import MAX_PROPERTIES
from renovation.imports.files.results import FileVerdict
from renovation.imports.register.estates import parse_estates
from renovation.text import fault_text

_NUMBERS = itertools.count(1)
SQUARE = [[114.41, 23.11], [114.412, 23.11], [114.412, 23.112], [114.41, 23.112], [114.41, 23.11]]


def feature(ring, kind="Polygon", **members):
    return {
        "type": "Feature",
        "properties": {"小区名称": f"小区{next(_NUMBERS)}"},
        "geometry": {"type": kind, "coordinates": ring},
        **members,
    }


def collection(*features, **members) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members}, ensure_ascii=False).encode()


def parse(data: bytes, datum="cgcs2000", **options):
    return parse_estates(data, datum=datum, **options)


def codes(parsed):
    for fault in (*parsed.faults, *parsed.warnings):
        assert fault_text(fault, "zh-CN")
        assert fault_text(fault, "en")
    return [(f.code, f.feature) for f in parsed.faults]


def test_a_plain_one():
    parsed = parse(collection(feature([SQUARE])))
    assert parsed.verdict is FileVerdict.OK
    assert shapely.from_wkb(parsed.records[0].geometry).equals(shapely.Polygon(SQUARE))


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([[y, x] for x, y in SQUARE], "geometry.swapped"),
        ([[x + 60, y] for x, y in SQUARE], "geometry.outside_area"),
        ([[114, 23], [115, 24], [115, 23], [114, 24], [114, 23]], "geometry.self_crossing"),
        (SQUARE[:-1], "geometry.not_closed"),
        ([SQUARE[0], SQUARE[1], SQUARE[0]], "geometry.too_few_points"),
        ([SQUARE[0], SQUARE[1], SQUARE[1], SQUARE[0]], "geometry.invalid"),
        ([], "geometry.empty"),
        ([["114.41", "23.11"], *SQUARE[1:]], "geometry.not_numbers"),
        ([[True, 23.11], *SQUARE[1:]], "geometry.not_numbers"),
        ([[114.41], *SQUARE[1:]], "geometry.bad_position"),
        ([[190, 23.11], [191, 23.11], [191, 24], [190, 23.11]], "geometry.out_of_range"),
        ([[-179, 23], [179, 23], [179, 24], [-179, 23]], "geometry.antimeridian"),
        ([[114, 89], [115, 89], [115, 90], [114, 89]], "geometry.pole"),
        ([[1e308 * 10 if i == 0 else x, y] for i, (x, y) in enumerate(SQUARE)], None),
    ],
)
def test_bad_outlines_are_named_by_feature(ring, code):
    parsed = parse(collection(feature([SQUARE]), feature([ring])))
    if code is None:
        assert codes(parsed) == [("geojson.not_a_number", None)]
    else:
        assert codes(parsed) == [(code, 2)]
    assert parsed.records == ()


def test_a_table_as_wide_as_long_is_refused():
    """Each feature with names of its own took half a gigabyte from one megabyte."""
    many = [feature([SQUARE]) | {"properties": {f"name {number}": 1}} for number in range(MAX_PROPERTIES + 1)]
    assert codes(parse(collection(*many)))[0][0] == "geojson.too_many_properties"


def test_empty_collections_and_other_json():
    assert codes(parse(collection())) == [("geojson.no_features", None)]
    assert codes(parse(b'{"type": "Topology"}')) == [("geojson.topology", None)]
    assert codes(parse(b'{"type": "FeatureCollection", "features": [')) == [("geojson.truncated", None)]
    assert codes(parse(b"[" * 100_000)) == [("geojson.broken", None)]
    assert codes(parse(collection({"type": "Feature"}, {"no": 1}, feature([SQUARE], "Circle"))))[-1][0] == (
        "geojson.unknown_geometry"
    )
    huge = collection(feature([SQUARE])).replace(b"114.41", b"9" * 5000, 1)
    assert codes(parse(huge))[0][0] in ("geojson.broken", "geometry.not_finite", "geometry.out_of_range")


def test_a_missing_geometry_is_allowed_and_a_line_is_not():
    assert parse(collection({**feature([SQUARE]), "geometry": None})).records[0].geometry is None
    assert codes(parse(collection(feature(SQUARE[:2], "LineString")))) == [("geometry.wrong_type", 1)]


def test_duplicate_keys_and_ids():
    data = collection(feature([SQUARE])).replace(b'"type": "Feature",', b'"type": "Feature", "type": "Feature",')
    assert codes(parse(data)) == [("geojson.duplicate_key", 1)]
    parsed = parse(collection(feature([SQUARE], id=1), feature([SQUARE], id="1")))
    assert codes(parsed) == [("geojson.duplicate_id", 2)]
    assert parsed.faults[0].fields["other"] == 1


def test_two_estates_on_the_same_ground_need_a_yes():
    parsed = parse(collection(feature([SQUARE]), feature([[[x + 0.0001, y] for x, y in SQUARE]])))
    assert parsed.verdict is FileVerdict.WARN
    assert parsed.warnings[0].code == "estate.overlap"


def test_a_stated_crs_must_agree():
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    assert codes(parse(collection(feature([SQUARE]), crs=crs))) == [("datum.contradicts", None)]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert parse(collection(feature([SQUARE]), crs=crs)).verdict is FileVerdict.OK


class TestCoordinatesInTables:
    def test_two_pairs_the_stated_datum_chooses(self):
        data = "小区名称,百度经度,百度纬度,经度(WGS84),纬度(WGS84)\n甲,114.4216,23.1134,114.41,23.11\n".encode()
        parsed = parse(data, "wgs84")
        assert codes(parsed) == []
        assert shapely.from_wkb(parsed.records[0].geometry).equals(shapely.Point(114.41, 23.11))
        assert {c.code for c in parsed.changes} == {"column.pair_of_datum"}
        asked = parse(data, "gcj02").faults[0]
        assert (asked.code, asked.fields["given"]) == ("column.several_pairs", "gcj02")

    def test_ways_to_say_where_are_told_apart_by_their_datum(self):
        data = '小区名称,经纬度（高德）,国家2000经度,国家2000纬度\n甲,"114.415,23.108",114.41,23.11\n'.encode()
        parsed = parse(data, "cgcs2000")
        assert shapely.from_wkb(parsed.records[0].geometry).equals(shapely.Point(114.41, 23.11))
        assert [(c.code, c.before) for c in parsed.changes] == [("column.pair_left", ("经纬度（高德）",))]
        by_amap = parse(data, "gcj02")
        assert shapely.from_wkb(by_amap.records[0].geometry).x == pytest.approx(114.41, abs=0.002)
        assert [c.before for c in by_amap.changes] == [("国家2000经度", "国家2000纬度")]

    def test_of_two_ways_without_a_datum_the_first_counts_and_is_named(self):
        data = '小区名称,经纬度,经度,纬度\n甲,"114.41,23.11",114.5,23.2\n乙,,114.42,23.12\n'.encode()
        parsed = parse(data, "wgs84")
        assert [shapely.from_wkb(one.geometry).x for one in parsed.records] == [114.41, 114.42]
        assert [(c.code, c.place.row, c.after) for c in parsed.changes] == [("geometry.first_counts", 2, 1)]

    def test_half_a_pair_swapped_and_wkt(self):
        assert codes(parse("小区名称,经度,纬度\n甲,114.41,\n".encode()))[0][0] == "geometry.half_a_pair"
        assert codes(parse("小区名称,经度,纬度\n甲,23.11,114.41\n".encode()))[0][0] == "geometry.swapped"
        assert codes(parse("小区名称,wkt\n甲,POLYGON((1 2\n".encode()))[0][0] == "geometry.bad_wkt"
        found = parse('小区名称,wkt\n甲,"POLYGON((114 23,115 23,115 24,114 23))"\n'.encode())
        assert shapely.from_wkb(found.records[0].geometry).geom_type == "Polygon"
        pair = parse('小区名称,经纬度\n甲,"114.41，23.11"\n'.encode())
        assert shapely.from_wkb(pair.records[0].geometry).equals(shapely.Point(114.41, 23.11))


def dbf(names: list[bytes], rows: list[list[bytes]], width=20) -> bytes:
    size = 1 + width * len(names)
    head = struct.pack("<BBBBIHH20x", 3, 100, 1, 1, len(rows), 33 + 32 * len(names), size)
    fields = b"".join(struct.pack("<11sc4xBB14x", n, b"C", width, 0) for n in names)
    return head + fields + b"\r" + b"".join(b" " + b"".join(v.ljust(width) for v in row) for row in rows) + b"\x1a"


class TestShapefiles:
    def parts(self) -> dict[str, bytes]:
        layer = PlaceLayer(name="x", headings=["a"], rows=[["x"]], geometries=[shapely.to_wkb(shapely.Polygon(SQUARE))])
        archive = zipfile.ZipFile(io.BytesIO(shapefile(layer, datum="cgcs2000")[2]))
        return {n: archive.read(n) for n in archive.namelist() if not n.endswith(".csv")}

    def packed(self, parts: dict[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
        return buffer.getvalue()

    @pytest.mark.parametrize("missing", [".dbf", ".shx", ".prj", ".shp"])
    def test_a_missing_part_is_named(self, missing):
        parts = {n: d for n, d in self.parts().items() if not n.endswith(missing)}
        parsed = parse(self.packed(parts))
        assert codes(parsed) == [("shapefile.missing_part", None)]
        assert missing in fault_text(parsed.faults[0], "zh-CN")

    def test_two_layers(self):
        parts = self.parts()
        both = self.packed(parts | {n.replace("x.", "y."): d for n, d in parts.items()})
        parsed = parse(both)
        assert codes(parsed) == [("shapefile.several", None)]
        assert "x、y" in fault_text(parsed.faults[0], "zh-CN")

    def test_gbk_without_cpg_and_a_name_cut_short(self):
        parts = {n: d for n, d in self.parts().items() if not n.endswith(".cpg")}
        cut = "维修资金余额".encode("gbk")[:10]
        parts["x.dbf"] = dbf(["小区名称".encode("gbk"), cut], [["甲".encode("gbk"), b"12"]])
        assert parse(self.packed(parts)).records[0].maintenance_fund_fen == 1200

    def test_rows_and_shapes_must_match(self):
        parts = self.parts()
        parts["x.dbf"] = dbf([b"name"], [[b"a"], [b"b"]])
        assert codes(parse(self.packed(parts)))[0][0] == "shapefile.parts_differ"
        parts["x.dbf"] = b"broken"
        assert codes(parse(self.packed(parts)))[0][0] == "shapefile.broken_dbf"
        parts = self.parts()
        parts["x.shp"] = b"\x00" * 200
        assert codes(parse(self.packed(parts)))[0][0] == "geodata.broken"

    def test_a_damaged_name_is_named_by_feature(self):
        parts = {n: d for n, d in self.parts().items() if not n.endswith(".cpg")} | {"x.cpg": b"UTF-8"}
        parts["x.dbf"] = dbf([b"name"], [["糖厂".encode()[:-1] + b"x"]])
        assert codes(parse(self.packed(parts)))[0] == ("text.bad_encoding", 1)

    def test_a_deleted_record_is_left_out_with_its_shape(self):
        layer = PlaceLayer(
            name="x",
            headings=["小区名称"],
            rows=[[name] for name in "甲乙丙"],
            geometries=[shapely.to_wkb(shapely.Point(114.41 + at / 100, 23.1)) for at in range(3)],
        )
        archive = zipfile.ZipFile(io.BytesIO(shapefile(layer, datum="cgcs2000")[2]))
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".csv")}
        table = bytearray(parts["x.dbf"])
        table[struct.unpack_from("<H", table, 8)[0] + struct.unpack_from("<H", table, 10)[0]] = ord("*")
        parsed = parse(self.packed(parts | {"x.dbf": bytes(table)}))
        assert [(r.name, r.row) for r in parsed.records] == [("甲", 1), ("丙", 3)]
        assert [shapely.from_wkb(r.geometry).x for r in parsed.records] == pytest.approx([114.41, 114.43])
        assert [(c.code, c.place.feature) for c in parsed.changes] == [("shapefile.deleted", 2)]

    def test_names_in_another_case_a_folder_and_gbk(self):
        parts = self.parts() | {"x.dbf": dbf(["小区名称".encode("gbk")], [["甲".encode("gbk")]])}
        del parts["x.cpg"]
        packed = self.packed({f"DATA/{n.upper().replace('X.', '小区.')}": d for n, d in parts.items()})
        # Windows writes the bytes of GBK and does not say so; with "-1" they are as long as those of UTF-8.
        raw = _without_utf8_flag(packed.replace("小区".encode(), "小区".encode("gbk") + b"-1"))
        for data, name in ((packed, "小区"), (raw, "小区-1")):
            parsed = parse(data)
            assert (codes(parsed), parsed.sheet, len(parsed.records)) == ([], name, 1)

    @pytest.mark.parametrize("label", [b"ISO-8859-1", b"88591", b"gbk", b"GB 18030"])
    def test_a_code_page_that_programs_write_without_asking(self, label):
        parts = self.parts() | {"x.cpg": label}
        parts["x.dbf"] = dbf(["小区名称".encode("gbk")], [["甲苑".encode("gbk")]])
        assert parse(self.packed(parts)).records[0].name == "甲苑"


def _without_utf8_flag(data: bytes) -> bytes:
    changed = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            changed[start + at + 1] &= 0xF7
    return bytes(changed)


_LOCAL = pyproj.CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=114.25 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m")
_OWN_WKT = _LOCAL.to_wkt("WKT1_ESRI").replace("unknown", "Huizhou_2000", 1)


class TestNamedButNotKnown:
    """A system that a file names and nobody here knows is not the same as none."""

    def shapefile(self, prj: str) -> bytes:
        buffer = io.BytesIO()
        archive = zipfile.ZipFile(io.BytesIO(shapefile(_one(), datum="cgcs2000")[2]))
        with zipfile.ZipFile(buffer, "w") as target:
            for name in archive.namelist():
                target.writestr(name, prj if name.endswith(".prj") else archive.read(name))
        return buffer.getvalue()

    def geopackage(self, crs: str) -> bytes:
        from pyogrio import raw

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.gpkg")
            names, columns = ["小区名称"], [np.array(["甲"], dtype=object)]
            wkb = np.array([shapely.to_wkb(shapely.Point(114.41, 23.11))], dtype=object)
            raw.write(path, wkb, columns, names, geometry_type="Point", crs=crs, layer="a", driver="GPKG")
            return path.read_bytes()

    @pytest.mark.parametrize(
        "prj", [_OWN_WKT, _OWN_WKT.replace("Huizhou_2000", "unknown"), 'LOCAL_CS["城建坐标"]', "?"]
    )
    @pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "EPSG:4547"])
    def test_shapefile(self, prj, datum):
        assert codes(parse(self.shapefile(prj), datum=datum)) == [("datum.not_known", None)]

    def test_geopackage(self):
        assert codes(parse(self.geopackage(_LOCAL.to_wkt()))) == [("datum.not_known", None)]
        assert codes(parse(self.geopackage("EPSG:4490"))) == []

    def test_tables_without_shapes_of_a_geopackage_are_named(self):
        from pyogrio import raw

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.gpkg")
            path.write_bytes(self.geopackage("EPSG:4490"))
            names = {"fields": ["小区名称"], "field_data": [np.array(["乙"], dtype=object)]}
            raw.write(path, None, **names, geometry_type=None, crs=None, layer="名单", driver="GPKG", append=True)
            data = path.read_bytes()
        parsed = parse(data, "cgcs2000")
        assert ([one.name for one in parsed.records], parsed.verdict) == (["甲"], FileVerdict.OK_NORMALISED)
        assert [(one.code, one.before, one.after) for one in parsed.changes] == [
            ("geopackage.tables_left", ("名单",), 1)
        ]
        asked_for = parse_estates(data, datum="cgcs2000", layer="名单")
        assert [one.name for one in asked_for.records] == ["乙"]

    @pytest.mark.parametrize(
        "crs",
        [
            {"type": "name", "properties": {"name": "Huizhou_2000"}},
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::99999"}},
            {"type": "link", "properties": {"href": "crs.wkt"}},
            "城建坐标",
        ],
    )
    def test_geojson(self, crs):
        assert codes(parse(collection(feature([SQUARE]), crs=crs))) == [("datum.not_known", None)]

    @pytest.mark.parametrize(
        "crs",
        [
            None,
            {"type": "EPSG", "properties": {"code": 4490}},
            {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
            {"type": "name", "properties": {"name": "CGCS2000"}},
        ],
    )
    def test_geojson_that_says_what_is_known(self, crs):
        assert codes(parse(collection(feature([SQUARE]), crs=crs))) == []

    @pytest.mark.parametrize(("said", "code"), [("惠州独立坐标系", "datum.not_known"), ("高德", "datum.contradicts")])
    def test_a_column(self, said, code):
        rows = f"小区名称,经度,纬度,坐标系\n甲,114.41,23.11,国家2000大地坐标系\n乙,114.42,23.11,{said}\n"
        assert [(f.code, f.row) for f in parse(rows.encode()).faults] == [(code, 3)]

    @pytest.mark.parametrize("heading", ["（西安80）", "（城建坐标系）", "（北京54坐标系）"])
    def test_a_heading(self, heading):
        rows = f"小区名称,经度{heading},纬度{heading}\n甲,114.41,23.11\n"
        assert {f.code for f in parse(rows.encode()).faults} == {"datum.not_known"}
        assert parse(rows.replace(heading, "（度）").encode()).faults == ()

    def test_wkt_with_a_code_of_its_own(self):
        rows = '小区名称,wkt\n甲,"SRID={};POINT(114.41 23.11)"\n'
        assert [f.code for f in parse(rows.format(4547).encode()).faults] == ["datum.contradicts"]
        assert parse(rows.format(4490).encode()).faults == parse(rows.format(0).encode()).faults == ()

    def test_datums_without_a_public_shift_are_asked_about(self):
        found = parse("小区名称,经度,纬度\n甲,114.41,23.11\n".encode(), datum="EPSG:4610")
        assert [f.code for f in found.warnings] == ["datum.rough"]


def _one() -> PlaceLayer:
    return PlaceLayer(
        name="x", headings=["小区名称"], rows=[["甲"]], geometries=[shapely.to_wkb(shapely.Point(114.41, 23.11))]
    )


def ring(*points):
    return [[114.41 + x / 1000, 23.11 + y / 1000] for x, y in points]


_OUTER = ((0, 0), (10, 0), (10, 10), (0, 10), (0, 0))


@pytest.mark.parametrize(
    ("rings", "area"),
    [
        # A hole that hangs on the outline, drawn in one ring with it, as Esri writes it.
        ([[(0, 0), (10, 0), (10, 10), (5, 10), (7, 5), (3, 5), (5, 10), (0, 10), (0, 0)]], 90),
        ([_OUTER, ((0, 5), (5, 7), (10, 5), (5, 3), (0, 5))], 80),
        ([[(0, 0), (10, 0), (10, 10), (10, 15), (10, 10), (0, 10), (0, 0)]], 100),
    ],
)
def test_rings_that_only_touch_themselves_are_mended(rings, area):
    parsed = parse(collection(feature([ring(*points) for points in rings])))
    assert [(c.code, c.place.feature) for c in parsed.changes] == [("geometry.mended", 1)]
    mended = shapely.from_wkb(parsed.records[0].geometry)
    assert mended.is_valid
    assert mended.area == pytest.approx(area / 10**6)


@pytest.mark.parametrize(
    "rings",
    [
        [[(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)]],
        [_OUTER, ((5, 5), (15, 5), (15, 7), (5, 7), (5, 5))],
        [_OUTER, _OUTER],
    ],
)
def test_rings_that_cross_are_a_question(rings):
    assert codes(parse(collection(feature([ring(*points) for points in rings]))))[0][0].startswith("geometry.")


class TestGeoPackages:
    def layer(self) -> PlaceLayer:
        return PlaceLayer(
            name="小区",
            headings=["小区名称", "户数"],
            rows=[["甲", None]],
            geometries=[shapely.to_wkb(shapely.Polygon(SQUARE))],
        )

    def test_one_and_a_damaged_one(self):
        data = geopackage(self.layer(), datum="EPSG:4547")[2]
        assert parse(data, "EPSG:4547").records[0].name == "甲"
        assert codes(parse(data[:3000], "EPSG:4547"))[0][0] == "geopackage.truncated"
