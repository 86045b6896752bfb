"""Files in and coverage, from the command line."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import shapely
import typer
from hostile_files import SQUARE, book, dbf, packed
from typer.testing import CliRunner

from renovation.cli import places
from renovation.cli.answers import opened_store
from renovation.exports.files.geodata import PlaceLayer, shapefile
from renovation.store import audit


@pytest.fixture
def run(tmp_path, monkeypatch):
    # A store of its own: what lies in the checkout is somebody's data.
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    app = typer.Typer()
    places.register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def _estates(tmp_path, rows: str):
    file = tmp_path / "小区.csv"
    file.write_text(f"小区名称,户数,经度,纬度\n{rows}", encoding="utf-8-sig")
    return file


@pytest.mark.parametrize(
    ("rows", "verdict", "status"),
    [
        ("糖厂三号,300,114.41,23.11\n", "OK", 0),
        ("糖厂三号,300户,114.41,23.11\n", "OK_NORMALISED", 0),
        ("糖厂三号,x,23.11,114.41\n", "REFUSE", 2),
    ],
)
def test_a_dry_run_says_what_would_happen(run, tmp_path, rows, verdict, status):
    done = run("import", "estates", _estates(tmp_path, rows), "--datum", "wgs84", "--dry-run", "--format", "json")
    assert done.exit_code == status
    said = json.loads(done.stdout)
    assert said["verdict"] == verdict
    assert (said["rows"], said["imported"]) == (1, 0)
    if verdict == "REFUSE":
        assert {(f["row"], f["column"]) for f in said["faults"]} == {(2, "户数"), (2, "经度")}
        assert all(set(f["text"]) == {"zh-CN", "en"} for f in said["faults"])


def test_a_warning_needs_a_yes(run, tmp_path):
    boundary = tmp_path / "边界.geojson"
    square = [[114.5, 23.2], [114.6, 23.2], [114.6, 23.3], [114.5, 23.2]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}}
    boundary.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    file = _estates(tmp_path, "糖厂三号,300,114.41,23.11\n")
    done = run("import", "estates", file, "--datum", "wgs84", "--boundary", boundary, "--dry-run", "--format", "json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["faults"][0]["code"] == "geometry.outside_boundary"
    done = run("import", "estates", file, "--datum", "wgs84", "--boundary", boundary, "--dry-run", "--yes")
    assert done.exit_code == 0


BOW_TIE = [[[114.4, 23.1], [114.5, 23.2], [114.5, 23.1], [114.4, 23.2], [114.4, 23.1]]]


@pytest.mark.parametrize(
    ("outline", "code"),
    [
        (None, "geometry.missing"),
        ({"type": "Polygon", "coordinates": BOW_TIE}, "geometry.self_crossing"),
        ({"type": "Point", "coordinates": [114.4, 23.1]}, "geometry.wrong_type"),
        (b"\xff\xd8\xff\xe0", "file.picture"),
        (b"", "file.empty"),
    ],
)
def test_an_outline_of_the_project_is_looked_at_like_any_other_file(run, tmp_path, outline, code):
    boundary = tmp_path / "边界.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": outline}
    whole = {"type": "FeatureCollection", "features": [feature]} if not isinstance(outline, bytes) else None
    boundary.write_bytes(outline if whole is None else json.dumps(whole).encode())
    file = _estates(tmp_path, "糖厂三号,300,114.41,23.11\n")
    done = run("import", "estates", file, "--datum", "wgs84", "--boundary", boundary, "--dry-run", "--format", "json")
    assert done.exit_code == 2
    assert [fault["code"] for fault in json.loads(done.stdout)["faults"]] == [code]


def test_columns_can_be_named_by_hand(run, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("楼盘=名,户数\n糖厂三号,300\n", encoding="utf-8")
    options = ["--datum", "wgs84", "--dry-run", "--format", "json"]
    assert run("import", "estates", file, *options).exit_code == 2
    done = run("import", "estates", file, *options, "--map", "楼盘=名=name")
    assert json.loads(done.stdout)["verdict"] == "OK"
    assert run("import", "estates", file, *options, "--map", "楼盘").exit_code == 2


def test_a_missing_file_and_an_unknown_datum(run, tmp_path):
    assert run("import", "estates", tmp_path / "no.csv", "--datum", "wgs84").exit_code == 2
    file = _estates(tmp_path, "糖厂三号,300,114.41,23.11\n")
    assert run("import", "estates", file, "--datum", "beijing54").exit_code == 2


def test_what_cannot_be_read_is_a_refusal_in_the_same_shape(run, tmp_path):
    for extra in ([], ["--map", "户数"]):
        result = run("import", "estates", tmp_path / "absent.csv", "--datum", "wgs84", "--format", "json", *extra)
        report = json.loads(result.stdout)
        assert (result.exit_code, report["verdict"], report["imported"]) == (2, "REFUSE", 0)
        assert set(report["faults"][0]["text"]) == {"zh-CN", "en"}


def test_coverage_from_files(run, tmp_path):
    homes = _estates(tmp_path, "糖厂三号,300,114.41,23.11\n群芳苑,200,114.45,23.11\n")
    facilities, candidates = tmp_path / "设施.csv", tmp_path / "备选.csv"
    facilities.write_text(
        "名称,类别,经度,纬度\n一站,养老服务站,114.411,23.11\n二站,公厕,114.45,23.11\n", encoding="utf-8"
    )
    candidates.write_text("编号,名称,经度,纬度\nA,远,114.6,23.3\nB,近,114.451,23.11\n", encoding="utf-8")
    done = run(
        "coverage", "--facility", "养老服务站", "--metres", 500, "--homes", homes, "--facilities", facilities,
        "--candidates", candidates, "--format", "json",
    )  # fmt: skip
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert (said["households"], said["covered"], said["distance"]) == (500, 300, "straight")
    assert [(c["id"], c["gain"], c["rank"]) for c in said["candidates"]] == [("A", 0, 2), ("B", 200, 1)]
    assert said["candidates"][1]["share_with"] == 1.0
    table = run("coverage", "--facility", "公厕", "--metres", 500, "--homes", homes, "--candidates", candidates)
    assert "近" in table.stdout


def test_the_whole_way_into_a_store_and_out_as_coverage(run, tmp_path, monkeypatch):
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    options = ["--datum", "wgs84", "--format", "json"]
    file = _estates(tmp_path, "糖厂三号,300,114.41,23.11\n群芳苑,200,114.45,23.11\n")
    done = run("import", "estates", file, *options)
    assert (done.exit_code, json.loads(done.stdout)["imported"]) == (0, 2)
    again = run("import", "estates", file, *options)
    assert again.exit_code == 2
    assert json.loads(again.stdout)["verdict"] == "REFUSE"
    facilities, candidates, demands = tmp_path / "设施.csv", tmp_path / "备选.csv", tmp_path / "诉求.csv"
    facilities.write_text("名称,类别,经度,纬度\n一站,养老服务站,114.411,23.11\n", encoding="utf-8")
    candidates.write_text("编号,名称,经度,纬度\nB,近,114.451,23.11\n", encoding="utf-8")
    demands.write_text("小区,内容\n糖厂三号,路灯不亮\n", encoding="utf-8")
    assert run("import", "facilities", facilities, *options).exit_code == 0
    assert run("import", "demands", demands, *options).exit_code == 0
    done = run("coverage", "--facility", "养老服务站", "--metres", 500, "--candidates", candidates, "--format", "json")
    said = json.loads(done.stdout)
    assert (said["households"], said["covered"], said["candidates"][0]["gain"]) == (500, 300, 200)


def test_an_estate_that_comes_again_needs_a_yes(run, tmp_path):
    options = ["--datum", "wgs84", "--format", "json"]
    file = tmp_path / "小区.csv"
    file.write_text("编码,小区名称,户数\nE1,糖厂三号,300\n", encoding="utf-8")
    assert run("import", "estates", file, *options).exit_code == 0
    file.write_text("编码,小区名称,户数\nE1,糖厂三号,310\n", encoding="utf-8")
    for more in (["--dry-run"], []):
        done = run("import", "estates", file, *options, *more)
        said = json.loads(done.stdout)
        assert (done.exit_code, said["verdict"], said["imported"]) == (3, "WARN", 0)
        (change,) = said["changes"]
        assert (change["row"], change["before"], change["after"]) == (2, {"households": "300"}, {"households": "310"})
        assert set(change["text"]) == {"zh-CN", "en"}
    done = run("import", "estates", file, *options, "--yes")
    assert (done.exit_code, json.loads(done.stdout)["imported"]) == (0, 1)
    assert run("import", "estates", file, *options).exit_code == 0


def test_a_refused_file_stands_in_the_log(run, tmp_path):
    assert run("import", "estates", _estates(tmp_path, "一,1,114.41,23.11\n"), "--datum", "wgs84").exit_code == 0
    bad = _estates(tmp_path, "二,x,114.41,23.11\n")
    assert run("import", "estates", bad, "--datum", "wgs84", "--dry-run").exit_code == 2
    assert run("import", "estates", bad, "--datum", "wgs84").exit_code == 2
    with opened_store() as store, store.read() as connection:
        assert [entry.act for entry in audit.entries(connection, act="import.")] == ["import.take", "import.refuse"]


def _messy_estates() -> bytes:
    return book(
        ["惠城区老旧小区摸底表"],
        [*["街道", "小区编码", "小区名称", "建成年代", "户数", "建筑面积", "维修资金余额（万元）"],
         *["百度经度", "百度纬度", "经度(WGS84)", "纬度(WGS84)"]],
        ["桥东街道", "E1", "荔香苑", "1995年", "300户", "1.2万㎡", "3.5", "114.4216", "23.1134", 114.41, 23.11],
        [None, "E2", "桂景阁", "1988", "120", "8900平方", "暂无数据", "114.4316", "23.1234", 114.42, 23.12],
        ["江北街道", "E3", "榕荫里", "2001年6月", 80, 5000, "12000元", "114.4316", "23.1234", 114.42, 23.13],
        ["合计", None, None, None, 500],
        ["填表人：张三"],
        prepare=lambda made: (made.active.merge_cells("A1:K1"), made.active.merge_cells("A3:A4")),
    )  # fmt: skip


def _shapefile_of_a_street() -> bytes:
    line = shapely.to_wkb(shapely.LineString([(114.41, 23.11), (114.42, 23.11)]))
    layer = PlaceLayer(name="x", headings=["a"], rows=[["x"]], geometries=[line])
    made = zipfile.ZipFile(io.BytesIO(shapefile(layer, datum="cgcs2000")[2]))
    parts = {name: made.read(name) for name in made.namelist() if not name.endswith((".csv", ".cpg", ".dbf"))}
    return packed(parts | {"x.dbf": dbf(["路名".encode("gbk")], [["下角东路".encode("gbk")]])})


def test_every_kind_as_planners_have_it(run, tmp_path):
    outline = {"type": "Polygon", "coordinates": [SQUARE]}
    files = {
        ("estates", "小区.xlsx", "wgs84"): _messy_estates(),
        ("demands", "诉求.csv", "wgs84"): (
            "工单号,小区,类别,内容,百度经度,百度纬度,经度（WGS84）,纬度（WGS84）\n"
            "001,荔香苑,电梯,想装电梯,114.4216,23.1134,114.41,23.11\n"
        ).encode("gb18030"),
        ("facilities", "设施.geojson", "wgs84"): json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"名称": "公园", "类别": "口袋公园"}, "geometry": outline}]}).encode(),
        ("streets", "道路.zip", "cgcs2000"): _shapefile_of_a_street(),
    }  # fmt: skip
    told = {}
    for (kind, name, datum), content in files.items():
        (tmp_path / name).write_bytes(content)
        done = run("import", kind, tmp_path / name, "--datum", datum, "--format", "json")
        said = told[kind] = json.loads(done.stdout)
        assert set(said) == {"verdict", "rows", "imported", "recognised", "faults", "changes", "areas"}
        assert (done.exit_code, said["imported"], said["faults"]) == (0, said["rows"], []), said
    assert [told[kind]["verdict"] for kind in told] == ["OK_NORMALISED", "OK_NORMALISED", "OK", "OK"]
    changes = {(c["row"], c["column"]): c["text"]["zh-CN"] for c in told["estates"]["changes"]}
    assert changes[3, "建成年代"] == "“1995年”按 1995 导入。"
    assert changes[4, "维修资金余额（万元）"] == "“暂无数据”按没有数据导入。"
    assert changes[5, "维修资金余额（万元）"] == "“12000元”按 12,000 元 导入。"
    assert {c["code"] for c in told["estates"]["changes"]} >= {
        "column.pair_of_datum",
        "cells.merged",
        "row.total",
        "row.note",
    }
    again = run("import", "demands", tmp_path / "诉求.csv", "--datum", "wgs84", "--format", "json")
    said = json.loads(again.stdout)
    assert (again.exit_code, said["imported"], said["recognised"]) == (0, 0, 1)
    unnumbered = tmp_path / "无编号.csv"
    unnumbered.write_text("小区,内容\n荔香苑,积水\n")
    command = ("import", "demands", unnumbered, "--datum", "wgs84", "--format", "json")
    assert run(*command).exit_code == 0
    again = run(*command)
    said = json.loads(again.stdout)
    assert (again.exit_code, said["verdict"], said["imported"]) == (3, "WARN", 0)
    assert [fault["code"] for fault in said["faults"]] == ["import.same_file"]
    assert run(*command, "--yes").exit_code == 0


@pytest.mark.parametrize(
    ("kind", "rows", "places"),
    [
        ("demands", "小区,内容,日期\n没有的,一,2026-03-05\n荔香苑,,昨天\n",
         [(2, "小区", "demand.estate_unknown"), (3, "日期", "value.not_date"), (3, "内容", "demand.text_missing")]),
        ("facilities", "名称,类别,经度,纬度\n一,,23.11,114.41\n二,亭,114.41,\n",
         [(2, "经度", "geometry.swapped"), (2, "类别", "facility.kind_missing"), (3, "纬度", "geometry.half_a_pair")]),
        ("streets", "路名,wkt\n一,POINT(114 23)\n二,LINESTRING(114 23\n",
         [(2, "wkt", "geometry.wrong_type"), (3, "wkt", "geometry.bad_wkt")]),
    ],
)  # fmt: skip
def test_every_kind_is_refused_with_all_its_faults(run, tmp_path, kind, rows, places):
    file = tmp_path / "错.csv"
    file.write_bytes(rows.encode("gb18030"))
    done = run("import", kind, file, "--datum", "wgs84", "--format", "json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["verdict"], said["imported"]) == (2, "REFUSE", 0)
    assert [(f["row"], f["column"], f["code"]) for f in said["faults"]] == places
    wrong = run("import", kind, file, "--datum", "beijing54", "--format", "json")
    assert (wrong.exit_code, json.loads(wrong.stdout)["faults"][0]["code"]) == (2, "geo.datum_unknown")
