"""Rows as objects of the model, and back: columns are named as fields are, so nobody lists them twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa

from renovation.errors import ConflictError, NotFoundError
from renovation.model.canonical import from_plain
from renovation.model.names import search_key

_T = TypeVar("_T")
_PART = 500


def read_row(kind: type[_T], row: Any, /, **more: Any) -> _T:
    """Return the object a row holds; columns that are no fields of it are passed over.

    Parameters
    ----------
    more
        Fields that no column of that name holds as they are.
    """
    return from_plain(kind, {**row._mapping, **more})


def values_of(table: sa.Table, value: object) -> dict[str, Any]:
    """Return what the columns of a table hold of an object, without its id."""
    held = {column.name: getattr(value, column.name, table) for column in table.columns if not column.primary_key}
    known = {name: sorted(one) if isinstance(one, frozenset) else one for name, one in held.items() if one is not table}
    return known | keys_of(table, known)


def keys_of(table: sa.Table, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that an update has to write with values: those of the names among them."""
    named = {column.name: column.info.get("key_of", ()) for column in table.columns}
    return {
        key: search_key(*(values[column] for column in columns))
        for key, columns in named.items()
        if columns and all(column in values for column in columns)
    }


def the_row(connection: sa.Connection, query: sa.Select[Any], code: str, /, **fields: Any) -> Any:
    """Return the first row of a query.

    Raises
    ------
    NotFoundError
        Of this code, where there is none.
    """
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(code, **fields)
    return row


def change_row(
    connection: sa.Connection, table: sa.Table, key: Any, version: int, code: str, /, *, values: Any, **fields: Any
) -> None:
    """Write columns of one row, as its next version, if nobody else has written it since ``version``.

    Raises
    ------
    ConflictError
        Of this code, where somebody has.
    """
    done = connection.execute(
        table.update()
        .where(table.c.id == key, table.c.version == version)
        .values(dict(values) | {"version": version + 1})
    )
    if done.rowcount != 1:
        raise ConflictError(code, **fields)


def put_row(connection: sa.Connection, table: sa.Table, keys: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Write the row of these keys, or insert one; tell whether there was one."""
    held = [table.c[name] == key for name, key in keys.items()]
    if connection.execute(table.update().where(*held).values(**values)).rowcount:
        return True
    connection.execute(table.insert().values(**keys, **values))
    return False


def new_id(connection: sa.Connection, statement: sa.Insert) -> int:
    """Insert one row and return the number it was given."""
    made = connection.execute(statement)
    assert made.inserted_primary_key is not None  # every insert of a row with a numbered key has one
    return int(made.inserted_primary_key[0])


def in_parts(ids: Iterable[_T] | None) -> Iterator[list[_T] | None]:
    """Split ids into what one statement's list of parameters safely holds on every SQLite; ``None`` stays as it is."""
    if ids is None:
        yield None
        return
    wanted = list(ids)
    for start in range(0, len(wanted), _PART):
        yield wanted[start : start + _PART]
