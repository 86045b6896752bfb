"""The documents of a kept scenario: from its frozen programme and what it kept of estates and works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

import shapely

from renovation.exports.files.tables import Exported
from renovation.exports.programme.case_card import CardPhoto as CardPhoto
from renovation.exports.programme.case_card import CaseFacts
from renovation.exports.programme.estate_map import MapSurroundings, estate_map
from renovation.exports.programme.layers import works_layers
from renovation.exports.programme.meeting import memo, notice
from renovation.exports.programme.package import programme_package
from renovation.exports.programme.sheets import roll_up, works_list
from renovation.exports.programme.source import (
    EstateOnPaper,
    PaperDetails,
    ProgrammeFile,
    WorkFacts,
    programme_file,
)
from renovation.geo.pins import degrees_of
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.funding import SourceKind
from renovation.model.items import Item
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import AreaLevel, EstateFilter
from renovation.model.projects import ProjectFilter
from renovation.model.scenarios import EstateOnFile, HeldScenario, ProjectPlace, ScenarioState, WorkPlan
from renovation.rules.programme.basis import on_file
from renovation.services import lists
from renovation.services.doors import reading
from renovation.services.programme.programme import equity_of_scenario, refuse_waiting, scenario
from renovation.services.projects.items import kept_catalogue
from renovation.services.register.photos import photo_bytes, photos_of
from renovation.services.register.places import part_name
from renovation.services.staff.installation import is_marked
from renovation.store import Connection, Store
from renovation.store.programme import work_plans
from renovation.store.projects import projects
from renovation.store.register import areas, buildings, estates
from renovation.text import Language, text
from renovation.text.formats import format_list

#: Metres around an estate: the roads its map shows.
_AROUND_M = 150


class ProgrammeDocument(StrEnum):
    """What a programme is written as."""

    LIST = "list"
    ROLL_UP = "roll_up"
    NOTICE = "notice"
    MEMO = "memo"
    LAYERS = "layers"
    PACKAGE = "package"


_WRITERS: Mapping[ProgrammeDocument, Callable[[ProgrammeFile], Exported]] = {
    ProgrammeDocument.LIST: works_list,
    ProgrammeDocument.ROLL_UP: roll_up,
    ProgrammeDocument.NOTICE: notice,
    ProgrammeDocument.MEMO: memo,
    ProgrammeDocument.LAYERS: works_layers,
}


def programme_paper(
    store: Store, actor: Actor | None, scenario_id: str, details: PaperDetails, *, language: Language | str
) -> ProgrammeFile:
    """Return a scenario as its documents say it.

    What was chosen, its costs, reasons and every source of money, the facts and outlines of its estates and where works
    are drawn are the scenario's own, of the day it was worked out. When and by whom works are done, names of items in
    the catalogue, photos, and buildings and roads on the maps are as on file today. An account that sees a part of town
    writes that part, and its name stands in the titles.

    Raises
    ------
    NotFoundError
        ``scenario.unknown``.
    InvalidError
        ``day.too_late``: no notice can be counted from that day.
    """
    details = details.counted(lists.work_calendar(store))
    with reading(store, actor, Action.PUBLISH) as door:
        held = door.scenario(scenario_id)
        equity = equity_of_scenario(held.basis, held.programme)
        issuer = lists.office_of(door.connection, door.scope)
        details = replace(
            details, office=details.office or issuer.name, phone=details.phone or issuer.phone, issuer=issuer
        )
        if part := part_name(door):
            details = replace(details, city=f"{details.city}{part}")
        drawn = _drawn(door.connection, held)
        items = {item.code: item for item in kept_catalogue(door.connection)}
        plans = work_plans.work_plans(door.connection)
        planned = {project.id: project for project in held.problem.projects}
        works = {
            code: replace(
                _work(place, items.get(place.item_code), plans.get(place.project_id), language),
                item_class=next(iter(planned[code].item_classes), None),
                geometry=drawn.get(code) or _point(place),
            )
            for code, place in held.places.items()
        }
        return programme_file(
            held.problem,
            held.programme,
            works,
            _estates(door.connection, held),
            details,
            name=held.name,
            language=language,
            digest=held.scenario.inputs_digest,
            synthetic=is_marked(door.connection),
            is_draft=held.scenario.state is not ScenarioState.ADOPTED,
            elderly_share=equity.elderly_share_reached,
            gini=equity.gini,
            streets_without=equity.without_anything,
            facts_day=held.basis.facts_day or details.day,
            # What a pot pays elsewhere is nobody's business in a part of town.
            batches=held.basis.batches,
            whole_pots={} if part else held.basis.whole_pots,
        )


def _work(
    place: ProjectPlace,
    item: Item | None,
    plan: WorkPlan | None,
    language: Language | str,
) -> WorkFacts:
    upkeep = text("programme_paper.upkeep", language, who=place.upkeep_by) if place.upkeep_by else ""
    return WorkFacts(
        id=place.code,
        estate=place.estate_code,
        name=place.name,
        work=item.name(str(language)) if item else "",
        cost=place.whole_cost,
        quantity=Decimal(place.quantity),
        unit=place.unit,
        others=_other_money(place),
        starts=plan.starts if plan else "",
        ends=plan.ends if plan else "",
        builder=plan.builder if plan else "",
        note=format_list(filter(None, (plan.note if plan else "", upkeep)), str(language), clauses=True),
    )


def _point(place: ProjectPlace) -> bytes | None:
    if place.lon is None or place.lat is None:
        return None
    point: bytes = shapely.to_wkb(shapely.Point(place.lon, place.lat))
    return point


def _drawn(connection: Connection, held: HeldScenario) -> dict[str, bytes]:
    """Return what is drawn of the projects; of a scenario that did not keep it, as drawn today."""
    if held.basis.estates:
        return {code: bytes.fromhex(drawn) for code, drawn in held.basis.drawn.items()}
    rows = projects.listed(connection, ProjectFilter())
    return {row.project.code: row.project.geometry for row in rows if row.project.geometry}


def _estates(connection: Connection, held: HeldScenario) -> dict[str, EstateOnPaper]:
    """Return what the scenario kept of its estates; where it kept nothing, what is on file today."""
    kept = {one.code: one for one in held.basis.estates} or {
        one.code: on_file(one) for one in estates.find(connection, EstateFilter())
    }
    found = {}
    for place in held.places.values():
        facts = kept.get(place.estate_code, EstateOnFile(code=place.estate_code))
        found[place.estate_code] = EstateOnPaper(
            key=place.estate_code,
            name=place.estate,
            county=place.county,
            street=place.street,
            community=place.community,
            built_year=facts.built_year,
            buildings=facts.buildings,
            households=facts.households,
            floor_area_m2=facts.floor_area_m2,
            geometry=bytes.fromhex(facts.outline) or None,
        )
    return found


def _other_money(place: ProjectPlace) -> dict[SourceKind, int]:
    """Return who gives what the scenario counted on besides its pots, as it was when it was worked out."""
    found: dict[SourceKind, int] = {}
    for one in place.other_money:
        found[one.kind] = found.get(one.kind, 0) + one.amount
    return found


def export_programme(
    store: Store,
    actor: Actor | None,
    scenario_id: str,
    document: ProgrammeDocument,
    *,
    details: PaperDetails | None = None,
    language: Language | str = Language.ZH,
    told: Callable[[int, int], None] = lambda _done, _whole: None,
) -> Exported:
    """Return a document of a scenario, or all of them as one ZIP with a manifest.

    Drafts can be written too, for the meeting that adopts them; every page of theirs says 讨论稿.

    Parameters
    ----------
    details
        What a person decides; the day is today unless given.
    told
        Told how many parts of how many are gathered; what it raises breaks the writing off.

    Raises
    ------
    ConflictError
        ``scenario.estate_waits``: a notice, alone or in the package, would announce works in an estate that waits.
    InvalidError
        ``day.too_late``, as for :func:`programme_paper`.
    """
    details = details or PaperDetails(day=today())
    if document in (ProgrammeDocument.NOTICE, ProgrammeDocument.PACKAGE):
        with reading(store, actor, Action.PUBLISH) as door:
            refuse_waiting(door.connection, door.scenario(scenario_id))
    paper = programme_paper(store, actor, scenario_id, details, language=language)
    if document is not ProgrammeDocument.PACKAGE:
        return _WRITERS[document](paper)
    assert actor is not None  # programme_paper has asked the table of permissions
    surroundings = {}
    for at, estate in enumerate(paper.estates):
        told(at, len(paper.estates) + 1)
        surroundings[estate.key] = surroundings_of(store, actor, estate)
    cases = _cases(store, actor, scenario_id, paper)
    told(len(paper.estates), len(paper.estates) + 1)
    return programme_package(paper, surroundings=surroundings, cases=cases)


def export_estate_map(
    store: Store,
    actor: Actor | None,
    scenario_id: str,
    estate_code: str,
    *,
    details: PaperDetails | None = None,
    language: Language | str = Language.ZH,
) -> Exported | None:
    """Return the one-page map of an estate's works, or ``None`` when nothing there has a place."""
    paper = programme_paper(store, actor, scenario_id, details or PaperDetails(day=today()), language=language)
    assert actor is not None  # programme_paper has asked the table of permissions
    for estate in paper.estates:
        if estate.key == estate_code:
            return estate_map(paper, estate, surroundings_of(store, actor, estate))
    return None


def surroundings_of(store: Store, actor: Actor, estate: EstateOnPaper) -> MapSurroundings:
    """Return the buildings of an estate and the roads around it."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        number = estates.existing_codes(door.connection).get(estate.key)
        standing = buildings.buildings_of(door.connection, door.estates_in_sight([number])) if number else ()
        roads: tuple[bytes, ...] = ()
        if estate.geometry:
            west, south, east, north = shapely.bounds(shapely.from_wkb(estate.geometry)).tolist()
            along, up = degrees_of(_AROUND_M, south)
            within = (west - along, south - up, east + along, north + up)
            roads = tuple(road.geometry for road in areas.list_roads(door.connection, within=within))
    return MapSurroundings(buildings=[one.geometry for one in standing if one.geometry], roads=roads)


def _cases(store: Store, actor: Actor, scenario_id: str, paper: ProgrammeFile) -> dict[str, CaseFacts]:
    """Return reason and photos of each card. What residents said is left to be filled in, with their consent."""
    held = scenario(store, actor, scenario_id)
    with reading(store, actor, Action.SEE_REGISTER) as door:
        rows = projects.listed(door.connection, ProjectFilter(), scopes=[door.scope])
        whys = {row.project.id: row.project.why for row in rows}
    cases = {}
    for line in paper.works:
        number = held.places[line.facts.id].project_id
        if number in whys:
            photos = photos_of(store, actor, PhotoOwner(kind=PhotoOwnerKind.PROJECT, id=number))
            newest = {photo.kind: photo.id for photo in sorted(photos, key=lambda photo: photo.id)}
            cases[line.facts.id] = CaseFacts(
                why=whys[number],
                before=_card_photo(store, actor, newest.get(PhotoKind.BEFORE)),
                after=_card_photo(store, actor, newest.get(PhotoKind.AFTER)),
            )
    return cases


def _card_photo(store: Store, actor: Actor, photo_id: int | None) -> CardPhoto | None:
    if photo_id is None:
        return None
    return CardPhoto(mime_type="image/jpeg", content=photo_bytes(store, actor, photo_id, small=True))


def city_name(store: Store, actor: Actor) -> str:
    """Return the city's name, for titles; ``""`` when the store has none or several."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        names = [area.name for area in areas.list_areas(door.connection) if area.level is AreaLevel.CITY]
    return names[0] if len(names) == 1 else ""
