"""Projects out: the present filter as XLSX, CSV, GeoPackage, GeoJSON or Shapefile, in a chosen datum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shapely

from renovation.exports.files.geodata import PlaceLayer
from renovation.exports.files.tables import Exported
from renovation.exports.register.places import PlaceFormat, place_file
from renovation.model.accounts import Actor
from renovation.model.money import yuan
from renovation.model.places import Datum
from renovation.model.projects import Project, ProjectFilter, ProjectRow
from renovation.services.projects.items import catalogue
from renovation.services.projects.projects import list_projects
from renovation.store import Store
from renovation.text import Language, text
from renovation.text.units import unit_label


def export_projects(
    store: Store,
    actor: Actor,
    wanted: ProjectFilter,
    format_: PlaceFormat,
    *,
    datum: str = Datum.CGCS2000,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the projects of a filter as a file, each with what was drawn of it, else its place.

    Parameters
    ----------
    datum
        What the file's coordinates refer to: a value of ``Datum`` or ``"EPSG:n"``.
    """
    found = list_projects(store, actor, wanted)
    names = {item.code: item.name(str(language)) for item in catalogue(store, actor)}
    columns = {text(key, language): read for key, read in _columns(names, language).items()}
    layer = PlaceLayer.of(text("project.export.layer", language), columns, found, lambda row: _place(row.project))
    return place_file(layer, format_, datum=str(datum), language=language, outlines=True)


def _place(one: Project) -> bytes | None:
    if one.geometry is not None:
        return one.geometry
    if one.lon is None or one.lat is None:
        return None
    return bytes(shapely.to_wkb(shapely.Point(one.lon, one.lat)))


def _columns(names: dict[str, str], language: Language | str) -> dict[str, Callable[[ProjectRow], Any]]:
    """Return heading's key → what stands below it; amounts are in yuan."""
    return {
        "project.column.code": lambda row: row.project.code,
        "project.column.name": lambda row: row.project.name,
        "project.export.item_code": lambda row: row.project.item_code,
        "project.column.item": lambda row: names.get(row.project.item_code, ""),
        "project.export.county": lambda row: row.county_name,
        "project.column.street": lambda row: row.street_name,
        "project.column.estate": lambda row: row.estate_name,
        "project.column.quantity": lambda row: row.project.quantity,
        "project.column.unit": lambda row: unit_label(row.project.unit, language),
        "project.export.cost": lambda row: yuan(row.project.cost),
        "project.export.cost_low": lambda row: yuan(row.project.cost_low),
        "project.export.cost_high": lambda row: yuan(row.project.cost_high),
        "project.column.upkeep": lambda row: yuan(row.project.upkeep_per_year),
        "project.column.upkeep_by": lambda row: row.project.upkeep_by,
        "project.column.demands": lambda row: row.demands,
        "project.column.supporters": lambda row: row.supporters,
        "project.column.status": lambda row: text(f"enum.ProjectStatus.{row.project.status.value}", language),
        "project.export.why": lambda row: row.project.why,
        "project.column.description": lambda row: row.project.description,
    }
