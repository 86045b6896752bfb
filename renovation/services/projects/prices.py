"""Price books: per locality and year, edited line by line or by workbook, and what an estate's package comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, NotFoundError
from renovation.exports.files.tables import Exported
from renovation.exports.projects.price_book import price_book_xlsx
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Parsed
from renovation.imports.projects.price_book import parse_price_book
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.items import PriceBook, PriceEntry
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.money import fen
from renovation.model.names import known_as
from renovation.model.projects import Project, ProjectFilter, ProjectStatus
from renovation.model.scope import Scope
from renovation.rules.money.pricing import (
    BenchmarkCheck,
    ConflictPair,
    CostRange,
    OrderRule,
    check_benchmarks,
    conflicts,
    cost_of,
    order_rules,
    package_total,
    price_book_from_catalogue,
    work_order,
)
from renovation.services import lists
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.projects.items import BOOK_SETTING, current_book, keep_catalogue, kept_catalogue
from renovation.services.projects.lives import note
from renovation.services.typed import one_line
from renovation.store import Connection, Store, settings
from renovation.store.projects import items as items_store
from renovation.store.projects import projects as projects_store
from renovation.store.register import imports

_LOCALITY_LIMIT = 40
_SOURCE_LIMIT = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRef:
    """A price book in the list."""

    locality: str
    year: int
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceImport:
    """What a workbook brings: the book as it will stand, and the codes it changes, adds and leaves alone."""

    record: ImportRecord
    book: PriceBook
    changed: tuple[str, ...]
    added: tuple[str, ...]
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePackage:
    """An estate's live projects as one package.

    Attributes
    ----------
    projects
        In an order of works that keeps every order rule.
    moved
        Projects whose cost differs from the price book in force, with what they would cost now.
    """

    projects: tuple[Project, ...]
    total: CostRange
    by_class: Mapping[str, int]
    checks: tuple[BenchmarkCheck, ...]
    orders: tuple[OrderRule, ...]
    conflicts: tuple[ConflictPair, ...]
    moved: Mapping[int, CostRange]


def books(store: Store, actor: Actor | None) -> tuple[BookRef, ...]:
    """Return the price books, the one in force first, then the newest."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        used = current_book(door.connection)
        kept = items_store.books(door.connection)
    first = BookRef(locality=used.locality, year=used.year, in_force=True)
    others = [(locality, year) for locality, year in kept if (locality, year) != (used.locality, used.year)]
    return (first, *(BookRef(locality=locality, year=year, in_force=False) for locality, year in others))


def book(store: Store, actor: Actor | None, locality: str, year: int) -> PriceBook:
    """Return a price book.

    Raises
    ------
    NotFoundError
        ``price.no_book``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _book(door.connection, locality, year)


def _book(connection: Connection, locality: str, year: int) -> PriceBook:
    kept = items_store.book(connection, locality, year)
    if kept is not None:
        return kept
    used = current_book(connection)
    if (used.locality, used.year) == (locality, year):
        return used
    raise NotFoundError("price.no_book", locality=locality, year=year)


def use_book(store: Store, actor: Actor | None, locality: str, year: int) -> None:
    """Put a price book in force: new projects are priced from it."""
    with acting(store, actor, Action.EDIT_PRICES) as unit:
        _book(unit.connection, locality, year)
        settings.put(unit.connection, BOOK_SETTING, [locality, year])
        unit.log("price.use", "price", f"{locality} {year}")
        unit.commit()


def change_prices(store: Store, actor: Actor | None, before: PriceBook, changed: Iterable[PriceEntry]) -> PriceBook:
    """Write the lines that somebody changed on a book as read.

    Raises
    ------
    ConflictError
        ``price.changed``: somebody else has changed one of these lines meanwhile; nothing is kept.
    NotFoundError
        ``item.unknown``.
    InvalidError
        ``day.ahead``: a price of a day to come.
    """
    lines = {entry.code: replace(entry, source=one_line(entry.source, _SOURCE_LIMIT)) for entry in changed}
    for entry in lines.values():
        refuse_ahead(entry.day)
    with acting(store, actor, Action.EDIT_PRICES) as unit:
        keep_catalogue(unit.connection)
        stored = _book(unit.connection, before.locality, before.year)
        for code, entry in lines.items():
            if code not in stored.by_code or code not in before.by_code:
                raise NotFoundError("item.unknown", item=code)
            if stored.by_code[code] not in (before.by_code[code], entry):
                raise ConflictError("price.changed", item=code)
        after = replace(stored, entries=tuple(lines.get(old.code, old) for old in stored.entries))
        items_store.save_book(unit.connection, after)
        unit.log("price.change", "price", f"{after.locality} {after.year}", items=sorted(lines))
        unit.commit()
    return after


def _place(connection: Connection, locality: str, year: int) -> str:
    """Return a locality as it is kept, in the spelling that a book has already."""
    name = one_line(locality, _LOCALITY_LIMIT)
    if not name:
        raise InvalidError("price.locality_missing")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidError("price.year_out", year=year)
    return known_as(name, (current_book(connection).locality, *(kept for kept, _ in items_store.books(connection))))


def copy_book(store: Store, actor: Actor | None, source: BookRef, *, locality: str, year: int) -> PriceBook:
    """Begin another place's or year's book with the prices of one; every line waits to be confirmed again.

    Raises
    ------
    ConflictError
        ``price.book_exists``.
    """
    with acting(store, actor, Action.EDIT_PRICES) as unit:
        keep_catalogue(unit.connection)
        name = _place(unit.connection, locality, year)
        if items_store.book(unit.connection, name, year) is not None:
            raise ConflictError("price.book_exists", locality=name, year=year)
        old = _book(unit.connection, source.locality, source.year)
        entries = tuple(replace(entry, confirmed=False) for entry in old.entries)
        made = PriceBook(locality=name, year=year, entries=entries)
        items_store.save_book(unit.connection, made)
        unit.log("price.copy", "price", f"{name} {year}", source=f"{source.locality} {source.year}")
        unit.commit()
    return made


def read_workbook(
    store: Store,
    actor: Actor | None,
    content: bytes,
    *,
    locality: str | None = None,
    year: int | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[PriceBook]:
    """Read a workbook of prices to its end; faults come with sheet, row and column."""
    with reading(store, actor, Action.EDIT_PRICES) as door:
        items = kept_catalogue(door.connection)
    return parse_price_book(content, items=items, locality=locality or None, year=year, corrections=corrections)


def import_prices(
    store: Store, actor: Actor | None, parsed: Parsed[PriceBook], *, source: ImportSource, dry_run: bool = False
) -> PriceImport:
    """Take a workbook of prices: its lines replace those of the same place, year and item; others stay.

    Parameters
    ----------
    dry_run
        Say what would change and keep nothing.

    Raises
    ------
    ImportRefusedError
        The file has faults; nothing is kept.
    InvalidError
        ``day.ahead``: a price of a day to come.
    """
    if parsed.faults or not parsed.records:
        raise ImportRefusedError(parsed.faults)
    (incoming,) = parsed.records
    for entry in incoming.entries:
        refuse_ahead(entry.day)
    with acting(store, actor, Action.EDIT_PRICES) as unit:
        place = _place(unit.connection, incoming.locality, incoming.year)
        keep_catalogue(unit.connection)
        kept = items_store.book(unit.connection, place, incoming.year)
        used = current_book(unit.connection)
        # The shipped prices are in force without being kept; what a file leaves as it is there does not change.
        shown = used if (used.locality, used.year) == (place, incoming.year) else None
        old = kept or shown or price_book_from_catalogue((), locality=place, year=incoming.year)
        items = kept_catalogue(unit.connection)
        # What neither the file nor an earlier book prices begins as the catalogue's assumption.
        assumed = price_book_from_catalogue(items, locality=place, year=incoming.year)
        lines = {**assumed.by_code, **old.by_code, **incoming.by_code}
        order = [item.code for item in items]
        after = PriceBook(locality=place, year=incoming.year, entries=tuple(lines[code] for code in order))
        import_id = imports.add(
            unit.connection,
            at=unit.at,
            login=unit.actor.login,
            kind=ImportKind.PRICES,
            source=source,
            datum="",
            mapping=parsed.mapping,
            rows=parsed.rows,
            left=[(one.row, one.column, one.stood) for one in parsed.left],
        )
        before = None if kept is None else [_plain(entry) for entry in kept.entries]
        kept_before = {"locality": place, "year": incoming.year, "entries": before}
        imports.note_before(unit.connection, import_id, kept_before, imported=len(incoming.entries))
        items_store.save_book(unit.connection, after)
        record = unit.import_record(import_id)
        known = [entry.code for entry in incoming.entries if entry.code in old.by_code]
        result = PriceImport(
            record=replace(record, id=None) if dry_run else record,
            book=after,
            changed=tuple(code for code in known if old.by_code[code] != incoming.by_code[code]),
            added=tuple(entry.code for entry in incoming.entries if entry.code not in old.by_code),
            same=sum(old.by_code[code] == incoming.by_code[code] for code in known),
        )
        if not dry_run:
            unit.log("price.import", "price", f"{place} {incoming.year}", file=source.filename, sha256=source.sha256)
            unit.commit()
    return result


def _plain(entry: PriceEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ("code", "low", "likely", "high", "source", "confirmed")} | {
        "day": entry.day.isoformat() if entry.day else None
    }


def _entry(plain: Mapping[str, Any]) -> PriceEntry:
    day = date.fromisoformat(plain["day"]) if plain["day"] else None
    return PriceEntry(**{**plain, "day": day})


def last_import(store: Store, actor: Actor | None) -> ImportRecord | None:
    """Return the last workbook of prices that stands, if any."""
    with reading(store, actor, Action.EDIT_PRICES) as door:
        standing = [one for one in imports.newest(door.connection, ImportKind.PRICES) if one.undone_at is None]
    return standing[0] if standing else None


def undo_import(store: Store, actor: Actor | None, import_id: int) -> ImportRecord:
    """Put the book back as it was before the last workbook, with it everything typed into it since.

    Raises
    ------
    ConflictError
        ``import.undone`` already, or ``import.not_last``.
    NotFoundError
        ``import.unknown``.
    """
    with acting(store, actor, Action.EDIT_PRICES) as unit:
        claimed = imports.claim_undo(unit.connection, import_id, unit.at)
        record = unit.import_record(import_id)
        if record.kind is not ImportKind.PRICES:
            raise NotFoundError("import.unknown", id=import_id)
        if not claimed:
            raise ConflictError("import.undone")
        standing = [one for one in imports.newest(unit.connection, ImportKind.PRICES) if one.undone_at is None]
        if any(one.id is not None and one.id > import_id for one in standing):
            raise ConflictError("import.not_last", file=standing[0].source.filename)
        was = imports.before(unit.connection, import_id)
        if was["entries"] is None:
            items_store.remove_book(unit.connection, was["locality"], was["year"])
        else:
            entries = tuple(_entry(plain) for plain in was["entries"])
            items_store.save_book(
                unit.connection, PriceBook(locality=was["locality"], year=was["year"], entries=entries)
            )
        unit.log("price.undo", "price", f"{was['locality']} {was['year']}", file=record.source.filename)
        unit.commit()
    return record


def export_book(store: Store, actor: Actor | None, locality: str, year: int) -> Exported:
    """Return a price book as a workbook that :func:`read_workbook` takes back."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return price_book_xlsx(_book(door.connection, locality, year), kept_catalogue(door.connection))


def package_of(store: Store, actor: Actor | None, estate_id: int) -> EstatePackage:
    """Return an estate's live projects as one package, held against known cases.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        estate = door.estate(estate_id)
        rows = projects_store.listed(
            door.connection, ProjectFilter(scope=Scope(estate_id=estate_id)), scopes=[door.scope]
        )
        items = {item.code: item for item in kept_catalogue(door.connection)}
        used = current_book(door.connection)
        bands = lists.benchmark_bands(door.connection)
    live = [row.project for row in rows if row.project.status is not ProjectStatus.WITHDRAWN]
    codes = list(dict.fromkeys(one.item_code for one in reversed(live)))
    place = {code: number for number, code in enumerate(work_order(codes, items.values()))}
    live.sort(key=lambda one: (place[one.item_code], one.id))
    costs = [
        CostRange(
            low=fen(one.cost_low),
            likely=fen(one.cost),
            high=fen(one.cost_high),
            assumed=one.item_code not in used.by_code or not used.by_code[one.item_code].confirmed,
        )
        for one in live
    ]
    total = package_total(costs)
    by_class: dict[str, int] = {}
    for one in live:
        kind = items[one.item_code].item_class.value
        by_class[kind] = by_class.get(kind, 0) + one.cost
    checks = check_benchmarks(
        total.likely,
        bands,
        floor_area_m2=estate.facts.floor_area_m2,
        households=estate.facts.households,
        estates=1,
    )
    return EstatePackage(
        projects=tuple(live),
        total=total,
        by_class=by_class,
        checks=checks if live else (),
        orders=order_rules(codes, items.values()),
        conflicts=conflicts(codes, items.values()),
        moved=_moved(live, used),
    )


def _moved(live: Iterable[Project], used: PriceBook) -> dict[int, CostRange]:
    moved = {}
    for one in live:
        entry = used.by_code.get(one.item_code)
        if entry is None or one.status not in PROJECT_LIFE.before(ProjectAct.EDIT):
            continue
        cost = cost_of(entry, one.quantity)
        if (cost.low, cost.likely, cost.high) != (one.cost_low, one.cost, one.cost_high):
            moved[one.id] = cost
    return moved


def reprice(store: Store, actor: Actor | None, estate_id: int) -> int:
    """Price an estate's projects anew from the book in force; those in a poll or programme keep what was promised.

    Returns
    -------
    int
        How many projects changed.

    Raises
    ------
    InvalidError
        ``project.cost``.
    """
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        unit.estate(estate_id)
        wanted = ProjectFilter(scope=Scope(estate_id=estate_id))
        rows = projects_store.listed(unit.connection, wanted, scopes=[unit.scope])
        by_id = {row.project.id: row.project for row in rows}
        moved = _moved(by_id.values(), current_book(unit.connection))
        for project_id, cost in moved.items():
            if cost.likely <= 0:
                raise InvalidError("project.cost", value=str(cost.likely))
            projects_store.change(
                unit.connection, by_id[project_id], cost=cost.likely, cost_low=cost.low, cost_high=cost.high
            )
            note(unit, by_id[project_id], ProjectAct.EDIT)
        if moved:
            unit.log("project.reprice", "estate", estate_id, projects=len(moved))
            unit.commit()
    return len(moved)
