"""What a ``.pb`` file says of the rule it was decided by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError
from renovation.imports.polls.pabulib import FLOOR, WHOLE, amount_of
from renovation.imports.polls.pabulib_votes import NUMBER
from renovation.model.elections import OWN_RULE, Instance
from renovation.rules.election.settings import Add1, Settings, settings_from

#: The rule labels of files, and what they mean (the collection's own notes and the README of its data).
_LABELS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "greedy": ("greedy", {}),
    "greedy-threshold": ("greedy", {}),
    "greedy-exclusive": ("greedy", {}),
    "greedy-no-skip": ("greedy-stop", {}),
    "greedy-custom": ("greedy-stop", {}),
    "equalshares": ("mes", {}),
    "equalshares/add1": ("mes", {"add1": Add1.OVERSPEND}),
    "equalshares/add1-comparison": ("mes", {"add1": Add1.OVERSPEND}),
}


def declared_rule(instance: Instance) -> tuple[str, Settings]:
    """Return the rule a file says it was decided by, with its floor and its budgets per category or area.

    Raises
    ------
    InvalidError
        ``pabulib.rule_unknown`` (no label, or one without a known meaning), ``pabulib.limits`` (names and amounts of
        budgets do not match) or ``pabulib.rule_settings`` (our own settings are damaged).
    """
    meta = instance.meta
    if OWN_RULE in meta:
        return _own_rule(meta[OWN_RULE], instance.scale)
    label = meta.get("rule", "").strip().lower()
    if label not in _LABELS:
        raise InvalidError("pabulib.rule_unknown", label=label or "-")
    rule, fields_ = _LABELS[label]
    floor = meta.get(FLOOR, "").strip()
    return rule, Settings(
        floor=int(floor) if WHOLE.fullmatch(floor) else None,
        category_budgets=_pots(instance, "categories", "budget_per_category"),
        area_budgets=_pots(instance, "neighborhoods", "budget_per_neighborhood"),
        **fields_,
    )


def _own_rule(written: str, scale: int) -> tuple[str, Settings]:
    try:
        held = json.loads(written)
        settings = dict(held["settings"])
        if "step" in settings:
            settings["step"] = _smallest(settings["step"], scale)
        for name in ("category_budgets", "area_budgets"):
            if name in settings:
                settings[name] = {key: _smallest(amount, scale) for key, amount in settings[name].items()}
        return str(held["rule"]), settings_from(settings)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidError):
        raise InvalidError("pabulib.rule_settings", key=OWN_RULE) from None


def _smallest(amount: str, scale: int) -> int:
    if not NUMBER.fullmatch(amount) or (exact := Fraction(amount) * scale).denominator != 1:
        raise ValueError(amount)
    return exact.numerator


#: META keys that describe how winners were chosen and that no rule here applies; a recount may differ by them.
NOT_APPLIED = ("leftover_budget",)


def not_applied(instance: Instance) -> dict[str, str]:
    """Return what a file says of its rule that is kept but not applied."""
    return {key: instance.meta[key] for key in NOT_APPLIED if instance.meta.get(key)}


def _pots(instance: Instance, names_key: str, amounts_key: str) -> dict[str, int]:
    amounts = [part.strip() for part in instance.meta.get(amounts_key, "").split(",") if part.strip()]
    if not amounts:
        return {}
    names = [part.strip() for part in instance.meta.get(names_key, "").split(",") if part.strip()]
    exact = [amount_of(amount) for amount in amounts]
    if len(names) != len(amounts) or None in exact:
        raise InvalidError("pabulib.limits", key=amounts_key)
    return {name: int((amount or 0) * instance.scale) for name, amount in zip(names, exact, strict=True)}
