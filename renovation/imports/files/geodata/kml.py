"""KML and KMZ, as phones and online maps give places marked by hand: a row for every placemark, whatever its folder.

Parsed as it comes and never built as a tree; links to other files are not followed, and entities are refused.
"""

from __future__ import annotations

import html
import re
import zipfile
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

import shapely

from renovation.errors import RenovationError
from renovation.imports.files import archives
from renovation.imports.files.geodata.geodata import MAX_CELLS, MAX_POSITIONS, MAX_PROPERTIES, as_line, as_polygon
from renovation.imports.files.geodata.geodata import positions as as_positions
from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import Row, Sheet

#: How a placemark's own words are called; what stands in its ExtendedData keeps its names.
NAME, NOTE, FOLDER = "名称", "说明", "文件夹"
_DEPTH = 100
#: Signs of one name, note or value.
_LONGEST = 100_000
_WORDS = {"name", "description", "value", "SimpleData", "coordinates"}
_SHAPES = {"Point", "LineString", "Polygon"}
_TAG = re.compile(r"<[^<>]{0,1000}>")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DECLARED = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](gb2312|gbk|gb18030)[\"'][^>]*\?>", re.IGNORECASE)


def is_kml(data: bytes) -> bool:
    """Tell whether a file is KML, from how it begins."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<") and re.search(rb"<(?:\w+:)?kml[\s>]", head) is not None


def kml_in(archive: zipfile.ZipFile) -> bytes | None:
    """Return the places of a KMZ: the document that stands first in it."""
    found = [entry for shown, entry in archives.names(archive).items() if PurePosixPath(shown).suffix.lower() == ".kml"]
    return archives.content(archive, found[0]) if found else None


def read_kml(data: bytes, findings: Findings) -> Sheet:
    """Read all placemarks.

    Raises
    ------
    UnreadableError
        ``kml.broken``, ``kml.no_places``; ``geojson.too_many_cells``, ``geojson.too_many_positions``,
        ``geojson.too_many_properties``.
    """
    reader = _Reader(findings)
    if (said := _DECLARED.match(data)) is not None:
        data = data[said.end() :].decode("gb18030", "replace").encode()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnreadableError("kml.broken", line=error.lineno) from None
    if not reader.number:
        raise UnreadableError("kml.no_places")
    return Sheet(name=None, rows=reader.rows, features=True, headings=list(reader.headings))


class _Reader:
    """What has been read so far, and the placemark that is being read."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.rows: list[Row] = []
        self.headings: dict[str, int] = {}
        self.number = self._cells = self._positions = 0
        self._path: list[str] = []
        self._folders: list[str] = []
        self._said: list[str] | None = None
        self._length = 0
        self._key = ""
        self._own: dict[str, str] = {}
        self._parts: list[Any] = []
        self._lines: list[list[list[float]]] = []
        self._wrong: RenovationError | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _refuse(self, *_: Any) -> None:
        raise UnreadableError("kml.broken", line=self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        if len(self._path) > _DEPTH:
            self._refuse()
        if name in ("Folder", "Document"):
            self._folders.append("")
        elif name == "Placemark":
            self.number += 1
            self._own, self._parts, self._wrong = {}, [], None
        elif name in _SHAPES:
            self._lines = []
        if name in ("Data", "SimpleData"):
            self._key = attributes.get("name", "").strip()
        if name in _WORDS:
            self._said, self._length = [], 0

    def _text(self, words: str) -> None:
        if self._said is None:
            return
        self._length += len(words)
        if self._path[-1] != "coordinates" and self._length > _LONGEST:
            self._refuse()
        self._said.append(words)

    def _end(self, tag: str) -> None:
        name = self._path.pop()
        above = self._path[-1] if self._path else ""
        words = "".join(self._said).strip() if self._said is not None and name in _WORDS else ""
        if name in _WORDS:
            self._said = None
        if name == "coordinates":
            self._attempt(lambda: self._lines.append(self._line(words)))
        elif name == "name" and above in ("Folder", "Document"):
            self._folders[-1] = words if above == "Folder" else ""
        elif name in ("Folder", "Document"):
            self._folders.pop()
        elif "Placemark" in self._path:
            self._keep(name, above, words)
        elif name == "Placemark":
            self._close()

    def _keep(self, name: str, above: str, words: str) -> None:
        """Keep what an element of a placemark says."""
        if name in ("name", "description") and above == "Placemark":
            self._own[NAME if name == "name" else NOTE] = _plain(words)
        elif name in ("value", "SimpleData") and self._key:
            self._own[self._key] = _plain(words)
        elif name in _SHAPES:
            self._attempt(lambda: self._parts.append(self._shape(name)))

    def _attempt(self, act: Any) -> None:
        try:
            act()
        except UnreadableError as error:
            if error.code.startswith("geojson.too"):
                raise
            self._wrong = self._wrong or error

    def _line(self, words: str) -> list[list[float]]:
        found = []
        for position in words.split():
            self._positions += 1
            if self._positions > MAX_POSITIONS:
                raise UnreadableError("geojson.too_many_positions", limit=MAX_POSITIONS)
            said = position.rstrip(",").split(",")
            if not all(map(_NUMBER.fullmatch, said)):
                raise UnreadableError("geometry.not_numbers")
            if len(said) > 3:
                raise UnreadableError("geometry.bad_position")
            numbers = list(map(float, said))
            # Heights of nothing are what programs write that know none.
            found.append(numbers[:2] if numbers[2:3] == [0] else numbers[:3])
        return found

    def _shape(self, name: str) -> Any:
        if not self._lines or not all(self._lines):
            raise UnreadableError("geometry.empty")
        if name == "Point":
            return shapely.Point(as_positions(self._lines[0])[0])
        return as_line(as_positions(self._lines[0])) if name == "LineString" else as_polygon(self._lines)

    def _close(self) -> None:
        """Make a row of the placemark that has ended."""
        folder = "/".join(one for one in self._folders if one)
        cells: list[Any] = []
        for heading, words in (self._own | ({FOLDER: folder} if folder else {})).items():
            column = self.headings.setdefault(heading, len(self.headings))
            if column >= MAX_PROPERTIES:
                raise UnreadableError("geojson.too_many_properties", limit=MAX_PROPERTIES, feature=self.number)
            cells.extend([None] * (column + 1 - len(cells)))
            cells[column] = words or None
        self._cells += len(cells)
        if self._cells > MAX_CELLS:
            raise UnreadableError("geojson.too_many_cells", limit=MAX_CELLS, feature=self.number)
        if self._wrong is not None:
            self.findings.refuse(UnreadableError(self._wrong.code, **self._wrong.fields), Place(feature=self.number))
            return
        self.rows.append(Row(self.number, cells, _together(self._parts)))


def _plain(words: str) -> str:
    """Return words without the marks of a web page, as which map programs write notes."""
    if "<" not in words and "&" not in words:
        return words
    return " ".join(html.unescape(_TAG.sub(" ", words)).split())


def _together(parts: list[Any]) -> Any:
    """Return the shapes of one placemark as one."""
    if len(parts) < 2:
        return parts[0] if parts else None
    kinds = {part.geom_type for part in parts}
    several: dict[str, Any] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    return several[kinds.pop()](parts) if len(kinds) == 1 else shapely.GeometryCollection(parts)
