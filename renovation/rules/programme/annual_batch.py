"""The annual batch: estates that are willing and eligible, taken under a budget; the rest wait with their reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from renovation.model.elections import Reason
from renovation.model.gates import Gate, GateResult, GateState, Threshold
from renovation.model.programme import AnnualBatch, Band, BatchLine, BatchSettings, BatchStanding
from renovation.model.scenarios import HeldScenario

#: Whether residents want it; all other gates say whether the estate may have it.
WILLING_GATES = frozenset({Gate.CONSENT, Gate.COVERAGE})


Gates = Sequence[GateResult]


def is_willing(gates: Gates) -> bool:
    """Tell whether residents want it: consent and coverage both known and good."""
    states = {result.gate: result.state for result in gates}
    return all(states.get(gate) is GateState.PASS for gate in WILLING_GATES)


def is_eligible(gates: Gates) -> bool:
    """Tell whether the estate may have it: every other gate known and good."""
    others = [result for result in gates if result.gate not in WILLING_GATES]
    return bool(others) and all(result.state is GateState.PASS for result in others)


def build_batch(cases: Sequence[tuple[BatchLine, Gates]], settings: BatchSettings) -> AnnualBatch:
    """Take estates from the pool in order while the money lasts, skipping what does not fit; the rest wait.

    Order: urgent ones, then by rank, then who has waited longest, then as given.

    Parameters
    ----------
    cases
        The estates with their gates' answers; standing, reasons and the year they wait from are given here.
    """
    last = len(cases) + 1
    order = sorted(
        cases, key=lambda one: (not one[0].is_urgent, one[0].rank or last, one[0].waiting_since or settings.year)
    )
    left, taken, pool = settings.budget, 0, 0
    lines = []
    for case, gates in order:
        willing, eligible = is_willing(gates), is_eligible(gates)
        reasons: tuple[Reason, ...] = ()
        if not (willing and eligible):
            reasons = _gate_reasons(gates)
        else:
            pool += 1
            if case.cost is None:
                reasons = (Reason("batch.not_priced"),)
            elif case.rank is None and not case.is_urgent:
                reasons = (Reason("batch.not_ranked"),)
            elif settings.max_estates is not None and taken >= settings.max_estates:
                reasons = (Reason("batch.full", {"limit": settings.max_estates}),)
            elif case.cost > left:
                reasons = (Reason("batch.money", {"cost": case.cost, "left": left, "short": case.cost - left}),)
        is_in = not reasons
        if is_in and case.cost is not None:
            left -= case.cost
            taken += 1
            fields = {"rank": case.rank, "cost": case.cost, "left": left}
            reasons = (Reason("batch.urgent" if case.is_urgent else "batch.taken", fields),)
        lines.append(
            replace(
                case,
                is_willing=willing,
                is_eligible=eligible,
                standing=BatchStanding.IN_BATCH if is_in else BatchStanding.WAITING,
                reasons=reasons,
                waiting_since=None if is_in else case.waiting_since or settings.year,
            )
        )
    return AnnualBatch(settings=settings, lines=tuple(lines), pool_size=pool, spent=settings.budget - left, left=left)


def waiting_since(kept: Sequence[AnnualBatch], year: int) -> dict[str, int]:
    """Return since which year an estate waits, from the newest batch of an earlier year (``kept``: newest first)."""
    earlier = [one for one in kept if one.settings.year < year]
    waiting = earlier[0].waiting if earlier else ()
    return {line.code: line.waiting_since for line in waiting if line.waiting_since is not None}


def placed_before(kept: Sequence[AnnualBatch], gates: Mapping[str, Gates], year: int) -> frozenset[str]:
    """Return the codes of estates that an earlier year's batch holds: this year's money is not for them again.

    Where a gate has gone back since, the estate is a candidate again and waits with its reason.

    Parameters
    ----------
    kept
        Kept batches, the newest first.
    gates
        Today's answers by code.
    """
    latest: dict[str, BatchStanding] = {}
    for batch in kept:
        for line in batch.lines if batch.settings.year < year else ():
            latest.setdefault(line.code, line.standing)
    return frozenset(
        code
        for code, answers in gates.items()
        if latest.get(code) is BatchStanding.IN_BATCH and is_willing(answers) and is_eligible(answers)
    )


def in_batch_since(kept: Sequence[AnnualBatch], years: Sequence[int]) -> dict[int, int] | None:
    """Return which estates a programme of these years may build in, by id, and since which year's batch.

    The newest batch up to the last of the years that knows an estate decides. ``None`` while no batch of any of the
    years is decided: then nothing is ruled out.

    Parameters
    ----------
    kept
        Kept batches, the newest first.
    """
    if not any(batch.settings.year in years for batch in kept):
        return None
    latest: dict[int, BatchStanding] = {}
    since: dict[int, int] = {}
    for batch in kept:
        for line in batch.lines if batch.settings.year <= years[-1] else ():
            latest.setdefault(line.estate_id, line.standing)
            if line.standing is BatchStanding.IN_BATCH:
                since[line.estate_id] = batch.settings.year
    return {estate_id: since[estate_id] for estate_id, standing in latest.items() if standing is BatchStanding.IN_BATCH}


def outside_batches(kept: Sequence[AnnualBatch], held: HeldScenario) -> dict[int, str]:
    """Return the estates a scenario builds in although the batches of its years do not hold them: names by id.

    What an earlier programme promised is built whatever a later batch says.
    """
    taken = in_batch_since(kept, held.settings.years)
    if taken is None:
        return {}
    places = [held.places[line.project] for line in held.programme.chosen]
    return {one.estate_id: one.estate for one in places if one.estate_id not in taken and not one.promised_by}


def _gate_reasons(gates: Gates) -> tuple[Reason, ...]:
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
