"""The annual batch: estates that are willing and eligible, taken under a budget; the rest wait with their reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from renovation.model.elections import Reason
from renovation.model.gates import Gate, GateResult, GateState, Threshold
from renovation.model.programme import Band, Standing

__all__ = ["Batch", "BatchLine", "EstateCase", "Standing", "band_of", "build_batch", "is_eligible", "is_willing"]

#: Whether residents want it; all other gates say whether the estate may have it.
WILLING_GATES = frozenset({Gate.CONSENT, Gate.COVERAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateCase:
    """An estate that stands for the batch.

    Attributes
    ----------
    cost
        What its package needs from the budget, in fen; ``None`` while it is not priced.
    rank
        From the ranking; ``None`` where it is not ranked.
    waiting_since
        The first year it stood on the waiting list; earlier goes first among equal ranks.
    is_urgent
        A safety matter: goes before every ranked estate.
    """

    estate: str
    gates: tuple[GateResult, ...]
    cost: int | None
    rank: int | None
    waiting_since: int | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One estate's answer: willing, eligible, in the batch or waiting, and why.

    ``reasons`` of a waiting estate are every gate that stands in its way, or the money.
    """

    estate: str
    is_willing: bool
    is_eligible: bool
    standing: Standing
    reasons: tuple[Reason, ...]
    waiting_since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The batch of a year: lines in the order they were looked at, the pool's size, money spent and left in fen."""

    year: int
    lines: tuple[BatchLine, ...]
    pool_size: int
    spent: int
    left: int

    @property
    def chosen(self) -> tuple[str, ...]:
        """List the estates in the batch."""
        return tuple(line.estate for line in self.lines if line.standing is Standing.IN_BATCH)

    @property
    def waiting(self) -> tuple[BatchLine, ...]:
        """List the estates carried over."""
        return tuple(line for line in self.lines if line.standing is Standing.WAITING)


def is_willing(gates: Sequence[GateResult]) -> bool:
    """Tell whether residents want it: consent and coverage both known and good."""
    states = {result.gate: result.state for result in gates}
    return all(states.get(gate) is GateState.PASS for gate in WILLING_GATES)


def is_eligible(gates: Sequence[GateResult]) -> bool:
    """Tell whether the estate may have it: every other gate known and good."""
    others = [result for result in gates if result.gate not in WILLING_GATES]
    return bool(others) and all(result.state is GateState.PASS for result in others)


def build_batch(cases: Sequence[EstateCase], *, year: int, budget: int, max_estates: int | None = None) -> Batch:
    """Take estates from the pool in order while the money lasts, skipping what does not fit.

    Order: urgent ones, then by rank, then who has waited longest, then as given.
    """
    last = len(cases) + 1
    order = sorted(
        range(len(cases)),
        key=lambda i: (not cases[i].is_urgent, cases[i].rank or last, cases[i].waiting_since or year, i),
    )
    left, taken, pool = budget, 0, 0
    lines = []
    for i in order:
        case = cases[i]
        willing, eligible = is_willing(case.gates), is_eligible(case.gates)
        reasons: tuple[Reason, ...] = ()
        if not (willing and eligible):
            reasons = _gate_reasons(case.gates)
        else:
            pool += 1
            if case.cost is None:
                reasons = (Reason("batch.not_priced"),)
            elif case.rank is None and not case.is_urgent:
                reasons = (Reason("batch.not_ranked"),)
            elif max_estates is not None and taken >= max_estates:
                reasons = (Reason("batch.full", {"limit": max_estates}),)
            elif case.cost > left:
                reasons = (Reason("batch.money", {"cost": case.cost, "left": left, "short": case.cost - left}),)
        is_in = not reasons
        if is_in and case.cost is not None:
            left -= case.cost
            taken += 1
            fields = {"rank": case.rank, "cost": case.cost, "left": left}
            reasons = (Reason("batch.urgent" if case.is_urgent else "batch.taken", fields),)
        lines.append(
            BatchLine(
                estate=case.estate,
                is_willing=willing,
                is_eligible=eligible,
                standing=Standing.IN_BATCH if is_in else Standing.WAITING,
                reasons=reasons,
                waiting_since=None if is_in else case.waiting_since or year,
            )
        )
    return Batch(year=year, lines=tuple(lines), pool_size=pool, spent=budget - left, left=left)


def _gate_reasons(gates: Sequence[GateResult]) -> tuple[Reason, ...]:
    found = tuple(
        Reason(f"gate.{result.reason}", result.fields) for result in gates if result.state is not GateState.PASS
    )
    return found or (Reason("batch.not_checked"),)


def band_of(score: float | Fraction, thresholds: Mapping[str, Threshold]) -> Band:
    """Return the colour of an estate's need score (0 … 100); a score on a threshold has the graver colour."""
    for band in (Band.RED, Band.ORANGE, Band.YELLOW):
        if score >= thresholds[f"band.{band.value}"].value:
            return band
    return Band.BLUE
