"""A reason in one plain sentence, in the currency and with the project names of its election."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from renovation.model.elections import Candidate, Instance, Reason, Tie
from renovation.rules.election.reasons import MONEY_FIELDS, PROJECT_FIELDS, SURELY, changes
from renovation.text import Language, text
from renovation.text.formats import format_count, format_list, format_money, format_percent, stands_in_yuan
from renovation.text.rules import category_label

#: What one person pays or holds: never compared with the sums of a sentence.
_EACH = ("payment", "share")
_COST_TO = "cost_to"


def project_label(project: Candidate, language: Language | str) -> str:
    """Name a project as people find it: by its printed number, else by its id."""
    if not project.name:
        return text("reason.project.id", language, id=project.id)
    key = "numbered" if project.number else "named"
    return text(f"reason.project.{key}", language, number=project.number, id=project.id, name=project.name)


def reason_text(reason: Reason, instance: Instance, language: Language | str) -> str:
    """Say why a project was or was not selected, and the smallest change that would have made it win."""
    fields = _shown(reason, instance, language)
    said = text(f"reason.{reason.code}", language, **fields)
    change = changes(reason)
    if change:
        key = "_or_".join(name.removeprefix("extra_").removesuffix("_to") for name in change)
        if reason.fields.get(SURELY):
            key += "_surely"
        said += text(f"reason.change.{key}", language, **{name: fields[name] for name in change})
    return said + text("reason.end", language)


def tie_text(tie: Tie, instance: Instance, language: Language | str) -> str:
    """Say which projects stood equal, and what decided."""
    names = _names(tie.projects, instance, language)
    decided_by = text(f"reason.tie_break.{tie.decided_by}", language)
    return text("reason.tie", language, projects=names, decided_by=decided_by).strip()


def _names(ids: tuple[str, ...], instance: Instance, language: Language | str) -> str:
    """Name projects inside a sentence; Chinese sets a space before a number."""
    labels = [project_label(instance.project(project_id), language) for project_id in ids]
    named = format_list(labels, str(language))
    return f" {named}" if language == Language.ZH and named[:1].isdigit() else named


def _money(reason: Reason, instance: Instance, language: Language | str) -> dict[str, str]:
    """Write the amounts of a sentence in the unit of its page; what one person pays always stands in 元."""
    in_yuan = stands_in_yuan(instance)

    def written(name: str, value: Any) -> str:
        # Below another one's cost by the least there is: it is that cost that people know.
        is_below = name == _COST_TO and instance.scale > 1 and (value + 1) % instance.scale == 0
        said = format_money(
            value + is_below, instance.currency, instance.scale, str(language), in_yuan=in_yuan or name in _EACH
        )
        return text("reason.below", language, cost=said) if is_below else said

    return {name: written(name, value) for name, value in reason.fields.items() if name in MONEY_FIELDS}


def _shown(reason: Reason, instance: Instance, language: Language | str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    money = _money(reason, instance, language)
    for name, value in reason.fields.items():
        if name in MONEY_FIELDS:
            shown[name] = money[name]
        elif name in PROJECT_FIELDS:
            shown[name] = _names((value,) if isinstance(value, str) else tuple(value), instance, language)
        elif name == "decided_by":
            shown[name] = text(f"reason.tie_break.{value}", language)
        elif name == "yes_share":
            shown[name] = format_percent(value, str(language))
        elif name == "category":
            shown[name] = category_label(value, language)
        elif isinstance(value, (int, Fraction)) and not isinstance(value, bool):
            shown[name] = format_count(value, str(language))
        else:
            shown[name] = value
    unit = "points" if instance.ballot_kind in ("cumulative", "ordinal") else "votes"
    units = {"score": unit, "floor": unit} | {name: name for name in ("payers", "extra_votes", "extra_points")}
    for name in units.keys() & shown.keys():
        number = "_one" if reason.fields[name] == 1 else ""
        shown[name] = text(f"reason.unit.{units[name]}{number}", language, count=shown[name])
    if "rank" in shown:
        placed = "per_cost" if shown.get("per_cost") else unit
        shown["placed"] = text(f"reason.placed.{placed}", language, rank=shown["rank"], score=shown["score"])
    return shown
