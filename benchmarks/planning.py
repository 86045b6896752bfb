"""Measure ranking, sensitivity and the programme at the size of a district; print what took how long.

Run ``python -m benchmarks.planning`` from the project's folder.
"""

from __future__ import annotations

import random
import time
from fractions import Fraction

import numpy as np

from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.programme import Capacity, Exclusion, GroupRule, Order, PlannedProject, Problem
from renovation.model.ranking import Criterion, Weighting
from renovation.rules.programme.programme import plan_programme
from renovation.rules.programme.ranking import rank, table_of
from renovation.rules.programme.sensitivity import examine

DISTRICTS = ("惠城区", "惠阳区", "惠东县", "博罗县", "龙门县")


def ranking_table(
    estates: int = 384, criteria: int = 12, seed: int = 1
) -> tuple[list[str], dict[str, list[float | None]]]:
    """Make a table of random values in which one in twenty is missing."""
    chance = np.random.default_rng(seed)
    ids = [f"estate-{i}" for i in range(estates)]
    return ids, {
        f"c{j}": [None if chance.random() < 0.05 else float(value) for value in chance.random(estates)]
        for j in range(criteria)
    }


def big_problem(projects: int = 2000, seed: int = 1) -> Problem:
    """Make a problem with 12 pots, 3 years, floors and caps per district, orders, exclusions, duties and promises."""
    chance = random.Random(seed)
    years = (2027, 2028, 2029)
    classes = list(ItemClass)
    made = []
    for i in range(projects):
        district = chance.choices(DISTRICTS, weights=(5, 3, 3, 3, 1))[0]
        cost = round(chance.lognormvariate(12.3, 0.9)) * 100
        made.append(
            PlannedProject(
                id=f"p{i}",
                cost=cost,
                votes=round(chance.lognormvariate(4, 1)),
                households=chance.randint(20, 900),
                score=Fraction(chance.randint(0, 1000), 1000),
                item_classes=frozenset({chance.choices(classes, weights=(3, 5, 2))[0]}),
                areas=frozenset({district}),
                mandatory=chance.random() < 0.01,
                promised_year=chance.choice(years) if chance.random() < 0.01 else None,
            )
        )
    total = sum(project.cost for project in made)
    pots = []
    for year in years:
        pots += [
            Pot(id=f"c{year}", name="中央补助", year=year, amount=total // 40, classes=frozenset({ItemClass.BASIC})),
            Pot(id=f"s{year}", name="市级", year=year, amount=total // 25),
            Pot(id=f"d{year}", name="惠城区级", year=year, amount=total // 30, areas=frozenset({"惠城区"})),
            Pot(
                id=f"f{year}",
                name="福彩",
                year=year,
                amount=total // 60,
                classes=frozenset({ItemClass.IMPROVEMENT, ItemClass.ENHANCEMENT}),
                project_cap=50_000_000,
            ),
        ]
    floors = [
        GroupRule(group=district, min_count=20, min_cost=total // 100, max_cost=total // 6) for district in DISTRICTS
    ]
    names = [project.id for project in made]
    orders = [
        Order(first=a, then=b, is_required=chance.random() < 0.2)
        for a, b in (sorted(chance.sample(names, 2)) for _ in range(projects // 10))
    ]
    exclusions = [Exclusion(projects=tuple(chance.sample(names, 2))) for _ in range(projects // 20)]
    return Problem(
        years=years,
        projects=tuple(made),
        pots=tuple(pots),
        group_rules=tuple(floors),
        orders=tuple(orders),
        exclusions=tuple(exclusions),
        capacities=tuple(Capacity(year=year, sites=projects // 8) for year in years),
    )


def main() -> None:
    """Print each measurement on a line."""
    ids, values = ranking_table()
    criteria = [Criterion(code=code, name_zh=code, is_cash=code == "c3") for code in values]
    weighting = Weighting(weights={code: Fraction(1 + i % 4) for i, code in enumerate(values)})
    for name in ("first", "again"):
        start = time.perf_counter()
        table = table_of(ids, values, criteria)
        rank(table, weighting)
        examine(table, weighting, cut=100)
        print(f"384 x 12 ranking with full sensitivity, {name}: {time.perf_counter() - start:.3f} s")
    start = time.perf_counter()
    rank(table, weighting)
    print(f"384 x 12 after a slider moved: {time.perf_counter() - start:.3f} s")
    for seed in (1, 2, 3):
        problem = big_problem(seed=seed)
        start, busy = time.perf_counter(), time.process_time()
        found = plan_programme(problem)
        took, worked = time.perf_counter() - start, time.process_time() - busy
        doubt = "" if found.baseline.is_feasible else ", not feasible"
        print(
            f"2,000 projects, 12 pots, 3 years (seed {seed}): {took:.2f} s (processor {worked:.2f} s), "
            f"{found.state.value}, gap {found.gap:.4%}, objective {found.objective} "
            f"(baseline {found.baseline.objective}{doubt})"
        )


if __name__ == "__main__":
    main()
