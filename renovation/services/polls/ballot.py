"""What stands on a draft's ballot: which projects, under which terms, and what of it is no longer so."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.items import ItemClass
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.menus import BallotChange, Leaving
from renovation.model.polls import Poll, PollAct, PollProject, PollSettings, ProjectTerms
from renovation.model.projects import ProjectStatus
from renovation.rules.polls.terms import check_share, terms_of, under
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.store import Connection, Store
from renovation.store.polls import polls
from renovation.text import text

#: Projects in these states may be put on a ballot.
_FREE = PROJECT_LIFE.before(ProjectAct.OPEN_POLL)
#: Why those in other states have to leave one.
_LEAVES = {
    ProjectStatus.IN_POLL: Leaving.OTHER_POLL,
    ProjectStatus.CHOSEN: Leaving.CHOSEN,
    ProjectStatus.IN_PROGRAMME: Leaving.IN_PROGRAMME,
    ProjectStatus.IN_WORKS: Leaving.IN_WORKS,
    ProjectStatus.DONE: Leaving.DONE,
    ProjectStatus.WITHDRAWN: Leaving.WITHDRAWN,
}
TAKEN = frozenset(_LEAVES.values())
_MOST_PROJECTS = 200


def entries_for(
    door: Door, settings: PollSettings, project_ids: Sequence[int], already: Container[int | None] = ()
) -> tuple[PollProject, ...]:
    """Return projects as they stand on a ballot, numbered from 1. For services inside a transaction.

    Raises
    ------
    InvalidError
        ``poll.project_twice``, ``poll.too_many_projects``.
    NotFoundError
        ``poll.project_unknown``: unknown, or out of sight.
    ConflictError
        ``poll.project_not_free``.
    """
    if len(set(project_ids)) != len(project_ids):
        raise InvalidError("poll.project_twice")
    if len(project_ids) > _MOST_PROJECTS:
        raise InvalidError("poll.too_many_projects", limit=_MOST_PROJECTS)
    if missing := set(project_ids) - door.projects_in_sight(project_ids):
        raise NotFoundError("poll.project_unknown", project=min(missing))
    found = polls.projects_of(door.connection, project_ids)
    entries = []
    for number, row in enumerate(found, 1):
        # One that stood here before it was taken elsewhere must not stand in the way of mending the ballot.
        if row["status"] not in _FREE and row["id"] not in already:
            raise ConflictError("poll.project_not_free", project=row["name"])
        why = row["why"]
        if not why and row["demands"]:
            why = text("poll.why_demands", settings.language, count=row["demands"])
        entries.append(
            PollProject(
                number=number,
                key=row["code"],
                name=row["name"],
                cost=row["cost"],
                project_id=row["id"],
                description=row["description"],
                why=why,
                category=str(row["content"].get("item_class", "")),
                lon=row["lon"],
                lat=row["lat"],
            )
        )
    return tuple(entries)


def set_projects(store: Store, actor: Actor, poll_id: str, project_ids: Sequence[int]) -> Poll:
    """Put exactly these projects on a draft's ballot, in this order, numbered from 1."""
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        changed = _put(unit, held, project_ids)
        unit.commit()
    return changed


def _put(unit: ActingUnit, held: Poll, project_ids: Sequence[int]) -> Poll:
    terms = {entry.key: terms_of(entry) for entry in held.projects}
    chosen = tuple(
        under(entry, terms[entry.key]) if entry.key in terms else entry
        for entry in entries_for(unit, held.settings, project_ids, [one.project_id for one in held.projects])
    )
    polls.set_projects(unit.connection, held.id, chosen)
    unit.log("poll.set_projects", "poll", held.id, projects=[entry.key for entry in chosen])
    return unit.poll(held.id)


def refresh_projects(store: Store, actor: Actor, poll_id: str) -> Poll:
    """Bring a draft's ballot up to date: names, costs and descriptions anew, and off it what cannot stand there.

    Each project that leaves stands in the log with its reason. A ballot with nothing left to vote on takes what is
    free in the poll's estate and within the budget.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        leaving = {one.entry.key: one for one in changes_of(unit.connection, held) if one.leaves is not None}
        for one in leaving.values():
            unit.log("poll.drop_project", "poll", poll_id, name=one.entry.name, leaves=one.leaves, where=one.where)
        staying = [entry for entry in held.projects if entry.key not in leaving]
        ids = [entry.project_id for entry in staying if entry.project_id is not None]
        if not any(not entry.mandatory for entry in staying):
            ids += [one for one in _votable(unit.connection, held) if one not in ids]
        changed = _put(unit, held, ids)
        unit.commit()
    return changed


def _votable(connection: Connection, held: Poll) -> list[int]:
    """Return the free projects of a poll's estate that may be voted on and that its budget can pay."""
    rows = [] if held.estate_id is None else polls.projects_in(connection, held.estate_id)
    return [
        row["id"]
        for row in rows
        if row["status"] in _FREE
        and row["cost"] <= held.free_budget
        and (held.settings.votes_basic or row["content"].get("item_class") != ItemClass.BASIC)
    ][:_MOST_PROJECTS]


def ballot_changes(store: Store, actor: Actor, poll_id: str) -> tuple[BallotChange, ...]:
    """Return what stands on a draft's ballot otherwise than its project is now: what has to leave and why first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = changes_of(door.connection, door.poll(poll_id))
    return tuple(sorted(found, key=lambda one: one.leaves is None))


def changes_of(connection: Connection, held: Poll) -> list[BallotChange]:
    """Return what stands on a ballot otherwise than its project is now. For services inside a transaction."""
    ids = [entry.project_id for entry in held.projects if entry.project_id is not None]
    current = {row["id"]: row for row in polls.projects_of(connection, ids)}
    elsewhere = polls.titles_holding(connection, ids)
    found = []
    for entry in held.projects:
        row = current.get(entry.project_id or 0)
        if row is None:
            continue
        leaves = _leaving(held, entry, row)
        if leaves is not None or (row["name"], row["cost"]) != (entry.name, entry.full_cost):
            where = elsewhere.get(row["id"], "") if leaves is Leaving.OTHER_POLL else ""
            found.append(BallotChange(entry=entry, leaves=leaves, name=row["name"], cost=row["cost"], where=where))
    return found


def _leaving(held: Poll, entry: PollProject, row: Mapping[str, Any]) -> Leaving | None:
    if row["status"] not in _FREE:
        return _LEAVES[ProjectStatus(row["status"])]
    if entry.category == ItemClass.BASIC and not (entry.mandatory or held.settings.votes_basic):
        return Leaving.BASIC
    # A public share is the planner's word on what the budget pays; only a price that nobody shared can be too high.
    priced_anew = row["cost"] != entry.full_cost and entry.cost == entry.full_cost
    if priced_anew and not entry.mandatory and row["cost"] > held.free_budget:
        return Leaving.OVER_BUDGET
    return None


def set_terms(
    store: Store, actor: Actor, poll_id: str, terms: Mapping[str, ProjectTerms], *, order: Sequence[str] = ()
) -> Poll:
    """Put the projects of a draft under terms, by their keys; those not named keep theirs.

    Parameters
    ----------
    order
        Keys in the order in which the ballot is to name them; what is not named comes after, as it stood.

    Raises
    ------
    StageError
        Voting has begun.
    InvalidError
        ``poll.public_share``: a share is not above 0, or above what the project costs; ``ballot.unknown_project``.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        for entry in held.projects:
            check_share(entry, terms[entry.key].cost if entry.key in terms else None)
        changed = [under(entry, terms[entry.key]) if entry.key in terms else entry for entry in held.projects]
        keys = {entry.key for entry in held.projects}
        if unknown := [key for key in (*terms, *order) if key not in keys]:
            raise InvalidError("ballot.unknown_project", project=str(unknown[0])[:40])
        if order:
            place = {key: at for at, key in enumerate(order)}
            changed.sort(key=lambda entry: place.get(entry.key, len(place)))
            changed = [replace(entry, number=number) for number, entry in enumerate(changed, 1)]
        polls.set_projects(unit.connection, poll_id, changed)
        unit.log("poll.set_terms", "poll", poll_id, projects=sorted(terms), order=list(order))
        after = unit.poll(poll_id)
        unit.commit()
    return after
