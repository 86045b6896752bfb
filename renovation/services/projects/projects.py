"""Make projects from catalogue items and demands, change them, withdraw them, and read them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import shapely

from renovation.errors import ConflictError, InvalidError, NotFoundError, StageError
from renovation.geo.drawings import check_drawing
from renovation.model.accounts import Action, Actor, require
from renovation.model.demands import DemandStatus
from renovation.model.items import Item, OwnItem
from renovation.model.lives import DEMAND_LIFE, PROJECT_LIFE, DemandAct, ProjectAct
from renovation.model.money import fen
from renovation.model.projects import (
    DECIDED,
    AnsweredDemand,
    CostFigure,
    Occasion,
    Project,
    ProjectDraft,
    ProjectFilter,
    ProjectRow,
    ProjectStatus,
    ProjectStep,
    counting,
)
from renovation.model.scope import Scope
from renovation.rules.money.pricing import (
    ConflictPair,
    CostRange,
    OrderRule,
    conflicts,
    order_rules,
    price,
    quantity_of,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.projects.budgets import keep_figure
from renovation.services.projects.items import current_book, item_of, keep_catalogue, kept_catalogue, own_item
from renovation.services.projects.lives import let_go, move, note, take_up
from renovation.services.typed import reason_of
from renovation.store import Store
from renovation.store.demands import places as demand_places
from renovation.store.money import pots as pots_store
from renovation.store.projects import projects as projects_store
from renovation.text.hidden import reorders

_NAME_LIMIT = 80
_WHY_LIMIT = 200


def _check(unit: ActingUnit, draft: ProjectDraft) -> Item:
    if len(draft.name) > _NAME_LIMIT:
        raise InvalidError("project.name_long", limit=_NAME_LIMIT)
    if len(draft.why) > _WHY_LIMIT:
        raise InvalidError("project.why_long", limit=_WHY_LIMIT)
    if any(map(reorders, (draft.name, draft.why, draft.description, draft.upkeep_by))):
        raise InvalidError("project.text_nul")
    check_drawing(draft.geometry)
    if draft.upkeep_per_year < 0:
        raise InvalidError("money.negative", value=draft.upkeep_per_year)
    unit.estate(draft.estate_id)
    return item_of(unit.connection, draft.item_code)


def _point(unit: ActingUnit, draft: ProjectDraft, demand_ids: Sequence[int]) -> tuple[float, float] | None:
    """Return where to show a project with nothing drawn: its first demand, else the middle of its estate."""
    if draft.geometry:
        return None
    if demand_ids:
        first = unit.demand(demand_ids[0])
        return first.lon, first.lat
    outline = demand_places.outline_of(unit.connection, draft.estate_id)
    if not outline:
        return None
    middle = shapely.from_wkb(outline).representative_point()
    return middle.x, middle.y


def draft_from_item(
    store: Store,
    actor: Actor,
    *,
    estate_id: int,
    item_code: str,
    quantity: Decimal | int | str,
    name: str = "",
    why: str = "",
    description: str = "",
    geometry: bytes | None = None,
    upkeep_per_year: int = 0,
    upkeep_by: str = "",
    cost: int | None = None,
    own: OwnItem | None = None,
) -> ProjectDraft:
    """Price a quantity of a catalogue item as a project; the name is the item's unless one is given.

    Parameters
    ----------
    cost
        Of an item that the price book does not hold, in fen.
    own
        What it is where no item of the catalogue is it; ``item_code`` is then passed over.

    Raises
    ------
    NotFoundError
        ``estate.not_found``, ``item.unknown`` or ``price.missing``.
    """
    with reading(store, actor, Action.EDIT_PROJECTS) as door:
        door.estate(estate_id)
        item = item_of(door.connection, item_code) if own is None else own
        item_code = item_code if own is None else ""
        amount = quantity_of(quantity)
        book = current_book(door.connection)
    if item_code in book.by_code or cost is None:
        range_ = price(book, item_code, amount)
    else:
        range_ = CostRange(low=fen(cost), likely=fen(cost), high=fen(cost))
    return ProjectDraft(
        estate_id=estate_id,
        item_code=item_code,
        name=name.strip() or (item.name if isinstance(item, OwnItem) else item.name_zh),
        quantity=amount,
        cost=range_.likely,
        cost_low=range_.low,
        cost_high=range_.high,
        description=description,
        why=why,
        geometry=geometry,
        upkeep_per_year=upkeep_per_year,
        upkeep_by=upkeep_by,
    )


def create_project(
    store: Store,
    actor: Actor | None,
    draft: ProjectDraft,
    demand_ids: Sequence[int] = (),
    *,
    own: OwnItem | None = None,
    figure: CostFigure | None = None,
) -> Project:
    """Keep a project; the demands it answers move to "in a project" in the same act.

    Parameters
    ----------
    own
        What it is where no item of the catalogue is it; the draft's ``item_code`` is then given here.
    figure
        What it costs and by which document; without one the draft's cost is the price book's.

    Raises
    ------
    StageError
        ``demand.step``: a demand is answered, closed or merged already.
    InvalidError
        ``project.own_cost``: no price book holds an item of one's own, and no figure says what it costs; ``day.ahead``.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        project = add_project(unit, draft, tuple(dict.fromkeys(demand_ids)), own=own, figure=figure)
        unit.commit()
    return project


def add_project(
    unit: ActingUnit,
    draft: ProjectDraft,
    wanted: Sequence[int] = (),
    *,
    own: OwnItem | None = None,
    figure: CostFigure | None = None,
) -> Project:
    """Keep a project as :func:`create_project` does. For services inside a transaction.

    Raises
    ------
    InvalidError
        ``project.own_cost``.
    """
    keep_catalogue(unit.connection)
    if own is not None:
        draft = replace(draft, item_code=own_item(unit.connection, own).code)
    item = _check(unit, draft)
    if figure is None and item.own:
        raise InvalidError("project.own_cost", item=item.name_zh)
    if figure is not None:
        draft = replace(draft, cost=figure.amount)
    project = projects_store.add(
        unit.connection, draft, unit=item.unit, at=unit.at, login=unit.actor.login, point=_point(unit, draft, wanted)
    )
    if figure is not None:
        keep_figure(unit, project, figure)
    take_up(unit, project, wanted)
    project = unit.project(project.id)
    unit.log("project.create", "project", project.id, code=project.code, cost=project.cost, demands=len(wanted))
    return project


def edit_project(
    store: Store,
    actor: Actor | None,
    project_id: int,
    version: int,
    draft: ProjectDraft,
    demand_ids: Sequence[int] | None = None,
) -> Project:
    """Write a draft over a project, and link the demands given (``None`` leaves the links).

    Raises
    ------
    StageError
        ``project.fixed``: a poll, a programme or works hold it.
    ConflictError
        ``project.changed``: somebody else has changed it since this version.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        one = unit.project(project_id)
        if one.version != version:
            raise ConflictError("project.changed", code=one.code)
        if one.status not in PROJECT_LIFE.before(ProjectAct.EDIT):
            raise StageError("project.fixed", code=one.code, status=one.status.value)
        item = _check(unit, draft)
        kept = one.demand_ids if demand_ids is None else tuple(dict.fromkeys(demand_ids))
        gone = [demand_id for demand_id in one.demand_ids if demand_id not in kept]
        new = [demand_id for demand_id in kept if demand_id not in one.demand_ids]
        if (own := counting(projects_store.figures(unit.connection, one.id))) is not None:
            # A budget of its own is never silently replaced by the price book.
            draft = replace(draft, cost=own.amount)
        edited = projects_store.edit(unit.connection, one, draft, unit=item.unit, point=_point(unit, draft, kept))
        projects_store.unlink(unit.connection, one.id, gone)
        let_go(unit, one, gone)
        take_up(unit, one, new)
        note(unit, one, ProjectAct.EDIT)
        edited = unit.project(one.id)
        unit.log("project.edit", "project", one.id, code=one.code, cost_before=one.cost, cost=edited.cost)
        unit.commit()
    return edited


def join_project(store: Store, actor: Actor | None, project_id: int, demand_ids: Sequence[int]) -> Project:
    """Let a project that is still being prepared answer more demands of its estate; nothing else about it changes.

    Raises
    ------
    NotFoundError
        ``demand.not_found``: not a demand of the project's estate.
    StageError
        ``project.fixed``: a poll, a programme or works hold it; ``demand.step``: a demand is answered or closed.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        one = unit.project(project_id)
        if one.status not in PROJECT_LIFE.before(ProjectAct.EDIT):
            raise StageError("project.fixed", code=one.code, status=one.status.value)
        new = [demand_id for demand_id in dict.fromkeys(demand_ids) if demand_id not in one.demand_ids]
        for demand_id in new:
            if unit.demand(demand_id).estate_id != one.estate_id:
                raise NotFoundError("demand.not_found", id=demand_id)
        take_up(unit, one, new)
        note(unit, one, ProjectAct.EDIT)
        unit.log("project.join", "project", one.id, code=one.code, demands=len(new))
        unit.commit()
        return unit.project(one.id)


def joinable_projects(store: Store, actor: Actor, demand_id: int) -> tuple[Project, ...]:
    """Return the projects of a demand's estate that it may still become part of, the latest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        estate_id = door.demand(demand_id).estate_id
        rows = projects_store.listed(
            door.connection,
            ProjectFilter(
                scope=Scope(estate_id=estate_id), statuses=tuple(sorted(PROJECT_LIFE.before(ProjectAct.EDIT)))
            ),
            scopes=[door.scope],
        )
    return tuple(row.project for row in rows if demand_id not in row.project.demand_ids)


def withdraw_project(store: Store, actor: Actor | None, project_id: int, version: int, *, reason: str) -> Project:
    """Withdraw a project; its demands go back to the queue unless another project answers them.

    Raises
    ------
    InvalidError
        ``project.reason_missing``.
    StageError
        ``project.fixed``: an open poll or works hold it.
    DeniedError
        ``account.not_allowed``: what residents have chosen or a programme holds is withdrawn by who may publish.
    ConflictError
        ``project.changed``.
    """
    reason = reason_of(reason, "project.reason_missing")
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        one = unit.project(project_id)
        if one.version != version:
            raise ConflictError("project.changed", code=one.code)
        if one.status in DECIDED:
            require(unit.actor, Action.PUBLISH)
        withdrawn = move(unit, one, ProjectAct.WITHDRAW, occasion=Occasion(why=reason))
        unit.log("project.withdraw", "project", one.id, code=one.code, reason=reason)
        unit.commit()
    return withdrawn


def works_act(status: ProjectStatus) -> ProjectAct | None:
    """Return how the works of a decided project go on: they begin, then are finished; ``None`` for any other."""
    return next(
        (act for act in (ProjectAct.BEGIN_WORKS, ProjectAct.FINISH_WORKS) if status in PROJECT_LIFE.before(act)), None
    )


def advance_project(store: Store, actor: Actor | None, project_id: int, version: int) -> Project:
    """Begin the works of a decided project, or close one in works.

    Raises
    ------
    StageError
        ``project.step``: it is neither decided nor in works; ``project.upkeep_open``: it cannot be closed before
        somebody has agreed to pay its yearly upkeep.
    ConflictError
        ``project.changed``: somebody else has changed it since this version.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        one = unit.project(project_id)
        if one.version != version:
            raise ConflictError("project.changed", code=one.code)
        act = works_act(one.status) or ProjectAct.BEGIN_WORKS
        if act is ProjectAct.FINISH_WORKS and not pots_store.upkeeps(unit.connection, [one.id])[one.id].is_settled:
            raise StageError("project.upkeep_open", code=one.code)
        moved = move(unit, one, act)
        noted = "project.close" if act is ProjectAct.FINISH_WORKS else "project.start"
        unit.log(noted, "project", one.id, code=one.code)
        unit.commit()
    return moved


def get_project(store: Store, actor: Actor, project_id: int) -> Project:
    """Return a project."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return door.project(project_id)


def project_history(store: Store, actor: Actor, project_id: int) -> tuple[ProjectStep, ...]:
    """Return every act that moved a project, oldest first: how it came to be where it is."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return projects_store.steps(door.connection, [door.project(project_id).id])


def list_projects(
    store: Store, actor: Actor, wanted: ProjectFilter, *, limit: int | None = None
) -> tuple[ProjectRow, ...]:
    """Return the projects a filter keeps, newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return projects_store.listed(door.connection, wanted, scopes=[door.scope], limit=limit)


def count_projects(store: Store, actor: Actor, wanted: ProjectFilter) -> int:
    """Return how many projects a filter keeps."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return projects_store.count(door.connection, wanted, scopes=[door.scope])


def demands_answered_by(store: Store, actor: Actor, project_id: int) -> tuple[AnsweredDemand, ...]:
    """Return which demands, in which buildings, a project answers."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        door.project(project_id)
        return projects_store.answered_demands(door.connection, project_id)


def choices_in_estate(
    store: Store, actor: Actor, estate_id: int, *, with_item: str | None = None
) -> tuple[tuple[OrderRule, ...], tuple[ConflictPair, ...]]:
    """Return the order rules and conflicts among an estate's live projects, and one more item if given.

    Order means "first, if both are chosen"; a conflict asks residents for a choice. Neither forbids anything.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        rows = projects_store.listed(
            door.connection, ProjectFilter(scope=Scope(estate_id=estate_id)), scopes=[door.scope]
        )
        items = kept_catalogue(door.connection)
    codes = {row.project.item_code for row in rows if row.project.status is not ProjectStatus.WITHDRAWN}
    if with_item is not None:
        codes.add(with_item)
    orders, pairs = order_rules(codes, items), conflicts(codes, items)
    if with_item is None:
        return orders, pairs
    return (
        tuple(rule for rule in orders if with_item in (rule.first, rule.then)),
        tuple(pair for pair in pairs if with_item in (pair.one, pair.other)),
    )


def may_join_project(status: DemandStatus) -> bool:
    """Tell whether a demand in this status can become part of a project."""
    return status is DemandStatus.IN_PROJECT or status in DEMAND_LIFE.before(DemandAct.TAKE_UP)
