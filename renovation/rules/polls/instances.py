"""A poll as the rules of allocation see it: its instance, its ballots, its settings with the committee's decisions."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from renovation.model.elections import Allocation, Ballot, Candidate, Instance
from renovation.model.polls import AREA, FILE_META, FULL_COST, Poll, StoredBallot
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Settings, settings_from


def instance_of(poll: Poll) -> Instance:
    """Return what stands on a poll's ballot as an instance (costs in fen, or hundredths of an imported currency)."""
    meta = {key.removeprefix(FILE_META): value for key, value in poll.meta.items() if key.startswith(FILE_META)}
    least = meta.pop("min_length", "")
    return Instance(
        projects=tuple(
            Candidate(
                id=project.key,
                name=project.name,
                cost=project.cost,
                number=0 if poll.source else project.number,
                categories=tuple(part for part in project.category.split(",") if part),
                mandatory=project.mandatory,
                lon=project.lon,
                lat=project.lat,
                area=project.area,
                full_cost=project.full_cost if project.full_cost > project.cost else None,
                extra={name: value for name, value in project.extra.items() if name not in (AREA, FULL_COST)},
            )
            for project in poll.projects
        ),
        budget=poll.settings.budget,
        ballot_kind=poll.settings.ballot_kind,
        max_choices=poll.settings.max_choices,
        min_choices=int(least) if least else None,
        max_points=poll.settings.max_points,
        currency=meta.pop("currency", "CNY"),
        scale=100,
        meta=meta,
    )


def settings_of(poll: Poll) -> Settings:
    """Return the rule's settings as the poll announced them, with what was decided since: ties, impossible projects.

    Raises
    ------
    InvalidError
        ``rules.unknown_setting`` or ``rules.bad_setting``.
    """
    announced = {"tie_break": poll.settings.tie_break, **poll.settings.rule_settings}
    decided = {
        "committee_orders": [list(decision.order) for decision in poll.tie_decisions],
        "impossible": {key: found.reason for key, found in poll.impossible.items()},
    }
    return settings_from(announced | {name: value for name, value in decided.items() if value})


def ballots_of(stored: Iterable[StoredBallot]) -> tuple[Ballot, ...]:
    """Return the ledger's ballots as the rules count them."""
    return tuple(
        Ballot(ballot.choices, tuple(Fraction(value) for value in ballot.points), ballot.weight) for ballot in stored
    )


def decide(poll: Poll, stored: Iterable[StoredBallot]) -> Allocation:
    """Apply the announced rule to the ledger.

    Raises
    ------
    ConflictError
        ``rules.tie_undecided``: a tie that matters is left to the committee.
    """
    instance = instance_of(poll)
    counted = ballots_of(ballot for ballot in stored if not ballot.test)
    return allocate(poll.settings.rule, instance, profile_from_ballots(instance, counted), settings_of(poll))
