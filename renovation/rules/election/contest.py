"""What every rule starts from and ends with: the count, the limits, who takes part, and the finished allocation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from renovation.model.elections import Allocation, BallotKind, Instance, Outcome, Reason, Tie
from renovation.rules import RULES_VERSION
from renovation.rules.election.constraints import Limits, Obstacle, Room, by_score, lay_out
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Settings
from renovation.rules.election.tally import Tally, tally
from renovation.rules.election.ties import TieBreaker


@dataclass(frozen=True, slots=True)
class Contest:
    """An election ready to be decided; projects are named by their place in the instance.

    Attributes
    ----------
    room
        What is free after the mandatory projects.
    entrants
        Projects that take part: neither mandatory nor refused.
    refused
        Projects that do not take part, and why: found impossible, without a vote, below the floor, or without enough
        yeses beside the noes.
    weight
        Weight of all ballots cast.
    """

    instance: Instance
    settings: Settings
    tally: Tally
    limits: Limits
    ties: TieBreaker
    room: Room
    entrants: tuple[int, ...]
    refused: Mapping[int, Reason]
    weight: Fraction

    def id(self, project: int) -> str:
        """Return a project's id."""
        return self.instance.projects[project].id

    def told(self, project: int) -> dict[str, Any]:
        """Return what every reason says of a project: votes, score and cost."""
        return {
            "votes": self.tally.votes[project],
            "score": self.tally.scores[project],
            "cost": self.limits.costs[project],
        }

    def ranking(self) -> list[int]:
        """Return all projects by score, ties in the order of the tie-break."""
        everyone = range(len(self.instance.projects))
        return [p for group in by_score(self.tally.scores, everyone) for p in self.ties.ordered(group)[0]]


def contest(instance: Instance, profile: Profile, settings: Settings) -> Contest:
    """Count, check and lay out an election.

    Raises
    ------
    InvalidError
        The settings contradict themselves or the instance (``rules.…``), or the profile is another instance's.
    """
    count = tally(instance, profile)
    weight = Fraction(profile.weight, profile.weight_scale)
    limits = lay_out(instance, settings, weight=weight)
    room = Room(limits)
    for project in limits.mandatory:
        room.take(project)
    voted = settings.more_than if instance.ballot_kind is BallotKind.YES_NO else None
    refused = {
        index: reason
        for index in range(len(instance.projects))
        if index not in limits.mandatory and (reason := _refusal(limits, count, index, voted)) is not None
    }
    return Contest(
        instance=instance,
        settings=settings,
        tally=count,
        limits=limits,
        ties=TieBreaker(instance, settings, count.votes),
        room=room,
        entrants=tuple(
            index for index in range(len(instance.projects)) if index not in limits.mandatory and index not in refused
        ),
        refused=refused,
        weight=weight,
    )


def _refusal(limits: Limits, count: Tally, project: int, yes_share: Fraction | None) -> Reason | None:
    score = count.scores[project]
    fields = {"votes": count.votes[project], "score": score, "cost": limits.costs[project]}
    if project in limits.impossible:
        return Reason("impossible", fields | {"why": limits.impossible[project]})
    if score < limits.least_score:
        return Reason("below_floor", fields | {"floor": plain(limits.least_score)})
    against = count.against[project]
    if yes_share is not None and against and score <= yes_share * (score + against):
        return Reason("voted_down", fields | {"against": against, "yes_share": plain(yes_share)})
    return Reason("no_vote", fields) if limits.needs_vote and not score else None


def obstacle_reason(held: Contest, project: int, obstacle: Obstacle, **more: object) -> Reason:
    """Turn an obstacle into a reason; ``more`` is what the rule knows besides."""
    cost = held.limits.costs[project]
    fields: dict[str, object] = {"score": held.tally.scores[project], "cost": cost, **more}
    if obstacle.kind == "excluded":
        fields["by"] = held.id(obstacle.what)
    elif obstacle.kind == "area_cap":
        fields |= {"area": obstacle.what, "cap": obstacle.left}
    else:
        fields |= {"left": obstacle.left, "short": cost - obstacle.left}
        if obstacle.kind == "category_budget":
            fields["category"] = obstacle.what
        elif obstacle.kind == "area_budget":
            fields["area"] = obstacle.what
    return Reason(obstacle.kind, fields)


def finish(
    held: Contest,
    *,
    rule: str,
    winners: Sequence[int],
    reasons: Mapping[int, Reason],
    ties: Sequence[Tie] = (),
    ranking: Sequence[int] | None = None,
) -> Allocation:
    """Write the allocation down: mandatory projects first, then ``winners`` in the order they were taken.

    Parameters
    ----------
    reasons
        For every project that takes part; of those refused where the rule has more to say.
    ranking
        All projects in the rule's order; by score where not given.
    """
    chosen = (*held.limits.mandatory, *winners)
    basic = {index: Reason("mandatory", {"cost": held.limits.costs[index]}) for index in held.limits.mandatory}
    written = {**basic, **held.refused, **reasons}
    selected = set(chosen)
    return Allocation(
        rule=rule,
        settings=held.settings.as_dict(),
        rules_version=RULES_VERSION,
        budget=held.instance.budget,
        winners=tuple(held.id(index) for index in chosen),
        total_cost=sum(held.limits.costs[index] for index in chosen),
        outcomes=tuple(
            Outcome(
                project=held.id(index),
                votes=held.tally.votes[index],
                score=held.tally.scores[index],
                against=held.tally.against[index],
                rank=rank,
                selected=index in selected,
                reason=written[index],
            )
            for rank, index in enumerate(held.ranking() if ranking is None else ranking, start=1)
        ),
        ties=tuple(dict.fromkeys(ties)),
    )


def plain(value: Fraction) -> int | Fraction:
    """Return a whole fraction as an integer."""
    return value.numerator if value.denominator == 1 else value
