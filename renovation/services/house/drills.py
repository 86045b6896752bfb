"""Rehearse a restore, and write backups down in a server's own form: in a scratch store, of which nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from renovation.errors import ImportRefusedError, InvalidError, UnavailableError
from renovation.model.accounts import Action, Actor, require
from renovation.services.house import backups, verification
from renovation.store import Store
from renovation.store.house import backups as copies
from renovation.store.house import moving, scratch

#: How a file in the server's own form begins.
_DUMP = b"PGDMP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What a rehearsal found: what was put back, row by row, and that all of it agrees."""

    name: str
    tables: int
    rows: int
    polls: int
    ballots: int
    log_entries: int
    digest: str


def drill_backup(store: Store, actor: Actor | None, file: Path, *, scratch_url: str = "") -> Drill:
    """Put a backup into a scratch store and check everything there that can be: digests, sealed polls, the log.

    Raises
    ------
    InvalidError
        ``backup.missing``, or the backup does not stand up to a look.
    ImportRefusedError
        Rows of its polls were changed past the services: every table that does not fit its digest.
    UnavailableError
        ``move.differs``: what was read back is not what was put there; the scratch store cannot be used.
    ConflictError
        ``drill.not_empty``.
    """
    with backup_of(store, actor, file, scratch_url=scratch_url) as plain:
        examined = backups.examine_backup(store, actor, plain)
        with scratch.scratch_store(store, scratch.scratch_url(store, scratch_url)) as here:
            copies.copy_from(here, plain)
            with here.read() as connection:
                found = moving.sums(connection)
                if faults := verification.faults(connection):
                    raise ImportRefusedError(faults)
            return _compared(file.name, plain, store, found, examined)


def _compared(name: str, plain: Path, store: Store, found: moving.Sums, examined: copies.Examined) -> Drill:
    held = copies.sums_of_file(plain, store.keys)
    differing = [table for table, one in held.items() if found.get(table) != one]
    if differing:
        raise UnavailableError("move.differs", tables=tuple(differing))
    return Drill(
        name=name,
        tables=len(held),
        rows=sum(one.rows for one in held.values()),
        polls=held["poll"].rows,
        ballots=examined.ballots,
        log_entries=examined.log_entries,
        digest=moving.digest_of_sums(held),
    )


@contextmanager
def backup_of(store: Store, who: Actor | None, file: Path, *, scratch_url: str = "") -> Iterator[Path]:
    """Yield a backup as this program writes it, whichever of the two forms a file has.

    Raises
    ------
    InvalidError
        ``backup.missing``; ``dump.on_server``: the server's own form is read on a server.
    UnavailableError
        ``dump.no_program``, ``dump.failed``, or the scratch store cannot be used.
    """
    require(who, Action.BACK_UP)
    if not file.is_file():
        raise InvalidError("backup.missing", name=file.name)
    with file.open("rb") as head:
        is_dump = head.read(len(_DUMP)) == _DUMP
    if not is_dump:
        yield file
        return
    url = scratch.scratch_url(store, scratch_url)
    if not url:
        raise InvalidError("dump.on_server", name=file.name)
    with TemporaryDirectory() as folder:
        plain = Path(folder) / f"{file.stem}.sqlite"
        scratch.program_of("pg_restore")
        with scratch.scratch_store(store, url, is_laid=False) as here:
            scratch.read_dump(here, file)
            copies.copy_to(here, plain)
        yield plain


def dump_backup(store: Store, actor: Actor | None, file: Path, *, scratch_url: str = "") -> Path:
    """Write a backup down in the server's own form beside it, and see that it comes back row by row.

    Raises
    ------
    InvalidError
        ``backup.missing``; ``dump.on_server``: this store is on no server.
    UnavailableError
        ``dump.no_program``, ``dump.failed``, or the scratch store cannot be used; ``move.differs``.
    ConflictError
        ``drill.not_empty``.
    """
    examined = backups.examine_backup(store, actor, file)
    url = scratch.scratch_url(store, scratch_url)
    if not url:
        raise InvalidError("dump.on_server", name=file.name)
    scratch.program_of("pg_dump")
    target = file.with_suffix(".dump")
    with scratch.scratch_store(store, url) as here:
        copies.copy_from(here, file)
        scratch.dump(here, target)
        try:
            scratch.read_dump(here, target)
            with here.read() as connection:
                found = moving.sums(connection)
            _compared(file.name, file, store, found, examined)
        except Exception:
            target.unlink(missing_ok=True)
            raise
    return target
