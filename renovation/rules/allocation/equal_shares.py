"""Method of Equal Shares (Peters, Pierczyński and Skowron, *Proportional Participatory Budgeting with Additive
Utilities*, NeurIPS 2021), with Add1 and greedy completion.

Every voter gets an equal share of the budget. In each round the project is taken whose supporters can pay for it at
the lowest price per unit of utility ``rho``: each supporter pays ``min(what is left, rho * utility)``.

The method worked through on three voters: budget 9, so 3 each; A costs 4 and has voters 1 and 2, B costs 3 and has
voter 3, C costs 5 and has voters 2 and 3. Under cost utility A is taken first (2 each, two full supporters per unit
paid; C, as well supported, is later by id), then B (voter 3 pays 3); C's supporters hold 1 + 0 of 5.

One pass at a fixed share is :mod:`.share_runs`; how Add1 raises the share :mod:`.add1`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from renovation.model.elections import Allocation, Instance, Reason
from renovation.rules.allocation.add1 import Runs, raise_shares
from renovation.rules.allocation.ledger import Holdings, Ledger
from renovation.rules.allocation.serving import complete, completion_reasons
from renovation.rules.allocation.share_runs import Run
from renovation.rules.election.constraints import refuse_unused
from renovation.rules.election.contest import Contest, contest, finish, obstacle_reason, plain
from renovation.rules.election.profile import Profile
from renovation.rules.election.reasons import SURELY
from renovation.rules.election.settings import Add1, Completion, Settings, Utility


def equal_shares(instance: Instance, profile: Profile, settings: Settings) -> Allocation:
    """Give every voter an equal share and let supporters buy projects together.

    Add1 raises every share by ``settings.step`` and starts again, until the next outcome would overspend; with
    ``Add1.EXHAUSTIVE`` also as soon as no project fits what is left. It ends, too, when no project is left out for
    lack of its supporters' money.

    Raises
    ------
    InvalidError
        The settings contradict themselves, the instance or the rule.
    ConflictError
        A tie that matters is left to the committee.
    """
    settings = settings.for_equal_shares(scale=instance.scale)
    refuse_unused(settings, rule="mes", add1=True, completion=True, utility=True)
    held = contest(instance, profile, settings)
    buyers = Holdings(profile, [project.cost for project in instance.projects], settings.utility is Utility.COST)
    run, over = raise_shares(held, Runs(buyers))
    return _written(held, buyers, run, over)


def _mattering(run: Run, ledger: Ledger) -> dict[int, list[int]]:
    """Return the ties (by round) whose order can change the outcome.

    It cannot exactly if all tied projects are taken one after the other at the same price: then nobody who supports
    several of them is short of money for any.
    """
    found = {}
    for place, tied in run.tied.items():
        served = run.winners[place : place + len(tied)]
        prices = {price for price, _ in ledger.prices[place : place + len(tied)]}
        if set(served) != set(tied) or len(prices) > 1:
            found[place] = tied
    return found


def _written(held: Contest, buyers: Holdings, run: Run, over: Run | None) -> Allocation:
    ledger = Ledger(buyers, run.share).catch_up(run.winners)
    mattering = _mattering(run, ledger)
    ties = [held.ties.tie(tied) for tied in mattering.values()]
    if over is not None and over.tied:
        replay = Ledger(buyers, over.share).catch_up(over.winners)
        ties += [held.ties.tie(tied) for tied in _mattering(over, replay).values()]
    share = run.share * buyers.weight_scale
    reasons: dict[int, Reason] = {}
    for place, project in enumerate(run.winners):
        payers = Fraction(ledger.prices[place][1], buyers.weight_scale)
        cost = held.limits.costs[project]
        fields = held.told(project) | {"round": place + 1, "payers": plain(payers), "share": share}
        reasons[project] = Reason("mes.selected", fields | {"payment": cost / payers if payers else Fraction(0)})
    lost = _lost_ties(held, run, mattering)
    certain = held.settings.add1 is Add1.OFF and held.settings.completion is Completion.NONE
    for project in held.entrants:
        if project in reasons:
            continue
        common = held.told(project)
        if project in run.blocked:
            reasons[project] = obstacle_reason(held, project, run.blocked[project], **common)
            continue
        if not buyers.total[project]:
            reasons[project] = Reason("no_vote", common)
            continue
        money = ledger.money(project)
        common |= {"money": money, "short": held.limits.costs[project] - money, "share": share}
        if certain and _room_for(run, project, int(money)):
            common |= {"cost_to": int(money), SURELY: True}
        reasons[project] = Reason("mes.lost_tie" if project in lost else "mes.short", common | lost.get(project, {}))
    winners = list(run.winners)
    if held.settings.completion is Completion.GREEDY:
        serving = complete(held, run.room, [project for project in held.entrants if project not in winners])
        winners += serving.winners
        ties += [held.ties.tie(tied) for tied in serving.ties]
        reasons |= completion_reasons(held, serving, changes=held.settings.add1 is Add1.OFF)
    return finish(held, rule="mes", winners=winners, reasons=reasons, ties=ties)


def _lost_ties(held: Contest, run: Run, mattering: dict[int, list[int]]) -> dict[int, dict[str, Any]]:
    lost: dict[int, dict[str, Any]] = {}
    for place, tied in mattering.items():
        winner = run.winners[place]
        for project in set(tied) - set(run.winners):
            decided_by = held.ties.ordered((project, winner))[1]
            lost[project] = {"rivals": (held.id(winner),), "decided_by": decided_by, "round": place + 1}
    return lost


def _room_for(run: Run, project: int, cost: int) -> bool:
    """Tell whether only money keeps ``project`` out, and a cost of ``cost`` (above 0) fits every pot."""
    obstacle = run.room.obstacle(project, total=False)
    return (
        cost > 0
        and (obstacle is None or obstacle.kind not in ("excluded", "area_cap"))
        and (run.room.money(project) >= cost)
    )
