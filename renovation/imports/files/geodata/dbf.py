"""The attribute table of a Shapefile, byte by byte.

Chinese shapefiles come without a ``.cpg`` and in GBK, with field names cut to ten bytes in the middle of a character;
a reader that recodes names and values as it goes loses what this tells exactly.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import date

from renovation.imports.files.results import UnreadableError
from renovation.imports.files.sheets import Value

_CODE_PAGES = {0x4D: "gb18030", 0x7A: "gb18030", 0x86: "gb18030"}
#: Programs write these without asking; of Chinese names they say nothing, and the bytes are looked at instead.
_SAYS_NOTHING = {"iso88591", "88591", "88590", "latin1", "ansi1252", "1252", "cp1252"}
_CPG = {"utf8": "utf8", "65001": "utf8", "cp65001": "utf8"} | dict.fromkeys(
    ("gbk", "gb2312", "gb18030", "936", "cp936", "ansi936", "euccn"), "gb18030"
)
_FLAGS = dict.fromkeys((b"T", b"t", b"Y", b"y"), True) | dict.fromkeys((b"F", b"f", b"N", b"n"), False)
_CUT = 10
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{8}", re.ASCII)
_FRACTION = re.compile("[.eE]")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a ``.dbf`` holds, records that are marked as deleted as ``None``.

    ``cut`` has the raw bytes of names that fill all ten bytes; ``damaged`` the record and field of text that is none.
    """

    names: list[str]
    rows: list[list[Value] | None]
    encoding: str
    cut: dict[str, bytes]
    damaged: list[tuple[int, str]]

    @property
    def deleted(self) -> list[int]:
        """The numbers, from 1, of records marked as deleted: a program that packs the file would drop them."""
        return [number for number, row in enumerate(self.rows, 1) if row is None]


def read_dbf(data: bytes, *, code_page: str | None = None) -> Attributes:
    """Read every record in the order of the file, which is the order of its shapes.

    Parameters
    ----------
    code_page
        What the ``.cpg`` beside it says; ``None`` to look at the bytes.

    Raises
    ------
    UnreadableError
        ``shapefile.broken_dbf``, ``shapefile.unknown_encoding``.
    """
    if len(data) < 33:
        raise UnreadableError("shapefile.broken_dbf")
    count, header, width = struct.unpack_from("<IHH", data, 4)
    fields: list[tuple[bytes, str, int]] = []
    at = 32
    while at + 32 <= header and data[at : at + 1] != b"\r":
        raw, kind, length = data[at : at + 11].split(b"\x00")[0], chr(data[at + 11]), data[at + 16]
        fields.append((raw, kind, length))
        at += 32
    if not fields or sum(f[2] for f in fields) + 1 != width or header + count * width > len(data) + 1:
        raise UnreadableError("shapefile.broken_dbf")
    encoding = _encoding(code_page, data[29], data[header:])
    names, cut = [], {}
    for raw, _, _ in fields:
        # A name cut inside a character: what is left of the character says nothing.
        name = raw.decode(encoding, errors="ignore")
        names.append(name)
        if len(raw) >= _CUT - 1 and not raw.isascii():
            cut[name] = raw
    rows: list[list[Value] | None] = []
    damaged: list[tuple[int, str]] = []
    for number in range(count):
        start = header + number * width
        if data[start : start + 1] == b"*":
            rows.append(None)
            continue
        at = start + 1
        row: list[Value] = []
        for (_, kind, length), name in zip(fields, names, strict=True):
            try:
                row.append(_value(data[at : at + length], kind, encoding))
            except UnicodeDecodeError:
                damaged.append((len(rows) + 1, name))
                row.append(None)
            at += length
        rows.append(row)
    return Attributes(names, rows, encoding.upper().replace("UTF8", "UTF-8"), cut, damaged)


def _value(raw: bytes, kind: str, encoding: str) -> Value:
    if kind in "NF":
        text = raw.strip(b" \x00*").decode("ascii", errors="replace")
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            return text
        return float(text) if _FRACTION.search(text) else int(text)
    if kind == "D":
        text = raw.decode("ascii", errors="replace").strip(" \x00")
        try:
            return date.fromisoformat(text) if _DAY.fullmatch(text) else text or None
        except ValueError:
            return text
    if kind == "L":
        return _FLAGS.get(raw)
    return raw.rstrip(b" \x00").decode(encoding) or None


def _encoding(code_page: str | None, mark: int, body: bytes) -> str:
    label = (code_page or "").strip(" \t\r\n\x00\ufeff").casefold().replace("-", "").replace("_", "").replace(" ", "")
    if label and label not in _SAYS_NOTHING:
        if label not in _CPG:
            raise UnreadableError("shapefile.unknown_encoding", name=label[:20])
        return _CPG[label]
    if mark in _CODE_PAGES:
        return _CODE_PAGES[mark]
    try:
        # Values are padded, so characters of UTF-8 cut at a field's end are the exception, not the rule.
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf8"
