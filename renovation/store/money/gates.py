"""Facts about the gates of estates, consents on file, and how the answers moved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.consents import ConsentCount, ConsentDraft, ConsentRecord, VoteScope
from renovation.model.gates import Gate, GateFact, GateNote, GateResult, GateState, plain_fields, read_fields
from renovation.model.scope import Scope
from renovation.store.rows import in_parts, new_id, read_row, the_row, values_of
from renovation.store.schema.places import estate
from renovation.store.schema.planning import consent, gate_fact, gate_history
from renovation.store.scoping import within


def _rows(connection: sa.Connection, table: sa.Table, ids: Iterable[int] | None, *order: Any) -> Iterable[Any]:
    for part in in_parts(ids):
        query = sa.select(table).order_by(*order)
        yield from connection.execute(query if part is None else query.where(table.c.estate_id.in_(part)))


def add_fact(connection: sa.Connection, fact: GateFact, *, at: datetime) -> int:
    """Keep a fact and return its id; earlier ones of the same gate stay."""
    return new_id(connection, gate_fact.insert().values(values_of(gate_fact, fact) | {"recorded_at": at}))


def last_note(connection: sa.Connection) -> int:
    """Return the number of the newest noted answer of all."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(gate_history.c.id), 0))).scalar_one())


def notes_after(connection: sa.Connection, number: int, estate_ids: Iterable[int]) -> list[int]:
    """Return the numbers of estates' noted answers that are newer than a number."""
    query = sa.select(gate_history.c.id).where(gate_history.c.id > number).order_by(gate_history.c.id)
    parts = (query.where(gate_history.c.estate_id.in_(part or ())) for part in in_parts(estate_ids))
    return [number for part in parts for number in connection.execute(part).scalars()]


def facts(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, list[GateFact]]:
    """Return every fact by estate, the newest day last (of one day the one recorded last)."""
    found: dict[int, list[GateFact]] = {}
    for row in _rows(connection, gate_fact, ids, gate_fact.c.day, gate_fact.c.id):
        found.setdefault(row.estate_id, []).append(read_row(GateFact, row))
    return found


def _consent(row: Any) -> ConsentRecord:
    return read_row(ConsentRecord, row, draft={**row._mapping, "count": read_row(ConsentCount, row)})


def add_consent(
    connection: sa.Connection, draft: ConsentDraft, *, login: str, at: datetime, synthetic: bool = False
) -> int:
    """Keep a vote of the owners and return its id."""
    return new_id(
        connection,
        consent.insert().values(
            values_of(consent, draft)
            | values_of(consent, draft.count)
            | {"login": login, "recorded_at": at, "synthetic": synthetic}
        ),
    )


def consents(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, list[ConsentRecord]]:
    """Return the votes on file by estate, the newest decision last."""
    found: dict[int, list[ConsentRecord]] = {}
    for row in _rows(connection, consent, ids, consent.c.decided_on, consent.c.id):
        found.setdefault(row.estate_id, []).append(_consent(row))
    return found


def run_out(connection: sa.Connection, *, today: date, decided_before: date, scopes: Iterable[Scope]) -> list[int]:
    """Return the estates whose newest vote about their renewal no longer counts by its days, in the order of their ids.

    Parameters
    ----------
    decided_before
        A vote that names no last day of its own counts if it was decided on this day or later.
    """
    place = consent.c.estate_id
    newest = sa.func.row_number().over(partition_by=place, order_by=(consent.c.decided_on.desc(), consent.c.id.desc()))
    votes = sa.select(place, consent.c.valid_until, consent.c.decided_on, newest.label("age"))
    votes = votes.join(estate, estate.c.id == place).where(
        consent.c.for_gate, consent.c.vote_scope == VoteScope.ESTATE.value, *within(scopes)
    )
    counting = votes.subquery()
    old = sa.or_(
        counting.c.valid_until < today,
        counting.c.valid_until.is_(None) & (counting.c.decided_on < decided_before),
    )
    query = sa.select(counting.c.estate_id).where(counting.c.age == 1, old).order_by(counting.c.estate_id)
    return list(connection.scalars(query))


def get_consent(connection: sa.Connection, consent_id: int, *, scopes: Iterable[Scope] = ()) -> ConsentRecord:
    """Return a vote on file.

    Raises
    ------
    NotFoundError
        ``consent.not_found``: none under this id, or its estate lies outside the scopes.
    """
    query = sa.select(consent).join(estate, estate.c.id == consent.c.estate_id)
    row = the_row(
        connection, query.where(consent.c.id == consent_id, *within(scopes)), "consent.not_found", id=consent_id
    )
    return _consent(row)


def withdraw_consent(connection: sa.Connection, consent_id: int, *, day: date, why: str) -> bool:
    """Mark a vote as withdrawn if nobody has yet; tell whether this call did."""
    done = connection.execute(
        consent.update()
        .where(consent.c.id == consent_id, consent.c.withdrawn_on.is_(None))
        .values(withdrawn_on=day, withdrawn_why=why)
    )
    return done.rowcount == 1


def add_notes(connection: sa.Connection, notes: Iterable[GateNote]) -> None:
    """Keep answers as they stand now."""
    rows = [
        {
            "estate_id": note.estate_id,
            "gate": note.result.gate.value,
            "state": note.result.state.value,
            "reason": note.result.reason,
            "fields": plain_fields(note.result.fields),
            "noted_on": note.noted_on,
            "login": note.login,
        }
        for note in notes
    ]
    if rows:
        connection.execute(gate_history.insert(), rows)


def notes(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, list[GateNote]]:
    """Return every noted answer by estate, the newest last."""
    found: dict[int, list[GateNote]] = {}
    for row in _rows(connection, gate_history, ids, gate_history.c.id):
        result = GateResult(
            gate=Gate(row.gate),
            state=GateState(row.state),
            reason=row.reason,
            fields=read_fields(row.fields),
        )
        found.setdefault(row.estate_id, []).append(
            GateNote(estate_id=row.estate_id, result=result, noted_on=row.noted_on, login=row.login)
        )
    return found
