"""Verbs of projects, the catalogue and price books."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from renovation.exports.register.places import PlaceFormat
from renovation.model.accounts import Action
from renovation.model.clock import today
from renovation.model.imports import ImportSource
from renovation.model.places import Deficit
from renovation.model.projects import CostBasis, CostFigure, ProjectDraft, ProjectFilter
from renovation.services.projects import budgets, exports, items, menus, prices, projects
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import YEAR
from verbs.surveys import answered

SEE, EDIT, PRICE = Action.SEE_REGISTER, Action.EDIT_PROJECTS, Action.EDIT_PRICES
ALL = {"wanted": ProjectFilter()}
QUANTITY = {"item_code": "W12", "quantity": 3}


def _draft(scene: Scene) -> ProjectDraft:
    return projects.draft_from_item(
        scene.world.store,
        scene.world.admin,
        estate_id=scene.estate.id,
        item_code="W12",
        quantity=5,
        name=f"{scene.mark}长坡道",
    )


def _at(name: str) -> dict[str, Any]:
    held = getattr(here.projects, name)
    return {"project_id": held.id, "version": held.version}


def _book(scene: Scene) -> bytes:
    found: bytes = prices.export_book(scene.world.store, scene.world.admin, scene.town.locality, scene.town.year)[2]
    return found


def _parsed(scene: Scene) -> Any:
    return prices.read_workbook(scene.world.store, scene.world.admin, _book(scene), locality="惠城区", year=YEAR)


def _dearer(scene: Scene) -> None:
    store, actor, old = scene.world.store, scene.world.admin, scene.town.book
    line = old.by_code["W12"]
    prices.change_prices(store, actor, old, [replace(line, likely=line.likely + 1, high=line.high + 1)])


ROWS = (
    row(items.catalogue, SEE, Kind.TOWN),
    row(items.price_book, SEE, Kind.TOWN),
    row(items.price_project, SEE, Kind.TOWN, example=QUANTITY),
    row(prices.books, SEE, Kind.TOWN),
    row(prices.book, SEE, Kind.TOWN),
    row(prices.use_book, PRICE, Kind.TOWN),
    row(
        prices.change_prices,
        PRICE,
        Kind.TOWN,
        example={
            "before": here.town.book,
            "changed": lambda s: [replace(s.town.book.entries[0], source="询价")],
        },
    ),
    row(
        prices.copy_book,
        PRICE,
        Kind.TOWN,
        example={
            "source": lambda s: prices.books(s.world.store, s.world.admin)[0],
            "locality": "惠城区",
            "year": YEAR,
        },
    ),
    row(prices.read_workbook, PRICE, Kind.TOWN, example={"content": _book}),
    row(
        prices.import_prices,
        PRICE,
        Kind.TOWN,
        example={"parsed": _parsed, "source": lambda s: ImportSource.of("价.xlsx", _book(s))},
    ),
    row(prices.last_import, PRICE, Kind.TOWN),
    row(prices.undo_import, PRICE, Kind.TOWN, example={"import_id": here.town.prices_import.id}),
    row(prices.export_book, SEE, Kind.TOWN),
    row(prices.package_of, SEE, Kind.ESTATE),
    row(prices.reprice, EDIT, Kind.ESTATE, before=_dearer),
    row(
        projects.draft_from_item,
        EDIT,
        Kind.PROJECT,
        example=QUANTITY,
    ),
    row(projects.create_project, EDIT, Kind.PROJECT, example={"draft": _draft}),
    row(projects.edit_project, EDIT, Kind.PROJECT, example={**_at("priced"), "draft": _draft}),
    row(budgets.project_budget, SEE, Kind.PROJECT),
    row(
        budgets.record_figure,
        EDIT,
        Kind.PROJECT,
        example={
            **_at("priced"),
            "figure": lambda s: CostFigure(
                basis=CostBasis.REVIEWED, amount=7_000_000, day=today(), document=f"{s.mark}财评12号"
            ),
        },
    ),
    row(
        projects.join_project,
        EDIT,
        Kind.PROJECT,
        example={"demand_ids": lambda s: [s.demands.received.id]},
    ),
    row(projects.joinable_projects, SEE, Kind.DEMAND),
    row(projects.withdraw_project, EDIT, Kind.PROJECT, example=_at("priced")),
    row(projects.advance_project, EDIT, Kind.PROJECT, example=_at("chosen"), also=(_at("in_works"),)),
    row(projects.get_project, SEE, Kind.PROJECT),
    row(projects.project_history, SEE, Kind.PROJECT),
    row(projects.list_projects, SEE, Kind.PROJECT, Outside.PART, example=ALL),
    row(projects.count_projects, SEE, Kind.PROJECT, Outside.PART, example=ALL),
    row(projects.demands_answered_by, SEE, Kind.PROJECT),
    row(projects.choices_in_estate, SEE, Kind.PROJECT, Outside.PART),
    row(exports.export_projects, SEE, Kind.PROJECT, Outside.PART, example={**ALL, "format_": PlaceFormat.CSV}),
    row(
        menus.menu_of,
        SEE,
        Kind.ESTATE,
        example={"survey_id": here.survey, "estate_id": here.estate.id, "budget": 1_000_000_00},
        before=answered,
    ),
    row(menus.mending, SEE, Kind.TOWN, Outside.SAME, example={"wish": Deficit.PIPES}),
)
