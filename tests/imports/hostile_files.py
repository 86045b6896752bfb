"""The files of docs/hostile-inputs.md, made when they are needed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import shapely

from renovation.exports.files.geodata import PlaceLayer, shapefile
from renovation.geo.crs import from_store

HEADER = "小区编码,小区名称,户数,维修资金余额"
COLUMNS = HEADER.split(",")
ROW = ["001", "糖厂三号", 300, 12000]
SQUARE = [[114.41, 23.11], [114.412, 23.11], [114.412, 23.112], [114.41, 23.112], [114.41, 23.11]]
OTHER = [[x + 0.05, y] for x, y in SQUARE]


def csv_of(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    return "\n".join([header, *rows, ""]).encode(encoding)


def book(*rows: list[Any], title: str = "清单", prepare: Callable[[Any], None] | None = None) -> bytes:
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    if prepare:
        prepare(made)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def rewritten(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one part changed."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry, change(content) if entry.filename == part else content)
    return buffer.getvalue()


def feature(coordinates: Any, kind: str = "Polygon", name: str = "甲", **members: Any) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"小区名称": name}, "geometry": geometry, **members}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False).encode()


def second(ring: Any) -> bytes:
    """Return a collection whose second feature is the bad one."""
    return collection(feature([OTHER]), feature(ring, name="乙"))


def one(cost: str) -> bytes:
    return csv_of(f'001,糖厂三号,300,"{cost}"')


def half_a_character() -> bytes:
    rows = [line.encode() for line in ["某区老旧小区清单,,,", HEADER, *(f"{n},小区{n},3,1" for n in range(3, 90))]]
    rows[56] = rows[56].replace("区".encode(), "区".encode()[:-1])
    return b"\n".join(rows)


def bomb() -> bytes:
    """Return a workbook of 100 kB whose sheet unpacks to 700 MB: one packed block, written 700 times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    stream = block * 700 + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    data = with_entry("xl/worksheets/sheet9.xml", content=stream)
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = data.rindex(mark)
        size = start + at + 14
        data = (
            data[: start + at]
            + b"\x08\x00"
            + data[start + at + 2 : size]
            + struct.pack("<I", 700_000_000)
            + data[size + 4 :]
        )
    return data


def entities() -> bytes:
    nested = b"".join(f'<!ENTITY {b} "{f"&{a};" * 10}">'.encode() for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    sheet = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + nested
    sheet += b"]><worksheet><sheetData><row><c t='str'><v>&i;</v></c></row></sheetData></worksheet>"
    return rewritten(book(COLUMNS, ROW), "xl/worksheets/sheet1.xml", lambda _: sheet)


def with_entry(name: str, mode: int = 0, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO(book(COLUMNS, ROW))
    with zipfile.ZipFile(buffer, "a") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return buffer.getvalue()


def error_cells() -> bytes:
    rows = [COLUMNS, ["1", "甲", 1, 70001], ["2", "乙", 70002, 1], ["3", "丙", 1, 70003]]
    data, shown = book(*rows), {b"70001": b"#REF!", b"70002": b"#DIV/0!", b"70003": b"#N/A"}

    def change(xml: bytes) -> bytes:
        for number, error in shown.items():
            xml = xml.replace(b't="n"><v>' + number, b't="e"><v>' + error)
        return xml

    return rewritten(data, "xl/worksheets/sheet1.xml", change)


def calendar(mac: bool) -> bytes:
    def prepare(made: Any) -> None:
        if mac:
            made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    return book(["小区", "内容", "受理日期"], ["荔香苑", "路灯不亮", date(2026, 3, 5)], prepare=prepare)


def merged() -> bytes:
    rows = [["街道", "小区名称"], ["江北街道", "a"], *([None, name] for name in "bcdef"), ["桥东街道", "g"]]
    return book(*rows, prepare=lambda made: made.active.merge_cells("A2:A7"))


def cover(made: Any) -> None:
    made.create_sheet("封面", 0)["B3"] = "惠城区老旧小区改造清单"


def alike(made: Any) -> None:
    page = made.create_sheet("清单2")
    page.append(COLUMNS)
    page.append(ROW)


def sawtooth() -> bytes:
    teeth = ",".join(["[114.%06d,23.1%d]" % (i, i % 2) for i in range(1_000_000)])  # noqa: UP031 - twice as fast
    ring = f"[[114.0,23.1],{teeth},[115,23],[114.0,23.1]]"
    body = json.dumps(feature([], name="甲"), ensure_ascii=False).replace(
        '"coordinates": []', f'"coordinates": [{ring}]'
    )
    return f'{{"type":"FeatureCollection","features":[{body}]}}'.encode()


def shifted(datum: str) -> bytes:
    place = shapely.box(114.41, 23.11, 114.4104, 23.1104)
    moved = from_store([place], datum=datum)[0]
    return collection(feature([list(map(list, moved.exterior.coords))]))


def dbf(names: list[bytes], rows: list[list[bytes]], width: int = 20) -> bytes:
    size = 1 + width * len(names)
    head = struct.pack("<BBBBIHH20x", 3, 100, 1, 1, len(rows), 33 + 32 * len(names), size)
    fields = b"".join(struct.pack("<11sc4xBB14x", n, b"C", width, 0) for n in names)
    return head + fields + b"\r" + b"".join(b" " + b"".join(v.ljust(width) for v in row) for row in rows) + b"\x1a"


def shape_parts() -> dict[str, bytes]:
    layer = PlaceLayer(name="x", headings=["a"], rows=[["x"]], geometries=[shapely.to_wkb(shapely.Polygon(SQUARE))])
    archive = zipfile.ZipFile(io.BytesIO(shapefile(layer, datum="cgcs2000")[2]))
    return {n: archive.read(n) for n in archive.namelist() if not n.endswith((".csv", ".cpg"))}


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def without(ending: str) -> Callable[[], bytes]:
    return lambda: packed({n: d for n, d in shape_parts().items() if not n.endswith(ending)})


def two_layers() -> bytes:
    parts = shape_parts()
    return packed(parts | {n.replace("x.", "y."): d for n, d in parts.items()})


CUT = "a维修资金余额".encode("gbk")[:10]


def gbk_cut() -> bytes:
    rows = [["糖厂三号".encode("gbk"), b"1200"]]
    return packed(shape_parts() | {"x.dbf": dbf(["小区名称".encode("gbk"), CUT], rows)})
