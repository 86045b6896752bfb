"""The draft of a poll's menu from what doors wish for most: what goes on it, what is left out, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import partial

from renovation.errors import NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.items import Item, ItemClass
from renovation.model.lives import PROJECT_LIFE, ProjectAct
from renovation.model.places import Deficit
from renovation.model.projects import Project, ProjectFilter
from renovation.model.scope import Scope
from renovation.model.surveys import WISHES
from renovation.services import lists
from renovation.services.doors import Door, reading
from renovation.services.projects.items import kept_catalogue
from renovation.services.surveys.figures import figures_of, option_counts
from renovation.store import Store
from renovation.store.projects import projects

#: Projects that a voter can still weigh against each other.
MOST_ON_MENU = 12
_FREE = PROJECT_LIFE.before(ProjectAct.OPEN_POLL)


class KeptOff(StrEnum):
    """Why a wish, or a project that would fulfil it, does not go on the menu."""

    NO_PROJECT = "no_project"
    BASIC = "basic"
    TAKEN = "taken"
    DEAR = "dear"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuLine:
    """A wish with a project that would fulfil it.

    Attributes
    ----------
    share
        Of the households that said what they wish for.
    kept_off
        Why it does not go on the menu; ``None`` where it does.
    """

    wish: Deficit
    found: int
    share: Fraction
    project: Project | None
    kept_off: KeptOff | None = None


def menu_of(store: Store, actor: Actor | None, survey_id: int, estate_id: int, budget: int) -> tuple[MenuLine, ...]:
    """Return what an estate's doors wish for most with the projects that would fulfil it, under a budget in fen.

    Raises
    ------
    NotFoundError
        ``survey.not_found``; ``estate.not_found``: it is none of the survey's.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _menu(door, survey_id, estate_id, budget)


def _menu(door: Door, survey_id: int, estate_id: int, budget: int) -> tuple[MenuLine, ...]:
    held = door.survey(survey_id)
    if estate_id not in held.draft.estate_ids:
        raise NotFoundError("estate.not_found", id=estate_id)
    asked, counts = option_counts(door.connection, held, figures_of(door.connection, held, {WISHES}), WISHES, estate_id)
    rows = projects.listed(door.connection, ProjectFilter(scope=Scope(estate_id=estate_id)), scopes=[door.scope])
    items, rules = kept_catalogue(door.connection), lists.deficit_rules(door.connection)
    basic = {item.code for item in items if item.item_class is ItemClass.BASIC}
    lines: list[MenuLine] = []
    seen: set[int] = set()
    for wish, found in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if not found:
            continue
        fulfilling = [
            row.project for row in rows if Deficit(wish) in rules.mends.get(row.project.item_code, frozenset())
        ]
        told = partial(MenuLine, wish=Deficit(wish), found=found, share=Fraction(found, asked))
        if not fulfilling:
            lines.append(told(project=None, kept_off=KeptOff.NO_PROJECT))
        for project in sorted(fulfilling, key=lambda one: one.id):
            if project.id in seen:
                continue
            seen.add(project.id)
            placed = sum(one.kept_off is None for one in lines)
            lines.append(told(project=project, kept_off=_kept_off(project, basic, budget, placed)))
    return tuple(lines)


def _kept_off(project: Project, basic: set[str], budget: int, placed: int) -> KeptOff | None:
    if project.item_code in basic:
        return KeptOff.BASIC
    if project.status not in _FREE:
        return KeptOff.TAKEN
    if project.cost > budget:
        return KeptOff.DEAR
    return KeptOff.BEYOND if placed >= MOST_ON_MENU else None


def mending(store: Store, actor: Actor | None, wish: Deficit) -> tuple[Item, ...]:
    """Return the items of the catalogue that mend a deficit, the first named first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        rules = lists.deficit_rules(door.connection)
        return tuple(one for one in kept_catalogue(door.connection) if wish in rules.mends.get(one.code, frozenset()))
