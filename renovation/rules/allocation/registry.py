"""The rules a committee can choose from, by the names that polls, files and the command line use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from renovation.errors import InvalidError
from renovation.model.elections import Allocation, Instance
from renovation.rules.allocation.equal_shares import equal_shares
from renovation.rules.allocation.greedy import greedy, greedy_stop
from renovation.rules.allocation.greedy_per_cost import greedy_per_cost
from renovation.rules.allocation.max_welfare import max_welfare
from renovation.rules.allocation.phragmen import phragmen
from renovation.rules.election.profile import Profile, profile_from_ballots
from renovation.rules.election.settings import Settings, TieBreak

Rule = Callable[[Instance, Profile, Settings], Allocation]

REGISTRY: Mapping[str, Rule] = MappingProxyType(
    {
        "greedy": greedy,
        "greedy-stop": greedy_stop,
        "greedy-per-cost": greedy_per_cost,
        "mes": equal_shares,
        "phragmen": phragmen,
        "max-welfare": max_welfare,
    }
)


def allocate(rule: str, instance: Instance, profile: Profile, settings: Settings | None = None) -> Allocation:
    """Run a rule by its name.

    Raises
    ------
    InvalidError
        ``rules.unknown``, or what the rule itself refuses.
    ConflictError
        ``rules.tie_undecided``: a tie that matters is left to the committee.
    """
    if rule not in REGISTRY:
        raise InvalidError("rules.unknown", rule=rule, known=tuple(REGISTRY))
    return REGISTRY[rule](instance, profile, settings or Settings())


def check(rule: str, instance: Instance, settings: Settings) -> None:
    """Refuse a rule whose settings contradict themselves, the instance or the rule, before any ballot is cast.

    Raises
    ------
    InvalidError
        ``rules.unknown``, or the contradiction by its name.
    """
    if settings.tie_break is TieBreak.REFUSE:
        # Without ballots all projects stand equal; who decides that is not the question here.
        settings = replace(settings, tie_break=TieBreak.ID)
    allocate(rule, instance, profile_from_ballots(instance, ()), settings)
