"""Commands of places: who gains from facilities, and files in (:mod:`renovation.cli.imports`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renovation.cli import imports
from renovation.cli.answers import OPERATOR, Format, FormatOption, opened_store, print_json, refusals, terminal_language
from renovation.cli.imports import REFUSED, parse, read_bytes
from renovation.errors import ImportRefusedError
from renovation.text import Language, both, text
from renovation.text.formats import format_percent

if TYPE_CHECKING:
    from renovation.geo.service_area import ServiceArea
    from renovation.imports.register.facilities import FacilityRow
    from renovation.model.places import Facility


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    imports.register(app)
    app.command("coverage")(coverage)


def coverage(
    facility: Annotated[str, typer.Option(help="kind of facility, as the file of facilities names it")],
    metres: Annotated[float, typer.Option(help="distance that counts as served")],
    candidates: Annotated[Path, typer.Option(help="file of candidate places")],
    facilities: Annotated[Path | None, typer.Option(help="file of existing facilities, else the store's")] = None,
    homes: Annotated[Path | None, typer.Option(help="file of estates with households, else the store's")] = None,
    streets: Annotated[Path | None, typer.Option(help="file of streets, to measure walking distance")] = None,
    datum: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or EPSG:n, of all files")] = "cgcs2000",
    format_: FormatOption = Format.TABLE,
) -> None:
    """Say how many households have a facility within reach, and how many each candidate would add."""
    import numpy as np
    import shapely

    from renovation.geo.service_area import service_area

    language = terminal_language()
    with refusals(language, status=REFUSED):
        planned = _read("facilities", candidates, datum, kinds_required=False)
        existing = (
            [f for f in _read("facilities", facilities, datum) if f.kind == facility]
            if facilities is not None
            else _stored_facilities(facility)
        )
        places, households = _homes_in(homes, datum) if homes is not None else _stored_homes()
        lines = None
        if streets is not None:
            read = _read("streets", streets, datum)
            lines = np.array([shapely.from_wkb(line.geometry) for line in read], dtype=object)
        found = service_area(
            np.array(places, dtype=float),
            households,
            np.array([(f.lon, f.lat) for f in existing], dtype=float),
            np.array([(f.lon, f.lat) for f in planned], dtype=float),
            metres=metres,
            streets=lines,
        )
    if not existing:
        kinds = tuple(_kinds(facilities, datum)) or "–"
        typer.echo(text("command.coverage.no_such", language, facility=facility, kinds=kinds), err=True)
    report = _report(facility, found, planned, len(existing))
    if format_ is Format.JSON:
        print_json(report)
    else:
        typer.echo(_table(report, language))


def _read(kind: str, file: Path, datum: str, **options: Any) -> tuple[Any, ...]:
    found = parse(kind, read_bytes(file), datum=datum, **options)
    if found.faults:
        raise ImportRefusedError(found.faults)
    return found.records


def _homes_in(file: Path, datum: str) -> tuple[Any, Any]:
    """Return places and households of an estate file; estates without either count for nothing."""
    import shapely

    estates = [e for e in _read("estates", file, datum) if e.geometry is not None and e.households]
    inside = [shapely.point_on_surface(shapely.from_wkb(e.geometry)) for e in estates]
    return [(p.x, p.y) for p in inside], [e.households for e in estates]


def _stored_homes() -> tuple[Any, Any]:
    """Return places and households of the register."""
    from renovation.services.register.coverage import homes

    with opened_store() as store:
        lived = homes(store, OPERATOR)
    return lived.places, lived.households


def _stored_facilities(kind: str) -> Sequence[Facility]:
    from renovation.services.register.facilities import list_facilities

    with opened_store() as store:
        return list_facilities(store, OPERATOR, kind)


def _kinds(file: Path | None, datum: str) -> Sequence[str]:
    """Return the kinds of facilities that there are."""
    if file is not None:
        return sorted({place.kind for place in _read("facilities", file, datum)})
    from renovation.services.register.facilities import facility_kinds

    with opened_store() as store:
        return facility_kinds(store, OPERATOR)


def _report(facility: str, found: ServiceArea, planned: tuple[FacilityRow, ...], existing: int) -> dict[str, Any]:
    order = sorted(range(len(planned)), key=lambda i: (-int(found.gains[i]), i))
    rank = {place: number for number, place in enumerate(order, 1)}
    return {
        "facility": facility,
        "metres": found.metres,
        "distance": found.way.value,
        "households": found.households,
        "facilities": existing,
        "covered": found.covered,
        "share": None if found.share is None else float(found.share),
        "candidates": [
            {
                "id": place.code or str(place.row),
                "name": place.name,
                "lon": place.lon,
                "lat": place.lat,
                "gain": int(found.gains[i]),
                "share_with": None if (share := found.share_with(i)) is None else float(share),
                "rank": rank[i],
                "text": both(
                    f"command.coverage.gain_{found.way.value}",
                    name=place.name or place.code or str(place.row),
                    count=int(found.gains[i]),
                    metres=f"{found.metres:g}",
                ),
            }
            for i, place in enumerate(planned)
        ],
    }


def _table(report: dict[str, Any], language: Language) -> str:
    share = report["share"]
    lines = [
        text(
            f"command.coverage.now_{report['distance']}",
            language,
            facility=report["facility"],
            metres=f"{report['metres']:g}",
            covered=report["covered"],
            households=report["households"],
            share="–" if share is None else format_percent(share, language),
        )
    ]
    ranked = sorted(report["candidates"], key=lambda c: c["rank"])
    lines += [f"{c['rank']:>3}  {c['text'][language.value]}" for c in ranked]
    return "\n".join(lines)
