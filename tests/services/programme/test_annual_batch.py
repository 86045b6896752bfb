"""The annual batch from the register: pool, budget, waiting list carried over, bands, files."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest

from renovation.errors import DeniedError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.gates import Gate, GateState
from renovation.model.places import Deficit, EstateDraft, EstateFacts
from renovation.model.programme import BatchSettings, BatchStanding
from renovation.model.projects import ProjectDraft
from renovation.model.scope import Scope
from renovation.services.programme import annual_batch as service
from renovation.services.projects.items import keep_catalogue
from renovation.store import Store
from renovation.store.projects import projects
from renovation.store.register import estates


@pytest.fixture
def three_estates(store: Store) -> None:
    """Three estates, two of them with a priced project."""
    with store.write() as unit:
        keep_catalogue(unit.connection)
        drafts = [
            EstateDraft(
                code=f"E{n}",
                name=f"示例{n}号院",
                facts=EstateFacts(
                    households=100,
                    built_year=1980 + 5 * n,
                    elderly_share=Fraction(n, 10),
                    survey_coverage=Fraction(1),
                    willingness=Fraction(1),
                    deficits=frozenset(list(Deficit)[: 8 - n]),
                ),
            )
            for n in (1, 2, 3)
        ]
        estates.add_estates(unit.connection, drafts, collected_on=date(2026, 3, 1), collector="测试")
        for n in (1, 2):
            made = ProjectDraft(
                estate_id=n,
                item_code="J05",
                name=f"照明{n}",
                quantity=Decimal(1),
                cost=n * 10_000_000,
                cost_low=n * 10_000_000,
                cost_high=n * 10_000_000,
            )
            projects.add(unit.connection, made, unit="处", at=now())
        unit.commit()


def _passing(basis: service.BatchBasis) -> service.BatchBasis:
    """Return the basis as if every gate were passed."""
    from dataclasses import replace

    gates = {
        number: tuple(replace(one, state=GateState.PASS) for one in answers) for number, answers in basis.gates.items()
    }
    return replace(basis, gates=gates)


@pytest.mark.usefixtures("three_estates")
def test_unknown_gates_keep_an_estate_waiting_with_every_reason(store: Store, planner: Actor) -> None:
    basis = service.batch_basis(store, planner)
    batch = service.work_out_batch(basis, BatchSettings(year=2027, budget=10**9))
    assert batch.chosen == ()
    assert batch.pool_size == 0
    open_gates = {one.gate for one in basis.gates[1] if one.state is not GateState.PASS}
    assert Gate.CONSENT in open_gates
    line = next(line for line in batch.lines if line.code == "E1")
    assert len(line.reasons) == len(open_gates)
    assert line.waiting_since == 2027


@pytest.mark.usefixtures("three_estates")
def test_money_is_spent_by_rank_and_the_rest_is_carried_over(store: Store, planner: Actor) -> None:
    basis = _passing(service.batch_basis(store, planner))
    batch = service.work_out_batch(basis, BatchSettings(year=2027, budget=25_000_000))
    assert batch.pool_size == 3
    by_code = {line.code: line for line in batch.lines}
    assert by_code["E3"].reasons[0].code == "batch.not_priced"
    taken = [line for line in batch.lines if line.standing is BatchStanding.IN_BATCH]
    assert sum(line.cost or 0 for line in taken) == batch.spent == 25_000_000 - batch.left
    assert all(line.need is not None and line.band is not None for line in batch.lines)
    service.keep_batch(store, planner, batch)
    kept = service.batch_basis(store, planner).kept[0]
    assert kept.lines == batch.lines
    later = _passing(service.batch_basis(store, planner))
    again = service.work_out_batch(later, BatchSettings(year=2028, budget=25_000_000))
    waited = {line.code: line.waiting_since for line in again.lines if line.standing is BatchStanding.WAITING}
    assert waited["E3"] == 2027
    # Who was taken is not paid for a second time, unless a gate went back: then it waits with its reason.
    placed = {line.code for line in taken}
    assert service.placed_already(later, 2028) == placed
    assert not placed & {line.code for line in again.lines}
    assert service.placed_already(later, 2027) == frozenset()
    fallen = service.work_out_batch(service.batch_basis(store, planner), BatchSettings(year=2028, budget=25_000_000))
    assert placed <= {line.code for line in fallen.lines if line.standing is BatchStanding.WAITING}


@pytest.mark.usefixtures("three_estates")
def test_files_say_what_the_screen_says(store: Store, planner: Actor, social_worker: Actor) -> None:
    batch = service.work_out_batch(
        _passing(service.batch_basis(store, planner)), BatchSettings(year=2027, budget=25_000_000)
    )
    data = service.export_batch(store, planner, batch, format_="xlsx", language="zh-CN")[2]
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [sheet.title for sheet in book.worksheets[:2]] == ["列入本年", "等候"]
    rows = list(book.worksheets[0].iter_rows(min_row=2, values_only=True))
    head = [cell.value for cell in book.worksheets[0][1]]
    assert sum(round(row[head.index("需要（万元）")] * 10**6) for row in rows) == batch.spent
    assert service.export_batch(store, planner, batch, format_="gpkg", language="zh-CN")[2][:15] == b"SQLite format 3"
    with pytest.raises(DeniedError):
        service.keep_batch(store, social_worker, batch)


@pytest.mark.usefixtures("three_estates")
def test_an_account_of_a_part_sees_its_part_and_keeps_none(store: Store, planner: Actor) -> None:
    batch = service.work_out_batch(
        _passing(service.batch_basis(store, planner)), BatchSettings(year=2027, budget=25_000_000)
    )
    service.keep_batch(store, planner, batch)
    part = replace(planner, scope=Scope(estate_id=1))
    assert [line.code for line in service.batch_basis(store, part).kept[0].lines] == ["E1"]
    with pytest.raises(DeniedError, match="whole_town"):
        service.keep_batch(store, part, batch)
    assert len(service.batch_basis(store, planner).kept[0].lines) == 3
