"""A store beside the one in use: a backup is put into it to see that it can be, and a server's own dump is made of it.

A server keeps rows in the order of writing, which would lay codes that were spent beside ballots that were cast. So
``pg_dump`` writes down what was copied into the scratch store in the order of its keys, and never the store in use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from renovation.errors import ConflictError, UnavailableError
from renovation.store.engine import Store, open_store
from renovation.store.files import flush_folder
from renovation.store.migrate import migrate
from renovation.store.schema import metadata

#: What PostGIS keeps in every database.
_NOT_OURS = frozenset({"spatial_ref_sys"})
#: Behind the name of the database in use.
SCRATCH_SUFFIX = "_drill"


def scratch_url(store: Store, url: str = "") -> str:
    """Return where a scratch store is: as given, else on a server the database beside the one in use."""
    if url or store.is_sqlite:
        return url
    beside = store.engine.url.set(database=f"{store.engine.url.database}{SCRATCH_SUFFIX}")
    return beside.render_as_string(hide_password=False)


@contextmanager
def scratch_store(store: Store, url: str = "", *, is_laid: bool = True) -> Iterator[Store]:
    """Yield an empty store of this program's schema, with the same keys; nothing of it is left behind.

    Parameters
    ----------
    url
        An empty database on a server, see :func:`scratch_url`; without one, a file of this machine.
    is_laid
        Whether its tables are made; :func:`read_dump` brings its own.

    Raises
    ------
    ConflictError
        ``drill.not_empty``: the database is somebody's.
    UnavailableError
        ``drill.no_database``: it is not there.
    """
    if not url:
        with tempfile.TemporaryDirectory() as folder:
            opened = open_store(f"sqlite:///{Path(folder) / 'scratch.sqlite'}", store.keys)
            try:
                migrate(opened)
                yield opened
            finally:
                opened.close()
        return
    opened = open_store(url, store.keys)
    name = str(opened.engine.url.database)
    try:
        try:
            held = _tables(opened)
        except UnavailableError as error:
            raise UnavailableError("drill.no_database", name=name) from error
        if held:
            raise ConflictError("drill.not_empty", name=name)
        try:
            if is_laid:
                migrate(opened)
            yield opened
        finally:
            clear(opened)
    finally:
        opened.close()


def _tables(store: Store) -> set[str]:
    with store.read() as connection:
        return set(sa.inspect(connection).get_table_names()) - _NOT_OURS


def clear(scratch: Store) -> None:
    """Drop every table of a scratch store."""
    quoted = scratch.engine.dialect.identifier_preparer.quote
    with scratch.write() as unit:
        for table in set(sa.inspect(unit.connection).get_table_names()) - _NOT_OURS:
            unit.connection.execute(sa.text(f"DROP TABLE {quoted(table)} CASCADE"))
        unit.commit()


def dump(scratch: Store, target: Path) -> None:
    """Write a scratch store on a server down in PostgreSQL's own form (``pg_dump``, custom format).

    Raises
    ------
    UnavailableError
        ``dump.no_program``, ``dump.failed``.
    """
    unfinished = target.with_suffix(".unfinished")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished.touch(mode=0o600)
    tables = [f"--table=public.{name}" for name in ("alembic_version", *(one.name for one in metadata.sorted_tables))]
    try:
        _run(scratch, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", *tables, f"--file={unfinished}")
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
        flush_folder(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def read_dump(scratch: Store, file: Path) -> None:
    """Put what :func:`dump` wrote into an emptied scratch store.

    Raises
    ------
    UnavailableError
        ``dump.no_program``, ``dump.failed``.
    """
    clear(scratch)
    _run(
        scratch, "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error",
        f"--dbname={_conninfo(scratch)}", str(file),
    )  # fmt: skip
    # What is kept at hand was of the tables that were dropped.
    scratch.engine.dispose()


def _conninfo(store: Store) -> str:
    return store.engine.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def program_of(name: str) -> str:
    """Return where a program of PostgreSQL's client lies.

    Raises
    ------
    UnavailableError
        ``dump.no_program``.
    """
    found = shutil.which(name)
    if found is None:
        raise UnavailableError("dump.no_program", name=name)
    return found


def _run(store: Store, program: str, *arguments: str) -> None:
    found = program_of(program)
    password = store.engine.url.password
    # Not on the command line, which every account of this machine can read.
    said = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    where = [] if program == "pg_restore" else [f"--dbname={_conninfo(store)}"]
    done = subprocess.run([found, *arguments, *where], capture_output=True, text=True, check=False, env=said)  # noqa: S603
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise UnavailableError("dump.failed", name=program, said=lines[0][:200] if lines else "")
