"""What the doors of a staircase wish for, made a demand with the number of doors behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import shapely

from renovation.errors import InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft
from renovation.model.intake import make_receipt
from renovation.model.names import name_key
from renovation.model.places import Building, Deficit
from renovation.model.surveys import WISHES, Survey
from renovation.services.acts import acting
from renovation.services.demands.demands import keep_demand
from renovation.services.doors import Door, reading
from renovation.services.surveys.figures import figures_of
from renovation.store import Store
from renovation.store.demands import demands as demands_store
from renovation.store.demands import places, sources
from renovation.store.register import buildings

#: What a demand is about that wishes for a deficit to be mended.
_ABOUT = {
    Deficit.STAIR_HAZARD: DemandCategory.ROOF_FACADE,
    Deficit.PIPES: DemandCategory.PIPES,
    Deficit.ROOF_LEAK: DemandCategory.ROOF_FACADE,
    Deficit.FACADE: DemandCategory.ROOF_FACADE,
    Deficit.FIRE_ACCESS: DemandCategory.FIRE_SAFETY,
    Deficit.LIGHTING: DemandCategory.LIGHTING,
    Deficit.DRAINAGE: DemandCategory.PIPES,
    Deficit.CABLES: DemandCategory.CABLES,
    Deficit.ACCESSIBILITY: DemandCategory.ACCESSIBILITY,
    Deficit.PARKING: DemandCategory.PARKING,
    Deficit.EBIKE_CHARGING: DemandCategory.EBIKE,
    Deficit.GREEN_SPACE: DemandCategory.GREENERY,
    Deficit.ELDERLY_SERVICES: DemandCategory.ELDERLY,
    Deficit.CHILDREN_SPACE: DemandCategory.CHILDREN,
    Deficit.WASTE_SORTING: DemandCategory.WASTE,
}
_NUMBER = re.compile(r"RH-(\d{1,9})-(\d{1,9})-([a-z_]{1,30})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How many doors of a staircase wish for something, and the demand that was made of it."""

    unit_id: int
    building_id: int
    wish: Deficit
    found: int
    asked: int
    demand_id: int | None = None


def survey_of(source_number: str) -> int | None:
    """Return the survey that a demand was made from, by the number that it got there."""
    found = _NUMBER.fullmatch(source_number)
    return int(found[1]) if found else None


def _number(survey_id: int, unit_id: int, wish: Deficit) -> str:
    return f"RH-{survey_id}-{unit_id}-{wish.value}"


def wishes(store: Store, actor: Actor | None, survey_id: int) -> tuple[Wish, ...]:
    """Return what the staircases of a survey wish for, the most doors first; fewer than five answers tell nothing.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _wishes(door, door.survey(survey_id))


def _wishes(door: Door, held: Survey) -> tuple[Wish, ...]:
    homes = buildings.buildings_of(door.connection, held.draft.estate_ids)
    stood_in = {one.id: one.building_id for one in buildings.units_of(door.connection, [one.id for one in homes])}
    lines = [
        Wish(unit_id=line.ids[0], building_id=stood_in[line.ids[0]], wish=Deficit(wish), found=found, asked=line.asked)
        for line in figures_of(door.connection, held, {WISHES}).by_unit
        if line.question == WISHES and line.ids[0] in stood_in
        for wish, found in line.counts.items()
        if found
    ]
    made = _made(door, held.id, lines)
    told = [replace(one, demand_id=made.get((one.unit_id, one.wish))) for one in lines]
    return tuple(sorted(told, key=lambda one: (-one.found, one.building_id, one.unit_id, one.wish.value)))


def _made(door: Door, survey_id: int, lines: list[Wish]) -> dict[tuple[int, Deficit], int]:
    numbers = {name_key(_number(survey_id, one.unit_id, one.wish)): (one.unit_id, one.wish) for one in lines}
    known = sources.by_numbers(door.connection, [_number(survey_id, one.unit_id, one.wish) for one in lines])
    return {
        numbers[number]: one.id
        for (channel, number), one in known.items()
        if channel is DemandChannel.HOME_VISIT and number in numbers
    }


def demand_from_wish(
    store: Store, actor: Actor | None, survey_id: int, unit_id: int, wish: Deficit, words: str
) -> Demand:
    """Make a demand of what a staircase wishes for, with its doors as supporters; made before, it is that one.

    Parameters
    ----------
    words
        What the demand says, as whoever makes it words it.

    Raises
    ------
    NotFoundError
        ``survey.not_found``; ``survey.wish_unknown``: nobody there wishes for it, or fewer than five answered.
    InvalidError
        ``survey.no_outline``: the estate lies nowhere yet; ``demand.text_missing``, ``demand.text_long``,
        ``demand.text_nul``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = unit.survey(survey_id)
        line = next((one for one in _wishes(unit, held) if (one.unit_id, one.wish) == (unit_id, wish)), None)
        if line is None:
            raise NotFoundError("survey.wish_unknown")
        if line.demand_id is not None:
            return unit.demand(line.demand_id)
        homes = {one.id: one for one in buildings.buildings_of(unit.connection, held.draft.estate_ids)}
        home = homes[line.building_id]
        lon, lat = _place(unit, home)
        draft = DemandDraft(
            estate_id=home.estate_id,
            building_id=home.id,
            category=_ABOUT[wish],
            text=words,
            channel=DemandChannel.HOME_VISIT,
            lon=lon,
            lat=lat,
            source_number=_number(survey_id, unit_id, wish),
            notice_given=True,
        )
        made = keep_demand(unit, draft, make_receipt())
        made = demands_store.change(unit.connection, made, supporters=line.found)
        unit.log("survey.wish", "survey", survey_id, demand=made.id, doors=line.found)
        unit.commit()
    return made


def _place(door: Door, home: Building) -> tuple[float, float]:
    outline = home.geometry or places.outline_of(door.connection, home.estate_id)
    if not outline:
        raise InvalidError("survey.no_outline", name=door.estate(home.estate_id).name)
    point = shapely.from_wkb(outline).representative_point()
    return point.x, point.y
