"""A project's own budget: reviewed before estimated before the price book, with its source, never silently replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, StageError
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.projects import COST_DECIDED, CostBasis, CostFigure, Project, ProjectStatus
from renovation.services.projects.budgets import project_budget, record_figure
from renovation.services.projects.projects import (
    create_project,
    draft_from_item,
    edit_project,
    project_history,
    withdraw_project,
)
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.store.schema.projects import project


def figure(basis: CostBasis, wan: int) -> CostFigure:
    return CostFigure(basis=basis, amount=wan * 1_000_000, day=today(), document=f"{basis.value}〔2026〕{wan}号")


@pytest.fixture
def lamps(store: Store, planner: Actor) -> Project:
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂", status="surveyed"))
        unit.commit()
    return create_project(store, planner, draft_from_item(store, planner, estate_id=1, item_code="W02", quantity=8))


def test_what_counts_is_the_review_then_the_estimate_then_the_price_book(
    store: Store, planner: Actor, lamps: Project
) -> None:
    first = project_budget(store, planner, lamps.id)
    assert (first.basis, first.cost, first.above_book) == (CostBasis.PRICE_BOOK, lamps.cost, None)
    estimated = record_figure(store, planner, lamps.id, lamps.version, figure(CostBasis.ESTIMATE, 9))
    reviewed = record_figure(store, planner, lamps.id, estimated.version, figure(CostBasis.REVIEWED, 7))
    # A later estimate does not overrule the review.
    last = record_figure(store, planner, lamps.id, reviewed.version, figure(CostBasis.ESTIMATE, 8))
    assert [one.cost for one in (estimated, reviewed, last)] == [9_000_000, 7_000_000, 7_000_000]
    held = project_budget(store, planner, lamps.id)
    assert held.counts is not None
    assert (held.basis, held.counts.document) == (CostBasis.REVIEWED, "reviewed〔2026〕7号")
    assert held.counts.login == "planner"
    assert held.book is not None
    assert held.above_book == Fraction(7_000_000 - held.book.likely, held.book.likely)
    assert len(held.figures) == 3


def test_a_price_book_never_replaces_a_budget(store: Store, planner: Actor, lamps: Project) -> None:
    kept = record_figure(store, planner, lamps.id, lamps.version, figure(CostBasis.REVIEWED, 7))
    again = draft_from_item(store, planner, estate_id=1, item_code="W02", quantity=Decimal(9), name="路灯九盏")
    edited = edit_project(store, planner, kept.id, kept.version, again)
    assert (edited.name, edited.cost, edited.cost_low) == ("路灯九盏", 7_000_000, again.cost_low)


def test_what_is_no_budget_is_refused(store: Store, planner: Actor, lamps: Project) -> None:
    good = figure(CostBasis.REVIEWED, 7)
    for wrong, code in (
        ({"document": " "}, "project.figure_document"),
        ({"basis": CostBasis.PRICE_BOOK}, "project.figure_basis"),
        ({"amount": 0}, "project.cost"),
    ):
        with pytest.raises(InvalidError) as refused:
            replace(good, **wrong)  # type: ignore[arg-type]
        assert refused.value.code == code
    with pytest.raises(InvalidError, match="ahead"):
        record_figure(store, planner, lamps.id, lamps.version, replace(good, day=today() + timedelta(days=2)))
    with pytest.raises(ConflictError):
        record_figure(store, planner, lamps.id, lamps.version + 1, good)
    gone = withdraw_project(store, planner, lamps.id, lamps.version, reason="不做")
    with pytest.raises(StageError):
        record_figure(store, planner, lamps.id, gone.version, good)


def test_a_review_comes_after_the_vote_too(store: Store, planner: Actor, social_worker: Actor, lamps: Project) -> None:
    """Only while residents vote does the cost they see stand; what is decided costs otherwise by who may publish."""
    version = lamps.version
    for status in ProjectStatus:
        with store.write() as unit:
            unit.connection.execute(project.update().values(status=status.value))
            unit.commit()
        if status in (ProjectStatus.IN_POLL, ProjectStatus.DONE, ProjectStatus.WITHDRAWN):
            with pytest.raises(StageError):
                record_figure(store, planner, lamps.id, version, figure(CostBasis.REVIEWED, 7))
            continue
        kept = record_figure(store, planner, lamps.id, version, figure(CostBasis.REVIEWED, 7))
        assert (kept.status, kept.cost) == (status, 7_000_000)
        version = kept.version
        if status in COST_DECIDED:
            with pytest.raises(DeniedError):
                record_figure(store, social_worker, lamps.id, version, figure(CostBasis.REVIEWED, 8))
    history = project_history(store, planner, lamps.id)
    assert [one.act for one in history].count("record_figure") == 5
