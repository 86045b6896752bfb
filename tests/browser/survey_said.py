"""What sixty doors of a made-up estate say, drawn once, and what pandas counts in it without asking the house."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from renovation.model.places import Deficit
from renovation.model.surveys import FormKind, fixed_form

#: Questions with options of the form of opinions, as they are numbered.
CHOICES = {one.code: one.choices for one in fixed_form(FormKind.OPINION) if one.choices}
#: A telephone number that a resident dictates and nobody may read again.
MARKER = "13912345678"
_STAIRS = ("1单元", "2单元", "3单元")
#: What nobody answers at, of each twenty doors.
_MET = {3: "refused", 7: "not_home", 12: "empty", 16: "come_back"}
#: Who goes where: a collector with a phone, one with sheets of paper, a field team.
_WAYS = ("phone", "phone", "paper", "paper", "field", "field")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSaid:
    """A door, which way its visit comes in, what was met there, and what was said."""

    building: str
    stair: str
    number: str
    way: str
    met: str
    answers: Mapping[str, tuple[str, ...]]

    @property
    def place(self) -> str:
        """The staircase with its building, as screens call it."""
        return f"{self.building} {self.stair}"


def doors_said() -> list[DoorSaid]:
    """Return sixty doors, ten to a staircase."""
    chance = random.Random(20270301)
    numbers = [f"{floor}0{room}" for floor in range(1, 6) for room in (1, 2)]
    places = [(building, stair) for building in ("1栋", "2栋") for stair in _STAIRS]
    return [
        DoorSaid(
            building=building,
            stair=stair,
            number=number,
            way=_WAYS[at],
            met=(met := _MET.get(at % 2 * 10 + door, "answered")),
            answers=_answers(chance) if met == "answered" else {},
        )
        for at, (building, stair) in enumerate(places)
        for door, number in enumerate(numbers)
    ]


def _answers(chance: random.Random) -> dict[str, tuple[str, ...]]:
    parking = Deficit.PARKING.value
    others = [one for one in CHOICES["wishes"] if one != parking]
    wished = {parking, *chance.sample(others, 2)} if chance.random() < 0.8 else {*chance.sample(others, 2)}
    said = {
        "renew": (chance.choice(("yes", "yes", "yes", "only_if", "no", "undecided")),),
        "wishes": tuple(one for one in CHOICES["wishes"] if one in wished),
        "keep": tuple(one for one in CHOICES["keep"] if chance.random() < 0.3),
        "contribute": (chance.choice(CHOICES["contribute"]),),
        "watch": (chance.choice(CHOICES["watch"]),),
        "tenure": (chance.choice(("owner", "owner", "tenant")),),
        "ages": tuple(one for one in CHOICES["ages"] if chance.random() < 0.4),
        "step_free": (chance.choice(CHOICES["step_free"]),),
    }
    return {code: one for code, one in said.items() if one and (code in ("renew", "wishes") or chance.random() < 0.95)}


def _floor(one: DoorSaid) -> str:
    """Return on which kind of floor a door lies; only 2栋 has a lift."""
    upper = "upper_lift" if one.building == "2栋" else "upper_stairs"
    return upper if int(one.number[0]) >= 4 else "lower"


def bounds(found: int, asked: int, households: int) -> tuple[float, float]:
    """Return between which shares of all households the truth lies, trying every number of holders with scipy."""
    holders = np.arange(found, households - (asked - found) + 1)
    likely = hypergeom.sf(found - 1, households, holders, asked) > 0.025
    likely &= hypergeom.cdf(found, households, holders, asked) > 0.025
    return holders[likely].min() / households, holders[likely].max() / households


class Counted:
    """Counts by pandas alone."""

    def __init__(self, said: list[DoorSaid]) -> None:
        rows = [
            {"building": one.building, "unit": one.place, "met": one.met, "floor": (_floor(one),), **one.answers}
            for one in said
        ]
        self.doors = pd.DataFrame(rows)
        self.answered = self.doors[self.doors.met == "answered"]

    def met(self, *outcomes: str, within: Mapping[str, str] | None = None) -> int:
        """Return at how many doors of a place this was met."""
        return int(self._inside(self.doors, within).met.isin(outcomes).sum())

    def chose(self, code: str, option: str, within: Mapping[str, str] | None = None) -> tuple[int, int]:
        """Return how many chose an option, and how many answered the question, of those of a place or group."""
        said = self._inside(self.answered, within)[code].dropna()
        return sum(option in one for one in said), len(said)

    def besides(self, code: str, option: str, told: Collection[tuple[str, str]]) -> tuple[int, int]:
        """Return the same of those that are in none of the groups that are told of."""
        left = self.answered
        for by, which in told:
            left = left[~left[by].map(lambda one, w=which: isinstance(one, tuple) and w in one)]
        said = left[code].dropna()
        return sum(option in one for one in said), len(said)

    @staticmethod
    def _inside(frame: pd.DataFrame, within: Mapping[str, str] | None) -> pd.DataFrame:
        for column, value in (within or {}).items():
            held = frame[column]
            frame = frame[held.map(lambda one, v=value: v in one if isinstance(one, tuple) else v == one)]
        return frame
