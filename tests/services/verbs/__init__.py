"""The table of all public verbs: what each asks, what it works on, and an example call.

A public verb is a function of the services that takes an ``actor``. Each has one row, in the file of its wing.
Parameters without a default are filled by their name (:data:`EXAMPLES`); a row says only what differs. Examples speak
of the estate one stands in (``here``).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import renovation.services
from renovation.model.accounts import WHOLE_TOWN, Action
from renovation.model.polls import TIMETABLE, PollAct, PollStage
from renovation.text import Language
from verbs.laid import Place, World

#: Wings whose rows stand in a file of this folder.
WINGS = (
    "register",
    "surveys",
    "demands",
    "projects",
    "money",
    "polls",
    "outcome",
    "programme",
    "house",
    "staff",
    "lists",
)


class Kind(StrEnum):
    """What a verb works on."""

    ACCOUNT = "account"
    ESTATE = "estate"
    DEMAND = "demand"
    PROJECT = "project"
    POLL = "poll"
    PLAN = "plan"
    TOWN = "town"
    SELF = "self"


class Outside(StrEnum):
    """What an account gets that sees another part of town."""

    #: It is not there, or not for this account; nothing changes.
    REFUSED = "refused"
    #: Neither there nor in its own part: it is for who sees the whole town.
    TOWN_ONLY = "town_only"
    #: An answer without anything of the part that is out of sight.
    PART = "part"
    #: What everybody gets: it is public, or belongs to the whole town.
    SAME = "same"


class Scene:
    """What an example speaks of: an estate, its poll of a stage, and the town around it."""

    def __init__(self, world: World, place: Place, stage: PollStage) -> None:
        self.world, self.place, self.stage = world, place, stage
        self.town, self.poll = world.town, place.polls[stage]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.place, name)


class Path:
    """A step by step way to something of the scene, written down before there is one: ``here.poll.id``."""

    def __init__(self, *steps: str) -> None:
        self._steps = steps

    def __getattr__(self, name: str) -> Path:
        return Path(*self._steps, name)

    def _of(self, scene: Scene) -> Any:
        found: Any = scene
        for step in self._steps:
            found = getattr(found, step)
        return found


here = Path()

#: What fills a parameter that has no default, unless a row says otherwise.
EXAMPLES: Mapping[str, Any] = {
    "account_id": here.account.id,
    "building_id": here.building.id,
    "consent_id": here.consent.id,
    "contribution_id": here.contribution.id,
    "demand_id": here.demands.received.id,
    "estate_id": here.estate.id,
    "estate_ids": lambda scene: [scene.estate.id],
    "language": Language.ZH,
    "locality": here.town.locality,
    "panel_id": here.town.panel.id,
    "payment_id": here.payment.id,
    "photo_id": here.photo.id,
    "pledge_id": lambda scene: int(scene.pledges.open.id),
    "poll_id": here.poll.id,
    "pot_id": lambda scene: int(scene.town.spare_pot.id),
    "project_id": here.projects.priced.id,
    "reason": "居民要求",
    "scenario_id": here.town.scenario.id,
    "task_id": here.tasks.first.id,
    "venue_id": here.poll.venue.id,
    "work_id": here.work.id,
    "year": here.town.year,
}


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A row of the table.

    Attributes
    ----------
    asks
        The permissions that it needs, all of them; without any, whoever has an account may ask.
    or_asks
        Another permission that does as well.
    acts
        The acts of a poll it performs.
    stage
        The stage of the poll that the example speaks of.
    outside
        What an account gets that sees another part of town.
    also
        Further examples, as what differs from the first; they reach what the first does not.
    alone
        Whether it needs a store for itself, because it touches the file and not only what is in it.
    before
        What has to happen before the call.
    """

    function: Callable[..., Any]
    asks: frozenset[Action]
    kind: Kind
    outside: Outside
    or_asks: Action | None = None
    acts: tuple[PollAct, ...] = ()
    stage: PollStage = PollStage.OPEN
    example: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Mapping[str, Any], ...] = ()
    alone: bool = False
    before: Callable[[Scene], None] | None = None

    @property
    def name(self) -> str:
        """How tests call it: ``polls.polls.open_poll``."""
        return name_of(self.function)

    def arguments(self, scene: Scene, differs: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the example says, besides who asks and where."""
        said = {**self.example, **(differs or {})}
        found = {}
        for parameter in inspect.signature(self.function).parameters.values():
            if parameter.name in said:
                found[parameter.name] = _filled(said[parameter.name], scene)
            elif parameter.default is parameter.empty and parameter.name not in ("store", "actor"):
                found[parameter.name] = _filled(EXAMPLES[parameter.name], scene)
        return found

    def ask(self, store: Any, actor: Any, arguments: Mapping[str, Any]) -> Any:
        """Make a call as somebody."""
        where = {"store": store} if "store" in inspect.signature(self.function).parameters else {}
        return self.function(**where, actor=actor, **arguments)


def _filled(value: Any, scene: Scene) -> Any:
    if isinstance(value, Path):
        return value._of(scene)
    return value(scene) if inspect.isfunction(value) else value


def name_of(function: Callable[..., Any]) -> str:
    """Return wing, module and function."""
    return f"{function.__module__.removeprefix('renovation.services.')}.{function.__name__}"


def row(
    function: Callable[..., Any],
    asks: Action | tuple[Action, ...],
    kind: Kind,
    outside: Outside | None = None,
    *,
    or_asks: Action | None = None,
    act: PollAct | tuple[PollAct, ...] = (),
    stage: PollStage | None = None,
    also: tuple[Mapping[str, Any], ...] = (),
    example: Mapping[str, Any] | None = None,
    alone: bool = False,
    before: Callable[[Scene], None] | None = None,
) -> Verb:
    """Make a row.

    Unless it says otherwise, what lies out of sight is refused, and so is what concerns the whole town by its
    permission; what else belongs to the town is the same to all.
    """
    acts = act if isinstance(act, tuple) else (act,)
    if stage is None:
        stage = next((one for one in PollStage if acts and all(one in TIMETABLE[each][0] for each in acts)), None)
    asked = frozenset(asks if isinstance(asks, tuple) else (asks,))
    if outside is None:
        shared = kind in (Kind.TOWN, Kind.SELF) and not asked & WHOLE_TOWN
        outside = Outside.SAME if shared else Outside.TOWN_ONLY if asked & WHOLE_TOWN else Outside.REFUSED
    return Verb(
        function=function,
        asks=asked,
        or_asks=or_asks,
        kind=kind,
        outside=outside,
        acts=acts,
        stage=stage or PollStage.OPEN,
        also=also,
        example=example or {},
        alone=alone,
        before=before,
    )


def table() -> dict[str, Verb]:
    """Return every row by the name of its verb."""
    rows = [one for wing in WINGS for one in importlib.import_module(f"verbs.{wing}").ROWS]
    return {one.name: one for one in rows}


def public_verbs() -> Iterator[str]:
    """Yield the name of every public function of the services that takes an actor."""
    for module in pkgutil.walk_packages(renovation.services.__path__, "renovation.services."):
        wing, _, inside = module.name.removeprefix("renovation.services.").partition(".")
        if wing == "demo" or not (inside or wing == "lists"):
            continue
        loaded = importlib.import_module(module.name)
        for name, function in vars(loaded).items():
            if (
                inspect.isfunction(function)
                and function.__module__ == module.name
                and not name.startswith("_")
                and "actor" in inspect.signature(function).parameters
                and "connection" not in inspect.signature(function).parameters
            ):
                yield name_of(function)
