"""The sheet a clerk keys on: digits choose, Enter keeps; the browser's part and what comes back from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from renovation.errors import InvalidError
from renovation.model.accounts import Actor
from renovation.model.ballots import Reading, Verdict
from renovation.model.elections import BallotKind
from renovation.services.polls import paper
from renovation.services.polls.paper import Desk
from renovation.text import catalogue
from renovation.ui.browser import part_of_page
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store
from renovation.ui.words import error_sentence, say, told

_HTML = """
<div id="paper" tabindex="0" role="application">
  <div class="sheet">
    <div class="top">
      <label class="serial" hidden><span></span> <input maxlength="20" autocomplete="off" size="8"></label>
      <span class="position"></span><span class="typing"></span><span class="verdict" aria-live="polite"></span>
    </div>
    <div class="reading" aria-live="polite"></div>
    <div class="tiles"></div>
  </div>
  <div class="done" hidden></div>
  <div class="foot"><span class="help"></span><span class="said" role="alert"></span><span class="waiting"></span></div>
</div>
"""
#: The fields of sentences that the browser fills in.
_FILLED = ("count", "n", "points", "place", "list", "why")
_WORDS = tuple(key.rsplit(".", 1)[1] for key in catalogue() if re.fullmatch(r"paper\.keys\.\w+", key))


def _acked(key: str) -> str:
    return f"{key}.acked"


def _refused(key: str) -> dict[int, tuple[int, str]]:
    """Return position → (number of what was sent, why it was not kept), until that position is keyed again."""
    refused: dict[int, tuple[int, str]] = st.session_state.setdefault(f"{key}.refused", {})
    return refused


def save_outbox(actor: Actor, desk: Desk, key: str) -> int:
    """Keep the ballots the browser has sent and this tab has not kept yet; return how many."""
    sent: Any = st.session_state.get(key) or {}
    done = st.session_state.get(_acked(key), 0)
    kept = 0
    for entry in sorted(sent.get("outbox") or [], key=lambda one: one["n"]):
        if entry["n"] <= done:
            continue
        place = st.empty()
        with place, refusals() as refused:
            paper.key_ballot(
                store(),
                actor,
                desk.batch.id,
                int(entry["position"]),
                tuple(entry["choices"]),
                tuple(int(value) for value in entry["points"]),
                spoiled=bool(entry["spoiled"]),
                overwritten=bool(entry["overwritten"]),
                serial=str(entry.get("serial", "")),
            )
        # What is invalid, and a sheet that is not of this batch, can never be kept: the clerk sees why until its number
        # is keyed again. Anything else the browser still holds and sends again with the next one.
        if (error := refused.error) is None:
            _refused(key).pop(int(entry["position"]), None)
        elif isinstance(error, InvalidError) or error.code.startswith("paper.serial_"):
            _refused(key)[int(entry["position"])] = (int(entry["n"]), error_sentence(error))
            place.empty()
        else:
            break
        done = entry["n"]
        st.session_state[_acked(key)] = done
        kept += 1
    return kept


def _own(desk: Desk, reading: Reading) -> dict[str, Any]:
    numbers = {entry.key: entry.number for entry in desk.poll.projects}
    chosen = [numbers[key] for key in reading.choices if key in numbers]
    marks = {Verdict.BLANK: "blank", Verdict.SPOILED: "spoiled"}
    return {
        "numbers": chosen,
        "values": list(reading.points),
        "mark": marks.get(reading.verdict, ""),
        "serial": reading.serial,
    }


def keyboard(desk: Desk, key: str, lists: Mapping[str, str], *, serials: bool = False) -> None:
    """Mount the sheet for a clerk; it shows nothing of the other clerk's.

    Parameters
    ----------
    lists
        Lists in which this sheet is chosen, by their labels, and the line that each of them shows.
    serials
        Whether each sheet's serial is keyed or scanned before it.
    """
    poll = desk.poll
    kind = poll.settings.ballot_kind
    for position, (_, why) in sorted(_refused(key).items()):
        st.error(told("paper.not_kept", position=position, why=why), icon=":material/error:")
    mount = part_of_page("paper_keys", _HTML, __file__)
    mount(
        key=key,
        data={
            "desk": key,
            "counted": desk.batch.counted,
            "lists": dict(lists),
            "serials": serials,
            "position": desk.next_position,
            "acked": st.session_state.get(_acked(key), 0),
            "refused": [[position, sent] for position, (sent, _) in _refused(key).items()],
            "readings": {str(place): _own(desk, one) for place, one in desk.readings.items()},
            "projects": [
                {"number": entry.number, "key": entry.key, "name": entry.name, "cost": entry.cost}
                for entry in poll.on_ballot
            ],
            "limit": 1 if kind is BallotKind.CHOOSE_ONE else poll.settings.max_choices,
            "budget": poll.free_budget if kind is BallotKind.KNAPSACK else None,
            "points": poll.settings.max_points if kind is BallotKind.POINTS else None,
            "kind": kind.value,
            "words": {
                "help": say(f"paper.keys.help.{kind.value}"),
                **{name: say(f"paper.keys.{name}", **{one: f"{{{one}}}" for one in _FILLED}) for name in _WORDS},
            },
        },
        default={"outbox": []},
        on_outbox_change=lambda: None,
        height="content",
    )
