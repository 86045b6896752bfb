"""Limits that every rule keeps: budgets, pairs of which one may win, caps per area, floors, what is mandatory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError
from renovation.model.elections import BallotKind, Instance
from renovation.rules.election.settings import Add1, Completion, Settings, TieBreak, Utility


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against taking a project now.

    Attributes
    ----------
    kind
        ``excluded`` (by a winner), ``area_cap``, ``category_budget``, ``area_budget`` or ``budget``.
    what
        The excluding project's place, or the name of the area or category.
    left
        Money left in the pot (or the cap), in the smallest unit.
    """

    kind: str
    what: Any = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings' limits laid out per project; pot 0 is the whole budget."""

    costs: tuple[int, ...]
    pots: tuple[tuple[str, str | None, int], ...]
    pots_of: tuple[tuple[int, ...], ...]
    cap_of: tuple[str | None, ...]
    caps: dict[str, int]
    groups_of: tuple[tuple[int, ...], ...]
    least_score: Fraction
    needs_vote: bool
    mandatory: tuple[int, ...]
    impossible: dict[int, str]


class Room:
    """What is still free while a rule runs."""

    __slots__ = ("_limits", "cap_left", "group_winner", "left")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.left = [amount for _, _, amount in limits.pots]
        self.cap_left = dict(limits.caps)
        self.group_winner: dict[int, int] = {}

    def copy(self) -> Room:
        """Return an independent copy."""
        other = Room.__new__(Room)
        other._limits, other.left = self._limits, self.left.copy()
        other.cap_left, other.group_winner = self.cap_left.copy(), self.group_winner.copy()
        return other

    def obstacle(self, project: int, *, total: bool = True) -> Obstacle | None:
        """Return what stands against ``project``, if anything; ``total=False`` leaves the whole budget aside."""
        limits = self._limits
        for group in limits.groups_of[project]:
            if group in self.group_winner:
                return Obstacle("excluded", self.group_winner[group])
        cap = limits.cap_of[project]
        if cap is not None and self.cap_left[cap] < 1:
            return Obstacle("area_cap", cap, limits.caps[cap])
        cost = limits.costs[project]
        for pot in reversed(limits.pots_of[project]):
            if cost > self.left[pot] and (pot or total):
                kind, name, _ = limits.pots[pot]
                return Obstacle(kind, name, self.left[pot])
        return None

    def only_money(self, project: int) -> bool:
        """Tell whether nothing but money can stand against ``project``."""
        limits = self._limits
        cap = limits.cap_of[project]
        taken = any(group in self.group_winner for group in limits.groups_of[project])
        return not taken and (cap is None or self.cap_left[cap] > 0)

    def money(self, project: int) -> int:
        """Return the money left for ``project``: the least of the pots it draws on."""
        return min(self.left[pot] for pot in self._limits.pots_of[project])

    def take(self, project: int) -> None:
        """Spend what ``project`` needs."""
        limits = self._limits
        for pot in limits.pots_of[project]:
            self.left[pot] -= limits.costs[project]
        cap = limits.cap_of[project]
        if cap is not None:
            self.cap_left[cap] -= 1
        for group in limits.groups_of[project]:
            self.group_winner[group] = project


def lay_out(instance: Instance, settings: Settings, *, weight: Fraction) -> Limits:
    """Lay the limits out per project, or refuse a contradiction by its name.

    Parameters
    ----------
    weight
        Weight of all ballots cast, for the relative floor.

    Raises
    ------
    InvalidError
        ``rules.…`` (see the catalogue): an unknown project, category or area; a bad amount; a lot without a
        seed; mandatory projects that exclude each other or do not fit the budget, a pot or a cap;
        ``rules.area_unknown``, ``rules.category_unknown``, ``rules.exclusive_alone``,
        ``rules.exclusive_unknown``, ``rules.impossible_unknown``, ``rules.order_unknown``,
        ``rules.yes_share_not_here``.
    """
    place = {project.id: index for index, project in enumerate(instance.projects)}
    _check_amounts(settings)
    groups_of: list[list[int]] = [[] for _ in instance.projects]
    for number, group in enumerate(settings.exclusive):
        for project in group:
            if project not in place:
                raise InvalidError("rules.exclusive_unknown", project=project)
            groups_of[place[project]].append(number)
        if len(set(group)) < 2 or len(set(group)) < len(group):
            raise InvalidError("rules.exclusive_alone", project=group[0] if group else "")
    for order in settings.committee_orders:
        for project in order:
            if project not in place:
                raise InvalidError("rules.order_unknown", project=project)
    for project in settings.impossible:
        if project not in place:
            raise InvalidError("rules.impossible_unknown", project=project)
    pots: list[tuple[str, str | None, int]] = [("budget", None, instance.budget)]
    pots_of: list[list[int]] = [[0] for _ in instance.projects]
    for name, amount in settings.category_budgets.items():
        members = [index for index, project in enumerate(instance.projects) if name in project.categories]
        if not members:
            raise InvalidError("rules.category_unknown", category=name)
        for index in members:
            pots_of[index].append(len(pots))
        pots.append(("category_budget", name, amount))
    areas = {project.area for project in instance.projects}
    for name, amount in settings.area_budgets.items():
        if name not in areas:
            raise InvalidError("rules.area_unknown", area=name)
        for index, candidate in enumerate(instance.projects):
            if candidate.area == name:
                pots_of[index].append(len(pots))
        pots.append(("area_budget", name, amount))
    for name in settings.area_caps:
        if name not in areas:
            raise InvalidError("rules.area_unknown", area=name)
    if settings.yes_share is not None and instance.ballot_kind is not BallotKind.YES_NO:
        raise InvalidError("rules.yes_share_not_here")
    floors = [Fraction(settings.floor or 0)]
    if settings.relative_floor is not None:
        floors.append(settings.relative_floor * weight)
    limits = Limits(
        costs=tuple(project.cost for project in instance.projects),
        pots=tuple(pots),
        pots_of=tuple(tuple(found) for found in pots_of),
        cap_of=tuple(project.area if project.area in settings.area_caps else None for project in instance.projects),
        caps=dict(settings.area_caps),
        groups_of=tuple(tuple(found) for found in groups_of),
        least_score=max(floors),
        needs_vote=settings.floor is None,
        mandatory=tuple(
            sorted(
                (
                    index
                    for index, project in enumerate(instance.projects)
                    if project.mandatory and project.id not in settings.impossible
                ),
                key=lambda index: instance.projects[index].id,
            )
        ),
        impossible={place[project]: why for project, why in settings.impossible.items()},
    )
    _check_mandatory(instance, limits)
    return limits


def _check_amounts(settings: Settings) -> None:
    for name in ("category_budgets", "area_budgets", "area_caps"):
        for what, amount in getattr(settings, name).items():
            if amount < 0:
                raise InvalidError("rules.negative_amount", name=what, value=amount)
    if settings.floor is not None and settings.floor < 0:
        raise InvalidError("rules.negative_floor", value=settings.floor)
    if settings.relative_floor is not None and not 0 <= settings.relative_floor <= 1:
        raise InvalidError("rules.relative_floor", value=settings.relative_floor)
    if settings.yes_share is not None and not 0 <= settings.yes_share < 1:
        raise InvalidError("rules.yes_share", value=settings.yes_share)
    if settings.step is not None and settings.step < 1:
        raise InvalidError("rules.step", value=settings.step)
    if settings.tie_break is TieBreak.LOT and not settings.seed:
        raise InvalidError("rules.lot_without_seed")


def _check_mandatory(instance: Instance, limits: Limits) -> None:
    room = Room(limits)
    for index in limits.mandatory:
        obstacle = room.obstacle(index)
        if obstacle is None:
            room.take(index)
            continue
        name = instance.projects[index].name or instance.projects[index].id
        if obstacle.kind == "excluded":
            other = instance.projects[obstacle.what]
            raise InvalidError("rules.mandatory_excluded", project=name, other=other.name or other.id)
        if obstacle.kind == "area_cap":
            raise InvalidError("rules.mandatory_over_cap", project=name, area=obstacle.what, cap=obstacle.left)
        if obstacle.kind == "budget":
            raise InvalidError("rules.mandatory_over_budget", project=name)
        raise InvalidError("rules.mandatory_over_pot", project=name, pot=obstacle.what)


def refuse_unused(
    settings: Settings, *, rule: str, add1: bool = False, completion: bool = False, utility: bool = False
) -> None:
    """Refuse settings that a rule would silently leave aside.

    Raises
    ------
    InvalidError
        ``rules.add1_not_here``, ``rules.completion_not_here`` or ``rules.utility_not_here``.
    """
    if settings.add1 is not Add1.OFF and not add1:
        raise InvalidError("rules.add1_not_here", rule=rule)
    if settings.completion is not Completion.NONE and not completion:
        raise InvalidError("rules.completion_not_here", rule=rule)
    if settings.utility not in (None, Utility.CARDINALITY) and not utility:
        raise InvalidError("rules.utility_not_here", rule=rule)


def by_score(scores: Sequence[int | Fraction], projects: Sequence[int]) -> list[list[int]]:
    """Group projects by score, highest first."""
    groups: dict[int | Fraction, list[int]] = {}
    for index in projects:
        groups.setdefault(scores[index], []).append(index)
    return [groups[score] for score in sorted(groups, reverse=True)]
