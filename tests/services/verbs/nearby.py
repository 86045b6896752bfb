"""Arguments beside those of an example: the next value, the neighbour's object, an empty text, one letter too many."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from renovation.model.accounts import PERMISSIONS, Actor
from renovation.model.clock import today
from renovation.model.scope import EVERYWHERE, Scope
from verbs import Outside, Scene, Verb

#: What an id may be instead: everything of its kind that lies in an estate, or belongs to the town.
_KIN: Mapping[str, Callable[[Any, Any], Mapping[str, Any]]] = {
    "demand_id": lambda place, _town: vars(place.demands),
    "into_id": lambda place, _town: vars(place.demands),
    "project_id": lambda place, _town: vars(place.projects),
    "pledge_id": lambda place, _town: vars(place.pledges),
    "task_id": lambda place, _town: vars(place.tasks),
    "estate_id": lambda place, _town: {"it": place.estate},
    "building_id": lambda place, _town: {"it": place.building},
    "consent_id": lambda place, _town: {"it": place.consent},
    "contribution_id": lambda place, _town: {"it": place.contribution},
    "payment_id": lambda place, _town: {"it": place.payment},
    "photo_id": lambda place, _town: {"it": place.photo},
    "work_id": lambda place, _town: {"it": place.work},
    "account_id": lambda place, _town: {"it": place.account},
    "pot_id": lambda _place, town: {"pot": town.pot, "spare": town.spare_pot},
    "rule_id": lambda _place, town: {"it": town.rule},
    "scenario_id": lambda _place, town: {"adopted": town.adopted, "it": town.scenario},
    "poll_id": lambda place, _town: {
        **{stage.value: held for stage, held in place.polls.items()},
        "tied": place.tied,
        "travelling": place.travelling,
    },
    "panel_id": lambda _place, town: {
        name: getattr(town, name) for name in ("panel", "conflicted", "full_panel", "closed_panel")
    },
}
_LONG = "长" * 6000
_MANY = 250
#: At most so many members of an enumeration.
_MEMBERS = 12


def _texts(value: str) -> Iterator[tuple[str, str]]:
    yield "blank", "  "
    yield "padded", f" {value or '字'} "
    yield "long", _LONG
    yield "reordered", f"{value}\u202e字"


def _numbers(value: Any) -> Iterator[tuple[str, Any]]:
    kind = type(value)
    for one in dict.fromkeys([kind(0), kind(-1), value + 1, value - 1, value * 10**9 + kind(7)]):
        if one != value:
            yield f"{one:.6g}" if kind is float else str(one), one


def _of(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield what lies beside a value, each with its name."""
    if isinstance(value, bool):
        yield str(not value), not value
    elif isinstance(value, enum.Enum):
        yield from ((one.value, one) for one in list(type(value))[:_MEMBERS] if one is not value)
    elif isinstance(value, str):
        yield from _texts(value)
    elif isinstance(value, int | float | Fraction | Decimal):
        yield from _numbers(value)
    elif isinstance(value, date):
        for days in (-4000, -400, -1, 1, 400):
            yield f"{days} days", value + timedelta(days=days)
    elif isinstance(value, bytes):
        yield from (("nothing", b""), ("letters", b"abc,1\n"))
    elif isinstance(value, Mapping):
        yield "empty", {}
        for key, one in list(value.items())[:2]:
            yield from ((f"{key}={name}", {**value, key: other}) for name, other in _of(one, depth - 1))
    elif isinstance(value, list | tuple):
        yield from (("empty", value[:0]), ("twice", value + value), ("backwards", value[::-1]))
        if value:
            yield "many", value[:1] * _MANY
        if value and depth:
            yield from ((f"first {name}", [one, *value[1:]]) for name, one in _of(value[0], depth - 1))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type) and depth:
        hints = hints_of(type(value))
        for one in dataclasses.fields(value):
            if one.init:
                for name, other in _beside(getattr(value, one.name), hints.get(one.name), depth - 1):
                    # What cannot be written down is not for the verb to refuse.
                    with contextlib.suppress(Exception):
                        yield f"{one.name}={name}", replace(value, **{one.name: other})


def hints_of(of: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(of)
    except NameError:
        return {}


def by_hint(hint: Any) -> Iterator[tuple[str, Any]]:
    """Yield values of a kind where none is at hand."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        for one in inside:
            yield from by_hint(one)
    elif hint is type(None):
        yield "none", None
    elif hint is bool:
        yield from (("True", True), ("False", False))
    elif hint is int:
        yield from ((str(one), one) for one in (0, 1, 2, 3, 29))
    elif hint is date:
        yield from ((f"{days} days", today() + timedelta(days=days)) for days in (-1, 0, 1))
    elif hint is str:
        yield from ((one, one) for one in ("甲岸", "坡道"))
    elif inspect.isclass(hint) and issubclass(hint, enum.Enum):
        yield from ((one.value, one) for one in list(hint)[:_MEMBERS])
    elif origin is not None and inside and inspect.isclass(origin) and not issubclass(origin, Mapping):
        kind = origin if origin in (list, tuple, set, frozenset) else tuple
        yield from ((name, kind([one])) for name, one in by_hint(inside[0]))
    elif dataclasses.is_dataclass(hint):
        with contextlib.suppress(TypeError):
            yield from _of(hint(), 1)


def _beside(value: Any, hint: Any, depth: int) -> Iterator[tuple[str, Any]]:
    empty = value is None or (isinstance(value, tuple | frozenset | str) and not value)
    found = [*(by_hint(hint) if empty else ()), *_of(value, depth)]
    yield from ((name, one) for name, one in found if one is not value)


def _ids(name: str, scene: Scene) -> Iterator[tuple[str, Any, Any]]:
    kin = _KIN.get(name)
    # Of polls there are many, and one estate's tell as much as two.
    for place in () if kin is None else (scene.world.one,) if name == "poll_id" else (scene.world.one, scene.world.two):
        for kind, held in kin(place, scene.town).items() if kin else ():
            yield f"{kind} of {place.mark}", held.id, getattr(held, "version", None)


def _limits(fields: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the last value that a refusal allows and the first that it does not."""
    one, most = ("长", len(_LONG)) if isinstance(value, str) else (value[:1], _MANY)
    for limit in {one for one in fields.values() if isinstance(one, int) and not isinstance(one, bool)}:
        if 0 < limit < most:
            yield from ((f"{size} of it", one * size) for size in (limit, limit + 1))


def nearby(
    verb: Verb,
    scene: Scene,
    asking: Actor,
    arguments: Mapping[str, Any],
    refused: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Iterator[tuple[str, Actor, dict[str, Any]]]:
    """Yield calls beside an example: their name, who asks, and what is said otherwise.

    ``refused`` makes a call and returns the fields of its refusal, which name the limits.
    """
    if verb.outside in (Outside.PART, Outside.SAME) and asking.account_id is not None:
        for place in (scene.world.one, scene.world.two):
            for by_street in (True, False):
                part = scene.world.part(place, by_street=by_street)
                yield f"who sees {place.mark}{'街道' if by_street else ''}", replace(asking, scope=part), {}
    for role, other in scene.world.staff.items():
        if role is not asking.role and any(
            role in PERMISSIONS[action] for action in (*verb.asks, verb.or_asks) if action
        ):
            yield f"who is {role}", other, {}
    parameters = inspect.signature(verb.function).parameters
    if "version" in arguments:
        for label, step in (("older", -1), ("newer", 1)):
            yield f"version={label}", asking, {"version": arguments["version"] + step}
    elif "version" in parameters:
        yield "version=another", asking, {"version": 0}
    hints = hints_of(verb.function)
    for parameter in parameters.values():
        name = parameter.name
        if name in ("store", "actor", "language", "folder", "file", "version"):
            continue
        value = arguments.get(name, None if parameter.default is parameter.empty else parameter.default)
        hint = hints.get(name)
        for label, one, version in _ids(name, scene):
            moved = {"version": version} if "version" in arguments else {}
            yield f"{name}={label}", asking, {name: one, **moved}
        if name.endswith("_id"):
            unknown = "unknown" if isinstance(value, str) else 10**6
            yield f"{name}=unknown", asking, {name: unknown}
            continue
        if isinstance(value, Scope):
            parts = {place.mark: scene.world.part(place) for place in (scene.world.one, scene.world.two)}
            yield from ((f"{name}={label}", asking, {name: one}) for label, one in parts.items())
            yield f"{name}=everywhere", asking, {name: EVERYWHERE}
            continue
        for label, one in _beside(value, hint, 2):
            yield f"{name}={label}", asking, {name: one}
            if one is _LONG or label == "many":
                for size, text in _limits(refused({name: one}), one):
                    yield f"{name}={size}", asking, {name: text}
