"""How estates and projects are put in order: criteria, weights, method, scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError


class Direction(StrEnum):
    """Which values of a criterion are better."""

    HIGHER = "higher"
    LOWER = "lower"
    TARGET = "target"


class Normalisation(StrEnum):
    """How a criterion's values become 0 … 1."""

    MIN_MAX = "min_max"
    RANK = "rank"
    TARGET = "target"


class Method(StrEnum):
    """How scores come from normalised values; the weighted sum decides, TOPSIS is the second opinion."""

    WEIGHTED_SUM = "weighted_sum"
    TOPSIS = "topsis"


class MissingPolicy(StrEnum):
    """What a missing value means. It is never silently zero.

    ``KNOWN_ONLY`` spreads the criterion's weight over the known ones, ``WORST`` and ``MEDIAN`` fill in the value they
    name, ``REFUSE`` leaves the alternative unranked until the value is known.
    """

    KNOWN_ONLY = "known_only"
    WORST = "worst"
    MEDIAN = "median"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that counts in a ranking.

    Attributes
    ----------
    is_cash
        Scores money that residents put in; the list is shown with and without it, because it favours the better-off.
    target
        The best value, for direction or normalisation "target".
    """

    code: str
    name_zh: str
    name_en: str = ""
    direction: Direction = Direction.HIGHER
    normalisation: Normalisation = Normalisation.MIN_MAX
    target: float | None = None
    unit: str = ""
    is_cash: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        wants_target = self.direction is Direction.TARGET or self.normalisation is Normalisation.TARGET
        if wants_target and self.target is None:
            raise InvalidError("criterion.no_target", criterion=self.code)

    def name(self, language: str) -> str:
        """Return the name in a language of the catalogue."""
        return (self.name_en or self.name_zh) if str(language) == "en" else self.name_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """Weights by criterion, in any unit; ``shares`` divides them by their sum.

    ``is_example`` is shown as 示例 until a locality has chosen its own.
    """

    weights: Mapping[str, Fraction]
    name: str = ""
    is_example: bool = False

    def __post_init__(self) -> None:
        exact = {code: Fraction(weight) for code, weight in self.weights.items()}
        for code, weight in exact.items():
            if weight < 0:
                raise InvalidError("weight.negative", criterion=code)
        if not sum(exact.values()):
            raise InvalidError("weight.all_zero")
        object.__setattr__(self, "weights", exact)

    @property
    def shares(self) -> dict[str, Fraction]:
        """Return the weights as shares of one."""
        total = sum(self.weights.values(), Fraction(0))
        return {code: weight / total for code, weight in self.weights.items()}

    def without(self, *codes: str) -> Weighting:
        """Return the weighting with some criteria left out, the others in proportion."""
        kept = {code: weight for code, weight in self.weights.items() if code not in codes}
        return Weighting(weights=kept, name=self.name, is_example=self.is_example)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One alternative's line in a ranking.

    Attributes
    ----------
    score
        0 … 1; ``None`` when the missing policy leaves it unranked.
    rank
        1 is best; equals share a rank and the next one is skipped. ``None`` when unranked or bypassing.
    contributions
        What each criterion adds to a weighted sum (they sum to the score); for TOPSIS the weighted normalised values.
    missing
        Criteria without a value.
    bypasses
        A safety matter: it goes first and takes no part in the ranking.
    """

    id: str
    score: float | None
    rank: int | None
    contributions: Mapping[str, float] = field(default_factory=dict)
    normalised: Mapping[str, float | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    bypasses: bool = False

    def is_above(self, cut: int) -> bool:
        """Tell whether it stands above a cut line: by its rank, or because it passes all ranking by."""
        return self.bypasses or (self.rank is not None and self.rank <= cut)


#: A name a person gives; what a screen and a file name can hold.
MAX_NAME = 60


class Subject(StrEnum):
    """What a ranking puts in order."""

    ESTATES = "estates"
    PROJECTS = "projects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One line of a ranking, with the names a person reads. ``id`` is the code on file."""

    id: str
    name: str
    estate: str
    county: str
    street: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnColumn:
    """A criterion that a planner brought along: values by code, and the file they came from."""

    subject: Subject
    criterion: Criterion
    values: Mapping[str, float]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedWeighting:
    """How a ranking was made, under a name: criteria, weights, method, cut line, and who goes first for safety.

    ``bypass`` are codes taken first by hand.
    """

    name: str
    subject: Subject
    criteria: tuple[Criterion, ...]
    weighting: Weighting
    method: Method = Method.WEIGHTED_SUM
    missing: MissingPolicy = MissingPolicy.KNOWN_ONLY
    cut: int = 1
    bypass: frozenset[str] = frozenset()
    saved_at: datetime | None = None
    saved_by: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.name.strip()) <= MAX_NAME or "\x00" in self.name:
            raise InvalidError("weighting.name", limit=MAX_NAME)
