"""What came out of a poll: the election as the rules see it, the declared outcome, other rules beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from renovation.model.accounts import Action, Actor
from renovation.model.canonical import digest_of, to_json
from renovation.model.elections import Allocation, Ballot, Instance
from renovation.model.polls import Channel, Poll, PollAct, StoredBallot, Turnout, Venue
from renovation.rules.allocation.registry import allocate as run_rule
from renovation.rules.election.profile import Profile, profile_from_ballots
from renovation.rules.election.settings import Settings, settings_from
from renovation.rules.polls.instances import ballots_of, instance_of, settings_of
from renovation.rules.polls.reconciliation import Count
from renovation.services.doors import reading
from renovation.services.polls.reconciliation import reconciliation_of
from renovation.store import Connection, Store
from renovation.store.polls import ballot_groups
from renovation.store.polls import polls as poll_store

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """A closed poll as the rules see it.

    ``digest`` covers the instance, the multiset of ballots (never their order) and what the committee decided.
    ``channels`` and ``venues`` are the same ballots apart; a ballot knows nothing closer to its voter. ``groups`` are
    those that an imported file told apart, by attribute and name; ``counts`` what each venue and channel brought;
    ``places`` are its venues.
    """

    poll: Poll
    instance: Instance
    profile: Profile
    turnout: Turnout
    digest: str
    channels: Mapping[Channel, Profile]
    venues: Mapping[str, Profile]
    groups: Mapping[str, Mapping[str, Profile]] = field(default_factory=dict)
    counts: tuple[Count, ...] = ()
    places: tuple[Venue, ...] = ()


def _digest(poll: Poll, ballots: Iterable[Ballot]) -> str:
    lines = sorted(to_json(ballot) for ballot in ballots)
    projects = [[p.key, p.cost, p.mandatory, p.category] for p in poll.projects]
    decided = [[decision.order for decision in poll.tie_decisions], sorted(poll.impossible)]
    return digest_of(poll.id, poll.settings.budget, projects, decided, lines)


def election(store: Store, actor: Actor | None, poll_id: str) -> Election:
    """Return a poll with its ballots, once voting has ended.

    Raises
    ------
    DeniedError, StageError, NotFoundError
        The role may not see results, voting goes on, or there is no such poll. A published poll is for everybody.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        held = election_of(door.connection, door.public_poll(poll_id, PollAct.SEE_TALLY))
        return replace(held, poll=door.as_told(held.poll))


def election_of(connection: Connection, poll: Poll) -> Election:
    """Return a poll with its ballots as this transaction sees them."""
    stored = [ballot for ballot in poll_store.ballots(connection, poll.id) if not ballot.test]
    turnout = poll_store.turnout(connection, poll)
    places = poll_store.venues(connection, poll.id)
    names = {venue.id: venue.name for venue in places}
    instance = instance_of(poll)
    ballots = ballots_of(stored)

    def apart(key: Callable[[StoredBallot], _Key | None]) -> Mapping[_Key, Profile]:
        found: dict[_Key, list[Ballot]] = {}
        for kept, ballot in zip(stored, ballots, strict=True):
            if (group := key(kept)) is not None:
                found.setdefault(group, []).append(ballot)
        return {group: profile_from_ballots(instance, held) for group, held in found.items()}

    return Election(
        poll=poll,
        instance=instance,
        profile=profile_from_ballots(instance, ballots),
        turnout=turnout,
        digest=_digest(poll, ballots),
        channels=apart(lambda kept: kept.channel),
        venues=apart(lambda kept: None if kept.venue_id is None else names.get(kept.venue_id)),
        groups={
            attribute: {name: profile_from_ballots(instance, held) for name, held in named.items()}
            for attribute, named in ballot_groups.of_poll(connection, poll.id).items()
        },
        counts=reconciliation_of(connection, poll).counts,
        places=tuple(venue.for_everybody for venue in places),
    )


def ballot_stamp(store: Store, actor: Actor | None, poll_id: str) -> tuple[int, int]:
    """Return what changes whenever the poll or its ledger does; screens keep results as long as it stands.

    Refuses like :func:`election`, so that what is kept is shown to nobody who might not work it out.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(poll_id, PollAct.SEE_TALLY)
        return poll.version, poll_store.ledger_size(door.connection, poll_id)


#: Settings that belong to the announced rule alone; another rule runs without them.
_OF_THE_RULE = frozenset({"utility", "add1", "step", "completion"})


def allocate(held: Election, rule: str | None = None, settings: Settings | None = None) -> Allocation:
    """Apply a rule to an election; without one, the rule and settings the poll announced.

    Another rule keeps what the poll announced of ties, floors and limits.
    """
    rule = rule or held.poll.settings.rule
    return run_rule(rule, held.instance, held.profile, settings or settings_for(held, rule))


def settings_for(held: Election, rule: str) -> Settings:
    """Return the settings a rule runs with on this poll: the announced ones, without those of another rule."""
    announced = settings_of(held.poll)
    if rule == held.poll.settings.rule:
        return announced
    return settings_from({name: value for name, value in announced.as_dict().items() if name not in _OF_THE_RULE})
