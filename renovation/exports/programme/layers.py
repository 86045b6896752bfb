"""The chosen projects as a GeoPackage that QGIS opens in colour: one layer per kind of geometry, with its style."""

from __future__ import annotations

import shapely

from renovation.exports.files.geodata import PlaceLayer, geopackage_of
from renovation.exports.files.tables import Exported
from renovation.exports.programme.sheets import class_name
from renovation.exports.programme.source import ProgrammeFile, WorkLine
from renovation.exports.programme.styles import CLASS_COLOURS, layer_style
from renovation.text.units import unit_label

_KINDS = ("point", "line", "polygon")
_COLUMNS = (
    "number", "county", "street", "community", "estate", "work", "item_class", "quantity", "unit", "cost", "year",
    "households", "reason",
)  # fmt: skip


def works_layers(paper: ProgrammeFile, *, datum: str = "cgcs2000") -> Exported:
    """Return the projects by kind of geometry; those without one stand in the first layer, as rows."""
    by_kind: dict[str, list[WorkLine]] = {kind: [] for kind in _KINDS}
    without: list[WorkLine] = []
    for line in paper.works:
        if line.facts.geometry is None:
            without.append(line)
        else:
            dimension = shapely.get_dimensions(shapely.from_wkb(line.facts.geometry))
            by_kind[_KINDS[max(int(dimension), 0)]].append(line)
    used = [kind for kind in _KINDS if by_kind[kind]] or ["point"]
    by_kind[used[0]] += without
    headings = [paper.phrase(f"column.{name}") for name in _COLUMNS]
    classes = {class_name(paper, one): colour for one, colour in CLASS_COLOURS.items()}
    layers = []
    for kind in used:
        layer = PlaceLayer(
            name=paper.phrase(f"map.layer_{kind}"),
            headings=headings,
            rows=[_row(paper, line) for line in by_kind[kind]],
            geometries=[line.facts.geometry for line in by_kind[kind]],
        )
        style = layer_style(
            kind,
            class_field=paper.phrase("column.item_class"),
            classes=classes,
            label_field=paper.phrase("column.number"),
        )
        layers.append((layer, style))
    return geopackage_of(paper.phrase("map.layer"), layers, datum=datum)


def _row(paper: ProgrammeFile, line: WorkLine) -> list[object]:
    facts, estate = line.facts, line.estate
    return [
        line.number, estate.county, estate.street, estate.community, estate.name, facts.name,
        class_name(paper, facts.item_class), facts.quantity, unit_label(facts.unit, paper.language),
        paper.sum(facts.cost), line.year, estate.households, line.reason,
    ]  # fmt: skip
