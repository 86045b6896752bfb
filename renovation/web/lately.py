"""What every page asks of the store and hardly ever changes is told again for some seconds, without asking."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from renovation.store import Store

_Asked = ParamSpec("_Asked")
_Told = TypeVar("_Told")
_MOST_KEPT = 64


def told_lately(
    seconds: float,
) -> Callable[[Callable[Concatenate[Store, _Asked], _Told]], Callable[Concatenate[Store, _Asked], _Told]]:
    """Return a decorator by which a question to a store is asked once in so many seconds.

    Whether a poll takes ballots, how a code stands and who may do what is never asked so.
    """

    def decorated(ask: Callable[Concatenate[Store, _Asked], _Told]) -> Callable[Concatenate[Store, _Asked], _Told]:
        stores: WeakKeyDictionary[Any, dict[tuple[object, ...], tuple[float, _Told]]] = WeakKeyDictionary()

        @wraps(ask)
        def told(store: Store, *asked: _Asked.args, **named: _Asked.kwargs) -> _Told:
            kept, moment = stores.setdefault(store.engine, {}), time.monotonic()
            held = kept.get(asked)
            if held is None or moment - held[0] > seconds:
                if len(kept) >= _MOST_KEPT:
                    kept.clear()
                held = kept[asked] = (moment, ask(store, *asked, **named))
            return held[1]

        return told

    return decorated
