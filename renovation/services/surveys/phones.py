"""A collector's phone: what it takes along, what it sends when it is back, and what it brings as a signed file."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from renovation.errors import InvalidError, RenovationError, StageError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import read_moment
from renovation.model.surveys import DoorOutcome, Form, FormKind, FoundDoor, VisitChannel, VisitDraft
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.surveys.campaigns import buildings_for, leads, led, stairwells_of
from renovation.services.surveys.visits import keep_all, keep_visit, visit_to_keep
from renovation.store import Store
from renovation.store.keys import keyed, signs_key
from renovation.store.surveys import campaigns, visits

#: Visits of one file: what a collector makes in a month.
_MOST = 5_000
#: Bytes of a phone's file. Who made it stands in what is signed, so it is parsed before the signature is known to fit.
_MOST_BYTES = 6_000_000


class VisitArrival(StrEnum):
    """What became of a visit that a phone sent."""

    KEPT = "kept"
    LATE = "late"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A visit's id and what became of it; ``error`` says why it was refused."""

    id: str
    arrival: VisitArrival
    error: RenovationError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneDoor:
    """A door as a phone has it: where it is and what was met there last, no answers."""

    id: int
    building_id: int
    building: str
    stairwell: str
    number: str
    outcome: DoorOutcome | None
    come_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePack:
    """What a phone takes along: the form, the collector's doors, and what a file is signed with."""

    survey_id: int
    name: str
    kind: FormKind
    is_open: bool
    login: str
    form: Form
    doors: tuple[PhoneDoor, ...]
    sign: str


def phone_pack(store: Store, actor: Actor | None, survey_id: int) -> PhonePack:
    """Return what a collector's phone takes along of a survey.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.VISIT_DOOR) as door:
        held = door.survey(survey_id)
        found, mine = buildings_for(door, held, campaigns.workers(door.connection, survey_id))
        names = {one.id: one.name for one in found}
        if held.draft.kind is FormKind.BUILDING:
            # Each building is a door there, and where it stands is the estate.
            names = {one.id: door.estate(one.estate_id).name for one in found}
        units = {one.id: one.name for one in stairwells_of(door, held, sorted(mine))}
        return PhonePack(
            survey_id=survey_id,
            name=held.draft.name,
            kind=held.draft.kind,
            is_open=held.is_open,
            login=door.actor.login,
            form=campaigns.forms(door.connection, survey_id)[-1],
            doors=tuple(
                PhoneDoor(
                    id=one.household_id,
                    building_id=one.building_id,
                    building=names[one.building_id],
                    stairwell=units[one.unit_id],
                    number=one.number,
                    outcome=one.outcome,
                    come_back=one.come_back,
                )
                for one in visits.doors(door.connection, survey_id, building_ids=sorted(mine))
            ),
            sign=_key(store, survey_id, door.actor.login).hex(),
        )


def _key(store: Store, survey_id: int, login: str) -> bytes:
    return keyed(signs_key(store.keys), f"visits of {survey_id} by {login}")


def read_visit(said: Any) -> VisitDraft:
    """Return a visit as a phone writes it.

    Raises
    ------
    InvalidError
        ``survey.visit_unreadable``.
    """
    try:
        at, numbers = read_moment(str(said["at"])), (said["door"], said["version"])
        # Another kind of number, or words that say one, is nothing that the page writes.
        if at is None or any(type(one) is not int for one in numbers):
            raise InvalidError("survey.visit_unreadable")
        # The id is told back as it came; one that holds half a sign cannot be, and is caught below.
        return VisitDraft(
            id=str(said["id"]).encode().decode(),
            household_id=said["door"],
            outcome=DoorOutcome(said["outcome"]),
            form_version=said["version"],
            visited_at=at,
            channel=VisitChannel.PHONE,
            answers={str(code): tuple(map(str, one)) for code, one in dict(said.get("answers") or {}).items()},
            come_back=str(said.get("come_back") or ""),
            found=_read_found(said.get("found")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidError("survey.visit_unreadable") from None


def _read_found(said: Any) -> FoundDoor | None:
    """Return the door that a phone found, as it writes it; a door of the register needs none."""
    if said is None:
        return None
    if type(said["building"]) is not int:
        raise InvalidError("survey.visit_unreadable")
    # What holds half a sign cannot be kept, and is caught by who reads the visit.
    stairwell, number = (str(said[name]).encode().decode() for name in ("stairwell", "number"))
    return FoundDoor(building_id=said["building"], stairwell=stairwell, number=number)


def send_visits(
    store: Store, actor: Actor | None, survey_id: int, brought: Sequence[VisitDraft]
) -> tuple[Arrived, ...]:
    """Take down what a phone sends, each visit by itself, and say of each what became of it.

    One that was sent before is kept once. One that comes when the survey is closed waits for a lead's yes.
    """
    login = require(actor, Action.VISIT_DOOR).login
    return tuple(_send(store, actor, survey_id, one, login) for one in brought)


def _send(store: Store, actor: Actor | None, survey_id: int, draft: VisitDraft, login: str) -> Arrived:
    try:
        try:
            with acting(store, actor, Action.VISIT_DOOR) as unit:
                if keep_visit(unit, survey_id, draft, login):
                    unit.commit()
        except StageError as error:
            if error.code != "survey.closed":
                raise
            return Arrived(id=draft.id, arrival=_wait(store, actor, survey_id, draft, login))
    except RenovationError as error:
        return Arrived(id=draft.id, arrival=VisitArrival.REFUSED, error=error)
    return Arrived(id=draft.id, arrival=VisitArrival.KEPT)


def _wait(store: Store, actor: Actor | None, survey_id: int, draft: VisitDraft, login: str) -> VisitArrival:
    with acting(store, actor, Action.VISIT_DOOR) as unit:
        kept = visit_to_keep(unit, survey_id, draft)
        if visits.find(unit.connection, survey_id, kept.id) is not None:
            return VisitArrival.KEPT
        visits.add_late(unit.connection, survey_id, kept, login=login, at=unit.at)
        unit.log("survey.late", "survey", survey_id, door=kept.household_id, met=kept.outcome.value)
        unit.commit()
    return VisitArrival.LATE


def late_visits(store: Store, actor: Actor | None, survey_id: int) -> int:
    """Return how many visits came when the survey was closed and wait for a yes.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return len(visits.late(door.connection, door.survey(survey_id).id))


def decide_late(store: Store, actor: Actor | None, survey_id: int, *, take: bool) -> int:
    """Take the visits that came too late down, or turn them away, and return how many there were.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        waiting = visits.late(unit.connection, held.id)
        if take:
            known, standing = visits.ids(unit.connection, held.id), set(visits.door_ids(unit.connection, held.id))
            # A door that the register has lost since keeps its visit waiting until somebody turns it away.
            waiting = tuple(one for one in waiting if one[0].household_id in standing)
            keep_all(unit, held, [one for one in waiting if one[0].id not in known])
        visits.forget_late(unit.connection, held.id, [draft.id for draft, _ in waiting])
        if waiting:
            unit.log("survey.decide_late", "survey", held.id, visits=len(waiting), taken=take)
            unit.commit()
    return len(waiting)


def take_file(store: Store, actor: Actor | None, survey_id: int, data: bytes) -> tuple[Arrived, ...]:
    """Take down what a phone brings as a file that it has signed: a collector the own, a lead everybody's.

    Raises
    ------
    InvalidError
        ``survey.file_unreadable``; ``survey.file_other``: it is another survey's; ``survey.file_not_yours``: somebody
        else made its visits; ``survey.file_altered``: the signature is not that of what stands in it.
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.VISIT_DOOR) as door:
        held = door.survey(survey_id)
        may_bring_any = leads(door, campaigns.workers(door.connection, survey_id))
        own = door.actor.login
    said, signed, sign = _opened(data)
    login = str(said.get("login"))[:60]
    if said.get("survey") != survey_id:
        raise InvalidError("survey.file_other", name=held.draft.name)
    if login != own and not may_bring_any:
        raise InvalidError("survey.file_not_yours", login=login)
    if not hmac.compare_digest(keyed(_key(store, survey_id, login), signed).hex().encode(), sign.encode()):
        raise InvalidError("survey.file_altered")
    brought = [read_visit(one) for one in said["visits"]]
    return tuple(_send(store, actor, survey_id, one, login) for one in brought)


def _opened(data: bytes) -> tuple[Mapping[str, Any], str, str]:
    """Return what a file says, the words that were signed, and the signature."""
    try:
        outer = json.loads(data if len(data) <= _MOST_BYTES else b"")
        signed, sign = str(outer["signed"]), str(outer["sign"])
        said = json.loads(signed)
        # Halves of signs, which JSON can name and nothing can write down, are caught here like bytes that are no text.
        f"{signed}{sign}{said['login']}".encode()
        if isinstance(said, dict) and isinstance(said["visits"], list) and len(said["visits"]) <= _MOST:
            return said, signed, sign
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise InvalidError("survey.file_unreadable")
