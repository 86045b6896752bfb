"""What must hold before an estate or project is scored: each gate passes, fails or is unknown, with day and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.gates import Gate, GateResult, GateState, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentOnFile:
    """A recorded yes or no of the estate: shares agreeing of all heads and all area, and how long it counts.

    ``expires_on`` is the last day it counts; ``None`` takes the threshold ``consent.valid_days``.
    """

    agree_heads: Fraction
    agree_area: Fraction
    decided_on: date
    expires_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """What is known of an estate. ``None`` is "not known" and is shown as such, never taken for yes or no.

    Attributes
    ----------
    exclusions
        Names of what rules it out (棚改, 征收计划, 自建房/城中村, D 级危房); empty when checked and none found.
    marked_excluded
        The estate's file says so itself.
    covered_households
        Households visited with a valid answer.
    other_funding
        Other programmes that already pay for the same works; empty when checked and none found.
    """

    built_year: int | None = None
    built_year_day: date | None = None
    exclusions: frozenset[str] | None = None
    exclusions_day: date | None = None
    marked_excluded: bool = False
    households: int | None = None
    covered_households: int | None = None
    coverage_day: date | None = None
    consent: ConsentOnFile | None = None
    upkeep_agreed: bool | None = None
    upkeep_day: date | None = None
    other_funding: frozenset[str] | None = None
    other_funding_day: date | None = None


def _year(facts: GateFacts, limit: Threshold) -> GateResult:
    if facts.built_year is None:
        return GateResult(gate=Gate.ELIGIBLE_YEAR, state=GateState.UNKNOWN, reason="year_unknown", source=limit.source)
    cut_off = int(limit.value)
    is_old = facts.built_year <= cut_off
    return GateResult(
        gate=Gate.ELIGIBLE_YEAR,
        state=GateState.PASS if is_old else GateState.FAIL,
        reason="year_within" if is_old else "year_after",
        fields={"year": facts.built_year, "limit": cut_off},
        day=facts.built_year_day,
        source=limit.source,
    )


def _named(gate: Gate, names: frozenset[str] | None, day: date | None, prefix: str, source: str) -> GateResult:
    if names is None:
        return GateResult(gate=gate, state=GateState.UNKNOWN, reason=f"{prefix}_unknown", source=source)
    if names:
        fields = {"names": tuple(sorted(names))}
        return GateResult(
            gate=gate, state=GateState.FAIL, reason=f"{prefix}_found", fields=fields, day=day, source=source
        )
    return GateResult(gate=gate, state=GateState.PASS, reason=f"{prefix}_none", day=day, source=source)


def _not_excluded(facts: GateFacts, source: str) -> GateResult:
    found = _named(Gate.NOT_EXCLUDED, facts.exclusions, facts.exclusions_day, "exclusion", source)
    if not facts.marked_excluded:
        return found
    reason = "exclusion_marked_and_found" if found.state is GateState.FAIL else "exclusion_marked"
    return replace(found, state=GateState.FAIL, reason=reason)


def _coverage(facts: GateFacts, limit: Threshold) -> GateResult:
    if not facts.households or facts.covered_households is None:
        return GateResult(gate=Gate.COVERAGE, state=GateState.UNKNOWN, reason="coverage_unknown", source=limit.source)
    share = Fraction(facts.covered_households, facts.households)
    enough = share >= limit.value
    short = max(Fraction(0), limit.value * facts.households - facts.covered_households)
    return GateResult(
        gate=Gate.COVERAGE,
        state=GateState.PASS if enough else GateState.FAIL,
        reason="coverage_enough" if enough else "coverage_short",
        fields={"share": share, "limit": limit.value, "missing": -(-short.numerator // short.denominator)},
        day=facts.coverage_day,
        source=limit.source,
    )


def _consent(facts: GateFacts, limit: Threshold, valid_days: Threshold, today: date) -> GateResult:
    consent = facts.consent
    if consent is None:
        return GateResult(gate=Gate.CONSENT, state=GateState.UNKNOWN, reason="consent_missing", source=limit.source)
    expires = consent.expires_on or consent.decided_on + timedelta(days=int(valid_days.value))
    share = min(consent.agree_heads, consent.agree_area)
    fields = {"share": share, "limit": limit.value, "expires": expires, "decided": consent.decided_on}
    if consent.withdrawn_on is not None and consent.withdrawn_on <= today:
        state, reason = GateState.FAIL, "consent_withdrawn"
        fields["withdrawn"] = consent.withdrawn_on
    elif share < limit.value:
        state, reason = GateState.FAIL, "consent_short"
    elif today > expires:
        state, reason = GateState.FAIL, "consent_expired"
    else:
        state, reason = GateState.PASS, "consent_given"
    return GateResult(
        gate=Gate.CONSENT, state=state, reason=reason, fields=fields, day=consent.decided_on, source=limit.source
    )


def _upkeep(facts: GateFacts) -> GateResult:
    answer = {
        None: (GateState.UNKNOWN, "upkeep_unknown"),
        True: (GateState.PASS, "upkeep_agreed"),
        False: (GateState.FAIL, "upkeep_open"),
    }
    state, reason = answer[facts.upkeep_agreed]
    return GateResult(gate=Gate.UPKEEP, state=state, reason=reason, day=facts.upkeep_day, source="建办城〔2021〕50号")


def check_gates(facts: GateFacts, thresholds: Mapping[str, Threshold], *, today: date) -> tuple[GateResult, ...]:
    """Answer every gate for one estate or project, in the order people check them."""
    eligibility = thresholds["eligibility.built_until"]
    return (
        _year(facts, eligibility),
        _not_excluded(facts, eligibility.source),
        _coverage(facts, thresholds["coverage.households"]),
        _consent(facts, thresholds["estate.consent"], thresholds["consent.valid_days"], today),
        _upkeep(facts),
        _named(Gate.NO_DOUBLE_FUNDING, facts.other_funding, facts.other_funding_day, "funding", "建办城〔2021〕50号"),
    )


def overall(results: Iterable[GateResult]) -> GateState:
    """Sum the gates up: one fail fails, else one unknown leaves it unknown, else it passes."""
    states = {result.state for result in results}
    if GateState.FAIL in states:
        return GateState.FAIL
    return GateState.UNKNOWN if GateState.UNKNOWN in states else GateState.PASS


@dataclass(frozen=True, slots=True)
class GateChange:
    """A gate whose answer moved between two looks."""

    before: GateResult
    after: GateResult

    @property
    def went_back(self) -> bool:
        """Tell whether something that passed no longer does; the estate returns to the waiting list with ``after``."""
        return self.before.state is GateState.PASS and self.after.state is not GateState.PASS


#: Need scores from which an estate is red, orange, yellow; each above the next.
BAND_THRESHOLDS = ("band.red", "band.orange", "band.yellow")
#: The thresholds that gates and consent rest on and a locality may set for itself; law is not among them.
LOCAL_THRESHOLDS = (
    "eligibility.built_until",
    "coverage.households",
    "estate.consent",
    "consent.valid_days",
    *BAND_THRESHOLDS,
)
#: What a locality may set besides: after how many refusals a joint meeting on a demand is due, and by when a poll is
#: opened, closed, sealed and published.
_OTHERS = ("demand.refusals", "poll.draft_days", "poll.open_days", "poll.seal_days", "poll.publish_days")
_SHARES = ("coverage.households", "estate.consent")


def check_threshold(code: str, value: Fraction, known: Mapping[str, Threshold]) -> None:
    """Refuse a number that a locality may not set, or that cannot be.

    Raises
    ------
    InvalidError
        ``threshold.fixed`` (law), ``threshold.range`` or ``threshold.bands``.
    """
    if code not in (*LOCAL_THRESHOLDS, *_OTHERS):
        raise InvalidError("threshold.fixed", code=code)
    is_share = code in _SHARES
    if value < 0 or value > (1 if is_share else 10_000) or (not is_share and value.denominator != 1):
        raise InvalidError("threshold.range")
    red, orange, yellow = (value if name == code else known[name].value for name in BAND_THRESHOLDS)
    if code in BAND_THRESHOLDS and not 100 >= red > orange > yellow:
        raise InvalidError("threshold.bands")
