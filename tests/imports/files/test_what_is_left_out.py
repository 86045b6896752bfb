"""What nobody sees in a file, and what a reader here leaves out: said aloud, by count and by name."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
from hostile_files import dbf, packed, rewritten
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from pyogrio import raw

from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.results import CellChange, FileVerdict, Parsed
from renovation.imports.programme.programme import read_problem
from renovation.imports.programme.ranking import read_criteria, read_own_columns, read_ranking_table
from renovation.imports.projects.catalogue import read_catalogue
from renovation.imports.projects.price_book import parse_price_book
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.text import Language, text

WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)


def workbook(
    rows: list[list[Any]],
    *,
    hidden: Collection[int] = (),
    columns: Collection[int] = (),
    sheets: Mapping[str, str] | None = None,
    way: str = "hidden",
) -> bytes:
    """Return a workbook with a table on 清单; other sheets with their state; hidden rows and columns are 1-based."""
    book = openpyxl.Workbook()
    book.active.title = "清单"
    for row in rows:
        book.active.append(row)
    for number in hidden:
        if way == "height":
            book.active.row_dimensions[number].height = 99
        else:
            book.active.row_dimensions[number].hidden = True
    for number in columns:
        book.active.column_dimensions[get_column_letter(number)].hidden = True
    if way == "filter":
        book.active.auto_filter.ref = "A1:C20"
        book.active.auto_filter.add_filter_column(0, ["甲"])
    for name, state in (sheets or {}).items():
        made = book.create_sheet(name)
        made.append(["说明"])
        made.sheet_state = state
    held = io.BytesIO()
    book.save(held)
    # openpyxl writes no height of nothing, but Excel does.
    return rewritten(held.getvalue(), "xl/worksheets/sheet1.xml", lambda part: part.replace(b'ht="99"', b'ht="0"'))


def said(changes: Any, code: str) -> CellChange | None:
    """Return the one line of a kind, which has to read well in both languages."""
    found = [change for change in changes if change.code == code]
    assert len(found) <= 1
    for change in found:
        for language in Language:
            words = text(f"change.{code}", language, before=change.before, after=change.after)
            assert str(change.after) in words
            assert all(name in words for name in change.before)
    return found[0] if found else None


HEADINGS = ["小区名称", "户数", "备注", "地址"]


STATES = st.dictionaries(
    st.sampled_from(["甲表", "乙表", "丙表"]), st.sampled_from(["visible", "hidden", "veryHidden"])
)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(2, 9)), st.sets(st.integers(1, 4)), STATES, st.sampled_from(["hidden", "height", "filter"]))
def test_hidden_rows_columns_and_sheets_are_counted_and_named(
    rows: set[int], columns: set[int], sheets: dict[str, str], way: str
) -> None:
    table = [HEADINGS, *([f"小区{number}", 100, "有", "路"] for number in range(2, 10))]
    parsed = parse_estates(workbook(table, hidden=rows, columns=columns, sheets=sheets, way=way), datum="wgs84")
    assert len(parsed.records) == 8
    hidden = said(parsed.changes, "row.hidden")
    assert (hidden is None) == (not rows)
    if hidden is not None:
        assert hidden.after == len(rows)
        assert {hidden.place.row, *hidden.also} == rows
        assert set(hidden.before) == {f"小区{number}" for number in rows}
    narrow = said(parsed.changes, "column.hidden")
    assert set(narrow.before if narrow else ()) == {HEADINGS[number - 1] for number in columns}
    unseen, left = said(parsed.changes, "sheet.hidden"), said(parsed.changes, "sheet.left")
    assert set(unseen.before if unseen else ()) == {name for name, state in sheets.items() if state != "visible"}
    assert set(left.before if left else ()) == {name for name, state in sheets.items() if state == "visible"}
    assert parsed.verdict is (FileVerdict.OK_NORMALISED if rows | columns | set(sheets) else FileVerdict.OK)


def test_rows_hidden_by_default_are_hidden() -> None:
    book = openpyxl.Workbook()
    for row in ([HEADINGS], ["甲"], ["乙"]):
        book.active.append(row if isinstance(row[0], str) else row[0])
    book.active.sheet_format.zeroHeight = True
    held = io.BytesIO()
    book.save(held)
    assert said(parse_estates(held.getvalue(), datum="wgs84").changes, "row.hidden").after == 2


def test_a_workbook_of_hidden_sheets_says_so_and_reads_the_one_asked_for() -> None:
    book = openpyxl.Workbook()
    book.active.title = "底表"
    book.active.append(["小区名称"])
    book.active.append(["甲"])
    book.create_sheet("封面")
    book["底表"].sheet_state = "hidden"
    held = io.BytesIO()
    book.save(held)
    assert [record.name for record in parse_estates(held.getvalue(), datum="wgs84", layer="底表").records] == ["甲"]
    data = rewritten(
        held.getvalue(), "xl/workbook.xml", lambda part: part.replace(b'state="visible"', b'state="veryHidden"')
    )
    (fault,) = parse_estates(data, datum="wgs84").faults
    assert (fault.code, fault.fields["names"]) == ("workbook.all_hidden", ("底表", "封面"))


def test_every_reader_of_tables_says_it() -> None:
    def one(*rows: list[Any]) -> bytes:
        return workbook(list(rows), hidden={2}, columns={1}, sheets={"旧表": "hidden"})

    criteria = one(["编码", "权重"], ["a", 1], ["b", 2])
    notes: dict[str, list[CellChange]] = {name: [] for name in ("criteria", "table", "own", "problem", "pots")}
    asked, _ = read_criteria(criteria, notes=notes["criteria"])
    ranked = one(["编号", "a", "b"], ["x", 1, 2], ["y", 2, 3])
    read_ranking_table(ranked, asked, notes=notes["table"])
    read_own_columns(ranked, notes=notes["own"])
    pots = one(["资金编号", "金额", "年度"], ["市", 100, 2026], ["区", 100, 2026])
    plain = workbook([["项目编号", "费用"], ["p", 10]])
    read_problem(one(["项目编号", "费用"], ["p", 10], ["q", 10]), pots=pots, notes=notes["problem"])
    read_problem(plain, pots=pots, notes=notes["pots"])
    item = read_catalogue()[0]
    prices = one(["编码", "低", "中", "高", "地区", "年份"], [item.code, 1, 2, 3, "惠城", 2026])
    parsed: list[Parsed[Any]] = [
        parse_price_book(prices, items=[item]),
        parse_demands(one(["诉求内容", "小区"], ["路灯坏", "甲"], ["路坏", "甲"]), datum="wgs84"),
        parse_facilities(one(["类别", "经度", "纬度"], ["站", 114.4, 23.1], ["站", 114.4, 23.2]), datum="wgs84"),
        parse_streets(one(["名称", "wkt"], ["路", "LINESTRING (114.4 23.1, 114.5 23.1)"]), datum="wgs84"),
    ]
    told = [*notes.values(), *(list(found.changes) for found in parsed)]
    for changes in told:
        assert {"row.hidden", "column.hidden", "sheet.hidden"} <= {change.code for change in changes}
    assert not any(found.faults for found in parsed)


def feature(name: str, geometry: Any, kind: str = "Point") -> dict[str, Any]:
    shape = None if geometry is None else {"type": kind, "coordinates": geometry}
    return {"type": "Feature", "properties": {"小区名称": name}, "geometry": shape}


def collection(features: list[dict[str, Any]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


KINDS = ("xy", "xyz", "xyzm", "none")


def shape_of(kind: str, at: int, *, outline: bool) -> Any:
    more = {"xy": [], "xyz": [5.5], "xyzm": [5.5, 7]}
    if kind == "none":
        return None
    west, south = 114.40 + at / 100, 23.1
    if not outline:
        return [west, south, *more[kind]]
    ring = [[west, south], [west + 0.002, south], [west + 0.002, south + 0.002], [west, south]]
    # Heights on some corners only, and another one where the ring closes.
    return [[[*corner, *[one + step for one in more[kind]]] for step, corner in enumerate(ring)]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), min_size=1, max_size=9))
def test_heights_measures_and_missing_places_are_counted_and_named(kinds: list[tuple[str, bool]]) -> None:
    features = [
        feature(f"小区{at}", shape_of(kind, at, outline=outline), "Polygon" if outline else "Point")
        for at, (kind, outline) in enumerate(kinds)
    ]
    parsed = parse_estates(collection(features), datum="cgcs2000")
    assert not parsed.faults
    for code, which in (("height_dropped", ("xyz", "xyzm")), ("measure_dropped", ("xyzm",)), ("none", ("none",))):
        wanted = {f"小区{at}" for at, (kind, _) in enumerate(kinds) if kind in which}
        found = said(parsed.changes, f"geometry.{code}")
        assert set(found.before if found else ()) == wanted
        assert (found.after if found else 0) == len(wanted)
    written = [shapely.from_wkb(record.geometry) for record in parsed.records if record.geometry is not None]
    assert not shapely.has_z(written).any() if written else True


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("POINT Z (114.4 23.1 7)", {"height_dropped"}),
        ("POINT M (114.4 23.1 7)", {"measure_dropped"}),
        ("POINT ZM (114.4 23.1 7 9)", {"height_dropped", "measure_dropped"}),
        ("", {"none"}),
    ],
)
def test_words_of_geometry_in_a_table_say_the_same(words: str, codes: set[str]) -> None:
    parsed = parse_estates(f'小区名称,wkt\n甲,"{words}"\n乙,"POINT (114.4 23.2)"\n'.encode(), datum="cgcs2000")
    found = {change.code for change in parsed.changes if change.code.startswith("geometry.")}
    assert found == {f"geometry.{code}" for code in codes}
    assert all(said(parsed.changes, code).before == ("甲",) for code in found)


@pytest.mark.parametrize("empty", ["POINT EMPTY", "POLYGON EMPTY", "MULTIPOINT EMPTY", "GEOMETRYCOLLECTION EMPTY"])
def test_an_empty_geometry_is_refused_at_its_row(empty: str) -> None:
    parsed = parse_estates(f"小区名称,wkt\n甲,{empty}\n".encode(), datum="cgcs2000")
    assert [(fault.code, fault.row) for fault in parsed.faults] == [("geometry.empty", 2)]


def shapefile(kind: int, records: list[bytes], names: list[str]) -> bytes:
    body = index = b""
    for number, record in enumerate(records, 1):
        index += struct.pack(">II", (100 + len(body)) // 2, len(record) // 2)
        body += struct.pack(">II", number, len(record) // 2) + record
    heads = [
        struct.pack(">7I", 9994, 0, 0, 0, 0, 0, (100 + len(part)) // 2)
        + struct.pack("<II8d", 1000, kind, 114, 23, 115, 24, 0, 10, 0, 10)
        for part in (body, index)
    ]
    table = dbf(["小区名称".encode()], [[name.encode()] for name in names])
    return packed(
        {
            "a.shp": heads[0] + body,
            "a.shx": heads[1] + index,
            "a.dbf": table,
            "a.prj": WGS84.encode(),
            "a.cpg": b"UTF-8",
        }
    )


def test_a_shapefile_with_measures_heights_and_null_shapes() -> None:
    null = struct.pack("<I", 0)
    with_measure = shapefile(21, [struct.pack("<I3d", 21, 114.4, 23.1, 7), null], ["甲", "乙"])
    changes = parse_estates(with_measure, datum="wgs84").changes
    assert said(changes, "geometry.measure_dropped").before == ("甲",)
    assert said(changes, "geometry.none").before == ("乙",)
    with_height = shapefile(11, [struct.pack("<I4d", 11, 114.4, 23.1, 7, 3), null], ["甲", "乙"])
    assert said(parse_estates(with_height, datum="wgs84").changes, "geometry.height_dropped").before == ("甲",)


def test_a_geopackage_says_what_gdal_drops_and_reads_rows_that_nobody_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    first = np.array([shapely.to_wkb(shapely.Point(114.4, 23.1))], dtype=object)
    names = np.array(["甲"], dtype=object)
    raw.write(path, first, [names], ["小区名称"], geometry_type="Unknown", crs="EPSG:4326", driver="GPKG", layer="l")
    head = b"GP\0\x01" + struct.pack("<i", 4326)
    with sqlite3.connect(path) as database:
        # A program that knows nothing of GDAL's own counters.
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for name, blob in (
            ("乙", head + struct.pack("<BI3d", 1, 2001, 114.41, 23.1, 5)),
            ("丙", head + struct.pack("<BI4d", 1, 3001, 114.42, 23.1, 5, 6)),
            ("丁", None),
        ):
            database.execute('INSERT INTO l (geom, "小区名称") VALUES (?, ?)', (blob, name))
    database.close()
    parsed = parse_estates(path.read_bytes(), datum="wgs84")
    assert [record.name for record in parsed.records] == ["甲", "乙", "丙", "丁"]
    assert said(parsed.changes, "geometry.measure_dropped").before == ("乙", "丙")
    assert said(parsed.changes, "geometry.height_dropped").before == ("丙",)
    assert said(parsed.changes, "geometry.none").before == ("丁",)
