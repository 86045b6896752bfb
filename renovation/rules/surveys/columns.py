"""Doors in columns: what figures count, one whole number a door and question, however many doors a city has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renovation.model.surveys import BY_FLOOR, DoorOutcome, SurveyDoor, SurveyQuestion

Numbers = NDArray[np.int64]
#: Outcomes by their number in a column.
OUTCOMES = tuple(DoorOutcome)
#: From this floor on a lift tells dwellings apart.
_UPPER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Staircases:
    """The staircases with doors, in the order of their estates and buildings: one place in each column is one."""

    ids: Numbers
    buildings: Numbers
    estates: Numbers
    doors: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorColumns:
    """The doors where somebody has been.

    Attributes
    ----------
    staircase
        The place of a door's staircase among them.
    outcome
        The place of the newest outcome among :data:`OUTCOMES`.
    answered
        How many visits brought answers that count.
    said
        Question → the options that were chosen, each a bit in the order they are numbered; 0 without an answer.
    """

    staircases: Staircases
    staircase: Numbers
    outcome: Numbers
    answered: Numbers
    said: Mapping[str, Numbers]

    @property
    def doors(self) -> int:
        """How many doors there are, those included where nobody has been."""
        return int(self.staircases.doors.sum())


def bits(question: SurveyQuestion, said: Iterable[str]) -> int:
    """Return the options of an answer as bits."""
    return sum(1 << question.choices.index(one) for one in said)


def by_floor(floors: Numbers, lifts: Numbers) -> Numbers:
    """Return on which kind of floor doors lie (the bits of :data:`BY_FLOOR`), 0 where nobody knows.

    Parameters
    ----------
    floors, lifts
        Of each door its floor, 0 if unknown, and whether its building has a lift: 1, 0, or -1 if unknown.
    """
    upper = floors >= _UPPER
    lower = (floors > 0) & ~upper
    kinds = (lower, upper & (lifts == 1), upper & (lifts == 0))
    return sum((kind.astype(np.int64) << place for place, kind in enumerate(kinds)), np.zeros_like(floors))


def columns_of(doors: Sequence[SurveyDoor], questions: Iterable[SurveyQuestion]) -> DoorColumns:
    """Return doors in columns."""
    counted = Counter((one.estate_id, one.building_id, one.unit_id) for one in doors)
    places = {key[2]: place for place, key in enumerate(counted)}
    keys = _column([(*key, count) for key, count in counted.items()], 4)
    met = [one for one in doors if one.outcome is not None]
    lifts = [-1 if one.has_lift is None else int(one.has_lift) for one in met]
    said = {
        question.code: _whole([bits(question, one.answers.get(question.code, ())) for one in met])
        for question in questions
        if question.choices
    }
    said[BY_FLOOR.code] = by_floor(_whole([one.floor or 0 for one in met]), _whole(lifts))
    return DoorColumns(
        staircases=Staircases(estates=keys[:, 0], buildings=keys[:, 1], ids=keys[:, 2], doors=keys[:, 3]),
        staircase=_whole([places[one.unit_id] for one in met]),
        outcome=_whole([OUTCOMES.index(one.outcome) for one in met if one.outcome]),
        answered=_whole([one.answered for one in met]),
        said=said,
    )


def _whole(values: Any) -> Numbers:
    return np.array(values, dtype=np.int64)


def _column(rows: Sequence[tuple[int, ...]], width: int) -> Numbers:
    return _whole(rows).reshape(-1, width)
