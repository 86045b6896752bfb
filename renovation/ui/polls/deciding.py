"""Decisions that may take a while: a bar that tells how far they are, a button that stops them, and their memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, MutableMapping
from time import perf_counter
from typing import TypeVar

import streamlit as st

from renovation.config import settings as installation
from renovation.model.canonical import to_json
from renovation.model.elections import Allocation
from renovation.rules import RULES_VERSION
from renovation.rules.election.settings import Settings
from renovation.rules.election.watching import watched
from renovation.services.outcome import results
from renovation.services.outcome.results import Election
from renovation.ui.words import say

_Result = TypeVar("_Result")
_Heard = Callable[[float], None]
#: Seconds without a bar: most decisions are done by then.
_PATIENCE = 0.6
#: Seconds between two steps of the bar.
_BETWEEN = 0.2
_KEPT = 64


def kept_or_decided(
    kept: MutableMapping[tuple[Hashable, ...], _Result],
    known: tuple[Hashable, ...],
    work: Callable[[_Heard], _Result],
    *,
    key: str,
    words: str,
) -> _Result:
    """Return what is kept, or do ``work`` under a bar that it moves; the page ends here once that was stopped.

    Parameters
    ----------
    key
        Of the button that stops it.
    words
        Key of the sentence beside the bar; its field ``done`` is a share of one.
    """
    if known in kept:
        # A press that came too late must not stop the next decision.
        st.session_state.pop(_flag(key), None)
        return kept[known]
    found = _under_bar(key, words, work)
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)), None)
    kept[known] = found
    return found


def was_stopped(key: str) -> bool:
    """Tell whether somebody stopped this decision, and forget it."""
    return bool(st.session_state.pop(_flag(key), False))


def _flag(key: str) -> str:
    return f"{key}.stopped"


def _under_bar(key: str, words: str, work: Callable[[_Heard], _Result]) -> _Result:
    flag = _flag(key)
    if st.session_state.get(flag):
        st.info(say("deciding.stopped"), icon=":material/stop_circle:")
        st.button(
            say("deciding.again"), icon=":material/replay:", key=f"{key}.again", on_click=_set, args=(flag, False)
        )
        st.stop()
    place = st.empty()
    bar: list[st.delta_generator.DeltaGenerator] = []
    moved = perf_counter() + _PATIENCE - _BETWEEN

    def heard(done: float) -> None:
        nonlocal moved
        now = perf_counter()
        if now - moved < _BETWEEN:
            return
        moved = now
        said = say(words, done=done)
        if not bar:
            with place.container():
                bar.append(st.progress(done, said))
                st.button(
                    say("deciding.stop"), icon=":material/stop:", key=f"{key}.stop", on_click=_set, args=(flag, True)
                )
        # Drawing is also where the page's script ends as soon as somebody presses the button or leaves.
        bar[0].progress(done, said)

    result = work(heard)
    place.empty()
    return result


def _set(flag: str, value: bool) -> None:
    st.session_state[flag] = value


def decided(held: Election, rule: str | None = None, chosen: Settings | None = None) -> Allocation:
    """Apply a rule to an election, as :func:`renovation.services.outcome.results.allocate` does; what is known is kept.

    Raises
    ------
    InvalidError, ConflictError
        What the rule refuses; a tie that is left to the committee.
    """
    name = rule or held.poll.settings.rule
    in_force = chosen or results.settings_for(held, name)
    said = to_json(in_force.as_dict())
    key = (installation().database_url, held.digest, RULES_VERSION, name, said)

    def work(heard: _Heard) -> Allocation:
        with watched(heard):
            return results.allocate(held, name, in_force)

    return kept_or_decided(_allocations(), key, work, key=f"deciding.{held.poll.id}.{name}", words="deciding.share")


@st.cache_resource(max_entries=1, show_spinner=False)
def _allocations() -> dict[tuple[Hashable, ...], Allocation]:
    return {}
