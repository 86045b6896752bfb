"""The batch: willing and eligible, under the budget, and everyone else knows why."""

from fractions import Fraction

import pytest

from renovation.imports.files.lists import shipped
from renovation.model.gates import Gate, GateResult, GateState
from renovation.model.lists import ListKind
from renovation.model.localities import thresholds_of
from renovation.model.programme import Band, BatchLine, BatchSettings, BatchStanding
from renovation.rules.programme.annual_batch import (
    band_of,
    build_batch,
    is_eligible,
    is_willing,
    placed_before,
    waiting_since,
)


def gates(**states):
    return tuple(
        GateResult(gate=gate, state=GateState(states.get(gate.value, "pass")), reason=f"{gate.value}_reason")
        for gate in Gate
    )


PASSED = gates()


def case(name, cost, rank, gates=PASSED, **changes):
    return BatchLine(estate_id=1, code=name, name="", county="", street="", cost=cost, rank=rank, **changes), gates


def of_year(year, cases, budget=100, **settings):
    return build_batch(cases, BatchSettings(year=year, budget=budget, **settings))


def test_willing_and_eligible_are_two_tests():
    assert is_willing(gates())
    assert not is_willing(gates(consent="unknown"))
    assert is_eligible(gates(consent="fail"))
    assert not is_eligible(gates(upkeep="unknown"))
    assert not is_eligible(())


def test_the_batch_is_taken_by_rank_and_skips_what_does_not_fit():
    batch = of_year(
        2027,
        [
            case("c", 30, 3),
            case("a", 60, 1),
            case("b", 50, 2),
            case("d", 1, 4, gates=gates(consent="fail")),
            case("e", 1, 5, gates=gates(eligible_year="unknown")),
        ],
        budget=100,
    )
    assert [line.code for line in batch.chosen] == ["a", "c"]
    assert (batch.spent, batch.left, batch.pool_size) == (90, 10, 3)
    lines = {line.code: line for line in batch.lines}
    assert lines["b"].reasons[0].code == "batch.money"
    assert lines["b"].reasons[0].fields["short"] == 10
    assert (lines["d"].is_willing, lines["d"].is_eligible) == (False, True)
    assert lines["d"].reasons[0].code == "gate.consent_reason"
    assert (lines["e"].is_willing, lines["e"].is_eligible) == (True, False)
    assert all(line.waiting_since == 2027 for line in batch.waiting)


def test_urgent_goes_first_and_who_waited_longer_among_equals():
    batch = of_year(
        2027,
        [case("new", 10, 1), case("old", 10, 1, waiting_since=2024), case("roof", 10, None, is_urgent=True)],
        budget=20,
    )
    assert [line.code for line in batch.chosen] == ["roof", "old"]
    assert batch.waiting[0].code == "new"
    assert batch.lines[0].reasons[0].code == "batch.urgent"


def test_unpriced_unranked_and_full_are_reasons_too():
    batch = of_year(
        2027,
        [case("a", 1, 1), case("b", 1, 2), case("c", None, 3), case("d", 1, None), case("e", 1, 9, gates=())],
        budget=100,
        max_estates=1,
    )
    assert {line.code: line.reasons[0].code for line in batch.lines} == {
        "a": "batch.taken",
        "b": "batch.full",
        "c": "batch.not_priced",
        "d": "batch.not_ranked",
        "e": "batch.not_checked",
    }
    assert batch.lines[0].standing is BatchStanding.IN_BATCH


@pytest.mark.parametrize(
    ("score", "band"),
    [(100, Band.RED), (80, Band.RED), (Fraction(799, 10), Band.ORANGE), (60, Band.ORANGE), (40, Band.YELLOW),
     (39.9, Band.BLUE), (0, Band.BLUE)],
)  # fmt: skip
def test_a_score_on_the_line_has_the_graver_colour(score, band):
    assert band_of(score, thresholds_of(shipped(ListKind.THRESHOLDS))) is band


def test_who_waits_keeps_its_year_and_who_was_placed_is_no_candidate_again():
    first = of_year(2025, [case("a", 60, 1), case("b", 60, 2)])
    second = of_year(2026, [case("b", 60, 1, waiting_since=2025), case("c", 60, 2)])
    kept = (second, first)
    assert waiting_since(kept, 2027) == {"c": 2026}
    assert waiting_since(kept, 2026) == {"b": 2025}
    assert waiting_since(kept, 2025) == {}
    answers = {"a": gates(), "b": gates(consent="fail"), "c": gates()}
    # The consent of b has gone since: it is a candidate again, and says why it waits.
    assert placed_before(kept, answers, 2027) == {"a"}
    assert placed_before(kept, answers, 2025) == frozenset()
