"""Estates out: the present filter as XLSX, CSV, GeoPackage, GeoJSON or Shapefile, in a chosen datum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from renovation.exports.files.geodata import PlaceLayer
from renovation.exports.files.tables import Exported
from renovation.exports.register.places import PlaceFormat, place_file
from renovation.model.accounts import Actor
from renovation.model.money import yuan
from renovation.model.places import Datum, Deficit, Estate, EstateFilter
from renovation.services.register.estates import find_estates
from renovation.services.register.places import list_areas
from renovation.store import Store
from renovation.text import Language, text
from renovation.text.formats import format_list


def export_estates(
    store: Store,
    actor: Actor | None,
    wanted: EstateFilter,
    format_: PlaceFormat,
    *,
    datum: str = Datum.CGCS2000,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the estates of a filter as a file; its headings are those the import understands.

    Parameters
    ----------
    datum
        What the file's coordinates refer to: a value of ``Datum`` or ``"EPSG:n"``.
    """
    found = find_estates(store, actor, wanted)
    areas = {area.id: (area.code, area.name) for area in list_areas(store, actor)}
    columns = {text(f"estate.column.{name}", language): read for name, read in _columns(areas, language).items()}
    layer = PlaceLayer.of(text("estate.export.layer", language), columns, found, lambda estate: estate.geometry)
    return place_file(layer, format_, datum=str(datum), language=language, outlines=True)


def _columns(areas: dict[int, tuple[str, str]], language: Language | str) -> dict[str, Callable[[Estate], Any]]:
    def named(area_id: int | None) -> str:
        return areas[area_id][1] if area_id in areas else ""

    def label(member: Any) -> str | None:
        return None if member is None else text(f"enum.{type(member).__name__}.{member.value}", language)

    def deficits(estate: Estate) -> str:
        return format_list(
            (text(f"enum.Deficit.{d.value}", language) for d in Deficit if d in estate.facts.deficits), str(language)
        )

    def fund(estate: Estate) -> Any:
        balance = estate.facts.maintenance_fund
        return None if balance is None else yuan(balance)

    def fact(name: str) -> Callable[[Estate], Any]:
        return lambda estate: getattr(estate.facts, name)

    return {
        "code": lambda e: e.code,
        "name": lambda e: e.name,
        "county": lambda e: named(e.county_id),
        "street": lambda e: named(e.street_id),
        "community": lambda e: named(e.community_id),
        "grid": lambda e: areas[e.grid_id][0] if e.grid_id in areas else "",
        "address": fact("address"),
        "built_year": fact("built_year"),
        "estate_type": lambda e: label(e.facts.estate_type),
        "management_form": lambda e: label(e.facts.management_form),
        "buildings": fact("buildings"),
        "units": fact("units"),
        "households": fact("households"),
        "floor_area_m2": fact("floor_area_m2"),
        "elderly_share": fact("elderly_share"),
        "floors_without_lift": fact("floors_without_lift"),
        "maintenance_fund": fund,
        "deficits": deficits,
        "willingness": fact("willingness"),
        "survey_coverage": fact("survey_coverage"),
        "status": lambda e: label(e.facts.status),
        "disputes": fact("disputes"),
        "note": fact("note"),
    }
