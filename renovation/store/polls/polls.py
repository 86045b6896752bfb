"""Polls, what stands on their ballots, venues, the ledger's contents, and declared allocations."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.model.elections import BallotKind
from renovation.model.names import name_key
from renovation.model.polls import (
    Channel,
    CodePer,
    Poll,
    PollProject,
    PollSettings,
    PollStage,
    StoredBallot,
    Turnout,
    Venue,
)
from renovation.store.engine import Connection
from renovation.store.polls import forgetting, running
from renovation.store.rows import in_parts, keys_of, read_row, the_row, values_of
from renovation.store.schema.places import estate
from renovation.store.schema.polls import (
    allocation,
    ballot,
    box,
    code_batch,
    paper_batch,
    poll,
    poll_project,
    publication,
    venue,
    vote_count,
)
from renovation.store.schema.projects import item, project, project_demand
from renovation.store.schema.stations import station

_ADD_BALLOT = ballot.insert()
_SETTINGS = tuple(PollSettings.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAllocation:
    """A rule's outcome as it was kept, with the digest of what it rests on."""

    id: int
    poll_id: str
    rule: str
    settings: Mapping[str, Any]
    rules_version: str
    outcome: Mapping[str, Any]
    digest: str
    declared: bool
    created_at: datetime
    login: str


def new_id() -> str:
    """Draw the id of a poll."""
    return secrets.token_hex(8)


def _settings_row(settings: PollSettings) -> dict[str, Any]:
    row = {name: getattr(settings, name) for name in _SETTINGS}
    row["rule_settings"] = dict(settings.rule_settings)
    return row


def add(
    connection: Connection,
    settings: PollSettings,
    *,
    at: datetime,
    estate_id: int | None = None,
    stage: PollStage = PollStage.DRAFT,
    poll_id: str = "",
    opened_at: datetime | None = None,
    closed_at: datetime | None = None,
    digest: str = "",
    source: str = "",
    synthetic: bool = False,
    meta: Mapping[str, str] | None = None,
) -> str:
    """Add a poll and return its id."""
    poll_id = poll_id or new_id()
    connection.execute(
        poll.insert().values(
            id=poll_id,
            estate_id=estate_id,
            stage=stage.value,
            created_at=at,
            opened_at=opened_at,
            closed_at=closed_at,
            digest=digest,
            source=source,
            synthetic=synthetic,
            meta=dict(meta or {}),
            **_settings_row(settings),
        )
    )
    running.added(connection, poll, poll.c.id == poll_id)
    return poll_id


def change(connection: Connection, poll_id: str, version: int, settings: PollSettings, estate_id: int | None) -> None:
    """Replace a draft's settings.

    Raises
    ------
    ConflictError
        ``poll.changed_meanwhile``.
    """
    which = (poll.c.id == poll_id, poll.c.version == version, poll.c.stage == PollStage.DRAFT.value)
    _update(connection, which, version=version + 1, estate_id=estate_id, **_settings_row(settings))


def _update(connection: Connection, which: Sequence[sa.ColumnElement[bool]], **values: Any) -> None:
    with running.changing(connection, poll, *which):
        if connection.execute(poll.update().where(*which).values(**values)).rowcount == 0:
            raise ConflictError("poll.changed_meanwhile")


def set_projects(connection: Connection, poll_id: str, projects: Iterable[PollProject]) -> None:
    """Replace what stands on the ballot."""
    rows = [
        {name: getattr(entry, name) for name in PollProject.__slots__}
        | {"poll_id": poll_id, "extra": dict(entry.extra)}
        for entry in projects
    ]
    of_poll = poll_project.c.poll_id == poll_id
    with running.changing(connection, poll_project, of_poll, replacing=True):
        connection.execute(poll_project.delete().where(of_poll))
        if rows:
            connection.execute(poll_project.insert(), rows)


def move_on(connection: Connection, poll_id: str, from_stage: PollStage, to_stage: PollStage, **values: Any) -> None:
    """Take a poll to its next stage.

    Raises
    ------
    ConflictError
        ``poll.changed_meanwhile`` when somebody else was first.
    """
    which = (poll.c.id == poll_id, poll.c.stage == from_stage.value)
    _update(connection, which, stage=to_stage.value, version=poll.c.version + 1, **values)


def put_meta(connection: Connection, poll_id: str, **values: str) -> None:
    """Add entries to what is known about a poll besides its settings."""
    held = connection.execute(sa.select(poll.c.meta).where(poll.c.id == poll_id)).scalar_one()
    if {**held, **values} != held:
        _update(connection, (poll.c.id == poll_id,), meta={**held, **values})


def replace_meta(connection: Connection, poll_id: str, version: int, meta: Mapping[str, str]) -> None:
    """Replace what is known about a poll besides its settings, if it is still as it was read.

    Raises
    ------
    ConflictError
        ``poll.changed_meanwhile``.
    """
    _update(connection, (poll.c.id == poll_id, poll.c.version == version), meta=dict(meta), version=version + 1)


def _poll(row: sa.Row[Any], projects: tuple[PollProject, ...]) -> Poll:
    held = dict(row._mapping)
    settings = {name: held.pop(name) for name in _SETTINGS}
    settings["ballot_kind"] = BallotKind(settings["ballot_kind"])
    settings["code_per"] = CodePer(settings["code_per"])
    held["stage"] = PollStage(held["stage"])
    return Poll(settings=PollSettings(**settings), projects=projects, **held)


def _poll_project(row: sa.Row[Any]) -> PollProject:
    held = dict(row._mapping)
    held.pop("poll_id")
    return PollProject(**held)


def get(connection: Connection, poll_id: str) -> Poll:
    """Return a poll with its ballot.

    Raises
    ------
    NotFoundError
        ``poll.unknown``.
    """
    row = the_row(connection, sa.select(poll).where(poll.c.id == poll_id), "poll.unknown", poll=poll_id[:40])
    rows = connection.execute(
        sa.select(poll_project).where(poll_project.c.poll_id == poll_id).order_by(poll_project.c.number)
    )
    return _poll(row, tuple(_poll_project(entry) for entry in rows))


def listed(
    connection: Connection, *, stages: Iterable[PollStage] | None = None, estate_id: int | None = None
) -> tuple[Poll, ...]:
    """Return polls, newest first, with their ballots."""
    query = sa.select(poll).order_by(poll.c.created_at.desc(), poll.c.id)
    if stages is not None:
        query = query.where(poll.c.stage.in_([stage.value for stage in stages]))
    if estate_id is not None:
        query = query.where(poll.c.estate_id == estate_id)
    rows = connection.execute(query).all()
    projects: dict[str, list[PollProject]] = {row.id: [] for row in rows}
    for entry in connection.execute(
        sa.select(poll_project)
        .where(poll_project.c.poll_id.in_(list(projects)))
        .order_by(poll_project.c.poll_id, poll_project.c.number)
    ):
        projects[entry.poll_id].append(_poll_project(entry))
    return tuple(_poll(row, tuple(projects[row.id])) for row in rows)


def projects_of(connection: Connection, project_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return what a ballot needs to know of projects, in the order asked for; unknown ids are left out."""
    demands = (
        sa.select(sa.func.count()).where(project_demand.c.project_id == project.c.id).scalar_subquery().label("demands")
    )
    rows = connection.execute(
        sa.select(project, item.c.content, demands)
        .join(item, item.c.code == project.c.item_code)
        .where(project.c.id.in_(list(project_ids)))
    )
    found = {row.id: dict(row._mapping) for row in rows}
    return [found[project_id] for project_id in project_ids if project_id in found]


def projects_in(connection: Connection, estate_id: int) -> list[dict[str, Any]]:
    """Return what a ballot needs to know of an estate's projects, the oldest first."""
    ids = connection.execute(sa.select(project.c.id).where(project.c.estate_id == estate_id).order_by(project.c.id))
    return projects_of(connection, list(ids.scalars()))


def titles_holding(connection: Connection, project_ids: Sequence[int]) -> dict[int, str]:
    """Return the title of the poll that holds each of the projects while it is voted on or counted."""
    undecided = [stage.value for stage in (PollStage.OPEN, PollStage.CLOSED, PollStage.RECONCILED)]
    rows = connection.execute(
        sa.select(poll_project.c.project_id, poll.c.title)
        .join(poll, poll.c.id == poll_project.c.poll_id)
        .where(poll_project.c.project_id.in_(list(project_ids)), poll.c.stage.in_(undecided))
    )
    return {row.project_id: row.title for row in rows}


def households_of(connection: Connection, estate_id: int) -> int | None:
    """Return how many households an estate's file says it has."""
    return connection.execute(sa.select(estate.c.households).where(estate.c.id == estate_id)).scalar()


def add_venue(connection: Connection, poll_id: str, name: str, hours: str) -> Venue:
    """Add a venue.

    Raises
    ------
    ConflictError
        ``poll.venue_twice``.
    """
    _refuse_same_name(connection, poll_id, name)
    rooms = {place.room for place in venues(connection, poll_id)}
    further = (f"{name} {turn}" for turn in itertools.count(2))
    room = next(one for one in itertools.chain([name], further) if one not in rooms)
    made = connection.execute(
        venue.insert().values(poll_id=poll_id, name=name, room=room, hours=hours).returning(venue.c.id)
    ).scalar_one()
    running.added(connection, venue, venue.c.id == made)
    return Venue(id=made, poll_id=poll_id, name=name, room=room, hours=hours)


def _refuse_same_name(connection: Connection, poll_id: str, name: str, *, but: int = 0) -> None:
    known = sa.select(venue.c.name).where(
        venue.c.poll_id == poll_id, venue.c.name_key == name_key(name), venue.c.id != but
    )
    if same := connection.execute(known).scalar():
        raise ConflictError("poll.venue_twice", name=same)


def change_venue(connection: Connection, held: Venue, name: str, hours: str) -> Venue:
    """Give a venue another name or other hours; its codes stay good.

    Raises
    ------
    ConflictError
        ``poll.venue_twice``.
    """
    _refuse_same_name(connection, held.poll_id, name, but=held.id)
    with running.changing(connection, venue, venue.c.id == held.id):
        values = {"name": name, "hours": hours}
        connection.execute(venue.update().where(venue.c.id == held.id).values(**values, **keys_of(venue, values)))
    return replace(held, name=name, hours=hours)


def remove_venue(connection: Connection, venue_id: int) -> bool:
    """Take a venue away that nothing hangs on; tell whether there was nothing."""
    tables = (code_batch, paper_batch, ballot, station, box, vote_count)
    if any(connection.execute(sa.select(sa.exists().where(one.c.venue_id == venue_id))).scalar() for one in tables):
        return False
    with running.changing(connection, venue, venue.c.id == venue_id):
        connection.execute(venue.delete().where(venue.c.id == venue_id))
    return True


def venues(connection: Connection, poll_id: str) -> tuple[Venue, ...]:
    """Return a poll's venues in the order they were added."""
    columns = (venue.c[name] for name in Venue.__slots__)
    rows = connection.execute(sa.select(*columns).where(venue.c.poll_id == poll_id).order_by(venue.c.id))
    return tuple(Venue(**row._mapping) for row in rows)


def set_kit(connection: Connection, venue_id: int, before: str, after: str) -> None:
    """Note which kit is out at a venue.

    Raises
    ------
    ConflictError
        ``kit.changed_meanwhile``.
    """
    which = (venue.c.id == venue_id, venue.c.kit == before)
    with running.changing(connection, venue, *which):
        changed = connection.execute(venue.update().where(*which).values(kit=after))
    if changed.rowcount == 0:
        raise ConflictError("kit.changed_meanwhile")


def ballot_row(cast: StoredBallot) -> dict[str, Any]:
    """Return the ledger's row of a ballot."""
    return values_of(ballot, cast) | {
        "id": cast.id,
        "paper_batch_id": cast.batch_id,
        "points": [value if isinstance(value, int) else str(value) for value in cast.points],
        "weight": str(cast.weight),
        "superseded": False,
    }


def any_ballot(connection: Connection, ids: Sequence[str]) -> bool:
    """Tell whether one of these ids is a ballot's already, or stands twice among them."""
    query = sa.select(ballot.c.id)
    found = any(
        connection.execute(query.where(ballot.c.id.in_(part or []))).first() is not None for part in in_parts(ids)
    )
    return found or len(set(ids)) != len(ids)


def add_ballots(connection: Connection, cast: Iterable[StoredBallot]) -> None:
    """Write ballots into the ledger, in the order of their random ids."""
    rows = sorted((ballot_row(one) for one in cast), key=lambda row: row["id"])
    if rows:
        connection.execute(_ADD_BALLOT, rows)
        running.changed(connection, ballot, after=rows)


def ballots(connection: Connection, poll_id: str) -> tuple[StoredBallot, ...]:
    """Return every ballot of a poll that has not been superseded, test ballots included, by random id."""
    rows = connection.execute(
        sa.select(ballot).where(ballot.c.poll_id == poll_id, ballot.c.superseded.is_(False)).order_by(ballot.c.id)
    )
    return tuple(read_row(StoredBallot, row, batch_id=row.paper_batch_id) for row in rows)


def supersede_batch(connection: Connection, paper_batch_id: int) -> int:
    """Take a paper batch's ballots out of the count, keeping them on record; return how many there were."""
    which = (ballot.c.paper_batch_id == paper_batch_id, ballot.c.superseded.is_(False))
    with running.changing(connection, ballot, *which):
        return connection.execute(ballot.update().where(*which).values(superseded=True)).rowcount


def turnout(connection: Connection, held: Poll) -> Turnout:
    """Count ballots by channel; blank ones only once the poll has closed."""
    is_blank = sa.cast(ballot.c.choices, sa.Text) == "[]"
    rows = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((is_blank, 1), else_=0)), 0)).where(
            ballot.c.poll_id == held.id, ballot.c.superseded.is_(False), ballot.c.test.is_(False)
        )
    ).one()
    by_channel: Counter[Channel] = Counter()
    for _venue_id, channel, _day, test, count in ballots_by_place(connection, held.id):
        by_channel[channel] += 0 if test else count
    over = held.stage not in {PollStage.DRAFT, PollStage.OPEN}
    return Turnout(
        ballots=rows[0],
        blank=int(rows[1]) if over else None,
        denominator=held.settings.denominator,
        by_channel=+by_channel,
    )


def ballots_by_place(connection: Connection, poll_id: str) -> list[forgetting.Place]:
    """Return (venue, channel, day, test, count) of the ledger's ballots, those that have forgotten it included."""
    columns = (ballot.c.venue_id, ballot.c.channel, ballot.c.day, ballot.c.test)
    rows = connection.execute(
        sa.select(*columns, sa.func.count())
        .where(ballot.c.poll_id == poll_id, ballot.c.superseded.is_(False), ballot.c.day.is_not(None))
        .group_by(*columns)
    )
    told = [(row[0], Channel(row[1]), row[2], row[3], row[4]) for row in rows]
    return [*told, *forgetting.counts(connection, poll_id, "cast")]


def add_allocation(
    connection: Connection,
    *,
    poll_id: str,
    rule: str,
    settings: Mapping[str, Any],
    rules_version: str,
    outcome: Mapping[str, Any],
    digest: str,
    at: datetime,
    login: str,
) -> None:
    """Declare a rule's outcome; it takes the earlier one's place, which stays on record."""
    connection.execute(allocation.update().where(allocation.c.poll_id == poll_id).values(declared=False))
    connection.execute(
        allocation.insert().values(
            poll_id=poll_id,
            rule=rule,
            settings=dict(settings),
            rules_version=rules_version,
            outcome=dict(outcome),
            digest=digest,
            declared=True,
            created_at=at,
            login=login,
        )
    )


def allocations(connection: Connection, poll_id: str) -> tuple[StoredAllocation, ...]:
    """Return every outcome kept of a poll, oldest first."""
    rows = connection.execute(sa.select(allocation).where(allocation.c.poll_id == poll_id).order_by(allocation.c.id))
    return tuple(StoredAllocation(**row._mapping) for row in rows)


def ledger_size(connection: Connection, poll_id: str) -> int:
    """Count all rows of a poll's ledger, superseded ones too; it only grows, so it tells whether anything changed."""
    return connection.execute(sa.select(sa.func.count()).where(ballot.c.poll_id == poll_id)).scalar_one()


def put_bundle(connection: Connection, poll_id: str, content: bytes, sha256: str) -> None:
    """Keep what is sealed of a poll in the place of an earlier seal; nobody sees it before it is published."""
    connection.execute(publication.delete().where(publication.c.poll_id == poll_id))
    connection.execute(publication.insert().values(poll_id=poll_id, content=content, sha256=sha256, published_at=None))


def publish_bundle(connection: Connection, poll_id: str, *, at: datetime) -> None:
    """Make what was sealed of a poll public."""
    connection.execute(publication.update().where(publication.c.poll_id == poll_id).values(published_at=at))


def bundle(connection: Connection, poll_id: str) -> bytes | None:
    """Return what was sealed of a poll, published or not."""
    return connection.execute(sa.select(publication.c.content).where(publication.c.poll_id == poll_id)).scalar()


def publications(connection: Connection) -> dict[str, tuple[str, datetime]]:
    """Return the checksum of every public bundle, and when it was published, by poll."""
    query = sa.select(publication.c.poll_id, publication.c.sha256, publication.c.published_at).where(
        publication.c.published_at.is_not(None)
    )
    return {row.poll_id: (row.sha256, row.published_at) for row in connection.execute(query)}


def publication_sum(connection: Connection, poll_id: str) -> str | None:
    """Return the checksum of a poll's public bundle; ``None`` where none was published."""
    query = sa.select(publication.c.sha256).where(
        publication.c.poll_id == poll_id, publication.c.published_at.is_not(None)
    )
    return connection.execute(query).scalar()
