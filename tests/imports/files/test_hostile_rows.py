"""Hostile files, one by one, on the whole way a planner's file goes: read, tried against the store, kept or refused.

Each case carries its number of docs/hostile-inputs.md; :func:`answer` checks what holds for every file.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from hostile_files import (
    COLUMNS,
    CUT,
    HEADER,
    OTHER,
    ROW,
    SQUARE,
    alike,
    bomb,
    book,
    calendar,
    collection,
    cover,
    csv_of,
    entities,
    error_cells,
    feature,
    gbk_cut,
    half_a_character,
    merged,
    one,
    rewritten,
    sawtooth,
    second,
    shifted,
    two_layers,
    with_entry,
    without,
)

from renovation.errors import ImportRefusedError
from renovation.imports.demands.demands import parse_demands
from renovation.imports.files.located import Extent
from renovation.imports.polls.limits import read_limits
from renovation.imports.polls.pabulib import read_pabulib
from renovation.imports.programme.programme import ProblemRefusedError, read_problem
from renovation.imports.programme.ranking import read_own_columns
from renovation.imports.projects.catalogue import read_catalogue
from renovation.imports.projects.price_book import parse_price_book
from renovation.imports.register.estates import parse_estates
from renovation.imports.register.facilities import parse_facilities
from renovation.imports.register.streets import parse_streets
from renovation.model.accounts import Actor, Role
from renovation.model.imports import ImportKind, ImportSource
from renovation.services.demands.imports import import_demands
from renovation.services.register import imports
from renovation.services.register.facilities import import_facilities
from renovation.store import Store, migrate, open_store
from renovation.text import fault_text, text

ITEMS = read_catalogue()
PLANNER = Actor(role=Role.PLANNER, login="planner", name="规划")
KINDS = {
    "estates": (parse_estates, imports.import_estates),
    "demands": (parse_demands, import_demands),
    "facilities": (parse_facilities, import_facilities),
    "streets": (parse_streets, imports.import_streets),
}
#: What no message may show: code, paths, and the names of what reads the files.
_INSIDE = re.compile(
    r"Traceback|\.py\b|/tmp|/home|openpyxl|shapely|pyogrio|GDAL|expat|zipfile|codec|Error\b|None", re.I
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("hostile")
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}", folder / "keys")
    migrate(store)
    outline = shapely.box(114.41, 23.08, 114.412, 23.082).wkt
    listed = f'编码,小区名称,wkt\nE1,荔香苑,"{outline}"\n'
    parsed = parse_estates(listed.encode(), datum="cgcs2000")
    imports.import_estates(store, PLANNER, parsed, source=ImportSource.of("e.csv", listed.encode()))
    yield store
    store.close()


def _state(store: Store) -> tuple[dict[str, list[Any]], int]:
    """Return everything the store holds beside its log, and how long the log is."""
    with store.read() as connection:
        names = [n for n in sa.inspect(connection).get_table_names() if not n.startswith("sqlite")]
        held = {n: [tuple(r) for r in connection.execute(sa.text(f'SELECT * FROM "{n}"'))] for n in names}
    log = held.pop("audit")
    held.pop("audit_head", None)
    return held, len(log)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file: codes with their places, what was understood, and what was read."""

    verdict: str
    faults: list[tuple[str, int | None, str | None]]
    said: str
    changes: list[tuple[str, str, str]]
    records: tuple[Any, ...]
    parsed: Any


def answer(
    store: Store, kind: str, data: bytes, *, datum: str = "cgcs2000", seconds: float = 10, **options: Any
) -> Answer:
    """Take a file as the screens do, and check what must hold for every file."""
    parse, take = KINDS[kind]
    source = ImportSource.of("清单", data)
    before, entries = _state(store)
    started = time.process_time()
    parsed = parse(data, datum=datum, **options)
    verdict, faults, record = parsed.verdict.value, parsed.faults, None
    try:
        take(store, PLANNER, parsed, source=source, dry_run=True)
        if not parsed.warnings:
            record = take(store, PLANNER, parsed, source=source)
    except ImportRefusedError as error:
        verdict, faults = "REFUSE", error.faults
        imports.note_refusal(store, PLANNER, ImportKind(kind), source, faults)
    assert time.process_time() - started < seconds
    after, written = _state(store)
    assert written - entries == (0 if verdict == "WARN" else 1)
    if record is None:
        assert after == before
        assert verdict in ("REFUSE", "WARN")
    else:
        assert record.imported == parsed.rows
        imports.undo_import(store, PLANNER, record.id)
    if len(data) < 1_000_000:
        assert parse(data, datum=datum, **options) == parsed
    said = "\n".join(fault_text(fault, "zh-CN") for fault in (*faults, *parsed.warnings))
    assert not _INSIDE.search(said), said
    assert all(fault_text(fault, "en") for fault in faults)
    assert re.search(r"[\u4e00-\u9fff]", said) or not said
    for change in parsed.changes:
        assert text(f"change.{change.code}", "zh-CN", before=change.before, after=change.after)
    return Answer(
        verdict,
        [(f.code, f.row or f.feature, f.column) for f in (*faults, *parsed.warnings)],
        said,
        [(c.code, c.before, c.after) for c in parsed.changes],
        parsed.records,
        parsed,
    )


PROJECT = Extent(boundary=shapely.box(114.40, 23.10, 114.411, 23.111))


@dataclass(frozen=True, slots=True)
class Case:
    """One file, and what is to become of it."""

    id: str
    what: str
    make: Callable[[], bytes]
    verdict: str
    faults: tuple[tuple[str, int | None, str | None], ...] = ()
    says: tuple[str, ...] = ()
    kind: str = "estates"
    seconds: float = 10
    options: dict[str, Any] = field(default_factory=dict)
    holds: Callable[[Answer], bool] | None = None


FUND = "维修资金余额"


def refused(code: str, row: int = 2, column: str | None = FUND) -> tuple[tuple[str, int | None, str | None], ...]:
    return ((code, row, column),)


def fund(yuan: int) -> Callable[[Answer], bool]:
    return lambda a: a.records[0].maintenance_fund_fen == yuan * 100


def names(*wanted: str) -> Callable[[Answer], bool]:
    return lambda a: [r.name for r in a.records] == list(wanted)


OK, NORMALISED, WARN, REFUSE = "OK", "OK_NORMALISED", "WARN", "REFUSE"
CASES = [
    Case(
        "H001",
        "bom",
        lambda: csv_of("001,糖厂三号,300,12000", encoding="utf-8-sig"),
        OK,
        holds=lambda a: (
            a.records == parse_estates(csv_of("001,糖厂三号,300,12000"), datum="cgcs2000").records
            and list(a.parsed.mapping) == COLUMNS
        ),
    ),
    Case(
        "H002",
        "gb18030",
        lambda: csv_of("001,𠮷祥花园,300,12000", encoding="gb18030"),
        OK,
        holds=lambda a: a.records[0].name == "𠮷祥花园" and a.parsed.encoding == "GB18030",
    ),
    Case(
        "H004",
        "utf16",
        lambda: csv_of("001,糖厂,3,1").decode().replace(",", "\t").encode("utf-16"),
        OK,
        holds=lambda a: a.parsed.encoding == "UTF-16" and names("糖厂")(a),
    ),
    Case(
        "H004",
        "unmarked",
        lambda: csv_of("001,a,1,1").decode().encode("utf-16-le"),
        REFUSE,
        (("text.utf16_unmarked", None, None),),
        ("UTF-16", "CSV UTF-8"),
    ),
    Case("H005", "half", half_a_character, REFUSE, (("text.bad_encoding", 57, "小区名称"),), ("第 57 行", "损坏")),
    Case(
        "H007",
        "semicolon",
        lambda: csv_of("001;糖厂;300;1.234,50", header=HEADER.replace(",", ";")),
        REFUSE,
        refused("value.decimal_comma"),
    ),
    Case(
        "H007",
        "point",
        lambda: csv_of("001;糖厂;300;1.234", header=HEADER.replace(",", ";")),
        REFUSE,
        refused("value.decimal_comma"),
    ),
    Case("H007", "quoted", lambda: one("1.234,50"), REFUSE, refused("value.decimal_comma")),
    Case(
        "H008",
        "quotes",
        lambda: csv_of('荔香苑,"第一行\n第二行""引"""', header="小区,内容"),
        OK,
        kind="demands",
        holds=lambda a: a.records[0].text == '第一行\n第二行"引"',
    ),
    Case(
        "H008",
        "later",
        lambda: csv_of('001,"糖\n厂",1,1', "002,群芳苑,x,1"),
        REFUSE,
        refused("value.not_number", 3, "户数"),
    ),
    Case(
        "H010",
        "ragged",
        lambda: csv_of(*(f"{n},小区{n},1,1" for n in range(2, 12)), "012,甲,1", "013,乙,1,1,9"),
        REFUSE,
        (("row.too_short", 12, None), ("row.beyond_headings", 13, None)),
    ),
    Case(
        "H011",
        "twice",
        lambda: csv_of("甲,1,2", header="小区名称,维修资金,维修资金"),
        REFUSE,
        (("column.repeated", 1, None), ("column.duplicate", 1, None)),
        ("维修资金", "B、C"),
    ),
    Case("H013", "empty", lambda: b"", REFUSE, (("file.empty", None, None),), ("空",)),
    Case(
        "H014",
        "space",
        lambda: csv_of("糖厂,300", header="小\u3000区 名称,户数"),
        NORMALISED,
        holds=lambda a: a.changes[0] == ("column.heading", "小\u3000区 名称", "小区名称"),
    ),
    Case(
        "H014",
        "near",
        lambda: csv_of("糖厂,300", header="小区名城,户数"),
        REFUSE,
        (("column.missing_near", 1, None),),
        ("小区名城",),
    ),
    Case("H016", "line", lambda: b"a" * 50_000_000, REFUSE, (("text.line_too_long", None, None),)),
    Case("H017", "nul", lambda: csv_of("001,糖\x00厂,300,1"), REFUSE, refused("value.nul", 2, "小区名称")),
    Case(
        "H017",
        "escaped",
        lambda: book(COLUMNS, ["001", "糖_x0000_厂", 1, 1]),
        REFUSE,
        refused("value.nul", 2, "小区名称"),
    ),
    Case(
        "H017", "json", lambda: collection(feature([SQUARE], name="糖\x00厂")), REFUSE, (("value.nul", 1, "小区名称"),)
    ),
    Case(
        "H019",
        "wide",
        lambda: one("１２０００"),
        NORMALISED,
        holds=lambda a: fund(12000)(a) and a.changes[0][2] == 12000_00,
    ),
    Case("H020", "underscore", lambda: one("1_000"), REFUSE, refused("value.not_number")),
    Case("H022", "spoken", lambda: one("三万五"), NORMALISED, holds=fund(35000)),
    Case("H022", "wan", lambda: one("3.5万"), NORMALISED, holds=fund(35000)),
    Case("H023", "comma", lambda: one("1,200"), NORMALISED, holds=fund(1200)),
    Case("H023", "wide", lambda: one("1，200"), NORMALISED, holds=fund(1200)),
    Case("H025", "hyphen", lambda: one("-500"), REFUSE, refused("value.negative")),
    Case("H025", "minus", lambda: one("−500"), REFUSE, refused("value.negative")),
    *(Case("H026", w, lambda w=w: one(w), REFUSE, refused("value.not_number")) for w in ("NaN", "inf", "1e999", "∞")),
    Case(
        "H026",
        "cell",
        lambda: rewritten(
            book(COLUMNS, ["1", "甲", 1, 77777]),
            "xl/worksheets/sheet1.xml",
            lambda x: x.replace(b"<v>77777", b"<v>1E+999"),
        ),
        REFUSE,
        refused("value.too_large"),
    ),
    Case("H028", "digits", lambda: one("9" * 5000), REFUSE, refused("value.too_long"), seconds=1),
    Case(
        "H028",
        "cell",
        lambda: rewritten(
            book(COLUMNS, ["1", "甲", 1, 77777]),
            "xl/worksheets/sheet1.xml",
            lambda x: x.replace(b"<v>77777", b"<v>" + b"9" * 5000),
        ),
        REFUSE,
        refused("value.too_large"),
        seconds=1,
    ),
    Case(
        "H028",
        "json",
        lambda: collection(feature([SQUARE])).replace(b'"\xe7\x94\xb2"', b"9" * 5000),
        REFUSE,
        None,
        seconds=1,
    ),
    Case(
        "H029",
        "date",
        lambda: book(COLUMNS, ["001", "甲", 1, date(2026, 3, 5)]),
        REFUSE,
        refused("value.is_date"),
        ("清单", "第 2 行", FUND, "2026-03-05", "日期"),
    ),
    Case(
        "H031",
        "zeros",
        lambda: csv_of("001,甲,1,1", "1,乙,1,1"),
        OK,
        holds=lambda a: [r.code for r in a.records] == ["001", "1"],
    ),
    Case(
        "H031",
        "facilities",
        lambda: csv_of("001,甲,亭,114.41,23.11", "1,乙,亭,114.41,23.11", header="编号,名称,类别,经度,纬度"),
        OK,
        kind="facilities",
        holds=lambda a: [r.code for r in a.records] == ["001", "1"],
    ),
    Case(
        "H032",
        "text",
        lambda: csv_of("1E5,甲,1,1", "12-34,乙,1,1", "123456789012345678,丙,1,1"),
        OK,
        holds=lambda a: [r.code for r in a.records] == ["1E5", "12-34", "123456789012345678"],
    ),
    Case(
        "H032",
        "cell",
        lambda: book(COLUMNS, [123456789012345678, "甲", 1, 1]),
        REFUSE,
        refused("value.digits_lost", 2, "小区编码"),
    ),
    Case(
        "H034",
        "twice",
        lambda: csv_of("001,甲,1,1", "002,乙,1,1", "001,甲,2,1"),
        REFUSE,
        refused("estate.twice", 4, "小区编码"),
        ("第 4 行", "第 2 行"),
    ),
    Case(
        "H034",
        "demands",
        lambda: csv_of("9,荔香苑,一", "9,荔香苑,二", header="工单号,小区,内容"),
        REFUSE,
        (("demand.twice", 3, "工单号"),),
        ("第 2 行",),
        kind="demands",
    ),
    Case(
        "H034",
        "facilities",
        lambda: csv_of("9,一,亭,114.41,23.11", "9,一,亭,114.42,23.11", header="编号,名称,类别,经度,纬度"),
        REFUSE,
        (("facility.twice", 3, "编号"),),
        ("第 2 行",),
        kind="facilities",
    ),
    *(
        Case(
            "H035", w, lambda w=w: csv_of(f"甲,{w}", header="小区名称,建筑面积"), REFUSE, None, ("第 2 行“建筑面积”列",)
        )
        for w in ("0", "-1", "1000000000")
    ),
    *(
        Case(
            "H035",
            w,
            lambda w=w: csv_of(f"甲,{w}", header="小区名称,建筑面积"),
            NORMALISED,
            holds=lambda a: a.records[0].floor_area_m2 == Decimal("89.5") and a.changes[0][2] == "89.5",
        )
        for w in ("89.5㎡", "89.5平方")
    ),
    Case("H037", "bidi", lambda: csv_of("电梯\u202e001", header="小区名称"), NORMALISED, holds=names("电梯001")),
    Case(
        "H037",
        "demand",
        lambda: csv_of("荔香苑,电梯\u202e\u2067001", header="小区,内容"),
        NORMALISED,
        kind="demands",
        holds=lambda a: a.records[0].text == "电梯001",
    ),
    Case(
        "H038", "scripts", lambda: csv_of(*EVERY_SCRIPT, header="小区名称"), OK, holds=lambda a: names(*EVERY_SCRIPT)(a)
    ),
    Case(
        "H040",
        "formula",
        lambda: book(COLUMNS, ["001", "甲", 1, "=1000+200"]),
        REFUSE,
        refused("value.formula_without_result"),
        ("清单", "第 2 行", "公式"),
    ),
    Case(
        "H041",
        "merged",
        merged,
        NORMALISED,
        holds=lambda a: [r.street for r in a.records] == ["江北街道"] * 6 + ["桥东街道"] and a.changes[0][1] == "A2:A7",
    ),
    Case(
        "H043",
        "cover",
        lambda: book(["惠城区清单"], COLUMNS, ["001", "甲", "x", 1], prepare=cover),
        REFUSE,
        refused("value.not_number", 3, "户数"),
        ("“清单”",),
    ),
    Case(
        "H043", "alike", lambda: book(COLUMNS, ROW, prepare=alike), WARN, (("sheet.several", None, None),), ("清单2",)
    ),
    Case(
        "H044",
        "errors",
        error_cells,
        REFUSE,
        (("value.error_cell", 2, FUND), ("value.error_cell", 3, "户数"), ("value.error_cell", 4, FUND)),
        ("#REF!", "#DIV/0!", "#N/A"),
    ),
    Case(
        "H044",
        "text",
        lambda: csv_of("1,#REF!,1,1", "2,乙,#VALUE!,1"),
        REFUSE,
        (("value.error_cell", 2, "小区名称"), ("value.error_cell", 3, "户数")),
    ),
    Case("H046", "bomb", bomb, REFUSE, (("archive.too_large", None, None),), seconds=2),
    Case(
        "H047",
        "corner",
        lambda: book(COLUMNS, ROW, prepare=lambda made: made.active.__setitem__("XFD1048576", 1)),
        REFUSE,
        (("workbook.far_cell", None, None),),
        ("XFD1048576",),
    ),
    Case(
        "H047",
        "bottom",
        lambda: book(COLUMNS, ROW, prepare=lambda made: made.active.__setitem__("B1048576", "远")),
        OK,
        holds=lambda a: names("糖厂三号", "远")(a) and a.records[1].row == 1048576,
    ),
    Case("H049", "entities", entities, REFUSE, (("workbook.entities", None, None),), seconds=2),
    *(
        Case("H050", n, lambda n=n, m=m: with_entry(n, m), REFUSE, (("archive.unsafe_name", None, None),), (n,))
        for n, m in (("../../x", 0), ("/etc/x", 0), ("xl/link", 0o120777))
    ),
    Case(
        "H052",
        "macro",
        lambda: with_entry("xl/vbaProject.bin", content=b"\xd0\xcf\x11\xe0macro"),
        OK,
        holds=names("糖厂三号"),
    ),
    Case(
        "H052",
        "link",
        lambda: with_entry("xl/externalLinks/externalLink1.xml", content=b"<x/>"),
        OK,
        holds=names("糖厂三号"),
    ),
    *(
        Case(
            "H053",
            str(mac),
            lambda mac=mac: calendar(mac),
            OK,
            kind="demands",
            holds=lambda a: a.records[0].received_on == date(2026, 3, 5),
        )
        for mac in (False, True)
    ),
    Case("H055", "swapped", lambda: second([[[y, x] for x, y in SQUARE]]), REFUSE, (("geometry.swapped", 2, None),)),
    Case(
        "H055",
        "table",
        lambda: csv_of("甲,39.9,116.4", header="小区名称,经度,纬度"),
        REFUSE,
        (("geometry.swapped", 2, "经度"),),
    ),
    Case(
        "H055",
        "sea",
        lambda: csv_of("甲,亭,174.4,23.1", header="名称,类别,经度,纬度"),
        REFUSE,
        (("geometry.outside_area", 2, "经度"),),
        kind="facilities",
    ),
    *(
        Case(
            "H056",
            d,
            lambda d=d: shifted(d),
            WARN,
            (("geometry.outside_boundary", 1, None),),
            ("米",),
            options={"area": PROJECT, "datum": "wgs84"},
        )
        for d in ("gcj02", "bd09")
    ),
    *(
        Case("H056", f"{d} stated", lambda d=d: shifted(d), OK, options={"area": PROJECT, "datum": d})
        for d in ("gcj02", "bd09")
    ),
    Case(
        "H058",
        "bow",
        lambda: second([[[114, 23], [115, 24], [115, 23], [114, 24], [114, 23]]]),
        REFUSE,
        (("geometry.self_crossing", 2, None),),
        ("第 2 个",),
    ),
    Case("H059", "unclosed", lambda: second([SQUARE[:-1]]), REFUSE, (("geometry.not_closed", 2, None),)),
    Case(
        "H059",
        "two points",
        lambda: second([[SQUARE[0], SQUARE[1], SQUARE[0]]]),
        REFUSE,
        (("geometry.too_few_points", 2, None),),
    ),
    Case("H059", "empty polygon", lambda: second([]), REFUSE, (("geometry.empty", 2, None),)),
    Case("H059", "none", lambda: collection(), REFUSE, (("geojson.no_features", None, None),)),
    Case(
        "H061",
        "strings",
        lambda: second([[["114.41", "23.11"], *SQUARE[1:]]]),
        REFUSE,
        (("geometry.not_numbers", 2, None),),
    ),
    Case(
        "H061",
        "190",
        lambda: second([[[190, 23], [191, 23], [191, 24], [190, 23]]]),
        REFUSE,
        (("geometry.out_of_range", 2, None),),
    ),
    Case(
        "H061",
        "antimeridian",
        lambda: second([[[-179, 23], [179, 23], [179, 24], [-179, 23]]]),
        REFUSE,
        (("geometry.antimeridian", 2, None),),
    ),
    Case(
        "H061",
        "pole",
        lambda: second([[[114, 89], [115, 89], [115, 90], [114, 89]]]),
        REFUSE,
        (("geometry.pole", 2, None),),
    ),
    Case("H062", "sawtooth", sawtooth, REFUSE, (("geometry.too_many_vertices", 1, None),)),
    Case(
        "H064",
        "keys",
        lambda: second([SQUARE]).replace(b'"geometry"', b'"id": 1, "id": 2, "geometry"'),
        REFUSE,
        (("geojson.duplicate_key", 1, None),),
        ("第 1 个", "“id”"),
    ),
    Case(
        "H064",
        "ids",
        lambda: collection(feature([SQUARE], id=7), feature([OTHER], name="乙", id=7)),
        REFUSE,
        (("geojson.duplicate_id", 2, None),),
    ),
    Case(
        "H064",
        "kinds",
        lambda: collection(feature([SQUARE], id=1), feature([OTHER], name="乙", id="1")),
        REFUSE,
        (("geojson.duplicate_id", 2, None),),
        ("第 1 个",),
    ),
    *(
        Case("H065", e, without(e), REFUSE, (("shapefile.missing_part", None, None),), (e,))
        for e in (".dbf", ".shx", ".prj")
    ),
    Case("H065", "layers", two_layers, REFUSE, (("shapefile.several", None, None),), ("x、y",)),
    Case(
        "H065",
        "gbk",
        gbk_cut,
        OK,
        options={"mapping": {CUT.decode("gbk", "ignore"): "maintenance_fund_fen"}},
        holds=lambda a: names("糖厂三号")(a) and fund(1200)(a) and a.parsed.encoding == "GB18030",
    ),
]
EVERY_SCRIPT = ["👨\u200d👩\u200d👧", "🇨🇳花园", "𪚥苑", "e\u0301té", "ئۇيغۇر", "བོད་ཡིག"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}-{case.what}")
def test_hostile_file(case: Case, city: Store) -> None:
    found = answer(city, case.kind, case.make(), seconds=case.seconds, **case.options)
    assert found.verdict == case.verdict, found
    if case.faults is not None:
        assert found.faults == list(case.faults)
    for word in case.says:
        assert word in found.said
    assert case.holds is None or case.holds(found), found


def _price(cost: str) -> Any:
    data = f'编码,低,中,高\nJ01,"{cost}","{cost}","{cost}"\n'.encode()
    parsed = parse_price_book(data, items=ITEMS, locality="惠城区", year=2027)
    return parsed.records[0].entries[0].likely if parsed.records else parsed.faults


def _programme(cost: str) -> Any:
    try:
        pots = "资金编号,金额,年度\na,100,2027\n".encode()
        return read_problem(f'项目编号,费用\n1,"{cost}"\n'.encode(), pots=pots).projects[0].cost
    except ProblemRefusedError as error:
        return error.by_table["projects"]


def _election(cost: str) -> Any:
    head = "META\nkey;value\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost;name\n"
    try:
        data = f'{head}1;"{cost}";路灯\nVOTES\nvoter_id;vote\n1;1\n'.encode()
        return read_pabulib(data).instance.projects[0].cost * 100
    except ImportRefusedError as error:
        return error.faults


def _own_column(value: str) -> Any:
    try:
        return read_own_columns(f'编号,m\n1,"{value}"\n2,1\n'.encode())["m"]["1"] * 100
    except ImportRefusedError as error:
        return error.faults


def _limit(amount: str) -> Any:
    try:
        return read_limits(f'category;路灯;"{amount}"\n'.encode(), scale=100)["category_budgets"]["路灯"]
    except ImportRefusedError as error:
        return error.faults


#: Amounts → yuan, ``None`` where they are refused. Exchange files between programs understand plain numbers only.
AMOUNTS = {
    ("H019", "１２０００"): 12000, ("H020", "1_000"): None, ("H022", "三万五"): 35000, ("H022", "3.5万"): 35000,
    ("H023", "1,200"): 1200, ("H023", "1，200"): 1200, ("H025", "-500"): None, ("H025", "−500"): None,
    ("H026", "NaN"): None, ("H026", "inf"): None, ("H026", "1e999"): None, ("H028", "9" * 5000): None,
}  # fmt: skip


@pytest.mark.parametrize(("id_", "written"), AMOUNTS, ids=lambda part: part[:8])
def test_hostile_amount_in_every_other_file(id_: str, written: str) -> None:
    yuan = AMOUNTS[id_, written]
    for read in (_price, _programme, _own_column, _election, _limit):
        found = read(written)
        plain = read in (_election, _limit)
        if id_ == "H025" and read is _own_column:
            assert found == -50_000  # a criterion may be negative
        elif yuan is None or plain:
            assert not isinstance(found, int | float), (read, found)
            assert all(fault.row in (1, 2, 7) for fault in found)
            for fault in found:
                assert not _INSIDE.search(fault_text(fault, "zh-CN"))
        else:
            assert found == yuan * 100, read


def test_hostile_ids_in_every_other_file() -> None:
    """H031, H032, H034: codes stay as written, and what stands twice is refused with both places."""
    pots = "资金编号,金额,年度\na,100,2027\n".encode()
    ids = ("001", "1", "1E5", "12-34", "123456789012345678")
    table = "项目编号,费用\n" + "".join(f"{name},1\n" for name in ids)
    assert tuple(p.id for p in read_problem(table.encode(), pots=pots).projects) == ids
    with pytest.raises(ProblemRefusedError) as refused_:
        read_problem((table + "001,2\n").encode(), pots=pots)
    (fault,) = refused_.value.by_table["projects"]
    assert (fault.code, fault.row, fault.fields["other"]) == ("planning.twice", 7, 2)
    head = "META\nkey;value\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost\n"
    tail = "VOTES\nvoter_id;vote\n1;1\n"
    read = read_pabulib((head + "".join(f"{name};1\n" for name in ids) + tail).encode())
    assert tuple(p.id for p in read.instance.projects) == ids
    with pytest.raises(ImportRefusedError) as twice:
        read_pabulib((head + "001;1\n1;1\n001;2\n" + tail).encode())
    assert [(f.code, f.row, f.fields["first"]) for f in twice.value.faults] == [("pabulib.project_twice", 9, 7)]


@pytest.mark.parametrize(("id_", "name"), [("H017", "路\x00灯"), ("H037", "电梯\u202e001")])
def test_hostile_names_of_an_election_file(id_: str, name: str) -> None:
    head = "META\nkey;value\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost;name\n"
    with pytest.raises(ImportRefusedError) as refused_:
        read_pabulib(f"{head}1;1;{name}\nVOTES\nvoter_id;vote\n1;1\n".encode())
    assert [(f.code, f.row, f.column) for f in refused_.value.faults] == [("pabulib.hidden", 7, "name")]


@pytest.mark.parametrize(
    ("kind", "header", "rows", "column"),
    [
        ("estates", "小区编码,小区名称,户数,经度,纬度", ("１,,一,114.41,23.11", "1,荔香苑,5,114.41,23.11"), "小区编码"),
        ("estates", "小区名称,户数", ("荔香苑（一期）,很多", "荔香苑(1期),不少"), "小区名称"),
        ("demands", "工单号,小区,内容,日期", ("9,荔香苑,一,去年", "9,荔香苑,,2026-03-01"), "工单号"),
        ("facilities", "编号,名称,类别,经度,纬度", ("a9,一,亭,114.41,", "A9,一,亭,114.42,23.11"), "编号"),
    ],
)
def test_what_stands_twice_is_told_also_where_a_row_has_other_faults(
    kind: str, header: str, rows: tuple[str, str], column: str
) -> None:
    found = KINDS[kind][0](csv_of(*rows, header=header), datum="wgs84").faults
    assert [(fault.row, fault.column) for fault in found if fault.code.endswith(".twice")] == [(3, column)]
    assert 2 in {fault.row for fault in found}
