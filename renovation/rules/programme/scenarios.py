"""Scenarios side by side: what each chooses, whom it reaches, what changed, and a digest that freezes its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from renovation.model.programme import Problem, Programme
from renovation.rules.programme.equity import Equity, StreetFigures, equity_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """Who lives on a street; ``elderly`` is ``None`` where not known."""

    street: str
    households: int
    elderly: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a project lies and who gains: households and elderly on its street.

    Several projects of one ``estate`` reach the same people: who gains from two of them is one household. Without an
    estate a project's people are its own.
    """

    street: str
    households: int
    elderly: int | None = None
    estate: str = ""


def equity_of_programme(
    programme: Programme, residents: Sequence[Residents], reach: Mapping[str, Sequence[Reach]]
) -> Equity:
    """Work out who a programme reaches, street by street.

    Parameters
    ----------
    reach
        Per project: one entry per street it serves. A project on several streets has its cost shared by the
        households reached, the remainder going to the first. Several projects on a street reach at most who lives
        there.
    """
    money = {one.street: 0 for one in residents}
    # Per street and group of people; a person is reached once, however many projects of the estate there are.
    households: dict[str, dict[str, int]] = {street: {} for street in money}
    elderly: dict[str, dict[str, int | None]] = {street: {} for street in money}
    for line in programme.chosen:
        places = [one for one in reach.get(line.project, ()) if one.street in money]
        for place, part in zip(places, _shares(line.cost, [one.households for one in places]), strict=True):
            money[place.street] += part
            people = place.estate or f"\0{line.project}"
            so_far = households[place.street]
            so_far[people] = max(so_far.get(people, 0), place.households)
            old = elderly[place.street]
            before = old.get(people, 0)
            old[people] = None if before is None or place.elderly is None else max(before, place.elderly)
    figures = []
    for one in residents:
        old_reached = list(elderly[one.street].values())
        reached = None if None in old_reached else sum(count or 0 for count in old_reached)
        figures.append(
            StreetFigures(
                street=one.street,
                households=one.households,
                money=money[one.street],
                households_reached=min(sum(households[one.street].values()), one.households),
                elderly=one.elderly,
                elderly_reached=None if reached is None or one.elderly is None else min(reached, one.elderly),
            )
        )
    return equity_of(figures)


def _shares(cost: int, weights: Sequence[int]) -> list[int]:
    """Split whole fen in proportion; nothing is lost."""
    if not weights:
        return []
    total = sum(weights)
    parts = [cost * weight // total if total else cost // len(weights) for weight in weights]
    parts[0] += cost - sum(parts)
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioColumn:
    """One scenario's figures in the comparison; money in fen."""

    name: str
    projects: int
    money: int
    money_left: int
    votes: int
    households: int
    objective: int
    streets_without: int
    elderly_share: Fraction | None
    gini: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What differs from another scenario: projects that enter and leave, and years that move (id → before, after)."""

    enters: tuple[str, ...]
    leaves: tuple[str, ...]
    moves: Mapping[str, tuple[int, int]]


#: For each row of the comparison, whether more is better.
BETTER_IS_MORE: Mapping[str, bool] = {
    "projects": True,
    "votes": True,
    "households": True,
    "elderly_share": True,
    "streets_without": False,
    "gini": False,
}


def column_of(name: str, problem: Problem, programme: Programme, equity: Equity) -> ScenarioColumn:
    """Sum a scenario up."""
    by_id = {project.id: project for project in problem.projects}
    chosen = [by_id[line.project] for line in programme.chosen]
    return ScenarioColumn(
        name=name,
        projects=len(chosen),
        money=programme.total_cost,
        money_left=sum(use.left for use in programme.pots),
        votes=sum(project.votes for project in chosen),
        households=sum(project.households for project in chosen),
        objective=programme.objective,
        streets_without=len(equity.without_anything),
        elderly_share=equity.elderly_share_reached,
        gini=equity.gini,
    )


def best_columns(columns: Sequence[ScenarioColumn]) -> dict[str, tuple[str, ...]]:
    """Return, for each figure that can be better, the scenarios that are best at it; none where all are equal."""
    best: dict[str, tuple[str, ...]] = {}
    for figure, more_is_better in BETTER_IS_MORE.items():
        known = [(getattr(column, figure), column.name) for column in columns if getattr(column, figure) is not None]
        values = {value for value, _ in known}
        if len(values) < 2:
            best[figure] = ()
            continue
        top = max(values) if more_is_better else min(values)
        best[figure] = tuple(name for value, name in known if value == top)
    return best


def changes_between(before: Programme, after: Programme) -> Changed:
    """Say what a scenario does differently."""
    old = {line.project: line.year for line in before.chosen}
    new = {line.project: line.year for line in after.chosen}
    return Changed(
        enters=tuple(line.project for line in after.chosen if line.project not in old),
        leaves=tuple(line.project for line in before.chosen if line.project not in new),
        moves={name: (old[name], year) for name, year in new.items() if name in old and old[name] != year},
    )
