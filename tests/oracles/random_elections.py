"""Small elections full of ties: round costs, few voters, every kind of ballot and limit."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from renovation.model.elections import Ballot, BallotKind, Candidate, Instance
from renovation.rules.election.settings import Add1, Completion, Settings, TieBreak, Utility

TIE_BREAKS = (TieBreak.ID, TieBreak.CHEAPEST, TieBreak.DEAREST, TieBreak.MORE_SUPPORTERS, TieBreak.LOT)


def random_election(random: Random) -> tuple[Instance, list[Ballot]]:
    """Return 4-10 projects and 3-13 ballots."""
    unit = random.choice([1, 10, 100])
    projects = tuple(
        Candidate(
            id=str(number),
            name=f"p{number}",
            cost=unit * random.choice([1, 1, 2, 2, 3, 4, 5, 6] if random.random() < 0.97 else [0]),
            categories=tuple(c for c in "ab" if random.random() < 0.4),
            area=random.choice([None, "n", "s"]),
            mandatory=random.random() < 0.03,
        )
        for number in random.sample(range(1, 30), random.randint(4, 10))
    )
    total = sum(project.cost for project in projects)
    mandatory = sum(project.cost for project in projects if project.mandatory)
    kind = random.choice(list(BallotKind))
    instance = Instance(
        projects=projects,
        budget=max(mandatory, round(total * random.choice([0.3, 0.5, 0.7, 0.9]))),
        ballot_kind=kind,
        max_choices=random.choice([None, 3]) if kind is BallotKind.RANKING else None,
        scale=random.choice([1, 1, 100]),
    )
    ids = [project.id for project in projects]
    weighted = random.random() < 0.2
    ballots = []
    for _ in range(random.randint(3, 13)):
        most = 1 if kind is BallotKind.CHOOSE_ONE else min(len(ids), random.choice([2, 3, 5]))
        choices = tuple(random.sample(ids, random.randint(0, most)))
        points: tuple[Fraction, ...] = ()
        if kind is BallotKind.POINTS:
            points = tuple(Fraction(random.choice([0, 1, 1, 2, 3])) for _ in choices)
        if kind is BallotKind.YES_NO:
            points = tuple(Fraction(random.choice([1, 1, -1])) for _ in choices)
        weight = Fraction(random.choice([1, 2, 3]), 2) if weighted else Fraction(1)
        ballots.append(Ballot(choices, points, weight))
    return instance, ballots


def naming(instance: Instance, project: str) -> Ballot:
    """Return a further ballot for one project alone, of the election's kind."""
    return Ballot.of_answers((project,), ()) if instance.ballot_kind is BallotKind.YES_NO else Ballot((project,))


def random_settings(random: Random, instance: Instance, rule: str) -> Settings:
    """Return settings that fit the rule; about half have limits."""
    limits: dict[str, object] = {}
    total = sum(project.cost for project in instance.projects)
    free = [project for project in instance.projects if not project.mandatory]
    if random.random() < 0.5:
        held = {c: sum(p.cost for p in instance.projects if p.mandatory and c in p.categories) for c in "ab"}
        present = {c for p in instance.projects for c in p.categories}
        limits["category_budgets"] = {c: max(held[c], total // 4) for c in sorted(present) if random.random() < 0.5}
        areas = sorted({p.area for p in instance.projects if p.area})
        limits["area_caps"] = {
            a: max(random.choice([1, 2]), sum(p.mandatory and p.area == a for p in instance.projects))
            for a in areas
            if random.random() < 0.3
        }
        limits["area_budgets"] = {
            a: max(total // 3, sum(p.cost for p in instance.projects if p.mandatory and p.area == a))
            for a in areas
            if random.random() < 0.3
        }
        if len(free) > 2 and random.random() < 0.5:
            limits["exclusive"] = (tuple(p.id for p in random.sample(free, 2)),)
        if random.random() < 0.3:
            limits["floor"] = random.choice([0, 1, 2, 3])
        elif random.random() < 0.3:
            limits["relative_floor"] = Fraction(random.choice([10, 25]), 100)
        if random.random() < 0.2:
            limits["impossible"] = {random.choice(free).id: "a pipe lies below"} if free else {}
    if instance.ballot_kind is BallotKind.YES_NO and random.random() < 0.5:
        limits["yes_share"] = random.choice([Fraction(0), Fraction(1, 3), Fraction(2, 3)])
    if rule == "mes":
        limits["utility"] = random.choice(list(Utility))
        limits["add1"] = random.choice([Add1.OFF, Add1.OFF, Add1.EXHAUSTIVE, Add1.OVERSPEND])
        least = min((project.cost for project in instance.projects if project.cost), default=1)
        limits["step"] = random.choice([max(least // 7, 1), max(least // 3, 1), None if least < 10 else least])
    if rule in ("mes", "phragmen"):
        limits["completion"] = random.choice([Completion.NONE, Completion.NONE, Completion.GREEDY])
    return Settings(tie_break=random.choice(TIE_BREAKS), seed="2026-11-21", **limits)  # type: ignore[arg-type]
