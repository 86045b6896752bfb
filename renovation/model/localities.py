"""What the lists of a locality say, as objects: deadlines, dispatch, holidays, the office, thresholds, deficits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.model.demands import DemandCategory
from renovation.model.gates import Threshold
from renovation.model.intake import DispatchRule, ReplyTemplate, Subtype
from renovation.model.items import Benchmark, BenchmarkBasis
from renovation.model.money import fen_from_yuan
from renovation.model.places import Deficit
from renovation.model.workdays import DayKind, Holiday, WorkCalendar

Line = Mapping[str, str]

_PARTED = re.compile("[;；、,，]")

#: Straight-line reach of a facility whose kind no list has: the five to ten minutes' walk of a 完整社区, in metres.
REACH_M = 500.0


class DeficitSide(StrEnum):
    """Which side of the city's health check 城市体检 a deficit belongs to: the dwelling's safety, or services."""

    SAFETY = "safety"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeficitRules:
    """Which deficits are matters of safety, and which items of the catalogue mend which."""

    safety: frozenset[Deficit]
    mends: Mapping[str, frozenset[Deficit]]

    @property
    def service(self) -> frozenset[Deficit]:
        """The deficits that are not matters of safety."""
        return frozenset(Deficit) - self.safety

    def mended(self, item_code: str, present: frozenset[Deficit]) -> frozenset[Deficit]:
        """Return which of an estate's deficits an item mends."""
        return self.mends.get(item_code, frozenset()) & present


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityKind:
    """A kind of facility; ``items`` are codes of catalogue items whose projects build one, ``metres`` its reach."""

    kind: str
    name_en: str
    items: tuple[str, ...]
    metres: float

    def name(self, language: str) -> str:
        """Return the name in a language of the catalogue."""
        return self.name_en if str(language) == "en" and self.name_en else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who issues the papers, and where people reach them; empty where nobody has said."""

    name: str = ""
    address: str = ""
    phone: str = ""
    person: str = ""
    hours: str = ""


#: Nobody has said yet who issues papers.
NOBODY = Office()


def subtypes_of(lines: Iterable[Line]) -> tuple[Subtype, ...]:
    """Return the sub-types of the categories and their deadlines."""
    return tuple(
        Subtype(
            category=DemandCategory(line["category"]),
            code=line["subtype"],
            name_zh=line["name_zh"],
            name_en=line["name_en"] or line["name_zh"],
            days=int(line["days"]),
            day_kind=DayKind(line["day_kind"]),
            source=line["source"],
        )
        for line in lines
    )


def dispatch_of(lines: Iterable[Line]) -> tuple[DispatchRule, ...]:
    """Return which department takes what where."""
    made: list[DispatchRule] = []
    for line in lines:
        values: dict[str, Any] = {**line, "category": DemandCategory(line["category"])}
        made.append(DispatchRule(**values))
    return tuple(made)


def replies_of(lines: Iterable[Line]) -> tuple[ReplyTemplate, ...]:
    """Return the replies people begin from."""
    return tuple(
        ReplyTemplate(
            code=line["code"],
            category=DemandCategory(line["category"]) if line["category"] else None,
            title_zh=line["title_zh"],
            text_zh=line["text_zh"],
            title_en=line["title_en"] or line["title_zh"],
            text_en=line["text_en"] or line["text_zh"],
        )
        for line in lines
    )


def synonyms_of(lines: Iterable[Line]) -> dict[str, str]:
    """Return which wordings mean the same; an empty meaning is filler."""
    return {line["written"]: line["means"] for line in lines}


def calendar_of(lines: Iterable[Line]) -> WorkCalendar:
    """Return the announced holidays."""
    return WorkCalendar(days={date.fromisoformat(line["day"]): Holiday(line["kind"]) for line in lines})


def office_of(lines: Iterable[Line]) -> Office:
    """Return who issues the papers."""
    return next((Office(**line) for line in lines), Office())


def thresholds_of(lines: Iterable[Line]) -> dict[str, Threshold]:
    """Return the thresholds of gates, consent and bands, by code, each with its source."""
    made: dict[str, Threshold] = {}
    for line in lines:
        values: dict[str, Any] = {**line, "value": Fraction(line["value"])}
        made[line["code"]] = Threshold(**values)
    return made


def deficits_of(lines: Iterable[Line]) -> DeficitRules:
    """Return which deficits are matters of safety, and what mends them."""
    mends: dict[str, set[Deficit]] = {}
    safety = set()
    for line in lines:
        one = Deficit(line["deficit"])
        for code in codes_in(line["items"]):
            mends.setdefault(code, set()).add(one)
        if DeficitSide(line["safety"]) is DeficitSide.SAFETY:
            safety.add(one)
    return DeficitRules(safety=frozenset(safety), mends={code: frozenset(found) for code, found in mends.items()})


def facilities_of(lines: Iterable[Line]) -> dict[str, FacilityKind]:
    """Return the kinds of facilities by name, in their usual order."""
    return {
        line["kind"]: FacilityKind(
            kind=line["kind"],
            name_en=line["name_en"],
            items=codes_in(line["items"]),
            metres=float(line["metres"]),
        )
        for line in lines
    }


def benchmarks_of(lines: Iterable[Line]) -> tuple[Benchmark, ...]:
    """Return the cost bands that package totals are held against."""
    return tuple(
        Benchmark(
            code=line["code"],
            basis=BenchmarkBasis(line["basis"]),
            low=fen_from_yuan(Fraction(line["low_yuan"])),
            high=fen_from_yuan(Fraction(line["high_yuan"])),
            scope_zh=line["scope_zh"],
            scope_en=line["scope_en"] or line["scope_zh"],
            source=line["source"],
        )
        for line in lines
    )


def codes_in(cell: str) -> tuple[str, ...]:
    """Return the codes of a cell, parted by ``;`` or its Chinese forms."""
    return tuple(code for part in _PARTED.split(cell) if (code := part.strip()))
