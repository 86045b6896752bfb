"""Batch and programme are one decision: what the batch does not hold is neither offered, adopted nor announced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from renovation.errors import ConflictError
from renovation.model.accounts import Actor
from renovation.model.programme import AnnualBatch, BatchSettings, BatchStanding, Objective
from renovation.model.scenarios import DecidedBatch, ProgrammeInput, ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.services.programme import programme
from renovation.services.programme.annual_batch import batch_basis, keep_batch, work_out_batch
from renovation.services.programme.documents import ProgrammeDocument, export_programme
from renovation.services.programme.input import programme_input
from renovation.store import Store

WAN = 1_000_000


@pytest.fixture
def town(store: Store, two_estates: None) -> Store:
    """Two estates with a project each; nothing is decided."""
    return store


def asked(store: Store, planner: Actor, *years: int) -> ProgrammeInput:
    return programme_input(
        store, planner, ProgrammeSettings(years=years, objective=Objective.HOUSEHOLDS, only_passing=False)
    )


def batch(store: Store, planner: Actor, *estates: int, year: int = 2027) -> AnnualBatch:
    """Return a year's batch that holds these estates and lets all others wait."""
    found = work_out_batch(batch_basis(store, planner), BatchSettings(year=year, budget=20 * WAN))
    lines = [
        replace(line, standing=BatchStanding.IN_BATCH if line.estate_id in estates else BatchStanding.WAITING)
        for line in found.lines
    ]
    return replace(found, lines=tuple(lines))


def save(store: Store, planner: Actor, name: str, basis: ProgrammeInput) -> str:
    return programme.save_scenario(store, planner, name=name, basis=basis, programme=plan_programme(basis.problem)).id


def test_only_projects_of_the_years_batch_are_offered(town: Store, planner: Actor) -> None:
    free = asked(town, planner, 2027)
    assert (sorted(free.places), free.batches) == (["P0001", "P0002"], ())
    assert keep_batch(town, planner, batch(town, planner, 2)) == ()
    bound = asked(town, planner, 2027)
    assert list(bound.places) == ["P0002"]
    assert [(one.code, one.why) for one in bound.aside] == [("P0001", "batch")]
    assert bound.batches == (DecidedBatch(year=2027, budget=20 * WAN, estates=1),)
    # A year without a batch of its own rules nothing out.
    assert sorted(asked(town, planner, 2028).places) == ["P0001", "P0002"]
    # An estate of a later batch is not built in before it.
    keep_batch(town, planner, batch(town, planner, 1, year=2028))
    both = {one.id: one.years for one in asked(town, planner, 2027, 2028).problem.projects}
    assert both == {"P0001": frozenset({2028})}
    keep_batch(town, planner, batch(town, planner, 1, 2, year=2028))
    both = {one.id: one.years for one in asked(town, planner, 2027, 2028).problem.projects}
    assert both == {"P0001": frozenset({2028}), "P0002": frozenset()}


def test_an_estate_that_waits_is_neither_adopted_nor_announced(town: Store, planner: Actor) -> None:
    draft = save(town, planner, "全部", asked(town, planner, 2027))
    assert export_programme(town, planner, draft, ProgrammeDocument.NOTICE)
    assert keep_batch(town, planner, batch(town, planner, 2)) == ("全部",)
    for act in (
        lambda: programme.adopt_scenario(town, planner, draft),
        lambda: export_programme(town, planner, draft, ProgrammeDocument.NOTICE),
        lambda: export_programme(town, planner, draft, ProgrammeDocument.PACKAGE),
    ):
        with pytest.raises(ConflictError, match=r"scenario\.estate_waits") as refused:
            act()
        assert refused.value.fields["estates"] == ("糖厂1号",)
    # For the meeting that decides, the list may be written.
    assert export_programme(town, planner, draft, ProgrammeDocument.LIST)
    bound = save(town, planner, "按批次", asked(town, planner, 2027))
    programme.adopt_scenario(town, planner, bound)
    assert export_programme(town, planner, bound, ProgrammeDocument.NOTICE)


def test_a_batch_does_not_take_its_estates_from_an_adopted_programme(town: Store, planner: Actor) -> None:
    keep_batch(town, planner, batch(town, planner, 1, 2))
    adopted = save(town, planner, "采用的", asked(town, planner, 2027))
    programme.adopt_scenario(town, planner, adopted)
    with pytest.raises(ConflictError, match=r"batch\.adopted_holds") as refused:
        keep_batch(town, planner, batch(town, planner, 1))
    assert (refused.value.fields["name"], refused.value.fields["estates"]) == ("采用的", ("糖厂2号",))
    assert len(batch_basis(town, planner).kept[0].chosen) == 2
    assert keep_batch(town, planner, batch(town, planner, 1, 2)) == ()
    programme.take_back_scenario(town, planner, adopted, reason="重新排批次")
    assert keep_batch(town, planner, batch(town, planner, 1)) == ("采用的",)
