"""What taking in a file of any kind begins and ends with: its record, the yes to changes, the entry in the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from renovation.errors import ConflictError
from renovation.imports.files.results import Parsed
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.services.acts import ActingUnit
from renovation.store.register import imports


def begin(unit: ActingUnit, kind: ImportKind, parsed: Parsed[Any], source: ImportSource) -> int:
    """Write the record of a file that is being taken, alone among all who take one, and return its id."""
    return imports.add(
        unit.connection,
        at=unit.at,
        login=unit.actor.login,
        kind=kind,
        source=source,
        datum=parsed.datum or "",
        mapping=parsed.mapping,
        rows=parsed.rows,
        left=[(one.row, one.column, one.stood) for one in parsed.left],
    )


def ask_for_updates(updates: Sequence[RecordUpdate], *, agreed: bool) -> None:
    """Refuse to change what the store holds without somebody's yes.

    Raises
    ------
    ConflictError
        ``import.update_needs_yes``.
    """
    if updates and not agreed:
        raise ConflictError("import.update_needs_yes", count=len(updates))


def finish(
    unit: ActingUnit,
    import_id: int,
    *,
    added: int,
    before: Mapping[str, Any] | None = None,
    stand: Mapping[str, Collection[int]] | None = None,
    updates: Sequence[RecordUpdate] = (),
    same_as: ImportRecord | None = None,
    dry_run: bool,
) -> ImportRecord:
    """Complete the record and keep everything; after a dry run nothing is kept.

    Parameters
    ----------
    added
        How many records are new; with those that change they are what the file brings.
    before
        What taking it back needs.
    stand
        The rows, by table, that must still say then what they say now.

    Raises
    ------
    ConflictError
        ``import.nothing_new``: all its rows stand in the store already, as they are.
    """
    kept = dict(before or {})
    if stand and not dry_run:
        kept["seals"] = imports.seals(unit.connection, stand)
    imports.note_before(unit.connection, import_id, kept, imported=added + len(updates))
    record = replace(unit.import_record(import_id), updates=tuple(updates), same_as=same_as)
    if dry_run:
        # Leaving without a commit takes everything back.
        return replace(record, id=None)
    if not record.imported:
        raise ConflictError("import.nothing_new", count=record.rows)
    unit.log(
        "import.take",
        "import",
        import_id,
        kind=record.kind.value,
        file=record.source.filename,
        sha256=record.source.sha256,
        datum=record.datum,
        imported=record.imported,
        created_areas=record.created_areas,
        updated=record.updated,
        recognised=record.recognised,
    )
    unit.commit()
    return record
