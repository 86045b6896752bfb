"""Believable facts of an estate: what its age and origin make likely (assumptions, not a survey)."""

from __future__ import annotations

import random
from fractions import Fraction

from renovation.model.places import Deficit, EstateFacts, EstateType, ManagementForm, RenovationStatus
from renovation.services.demo.blocks import Block

_TYPES = (EstateType.WORK_UNIT, EstateType.COMMODITY, EstateType.PUBLIC, EstateType.MIXED)
_FORMS = (
    ManagementForm.NONE,
    ManagementForm.RESIDENTS_COMMITTEE,
    ManagementForm.PROPERTY_COMPANY,
    ManagementForm.OWNERS_COMMITTEE,
    ManagementForm.MANAGEMENT_COMMITTEE,
)
#: How often a deficit is found in an estate of 1980 and in one of 2005.
_DEFICITS: dict[Deficit, tuple[float, float]] = {
    Deficit.STAIR_HAZARD: (0.5, 0.1),
    Deficit.PIPES: (0.85, 0.2),
    Deficit.ROOF_LEAK: (0.6, 0.15),
    Deficit.FACADE: (0.5, 0.1),
    Deficit.FIRE_ACCESS: (0.55, 0.35),
    Deficit.LIGHTING: (0.6, 0.15),
    Deficit.DRAINAGE: (0.6, 0.2),
    Deficit.CABLES: (0.85, 0.3),
    Deficit.ACCESSIBILITY: (0.9, 0.5),
    Deficit.PARKING: (0.75, 0.7),
    Deficit.EBIKE_CHARGING: (0.7, 0.5),
    Deficit.GREEN_SPACE: (0.45, 0.2),
    Deficit.ELDERLY_SERVICES: (0.65, 0.5),
    Deficit.CHILDREN_SPACE: (0.5, 0.3),
    Deficit.WASTE_SORTING: (0.5, 0.3),
}
#: The year national policy asks for; the gate is ``eligibility.built_until``.
_BUILT_UNTIL = 2000
_NO_COMMITTEE = ("户数少，没有召集人", "单位已撤销，无人牵头", "业主多数出租，凑不齐人数", "筹备过一次，到会不足半数")
_DISPUTES = ("停车占道多次投诉", "与临街铺面的油烟纠纷", "物业费收取有争议", "底层住户反对加装电梯")


def draw_year(rng: random.Random) -> int:
    """Return a year of completion: most up to 2000, some later."""
    return rng.choice(range(1978, _BUILT_UNTIL + 1)) if rng.random() < 0.97 else rng.choice(range(2001, 2008))


def draw_type(year: int, rng: random.Random) -> EstateType:
    """Return how an estate of that year came to be."""
    weights = (60, 4, 20, 16) if year < 1990 else (40, 40, 4, 16) if year < 1999 else (6, 84, 0, 10)
    return rng.choices(_TYPES, weights)[0]


def draw_facts(block: Block, year: int, kind: EstateType, address: str, rng: random.Random) -> EstateFacts:
    """Return the facts of a drawn estate."""
    age = min(max((2005 - year) / 25, 0.0), 1.0)
    form = rng.choices(_FORMS, (12, 12, 30, 36, 10) if kind is EstateType.COMMODITY else (38, 36, 8, 6, 12))[0]
    households = sum(slab.doors for slab in block.slabs)
    willingness = rng.randint(65, 97)
    coverage = rng.randint(74, 98)
    return EstateFacts(
        address=address,
        built_year=year,
        estate_type=kind,
        management_form=form,
        no_committee_reason="" if form is ManagementForm.OWNERS_COMMITTEE else rng.choice(_NO_COMMITTEE),
        buildings=len(block.slabs),
        units=sum(slab.stairs for slab in block.slabs),
        households=households,
        floor_area_m2=round(sum(slab.floor_area_m2 for slab in block.slabs)),
        elderly_share=Fraction(round(12 + 24 * age + rng.uniform(-5, 9)), 100),
        floors_without_lift=max(slab.floors for slab in block.slabs),
        maintenance_fund=rng.randint(4, 90) * 1_000_000 if kind is EstateType.COMMODITY and year >= 1998 else 0,
        disputes=rng.choice(_DISPUTES) if rng.random() < 0.25 else "",
        old_trees=rng.choice((0, 0, 0, 1, 2, 5)) if year < 1992 else 0,
        heritage="门楼（1958 年），未定级" if year < 1984 and rng.random() < 0.2 else "",
        willingness=Fraction(willingness, 100),
        survey_coverage=Fraction(coverage, 100),
        status=_status(year, willingness, coverage, rng),
        deficits=frozenset(
            deficit for deficit, (old, new) in _DEFICITS.items() if rng.random() < new + (old - new) * age
        ),
    )


def _status(year: int, willingness: int, coverage: int, rng: random.Random) -> RenovationStatus:
    """Return a stage that the gates allow: old enough, two thirds willing and three quarters asked."""
    drawn = rng.random()
    if drawn < 0.04:
        return RenovationStatus.EXCLUDED
    if 3 * willingness < 200 or coverage < 75 or year > _BUILT_UNTIL:
        return RenovationStatus.SURVEYED
    if drawn < 0.16:
        return RenovationStatus.DONE
    if drawn < 0.24:
        return RenovationStatus.IN_WORKS
    return RenovationStatus.LISTED if drawn < 0.45 else RenovationStatus.WILLING
