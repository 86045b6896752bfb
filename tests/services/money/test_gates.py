"""Gates of estates: facts, consents, history and the way back to the waiting list, on both engines."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import openpyxl
import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.gates import Gate, GateFact, GateState
from renovation.model.places import RenovationStatus
from renovation.model.scope import Scope
from renovation.services.house.estate_sheets import change_lines
from renovation.services.money import gates
from renovation.services.register import estates
from renovation.store import Store, audit
from renovation.store.schema.places import estate
from renovation.text import Language


@pytest.fixture
def register(store: Store) -> Store:
    """A listed estate of 1990 with 100 households, 80 % of them surveyed; one of 2008 about which nothing is known."""
    with store.write() as unit:
        unit.connection.execute(
            estate.insert().values(
                id=1, code="E1", name="糖厂一号", status="listed", built_year=1990, households=100,
                survey_coverage=Fraction(4, 5),
            )
        )  # fmt: skip
        unit.connection.execute(
            estate.insert().values(id=2, code="E2", name="新村", status="surveyed", built_year=2008)
        )
        unit.commit()
    return store


def states(store: Store, actor: Actor, estate_id: int = 1, **when: object) -> dict[Gate, GateState]:
    return {one.gate: one.state for one in gates.gates_of(store, actor, [estate_id], **when)[estate_id]}  # type: ignore[arg-type]


def fact(gate: Gate, **values: object) -> GateFact:
    return GateFact(**({"estate_id": 1, "gate": gate, "day": today(), "source": "区住建局台账"} | values))  # type: ignore[arg-type]


def consent(**values: object) -> ConsentDraft:
    count = ConsentCount(total_heads=90, total_area=Fraction(6000), agree_heads=70, agree_area=Fraction(9001, 2))
    return ConsentDraft(
        **{
            "estate_id": 1, "matter": Matter.ORDINARY, "subject": "同意改造", "count": count,
            "decided_on": today() - timedelta(days=100), "evidence": "社区档案 2026-03",
        }
        | values
    )  # type: ignore[arg-type]  # fmt: skip


def settle(store: Store, actor: Actor) -> None:
    """Make the first estate pass every gate."""
    gates.record_fact(store, actor, fact(Gate.NOT_EXCLUDED))
    gates.record_fact(store, actor, fact(Gate.NO_DOUBLE_FUNDING))
    gates.record_fact(store, actor, fact(Gate.UPKEEP, holds=True))
    gates.record_consent(store, actor, consent())


def test_what_nobody_knows_is_unknown_and_facts_answer(register: Store, social_worker: Actor, observer: Actor) -> None:
    assert states(register, observer) == {
        Gate.ELIGIBLE_YEAR: GateState.PASS,
        Gate.NOT_EXCLUDED: GateState.UNKNOWN,
        Gate.COVERAGE: GateState.PASS,
        Gate.CONSENT: GateState.UNKNOWN,
        Gate.UPKEEP: GateState.UNKNOWN,
        Gate.NO_DOUBLE_FUNDING: GateState.UNKNOWN,
    }
    settle(register, social_worker)
    row, other = gates.gate_rows(register, observer)
    assert row.standing is GateState.PASS
    assert other.standing is GateState.FAIL
    by_gate = {one.gate: one for one in row.results}
    assert by_gate[Gate.NOT_EXCLUDED].day == today()
    assert (by_gate[Gate.NOT_EXCLUDED].evidence, by_gate[Gate.CONSENT].evidence) == ("区住建局台账", "社区档案 2026-03")
    gates.record_fact(register, social_worker, fact(Gate.COVERAGE, number=70))
    assert states(register, observer)[Gate.COVERAGE] is GateState.FAIL
    # An older fact does not replace a newer one.
    gates.record_fact(register, social_worker, fact(Gate.COVERAGE, number=99, day=today() - timedelta(days=1)))
    assert states(register, observer)[Gate.COVERAGE] is GateState.FAIL
    with pytest.raises(DeniedError):
        gates.record_fact(register, observer, fact(Gate.UPKEEP, holds=True))
    with pytest.raises(InvalidError, match=r"day\.ahead"):
        gates.record_fact(register, social_worker, fact(Gate.UPKEEP, holds=True, day=today() + timedelta(days=1)))
    with pytest.raises(NotFoundError):
        gates.record_fact(register, replace(social_worker, scope=Scope(county_id=9)), fact(Gate.UPKEEP, holds=True))


def test_a_listed_estate_that_fails_goes_back_to_waiting(register: Store, social_worker: Actor) -> None:
    settle(register, social_worker)
    (moved,) = gates.record_fact(register, social_worker, fact(Gate.NOT_EXCLUDED, names=("征收计划", "征收计划")))
    assert moved.went_back
    row = gates.gate_rows(register, social_worker)[0]
    assert (row.standing, row.went_back) == (GateState.FAIL, (Gate.NOT_EXCLUDED,))
    assert row.status is RenovationStatus.WILLING
    change = estates.get_estate_file(register, social_worker, 1).history[0]
    assert change.fields["status"] == ("listed", "willing")
    assert change_lines(change, {}, "zh-CN")[-1].endswith("属于排除范围：征收计划。")
    assert change_lines(change, {}, "en")[-1].endswith("It is excluded: 征收计划.")
    seen = gates.estate_gates(register, social_worker, 1)
    assert [note.result.gate for note in seen.notes[:2]] == [Gate.NOT_EXCLUDED, Gate.CONSENT]
    assert seen.notes[0].result.fields == {"names": ("征收计划",)}
    with register.read() as connection:
        assert audit.first_broken(connection) is None


def test_consent_runs_out_or_is_withdrawn(register: Store, social_worker: Actor, planner: Actor) -> None:
    settle(register, social_worker)
    ((record, result),) = gates.estate_gates(register, social_worker, 1).consents
    assert result.passed
    later = today() + timedelta(days=731)
    assert states(register, social_worker, today=later)[Gate.CONSENT] is GateState.FAIL
    assert [bool(row.moved) for row in gates.gate_rows(register, planner)] == [False, True]
    assert set(gates.note_changes(register, planner)) == {2}
    assert gates.note_changes(register, planner) == {}
    gates.withdraw_consent(register, social_worker, record.id, day=today(), why="业主大会改选")
    assert states(register, social_worker)[Gate.CONSENT] is GateState.FAIL
    with pytest.raises(ConflictError):
        gates.withdraw_consent(register, social_worker, record.id, day=today(), why="再次")
    gates.record_consent(register, social_worker, consent(decided_on=today(), for_gate=False))
    assert states(register, social_worker)[Gate.CONSENT] is GateState.FAIL
    gates.record_consent(register, social_worker, consent(decided_on=today(), valid_until=today()))
    assert states(register, social_worker)[Gate.CONSENT] is GateState.PASS


def test_a_city_sets_its_own_year_and_exports(register: Store, planner: Actor, social_worker: Actor) -> None:
    assert states(register, planner, 2)[Gate.ELIGIBLE_YEAR] is GateState.FAIL
    with pytest.raises(DeniedError):
        gates.set_threshold(register, social_worker, "eligibility.built_until", Fraction(2010), source="市文件")
    with pytest.raises(InvalidError, match=r"threshold\.fixed"):
        gates.set_threshold(register, planner, "consent.quorum", Fraction(1, 2), source="市文件")
    for code, limit in (("band.red", 101), ("band.red", 60), ("band.yellow", 60)):
        with pytest.raises(InvalidError, match=r"threshold\.bands"):
            gates.set_threshold(register, planner, code, Fraction(limit), source="市文件")
    assert gates.set_threshold(register, planner, "band.red", Fraction(75), source="市文件").value == 75
    gates.set_threshold(register, planner, "eligibility.built_until", Fraction(2010), source="市文件〔2026〕1号")
    assert states(register, planner, 2)[Gate.ELIGIBLE_YEAR] is GateState.PASS
    _, _, content = gates.export_gates(register, planner, Language.ZH)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
    assert len(rows) == 3
    assert rows[2][2:5] == ("新村", "待核实", "通过")
    assert rows[2][7] == "市文件〔2026〕1号"
