"""What the doors of a campaign add up to: coverage, willingness, wishes by group, and who is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from renovation.model.surveys import BY_FLOOR, GROUPS, RENEW, TENURE, TENURES, DoorOutcome, SurveyQuestion
from renovation.rules.surveys.columns import OUTCOMES, DoorColumns, Numbers
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
    doors: DoorColumns,
    questions: Iterable[SurveyQuestion],
    tenants: int | None = None,
    *,
    by_place: Collection[str] | None = None,
) -> SurveyFigures:
    """Add the doors of a campaign up.

    Parameters
    ----------
    questions
        Every question that was asked, of all versions of the form.
    tenants
        How many of the households rent, where that is known.
    by_place
        The questions whose answers are told of buildings and staircases too; all where nobody says.
    """
    asked = [one for one in questions if one.choices]
    placed = [one for one in asked if by_place is None or one.code in by_place]
    stairs = doors.staircases
    unit, building = _Level(stairs.ids, doors), _Level(stairs.buildings, doors)
    estate = _Level(stairs.estates, doors)
    renewal = next((one for one in asked if one.code == RENEW), None)
    whole = _Level(np.zeros_like(stairs.ids), doors)
    by_all = _places(whole, doors, renewal, np.zeros(1, dtype=np.int64))
    in_building, in_estate = building.of[unit.first], estate.of[building.first]
    units = _places(unit, doors, renewal, in_building)
    return SurveyFigures(
        whole=by_all[0] if by_all else PlaceFigures(id=0, doors=0, answered=0, outcomes={}, willing=None, waiting=0),
        estates=_places(estate, doors, renewal, np.zeros(len(estate.ids), dtype=np.int64)),
        buildings=_places(building, doors, renewal, in_estate),
        units=units,
        options=tuple(_options(doors, building, asked, tenants)),
        missing=_missing(doors, units, tenants),
        by_building=tuple(line for question in placed for line in _together(building, doors, question)),
        by_unit=tuple(line for question in placed for line in _alone(unit, doors, question, in_building)),
    )


class _Level:
    """The places of a level (estates, buildings, staircases), and where each staircase and each door lies.

    Attributes
    ----------
    of
        The place of each staircase.
    first
        The first staircase of each place.
    at
        The place of each visited door.
    """

    def __init__(self, ids: Numbers, doors: DoorColumns) -> None:
        names, first, of = np.unique(ids, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        self.ids, self.first, self.of = names[order], first[order], rank[of]
        self.at = self.of[doors.staircase]
        self.doors = np.bincount(self.of, doors.staircases.doors, len(self.ids)).astype(np.int64)

    def count(self, which: NDArray[np.bool_]) -> Numbers:
        """Return how many of these visited doors lie in each place."""
        return np.bincount(self.at[which], minlength=len(self.ids))


def _places(
    level: _Level, doors: DoorColumns, renewal: SurveyQuestion | None, parents: Numbers
) -> tuple[PlaceFigures, ...]:
    if not len(level.ids):
        return ()
    said = doors.said[RENEW] if renewal is not None else np.zeros_like(level.at)
    yes = said & (1 << renewal.choices.index("yes")) if renewal is not None else said
    answers, willing = level.count(said > 0), level.count(yes > 0)
    is_told = _tellable_in(answers, parents)
    met = np.bincount(level.at * len(OUTCOMES) + doors.outcome, minlength=len(level.ids) * len(OUTCOMES))
    columns = (
        level.ids,
        level.doors,
        level.count(doors.answered > 0),
        level.count(doors.answered > 1),
        answers,
        willing,
        is_told,
    )
    return tuple(
        PlaceFigures(
            id=number,
            doors=of,
            answered=answered,
            outcomes={OUTCOMES[place]: count for place, count in enumerate(outcomes) if count},
            willing=portion(wills, asked, of) if told and asked >= LEAST else None,
            waiting=waiting,
        )
        for (number, of, answered, waiting, asked, wills, told), outcomes in zip(
            zip(*(one.tolist() for one in columns), strict=True), met.reshape(-1, len(OUTCOMES)).tolist(), strict=True
        )
    )


def tellable(answers: Mapping[int, int]) -> frozenset[int]:
    """Return the parts of a whole that may be told of: those with five answers, and never all but fewer than five.

    What is told of a whole and of its other parts tells what a part that is left out said.
    """
    told = sorted((one for one, count in answers.items() if count >= LEAST), key=lambda one: -answers[one])
    hidden = sum(answers.values()) - sum(answers[one] for one in told)
    while told and 0 < hidden < LEAST:
        hidden += answers[told.pop()]
    return frozenset(told)


def _tellable_in(answers: Numbers, parents: Numbers) -> NDArray[np.bool_]:
    """Return which places may be told of, each among those of its parent."""
    told = answers >= LEAST
    hidden = np.bincount(parents, np.where(told, 0, answers))
    for parent in np.flatnonzero((hidden > 0) & (hidden < LEAST)).tolist():
        inside = np.flatnonzero(parents == parent)
        kept = tellable(dict(zip(inside.tolist(), answers[inside].tolist(), strict=True)))
        told[inside] = [one in kept for one in inside.tolist()]
    return told


def _chosen(level: _Level, doors: DoorColumns, question: SurveyQuestion) -> Numbers:
    """Return how often each option was chosen in each place."""
    said = doors.said[question.code]
    return np.stack([level.count((said >> place) & 1 > 0) for place in range(len(question.choices))], axis=1)


def _told_of(question: SurveyQuestion, ids: tuple[int, ...], asked: int, counts: list[int]) -> PlaceAnswers:
    chosen = dict(zip(question.choices, counts, strict=True))
    return PlaceAnswers(ids=ids, question=question.code, asked=asked, counts=chosen)


def _alone(level: _Level, doors: DoorColumns, question: SurveyQuestion, parents: Numbers) -> Iterable[PlaceAnswers]:
    asked = level.count(doors.said[question.code] > 0)
    told = np.flatnonzero(_tellable_in(asked, parents)).tolist()
    counts, ids, asks = _chosen(level, doors, question).tolist(), level.ids.tolist(), asked.tolist()
    return [_told_of(question, (ids[one],), asks[one], counts[one]) for one in told]


def _together(level: _Level, doors: DoorColumns, question: SurveyQuestion) -> Iterable[PlaceAnswers]:
    asked = level.count(doors.said[question.code] > 0)
    told = _tellable_in(asked, np.zeros_like(asked))
    counts, ids, asks = _chosen(level, doors, question), level.ids.tolist(), asked.tolist()
    lines = [_told_of(question, (ids[one],), asks[one], counts[one].tolist()) for one in np.flatnonzero(told).tolist()]
    rest = np.flatnonzero(~told & (asked > 0))
    left = int(asked[rest].sum())
    if left < LEAST:
        return lines
    return [*lines, _told_of(question, tuple(ids[one] for one in rest.tolist()), left, counts[rest].sum(0).tolist())]


def _options(
    doors: DoorColumns, building: _Level, questions: Iterable[SurveyQuestion], tenants: int | None
) -> Iterable[OptionFigures]:
    held = list(questions)
    known = {one.code: one for one in (*held, BY_FLOOR)}
    told_apart = [known[code] for code in (*GROUPS, BY_FLOOR.code) if code in known]
    groups = [(one.code, option, mark) for one in told_apart for option, mark in sorted(_marks(doors, one).items())]
    members = _stacked([mark for _, _, mark in groups], len(doors.answered))
    for question in held:
        said = doors.said[question.code] > 0
        asked = int(said.sum())
        if asked < LEAST:
            continue
        chosen = _marks(doors, question)
        weights = _weights(doors, building, said, tenants)
        # How many of each group answered, and how many of them chose each option, all at once.
        crossed = (members @ _stacked([said, *chosen.values()], len(said)).T).astype(np.int64)
        shown = _shown(said, groups, crossed[:, 0], question.code)
        for place, (option, mark) in enumerate(chosen.items(), 1):
            yield OptionFigures(
                question=question.code,
                option=option,
                portion=portion(int(mark.sum()), asked, doors.doors),
                weighted=None if weights is None else float(weights[mark].sum() / weights.sum()),
                groups=tuple(
                    GroupShare(
                        question=groups[one][0],
                        option=groups[one][1],
                        portion=portion(int(crossed[one, place]), int(crossed[one, 0]), doors.doors),
                    )
                    for one in shown
                ),
            )


_Mark = NDArray[np.bool_]


def _stacked(marks: Sequence[_Mark], length: int) -> NDArray[np.float32]:
    """Return marks as lines of a matrix; sums of it are exact up to 16 million doors."""
    return np.stack(marks).astype(np.float32) if marks else np.zeros((0, length), dtype=np.float32)


def _marks(doors: DoorColumns, question: SurveyQuestion) -> Mapping[str, _Mark]:
    """Return which visited doors chose each option of a question."""
    said = doors.said[question.code]
    return {option: said & (1 << place) > 0 for place, option in enumerate(question.choices)}


def _shown(said: _Mark, groups: Sequence[tuple[str, str, _Mark]], sizes: Numbers, besides: str) -> list[int]:
    """Return the groups of at least five by the answers to other questions, none from which a smaller one follows."""
    found: list[int] = []
    for code in dict.fromkeys(one[0] for one in groups if one[0] != besides):
        shown = [place for place, one in enumerate(groups) if one[0] == code and sizes[place] >= LEAST]
        while shown and 0 < (said & ~np.logical_or.reduce([groups[one][2] for one in shown])).sum() < LEAST:
            shown.remove(min(shown, key=lambda one: int(sizes[one])))
        found += shown
    return found


def _weights(doors: DoorColumns, building: _Level, said: _Mark, tenants: int | None) -> NDArray[np.float64] | None:
    """Return a weight for each visited door, nothing for one that does not say whose the dwelling is."""
    tenure = doors.said.get(TENURE)
    if tenure is None or tenants is None or tenants > doors.doors:
        return None
    known = said & (tenure > 0)
    if not known.any():
        return None
    # Whoever rents in a building weighs as much as any other who rents there.
    cell = (building.at * 2 + ((tenure >> _TENANT) & 1))[known]
    counts = np.bincount(cell)
    cells = np.flatnonzero(counts)
    raked = rake(
        [cells // 2, cells % 2],
        [dict(enumerate(building.doors.tolist())), {1: tenants, 0: doors.doors - tenants}],
        counts[cells],
    )
    if raked is None:
        return None
    by_cell = np.zeros(len(counts))
    by_cell[cells] = raked
    weights = np.zeros(len(said))
    weights[known] = by_cell[cell]
    return weights


_TENANT = TENURES.index("tenant")


def _missing(doors: DoorColumns, units: Iterable[PlaceFigures], tenants: int | None) -> tuple[Missing, ...]:
    answered, whole = int((doors.answered > 0).sum()), doors.doors
    found = [
        Missing(unit_id=one.id, answered=one.answered, doors=one.doors)
        for one in units
        if _is_few(one.answered, one.doors, answered, whole)
    ]
    if tenants and TENURE in doors.said:
        rent = int(((doors.said[TENURE] >> _TENANT) & 1).sum())
        if _is_few(rent, tenants, answered, whole):
            found.append(Missing(unit_id=None, answered=rent, doors=tenants))
    return tuple(found)


@lru_cache(maxsize=20_000)
def _is_few(answered: int, of: int, in_all: int, doors: int) -> bool:
    """Tell whether a part has no answers at all, or so few as are too rare had they come from anywhere alike."""
    if not in_all or of > doors:
        return False
    if not answered:
        return True
    return at_least(in_all - answered, in_all, doors, doors - of) < MISS / 2
