"""A rule with its settings in plain sentences, as a poll announces them and a notice repeats them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from renovation.model.elections import BallotKind, Instance
from renovation.rules.election.settings import HALF, exact_number
from renovation.text import Language, has_text, text
from renovation.text.formats import format_count, format_percent, money_writer

#: Rules that compare what all ballots give a project.
_BY_SUMS = frozenset({"greedy", "greedy-stop", "greedy-per-cost", "max-welfare"})


def category_label(category: str, language: Language | str) -> str:
    """Return a category as people read it: the catalogue's classes by name, any other word as it is."""
    key = f"item_class.{category}"
    return text(key, language) if has_text(key) else category


def rule_label(rule: str, settings: Mapping[str, Any], language: Language | str) -> str:
    """Return a rule's name as people read it."""
    raised = rule == "mes" and settings.get("add1", "off") != "off"
    return text(f"rule_name.{'mes-add1' if raised else rule}", language)


def rule_help(
    rule: str,
    settings: Mapping[str, Any],
    language: Language | str,
    *,
    kind: BallotKind = BallotKind.APPROVAL,
    places: int | None = None,
) -> str:
    """Return what a rule does, in a sentence; where ballots give more than votes, another says what is added up.

    Parameters
    ----------
    places
        How many a ranking may name: the first of them gets as many points.
    """
    raised = rule == "mes" and settings.get("add1", "off") != "off"
    said = [text(f"rule_help.{'mes-add1' if raised else rule}", language)]
    summed = "ordinal_limit" if kind is BallotKind.RANKING and places else kind.value
    if rule in _BY_SUMS and has_text(f"rule_sums.{summed}"):
        said.append(text(f"rule_sums.{summed}", language, places=places))
    return (" " if language == Language.EN else "").join(said)


def tie_label(settings: Mapping[str, Any], language: Language | str) -> str:
    """Return what decides between equal projects, with the seed of a lot."""
    name = settings.get("tie_break", "id")
    said = text(f"reason.tie_break.{name}", language)
    return text("rule_setting.lot", language, seed=settings.get("seed", "")) if name == "lot" else said


def setting_sentences(
    rule: str, settings: Mapping[str, Any], instance: Instance, language: Language | str
) -> tuple[str, ...]:
    """Say every setting in force beside the rule and its tie-break, one short sentence each."""
    return tuple(_sentences(rule, settings, instance, language))


def _sentences(rule: str, settings: Mapping[str, Any], instance: Instance, language: Language | str) -> Iterable[str]:
    names = {project.id: project.name or project.id for project in instance.projects}

    def setting(key: str, **fields: Any) -> str:
        return text(f"rule_setting.{key}", language, **fields)

    money = money_writer(instance, str(language))
    if rule == "mes":
        yield setting(f"utility_{settings.get('utility', 'cost')}")
        if (add1 := settings.get("add1", "off")) != "off":
            yield setting(f"add1_{add1}", step=money(settings.get("step", instance.scale)))
    if settings.get("completion", "none") != "none":
        yield setting("completion")
    if settings.get("floor") is None:
        yield setting("needs_vote")
    elif floor := Fraction(settings["floor"]):
        yield setting("floor", floor=format_count(floor, str(language)))
    else:
        yield setting("needs_no_vote")
    if settings.get("relative_floor") is not None:
        yield setting("relative_floor", share=format_percent(Fraction(settings["relative_floor"]), str(language)))
    if instance.ballot_kind is BallotKind.YES_NO:
        share = exact_number(settings.get("yes_share", HALF))
        told = format_percent(share, str(language))
        yield setting("more_yes") if share == HALF else setting("yes_share", share=told)
    if out := settings.get("impossible"):
        listed = tuple(f"“{names.get(one, one)}”" for one in out)
        yield setting("impossible", projects=listed)
    for group in settings.get("exclusive", ()):
        listed = tuple(f"“{names.get(one, one)}”" for one in group)
        yield setting("exclusive", projects=listed)
    for category, amount in settings.get("category_budgets", {}).items():
        yield setting("category_budget", category=category_label(category, language), money=money(amount))
    for area, amount in settings.get("area_budgets", {}).items():
        yield setting("area_budget", area=area, money=money(amount))
    for area, cap in settings.get("area_caps", {}).items():
        yield setting("area_cap", area=area, cap=cap)
    if any(project.mandatory for project in instance.projects):
        yield setting("mandatory")
    if any(project.full_cost is not None for project in instance.projects):
        yield setting("public_share")
