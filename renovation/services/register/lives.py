"""Move estates through their 改造进度; nothing but the estate's own form writes it beside this."""

from __future__ import annotations

from renovation.model.canonical import to_json
from renovation.model.lives import ESTATE_LIFE, EstateAct
from renovation.model.places import RenovationStatus
from renovation.services.acts import ActingUnit
from renovation.store.register import estates

_TAKES = {EstateAct.LIST: RenovationStatus.LISTED, EstateAct.BEGIN_WORKS: RenovationStatus.IN_WORKS}


def take_estate(unit: ActingUnit, estate_id: int, act: EstateAct, *, where: str) -> None:
    """Let a batch, a programme or works take an estate; what it was before comes back when they let it go.

    Parameters
    ----------
    act
        ``LIST`` or ``BEGIN_WORKS``. An estate in works stays there when it is listed again.
    where
        What takes it, as its history says it: a programme, a project, a year's batch.
    """
    now, own = estates.progress(unit.connection, estate_id)
    to = _TAKES[act]
    after = to if to in ESTATE_LIFE.after(now, act) else now
    _keep(unit, estate_id, (now, own), (after, own or now), act, where)


def finish_estate(unit: ActingUnit, estate_id: int, *, where: str, still_held: bool) -> None:
    """Note that works in an estate are finished: it is done, once nothing else there waits or is in works."""
    now, own = estates.progress(unit.connection, estate_id)
    after = (now, RenovationStatus.DONE) if still_held else (RenovationStatus.DONE, None)
    _keep(unit, estate_id, (now, own), after, EstateAct.FINISH_WORKS, where)


def release_estate(unit: ActingUnit, estate_id: int, *, where: str) -> None:
    """Let an estate that nothing holds any more be what it was of itself."""
    now, own = estates.progress(unit.connection, estate_id)
    if own is not None:
        _keep(unit, estate_id, (now, own), (own, None), EstateAct.RELEASE, where)


def fail_gate(unit: ActingUnit, estate_id: int, *, why: str, held_by_projects: bool) -> bool:
    """Send a listed estate that fails a gate back to those that wait; tell whether it went.

    What an adopted programme holds stays listed until the programme is taken back, and waits then.
    """
    now, own = estates.progress(unit.connection, estate_id)
    if now is not RenovationStatus.LISTED:
        return False
    willing = RenovationStatus.WILLING
    after = (now, willing) if held_by_projects else (willing, None)
    _keep(unit, estate_id, (now, own), after, EstateAct.FAIL_GATE, "", waits_for=("", why))
    return True


def _keep(
    unit: ActingUnit,
    estate_id: int,
    before: tuple[RenovationStatus, RenovationStatus | None],
    after: tuple[RenovationStatus, RenovationStatus | None],
    act: EstateAct,
    where: str,
    **fields: tuple[str, str],
) -> None:
    if before == after:
        return
    estates.set_progress(unit.connection, estate_id, *after)
    if before[0] is not after[0]:
        fields = {"status": (before[0].value, after[0].value), "through": ("", to_json([act.value, where])), **fields}
    if fields:
        estates.add_change(unit.connection, estate_id, at=unit.at, login=unit.actor.login, fields=fields)
