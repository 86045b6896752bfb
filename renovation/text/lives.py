"""The lives of projects, demands and estates in words: one table each, for the help page and ``docs/lives.md``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from renovation.model.lives import (
    DEMAND_LIFE,
    ESTATE_LIFE,
    PROJECT_LIFE,
    DemandAct,
    EstateAct,
    Life,
    ProjectAct,
    neighbours,
)
from renovation.text import Language, text
from renovation.text.formats import format_list

#: The nouns that have a life, by the key of their name below ``life_noun``.
LIVES: Mapping[str, Life[Any, Any]] = {"project": PROJECT_LIFE, "demand": DEMAND_LIFE, "estate": ESTATE_LIFE}
#: On which page an act is done, or brought about.
PAGE_OF: Mapping[ProjectAct | DemandAct | EstateAct, str] = {
    ProjectAct.CREATE: "projects",
    ProjectAct.EDIT: "projects",
    ProjectAct.RECORD_FIGURE: "projects",
    ProjectAct.OPEN_POLL: "polls",
    ProjectAct.WIN: "polls",
    ProjectAct.LOSE: "polls",
    ProjectAct.CANCEL_POLL: "polls",
    ProjectAct.ADOPT: "scenarios",
    ProjectAct.TAKE_BACK: "scenarios",
    ProjectAct.BEGIN_WORKS: "money",
    ProjectAct.FINISH_WORKS: "money",
    ProjectAct.WITHDRAW: "projects",
    DemandAct.TAKE_IN: "new_demand",
    DemandAct.DISPATCH: "demand",
    DemandAct.ACCEPT: "demand",
    DemandAct.REFUSE: "demand",
    DemandAct.DISOWN: "demand",
    DemandAct.BEGIN: "demand",
    DemandAct.TAKE_UP: "projects",
    DemandAct.LET_GO: "projects",
    DemandAct.ANSWER: "demand",
    DemandAct.SOLVE: "my_demand",
    DemandAct.DISPUTE: "my_demand",
    DemandAct.MERGE: "demand",
    DemandAct.BRING_BACK: "floods",
    EstateAct.ENTER: "imports",
    EstateAct.RECORD: "estate",
    EstateAct.FAIL_GATE: "gates",
    EstateAct.LIST: "scenarios",
    EstateAct.RELEASE: "scenarios",
    EstateAct.BEGIN_WORKS: "money",
    EstateAct.FINISH_WORKS: "money",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeLine:
    """One line of a life in words: by which act, from where, to where, what it does to neighbours, on which page."""

    act: str
    before: str
    after: str
    does: str
    page: str


def word(member: StrEnum, language: Language | str) -> str:
    """Return a status or an act as people read it."""
    return text(f"enum.{type(member).__name__}.{member.value}", language)


def life_lines(life: Life[Any, Any], language: Language | str) -> tuple[LifeLine, ...]:
    """Return a life line by line: what makes one, then act by act in the order of the work."""
    born = LifeLine(
        act=word(life.born, language),
        before="—",
        after=word(life.begins, language),
        does=_does(life.born, [life.begins], life.begins, language),
        page=_page(life.born, language),
    )
    found = [born]
    grouped: dict[tuple[StrEnum, StrEnum], list[StrEnum]] = {}
    for step in life.steps:
        grouped.setdefault((step.act, step.after), []).append(step.before)
    for (act, after), befores in grouped.items():
        found.append(
            LifeLine(
                act=word(act, language),
                before=format_list((word(one, language) for one in befores), str(language)),
                after=word(after, language),
                does=_does(act, befores, after, language),
                page=_page(act, language),
            )
        )
    return tuple(found)


def _page(act: Any, language: Language | str) -> str:
    return text(f"page.{PAGE_OF[act]}", language)


def _does(act: StrEnum, befores: Iterable[Any], after: Any, language: Language | str) -> str:
    if not isinstance(act, ProjectAct):
        return ""
    said = []
    for one in dict.fromkeys(one for before in befores for one in neighbours(act, before, after)):
        noun = "demand" if isinstance(one, DemandAct) else "estate"
        said.append(text(f"lives.does_{noun}", language, act=word(one, language)))
    return format_list(said, str(language), clauses=True)


def next_acts(status: StrEnum) -> tuple[ProjectAct | DemandAct | EstateAct, ...]:
    """Return what may be done next with something that stands at a status, in the order of the work."""
    life = next(one for one in LIVES.values() if isinstance(status, type(one.begins)))
    return tuple(dict.fromkeys(step.act for step in life.steps if step.before is status))


COLUMNS = ("act", "before", "after", "does", "page")


def lives_document() -> str:
    """Return ``docs/lives.md``: a picture and a table of each life, in both languages."""
    parts = [f"# {text('lives.title', Language.EN)}", "", text("lives.lead", Language.EN), ""]
    for noun, life in LIVES.items():
        parts += [f"## {text(f'life_noun.{noun}', Language.EN)} {text(f'life_noun.{noun}', Language.ZH)}", ""]
        parts += ["```mermaid", *_picture(life), "```", ""]
        for language in (Language.EN, Language.ZH):
            parts += [*_table(life, language), ""]
    return "\n".join(parts)


def _picture(life: Life[Any, Any]) -> Iterable[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {life.begins.value}: {life.born.value}"
    for step in life.steps:
        # What is written by hand goes from everywhere to everywhere.
        if step.act is not EstateAct.RECORD and step.before is not step.after:
            yield f"    {step.before.value} --> {step.after.value}: {step.act.value}"


def _table(life: Life[Any, Any], language: Language) -> Iterable[str]:
    yield "| " + " | ".join(text(f"lives.column.{name}", language) for name in COLUMNS) + " |"
    yield "| --- | --- | --- | --- | --- |"
    for line in life_lines(life, language):
        yield "| " + " | ".join(getattr(line, name) for name in COLUMNS) + " |"
