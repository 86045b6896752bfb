"""Who acts, and how one act follows another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from renovation.model.accounts import Actor, Role
from renovation.model.polls import PollStage
from verbs import Scene

Act = Callable[[Scene], Any]
DRAFT, OPEN, CLOSED, PUBLISHED = PollStage.DRAFT, PollStage.OPEN, PollStage.CLOSED, PollStage.PUBLISHED


def who(scene: Scene, role: Role) -> Actor:
    found: Actor = scene.world.staff[role]
    return found


def clerk(scene: Scene) -> tuple[Any, Actor]:
    return scene.world.store, who(scene, Role.SOCIAL_WORKER)


def other_clerk(scene: Scene) -> tuple[Any, Actor]:
    return scene.world.store, who(scene, Role.SECOND_CLERK)


def admin(scene: Scene) -> tuple[Any, Actor]:
    return scene.world.store, scene.world.admin


def partial(scene: Scene, role: Role = Role.ADMIN) -> tuple[Any, Actor]:
    """Somebody who sees the other estate and nothing else."""
    return scene.world.store, replace(who(scene, role), scope=scene.world.part(scene.world.two))


def then(*acts: Act) -> Act:
    """Do one after another; what is returned is what the last returns."""
    return lambda scene: [act(scene) for act in acts][-1]
