"""Refusals of whoever comes second: the store takes a change of what somebody has read, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from renovation.errors import RenovationError
from renovation.model.demands import DemandStatus
from renovation.model.polls import PollStage
from renovation.store.demands import demands, work
from renovation.store.money import pledges, pots
from renovation.store.polls import paper, polls
from renovation.store.programme import panels
from renovation.store.projects import projects
from renovation.store.register import estates
from verbs import Scene
from verbs.refusals.steps import OPEN, Act


def _second(change: Callable[[Any, Scene], Any]) -> Act:
    """Make a change, and make it again of what was read before the first."""

    def act(scene: Scene) -> Any:
        with scene.world.store.write() as unit:
            try:
                change(unit.connection, scene)
            except RenovationError as first:
                raise AssertionError("the first is taken") from first
            return change(unit.connection, scene)

    return act


def _held(scene: Scene) -> Any:
    return scene.place.polls[OPEN]


RACES: Sequence[tuple[str, Act]] = (
    ("demand.changed", _second(lambda c, s: demands.change(c, s.demands.received, reply="好"))),
    ("demand.task_changed", _second(lambda c, s: work.move_task(c, s.tasks.first, DemandStatus.ACCEPTED, note=""))),
    ("estate.changed", _second(lambda c, s: estates.update(c, replace(s.estate, name="另名")))),
    ("project.changed", _second(lambda c, s: projects.change(c, s.projects.small, cost=1))),
    ("pledge.changed", _second(lambda c, s: pledges.change(c, s.pledges.open, offered=True))),
    ("funding.changed", _second(lambda c, s: pots.change_contribution(c, s.contribution))),
    ("pot.changed", _second(lambda c, s: pots.change_pot(c, s.town.spare_pot, s.town.spare_pot.version))),
    ("paper.changed_meanwhile", _second(lambda c, s: paper.change_batch(c, _held(s).paper.first, counted=2))),
    (
        "panel.changed_meanwhile",
        _second(lambda c, s: panels.rewrite(c, s.town.panel.id, s.town.panel.setup, version=s.town.panel.version)),
    ),
    (
        "poll.changed_meanwhile",
        _second(lambda c, s: polls.move_on(c, _held(s).id, PollStage.OPEN, PollStage.CLOSED)),
    ),
    ("kit.changed_meanwhile", _second(lambda c, s: polls.set_kit(c, _held(s).away.id, "", "1"))),
)
