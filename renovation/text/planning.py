"""Reasons of gates, programme and batch in one plain sentence each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from renovation.model.elections import Reason
from renovation.model.gates import GateResult
from renovation.model.programme import Constraint
from renovation.text import Language, text
from renovation.text.formats import format_money
from renovation.text.rules import category_label

#: Fields in fen, or in the smallest unit of a file's currency.
MONEY_FIELDS = frozenset({"cost", "cap", "short", "left", "added"})


def planning_reason_text(reason: Reason, language: Language | str, *, currency: str = "CNY", scale: int = 100) -> str:
    """Say why a project or estate is in, or is not."""
    fields: dict[str, Any] = {
        name: format_money(value, currency, scale, str(language), in_yuan=False) if name in MONEY_FIELDS else value
        for name, value in reason.fields.items()
    }
    if "group" in fields:
        fields["group"] = category_label(fields["group"], language)
    return text(f"reason.{reason.code}", language, **fields)


def gate_text(result: GateResult, language: Language | str) -> str:
    """Say what is known of a gate."""
    return text(f"reason.gate.{result.reason}", language, **result.fields)


def constraint_text(constraint: Constraint, language: Language | str, *, names: Collection[str] = ()) -> str:
    """Name a rule of a programme; ``names`` replaces the ids it stands for."""
    return text(
        f"constraint.{constraint.kind.value}", language, name=tuple(names) or category_label(constraint.name, language)
    )
