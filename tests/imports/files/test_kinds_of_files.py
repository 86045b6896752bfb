"""Each file that cannot be read is refused by what it is, with a cure of its own; cut and garbled ones at any place."""

from __future__ import annotations

import codecs
import io
import itertools
import json
import sqlite3
import tarfile
import zipfile

import pytest
from hostile_files import book, dbf, packed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from renovation.imports.register.estates import parse_estates
from renovation.text import Language, fault_text

TABLE = "小区名称,户数\n里仁,300\n东平,200\n"


def ole(*streams: str) -> bytes:
    return (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(504)
        + b"".join(one.encode("utf-16-le") + bytes(64) for one in streams)
    )


def picture(kind: str) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (9, 9)).save(held, kind)
    return held.getvalue()


def tarball() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"a,b"))
    return held.getvalue()


def database(table: str) -> bytes:
    with sqlite3.connect(":memory:") as held:
        held.execute(f"CREATE TABLE {table} (name TEXT)")
        return held.serialize()


def locked() -> bytes:
    content = bytearray(packed({"a.csv": TABLE.encode()}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(book(["小区名称", "户数"], ["里仁", 300]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    content[at + 80 : at + 120] = bytes(40)
    return bytes(content)


FILES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "file.empty"),
    "blanks": (b" \r\n\t\n", "file.empty"),
    "an old workbook": (ole("Root Entry", "Workbook"), "file.old_excel"),
    "an older one": (ole("Root Entry", "Book"), "file.old_excel"),
    "a workbook with a password": (ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), "file.encrypted_excel"),
    "an old document": (ole("Root Entry", "WordDocument"), "file.document"),
    "another of Microsoft's": (ole("Root Entry", "__properties"), "file.old_office"),
    "a page called xls": (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><table>", "file.web_page"),
    "a table of a page": (b"<table border=1><tr><td>", "file.web_page"),
    "a table in XML": (b'<?xml?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "file.xml_excel"),
    "a cut KML": (b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">', "kml.broken"),
    "a KMZ without places": (packed({"doc.kml": b"<kml/>"}), "kml.no_places"),
    "a KML with entities": (b'<!DOCTYPE kml [<!ENTITY a "a">]><kml >&a;</kml>', "kml.broken"),
    "GPX": (b'<?xml version="1.0"?><gpx version="1.1">', "file.map_markup"),
    "XML": (b"<?xml version='1.0'?><rows/>", "file.markup"),
    "PDF": (b"%PDF-1.7\n", "file.document"),
    "RTF": (b"{\\rtf1\\ansi", "file.document"),
    "a Word file": (packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "file.document"),
    "ODS": (packed({"mimetype": b"x", "content.xml": b"<x/>"}), "archive.open_document"),
    "Numbers": (packed({"Index/Document.iwa": b"x"}), "archive.numbers"),
    "a zip in a zip": (packed({"inside.zip": packed({"a.csv": b"a"})}), "archive.packed_twice"),
    "an empty zip": (b"PK\x05\x06" + bytes(18), "archive.empty"),
    "a zip with a password": (locked(), "archive.encrypted"),
    "a zip of other things": (packed({"readme.md": b"x"}), "archive.nothing_known"),
    "a cut workbook": (book(["小区名称"], ["里仁"])[:-300], "archive.truncated"),
    "a damaged workbook": (damaged(), "archive.broken"),
    **{f"{kind} called xlsx": (picture(kind), "file.picture") for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF")},
    "WEBP": (picture("WEBP"), "file.picture"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(40), "file.picture"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "file.packed"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "file.packed"),
    "gz": (b"\x1f\x8b\x08\x00", "file.packed"),
    "tar": (tarball(), "file.packed"),
    "DWG": (b"AC1032\x00\x00", "file.drawing"),
    "DXF": (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "file.drawing"),
    "Access": (b"\x00\x01\x00\x00Standard ACE DB\x00", "file.database"),
    "a program": (b"MZ\x90\x00", "file.program"),
    "SHP alone": (b"\x00\x00\x27\x0a" + bytes(96), "shapefile.alone"),
    "SQLite": (database("demand"), "geopackage.not_one"),
    "a cut GeoPackage": (database("gpkg_contents")[:5000], "geopackage.truncated"),
    "a GeoPackage by name only": (database("gpkg_contents"), "geodata.broken"),
    "noise called gpkg": (bytes(range(1, 32)) * 40, "file.not_text"),
    "UTF-16 unmarked": (TABLE.encode("utf-16-le"), "text.utf16_unmarked"),
    "broken JSON": (b'{"type": "FeatureCollection", "features": [}', "geojson.broken"),
    "cut JSON": (b'{"type": "FeatureCollection", "features": [', "geojson.truncated"),
    "a list": (b"[1, 2]", "geojson.not_collection"),
    "lines of JSON": (b'{"type": "Feature", "properties": {}, "geometry": null}\n' * 2, "geojson.several"),
    "TopoJSON": (b'{"type": "Topology", "objects": {}}', "geojson.topology"),
    "JSON in GBK": ('{"type": "FeatureCollection", "name": "惠州"}'.encode("gb18030"), "geojson.not_utf8"),
    "half a character": ("小区名称\n里仁\n".encode()[:-2], "text.bad_encoding"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "code"), FILES.values(), ids=list(FILES))
def test_every_kind_is_refused_by_its_own_name(data: bytes, code: str) -> None:
    found = parse_estates(data, datum="wgs84")
    assert [fault.code for fault in found.faults] == [code]
    assert not found.records


def test_what_to_do_differs_where_the_code_does() -> None:
    faults = {code: parse_estates(data, datum="wgs84").faults[0] for data, code in FILES.values()}
    for language in Language:
        said = {code: fault_text(fault, language) for code, fault in faults.items()}
        alike = [pair for pair in itertools.combinations(said, 2) if said[pair[0]] == said[pair[1]]]
        assert not alike


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
def test_marked_and_usual_encodings_are_read(encoding: str) -> None:
    assert [one.name for one in parse_estates(TABLE.encode(encoding), datum="wgs84").records] == ["里仁", "东平"]


def whole_files() -> list[bytes]:
    geometry = {"type": "Point", "coordinates": [114.4, 23.1]}
    features = [{"type": "Feature", "properties": {"小区名称": "甲"}, "geometry": geometry}] * 3
    return [
        book(["小区名称", "户数"], *(["里仁", 300] for _ in range(30))),
        packed({"a.csv": TABLE.encode()}),
        json.dumps({"type": "FeatureCollection", "features": features}).encode(),
        codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
    ]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(whole_files()), st.floats(0, 1, exclude_max=True), st.binary(max_size=12))
def test_a_file_that_is_cut_or_garbled_anywhere_is_refused_or_read_and_never_falls(
    data: bytes, part: float, noise: bytes
) -> None:
    at = int(part * len(data))
    for bad in (data[:at], data[:at] + noise + data[at + len(noise) :]):
        found = parse_estates(bad, datum="wgs84")
        assert found.faults or found.records
        assert all(fault_text(fault, language) for fault in found.faults for language in Language)


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=400))
def test_no_bytes_at_all_make_a_reader_fall(data: bytes) -> None:
    assert parse_estates(data, datum="wgs84").faults


def test_a_parted_shapefile_is_told_by_its_table_too() -> None:
    assert [one.code for one in parse_estates(dbf([b"NAME"], [[b"a"]]), datum="wgs84").faults] == ["shapefile.alone"]
