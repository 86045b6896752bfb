"""Rows as objects of the model, and back: columns are named as fields are, so nobody lists them twice."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa

from renovation.model.canonical import from_plain

_T = TypeVar("_T")


def read_row(kind: type[_T], row: Any, /, **more: Any) -> _T:
    """Return the object a row holds; columns that are no fields of it are passed over.

    Parameters
    ----------
    more
        Fields that no column of that name holds as they are.
    """
    return from_plain(kind, {**row._mapping, **more})


def values_of(table: sa.Table, value: object) -> dict[str, Any]:
    """Return what the columns of a table hold of an object, without its key."""
    held = {column.name: getattr(value, column.name, table) for column in table.columns if not column.primary_key}
    return {name: sorted(one) if isinstance(one, frozenset) else one for name, one in held.items() if one is not table}
