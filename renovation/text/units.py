"""What works are counted in, in the language of whoever reads: lists hold the unit as Chinese offices write it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from renovation.text import Language, catalogue, text

_KEYS = "unit."


@cache
def _known() -> Mapping[str, str]:
    return {said[Language.ZH.value]: key for key, said in catalogue().items() if key.startswith(_KEYS)}


def unit_label(unit: str, language: Language | str, *, many: bool = False) -> str:
    """Name a unit; one that somebody made up for own works stays as it was typed."""
    key = _known().get(unit)
    return unit if key is None else text(key, language).split("|")[-1 if many else 0]


def quantity_text(quantity: Decimal, unit: str, language: Language | str) -> str:
    """Write how much there is of what: "12 盏", "12 lamps"."""
    shown = f"{quantity:,f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return f"{shown} {unit_label(unit, language, many=quantity != 1)}".strip()
