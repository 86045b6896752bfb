"""The demonstration city: Huizhou's real district boundaries, everything inside them invented from a seed."""

from __future__ import annotations

import random

from renovation.errors import ConflictError
from renovation.model.accounts import Action, Actor, Role
from renovation.model.lists import ListKind
from renovation.services import lists
from renovation.services.acts import acting
from renovation.services.demo import demands, facilities, gates, money, places, polls, projects, scenarios, surveys
from renovation.services.demo.places import Progress
from renovation.services.staff import accounts
from renovation.services.staff.installation import is_demonstration, mark_demonstration
from renovation.store import Store, wipe

__all__ = ["DEMO_ACCOUNTS", "DEMO_PASSWORD", "PARTS", "Progress", "load_demo"]

#: Of every account of the demonstration city, which holds nothing worth protecting; shown on its sign-in page only.
DEMO_PASSWORD = "demo-huizhou"  # noqa: S105
DEMO_ACCOUNTS = {
    "shegong": ("社工（演示）", Role.SOCIAL_WORKER),
    "erlu": ("复核员（演示）", Role.SECOND_CLERK),
    "guihua": ("规划员（演示）", Role.PLANNER),
    "guanli": ("管理员（演示）", Role.ADMIN),
    "guancha": ("观察员（演示）", Role.OBSERVER),
    "zhujian": ("住建局经办人（演示）", Role.DEPARTMENT),
}

#: In the order they build on each other; each draws from a stream of its own, so one never changes another.
PARTS = {
    "places": places.build,
    "facilities": facilities.build,
    "demands": demands.build,
    "projects": projects.build,
    "polls": polls.build,
    "money": money.build,
    "gates": gates.build,
    "scenarios": scenarios.build,
    "drafts": polls.build_draft,
    "surveys": surveys.build,
}

#: Who issues the papers of the demonstration; no such office, street or number exists.
_OFFICE = (
    {
        "name": "演示区老旧小区改造办公室（演示）",
        "address": "演示区演示路1号",
        "phone": "0752-0000000",
        "person": "演示联系人",
        "hours": "工作日 9:00-12:00、14:30-17:30",
    },
)
_BUILDER = Actor(role=Role.ADMIN, login="演示城市", name="演示城市")


def _silent(part: str, done: int, total: int) -> None:
    """Tell nobody."""


def load_demo(store: Store, progress: Progress | None = None, *, seed: int = 2020) -> None:
    """Build the demonstration city anew in an empty store or over an earlier demonstration.

    Parameters
    ----------
    progress
        Called with the part's name (catalogue ``demo.part.<name>``), how much of it is done, and of how much.
    seed
        The same seed gives the same city.

    Raises
    ------
    ConflictError
        ``demo.not_empty``: the store holds real data, which is left untouched.
    """
    tell = progress or _silent
    with acting(store, _BUILDER, Action.MANAGE_ACCOUNTS) as unit:
        if not is_demonstration(store) and wipe.holds_anything(unit.connection):
            raise ConflictError("demo.not_empty")
        wipe.wipe(unit.connection)
        mark_demonstration(unit.connection)
        lists.seed(unit, {ListKind.OFFICE: _OFFICE})
        drafts = [
            accounts.AccountDraft(login=login, name=name, role=role, department=demands.DEPARTMENT)
            for login, (name, role) in DEMO_ACCOUNTS.items()
        ]
        accounts.add_with_password(unit, drafts, DEMO_PASSWORD)
        unit.commit()
    for name, build in PARTS.items():
        # Chance that can be repeated, not secrecy.
        build(store, _BUILDER, random.Random(f"{seed}:{name}"), tell)  # noqa: S311
