"""An allocation as plain JSON values: what the command line prints and a bundle publishes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from renovation.model.elections import AGAINST, Allocation, BallotKind, Instance
from renovation.rules.election.reasons import MONEY_FIELDS
from renovation.text import Language
from renovation.text.reasons import reason_text

#: Shares (what a supporter pays) are rounded to this many places; nothing is decided by the rounded number.
PLACES = 6


def allocation_json(instance: Instance, allocation: Allocation, *, ballots: int) -> dict[str, Any]:
    """Return an allocation as plain JSON values; money in units of the currency."""
    scale = instance.scale
    projects = {project.id: project for project in instance.projects}

    def plain(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, (int, Fraction)):
            return in_units(value, scale) if name in MONEY_FIELDS else number(value)
        return list(value) if isinstance(value, tuple) else value

    settings = dict(allocation.settings)
    if "step" in settings:
        settings["step"] = in_units(settings["step"], scale)
    for name in ("category_budgets", "area_budgets"):
        if name in settings:
            settings[name] = {key: in_units(value, scale) for key, value in settings[name].items()}
    return {
        "ballots": ballots,
        "budget": in_units(allocation.budget, scale),
        "rule": allocation.rule,
        "settings": settings,
        "rules_version": allocation.rules_version,
        "projects": [
            {
                "id": outcome.project,
                "name": projects[outcome.project].name,
                "cost": in_units(projects[outcome.project].cost, scale),
                "votes": number(outcome.votes),
                "score": number(outcome.score),
                **({AGAINST: number(outcome.against)} if instance.ballot_kind is BallotKind.YES_NO else {}),
                "rank": outcome.rank,
                "selected": outcome.selected,
                "reason": {"code": outcome.reason.code}
                | {name: plain(name, value) for name, value in outcome.reason.fields.items()},
                "text": {language.value: reason_text(outcome.reason, instance, language) for language in Language},
            }
            for outcome in allocation.outcomes
        ],
        "winners": list(allocation.winners),
        "total_cost": in_units(allocation.total_cost, scale),
        "ties": [{"projects": list(tie.projects), "decided_by": tie.decided_by} for tie in allocation.ties],
    }


def number(value: int | Fraction) -> int | float:
    """Return a whole number as such, another rounded."""
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else round(float(exact), PLACES)


def in_units(amount: int | Fraction, scale: int) -> int | float:
    """Return money in units of the currency."""
    return number(Fraction(amount) / scale)
