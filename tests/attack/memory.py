"""How much memory a hostile file takes: each is read in a process of its own, which tells its peak over being idle.

``python tests/attack/memory.py`` prints a line per file. With ``--ask`` it answers one name a line instead: what a
helper process took is told with the size of whoever started it, so that has to be a small process of its own.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

from PIL import Image

from renovation.errors import RenovationError
from renovation.imports.files.files import read_file
from renovation.imports.files.pictures.photos import clean_photo
from renovation.imports.files.results import Findings
from renovation.imports.polls.bundle import verify_bundle
from renovation.imports.polls.kit import open_envelope
from renovation.imports.polls.pabulib import read_pabulib
from renovation.imports.surveys.visits import parse_visits
from renovation.model.surveys import QuestionKind, SurveyQuestion
from renovation.services.surveys import phones

LIMIT = 300_000_000
_MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Bytes at the peak over what the process held when idle, of the reader or of what it started, and the verdict."""

    peak: int
    verdict: str


def _packed(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def _workbook(**parts: bytes) -> bytes:
    """Return a workbook whose parts may be replaced: ``sheet``, ``strings``, ``styles``."""
    import openpyxl

    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["小区编号", "小区名称"])
    book.save(out)
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
    with zipfile.ZipFile(out) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return _packed(entries | {names[part]: content for part, content in parts.items()})


_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _sheet(rows: bytes, dimension: bytes = b"A1") -> bytes:
    return b'<worksheet %s><dimension ref="%s"/><sheetData>%s</sheetData></worksheet>' % (_MAIN, dimension, rows)


def _features(*features: str) -> bytes:
    return ('{"type":"FeatureCollection","features":[' + ",".join(features) + "]}").encode()


_FEATURE = '{"type":"Feature","properties":{%s},"geometry":{"type":"Point","coordinates":[114.4,23.1]}}'


def _ring(count: int) -> str:
    ring = ",".join(f"[{114 + n / count:.7f},{23 + n % 2 / 10:.1f}]" for n in range(count))
    return (
        f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{ring},[114.0,23.0]]]}}}}'
    )


def _boxed(body: bytes) -> bytes:
    return b"renovation-box 2 abc %s - - %d %s\n" % (b"0" * 16, len(body), b"0" * 64) + body


def _png(width: int, height: int) -> bytes:
    """Return a picture of one colour that is small on disk and huge unpacked."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(1)
    line = b"\x00" + bytes(width * 4)
    body = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _picture(kind: str, width: int, height: int, mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    frames = [Image.new(mode, (width, height), shade) for shade in (10, 200)] if "save_all" in how else []
    more = {"append_images": frames[1:]} if frames else {}
    (frames[0] if frames else Image.new(mode, (width, height))).save(out, kind, **how, **more)
    return out.getvalue()


def _shapefile(shapes: int, rows: int) -> bytes:
    """Return a shapefile whose headers promise more than there is."""
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 2**30) + struct.pack("<2i4d4d", 1000, 5, *[0.0] * 8)
    shape = struct.pack(">2i", 1, 2**29) + struct.pack("<i4d2i", 5, 0, 0, 1, 1, 1, shapes)
    dbf = struct.pack("<4BIHH20x", 3, 126, 1, 1, rows, 65, 255) + b"NAME".ljust(11, b"\0") + b"C" + bytes(4) + b"\xfe"
    return _packed(
        {"a.shp": head + shape, "a.shx": head + struct.pack(">2i", 50, 2**29), "a.dbf": dbf + bytes(40), "a.prj": b""}
    )


def _geopackage() -> bytes:
    import sqlite3
    import tempfile
    from pathlib import Path

    import geopandas
    import shapely

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.gpkg"
        frame = geopandas.GeoDataFrame({"name": ["甲"]}, geometry=[shapely.Point(114, 23)], crs=4326)
        frame.to_file(file, layer="estates")
        raw = sqlite3.connect(file)
        with raw:
            for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                raw.execute(f'DROP TRIGGER "{name}"')
            raw.execute("ALTER TABLE estates ADD COLUMN filler BLOB")
            raw.execute("UPDATE estates SET filler = zeroblob(60000000), name = printf('%.*c', 20000000, 'x')")
        raw.close()
        return file.read_bytes()


def _nested(depth: int) -> bytes:
    inside = bytes(20 * _MEGABYTE)
    for level in range(depth):
        inside = _packed({f"{level}.zip" if level else "a.csv": inside})
    return inside


def _read(data: bytes) -> str:
    findings = Findings()
    sheets = read_file(data, findings)
    return f"{sum(len(sheet.rows) for sheet in sheets)} rows {[fault.code for fault in findings.all_faults()][:3]}"


_ASKED = tuple(SurveyQuestion(code=f"q{n}", kind=QuestionKind.WORDS) for n in range(30))


def _repeated(visits: int) -> bytes:
    """Return an export of a field team in which one form holds many doors, and all its answers count for each."""
    import openpyxl

    out = io.BytesIO()
    book = openpyxl.Workbook(write_only=True)
    forms, doors = book.create_sheet("form"), book.create_sheet("doors")
    forms.append(["_uuid", "_index", *(one.code for one in _ASKED)])
    forms.append(["u", 1, *["w" * 300] * len(_ASKED)])
    for line in (["_parent_index", "door"], *[[1, 7]] * visits):
        doors.append(line)
    book.save(out)
    return out.getvalue()


#: Name → reader and what makes the file.
FILES: dict[str, tuple[Callable[[bytes], object], Callable[[], bytes]]] = {
    "json: 1.2 MB of objects in a feature": (
        _read,
        lambda: _features(_FEATURE % f'"a":[{",".join(["{}"] * 400_000)}]'),
    ),
    "json: 40 MB of empty objects as features": (_read, lambda: _features(*["{}"] * 13_000_000)),
    "json: a million nested lists": (_read, lambda: b"[" * 1_000_000),
    "json: a million nested objects": (_read, lambda: b'{"a":' * 1_000_000),
    "json: 40 MB of numbers in one list": (_read, lambda: _features(_FEATURE % f'"a":[{"1," * 20_000_000}1]')),
    "json: 500 names, then 100,000 features": (
        _read,
        lambda: _features(_FEATURE % ",".join(f'"n{n}":1' for n in range(499)), *[_FEATURE % ""] * 100_000),
    ),
    "json: names of their own in each feature": (
        _read,
        lambda: _features(*(_FEATURE % f'"n{n}":1' for n in range(300_000))),
    ),
    "json: 800,000 corners": (_read, lambda: _features(_ring(800_000))),
    "json: 2,900,000 corners in 29 rings": (_read, lambda: _features(*[_ring(100_000)] * 29)),
    "json: one emoji in 60 MB": (_read, lambda: _features(_FEATURE % f'"a":"😀{"x" * 60_000_000}"')),
    "xlsx: 200,000 styles": (
        _read,
        lambda: _workbook(
            styles=b"<styleSheet %s><cellXfs>%s</cellXfs></styleSheet>"
            % (_MAIN, b"".join(b'<xf numFmtId="%d"/>' % n for n in range(200_000)))
        ),
    ),
    "xlsx: a million number formats": (
        _read,
        lambda: _workbook(
            styles=b"<styleSheet %s><numFmts>%s</numFmts></styleSheet>"
            % (_MAIN, b"".join(b'<numFmt numFmtId="%d" formatCode="0.00%d"/>' % (n, n) for n in range(200, 600_000)))
        ),
    ),
    "xlsx: a million shared strings": (
        _read,
        lambda: _workbook(
            strings=b"<sst %s>%s</sst>" % (_MAIN, b"".join(b"<si><t>%d</t></si>" % n for n in range(1_000_000)))
        ),
    ),
    "xlsx: a dimension of all cells": (
        _read,
        lambda: _workbook(sheet=_sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', b"A1:XFD1048576")),
    ),
    "xlsx: three million cells": (
        _read,
        lambda: _workbook(sheet=_sheet((b"<row>" + b"<c><v>1.5</v></c>" * 900 + b"</row>") * 3_300)),
    ),
    "xlsx: 290 MB of blanks": (_read, lambda: _workbook(sheet=_sheet(b" " * 290 * _MEGABYTE))),
    "xlsx: one cell of 100 MB": (
        _read,
        lambda: _workbook(
            sheet=_sheet(b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % (b"ab" * 50 * _MEGABYTE))
        ),
    ),
    "zip: a bomb": (_read, lambda: _packed({"a.csv": bytes(299 * _MEGABYTE)})),
    "zip: in a zip in a zip": (_read, lambda: _nested(4)),
    "zip: 60,000 entries": (_read, lambda: _packed({f"{n}.csv": b"" for n in range(60_000)})),
    "kmz: a picture of the world": (_read, lambda: _packed({"doc.kml": b"<kml>" + b"<a>" * 5_000_000})),
    "docx": (_read, lambda: _packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w>" * 5_000_000})),
    "shp: headers that lie": (_read, lambda: _shapefile(2**30, 2**31)),
    "shp: few shapes, many rows": (_read, lambda: _shapefile(1, 10**8)),
    "gpkg: huge blobs": (_read, _geopackage),
    "csv: one line of 50 MB": (_read, lambda: b"a" * 50 * _MEGABYTE),
    "csv: one quoted cell of 50 MB": (_read, lambda: b'a,b\n"' + b"x\n" * 25 * _MEGABYTE),
    "csv: 30 MB of commas": (_read, lambda: b"," * 1_900_000 + b"\n" + b",,\n" * 9_000_000),
    "csv: 399,999 rows": (_read, lambda: "编号,名称,备注\n".encode() + "E1,阳光花苑,共有三栋\n".encode() * 399_999),
    "pb: one line of 50 MB": (read_pabulib, lambda: b"META\nkey;value\nbudget;" + b"1" * 50 * _MEGABYTE),
    "pb: a vote of a million projects": (
        read_pabulib,
        lambda: (
            b"META\nkey;value\nbudget;10\nvote_type;approval\n"
            + b"PROJECTS\nproject_id;cost\n1;1\nVOTES\nvoter_id;vote\n1;"
            + b"1," * 450_000
            + b"1\n"
            + b"2;1\n" * 1_000_000
        ),
    ),
    "bundle: a bomb": (verify_bundle, lambda: _packed({"election.pb": bytes(299 * _MEGABYTE), "manifest.json": b"{}"})),
    "kit: 18 MB of objects": (
        # What is read of a file before its signature is known to be right.
        lambda data: open_envelope(data, "renovation-box"),
        lambda: _boxed(b'{"a":[' + b"{}," * 6 * _MEGABYTE + b"{}]}"),
    ),
    "visits signed by a phone: 19 MB of objects": (
        phones._opened,
        lambda: b'{"signed":"{}","sign":"","a":[' + b"{}," * 6_300_000 + b"{}]}",
    ),
    "visits of a field team: 90,000 rows of 30 answers": (
        lambda data: len(parse_visits(data, _ASKED)),
        lambda: (
            b"_uuid,door,"
            + ",".join(one.code for one in _ASKED).encode()
            + b"\n"
            + b"".join(b"u%d,7%s\n" % (n, b",w" * 30) for n in range(90_000))
        ),
    ),
    "visits of a field team: 29,000 in a repeat group of one row": (
        lambda data: len(parse_visits(data, _ASKED)),
        lambda: _repeated(29_000),
    ),
    "png: 200 megapixels in 1 MB": (clean_photo, lambda: _png(20_000, 10_000)),
    "png: just small enough": (clean_photo, lambda: _png(4_000, 4_000)),
    "png: one line of a million pixels": (clean_photo, lambda: _png(1_000_000, 2)),
    "jpeg: 100 megapixels": (clean_photo, lambda: _picture("JPEG", 12_000, 8_400)),
    "jpeg: just small enough, progressive": (clean_photo, lambda: _picture("JPEG", 7_500, 6_000, progressive=True)),
    "jpeg: just small enough": (clean_photo, lambda: _picture("JPEG", 8_000, 8_000)),
    "jpeg: cmyk": (clean_photo, lambda: _picture("JPEG", 8_000, 8_000, "CMYK")),
    "webp: just small enough": (clean_photo, lambda: _picture("WEBP", 3_700, 3_700, lossless=True)),
    "webp: 16,383 squared": (clean_photo, lambda: _picture("WEBP", 16_383, 1_000, lossless=True)),
    "webp: animated": (clean_photo, lambda: _picture("WEBP", 3_000, 3_000, save_all=True, lossless=True)),
    "png: animated": (clean_photo, lambda: _picture("PNG", 3_500, 3_500, save_all=True)),
    "gif: animated": (clean_photo, lambda: _picture("GIF", 8_000, 8_000, "L", save_all=True)),
    "tiff: 150 megapixels": (clean_photo, lambda: _picture("TIFF", 15_000, 10_000, "L", compression="tiff_deflate")),
}
#: What takes more than a few seconds to make or read, and is left to the script.
HEAVY = frozenset(
    {
        "json: 2,900,000 corners in 29 rings",
        "xlsx: three million cells",
        "csv: one quoted cell of 50 MB",
        "csv: 30 MB of commas",
        "visits of a field team: 90,000 rows of 30 answers",
    }
)


def _status(field: str) -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))


def measured(name: str) -> Taken:
    """Read one hostile file in a fork of this process, and return what it took at its peak (Linux)."""
    reader, make = FILES[name]
    data = make()
    receive, send = os.pipe()
    if (child := os.fork()) == 0:
        try:
            with open("/proc/self/clear_refs", "w", encoding="ascii") as peak:
                peak.write("5")
            idle = _status("VmRSS")
            try:
                verdict = str(reader(data))[:60]
            except RenovationError as error:
                verdict = str(error)[:60]
            except BaseException as error:  # whatever it is, it is told
                verdict = f"! {type(error).__name__}: {error}"[:80]
            own, started = _status("VmHWM") - idle, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
            os.write(send, pickle.dumps(Taken(peak=max(own, started), verdict=verdict)))
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as told:
        answer = told.read()
    os.waitpid(child, 0)
    return pickle.loads(answer) if answer else Taken(peak=sys.maxsize, verdict="! killed")


def answer() -> None:
    """Measure the files that are named on the standard input, one a line."""
    for line in sys.stdin:
        print(json.dumps(asdict(measured(line.strip()))), flush=True)


def main() -> int:
    """Print what every file takes; 1 if one takes too much."""
    import time

    is_over = False
    for name in FILES:
        began = time.monotonic()
        taken = measured(name)
        flag = "  OVER" if taken.peak > LIMIT or taken.verdict.startswith("!") else ""
        is_over |= bool(flag)
        print(
            f"{taken.peak / _MEGABYTE:8.0f} MB  {time.monotonic() - began:5.1f} s  {name}: {taken.verdict}{flag}",
            flush=True,
        )
    return int(is_over)


if __name__ == "__main__":
    sys.exit(answer() if sys.argv[1:] == ["--ask"] else main())
