"""What the doors of a campaign add up to: coverage, willingness, wishes by group, and who is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from renovation.model.surveys import GROUPS, RENEW, TENURE, DoorOutcome, SurveyDoor, SurveyQuestion
from renovation.rules.surveys.margins import MISS, Portion, at_least, portion
from renovation.rules.surveys.raking import rake

#: Of fewer households nothing is told: they could be known again.
LEAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFigures:
    """What the doors of an estate, building or staircase (单元) brought.

    Attributes
    ----------
    outcomes
        DoorOutcome → doors of which it is the newest; those where nobody has been are the rest.
    willing
        Those for the renewal among who answered that question; ``None`` of fewer than five answers.
    """

    id: int
    doors: int
    answered: int
    outcomes: Mapping[DoorOutcome, int]
    willing: Portion | None
    waiting: int

    @property
    def coverage(self) -> Fraction:
        """The share of doors with answers (入户调查率)."""
        return Fraction(self.answered, self.doors or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShare:
    """The share in a group, which is those who gave an answer to another question."""

    question: str
    option: str
    portion: Portion


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFigures:
    """How many chose an option of a question, in all and by group.

    Attributes
    ----------
    weighted
        The share once answers are weighted to known totals; ``None`` where nothing is known or nothing agrees.
    groups
        The share in each group of at least five.
    """

    question: str
    option: str
    portion: Portion
    weighted: float | None
    groups: tuple[GroupShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAnswers:
    """How often the options of a question were chosen in buildings or a staircase with at least five answers.

    Attributes
    ----------
    ids
        Several where one alone has too few answers, so that what is told of all still adds up.
    counts
        Option → how many chose it.
    """

    ids: tuple[int, ...]
    question: str
    asked: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Who did not answer at all, or so seldom that chance does not explain it.

    Attributes
    ----------
    unit_id
        The staircase; ``None`` where tenants as such are missing.
    answered, doors
        Their answers, and how many households they are.
    """

    unit_id: int | None
    answered: int
    doors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFigures:
    """Everything that is told of a campaign; ``whole`` is numbered 0."""

    whole: PlaceFigures
    estates: tuple[PlaceFigures, ...]
    buildings: tuple[PlaceFigures, ...]
    units: tuple[PlaceFigures, ...]
    options: tuple[OptionFigures, ...]
    missing: tuple[Missing, ...]
    by_building: tuple[PlaceAnswers, ...] = ()
    by_unit: tuple[PlaceAnswers, ...] = ()

    def of(self, question: str) -> tuple[OptionFigures, ...]:
        """Return the options of a question, the most chosen first."""
        held = [one for one in self.options if one.question == question]
        return tuple(sorted(held, key=lambda one: -one.portion.found))


def figures(
    doors: Sequence[SurveyDoor], questions: Iterable[SurveyQuestion], tenants: int | None = None
) -> SurveyFigures:
    """Add the doors of a campaign up.

    Parameters
    ----------
    questions
        Every question that was asked, of all versions of the form.
    tenants
        How many of the households rent, where that is known.
    """
    asked = [one for one in questions if one.choices]
    buildings, units = _parts(doors, lambda door: door.building_id), _parts(doors, lambda door: door.unit_id)
    whole = _place(0, doors)
    unit_figures = _by(units, lambda door: door.building_id)
    return SurveyFigures(
        whole=whole,
        estates=_by(_parts(doors, lambda door: door.estate_id), lambda _: 0),
        buildings=_by(buildings, lambda door: door.estate_id),
        units=unit_figures,
        options=tuple(_options(doors, asked, tenants)),
        missing=_missing(doors, whole, unit_figures, tenants),
        by_building=tuple(line for question in asked for line in _together(buildings, question)),
        by_unit=tuple(line for question in asked for line in _alone(units, question)),
    )


_Parts = Mapping[int, Sequence[SurveyDoor]]


def _parts(doors: Iterable[SurveyDoor], place: Callable[[SurveyDoor], int]) -> _Parts:
    parts: dict[int, list[SurveyDoor]] = {}
    for door in doors:
        parts.setdefault(place(door), []).append(door)
    return parts


def _by(parts: _Parts, parent: Callable[[SurveyDoor], int]) -> tuple[PlaceFigures, ...]:
    said = {number: sum(RENEW in door.answers for door in part) for number, part in parts.items()}
    siblings: dict[int, dict[int, int]] = {}
    for number, part in parts.items():
        siblings.setdefault(parent(part[0]), {})[number] = said[number]
    told = {number for of in siblings.values() for number in tellable(of)}
    return tuple(_place(number, part, is_told=number in told) for number, part in parts.items())


def tellable(answers: Mapping[int, int]) -> frozenset[int]:
    """Return the parts of a whole that may be told of: those with five answers, and never all but fewer than five.

    What is told of a whole and of its other parts tells what a part that is left out said.
    """
    told = sorted((one for one, count in answers.items() if count >= LEAST), key=lambda one: -answers[one])
    hidden = sum(answers.values()) - sum(answers[one] for one in told)
    while told and 0 < hidden < LEAST:
        hidden += answers[told.pop()]
    return frozenset(told)


def _told_of(question: SurveyQuestion, ids: tuple[int, ...], doors: Sequence[SurveyDoor]) -> PlaceAnswers:
    chosen = Counter(option for door in doors for option in door.answers[question.code])
    counts = {option: chosen[option] for option in question.choices}
    return PlaceAnswers(ids=ids, question=question.code, asked=len(doors), counts=counts)


def _asked_in(parts: _Parts, question: SurveyQuestion) -> dict[int, list[SurveyDoor]]:
    found = {number: [door for door in part if question.code in door.answers] for number, part in parts.items()}
    return {number: part for number, part in found.items() if part}


def _alone(parts: _Parts, question: SurveyQuestion) -> Iterable[PlaceAnswers]:
    asked = _asked_in(parts, question)
    siblings: dict[int, dict[int, int]] = {}
    for number, part in asked.items():
        siblings.setdefault(part[0].building_id, {})[number] = len(part)
    told = {number for of in siblings.values() for number in tellable(of)}
    return [_told_of(question, (number,), part) for number, part in asked.items() if number in told]


def _together(parts: _Parts, question: SurveyQuestion) -> Iterable[PlaceAnswers]:
    asked = _asked_in(parts, question)
    told = tellable({number: len(part) for number, part in asked.items()})
    rest = tuple(number for number in asked if number not in told)
    lines = [_told_of(question, (number,), part) for number, part in asked.items() if number in told]
    left = [door for number in rest for door in asked[number]]
    return [*lines, _told_of(question, rest, left)] if len(left) >= LEAST else lines


def _place(number: int, doors: Sequence[SurveyDoor], *, is_told: bool = True) -> PlaceFigures:
    said = [door.answers[RENEW] for door in doors if RENEW in door.answers]
    willing = sum("yes" in one for one in said)
    return PlaceFigures(
        id=number,
        doors=len(doors),
        answered=sum(door.answered > 0 for door in doors),
        outcomes=Counter(door.outcome for door in doors if door.outcome is not None),
        willing=portion(willing, len(said), len(doors)) if is_told and len(said) >= LEAST else None,
        waiting=sum(door.answered > 1 for door in doors),
    )


def _options(
    doors: Sequence[SurveyDoor], questions: Iterable[SurveyQuestion], tenants: int | None
) -> Iterable[OptionFigures]:
    marks = {group: _marks(doors, group) for group in GROUPS}
    for question in questions:
        said = np.array([question.code in door.answers for door in doors], dtype=bool)
        asked = int(said.sum())
        if asked < LEAST:
            continue
        chosen = marks.get(question.code) or _marks(doors, question.code)
        weights = _weights(doors, [door for door, holds in zip(doors, said, strict=True) if holds], tenants)
        groups = {
            (group, option): inside
            for group in GROUPS
            if group != question.code
            for option, inside in _groups(said, marks[group]).items()
        }
        nobody = np.zeros(len(doors), dtype=bool)
        for option in question.choices:
            chose = chosen.get(option, nobody)
            yield OptionFigures(
                question=question.code,
                option=option,
                portion=portion(int(chose.sum()), asked, len(doors)),
                weighted=None if weights is None else float(weights[chose[said]].sum() / weights.sum()),
                groups=tuple(
                    GroupShare(
                        question=group,
                        option=of,
                        portion=portion(int((chose & inside).sum()), int(inside.sum()), len(doors)),
                    )
                    for (group, of), inside in groups.items()
                ),
            )


_Marks = Mapping[str, NDArray[np.bool_]]


def _marks(doors: Sequence[SurveyDoor], question: str) -> _Marks:
    """Return which doors chose each option of a question that somebody chose."""
    found: dict[str, list[int]] = {}
    for place, door in enumerate(doors):
        for option in door.answers.get(question, ()):
            found.setdefault(option, []).append(place)
    marks = {}
    for option, places in found.items():
        marks[option] = np.zeros(len(doors), dtype=bool)
        marks[option][places] = True
    return marks


def _groups(said: NDArray[np.bool_], marks: _Marks) -> _Marks:
    """Return the groups of at least five by the answers to a question, none from which a smaller one follows."""
    inside = {option: held & said for option, held in sorted(marks.items())}
    shown = {option: held for option, held in inside.items() if held.sum() >= LEAST}
    while shown and 0 < (said & ~np.logical_or.reduce(list(shown.values()))).sum() < LEAST:
        del shown[min(shown, key=lambda one: int(shown[one].sum()))]
    return shown


def _weights(
    doors: Sequence[SurveyDoor], told: Sequence[SurveyDoor], tenants: int | None
) -> NDArray[np.float64] | None:
    """Return a weight for each answer, nothing for one that does not say whose the dwelling is."""
    known = np.array([TENURE in door.answers for door in told])
    if tenants is None or tenants > len(doors) or not known.any():
        return None
    said = [door for door in told if TENURE in door.answers]
    raked = rake(
        [
            [str(door.building_id) for door in said],
            ["tenant" if "tenant" in door.answers[TENURE] else "owner" for door in said],
        ],
        [Counter(str(door.building_id) for door in doors), {"tenant": tenants, "owner": len(doors) - tenants}],
    )
    if raked is None:
        return None
    weights = np.zeros(len(told))
    weights[known] = raked
    return weights


def _missing(
    doors: Sequence[SurveyDoor], whole: PlaceFigures, units: Iterable[PlaceFigures], tenants: int | None
) -> tuple[Missing, ...]:
    found = [
        Missing(unit_id=one.id, answered=one.answered, doors=one.doors)
        for one in units
        if _is_few(one.answered, one.doors, whole)
    ]
    if tenants:
        rent = sum("tenant" in door.answers.get(TENURE, ()) for door in doors)
        if _is_few(rent, tenants, whole):
            found.append(Missing(unit_id=None, answered=rent, doors=tenants))
    return tuple(found)


def _is_few(answered: int, of: int, whole: PlaceFigures) -> bool:
    """Tell whether a part has no answers at all, or so few as are too rare had they come from anywhere alike."""
    if not whole.answered or of > whole.doors:
        return False
    if not answered:
        return True
    elsewhere = whole.answered - answered
    return at_least(elsewhere, whole.answered, whole.doors, whole.doors - of) < MISS / 2
