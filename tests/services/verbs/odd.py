"""Arguments that no page offers and yet somebody sends: ids of nothing, endless texts, signs that no database keeps."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import inspect
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from renovation.model.imports import RecordUpdate
from verbs import Verb
from verbs.nearby import by_hint, hints_of

#: One of each kind: endless, half a sign, NUL, unseen ones with one that reorders, figures that are no digits, nothing.
TEXTS = ("长" * 6_000, "半\ud800", "空\0", "\u3164\u202e\u2800", "²①½", "")
NUMBERS = (10**9, -1, 2**31, 2**63)
_DEEP = 3


def _of(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield odd values of a value's own type, each with its name."""
    # What an import will change is the program's own word for it.
    if isinstance(value, bool | enum.Enum | datetime | RecordUpdate) or value is None:
        return
    if isinstance(value, str):
        yield from ((ascii(one)[:24], one) for one in TEXTS)
    elif isinstance(value, int):
        yield from ((str(one), one) for one in NUMBERS)
    elif isinstance(value, float) and depth in (0, _DEEP):
        # Further inside stand coordinates that a reader of files has looked at.
        yield from ((str(one), one) for one in (float("nan"), float("inf"), -1e308, 1e308))
    elif isinstance(value, Fraction):
        yield from ((str(one)[:20], Fraction(one)) for one in (-1, 10**40, Fraction(1, 10**40)))
    elif isinstance(value, date):
        yield from ((str(one), one) for one in (date.min, date.max))
    elif isinstance(value, Mapping):
        for key, held in list(value.items())[:3]:
            yield from ((f"{key}={name}", {**value, key: one}) for name, one in _of(held, depth - 1))
            rest = {other: one for other, one in value.items() if other is not key}
            yield from ((f"key {name}", {one: held, **rest}) for name, one in _of(key, depth - 1))
    elif isinstance(value, list | tuple | Set) and value and depth:
        kind, (first, *rest) = type(value), tuple(value)
        if kind in (list, tuple, set, frozenset):
            yield from ((f"first {name}", kind([one, *rest])) for name, one in _of(first, depth - 1))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type) and depth:
        hints = hints_of(type(value))
        for one in dataclasses.fields(value):
            for name, other in _beside(getattr(value, one.name), hints.get(one.name), depth - 1) if one.init else ():
                # What cannot be written down is not for the verb to refuse.
                with contextlib.suppress(Exception):
                    yield f"{one.name}={name}", replace(value, **{one.name: other})


def _beside(value: Any, hint: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if value is None or (isinstance(value, tuple | frozenset) and not value):
        # Odd values do not depend on the usual one: one of each kind, and of each field, has them all.
        kinds = {(type(one), name.rpartition("=")[0]): one for name, one in by_hint(hint)}
        for one in kinds.values():
            yield from _of(one, depth)
    yield from _of(value, depth)


def odd_arguments(verb: Verb, arguments: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is said otherwise than in an example, one argument at a time, with a name for it."""
    hints = hints_of(verb.function)
    # What is exported came out of the store, and nothing that no database keeps can be in it.
    deep = 0 if verb.function.__name__.startswith("export") else _DEEP
    for parameter in inspect.signature(verb.function).parameters.values():
        name = parameter.name
        if name in ("store", "actor", "language", "folder", "file"):
            continue
        value = arguments.get(name, None if parameter.default is parameter.empty else parameter.default)
        # More than one way leads to many of them.
        told: list[Any] = []
        for label, one in _beside(value, hints.get(name), deep):
            if one not in told:
                told.append(one)
                yield f"{name}={label}", {name: one}
