"""Read, check and export the log of staff acts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.model.accounts import Action, Actor, require
from renovation.model.canonical import to_json
from renovation.model.clock import moment_on
from renovation.model.lists import ListKind
from renovation.model.names import finds
from renovation.services.doors import reading
from renovation.store import Store, audit
from renovation.store.audit import AuditEntry
from renovation.text import Language, catalogue, has_text, text
from renovation.text.formats import format_list
from renovation.text.lists import logged_changes

#: Entries a screen shows; an export has all.
SHOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What part of the log is wanted.

    Attributes
    ----------
    noun
        The first part of an act ("poll" of "poll.open").
    first_day, last_day
        Days in China, both included.
    words
        Every one of these words stands in the entry: who, what was done, to what, or its details.
    """

    noun: str = ""
    login: str = ""
    first_day: date | None = None
    last_day: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """Whether the log is whole. ``head`` is the digest to compare with a printed sheet; it covers every entry."""

    entries: int
    head: str
    first_broken: int | None


def read_log(store: Store, actor: Actor | None, wanted: LogFilter | None = None) -> list[AuditEntry]:
    """Return the entries of a filter, newest first."""
    require(actor, Action.READ_LOG)
    chosen = wanted or LogFilter()
    since = moment_on(chosen.first_day, time.min) if chosen.first_day else None
    until = moment_on(chosen.last_day, time.max) if chosen.last_day else None
    with store.read() as connection:
        found = audit.entries(connection, act=f"{chosen.noun}." if chosen.noun else None, login=chosen.login or None)
        kept = [
            entry
            for entry in found
            if (since is None or entry.at >= since)
            and (until is None or entry.at <= until)
            and _holds(entry, chosen.words)
        ]
    return kept[::-1]


def _holds(entry: AuditEntry, query: str) -> bool:
    if not query.strip():
        return True
    return finds(
        query,
        entry.login,
        entry.act,
        *(act_name(entry.act, language) for language in Language),
        entry.object_kind,
        entry.object_id,
        *(_noun(entry.object_kind, language) for language in Language),
        *(_role(entry.role, language) for language in Language),
        *(detail_text(entry, language) for language in Language),
    )


def log_choices(store: Store, actor: Actor | None) -> tuple[list[str], list[str]]:
    """Return the nouns and logins that occur, for the filters."""
    with reading(store, actor, Action.READ_LOG) as door:
        return audit.nouns(door.connection), audit.logins(door.connection)


def check_log(store: Store, actor: Actor | None) -> ChainCheck:
    """Recompute the chain from its first entry."""
    with reading(store, actor, Action.VERIFY) as door:
        broken = audit.first_broken(door.connection)
        count, head = audit.head(door.connection)
    return ChainCheck(entries=count, head=head, first_broken=broken)


def act_name(act: str, language: Language) -> str:
    """Return an act in plain words, or its code where the catalogue has none."""
    key = f"act.{act}"
    return text(key, language) if has_text(key) else act


def detail_text(entry: AuditEntry, language: Language) -> str:
    """Return what an entry says besides, as ``name: value`` pairs in plain words; what is empty is left out."""
    detail = dict(entry.detail)
    if entry.act == "list.change":
        cells = logged_changes(ListKind(entry.object_id), detail.pop("changes", ()), language)
        detail = {"cells": cells, **detail}
        # The whole town stands in no list of areas.
        detail["area"] = detail.get("area") or text("list.town", language)
    said = (
        f"{_detail_name(name, language)}: {_detail_value(name, value, language)}"
        for name, value in detail.items()
        if value not in ("", None, [])
    )
    return format_list(said, language, clauses=True)


def _detail_name(name: str, language: Language) -> str:
    key = f"log.detail.{name}"
    return text(key, language) if has_text(key) else name


#: Where the words of a detail's value (or of each in a list) stand; the first part of the catalogue that knows it wins.
_VALUES = {
    "undone": ("act.area",),
    "level": ("enum.AreaLevel",),
    "round": ("enum.Round",),
    "kind": ("enum.ImportKind", "enum.PhotoKind"),
    "gates": ("gate",),
    "leaves": ("leaving",),
    "fields": ("estate.column",),
    "first": ("fault",),
    "role": ("role",),
    "rule": ("rule_name",),
    "channel": ("enum.Channel", "enum.DemandChannel"),
    "subject": ("enum.Subject",),
    "gate": ("gate",),
    "met": ("enum.DoorOutcome",),
    "source": ("source_kind",),
    "status": ("enum.DemandStatus", "demand.task"),
    "category": ("enum.DemandCategory",),
    "action": ("enum.Action",),
    "refusal": ("error",),
}
_FEN = frozenset({"amount", "beyond", "cap", "cost", "cost_before", "pledged", "received", "yearly"})
#: A field of a sentence whose value the log does not carry.
_FIELD = re.compile(r"\{[^{}]*\}")


def _detail_value(name: str, value: Any, language: Language) -> str:
    if isinstance(value, list):
        return format_list((_detail_value(name, one, language) for one in value), language)
    for prefix in _VALUES.get(name, ()):
        if has_text(f"{prefix}.{value}"):
            return _FIELD.sub("…", catalogue()[f"{prefix}.{value}"][language])
    if isinstance(value, bool):
        return text("log.yes" if value else "log.no", language)
    if name in _FEN and isinstance(value, int):
        return text("log.money", language, amount=value)
    return value if isinstance(value, str) else to_json(value)


def _noun(kind: str, language: Language) -> str:
    key = f"noun.{kind.split('_')[0]}"
    return text(key, language) if has_text(key) else kind


def _object(entry: AuditEntry, language: Language) -> str:
    """Return which of its kind was touched: a list by its name, all else by its number."""
    key = f"list.name.{entry.object_id}"
    return text(key, language) if entry.object_kind == "list" and has_text(key) else entry.object_id


def _role(role: str, language: Language) -> str:
    return text(f"role.{role}", language) if has_text(f"role.{role}") else role


def log_rows(entries: Sequence[AuditEntry], language: Language) -> list[list[object]]:
    """Return the entries as rows under :func:`log_headings`."""
    return [
        [
            entry.seq,
            entry.at,
            entry.login,
            _role(entry.role, language),
            act_name(entry.act, language),
            f"{_noun(entry.object_kind, language)} {_object(entry, language)}",
            detail_text(entry, language),
        ]
        for entry in entries
    ]


def log_headings(language: Language) -> list[str]:
    """Return the headings of the log's table."""
    names = ("seq", "at", "login", "role", "act", "object", "detail")
    return [text(f"log.column.{name}", language) for name in names]


def export_log(
    store: Store, actor: Actor | None, wanted: LogFilter | None, language: Language, *, as_csv: bool = False
) -> Exported:
    """Return the entries of a filter with their digests, as XLSX or CSV."""
    entries = read_log(store, actor, wanted)
    headings = [*log_headings(language), text("log.column.digest", language)]
    rows = [[*row, entry.digest] for row, entry in zip(log_rows(entries, language), entries, strict=True)]
    name = text("log.file_name", language)
    if as_csv:
        return csv_table(name, headings, rows)
    return workbook(name, [TableSheet(name=name, headings=headings, rows=rows)])
