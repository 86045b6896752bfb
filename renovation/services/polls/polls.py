"""Make, open and close polls; who may when stands in the poll's timetable. Sealing is in ``publishing``."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from renovation.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, now, today
from renovation.model.elections import Ballot
from renovation.model.hours import kept_hours
from renovation.model.lives import ProjectAct
from renovation.model.names import is_blank
from renovation.model.polls import (
    Channel,
    Poll,
    PollAct,
    PollProject,
    PollSettings,
    PollStage,
    StoredBallot,
    Turnout,
    Venue,
    instance_digest,
)
from renovation.model.projects import Occasion
from renovation.rules.allocation.registry import check
from renovation.rules.polls.instances import instance_of, settings_of
from renovation.rules.polls.ready import check_ready
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.polls.ballot import TAKEN, changes_of, entries_for
from renovation.services.polls.venues import venue_name_of
from renovation.services.polls.wishes import note_survey
from renovation.services.projects.lives import move_all
from renovation.services.staff.second_person import require_second, second_login
from renovation.store import Connection, Store
from renovation.store.polls import ballot_groups, codes, drafts, forgetting, polls, sealing, slips, stations
from renovation.text.rules import category_label


def create_poll(
    store: Store,
    actor: Actor,
    settings: PollSettings,
    estate_id: int | None = None,
    project_ids: Sequence[int] = (),
    *,
    survey_id: int | None = None,
    synthetic: bool = False,
) -> Poll:
    """Create a draft with projects in this order, numbered from 1; one of a survey's wishes and it name each other.

    Raises
    ------
    InvalidError
        The rule's settings contradict themselves or the projects (``rules.…``).
    NotFoundError
        The estate or a project is unknown, or lies outside what the actor sees.
    DeniedError
        ``account.whole_town``: without estate and projects it belongs to the whole town.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        if estate_id is not None:
            unit.estate(estate_id)
        elif not project_ids:
            unit.require_whole_town()
        poll_id = polls.add(unit.connection, settings, at=unit.at, estate_id=estate_id, synthetic=synthetic)
        polls.set_projects(unit.connection, poll_id, entries_for(unit, settings, project_ids))
        note_survey(unit, survey_id, poll_id, len(project_ids))
        unit.log("poll.create", "poll", poll_id, title=settings.title, projects=len(project_ids))
        made = unit.poll(poll_id)
        check_rule(made)
        unit.commit()
    return made


def edit_poll(
    store: Store, actor: Actor, poll_id: str, settings: PollSettings, *, version: int, estate_id: int | None = None
) -> Poll:
    """Change a draft's settings; ``version`` is what the person saw.

    Raises
    ------
    StageError, ConflictError
        Voting has begun, or somebody else has changed the draft meanwhile.
    InvalidError
        The rule's settings contradict themselves or what stands on the ballot (``rules.…``).
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        held = unit.poll(poll_id, PollAct.EDIT)
        check_rule(replace(held, settings=settings))
        place = held.estate_id if estate_id is None else unit.estate(estate_id).id
        polls.change(unit.connection, poll_id, version, settings, place)
        unit.log("poll.edit", "poll", poll_id, title=settings.title)
        changed = unit.poll(poll_id)
        unit.commit()
    return changed


def add_venue(store: Store, actor: Actor, poll_id: str, name: str, hours: str = "") -> Venue:
    """Add a place where people vote.

    Raises
    ------
    InvalidError
        ``poll.venue_name``; ``hours.unread`` and the like.
    """
    name = venue_name_of(name)
    with acting(store, actor, Action.EDIT_POLL) as unit:
        unit.poll(poll_id, PollAct.ADD_VENUE)
        made = polls.add_venue(unit.connection, poll_id, name, kept_hours(hours, year=day_of(unit.at).year))
        unit.log("poll.add_venue", "poll", poll_id, venue=name)
        unit.commit()
    return made


def venues(store: Store, actor: Actor, poll_id: str) -> tuple[Venue, ...]:
    """Return a poll's venues."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        found = polls.venues(door.connection, door.public_poll(poll_id).id)
    return found if door.is_staff else tuple(venue.for_everybody for venue in found)


def check_rule(poll: Poll) -> None:
    """Refuse a rule whose settings contradict themselves or what stands on the ballot.

    Raises
    ------
    InvalidError
        The contradiction by its name (``rules.…``).
    """
    try:
        check(poll.settings.rule, instance_of(poll), settings_of(poll))
    except InvalidError as error:
        named = {
            name: category_label(value, poll.settings.language)
            for name, value in error.fields.items()
            if name in ("pot", "category", "name") and isinstance(value, str)
        }
        raise InvalidError(error.code, **(error.fields | named)) from None


def open_poll(
    store: Store,
    actor: Actor,
    poll_id: str,
    *,
    denominator: int | None = None,
    second: Actor | None = None,
    reason: str = "",
) -> Poll:
    """Begin voting: freeze projects, order, budget, rule and the number of those entitled.

    Parameters
    ----------
    denominator
        Households (or adults) entitled; without it what the draft says, else the households in the estate's file.
    second
        The second person who stands for it, where the settings ask for one.
    reason
        Why it is opened although something speaks against it (:func:`opening_doubts`); it then takes two people in
        any case.

    Raises
    ------
    InvalidError
        What :func:`~renovation.rules.polls.ready.check_ready` or :func:`check_rule` refuses.
    ConflictError
        ``poll.project_not_free``: a project is on another open ballot, decided, under way or withdrawn;
        ``poll.project_changed``: it has another name or cost than when it was put on the ballot;
        ``poll.hours_over`` where no reason is given.
    DeniedError
        ``poll.second_person``.
    UnavailableError
        ``poll.clock``: this computer's clock stands before the day the poll was made.
    """
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.OPEN)
        _refuse_clock(held, unit.at)
        doubts = _passed(unit.connection, held, unit.at)
        if doubts and is_blank(reason):
            raise doubts[0]
        require_second(unit, second, poll=held, needed=bool(doubts) or None)
        check_ready(held)
        check_rule(held)
        changes = changes_of(unit.connection, held)
        if taken := [one for one in changes if one.leaves in TAKEN]:
            raise ConflictError("poll.project_not_free", project=taken[0].entry.name)
        if changes:
            raise ConflictError("poll.project_changed", name=changes[0].entry.name)
        entitled = denominator or held.settings.denominator
        if entitled is None and held.estate_id is not None:
            entitled = polls.households_of(unit.connection, held.estate_id)
        settings = replace(held.settings, denominator=entitled)
        frozen = replace(held, settings=settings)
        digest = instance_digest(frozen)
        polls.change(unit.connection, poll_id, held.version, settings, held.estate_id)
        polls.move_on(unit.connection, poll_id, held.stage, PollStage.OPEN, opened_at=unit.at, digest=digest)
        moved = move_all(
            unit,
            [entry.project_id for entry in held.projects],
            ProjectAct.OPEN_POLL,
            occasion=Occasion(where=held.title, ref=f"poll:{poll_id}"),
        )
        unit.log(
            "poll.open",
            "poll",
            poll_id,
            title=held.title,
            digest=digest,
            entitled=entitled,
            projects=len(moved),
            doubts=[doubt.code for doubt in doubts],
            reason=reason.strip()[:200] if doubts else "",
            second=second_login(second),
        )
        opened = unit.poll(poll_id)
        unit.commit()
    return opened


def opening_doubts(store: Store, actor: Actor, poll_id: str) -> tuple[ConflictError, ...]:
    """Return what speaks against opening a poll now, each with its figure."""
    with reading(store, actor, Action.OPEN_CLOSE_POLL) as door:
        return _passed(door.connection, door.poll(poll_id, PollAct.OPEN), now())


def _last_open(connection: Connection, held: Poll) -> datetime | None:
    """Return when the last venue closes; nothing where no hours are announced."""
    ends = [one.ends_at for place in (None, *polls.venues(connection, held.id)) for one in held.open_at(place)]
    return max(ends, default=None)


def _passed(connection: Connection, held: Poll, at: datetime) -> tuple[ConflictError, ...]:
    ends = _last_open(connection, held)
    return (ConflictError("poll.hours_over", title=held.title, ends=ends),) if ends and ends <= at else ()


def last_call(store: Store, actor: Actor, poll_id: str) -> Poll:
    """Let nobody begin a ballot any more; whoever has begun has three minutes, and what they cast counts.

    Raises
    ------
    ConflictError
        ``poll.last_called``.
    """
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.CLOSE)
        if held.grace_ends is not None:
            raise ConflictError("poll.last_called", title=held.title)
        polls.replace_meta(unit.connection, poll_id, held.version, held.after_last_call(unit.at))
        voting = stations.under_way_in(unit.connection, poll_id, unit.at)
        unit.log("poll.last_call", "poll", poll_id, title=held.title, under_way=voting)
        called = unit.poll(poll_id)
        unit.commit()
    return called


def closing_doubts(store: Store, actor: Actor, poll_id: str) -> tuple[ConflictError, ...]:
    """Return what speaks against closing a poll now, each with its figure."""
    with reading(store, actor, Action.OPEN_CLOSE_POLL) as door:
        return _doubts(door.connection, door.poll(poll_id, PollAct.CLOSE), now())


def _doubts(connection: Connection, held: Poll, at: datetime) -> tuple[ConflictError, ...]:
    doubts = []
    voting, ends = stations.under_way_in(connection, held.id, at), held.grace_ends
    if voting and (ends is None or at < ends):
        doubts.append(ConflictError("poll.under_way", count=voting, title=held.title))
    on_paper = sum(one.paper for one in codes.batches(connection, held.id))
    if not on_paper and not polls.turnout(connection, held).ballots:
        doubts.append(ConflictError("poll.nobody_voted", title=held.title))
    if (last := _last_open(connection, held)) and at < last:
        doubts.append(ConflictError("poll.hours_left", title=held.title, ends=last))
    return tuple(doubts)


def _refuse_clock(held: Poll, at: datetime) -> None:
    """Refuse to end or begin by a clock that stands before what has happened already."""
    before = held.opened_at or held.created_at
    if before is not None and at < before:
        raise UnavailableError("poll.clock", day=day_of(at), before=day_of(before))


def close_poll(store: Store, actor: Actor, poll_id: str, *, second: Actor | None = None, reason: str = "") -> Poll:
    """End voting for good; order, days and channels of votes leave the store, and paper may still be keyed.

    Parameters
    ----------
    reason
        Why it is closed although something speaks against it (:func:`closing_doubts`); it then takes two people in
        any case.

    Raises
    ------
    ConflictError
        ``poll.kit_out``; ``poll.under_way``, ``poll.nobody_voted`` or ``poll.hours_left`` where no reason is given.
    UnavailableError
        ``poll.clock``: by this computer's clock the poll is not open yet.
    """
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.CLOSE)
        _refuse_clock(held, unit.at)
        out = [place.name for place in polls.venues(unit.connection, poll_id) if place.kit]
        if out:
            raise ConflictError("poll.kit_out", venue=out[0])
        doubts = _doubts(unit.connection, held, unit.at)
        if doubts and is_blank(reason):
            raise doubts[0]
        require_second(unit, second, poll=held, needed=bool(doubts) or None)
        polls.move_on(unit.connection, poll_id, held.stage, PollStage.CLOSED, closed_at=unit.at)
        counted = polls.turnout(unit.connection, held).ballots
        unit.log(
            "poll.close",
            "poll",
            poll_id,
            title=held.title,
            ballots=counted,
            doubts=[doubt.code for doubt in doubts],
            reason=reason.strip()[:200] if doubts else "",
            second=second_login(second),
        )
        unit.commit()
    forget_order(store, get_poll(store, actor, poll_id))
    return get_poll(store, actor, poll_id)


def forget_order(store: Store, held: Poll) -> None:
    """Take the order of votes, and what they tell of day, venue and channel, out of the store once no more can come."""
    # A transaction of its own: a vote under way holds its code and waits for the poll's row, which closing holds.
    with store.write() as unit:
        if "kit" not in held.meta and "ledger_root" not in held.meta:
            # A venue's box brings the counts to the office; what is closed for good forgets paper too.
            forgetting.forget(unit.connection, held.id, paper=held.stage is not PollStage.CLOSED)
        slips.wipe(unit.connection, held.id)
        drafts.drop_all(unit.connection, held.id)
        stations.forget_under_way(unit.connection, held.id)
        sealing.rewrite(unit.connection, held.id)
        unit.commit()
    squeeze(store, held.id)


def squeeze(store: Store, poll_id: str) -> None:
    """Drop old row versions, and note whether all of it could be done."""
    done = sealing.squeeze(store)
    with store.write() as unit:
        polls.put_meta(unit.connection, poll_id, squeezed="yes" if done else "no")
        unit.commit()


def seal_again(store: Store, actor: Actor, poll_id: str) -> Poll:
    """Take the order of votes out of the store once more, where that could not be finished (``meta["squeezed"]``)."""
    with reading(store, actor, Action.OPEN_CLOSE_POLL) as door:
        door.poll(poll_id, PollAct.SEAL_AGAIN)
    forget_order(store, get_poll(store, actor, poll_id))
    return get_poll(store, actor, poll_id)


def get_poll(store: Store, actor: Actor | None, poll_id: str) -> Poll:
    """Return a poll; a draft is for staff alone, and until it is published for those who see its part of town.

    Who is not staff gets it without kits, notes of the sealing and digests that are not published yet.

    Raises
    ------
    NotFoundError
        ``poll.unknown``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return door.as_told(door.public_poll(poll_id))


def list_polls(
    store: Store,
    actor: Actor | None,
    *,
    stages: Iterable[PollStage] | None = None,
    with_published: bool = True,
) -> tuple[Poll, ...]:
    """Return polls, newest first; drafts for staff alone, and those not published for who sees their part of town.

    Parameters
    ----------
    with_published
        Published ones of other parts of town too, which everybody may read and nobody from here works on.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return tuple(map(door.as_told, door.polls(stages=stages, with_published=with_published)))


def turnout(store: Store, actor: Actor | None, poll_id: str) -> Turnout:
    """Count the ballots by channel; never what was chosen. For staff, and for everybody once published."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return polls.turnout(door.connection, door.public_poll(poll_id, PollAct.SEE_TURNOUT))


def ballots(store: Store, actor: Actor, poll_id: str) -> tuple[StoredBallot, ...]:
    """Return the ledger of a poll once voting has ended.

    Raises
    ------
    StageError, DeniedError
        Voting goes on, or the role may not see results.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        return polls.ballots(door.connection, door.public_poll(poll_id, PollAct.SEE_TALLY).id)


def add_imported_poll(
    store: Store,
    actor: Actor,
    settings: PollSettings,
    projects: Sequence[PollProject],
    ballots: Iterable[Ballot],
    *,
    source: str = "",
    meta: dict[str, str] | None = None,
    estate_id: int | None = None,
    synthetic: bool = False,
    groups: Mapping[str, Mapping[str, tuple[Ballot, ...]]] | None = None,
) -> Poll:
    """Take a whole election from elsewhere: a closed poll whose ballots came by import.

    Parameters
    ----------
    groups
        The same ballots by what the file tells of voters (attribute, then group).

    Raises
    ------
    InvalidError
        ``poll.project_twice`` or ``ballot.unknown_project``; nothing is kept.
    NotFoundError, DeniedError
        As for :func:`create_poll`; ``poll.project_unknown``.
    """
    known = {entry.key for entry in projects}
    if len(known) != len(projects):
        raise InvalidError("poll.project_twice")
    with acting(store, actor, Action.EDIT_POLL) as unit:
        stored = {entry.project_id for entry in projects if entry.project_id is not None}
        if missing := stored - unit.projects_in_sight(stored):
            raise NotFoundError("poll.project_unknown", project=min(missing))
        if estate_id is not None:
            unit.estate(estate_id)
        elif not stored:
            unit.require_whole_town()
        poll_id = polls.new_id()
        draft = Poll(id=poll_id, settings=settings, stage=PollStage.CLOSED, projects=tuple(projects))
        polls.add(
            unit.connection,
            settings,
            at=unit.at,
            estate_id=estate_id,
            stage=PollStage.CLOSED,
            poll_id=poll_id,
            opened_at=unit.at,
            closed_at=unit.at,
            digest=instance_digest(draft),
            source=source[:200],
            synthetic=synthetic,
            meta=meta,
        )
        polls.set_projects(unit.connection, poll_id, projects)
        taken = _imported(ballots, poll_id, known)
        polls.add_ballots(unit.connection, taken)
        ballot_groups.add(unit.connection, poll_id, groups or {})
        unit.log("poll.import", "poll", poll_id, title=settings.title, ballots=len(taken), source=source[:200])
        made = unit.poll(poll_id)
        unit.commit()
    return made


def _imported(ballots: Iterable[Ballot], poll_id: str, known: set[str]) -> list[StoredBallot]:
    day = today()
    taken = []
    for ballot in ballots:
        if not known.issuperset(ballot.choices):
            unknown = next(key for key in ballot.choices if key not in known)
            raise InvalidError("ballot.unknown_project", project=unknown[:40])
        points = tuple(
            value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value
            for value in ballot.points
        )
        taken.append(
            StoredBallot(
                id=secrets.token_hex(16),
                poll_id=poll_id,
                channel=Channel.IMPORTED,
                day=day,
                choices=ballot.choices,
                points=points,
                weight=ballot.weight,
            )
        )
    return taken
