"""A ballot filled in step by step: what its form says, what is wrong with it, and which step may follow. No widgets."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from renovation.errors import InvalidError
from renovation.model.ballots import check_choices
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll, PollProject
from renovation.rules.polls.choosing import Choice, as_ballot, on_ballot, rotated

#: The field of a form that holds the number of a chosen project; what is written beside a project is ``n`` and its
#: number: points, its place in a ranking, or the answer yes or no.
PICK = "pick"
#: More projects than this are grouped.
LONG = 12
_MOST_DIGITS = 6
WRITTEN = frozenset({BallotKind.POINTS, BallotKind.RANKING, BallotKind.YES_NO})
_ANSWERS = {str(YES): YES, str(NO): NO}


class BallotStep(StrEnum):
    """The screens, one decision each."""

    WELCOME = "welcome"
    HOW = "how"
    CHOOSE = "choose"
    BLANK = "blank"
    CHECK = "check"
    CAST = "cast"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Group:
    """Projects of one category in one part of the estate; both empty where the list is short."""

    category: str
    area: str
    projects: tuple[PollProject, ...]


def read_choice(poll: Poll, fields: Iterable[tuple[str, str]]) -> Choice:
    """Return what a form says; what names no project of the ballot, or is no number, says nothing.

    A ranking's places stand in ``points``, so that a place given twice can be shown again as it was written.
    """
    numbers = {str(project.number): project.key for project in on_ballot(poll)}
    choice = Choice()
    for name, value in fields:
        if poll.settings.ballot_kind in WRITTEN:
            key = numbers.get(name.removeprefix("n")) if name.startswith("n") else None
            amount = _ANSWERS.get(value, 0) if poll.settings.ballot_kind is BallotKind.YES_NO else _whole(value)
            if key is not None and amount:
                choice.points[key] = amount
        elif name == PICK and (key := numbers.get(value)) is not None and key not in choice.keys:
            choice.keys.append(key)
    if choice.points:
        choice.keys = sorted(choice.points, key=choice.points.__getitem__)
    return choice


def _whole(value: str) -> int:
    digits = unicodedata.normalize("NFKC", value).strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


def as_fields(poll: Poll, choice: Choice) -> list[tuple[str, str]]:
    """Return the fields of a form that says the same again."""
    numbers = {project.key: project.number for project in poll.projects}
    if poll.settings.ballot_kind in WRITTEN:
        return [(f"n{numbers[key]}", str(amount)) for key, amount in choice.points.items()]
    return [(PICK, str(numbers[key])) for key in choice.keys]


def fault(poll: Poll, choice: Choice) -> InvalidError | None:
    """Return why a ballot would not count; ``None`` where it would, a blank one included."""
    if poll.settings.ballot_kind is BallotKind.RANKING:
        names = {project.key: project.number for project in poll.projects}
        seen: dict[int, str] = {}
        for key, place in choice.points.items():
            if place in seen:
                return InvalidError("ballot.same_place", place=place, first=names[seen[place]], second=names[key])
            seen[place] = key
    try:
        check_choices(poll.settings, poll.projects, *as_ballot(poll, choice))
    except InvalidError as error:
        return error
    return None


def standing(poll: Poll, choice: Choice, step: BallotStep) -> BallotStep:
    """Return the step that is shown where ``step`` is asked for: nobody reviews or casts what does not count.

    A blank ballot is no default of any step: it has one of its own.
    """
    unfit = choice.is_blank or fault(poll, choice) is not None
    if (step in (BallotStep.CHECK, BallotStep.CAST) and unfit) or (step is BallotStep.BLANK and not choice.is_blank):
        return BallotStep.CHOOSE
    return step


def grouped(poll: Poll, turn: int) -> list[Group]:
    """Return the projects in a voter's order; a long list by category and place, its groups turned alike."""
    order = rotated(on_ballot(poll), turn)
    if len(order) <= LONG:
        return [Group("", "", tuple(order))]
    kinds = list(dict.fromkeys((project.category, project.area or "") for project in order))
    return [
        Group(*kind, tuple(one for one in order if (one.category, one.area or "") == kind)) for kind in kinds
    ]  # fmt: skip
