"""What the doors of a campaign add up to: coverage, willingness, wishes by group, and who is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from renovation.model.surveys import (
    AGE,
    AGES,
    BY_FLOOR,
    GROUPS,
    OLD_AGES,
    RENEW,
    TENURE,
    TENURES,
    DoorOutcome,
    KnownGroup,
    SurveyQuestion,
)
from renovation.rules.surveys.columns import OUTCOMES, DoorColumns, Numbers
from renovation.rules.surveys.margins import MISS, Portion, at_least, portion
from renovation.rules.surveys.raking import rake

#: Of fewer households nothing is told: they could be known again.
LEAST = 5
#: The group of all that no other one holds, once the largest has joined a few that would follow from it.
OTHERS = ""


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
    """The share in a group, which is those who gave an answer to another question.

    Attributes
    ----------
    option
        :data:`OTHERS` for all that are in no other group, those included that did not say.
    """

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
        The staircase; ``None`` where a group as such is missing.
    group
        That group.
    answered, doors
        Their answers, and how many households they are.
    """

    unit_id: int | None
    answered: int
    doors: int
    group: KnownGroup | None = None


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
    known: Mapping[KnownGroup, int] = MappingProxyType({}),
    *,
    by_place: Collection[str] | None = None,
) -> SurveyFigures:
    """Add the doors of a campaign up.

    Parameters
    ----------
    questions
        Every question that was asked, of all versions of the form.
    known
        How many of the households belong to a group.
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
        options=tuple(_options(doors, building, asked, known)),
        missing=_missing(doors, units, known),
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


def _tellable_in(answers: Numbers, parents: Numbers) -> NDArray[np.bool_]:
    """Return which places may be told of, each among those of its parent: never all but fewer than five answers.

    What is told of a whole and of its other parts tells what a part that is left out said. With the smallest that has
    five of its own, those that are left out are more than that.
    """
    told = answers >= LEAST
    hidden = np.bincount(parents, np.where(told, 0, answers))
    least = np.flatnonzero(told & ((hidden > 0) & (hidden < LEAST))[parents])
    least = least[np.lexsort((-least, answers[least], parents[least]))]
    told[least[np.unique(parents[least], return_index=True)[1]]] = False
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
    doors: DoorColumns, building: _Level, questions: Iterable[SurveyQuestion], known: Mapping[KnownGroup, int]
) -> Iterable[OptionFigures]:
    held = list(questions)
    by_code = {one.code: one for one in (*held, BY_FLOOR)}
    told_apart = [by_code[code] for code in (*GROUPS, BY_FLOOR.code) if code in by_code]
    groups = [(one.code, option, mark) for one in told_apart for option, mark in sorted(_marks(doors, one).items())]
    members = _stacked([mark for _, _, mark in groups], len(doors.answered))
    for question in held:
        said = doors.said[question.code] > 0
        asked = int(said.sum())
        if asked < LEAST:
            continue
        chosen = _marks(doors, question)
        weights = _weights(doors, building, said, known)
        # How many of each group answered, and how many of them chose each option, all at once.
        crossed = (members @ _stacked([said, *chosen.values()], len(said)).T).astype(np.int64)
        shown, others = _shown(said, groups, crossed[:, 0], question.code)
        for place, (option, mark) in enumerate(chosen.items(), 1):
            told = [(*groups[one][:2], int(crossed[one, place]), int(crossed[one, 0])) for one in shown]
            told += [(code, OTHERS, int((rest & mark).sum()), int(rest.sum())) for code, rest in others.items()]
            yield OptionFigures(
                question=question.code,
                option=option,
                portion=portion(int(mark.sum()), asked, doors.doors),
                weighted=None if weights is None else float(weights[mark].sum() / weights.sum()),
                groups=tuple(
                    GroupShare(question=code, option=group, portion=portion(found, of, doors.doors))
                    for code, group, found, of in told
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


def _shown(
    said: _Mark, groups: Sequence[tuple[str, str, _Mark]], sizes: Numbers, besides: str
) -> tuple[list[int], Mapping[str, _Mark]]:
    """Return the groups of at least five by the answers to other questions, none from which a smaller one follows.

    Where a few would be left, be it one household that did not say, the largest group stands with them for all others:
    it is what the whole tells most of anyway. Tenants come last, for it is them that a survey is asked about.
    """
    found: list[int] = []
    others: dict[str, _Mark] = {}
    for code in dict.fromkeys(one[0] for one in groups if one[0] != besides):
        shown = [place for place, one in enumerate(groups) if one[0] == code and sizes[place] >= LEAST]
        of = len(shown)
        while shown and 0 < (rest := said & ~np.logical_or.reduce([groups[one][2] for one in shown])).sum() < LEAST:
            shown.remove(max(shown, key=lambda one: (groups[one][:2] != _TENANTS, int(sizes[one]))))
        if 0 < len(shown) < of:
            others[code] = rest
        found += shown
    return found, others


#: By which question a known group is told, and the bits of its answers.
_KNOWN = {
    KnownGroup.TENANTS: (TENURE, 1 << TENURES.index("tenant")),
    KnownGroup.ELDERS: (AGE, sum(1 << AGES.index(one) for one in OLD_AGES)),
}
_TENANTS = (TENURE, "tenant")


def _weights(
    doors: DoorColumns, building: _Level, said: _Mark, known: Mapping[KnownGroup, int]
) -> NDArray[np.float64] | None:
    """Return a weight for each visited door, nothing for one that does not say to which known groups it belongs."""
    asked = {group: _KNOWN[group] for group in KnownGroup if group in known and _KNOWN[group][0] in doors.said}
    if not asked or any(known[group] > doors.doors for group in asked):
        return None
    told = said & np.logical_and.reduce([doors.said[code] > 0 for code, _ in asked.values()])
    if not told.any():
        return None
    # Whoever rents in a building weighs as much as any other who rents there, and so on.
    cell = building.at[told]
    for code, bits in asked.values():
        cell = cell * 2 + (doors.said[code][told] & bits > 0)
    counts = np.bincount(cell)
    cells = np.flatnonzero(counts)
    classes, totals = [cells >> len(asked)], [dict(enumerate(building.doors.tolist()))]
    for place, group in enumerate(reversed(asked)):
        classes.append((cells >> place) & 1)
        totals.append({1: known[group], 0: doors.doors - known[group]})
    raked = rake(classes, totals, counts[cells])
    if raked is None:
        return None
    by_cell = np.zeros(len(counts))
    by_cell[cells] = raked
    weights = np.zeros(len(said))
    weights[told] = by_cell[cell]
    return weights


def _missing(doors: DoorColumns, units: Iterable[PlaceFigures], known: Mapping[KnownGroup, int]) -> tuple[Missing, ...]:
    answered, whole = int((doors.answered > 0).sum()), doors.doors
    found = [
        Missing(unit_id=one.id, answered=one.answered, doors=one.doors)
        for one in units
        if _is_few(one.answered, one.doors, answered, whole)
    ]
    for group, (code, bits) in _KNOWN.items():
        if known.get(group) and code in doors.said:
            told = int((doors.said[code] & bits > 0).sum())
            if _is_few(told, known[group], answered, whole):
                found.append(Missing(unit_id=None, answered=told, doors=known[group], group=group))
    return tuple(found)


@lru_cache(maxsize=20_000)
def _is_few(answered: int, of: int, in_all: int, doors: int) -> bool:
    """Tell whether a part has no answers at all, or so few as are too rare had they come from anywhere alike."""
    if not in_all or of > doors:
        return False
    if not answered:
        return True
    return at_least(in_all - answered, in_all, doors, doors - of) < MISS / 2
