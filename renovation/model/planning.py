"""What planners weigh: criteria and weights, gates, thresholds with their source, scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError
from renovation.model.money import fen


class BenchmarkBasis(StrEnum):
    """What a cost band is divided by."""

    PER_M2 = "per_m2"
    PER_HOUSEHOLD = "per_household"
    PER_ESTATE = "per_estate"
    PER_PROJECT = "per_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A band of known costs, in fen per unit of its basis."""

    code: str
    basis: BenchmarkBasis
    low: int
    high: int
    scope_zh: str
    scope_en: str
    source: str

    def __post_init__(self) -> None:
        if fen(self.low) > fen(self.high):
            raise InvalidError("price.not_in_order", item=self.code)

    def scope(self, language: str) -> str:
        """Name what the band is for."""
        return self.scope_en if str(language) == "en" else self.scope_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number that decides, with the law, rule or local choice it comes from.

    ``mark`` says how sure the source is: V read, S seen as an excerpt, K general knowledge, A our assumption.
    """

    code: str
    value: Fraction
    unit: str
    source: str
    mark: str
    note_zh: str = ""
    note_en: str = ""


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
    score_low, score_high
        The score if every missing value were the worst or the best there is.
    bypasses
        A safety matter: it goes first and takes no part in the ranking.
    """

    id: str
    score: float | None
    rank: int | None
    contributions: Mapping[str, float] = field(default_factory=dict)
    normalised: Mapping[str, float | None] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    score_low: float | None = None
    score_high: float | None = None
    bypasses: bool = False


class GateState(StrEnum):
    """What is known of a gate."""

    PASS = "pass"  # noqa: S105 - a gate's answer, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Gate(StrEnum):
    """What must hold before anything is scored."""

    ELIGIBLE_YEAR = "eligible_year"
    NOT_EXCLUDED = "not_excluded"
    COVERAGE = "coverage"
    CONSENT = "consent"
    UPKEEP = "upkeep"
    NO_DOUBLE_FUNDING = "no_double_funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer, with the day of the fact behind it and the source of the threshold.

    ``reason`` is a key of the catalogue below ``gate.``; ``fields`` are its numbers; ``evidence`` says where the fact
    itself comes from.
    """

    gate: Gate
    state: GateState
    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    day: date | None = None
    source: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFact:
    """Something found out about a gate of an estate, on a day, from a source.

    Attributes
    ----------
    names
        What rules it out, or which programmes pay already (``NOT_EXCLUDED``, ``NO_DOUBLE_FUNDING``); empty is "none".
    number
        Households visited with a valid answer (``COVERAGE``).
    holds
        Whether upkeep is agreed (``UPKEEP``).
    """

    estate_id: int
    gate: Gate
    day: date
    source: str
    names: tuple[str, ...] = ()
    number: int | None = None
    holds: bool | None = None
    login: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise InvalidError("gate.source_missing")
        wanted = _FACT_OF.get(self.gate)
        if wanted is None:
            raise InvalidError("gate.not_recorded_here", gate=self.gate.value)
        if wanted != "names" and getattr(self, wanted) is None:
            raise InvalidError("gate.answer_missing")
        if self.number is not None and self.number < 0:
            raise InvalidError("gate.answer_missing")


#: What a fact of a gate holds. The year built stands in the estate's file, consent in its own records.
_FACT_OF = {
    Gate.NOT_EXCLUDED: "names",
    Gate.COVERAGE: "number",
    Gate.UPKEEP: "holds",
    Gate.NO_DOUBLE_FUNDING: "names",
}
#: The gates a fact can be recorded for.
RECORDED_GATES = tuple(_FACT_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNote:
    """A gate's answer as it was noted on a day; the next note of the same gate is when it moved."""

    estate_id: int
    result: GateResult
    noted_on: date
    login: str


class Band(StrEnum):
    """The official order of colours, worst first."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


class ScenarioState(StrEnum):
    """A scenario is worked on until it is adopted; then nothing in it changes."""

    DRAFT = "draft"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named programme with the inputs it rests on.

    Attributes
    ----------
    inputs_digest
        SHA-256 of the canonical inputs (``rules.scenarios.digest_of``); set when adopted and checked ever after.
    copied_from
        The scenario this one began as.
    """

    id: str
    name: str
    state: ScenarioState = ScenarioState.DRAFT
    note: str = ""
    inputs_digest: str = ""
    copied_from: str | None = None
    adopted_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state is ScenarioState.ADOPTED and not (self.inputs_digest and self.adopted_at):
            raise InvalidError("scenario.adopted_without_digest", name=self.name)
