"""What a file is that no reader here takes, told from its bytes: each kind is refused by its own name.

A name's ending says nothing: a web page is called ``.xls``, a picture ``.xlsx``. What a person has to do differs by
what the file is, so there is a code for each thing to do.
"""

from __future__ import annotations

import re

from renovation.imports.files.results import UnreadableError

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
#: How a file begins → what it is.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "file.document"),
    (b"{\\rtf", "file.document"),
    (b"\x89PNG\r\n\x1a\n", "file.picture"),
    (b"\xff\xd8\xff", "file.picture"),
    (b"GIF8", "file.picture"),
    (b"II*\x00", "file.picture"),
    (b"MM\x00*", "file.picture"),
    (b"Rar!\x1a\x07", "file.packed"),
    (b"7z\xbc\xaf\x27\x1c", "file.packed"),
    (b"\x1f\x8b", "file.packed"),
    (b"BZh", "file.packed"),
    (b"\xfd7zXZ\x00", "file.packed"),
    (b"\x28\xb5\x2f\xfd", "file.packed"),
    (b"AC10", "file.drawing"),
    (b"AutoCAD Binary DXF", "file.drawing"),
    (b"\x00\x00\x27\x0a", "shapefile.alone"),
    (b"\x00\x01\x00\x00Standard ", "file.database"),
    (b"MZ", "file.program"),
    (b"\x7fELF", "file.program"),
)
#: What a container of Microsoft's says that it holds: the names of its streams are UTF-16.
_STREAMS = (
    ("EncryptedPackage", "file.encrypted_excel"),
    ("Workbook", "file.old_excel"),
    ("Book", "file.old_excel"),
    ("WordDocument", "file.document"),
    ("PowerPoint Document", "file.document"),
)
_MARKUP = (
    (rb"<html|<!doctype\s+html|<table|<meta|<head|<body", "file.web_page"),
    (rb"<gml:|<gpx|www\.opengis\.net", "file.map_markup"),
    (rb"urn:schemas-microsoft-com:office:spreadsheet|progid=.excel", "file.xml_excel"),
)
_SPACE = b"\xef\xbb\xbf \t\r\n"
_DXF = re.compile(rb"\s*(?:999[^\n]*\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\s*\r?\n")
#: Signs no text has: controls besides those that part lines, columns and pages.
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19\x1b-\x1f]")
_HEAD = 65_536


def refuse_others(data: bytes) -> None:
    """Refuse a file by what it is, if it is anything else than text, a zip or a GeoPackage.

    Raises
    ------
    UnreadableError
        ``file.database``, ``file.document``, ``file.drawing``, ``file.encrypted_excel``, ``file.map_markup``,
        ``file.markup``, ``file.not_text``, ``file.old_excel``, ``file.old_office``, ``file.packed``, ``file.picture``,
        ``file.program``, ``file.web_page``, ``file.xml_excel``; ``geopackage.not_one``, ``geopackage.truncated``;
        ``shapefile.alone``.
    """
    if data.startswith(_OLE):
        head = data[: 4 * 1024 * 1024]
        raise UnreadableError(
            next((code for name, code in _STREAMS if name.encode("utf-16-le") in head), "file.old_office")
        )
    for begins, code in _BEGINNINGS:
        if data.startswith(begins):
            raise UnreadableError(code)
    head = data[:_HEAD]
    if (head[:4] == b"RIFF" and head[8:12] == b"WEBP") or head[4:8] == b"ftyp" or _is_bitmap(data):
        raise UnreadableError("file.picture")
    if head[257:262] == b"ustar":
        raise UnreadableError("file.packed")
    if _is_dbf(data):
        raise UnreadableError("shapefile.alone")
    if data.startswith(b"SQLite format 3\x00"):
        _refuse_other_database(data)
        return
    if data.startswith(b"PK"):
        return
    stripped = head.lstrip(_SPACE)
    if stripped.startswith(b"<"):
        folded = stripped[:4096].lower()
        raise UnreadableError(next((code for sign, code in _MARKUP if re.search(sign, folded)), "file.markup"))
    if _DXF.match(head):
        raise UnreadableError("file.drawing")
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) > len(head) // 5
    if not is_utf16 and len(_CONTROLS.findall(head)) > len(head) / 50:
        raise UnreadableError("file.not_text")


def _is_bitmap(data: bytes) -> bool:
    return data.startswith(b"BM") and int.from_bytes(data[2:6], "little") == len(data)


def _is_dbf(data: bytes) -> bool:
    """Tell whether a file is the table of a shapefile, whose head says how long it is."""
    if len(data) < 33 or data[0] not in (0x03, 0x30, 0x83, 0x8B, 0xF5):
        return False
    count, header, width = (int.from_bytes(data[at : at + size], "little") for at, size in ((4, 4), (8, 2), (10, 2)))
    return header % 32 in (0, 1, 8) and abs(len(data) - header - count * width) <= 2


def _refuse_other_database(data: bytes) -> None:
    """Refuse a database of SQLite that is no GeoPackage, or not all of one."""
    size = int.from_bytes(data[16:18], "big")
    pages = int.from_bytes(data[28:32], "big")
    if (65_536 if size == 1 else size) * pages > len(data):
        raise UnreadableError("geopackage.truncated")
    if b"gpkg_contents" not in data:
        raise UnreadableError("geopackage.not_one")
