"""What restoring a backup changes of accounts and settings, in the words of the pages where they are set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from renovation.store.house.borders import BorderDifference, StaffState
from renovation.text import has_text
from renovation.ui.frame.grid import NOTHING, table
from renovation.ui.words import listed, say, told

#: Settings whose name goes on behind this: what a file's columns were taken as, by the kind of file.
_MAPPING = "import.mapping."
#: Settings that have a name on their own page.
_NAMES = {"place.name": "set_up.step.place", "two_persons": "second.setting", "visitor_limits": "visitor.limits"}
#: What holds of these where nobody has set them.
_DELIVERED = {"two_persons": True, "second_factor_required": "nobody"}
_LONGEST = 80


def difference_table(differences: Sequence[BorderDifference]) -> None:
    """List what changes: what it is now, and what it is after restoring."""
    table(
        [say("backup.what_changes"), say("backup.now"), say("backup.then")],
        [(_name(one), *_states(one)) for one in differences],
    )


def _name(one: BorderDifference) -> str:
    if one.kind != "setting":
        return f"{say(f'backup.kind.{one.kind}')} {one.name}"
    known = "import_mapping" if one.name.startswith(_MAPPING) else one.name.replace(".", "_")
    key = _NAMES.get(one.name, f"backup.setting.{known}")
    return told("backup.setting_named", name=say(key) if has_text(key) else one.name)


def _states(one: BorderDifference) -> tuple[str, str]:
    if one.kind == "password":
        return say("backup.password_now"), say("backup.password_then")
    if one.kind == "setting":
        return _settings(one.name, str(one.before), str(one.after))
    before, after = (_state(one.kind, state) for state in (one.before, one.after))
    if before == after:
        # Two parts of town, or two numbers, that read alike.
        after = say("backup.other", said=after)
    return before, after


def _state(kind: str, state: StaffState | str) -> str:
    if isinstance(state, str):
        if kind == "account" and not state:
            return say("backup.no_account")
        return say(f"backup.factor_{state}") if kind == "factor" else state[:_LONGEST] or NOTHING
    said = [say(f"role.{state.role.value}")]
    if state.department:
        said.append(state.department)
    if state.scope:
        said.append(say("backup.part_of_town"))
    if not state.active:
        said.append(say("backup.switched_off"))
    return listed(said)


def _settings(name: str, *states: str) -> tuple[str, str]:
    """Return what a setting is before and after; of a list of things only those that differ."""
    before, after = (json.loads(state) if state else None for state in states)
    if isinstance(before or after, dict) and isinstance(after if after is not None else {}, dict):
        old, new = before or {}, after or {}
        before = {key: value for key, value in old.items() if new.get(key) != value} or None
        after = {key: value for key, value in new.items() if old.get(key) != value} or None
    first, second = _said(name, before), _said(name, after)
    return first, second if first != second else say("backup.other", said=second)


def _said(name: str, value: Any) -> str:
    if value is None or value == []:
        delivered = say("backup.as_delivered")
        return (
            told("backup.part", name=delivered, value=_said(name, _DELIVERED[name]))
            if name in _DELIVERED
            else delivered
        )
    if isinstance(value, bool):
        return say("backup.yes" if value else "backup.no")
    if isinstance(value, dict):
        return listed(
            told("backup.part", name=_word(name, key), value=_word(name, one)) for key, one in sorted(value.items())
        )
    if isinstance(value, list):
        return listed(_word(name, one) for one in value)
    return _word(name, value)


#: Settings → where the catalogue has the words of what they hold.
_WORDS = {
    "set_up.later": "set_up.step.{}",
    "visitor_limits": "visitor.{}",
    "second_factor_required": "account.factor_for_{}",
}


def _word(name: str, value: Any) -> str:
    key = _WORDS.get(name, "").format(value)
    return say(key) if has_text(key) else str(value)[:_LONGEST]
