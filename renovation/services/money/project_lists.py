"""Lists of projects taken in: new ones, own items among them, and the budgets and sources of those on file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from renovation.errors import Fault, ImportRefusedError, InvalidError, RenovationError
from renovation.imports.files.results import Parsed
from renovation.imports.projects.projects import FigureRow, ProjectFileRow
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import day_of
from renovation.model.funding import Contribution, FundedProject, SourceKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.model.items import Item, OwnItem
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.names import fold, name_key
from renovation.model.projects import CostFigure, Project, ProjectDraft, ProjectFilter, counting
from renovation.rules.money.pricing import half_up, price, quantity_of
from renovation.services.acts import ActingUnit, acting
from renovation.services.money.books import hold_books
from renovation.services.money.funding import keep_source
from renovation.services.money.money_lists import SOURCE_FAULTS
from renovation.services.projects.budgets import keep_figure, renew_figure
from renovation.services.projects.items import current_book, keep_catalogue, kept_catalogue
from renovation.services.projects.projects import add_project
from renovation.services.register.buildings import homes_of
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.store import Store
from renovation.store.money import planning_places
from renovation.store.projects import items as items_store
from renovation.store.projects import projects as projects_store
from renovation.store.register import imports

#: What a code of the catalogue looks like: an unknown one is a slip, never a name of works.
_CODE = re.compile(r"[a-z]\d{2,3}")
#: One unit written in several ways.
_UNITS = {"平方米": "㎡", "m2": "㎡", "m²": "㎡", "米": "m", "延米": "m", "延长米": "m"}
#: What counts works that nobody counts.
_LUMP, _ONE = "项", Decimal(1)
_WORDS = ("name", "quantity", "why", "description")


def import_project_list(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[ProjectFileRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take a list of projects in: those it does not name by their number, or by estate and name, are made.

    What is no item of the catalogue becomes an item of the locality's own; its cost stands in the list. A figure that
    says neither day nor document is of the day of the import, in the file. What is on file already is not kept again.

    Parameters
    ----------
    update
        The person's yes to what the list says differently of projects on file.

    Raises
    ------
    ImportRefusedError
        The file has faults, or says what the register, a price book, a pot or a project's state refuses; nothing is
        kept.
    ConflictError
        ``import.update_needs_yes``, ``import.nothing_new``.
    DeniedError
        The list speaks of money or of decided costs, and the actor may not record them.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    rows = parsed.sound or parsed.records
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        if any(row.sources or row.share for row in rows):
            require(unit.actor, Action.EDIT_MONEY)
        import_id = begin(unit, ImportKind.PROJECTS, parsed, source)
        taking = _Taking(unit, parsed, source.filename[:200])
        for row, home in zip(rows, homes_of(unit, parsed, rows), strict=True):
            taking.take(row, home)
        if faults := parsed.with_register(taking.faults):
            raise ImportRefusedError(faults)
        ask_for_updates(taking.updates, agreed=update or dry_run)
        before = taking.before()
        changed = [line["id"] for entry in before["projects"] for line in entry["funding"]]
        stand = {
            "project": taking.touched,
            "project_funding": [*before["made_rows"]["project_funding"], *changed],
        }
        return finish(
            unit,
            import_id,
            added=len(taking.made),
            before=before,
            stand=stand,
            updates=taking.updates,
            dry_run=dry_run,
        )


class _Taking:
    """A list while its rows are taken one by one."""

    def __init__(self, unit: ActingUnit, parsed: Parsed[ProjectFileRow], filename: str) -> None:
        self._unit, self._parsed, self._filename = unit, parsed, filename
        self._day: date = day_of(unit.at)
        self._last = imports.last_of_projects(unit.connection)
        self._books = hold_books(unit.connection, self._day)
        self._estates = planning_places.estates(unit.connection)
        keep_catalogue(unit.connection)
        self._catalogue: dict[str, Item] = {}
        for item in reversed(kept_catalogue(unit.connection)):
            self._know_item(item)
        self._items = {item.code for item in self._catalogue.values() if item.own}
        self._book = current_book(unit.connection)
        listed = projects_store.listed(unit.connection, ProjectFilter(), scopes=[unit.scope])
        self._by_code = {name_key(row.project.code): row.project for row in listed}
        self._by_name = {
            (one.estate_id, name_key(one.name)): one
            for one in reversed(self._by_code.values())
            if not PROJECT_LIFE.is_over(one.status)
        }
        self._seen: dict[int, int] = {}
        self._changed: dict[int, dict[str, Any]] = {}
        self.made: list[int] = []
        self.faults: list[Fault] = []
        self.updates: list[RecordUpdate] = []

    @property
    def touched(self) -> list[int]:
        """Return the projects that the list has made or changed."""
        return [*self.made, *self._changed]

    def before(self) -> Mapping[str, Any]:
        """Return what taking the list back needs."""
        own = dict.fromkeys(item.code for item in self._catalogue.values() if item.own)
        return {
            "made_projects": self.made,
            "projects": list(self._changed.values()),
            "made_rows": imports.rows_of_projects_since(self._unit.connection, self._last, self.touched),
            "made_items": [code for code in own if code not in self._items],
            "in_estates": sorted({self._unit.project(number).estate_id for number in self.touched}),
        }

    def _know_item(self, item: Item) -> None:
        """Find an item by its code and its names."""
        for name in (item.code, item.name_zh, item.name_en):
            if key := name_key(name):
                self._catalogue[key] = item

    def take(self, row: ProjectFileRow, home: int | Fault) -> None:
        """Take one row, or note what is wrong with it."""
        try:
            known = self._known(row, home)
            if known is None:
                assert isinstance(home, int)
                self._make(row, home)
            else:
                self._renew(row, known, home)
        except _RowError as error:
            self.faults.append(error.fault)
        except RenovationError as error:
            if (found := _REFUSED.get(error.code)) is None:
                raise
            code, wanted = found
            self._note(row, code, wanted, **error.fields)

    def _note(self, row: ProjectFileRow, code: str, wanted: str, /, **fields: Any) -> None:
        self.faults.append(self._parsed.fault(code, row.row, wanted, **fields))

    def _refuse(self, row: ProjectFileRow, code: str, wanted: str, /, **fields: Any) -> _RowError:
        return _RowError(self._parsed.fault(code, row.row, wanted, **fields))

    def _known(self, row: ProjectFileRow, home: int | Fault) -> Project | None:
        """Return the project on file that a row speaks of; ``None`` for one to be made."""
        if row.code:
            known = self._by_code.get(name_key(row.code))
            if known is None:
                raise self._refuse(row, "project.list_unknown", "code", value=row.code)
        else:
            if isinstance(home, Fault):
                raise _RowError(home)
            known = self._by_name.get((home, name_key(row.name)))
        if known is not None and (first := self._seen.setdefault(known.id, row.row)) != row.row:
            raise self._refuse(row, "planning.twice", "name", id=known.code, other=first)
        return known

    def _item(self, row: ProjectFileRow) -> Item | OwnItem:
        """Return the item of the catalogue that a row means, or the one of the locality's own that it brings."""
        said = row.item or row.name
        key, unit = name_key(said), _UNITS.get(fold(row.unit), row.unit)
        if (item := self._catalogue.get(key)) is not None:
            if unit and fold(unit) != fold(item.unit):
                raise self._refuse(row, "project.list_unit", "unit", value=row.unit, unit=item.unit, item=item.name_zh)
            return item
        if _CODE.fullmatch(key):
            raise self._refuse(row, "project.list_item", "item", value=said)
        kind = {} if row.item_class is None else {"item_class": row.item_class}
        return OwnItem(name=said, unit=unit or _LUMP, **kind)

    def _figures(self, row: ProjectFileRow) -> list[CostFigure]:
        return [self._figure(one) for one in row.figures]

    def _figure(self, one: FigureRow) -> CostFigure:
        return CostFigure(
            basis=one.basis, amount=one.amount, day=one.day or self._day, document=one.document or self._filename
        )

    def _make(self, row: ProjectFileRow, home: int) -> None:
        item = self._item(row)
        figures = self._figures(row)
        counts = counting(figures)
        is_own = isinstance(item, OwnItem) or item.own
        if is_own and counts is None:
            raise self._refuse(row, "project.list_own_cost", "cost", name=row.item or row.name)
        if row.quantity is None and not is_own:
            raise self._refuse(row, "project.list_quantity", "quantity", item=row.item)
        quantity = _ONE if row.quantity is None else quantity_of(row.quantity)
        book = self._book
        cost = counts.amount if counts else 0
        low = high = cost
        if isinstance(item, OwnItem):
            item = items_store.add_own(self._unit.connection, item)
            self._know_item(item)
        code = item.code
        if code in book.by_code:
            found = price(book, code, quantity)
            cost, low, high = cost or found.likely, found.low, found.high
        draft = ProjectDraft(
            estate_id=home,
            item_code=code,
            name=row.name,
            quantity=quantity,
            cost=cost,
            cost_low=low,
            cost_high=high,
            description=row.description,
            why=row.why,
        )
        made = add_project(self._unit, draft, figure=counts)
        for figure in figures:
            if figure != counts:
                keep_figure(self._unit, made, figure)
        self.made.append(made.id)
        self._by_name[home, name_key(made.name)] = made
        self._seen[made.id] = row.row
        self._give(row, made)

    def _renew(self, row: ProjectFileRow, one: Project, home: int | Fault) -> None:
        if (row.estate or row.estate_code) and home != one.estate_id:
            if isinstance(home, Fault):
                raise _RowError(home)
            raise self._refuse(row, "project.list_estate_other", "estate", code=one.code)
        if row.item:
            meant = self._item(row)
            if isinstance(meant, OwnItem) or meant.code != one.item_code:
                raise self._refuse(row, "project.list_item_other", "item", code=one.code, value=row.item)
        before = {name: getattr(one, name) for name in (*_WORDS, "cost")}
        said: dict[str, tuple[str, str]] = {}
        quantity = None if row.quantity is None else quantity_of(row.quantity)
        wanted = {"name": row.name, "quantity": quantity, "why": row.why, "description": row.description}
        values: dict[str, Any] = {name: value for name, value in wanted.items() if value and value != before[name]}
        if values and one.status not in PROJECT_LIFE.before(ProjectAct.EDIT):
            raise self._refuse(row, "project.list_fixed", next(iter(values)), code=one.code)
        said |= {name: (str(before[name]), str(value)) for name, value in values.items()}
        cost = self._refigure(row, one, said)
        if quantity is not None and "quantity" in values and one.item_code in self._book.by_code:
            found = price(self._book, one.item_code, quantity)
            values |= {"cost_low": found.low, "cost_high": found.high}
            if cost is None and counting(projects_store.figures(self._unit.connection, one.id)) is None:
                cost = found.likely
        if cost is not None and cost != one.cost:
            values["cost"] = cost
            said["cost"] = (str(one.cost), str(cost))
        if "quantity" in values:
            values["quantity"] = str(quantity)
        held = projects_store.columns_of(self._unit.connection, one.id, values)
        now = projects_store.change(self._unit.connection, one, **values) if values or said else one
        money = self._give(row, now, said)
        if said:
            self._changed[one.id] = {"id": one.id, "columns": held, "funding": money}
            self.updates.append(
                RecordUpdate(
                    record_id=one.id,
                    row=row.row,
                    sheet=self._parsed.sheet,
                    code=one.code,
                    name=f"{one.code} {one.name}",
                    fields=said,
                )
            )

    def _refigure(self, row: ProjectFileRow, one: Project, said: dict[str, tuple[str, str]]) -> int | None:
        """Keep the figures of a row that are not on file, and return what the project then costs by its figures."""
        held = projects_store.figures(self._unit.connection, one.id)
        for figure in row.figures:
            old = next((kept for kept in reversed(held) if kept.basis is figure.basis), None)
            if old is not None and _says_the_same(old, figure):
                continue
            kept = renew_figure(self._unit, one, self._figure(figure))
            said[kept.basis.value] = (str(old.amount) if old else "", str(kept.amount))
        counts = counting(projects_store.figures(self._unit.connection, one.id))
        return None if counts is None else counts.amount

    def _give(self, row: ProjectFileRow, one: Project, said: dict[str, tuple[str, str]] | None = None) -> list[Any]:
        """Keep what a row says others bring; return the sources on file that it changes, as they were."""
        wanted = dict(row.sources)
        if row.share is not None:
            wanted[SourceKind.RESIDENTS] = half_up(Fraction(one.cost) * row.share)
        changed = []
        if wanted:
            self._books.know(
                FundedProject(
                    id=one.id,
                    code=one.code,
                    name=one.name,
                    item_code=one.item_code,
                    cost=one.cost,
                    status=one.status,
                    estate=self._estates[one.estate_id],
                )
            )
        lines = tuple(self._books.contributions.get(one.id, ()))
        for kind, amount in wanted.items():
            held = [line for line in lines if line.kind is kind and line.pot is None]
            if sum(line.pledged for line in held) == amount:
                continue
            if len(held) > 1:
                raise self._refuse(row, "project.list_sources", _COLUMNS[kind], code=one.code)
            line = held[0] if held else Contribution(project=str(one.id), kind=kind, note=self._filename)
            if held:
                changed.append({"id": line.id, "pledged": line.pledged})
            try:
                keep_source(self._unit, self._books, replace(line, pledged=amount))
            except InvalidError as error:
                raise self._refuse(row, SOURCE_FAULTS[error.code], _COLUMNS[kind], **error.fields) from None
            if said is not None:
                said[kind.value] = (str(line.pledged) if held else "", str(amount))
        return changed


class _RowError(Exception):
    """What is wrong with a row."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


_COLUMNS = {kind: kind.value for kind in SourceKind} | {SourceKind.RESIDENTS: "self_raised"}
#: What refuses a project, how a line of a list says it, and the column it stands in.
_REFUSED = {
    "project.fixed": ("project.list_fixed", "code"),
    "day.ahead": ("project.list_day_ahead", "reviewed_on"),
    "project.cost_range": ("project.list_zero", "cost"),
    "project.cost": ("project.list_zero", "cost"),
    "project.quantity": ("project.list_zero", "quantity"),
    "quantity.out_of_range": ("project.list_zero", "quantity"),
    "project.text_nul": ("project.list_text", "description"),
}


def _says_the_same(held: CostFigure, said: FigureRow) -> bool:
    """Tell whether a figure is on file: the same amount, and no other day or document than the list names."""
    return (
        held.amount == said.amount
        and said.day in (None, held.day)
        and (not said.document or said.document == held.document)
    )
