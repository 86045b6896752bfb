"""A district's first days: how far each step is, worked out from the store; what was put off is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.projects.items import current_book
from renovation.services.typed import one_line
from renovation.store import Store, settings
from renovation.store.house import set_up

_PLACE, _LATER = "place.name", "set_up.later"
_NAME_LIMIT = 40


class SetUpStep(StrEnum):
    """A step of the first days, in the order it is best taken."""

    PLACE = "place"
    AREAS = "areas"
    ESTATES = "estates"
    PRICES = "prices"
    LISTS = "lists"
    POTS = "pots"
    ACCOUNTS = "accounts"
    GATES = "gates"


class StepState(StrEnum):
    """How far a step is."""

    DONE = "done"
    OPEN = "open"
    LATER = "later"


class Unknown(StrEnum):
    """Something that nobody has said yet and that later steps of the work need."""

    GATES = "gates"
    PLACES = "places"
    PRICES = "prices"
    POT = "pot"
    BATCH = "batch"


#: Whose business it is to say it.
_NEEDS = {
    Unknown.GATES: Action.RECORD_GATE,
    Unknown.PLACES: Action.EDIT_ESTATES,
    Unknown.PRICES: Action.EDIT_PRICES,
    Unknown.POT: Action.EDIT_POTS,
    Unknown.BATCH: Action.SET_CRITERIA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step: how far it is, how much there is, and how much of it is still missing."""

    step: SetUpStep
    state: StepState
    there: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """The first days of an installation; ``place`` is what the town or district is called, empty before it is said."""

    place: str
    steps: tuple[StepLine, ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(line.state is StepState.DONE for line in self.steps)

    @property
    def next(self) -> SetUpStep | None:
        """The first step that is neither done nor put off."""
        return next((line.step for line in self.steps if line.state is StepState.OPEN), None)


def read_set_up(store: Store, actor: Actor | None) -> SetUp:
    """Return how far each step is."""
    with reading(store, actor, Action.EDIT_AREAS) as door:
        held = set_up.holdings(door.connection)
        place = str(settings.get(door.connection, _PLACE, ""))
        later = settings.get(door.connection, _LATER, [])
        book = current_book(door.connection)
    unconfirmed = len(book.unconfirmed)
    found = {
        SetUpStep.PLACE: (bool(place), 1 if place else 0, 0),
        SetUpStep.AREAS: (held.areas > 0, held.areas, held.areas - held.outlined),
        SetUpStep.ESTATES: (held.estates > 0, held.estates, held.without_place),
        SetUpStep.PRICES: (held.books > 0 and not unconfirmed, len(book.entries), unconfirmed),
        SetUpStep.LISTS: (held.lists > 0, held.lists, 0),
        SetUpStep.POTS: (held.pots > 0, held.pots, 0),
        SetUpStep.ACCOUNTS: (held.accounts > 1, held.accounts, 0),
        SetUpStep.GATES: (held.estates > 0 and not held.without_gates, held.estates, held.without_gates),
    }
    return SetUp(
        place=place,
        steps=tuple(
            StepLine(
                step=step,
                state=StepState.DONE if done else StepState.LATER if step in later else StepState.OPEN,
                there=there,
                missing=missing,
            )
            for step, (done, there, missing) in found.items()
        ),
    )


def place_name(store: Store, actor: Actor | None) -> str:
    """Return what the town or district is called; empty before somebody has said it."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return str(settings.get(door.connection, _PLACE, ""))


def name_place(store: Store, actor: Actor | None, name: str) -> str:
    """Say what the town or district is called, and return the name as it is kept.

    Raises
    ------
    InvalidError
        ``place.name_missing``.
    """
    kept = one_line(name, _NAME_LIMIT)
    if not kept:
        raise InvalidError("place.name_missing")
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        settings.put(unit.connection, _PLACE, kept)
        unit.log("settings.place", "settings", _PLACE, name=kept)
        unit.commit()
    return kept


def put_off(store: Store, actor: Actor | None, step: SetUpStep, later: bool) -> None:
    """Put a step off, or take it up again."""
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        before = set(settings.get(unit.connection, _LATER, []))
        after = before | {step.value} if later else before - {step.value}
        settings.put(unit.connection, _LATER, sorted(after))
        unit.log("settings.put_off", "settings", _LATER, step=step.value, later=later)
        unit.commit()


def read_unknowns(store: Store, actor: Actor) -> dict[Unknown, int]:
    """Return what nobody has said yet and is this person's to say, with how many things it is about."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = set_up.holdings(door.connection, door.scope, since=today().year)
        unconfirmed = len(current_book(door.connection).unconfirmed)
    amounts = {
        Unknown.GATES: held.without_gates,
        Unknown.PLACES: held.without_place,
        Unknown.PRICES: unconfirmed,
        Unknown.POT: int(not held.pots),
        # Without an estate there is nothing to take or to wait.
        Unknown.BATCH: int(bool(held.estates) and not held.batches),
    }
    return {one: count for one, count in amounts.items() if count and may(actor, _NEEDS[one])}
