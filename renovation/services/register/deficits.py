"""Record what somebody looked for in an estate and found, or did not find: 设施短板 by 城市体检 indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import refuse_ahead
from renovation.model.names import is_blank
from renovation.model.places import Deficit, DeficitRecord, Estate
from renovation.services.acts import acting
from renovation.store import Store
from renovation.store.register import estates

MAX_COLLECTOR = 60


def record_deficits(
    store: Store,
    actor: Actor | None,
    estate_id: int,
    found: Mapping[Deficit, bool],
    *,
    collected_on: date,
    collector: str,
    version: int,
) -> Estate:
    """Write down which deficits were found present or absent, on which day and by whom.

    Parameters
    ----------
    found
        What was looked at; deficits left out were not looked at and keep what the file says.
    version
        The version of the file the findings were entered on.

    Raises
    ------
    InvalidError
        ``estate.deficits_none``, ``estate.collector_missing`` or ``day.ahead``.
    ConflictError
        ``estate.changed``: somebody else was first.
    """
    if not found:
        raise InvalidError("estate.deficits_none")
    if is_blank(collector) or len(collector) > MAX_COLLECTOR or "\x00" in collector:
        raise InvalidError("estate.collector_missing", limit=MAX_COLLECTOR)
    refuse_ahead(collected_on)
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        before = unit.estate(estate_id)
        present = (before.facts.deficits | {d for d, there in found.items() if there}) - {
            d for d, there in found.items() if not there
        }
        changed = replace(before, facts=replace(before.facts, deficits=frozenset(present)), version=version)
        after = estates.update(unit.connection, changed)
        estates.add_deficits(
            unit.connection,
            estate_id,
            [
                DeficitRecord(deficit=d, present=there, collected_on=collected_on, collector=collector.strip())
                for d, there in sorted(found.items())
            ],
        )
        if present != before.facts.deficits:
            pair = (_written(before.facts.deficits), _written(present))
            estates.add_change(
                unit.connection, estate_id, at=unit.at, login=unit.actor.login, fields={"deficits": pair}
            )
        unit.log("estate.deficits", "estate", estate_id, looked_at=len(found), version=after.version)
        unit.commit()
    return after


def _written(deficits: frozenset[Deficit] | set[Deficit]) -> str:
    return " ".join(sorted(deficit.value for deficit in deficits))
