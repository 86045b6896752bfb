"""Coverage out: candidates with their gains, or homes with who serves them, under the present question and choice."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import shapely

from renovation.exports.files.geodata import PlaceLayer
from renovation.exports.files.tables import Exported, TableSheet
from renovation.exports.register.places import PlaceFormat, place_file
from renovation.geo.gains import Coverage, CoverageOutcome
from renovation.model.accounts import Action, Actor, require
from renovation.model.money import yuan
from renovation.model.places import Datum
from renovation.text import Language, text


class CoverageContent(StrEnum):
    """What a file of coverage lists."""

    CANDIDATES = "candidates"
    HOMES = "homes"


def export_coverage(
    actor: Actor | None,
    found: Coverage,
    then: CoverageOutcome,
    content: CoverageContent,
    format_: PlaceFormat,
    *,
    datum: str = Datum.CGCS2000,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return candidates or homes as a file; a workbook also holds the streets and the conditions."""
    require(actor, Action.SEE_REGISTER)
    make = _candidates if content is CoverageContent.CANDIDATES else _homes
    return place_file(
        make(found, then, language),
        format_,
        datum=str(datum),
        language=language,
        outlines=True,
        more=[_streets(then, language), _conditions(found, then, language)],
    )


def _headings(names: tuple[str, ...], language: Language | str) -> list[str]:
    return [text(f"coverage.column.{name}", language) for name in names]


def _yes(value: bool, language: Language | str) -> str:
    return text("coverage.export.yes" if value else "coverage.export.no", language)


def _candidates(found: Coverage, then: CoverageOutcome, language: Language | str) -> PlaceLayer:
    names = ("code", "project", "estate", "street", "cost", "gain", "still", "share_with", "chosen")
    order = then.ranking()
    rows = []
    for at in order:
        one = found.candidates[at]
        rows.append(
            [
                one.code,
                one.name,
                one.estate_name,
                one.street_name,
                yuan(one.cost),
                int(found.area.gains[at]),
                None if at in then.chosen else int(then.gains[at]),
                found.area.share_with(at),
                _yes(at in then.chosen, language),
            ]
        )
    return PlaceLayer(
        name=text("coverage.export.name_candidates", language),
        headings=_headings(names, language),
        rows=rows,
        geometries=[shapely.to_wkb(shapely.Point(found.candidates[at].lon, found.candidates[at].lat)) for at in order],
    )


def _homes(found: Coverage, then: CoverageOutcome, language: Language | str) -> PlaceLayer:
    lived = found.homes
    words = {name: text(f"coverage.map.{name}", language) for name in ("covered", "gained", "uncovered")}
    rows: list[list[Any]] = []
    for at in range(len(lived.households)):
        state = "covered" if found.area.is_covered[at] else "gained" if then.is_covered[at] else "uncovered"
        rows.append(
            [
                lived.estate_names.get(int(lived.estate_ids[at]), ""),
                found.street_names.get(int(lived.street_ids[at]), ""),
                int(lived.households[at]),
                words[state],
            ]
        )
    return PlaceLayer(
        name=text("coverage.export.name_homes", language),
        headings=_headings(("estate", "street", "households", "state"), language),
        rows=rows,
        geometries=[bytes(wkb) if isinstance(wkb, bytes) else bytes.fromhex(wkb) for wkb in lived.outlines],
    )


def _streets(then: CoverageOutcome, language: Language | str) -> TableSheet:
    return TableSheet(
        name=text("coverage.export.streets", language),
        headings=_headings(("street", "households", "now", "then"), language),
        rows=[
            [one.name or text("coverage.no_street", language), one.households, one.now, one.then]
            for one in then.streets
        ],
    )


def _conditions(found: Coverage, then: CoverageOutcome, language: Language | str) -> TableSheet:
    area = found.area
    lines: list[tuple[str, Any]] = [
        ("kind", found.kind_name(language)),
        ("metres", area.metres),
        ("way", text(f"coverage.way_{area.way.value}", language)),
        ("facilities", len(found.facilities)),
    ]
    rows = [[text(f"coverage.{name}", language), value] for name, value in lines]
    rows += [
        [text("coverage.column.households", language), area.households],
        [text("coverage.now", language), area.share],
        [
            text("coverage.then", language, count=len(then.chosen)),
            then.share,
        ],
    ]
    return TableSheet(
        name=text("coverage.export.conditions", language),
        headings=_headings(("figure", "value"), language),
        rows=rows,
    )
