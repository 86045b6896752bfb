"""Greedy by votes per cost: a rule of its own, which favours small projects.

Known as greedy by density in the knapsack literature; cities that say "greedy" do not mean it.
"""

from __future__ import annotations

from renovation.model.elections import Allocation, Instance
from renovation.rules.allocation.serving import Greedy, by_votes_per_cost
from renovation.rules.election.constraints import refuse_unused
from renovation.rules.election.contest import contest, finish
from renovation.rules.election.profile import Profile
from renovation.rules.election.settings import Settings


def greedy_per_cost(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Take projects by score per unit of cost, skipping those that do not fit.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule.
    ConflictError
        A tie that matters is left to the committee.
    """
    refuse_unused(settings, rule="greedy-per-cost")
    held = contest(instance, profile, settings)
    run = Greedy(held, order=by_votes_per_cost, stop=False, per_cost=True)
    return finish(
        held, rule="greedy-per-cost", winners=run.winners, reasons=run.reasons(), ties=run.ties(), ranking=run.ranking
    )
