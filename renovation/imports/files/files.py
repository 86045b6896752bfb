"""One door for every kind of file: what it is, is seen from its bytes and not from its name."""

from __future__ import annotations

from pathlib import PurePosixPath

from renovation.imports.files import archives, kinds
from renovation.imports.files.geodata import geodata, kml
from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import Sheet
from renovation.imports.files.textfiles import read_text
from renovation.imports.files.workbooks import workbooks

MAX_BYTES = 100_000_000
#: What may lie alone in a zip, as mail programs and download pages pack it.
_TABLES = {".xlsx", ".xlsm", ".csv", ".txt", ".geojson", ".json", ".gpkg"}


def read_file(data: bytes, findings: Findings, *, layer: str | None = None) -> list[Sheet]:
    """Read any file the tool takes; faults are noted in ``findings``, and an empty list means nothing could be read.

    Parameters
    ----------
    layer
        The layer of a GeoPackage or the Shapefile in a zip; a workbook's sheet is chosen later, by its headings.
    """
    try:
        return _read(data, findings, layer)
    except UnreadableError as error:
        # What stops the reading of a whole file may still stand in one feature of it.
        findings.refuse(error, Place(feature=error.fields.get("feature")))
        return []


def _read(data: bytes, findings: Findings, layer: str | None, *, is_packed: bool = False) -> list[Sheet]:
    if not data:
        raise UnreadableError("file.empty")
    if len(data) > MAX_BYTES:
        raise UnreadableError("file.too_large", megabytes=MAX_BYTES // 10**6)
    if kml.is_kml(data):
        return [kml.read_kml(data, findings)]
    kinds.refuse_others(data)
    if data.startswith(b"PK"):
        archive = archives.opened(data)
        if workbooks.is_workbook(archive):
            return workbooks.read_workbook(archive, findings, wanted=layer)
        if geodata.shapefiles_in(archive):
            sheet = geodata.read_shapefile(archive, findings, layer=layer)
            return [sheet] if sheet is not None else []
        if (marked := kml.kml_in(archive)) is not None:
            return [kml.read_kml(marked, findings)]
        inside = [name for name in archives.names(archive) if PurePosixPath(name).suffix.lower() in _TABLES]
        if len(inside) == 1 and not is_packed:
            return _read(archives.content(archive, archives.names(archive)[inside[0]]), findings, layer, is_packed=True)
        if len(inside) > 1:
            raise UnreadableError("archive.several", names=tuple(PurePosixPath(name).name for name in inside[:10]))
        raise UnreadableError(archives.kind_of(archive))
    if data.startswith(b"SQLite format 3\x00"):
        sheets = geodata.read_geopackage(data, findings, layer=layer)
        if not sheets:
            raise UnreadableError("geopackage.no_layers")
        if len(sheets) > 1:
            raise UnreadableError("geopackage.several", names=tuple(s.name or "" for s in sheets))
        return sheets
    if data[:400].lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return [geodata.read_geojson(data, findings)]
    return [read_text(data, findings)]
