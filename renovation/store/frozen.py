"""Frozen dataclasses as JSON and back, by their annotations: exact shares stay exact, sets are sorted."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

_T = TypeVar("_T")


def to_plain(value: Any) -> Any:
    """Return what JSON can hold.

    Raises
    ------
    TypeError
        A kind of value that :func:`from_plain` could not bring back.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(one) for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((to_plain(one) for one in value), key=str)
    if isinstance(value, tuple | list):
        return [to_plain(one) for one in value]
    raise TypeError(f"no plain form for {type(value).__name__}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def from_plain(kind: type[_T], plain: Any) -> _T:
    """Return the object of a kind that :func:`to_plain` made plain.

    Fields that are absent take their defaults, so that what an earlier program wrote still opens.
    """
    return typing.cast(_T, _back(kind, plain))


def _back(kind: Any, plain: Any) -> Any:
    origin = get_origin(kind)
    if origin is typing.Union or origin is types.UnionType:
        if plain is None:
            return None
        return _back(next(one for one in get_args(kind) if one is not type(None)), plain)
    if origin is tuple:
        inside = get_args(kind)
        if len(inside) == 2 and inside[1] is Ellipsis:
            return tuple(_back(inside[0], one) for one in plain)
        return tuple(_back(one_kind, one) for one_kind, one in zip(inside, plain, strict=True))
    if origin in (frozenset, set):
        return frozenset(_back(get_args(kind)[0], one) for one in plain)
    if origin is not None and issubclass(origin, Mapping):
        key, inside_kind = get_args(kind)
        return {_back(key, name): _back(inside_kind, one) for name, one in plain.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        known = {field.name for field in dataclasses.fields(kind)}
        return kind(**{name: _back(hints[name], one) for name, one in plain.items() if name in known})
    if isinstance(kind, type):
        if issubclass(kind, Enum) or kind is Fraction:
            return kind(plain)
        if issubclass(kind, datetime | date):
            return kind.fromisoformat(plain)
        if kind is float:
            return float(plain)
    return plain
