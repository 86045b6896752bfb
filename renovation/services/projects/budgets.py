"""A project's own budget: 概算 and 财评 with day and document, which of them counts, and the price book as check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from renovation.errors import ConflictError, StageError
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import refuse_ahead
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.projects import COST_DECIDED, CostBasis, CostFigure, Occasion, Project, counting
from renovation.rules.money.pricing import CostRange, price
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.projects.items import current_book
from renovation.services.projects.lives import note
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.projects import projects as projects_store

_DOCUMENT_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectBudget:
    """What a project costs and by which figure.

    Attributes
    ----------
    counts
        The figure that counts; ``None`` where the price book does.
    figures
        Everything recorded, the newest first.
    book
        What the price book in force says today; ``None`` where it has no price.
    """

    cost: int
    counts: CostFigure | None
    figures: tuple[CostFigure, ...]
    book: CostRange | None

    @property
    def basis(self) -> CostBasis:
        """Which kind of figure counts: reviewed before estimated before the price book."""
        return CostBasis.PRICE_BOOK if self.counts is None else self.counts.basis

    @property
    def above_book(self) -> Fraction | None:
        """By what share of the price book's figure the cost lies above it; below is negative."""
        if self.counts is None or self.book is None or not self.book.likely:
            return None
        return Fraction(self.cost - self.book.likely, self.book.likely)

    @property
    def is_within_book(self) -> bool:
        """Tell whether the cost lies between the price book's lowest and highest figure."""
        return self.book is None or self.book.low <= self.cost <= self.book.high


def project_budget(store: Store, actor: Actor, project_id: int) -> ProjectBudget:
    """Return what a project costs, by which figure, and what the price book says beside it."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        one = door.project(project_id)
        figures = projects_store.figures(door.connection, project_id)
        book = current_book(door.connection)
    return ProjectBudget(
        cost=one.cost,
        counts=counting(figures),
        figures=tuple(reversed(figures)),
        book=price(book, one.item_code, one.quantity) if one.item_code in book.by_code else None,
    )


def record_figure(store: Store, actor: Actor | None, project_id: int, version: int, figure: CostFigure) -> Project:
    """Keep an estimate or its review; from then on the project costs what counts: reviewed before estimated.

    A poll that was held and a programme that was adopted keep the cost they decided on.

    Raises
    ------
    InvalidError
        ``day.ahead``: of a day that lies in the future.
    StageError
        ``project.fixed``: residents are voting on it at another cost, or it is done or withdrawn.
    DeniedError
        ``account.not_allowed``: what is decided costs otherwise only by who may publish.
    ConflictError
        ``project.changed``: somebody else has changed it since this version.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        one = unit.project(project_id)
        if one.version != version:
            raise ConflictError("project.changed", code=one.code)
        kept = renew_figure(unit, one, figure)
        counts = counting(projects_store.figures(unit.connection, one.id)) or kept
        changed = projects_store.change(unit.connection, one, cost=counts.amount)
        unit.log(
            "project.figure",
            "project",
            one.id,
            code=one.code,
            basis=kept.basis.value,
            amount=kept.amount,
            day=kept.day.isoformat(),
            document=kept.document,
            cost_before=one.cost,
            cost=changed.cost,
        )
        unit.commit()
    return changed


def renew_figure(unit: ActingUnit, one: Project, figure: CostFigure) -> CostFigure:
    """Keep a further figure of a project on file, where its state and the role allow. For services in a transaction.

    Raises
    ------
    StageError, DeniedError, InvalidError
        As for :func:`record_figure`: ``project.fixed``, ``account.not_allowed``, ``day.ahead``.
    """
    if one.status not in PROJECT_LIFE.before(ProjectAct.RECORD_FIGURE):
        raise StageError("project.fixed", code=one.code, status=one.status.value)
    if one.status in COST_DECIDED:
        require(unit.actor, Action.PUBLISH)
    kept = keep_figure(unit, one, figure)
    note(unit, one, ProjectAct.RECORD_FIGURE, Occasion(where=kept.document))
    return kept


def keep_figure(unit: ActingUnit, one: Project, figure: CostFigure) -> CostFigure:
    """Keep a figure of a project beside its earlier ones. For services inside a transaction.

    Raises
    ------
    InvalidError
        ``day.ahead``.
    """
    refuse_ahead(figure.day)
    kept = replace(figure, document=one_line(figure.document, _DOCUMENT_LIMIT), login=unit.actor.login)
    projects_store.add_figure(unit.connection, one.id, kept, at=unit.at)
    return kept
