"""What an estate's file says about its gates, and how the answers moved since they were last noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from renovation.model.consents import ConsentRecord, VoteScope
from renovation.model.gates import Gate, GateFact, GateResult, GateState, Threshold
from renovation.model.places import EstateFacts, RenovationStatus
from renovation.model.surveys import TakenFigures
from renovation.rules.money.books import DoubleFunding
from renovation.rules.money.gates import ConsentOnFile, GateChange, GateFacts, check_gates
from renovation.rules.money.pricing import half_up


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """Everything on file that an estate's gates rest on.

    Attributes
    ----------
    found_out
        The newest fact of each gate.
    consent
        The vote that counts, see :func:`counting_consent`.
    paid_twice
        Works of its projects that seem to be paid for already.
    taken
        What the last survey of its doors brought into its file.
    """

    facts: EstateFacts
    found_out: Mapping[Gate, GateFact]
    consent: ConsentRecord | None = None
    paid_twice: Sequence[DoubleFunding] = ()
    taken: TakenFigures | None = None

    @property
    def counted(self) -> TakenFigures | None:
        """The survey whose coverage holds: it stands in the file as counted, and nothing newer was recorded by hand."""
        recorded = self.found_out.get(Gate.COVERAGE)
        if self.taken is None or self.taken.coverage != self.facts.survey_coverage:
            return None
        by_hand = recorded is not None and recorded.number is not None and recorded.day > self.taken.taken_on
        return None if by_hand else self.taken


def counting_consent(consents: Iterable[ConsentRecord]) -> ConsentRecord | None:
    """Return the newest vote of a whole estate about its renewal as such; votes on a building decide no gate."""
    counting = [one for one in consents if one.draft.for_gate and one.draft.vote_scope is VoteScope.ESTATE]
    return counting[-1] if counting else None


def answer_gates(known: OnFile, thresholds: Mapping[str, Threshold], *, today: date) -> tuple[GateResult, ...]:
    """Answer every gate of an estate, each with where its fact comes from."""
    found = []
    for answer in check_gates(_gate_facts(known), thresholds, today=today):
        fact = known.found_out.get(answer.gate)
        evidence = fact.source if fact else ""
        if answer.gate is Gate.COVERAGE and known.counted is not None:
            evidence = known.counted.name
        if answer.gate is Gate.CONSENT and known.consent is not None:
            evidence = known.consent.draft.evidence
        found.append(replace(answer, evidence=evidence))
    return tuple(found)


def _gate_facts(known: OnFile) -> GateFacts:
    facts, found = known.facts, known.found_out
    ruled_out, paid = found.get(Gate.NOT_EXCLUDED), found.get(Gate.NO_DOUBLE_FUNDING)
    coverage, upkeep = found.get(Gate.COVERAGE), found.get(Gate.UPKEEP)
    exclusions = None if ruled_out is None else frozenset(ruled_out.names)
    counted = known.counted
    covered = coverage.number if coverage and counted is None else None
    if covered is None and facts.survey_coverage is not None and facts.households:
        covered = half_up(facts.survey_coverage * facts.households)
    other = None if paid is None else frozenset(paid.names)
    if known.paid_twice:
        other = (other or frozenset()).union(*(one.codes for one in known.paid_twice))
    return GateFacts(
        built_year=facts.built_year,
        exclusions=exclusions,
        exclusions_day=ruled_out.day if ruled_out else None,
        marked_excluded=facts.status is RenovationStatus.EXCLUDED,
        households=facts.households,
        covered_households=covered,
        coverage_day=counted.taken_on if counted else coverage.day if coverage else None,
        consent=None if known.consent is None else _consent(known.consent),
        upkeep_agreed=upkeep.holds if upkeep else None,
        upkeep_day=upkeep.day if upkeep else None,
        other_funding=other,
        other_funding_day=paid.day if paid else None,
    )


def _consent(record: ConsentRecord) -> ConsentOnFile:
    count = record.draft.count
    return ConsentOnFile(
        agree_heads=count.agree_share_heads,
        agree_area=count.agree_share_area,
        decided_on=record.draft.decided_on,
        expires_on=record.draft.valid_until,
        withdrawn_on=record.withdrawn_on,
    )


def changes_since(noted: Iterable[GateResult], now: Iterable[GateResult]) -> tuple[GateChange, ...]:
    """Return the answers that differ from the last note; what was never noted counts as unknown."""
    before = {result.gate: result for result in noted}
    found = []
    for after in now:
        earlier = before.get(after.gate) or GateResult(gate=after.gate, state=GateState.UNKNOWN, reason="")
        if earlier.state is not after.state:
            found.append(GateChange(earlier, after))
    return tuple(found)


def went_back(noted: Iterable[GateResult], now: Iterable[GateResult]) -> tuple[Gate, ...]:
    """Return the gates that were ever noted as passed and no longer pass; the estate waits for them."""
    passed = {result.gate for result in noted if result.state is GateState.PASS}
    return tuple(one.gate for one in now if one.gate in passed and one.state is not GateState.PASS)
