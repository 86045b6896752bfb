"""Take demands in, find the same wish said before, and read them back as lists, maps and figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import shapely

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError
from renovation.imports.files.pictures.photos import clean_photo
from renovation.model.accounts import PUBLIC, Action, Actor, may, require
from renovation.model.clock import day_of, today
from renovation.model.demands import (
    OPEN_STATUSES,
    PROJECT_STEP,
    Demand,
    DemandCategory,
    DemandDraft,
    DemandEvent,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.intake import (
    BuildingChoice,
    DemandFigures,
    DemandFile,
    DemandPoint,
    DemandRow,
    EstateChoice,
    JoinedDemand,
    PlaceFound,
    PublicDemand,
    PublicStep,
    SimilarDemand,
    Subtype,
    make_receipt,
    normalise_receipt,
)
from renovation.model.photos import MAX_DEMAND_PHOTOS, PhotoDraft, PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.demands.dispatch import NEAR_ESTATE_M, due_day, is_too_far
from renovation.rules.demands.similarity import TextIndex, most_similar, normaliser
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.photos import keep_photo
from renovation.services.staff import guesses, visitors
from renovation.services.staff.visitors import Sent
from renovation.store import Connection, Store
from renovation.store.demands import columns as demand_columns
from renovation.store.demands import demands as demands_store
from renovation.store.demands import figures as demand_figures
from renovation.store.demands import places as demand_places
from renovation.store.demands import work as demand_work
from renovation.text.hidden import without_hidden

#: Open demands of one estate that a new text is compared with, newest first: of its own category, and of all.
_BLOCK = 1000
_BLOCK_ALL = 500
#: Where receipts of demands are looked up, apart from voting codes.
RECEIPT_DOOR = "demands"


def subtypes(store: Store, actor: Actor | None, estate_id: int | None = None) -> tuple[Subtype, ...]:
    """Return the sub-types that demands of an estate may have, and of the town without one."""
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        place = door.estate(estate_id).place if estate_id in door.estates_in_sight([estate_id or 0]) else EVERYWHERE
        return lists.intake_rules(door.connection, place).subtypes


@lru_cache(maxsize=8)
def _normaliser(synonyms: tuple[tuple[str, str], ...]) -> Callable[[str], str]:
    return normaliser(dict(synonyms))


def take_demand(
    store: Store,
    actor: Actor,
    draft: DemandDraft,
    *,
    pictures: Sequence[tuple[str, bytes]] = (),
    who: str = "",
    once: str = "",
) -> Demand:
    """Keep a demand and give its receipt at once; the grid and the building are found by the pin.

    Parameters
    ----------
    pictures
        (file name, content) of photos of the place.
    who
        The token of a resident's browser, kept as for :func:`join_demand`: nobody joins a demand of their own.
    once
        The number of the form: sent again, it is the same demand with the same receipt.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    InvalidError
        ``demand.far_from_estate``, ``demand.building_elsewhere``, ``demand.subtype_unknown``, ``photo.demand_many`` or
        another ``photo.*``; nothing was kept.
    UnavailableError
        ``visitor.wait``.
    """
    require(actor, Action.TAKE_DEMAND)
    if len(pictures) > MAX_DEMAND_PHOTOS:
        raise InvalidError("photo.demand_many", limit=MAX_DEMAND_PHOTOS)
    cleaned = {clean.jpeg: clean for clean in (clean_photo(content, name) for name, content in pictures)}
    receipt = make_receipt(once)
    try:
        with acting(store, actor, Action.TAKE_DEMAND) as unit:
            if once and (kept := demands_store.kept(unit.connection, receipt)) is not None:
                return kept
            visitors.admit(unit, Sent.DEMAND, draft.estate_id, who)
            one = keep_demand(unit, draft, receipt)
            visitors.keep_arrival(unit, Sent.DEMAND, one.id, one.estate_id, who)
            owner = PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=one.id)
            if who and not unit.is_staff:
                demands_store.add_follower(unit.connection, one.id, one.receipt, _joiner(one.id, who))
            for clean in cleaned.values():
                keep_photo(unit, PhotoDraft(owner=owner, kind=PhotoKind.BEFORE), clean)
            unit.log("demand.take", "demand", one.id, receipt=one.receipt, category=one.category, channel=one.channel)
            unit.commit()
    except ConflictError:
        if not once:
            raise
        # Two presses at once: the other was first.
        with store.read() as connection:
            return demands_store.by_receipt(connection, receipt)
    return one


def keep_demand(unit: ActingUnit, draft: DemandDraft, receipt: str) -> Demand:
    """Keep a demand under a receipt. For services inside a transaction.

    Raises
    ------
    InvalidError
        ``demand.subtype_unknown``, ``demand.far_from_estate``, ``demand.building_elsewhere``.
    """
    connection = unit.connection
    draft = replace(draft, text=without_hidden(draft.text))
    home = unit.estate(draft.estate_id)
    site = demand_places.EstateSite(home.geometry, home.grid_id)
    rules = lists.intake_rules(connection, home.place)
    if draft.subtype and rules.subtype(draft.category, draft.subtype) is None:
        raise InvalidError("demand.subtype_unknown", value=draft.subtype[:60])
    metres = site.metres_to(draft.lon, draft.lat)
    if is_too_far(metres):
        raise InvalidError("demand.far_from_estate", metres=round(metres))
    building_id = draft.building_id
    if building_id is None:
        inside = demand_places.building_at(connection, draft.estate_id, draft.lon, draft.lat)
        building_id = inside[0] if inside else None
    elif not demand_places.building_belongs(connection, building_id, draft.estate_id):
        raise InvalidError("demand.building_elsewhere")
    day = day_of(unit.at)
    due_on = None
    if draft.kind is DemandKind.DEMAND:
        due_on = due_day(rules, draft.category, draft.subtype, day)
    return demands_store.add(
        connection,
        draft,
        receipt=receipt,
        building_id=building_id,
        grid_id=demand_places.grid_at(connection, draft.lon, draft.lat) or site.grid_id,
        due_on=due_on,
        login=unit.actor.login or unit.actor.role.value,
        at=unit.at,
        day=day,
    )


def join_demand(store: Store, actor: Actor, number: int, *, who: str = "", once: str = "") -> JoinedDemand:
    """Count one more resident behind an open demand instead of keeping the same wish twice, once per person.

    A resident is known again by the token that their browser keeps; without one, all are the same person. Staff vouch
    for whoever stands before them, so they may join several. No contact is asked for, so none is compared.

    Parameters
    ----------
    number
        Of the demand, as :func:`similar_demands` gives it.
    who
        The browser's token; a hash of it with the demand is kept, so that no two demands show the same person.
    once
        The number of the form: sent again, it is the same joining with the same receipt.

    Raises
    ------
    StageError
        ``demand.join_closed``: it is answered, closed or merged.
    ConflictError
        ``demand.joined_already``: this person has joined it, or asked first; ``demand.join_again``: somebody else was
        first just now.
    UnavailableError
        ``visitor.wait``.
    """
    with acting(store, actor, Action.TAKE_DEMAND) as unit:
        one = unit.demand(number)
        receipt = make_receipt(f"{once} {number}" if once else "")
        if once and demands_store.followed(unit.connection, receipt) == number:
            return JoinedDemand(receipt=receipt, supporters=one.supporters, due_on=one.due_on)
        if one.status not in OPEN_STATUSES:
            raise StageError("demand.join_closed")
        visitors.admit(unit, Sent.JOIN, one.estate_id, who)
        known_by = None if may(actor, Action.SEE_REGISTER) else _joiner(number, who)
        demands_store.add_follower(unit.connection, number, receipt, known_by)
        try:
            joined = demands_store.change(unit.connection, one, supporters=one.supporters + 1)
        except ConflictError:
            # What staff read of it names the receipt of whoever asked first.
            raise ConflictError("demand.join_again") from None
        demands_store.note_event(
            unit.connection, one.id, step="joined", login=actor.login or actor.role.value, at=unit.at
        )
        visitors.keep_arrival(unit, Sent.JOIN, receipt, one.estate_id, who)
        unit.log("demand.join", "demand", one.id, supporters=joined.supporters)
        unit.commit()
    return JoinedDemand(receipt=receipt, supporters=joined.supporters, due_on=joined.due_on)


def _joiner(number: int, who: str) -> str:
    return hashlib.sha256(f"{number}|{who}".encode()).hexdigest()


def similar_demands(
    store: Store, actor: Actor, estate_id: int, category: DemandCategory | None, text: str, limit: int = 5
) -> tuple[SimilarDemand, ...]:
    """Return open demands of an estate that say nearly the same, nearest first.

    Compared with one estate's demands only, so the cost does not grow with the city. Residents see neither words nor
    receipts of others; staff who see the register get the whole demand.
    """
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        normalise = _normaliser(tuple(lists.synonyms(door.connection).items()))
        wanted = normalise(text[:2000])
        if not wanted or not door.estates_in_sight([estate_id]):
            return ()
        found_texts = demands_store.open_texts(door.connection, estate_id, None, limit=_BLOCK_ALL)
        if category is not None and len(found_texts) == _BLOCK_ALL:
            found_texts += demands_store.open_texts(door.connection, estate_id, category, limit=_BLOCK)
        rows = list({row.id: row for row in found_texts}.values())
        scores = TextIndex([normalise(row.text) for row in rows]).similarities(wanted)
        best = most_similar(scores.tolist(), [(row.id, row.category) for row in rows], category, limit=limit)
        found = demands_store.some(door.connection, best)
        name = demand_places.names_around(door.connection, estate_id, None).estate
    whole = may(actor, Action.SEE_REGISTER)
    return tuple(
        SimilarDemand(
            number=key,
            estate_name=name,
            category=found[key].category,
            status=found[key].status,
            received_on=day_of(found[key].received_at),
            supporters=found[key].supporters,
            similarity=score,
            demand=found[key] if whole else None,
        )
        for key, score in best.items()
    )


def place_at(store: Store, actor: Actor, lon: float, lat: float) -> PlaceFound:
    """Return the estate, building and grid at a click (degrees, EPSG:4490), or the estate just beside it.

    Raises
    ------
    InvalidError
        ``demand.place``: these are no degrees.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidError("demand.place")
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        return demand_places.place_at(door.connection, lon, lat, scopes=[door.scope], within_m=NEAR_ESTATE_M)


def estate_choices(store: Store, actor: Actor, scope: Scope = EVERYWHERE) -> tuple[EstateChoice, ...]:
    """Return the estates of a scope that the intake form offers."""
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        return demand_places.estate_choices(door.connection, scopes=[door.scope, scope])


def building_choices(store: Store, actor: Actor, estate_id: int) -> tuple[BuildingChoice, ...]:
    """Return an estate's buildings, for the intake form."""
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        if not door.estates_in_sight([estate_id]):
            return ()
        return demand_places.building_choices(door.connection, estate_id)


def estate_outlines(
    store: Store, actor: Actor, scope: Scope, *, limit: int = 400
) -> tuple[tuple[int, str, bytes], ...]:
    """Return (id, name, outline as WKB) of the estates in a scope, for the intake map."""
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        return demand_places.estate_outlines(door.connection, scopes=[door.scope, scope], limit=limit)


def point_in_estate(store: Store, actor: Actor, estate_id: int) -> tuple[float, float] | None:
    """Return a point (lon, lat) that surely lies inside an estate's outline; ``None`` without one.

    It lies in none of the buildings where there is room beside them: a demand about the whole estate is no building's.
    """
    outline, built = estate_drawing(store, actor, estate_id)
    if not outline:
        return None
    whole = shapely.from_wkb(outline)
    open_ground = whole.difference(shapely.union_all(shapely.from_wkb(built)))
    point = (whole if open_ground.is_empty else open_ground).representative_point()
    return point.x, point.y


def estate_drawing(store: Store, actor: Actor, estate_id: int) -> tuple[bytes | None, tuple[bytes, ...]]:
    """Return an estate's outline and those of its buildings (WKB, EPSG:4490), for a sketch that a place is shown on."""
    with reading(store, actor, Action.TAKE_DEMAND) as door:
        if not door.estates_in_sight([estate_id]):
            return None, ()
        connection = door.connection
        return demand_places.outline_of(connection, estate_id), tuple(demand_places.built_on(connection, estate_id))


def list_demands(
    store: Store, actor: Actor, wanted: DemandFilter, *, limit: int | None = None, offset: int = 0
) -> tuple[DemandRow, ...]:
    """Return the demands a filter keeps, newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return demands_store.listed(door.connection, wanted, scopes=[door.scope], limit=limit, offset=offset)


def count_demands(store: Store, actor: Actor, wanted: DemandFilter) -> int:
    """Return how many demands a filter keeps."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return demands_store.count(door.connection, wanted, scopes=[door.scope])


def demand_points(store: Store, actor: Actor, wanted: DemandFilter) -> Sequence[DemandPoint]:
    """Return (id, lon, lat, category, status, due day) of what a filter keeps, for the map."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return demand_columns.points(door.connection, wanted, scopes=[door.scope])


def figures(store: Store, actor: Actor, wanted: DemandFilter) -> DemandFigures:
    """Return the figures of what a filter keeps: in all and by department, street, channel, category and month."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return demand_figures.figures(door.connection, wanted, today=today(), scopes=[door.scope])


def demands_stamp(store: Store, actor: Actor) -> str:
    """Return what changes whenever any demand does; what was read under the same stamp is still good."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return demand_figures.stamp(door.connection)


def demand_file(store: Store, actor: Actor, demand_id: int) -> DemandFile:
    """Return everything about one demand, and what became of it."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _file(door.connection, door.demand(demand_id))


def _file(connection: Connection, one: Demand) -> DemandFile:
    around = demand_places.names_around(connection, one.estate_id, one.building_id)
    return DemandFile(
        demand=one,
        estate_name=around.estate,
        building_name=around.building,
        places=around.areas,
        events=demands_store.events(connection, one.id),
        tasks=demand_work.tasks(connection, one.id),
        meetings=demand_work.meetings(connection, one.id),
        projects=demand_places.linked_projects(connection, one.id),
        subtype=lists.intake_rules(connection, demand_places.scope_of(connection, one.estate_id)).subtype(
            one.category, one.subtype
        ),
    )


def by_receipt(store: Store, typed: str, actor: Actor) -> str:
    """Return the receipt of whoever asked first as it is kept; after ten unknown ones, who asks next has to wait.

    Raises
    ------
    InvalidError
        ``demand.receipt_wrong``: the check symbol does not fit; such a number is not looked up, and not counted.
    NotFoundError
        ``demand.receipt_unknown``.
    DeniedError
        ``demand.not_yours``: the receipt is of somebody who joined, and only who asked first judges the answer.
    UnavailableError
        ``code.wait`` with the seconds to wait.
    """
    found, receipt = _of_receipt(store, typed, actor)
    if found.receipt != receipt:
        raise DeniedError("demand.not_yours")
    return receipt


def _of_receipt(store: Store, typed: str, actor: Actor) -> tuple[Demand, str]:
    """Return the demand that a receipt opens, and the receipt: the demand's own, or of somebody who joined."""
    receipt = normalise_receipt(typed)
    door = guesses.door_of(store, require(actor, Action.SEE_PUBLIC), what=RECEIPT_DOOR)
    with guesses.guessing(store, door) as guess:
        joined = demands_store.followed(guess.connection, receipt)
        if joined is not None:
            return demands_store.some(guess.connection, [joined])[joined], receipt
        try:
            return demands_store.by_receipt(guess.connection, receipt), receipt
        except NotFoundError:
            guess.wrong()
            raise


def follow_demand(store: Store, typed: str, *, actor: Actor = PUBLIC) -> PublicDemand:
    """Return what the holder of a receipt number may see; who joined reads not what another wrote.

    Raises
    ------
    InvalidError
        ``demand.receipt_wrong``.
    NotFoundError
        ``demand.receipt_unknown``.
    UnavailableError
        ``code.wait``: too many unknown numbers were tried.
    """
    require(actor, Action.SEE_PUBLIC)
    found, receipt = _of_receipt(store, typed, actor)
    # Whoever holds the receipt of a demand may know where it went, wherever that lies.
    with reading(store, PUBLIC, Action.SEE_PUBLIC) as door:
        return told_to(door.connection, found, receipt)


def told_to(connection: Connection, one: Demand, receipt: str) -> PublicDemand:
    """Return what the holder of a receipt may see of a demand. For services inside a transaction."""
    whole = _file(connection, one)
    return PublicDemand(
        receipt=receipt,
        estate_name=whole.estate_name,
        category=one.category,
        text=one.text if one.receipt == receipt else "",
        status=one.status,
        received_at=one.received_at,
        due_on=one.due_on,
        department=one.department,
        reply=one.reply,
        rating=one.rating,
        supporters=one.supporters,
        steps=tuple(_public_steps(whole.events)),
        projects=whole.projects,
        merged_into=one.merged_into,
        is_own=one.receipt == receipt,
    )


def _public_steps(events: Iterable[DemandEvent]) -> Iterator[PublicStep]:
    """Yield what its resident may read of a demand's history; notes between offices are not among it."""
    statuses = {status.value for status in DemandStatus}
    for event in events:
        if event.step in statuses:
            yield PublicStep(event.at, event.step)
        elif event.step.startswith(PROJECT_STEP):
            yield PublicStep(event.at, event.step, event.note, event.parts)
