"""Lists of estates with all that is known of them, gates and consent included: in by a file or a grid, and out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from renovation.imports.files.results import Parsed
from renovation.imports.register.estate_gates import ConsentRow, GatesRow
from renovation.imports.register.estates import EstateRow
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import day_of
from renovation.model.consents import ConsentDraft, Matter
from renovation.model.gates import Gate, GateFact
from renovation.model.imports import ImportRecord, ImportSource
from renovation.services.acts import ActingUnit
from renovation.services.money.gates import note_in
from renovation.services.register.imports import Taken, import_estates
from renovation.store import Store
from renovation.store.money import gates as gates_store
from renovation.store.register import estates

_WHAT = {Gate.NOT_EXCLUDED: "names", Gate.COVERAGE: "number", Gate.UPKEEP: "holds", Gate.NO_DOUBLE_FUNDING: "names"}


def import_estate_list(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[EstateRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take in a list of estates with what it says of gates and consent, all in one act that is undone as one.

    What says neither when nor where it was checked was checked on the day of the import, in the file. What is on file
    already is not recorded again.

    Raises
    ------
    ImportRefusedError, ConflictError
        As :func:`renovation.services.register.imports.import_estates`.
    DeniedError
        The list speaks of gates, and the actor may not record them.
    """
    speaks_of_gates = any(row.gates is not None for row in parsed.sound or parsed.records)
    if speaks_of_gates:
        require(actor, Action.RECORD_GATE)

    def gates_too(unit: ActingUnit, taken: Taken) -> Mapping[str, Any]:
        return _keep_gates(unit, parsed, taken, filename=source.filename)

    besides = gates_too if speaks_of_gates else None
    return import_estates(store, actor, parsed, source=source, dry_run=dry_run, update=update, besides=besides)


def _keep_gates(unit: ActingUnit, parsed: Parsed[EstateRow], taken: Taken, *, filename: str) -> Mapping[str, Any]:
    """Record what is new in a list's gates and consents, and return what taking it back needs."""
    rows = [row for row in parsed.records if row.gates is not None]
    ids = [taken.ids[row.row] for row in rows]
    facts, consents = gates_store.facts(unit.connection, ids), gates_store.consents(unit.connection, ids)
    last = gates_store.last_note(unit.connection)
    new_facts: list[int] = []
    new_consents: list[int] = []
    touched: dict[int, tuple[int, dict[str, tuple[str, str]]]] = {}
    for row in rows:
        estate_id = taken.ids[row.row]
        said: dict[str, tuple[str, str]] = {}
        on_file = {fact.gate: fact for fact in facts.get(estate_id, ())}
        for fact in _facts(unit, estate_id, row, filename):
            before = on_file.get(fact.gate)
            if before is None or not _says_the_same(before, fact, row.gates):
                new_facts.append(gates_store.add_fact(unit.connection, fact, at=unit.at))
                said[f"gate.{fact.gate.value}"] = "" if before is None else said_of(before), said_of(fact)
        if row.gates is not None and row.gates.consent is not None:
            draft, held = _consent(unit, estate_id, row.gates, row.gates.consent, filename), consents.get(estate_id, ())
            if not any(_is_on_file(one.draft, draft, row.gates.consent) for one in held):
                login = unit.actor.login
                new_consents.append(gates_store.add_consent(unit.connection, draft, login=login, at=unit.at))
                said["consent"] = said_of_consent(held[-1].draft) if held else "", said_of_consent(draft)
        if said:
            touched[estate_id] = row.row, said
    if not touched:
        return {}
    before_notes = {estate_id: estates.columns_of(unit.connection, estate_id) for estate_id in touched}
    note_in(unit, list(touched))
    moved = []
    for estate_id, was in before_notes.items():
        now = estates.columns_of(unit.connection, estate_id)
        if was["version"] != now["version"]:
            columns = {name: value for name, value in was.items() if value != now[name] and name != "version"}
            moved.append({"id": estate_id, "columns": columns})
        row_number, said = touched[estate_id]
        taken.note(estate_id, was["code"], was["name"], row=row_number, sheet=parsed.sheet, fields=said)
    unit.log("gate.list", "gate", filename[:60], estates=len(touched))
    notes = gates_store.notes_after(unit.connection, last, touched)
    return {"gate_facts": new_facts, "consents": new_consents, "gate_notes": notes, "estates": moved}


def _facts(unit: ActingUnit, estate_id: int, row: EstateRow, filename: str) -> Iterable[GateFact]:
    assert row.gates is not None
    for gate, answer in row.gates.answers.items():
        said: dict[str, Any] = {_WHAT[gate]: answer}
        yield GateFact(
            estate_id=estate_id,
            gate=gate,
            day=row.gates.checked_on or day_of(unit.at),
            source=row.gates.checked_in or filename[:200],
            login=unit.actor.login,
            **said,
        )


def _says_the_same(held: GateFact, said: GateFact, row: GatesRow | None) -> bool:
    """Tell whether a fact is on file already: the same answer, and no other day or source than the list names."""
    asked = ["names", "number", "holds"]
    asked += ["day"] if row is not None and row.checked_on else []
    asked += ["source"] if row is not None and row.checked_in else []
    return all(getattr(held, name) == getattr(said, name) for name in asked)


def _consent(unit: ActingUnit, estate_id: int, row: GatesRow, said: ConsentRow, filename: str) -> ConsentDraft:
    return ConsentDraft(
        estate_id=estate_id,
        matter=Matter.ORDINARY,
        subject=said.subject,
        count=said.count,
        decided_on=said.decided_on or row.checked_on or day_of(unit.at),
        evidence=said.evidence or row.checked_in or filename[:200],
        valid_until=said.valid_until,
    )


def _is_on_file(held: ConsentDraft, draft: ConsentDraft, said: ConsentRow) -> bool:
    if held.count != draft.count or held.vote_scope is not draft.vote_scope:
        return False
    return said.decided_on is None or held.decided_on == draft.decided_on


def said_of(fact: GateFact) -> str:
    """Return an answer as :class:`RecordUpdate` holds it: a number, yes or no, or names (a bar for none)."""
    if fact.gate is Gate.UPKEEP:
        return "yes" if fact.holds else "no"
    return str(fact.number) if fact.gate is Gate.COVERAGE else "|".join(fact.names) or "|"


def said_of_consent(draft: ConsentDraft) -> str:
    """Return the counts of a vote as :class:`RecordUpdate` holds them: agreeing and all, heads and square metres."""
    count = draft.count
    return " ".join(str(one) for one in (count.agree_heads, count.total_heads, count.agree_area, count.total_area))
