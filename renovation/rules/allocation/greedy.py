"""Greedy by votes, as cities run it: most votes first, never votes per cost.

``greedy`` skips what does not fit and goes on; ``greedy_stop`` stops at the first project that does not fit. With
points or rankings, the score takes the place of votes. Names as in Rey and Maly, *The (Computational) Social Choice
Take on Indivisible Participatory Budgeting* (2023).
"""

from __future__ import annotations

from renovation.model.elections import Allocation, Instance
from renovation.rules.allocation.serving import Greedy, by_votes
from renovation.rules.election.constraints import refuse_unused
from renovation.rules.election.contest import contest, finish
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Settings


def greedy(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Take projects by score, skipping those that do not fit.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule.
    ConflictError
        A tie that matters is left to the committee.
    """
    return _run(instance, profile, settings, rule="greedy", stop=False)


def greedy_stop(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Take projects by score until the money does not suffice for the next.

    A project that cannot be taken for another reason (excluded by a winner, its area full) is passed over.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule.
    ConflictError
        A tie that matters is left to the committee.
    """
    return _run(instance, profile, settings, rule="greedy-stop", stop=True)


def _run(instance: Instance, profile: Profile, settings: Settings, *, rule: str, stop: bool) -> Allocation:
    refuse_unused(settings, rule=rule)
    held = contest(instance, profile, settings)
    run = Greedy(held, order=by_votes, stop=stop, per_cost=False)
    return finish(held, rule=rule, winners=run.winners, reasons=run.reasons(), ties=run.ties(), ranking=run.ranking)
