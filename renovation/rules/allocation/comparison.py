"""Several allocations of one election side by side: what each does for whom.

Names follow Rey and Maly (2023). EJR+ up to one project is checked as Brill and Peters, *Robust and Verifiable
Proportionality Axioms for Multiwinner Voting* (EC 2023), define it, under cost utility: a group of supporters of a
project left out, whose share of the budget is ``e``, may complain if every one of them, with that project added,
would still have no more than ``e`` spent on projects she supports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from renovation.model.elections import Allocation, BallotKind, Instance
from renovation.rules.election.profile import IntArray, Profile, check_profile

#: "At least k chosen" is told for k up to this.
MOST_K = 5
#: Groups of fewer ballots are not shown: a small group's measures tell how its members voted.
SMALLEST_GROUP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What an allocation does for a group of voters.

    Attributes
    ----------
    ballots
        Ballots cast by the group.
    at_least
        ``at_least[k - 1]``: share of them that support at least ``k`` chosen projects.
    average_chosen
        Chosen projects that a ballot supports, on average.
    average_money
        What was spent on chosen projects that a ballot supports, on average, in the smallest money unit.
    excluded
        Exclusion ratio: share of the ballots that support something of which nothing was chosen.
    """

    ballots: int
    at_least: tuple[Fraction, ...]
    average_chosen: Fraction
    average_money: Fraction
    excluded: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A group that EJR+ up to one project says was passed over.

    Attributes
    ----------
    project
        The project left out.
    supporters
        Weight of the group.
    due
        The group's share of the budget, in the smallest money unit.
    """

    project: str
    supporters: Fraction
    due: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One allocation's column.

    Attributes
    ----------
    money_used
        Share of the budget.
    groups
        Per group's name; ``None`` where the group is not shown (see :func:`too_small`).
    complaints
        Empty if EJR+ up to one project holds.
    """

    allocation: Allocation
    money_used: Fraction
    overall: Measures
    groups: Mapping[str, Measures | None] = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Allocations side by side.

    Attributes
    ----------
    chosen_by_all
        Projects that every allocation selects, in the instance's order.
    disputed
        Projects that some select, and which (by their place in ``columns``).
    """

    columns: tuple[Compared, ...]
    chosen_by_all: tuple[str, ...]
    disputed: Mapping[str, tuple[int, ...]]


def compare(
    instance: Instance,
    profile: Profile,
    allocations: Sequence[Allocation],
    *,
    divisions: Sequence[Mapping[str, Profile]] = (),
    smallest_group: int = SMALLEST_GROUP,
) -> Comparison:
    """Set allocations of the same ballots side by side.

    Parameters
    ----------
    divisions
        The same ballots divided one way or another (by channel, by venue), one profile per group.

    Raises
    ------
    InvalidError
        ``election.profile_of_another_instance``.
    """
    groups: dict[str, Profile | None] = {}
    for division in divisions:
        hidden = too_small({name: group.size for name, group in division.items()}, profile.size, smallest_group)
        groups |= {name: None if name in hidden else group for name, group in division.items()}
    for each in (profile, *(group for group in groups.values() if group is not None)):
        check_profile(instance, each)
    columns = tuple(_column(instance, profile, allocation, groups) for allocation in allocations)
    chosen = {
        project.id: tuple(place for place, column in enumerate(allocations) if project.id in column.winners)
        for project in instance.projects
    }
    return Comparison(
        columns=columns,
        chosen_by_all=tuple(project for project, places in chosen.items() if len(places) == len(allocations)),
        disputed={project: places for project, places in chosen.items() if 0 < len(places) < len(allocations)},
    )


def too_small(sizes: Mapping[str, int], total: int, smallest: int) -> set[str]:
    """Return the groups not to be shown: the small ones, and so many more that no small rest can be subtracted.

    ``total`` counts all ballots, those in no group too.
    """
    hidden = {name for name, size in sizes.items() if size < smallest}
    shown = sorted((size, name) for name, size in sizes.items() if name not in hidden)
    rest = total - sum(size for size, _ in shown)
    while shown and 0 < rest < smallest:
        size, name = shown.pop(0)
        hidden.add(name)
        rest += size
    return hidden


def _column(
    instance: Instance, profile: Profile, allocation: Allocation, groups: Mapping[str, Profile | None]
) -> Compared:
    return Compared(
        allocation=allocation,
        money_used=Fraction(allocation.total_cost, instance.budget) if instance.budget else Fraction(0),
        overall=measure(instance, profile, allocation.winners),
        groups={
            name: None if group is None else measure(instance, group, allocation.winners)
            for name, group in groups.items()
        },
        complaints=complaints(instance, profile, allocation.winners),
    )


def _per_ballot(instance: Instance, profile: Profile, winners: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Return, per merged ballot, how many chosen projects it supports and what they cost."""
    chosen = np.array([project.id in set(winners) for project in instance.projects], dtype=np.int64)
    costs = np.array([project.cost for project in instance.projects], dtype=np.int64) * chosen
    size = len(profile.counts)
    owner = np.repeat(np.arange(size), np.diff(profile.starts))
    choices = profile.choices
    if profile.values is not None:
        owner, choices = owner[profile.values > 0], choices[profile.values > 0]
    number = np.bincount(owner, weights=chosen[choices], minlength=size).astype(np.int64)
    money = np.zeros(size, dtype=np.int64)
    np.add.at(money, owner, costs[choices])
    return number, money


def _supports(profile: Profile) -> NDArray[np.bool_]:
    """Tell of each merged ballot whether it supports anything: one of noes alone does not."""
    named = np.diff(profile.starts) > 0
    if profile.kind is BallotKind.YES_NO and profile.values is not None:
        owner = np.repeat(np.arange(len(named)), np.diff(profile.starts))
        named = np.bincount(owner[profile.values > 0], minlength=len(named)) > 0
    return named


def measure(instance: Instance, profile: Profile, winners: Sequence[str]) -> Measures:
    """Measure what the chosen projects mean to the voters of a profile."""
    number, money = _per_ballot(instance, profile, winners)
    counts, size = profile.counts, profile.size
    named = _supports(profile)
    naming = int(counts[named].sum())
    together = sum(int(m) * int(c) for m, c in zip(money.tolist(), counts.tolist(), strict=True))
    return Measures(
        ballots=size,
        at_least=tuple(_share(int(counts[number >= k].sum()), size) for k in range(1, MOST_K + 1)),
        average_chosen=_share(int((number * counts).sum()), size),
        average_money=_share(together, size),
        excluded=_share(int(counts[named & (number == 0)].sum()), naming),
    )


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction(0)


def complaints(instance: Instance, profile: Profile, winners: Sequence[str]) -> tuple[Complaint, ...]:
    """Check EJR+ up to one project; return one complaint per project whose supporters were passed over."""
    if not profile.weight:
        return ()
    _, money = _per_ballot(instance, profile, winners)
    found = []
    for place, project in enumerate(instance.projects):
        if project.id in winners or project.cost > instance.budget:
            continue
        members = profile.supporters[place][0]
        held, inverse = np.unique(money[members], return_inverse=True)
        weights = [0] * len(held)
        for at, weight in zip(inverse.tolist(), profile.weights[members].tolist(), strict=True):
            weights[at] += weight
        together = 0
        largest: int | None = None
        for has, weight in zip(held.tolist(), weights, strict=True):
            together += weight
            if (has + project.cost) * profile.weight <= together * instance.budget:
                largest = together
        if largest is not None:
            found.append(
                Complaint(
                    project=project.id,
                    supporters=Fraction(largest, profile.weight_scale),
                    due=Fraction(largest * instance.budget, profile.weight),
                )
            )
    return tuple(found)
