"""Places out in the format and datum a person chose."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from renovation.exports.files.geodata import PlaceLayer, geojson, geopackage, place_rows, shapefile
from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.text import Language


class PlaceFormat(StrEnum):
    """What places can be written as."""

    XLSX = "xlsx"
    CSV = "csv"
    GPKG = "gpkg"
    GEOJSON = "geojson"
    SHP = "shp"

    @property
    def suffix(self) -> str:
        """The ending of the file's name; a Shapefile's parts travel in one archive."""
        return "zip" if self is PlaceFormat.SHP else self.value


def place_file(
    layer: PlaceLayer,
    format_: PlaceFormat,
    *,
    datum: str,
    language: Language | str,
    outlines: bool = False,
    more: Sequence[TableSheet] = (),
) -> Exported:
    """Return the layer as a file.

    Parameters
    ----------
    datum
        What the file's coordinates refer to: a value of ``Datum`` or ``"EPSG:n"``.
    outlines
        Whether a CSV also holds the geometry as WKT.
    more
        Sheets behind the first, of a workbook only.
    """
    match format_:
        case PlaceFormat.GPKG:
            return geopackage(layer, datum=datum)
        case PlaceFormat.GEOJSON:
            return geojson(layer, datum=datum)
        case PlaceFormat.SHP:
            return shapefile(layer, datum=datum)
    is_csv = format_ is PlaceFormat.CSV
    headings, rows = place_rows(layer, datum=datum, language=language, outlines=outlines and is_csv)
    if is_csv:
        return csv_table(layer.name, headings, rows)
    return workbook(layer.name, [TableSheet(name=layer.name, headings=headings, rows=rows), *more])
