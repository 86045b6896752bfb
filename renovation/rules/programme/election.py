"""An election with budgets per category or neighbourhood, as a programme of one year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.elections import Instance, Reason
from renovation.model.funding import Pot
from renovation.model.programme import GroupRule, Objective, PlanLine, PlannedProject, Problem, Programme

#: The id of the pot that holds an election's whole budget.
TOTAL = "total"


def problem_of(
    instance: Instance,
    scores: Sequence[int | Fraction],
    *,
    category_budgets: Mapping[str, int] | None = None,
    area_budgets: Mapping[str, int] | None = None,
    year: int = 1,
) -> Problem:
    """Make a programme of an election.

    Where the budgets of one kind cover every project exactly once and add up to no more than the whole, each is a pot
    of its own; else the whole budget is the pot and the budgets are caps.

    Parameters
    ----------
    scores
        Votes or points per project, in the instance's order; fractions are maximised as scores.

    Raises
    ------
    InvalidError
        ``programme.no_budget``.
    """
    categories, areas = dict(category_budgets or {}), dict(area_budgets or {})
    if instance.budget <= 0 and not (categories or areas):
        raise InvalidError("programme.no_budget")
    are_whole = all(Fraction(score).denominator == 1 for score in scores)
    pots = _pots_of(instance, categories, areas, year)
    projects = tuple(
        PlannedProject(
            id=candidate.id,
            name=candidate.name,
            cost=candidate.cost,
            votes=int(score) if are_whole else 0,
            score=Fraction(score),
            areas=frozenset({*candidate.categories, *([candidate.area] if candidate.area else [])}),
            mandatory=candidate.mandatory,
        )
        for candidate, score in zip(instance.projects, scores, strict=True)
    )
    caps = {**categories, **areas} if pots[0].id == TOTAL else {}
    return Problem(
        years=(year,),
        projects=projects,
        pots=pots,
        group_rules=tuple(GroupRule(group=name, max_cost=amount) for name, amount in caps.items()),
        objective=Objective.VOTES if are_whole else Objective.SCORE,
    )


def _pots_of(instance: Instance, categories: dict[str, int], areas: dict[str, int], year: int) -> tuple[Pot, ...]:
    by_category = [one.categories for one in instance.projects]
    by_area = [(one.area,) if one.area else () for one in instance.projects]
    for budgets, other, names in ((categories, areas, by_category), (areas, categories, by_area)):
        together = sum(budgets.values())
        is_split = budgets and not other and together <= (instance.budget or together)
        if is_split and all(len(found) == 1 and set(found) <= budgets.keys() for found in names):
            return tuple(
                Pot(id=name, name=name, year=year, amount=amount, areas=frozenset({name}))
                for name, amount in budgets.items()
            )
    whole = instance.budget or sum({**categories, **areas}.values())
    return (Pot(id=TOTAL, name=TOTAL, year=year, amount=whole),)


#: What Amsterdam's files say of the money that its budgets per category leave.
LEFTOVER_BY_SCORE = "fund additional projects that fit within leftover budget ordered by score"


def spend_leftover(problem: Problem, programme: Programme) -> tuple[PlanLine, ...]:
    """Fund more projects out of what all pots together have left, in order of score, passing over what does not fit.

    Budgets per category or area do not bind any more; of equal scores the cheaper project goes first.
    """
    left = sum(use.left for use in programme.pots)
    taken = {line.project for line in programme.chosen}
    rest = [project for project in problem.projects if project.id not in taken and (project.score or project.votes)]
    found = []
    for project in sorted(rest, key=lambda one: (-Fraction(one.score or one.votes), one.cost, one.id)):
        if project.cost <= left:
            left -= project.cost
            fields = {"votes": project.votes or project.score, "cost": project.cost}
            found.append(
                PlanLine(
                    project=project.id,
                    year=problem.years[0],
                    cost=project.cost,
                    payments=(),
                    reason=Reason("programme.leftover", fields),
                )
            )
    return tuple(found)
