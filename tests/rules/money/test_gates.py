"""Gates: unknown is neither yes nor no, and a yes can turn into a no."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.imports.files.lists import shipped
from renovation.model.consents import ConsentCount, ConsentDraft, ConsentRecord, Matter, VoteScope
from renovation.model.gates import Gate, GateFact, GateResult, GateState
from renovation.model.lists import ListKind
from renovation.model.localities import thresholds_of
from renovation.model.places import EstateFacts, RenovationStatus
from renovation.rules.money.books import DoubleFunding
from renovation.rules.money.gates import ConsentOnFile, GateChange, GateFacts, check_gates, check_threshold, overall
from renovation.rules.money.on_file import OnFile, answer_gates, changes_since, counting_consent, went_back

LAW = thresholds_of(shipped(ListKind.THRESHOLDS))
TODAY = date(2026, 11, 21)
GOOD = GateFacts(
    built_year=1998,
    exclusions=frozenset(),
    households=400,
    covered_households=300,
    coverage_day=date(2026, 9, 1),
    consent=ConsentOnFile(agree_heads=Fraction(2, 3), agree_area=Fraction(7, 10), decided_on=date(2026, 3, 1)),
    upkeep_agreed=True,
    other_funding=frozenset(),
)


def state_of(facts, gate, today=TODAY):
    return next(result for result in check_gates(facts, LAW, today=today) if result.gate is gate)


def test_everything_known_and_good_passes_at_the_very_edge():
    results = check_gates(GOOD, LAW, today=TODAY)
    assert [result.gate for result in results] == list(Gate)
    assert overall(results) is GateState.PASS
    assert all(result.source for result in results)


def test_nothing_known_is_unknown_and_never_fails():
    results = check_gates(GateFacts(), LAW, today=TODAY)
    assert {result.state for result in results} == {GateState.UNKNOWN}
    assert overall(results) is GateState.UNKNOWN


def test_each_gate_fails_for_its_own_reason():
    cases = [
        (Gate.ELIGIBLE_YEAR, {"built_year": 2001}, "year_after"),
        (Gate.NOT_EXCLUDED, {"exclusions": frozenset({"征收计划"})}, "exclusion_found"),
        (Gate.COVERAGE, {"covered_households": 299}, "coverage_short"),
        (Gate.UPKEEP, {"upkeep_agreed": False}, "upkeep_open"),
        (Gate.NO_DOUBLE_FUNDING, {"other_funding": frozenset({"小微公共空间"})}, "funding_found"),
    ]
    for gate, change, reason in cases:
        result = state_of(replace(GOOD, **change), gate)
        assert (result.state, result.reason) == (GateState.FAIL, reason)
    assert state_of(replace(GOOD, covered_households=299), Gate.COVERAGE).fields["missing"] == 1


def test_consent_expires_the_day_after_its_last_day_and_can_be_taken_back():
    consent = replace(GOOD.consent, expires_on=TODAY)
    assert state_of(replace(GOOD, consent=consent), Gate.CONSENT).state is GateState.PASS
    assert state_of(replace(GOOD, consent=consent), Gate.CONSENT, date(2026, 11, 22)).reason == "consent_expired"
    assert state_of(GOOD, Gate.CONSENT, date(2028, 3, 1)).reason == "consent_expired"
    withdrawn = replace(GOOD.consent, withdrawn_on=TODAY)
    assert state_of(replace(GOOD, consent=withdrawn), Gate.CONSENT).reason == "consent_withdrawn"
    short = replace(GOOD.consent, agree_area=Fraction(66, 100))
    assert state_of(replace(GOOD, consent=short), Gate.CONSENT).reason == "consent_short"


def test_a_gate_that_went_back_is_told_with_its_reason():
    before = check_gates(GOOD, LAW, today=TODAY)
    after = check_gates(replace(GOOD, upkeep_agreed=False, built_year=None), LAW, today=TODAY)
    moved = [one for one in map(GateChange, before, after) if one.went_back]
    assert [(change.after.gate, change.after.reason) for change in moved] == [
        (Gate.ELIGIBLE_YEAR, "year_unknown"),
        (Gate.UPKEEP, "upkeep_open"),
    ]


@pytest.mark.parametrize(
    ("code", "value", "refusal"),
    [
        ("estate.consent", Fraction(9, 10), None),
        ("estate.consent", Fraction(11, 10), "threshold.range"),
        ("eligibility.built_until", Fraction(2005), None),
        ("eligibility.built_until", Fraction(4011, 2), "threshold.range"),
        ("consent.valid_days", Fraction(-1), "threshold.range"),
        ("band.orange", Fraction(80), "threshold.bands"),
        ("band.orange", Fraction(79), None),
        ("band.red", Fraction(101), "threshold.bands"),
        ("consent.quorum_heads", Fraction(1, 2), "threshold.fixed"),
    ],
)
def test_a_locality_sets_its_own_numbers_within_the_law(code, value, refusal):
    if refusal is None:
        check_threshold(code, value, LAW)
    else:
        with pytest.raises(InvalidError, match=refusal):
            check_threshold(code, value, LAW)


def vote(number: int, **changes) -> ConsentRecord:
    count = ConsentCount(total_heads=3, total_area=Fraction(100), agree_heads=2, agree_area=Fraction(70))
    draft = ConsentDraft(
        estate_id=1, matter=next(iter(Matter)), subject="改造", count=count, decided_on=TODAY, evidence=f"卷{number}"
    )
    return ConsentRecord(id=number, draft=replace(draft, **changes), login="a")


def answers(known: OnFile) -> dict[Gate, GateResult]:
    return {one.gate: one for one in answer_gates(known, LAW, today=TODAY)}


def test_only_a_vote_of_the_whole_estate_about_its_renewal_counts():
    votes = [vote(1), vote(2), vote(3, for_gate=False), vote(4, vote_scope=VoteScope.BUILDING, part="1栋")]
    assert counting_consent(votes) == votes[1]
    assert counting_consent(votes[2:]) is None


def test_what_is_on_file_answers_each_gate_with_its_source():
    facts = EstateFacts(built_year=1998, households=10, survey_coverage=Fraction(77, 100))
    visited = GateFact(estate_id=1, gate=Gate.COVERAGE, day=TODAY, source="台账", number=9)
    told = answers(OnFile(facts=facts, found_out={Gate.COVERAGE: visited}, consent=vote(1)))
    assert (told[Gate.COVERAGE].state, told[Gate.COVERAGE].evidence) == (GateState.PASS, "台账")
    assert (told[Gate.CONSENT].state, told[Gate.CONSENT].evidence) == (GateState.PASS, "卷1")
    assert told[Gate.NOT_EXCLUDED].state is told[Gate.NO_DOUBLE_FUNDING].state is GateState.UNKNOWN
    # 7.7 households of 10 visited are 8.
    assert answers(OnFile(facts=facts, found_out={}))[Gate.COVERAGE].fields["share"] == Fraction(4, 5)
    marked = OnFile(
        facts=replace(facts, status=RenovationStatus.EXCLUDED),
        found_out={},
        paid_twice=[DoubleFunding(estate_id=1, codes=("P1", "P2"), item_code="J07")],
    )
    told = answers(marked)
    assert (told[Gate.NOT_EXCLUDED].state, told[Gate.NOT_EXCLUDED].reason) == (GateState.FAIL, "exclusion_marked")
    assert told[Gate.NO_DOUBLE_FUNDING].fields["names"] == ("P1", "P2")
    found = GateFact(estate_id=1, gate=Gate.NOT_EXCLUDED, day=TODAY, source="台账", names=("征收计划",))
    told = answers(replace(marked, found_out={Gate.NOT_EXCLUDED: found}))
    assert told[Gate.NOT_EXCLUDED].reason == "exclusion_marked_and_found"
    assert told[Gate.NOT_EXCLUDED].fields["names"] == ("征收计划",)


def test_an_answer_that_passed_once_and_no_longer_does_went_back():
    def is_(gate: Gate, state: GateState) -> GateResult:
        return GateResult(gate=gate, state=state, reason="")

    noted = [is_(Gate.CONSENT, GateState.PASS), is_(Gate.CONSENT, GateState.UNKNOWN), is_(Gate.UPKEEP, GateState.FAIL)]
    now = [is_(Gate.CONSENT, GateState.FAIL), is_(Gate.UPKEEP, GateState.FAIL), is_(Gate.COVERAGE, GateState.UNKNOWN)]
    assert went_back(noted, now) == (Gate.CONSENT,)
    moved = [(one.before.state, one.after.state) for one in changes_since(noted, now)]
    assert moved == [(GateState.UNKNOWN, GateState.FAIL)]
