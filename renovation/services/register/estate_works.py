"""Works an estate has seen before, and the money they took; its history keeps each line added and removed."""

from __future__ import annotations

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import to_json
from renovation.model.clock import day_of
from renovation.model.places import EstateWork, EstateWorkDraft
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.register import estate_works, estates


def add_estate_work(store: Store, actor: Actor | None, draft: EstateWorkDraft) -> EstateWork:
    """Write works into an estate's file and its history.

    Raises
    ------
    InvalidError
        ``estate_work.future``: works that are not finished yet are projects.
    NotFoundError
        ``estate.not_found``, also when it lies outside what the actor may see.
    """
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        unit.estate(draft.estate_id)
        this_year = day_of(unit.at).year
        if draft.year > this_year:
            raise InvalidError("estate_work.future", value=draft.year, year=this_year)
        work = estate_works.add(unit.connection, draft, at=unit.at, login=unit.actor.login)
        estates.add_change(
            unit.connection,
            draft.estate_id,
            at=unit.at,
            login=unit.actor.login,
            fields={"estate_works": ("", _kept(work))},
        )
        unit.log("estate.add_work", "estate", draft.estate_id, work=work.id, year=draft.year, cost=draft.cost)
        unit.commit()
    return work


def estate_works_of(store: Store, actor: Actor | None, estate_id: int) -> tuple[EstateWork, ...]:
    """Return an estate's works, newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        door.estate(estate_id)
        return estate_works.of(door.connection, estate_id)


def remove_estate_work(store: Store, actor: Actor | None, work_id: int) -> None:
    """Take a line out of an estate's file; its history keeps it.

    Raises
    ------
    NotFoundError
        ``estate_work.not_found``, also when its estate lies outside what the actor may see.
    """
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        work = unit.estate_work(work_id)
        estate_id = work.draft.estate_id
        estate_works.remove(unit.connection, work_id)
        estates.add_change(
            unit.connection,
            estate_id,
            at=unit.at,
            login=unit.actor.login,
            fields={"estate_works": (_kept(work), "")},
        )
        unit.log("estate.remove_work", "estate", estate_id, work=work_id)
        unit.commit()


def _kept(work: EstateWork) -> str:
    # What the history holds says nothing in any language: year, what, cost in fen.
    return to_json([work.draft.year, work.draft.what, work.draft.cost])
