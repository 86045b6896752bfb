"""The demonstration city's planning: a weighting kept from a meeting, the year's batch, two scenarios, one adopted."""

from __future__ import annotations

import random

from renovation.model.accounts import Actor
from renovation.model.programme import BatchSettings, Objective
from renovation.model.ranking import SavedWeighting, Subject
from renovation.model.scenarios import ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.rules.programme.ranking import usual_cut
from renovation.services.demo.places import Progress
from renovation.services.money import pots
from renovation.services.programme import annual_batch, programme, ranking
from renovation.services.programme.input import programme_input
from renovation.services.programme.ranking_figures import ranking_basis
from renovation.store import Store
from renovation.text import Language, text


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Keep a weighting of projects, decide the batch of the first year that has money, plan it in two ways, adopt one.

    The pots together are the batch's budget, as the form for it begins.
    """
    del rng  # everything follows from the city itself
    years = sorted({pot.year for pot in pots.pots(store, actor)})
    basis = ranking_basis(store, actor, Subject.PROJECTS)
    if not years or len(basis.alternatives) < 2:
        return
    name = text("demo.weighting", Language.ZH)
    ranking.save_weighting(
        store,
        actor,
        SavedWeighting(
            name=name,
            subject=Subject.PROJECTS,
            criteria=ranking.criteria_for(basis),
            weighting=ranking.example_weightings(Subject.PROJECTS)[0],
            cut=usual_cut(len(basis.alternatives)),
        ),
    )
    of_batch = annual_batch.batch_basis(store, actor)
    decided = BatchSettings(year=years[0], budget=of_batch.budgets[years[0]])
    annual_batch.keep_batch(store, actor, annual_batch.work_out_batch(of_batch, decided))
    kept = []
    # The pots hold nearly enough for everything: the second counts on no money but what has arrived, and differs.
    asked = (("score", Objective.SCORE, True), ("households", Objective.HOUSEHOLDS, False))
    for done, (word, objective, pledges) in enumerate(asked, start=1):
        settings = ProgrammeSettings(years=(years[0],), objective=objective, weighting=name, counts_pledges=pledges)
        held = programme_input(store, actor, settings)
        found = plan_programme(held.problem)
        if found.chosen:
            made = programme.save_scenario(
                store,
                actor,
                name=text(f"demo.scenario.{word}", Language.ZH),
                note=text("demo.scenario.note", Language.ZH),
                basis=held,
                programme=found,
            )
            kept.append(made.id)
        progress("scenarios", done, len(asked))
    if kept:
        programme.adopt_scenario(store, actor, kept[0])
