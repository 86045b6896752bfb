"""What must hold before anything is scored 前置条件: thresholds with their source, facts, answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.errors import InvalidError
from renovation.model.canonical import to_json
from renovation.model.names import is_blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number that decides, with the law, rule or local choice it comes from.

    ``mark`` says how sure the source is: V read, S seen as an excerpt, K general knowledge, A our assumption.
    """

    code: str
    value: Fraction
    unit: str
    source: str
    mark: str
    note_zh: str = ""
    note_en: str = ""


class GateState(StrEnum):
    """What is known of a gate."""

    PASS = "pass"  # noqa: S105 - a gate's answer, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class Gate(StrEnum):
    """What must hold before anything is scored."""

    ELIGIBLE_YEAR = "eligible_year"
    NOT_EXCLUDED = "not_excluded"
    COVERAGE = "coverage"
    CONSENT = "consent"
    UPKEEP = "upkeep"
    NO_DOUBLE_FUNDING = "no_double_funding"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer, with the day of the fact behind it and the source of the threshold.

    ``reason`` is a key of the catalogue below ``gate.``; ``fields`` are its numbers; ``evidence`` says where the fact
    itself comes from.
    """

    gate: Gate
    state: GateState
    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    day: date | None = None
    source: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFact:
    """Something found out about a gate of an estate, on a day, from a source.

    Attributes
    ----------
    names
        What rules it out, or which programmes pay already (``NOT_EXCLUDED``, ``NO_DOUBLE_FUNDING``); empty is "none".
    number
        Households visited with a valid answer (``COVERAGE``).
    holds
        Whether upkeep is agreed (``UPKEEP``).
    """

    estate_id: int
    gate: Gate
    day: date
    source: str
    names: tuple[str, ...] = ()
    number: int | None = None
    holds: bool | None = None
    login: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        if is_blank(self.source):
            raise InvalidError("gate.source_missing")
        wanted = _FACT_OF.get(self.gate)
        if wanted is None:
            raise InvalidError("gate.not_recorded_here", gate=self.gate.value)
        if wanted != "names" and getattr(self, wanted) is None:
            raise InvalidError("gate.answer_missing")
        if self.number is not None and self.number < 0:
            raise InvalidError("gate.answer_missing")


#: What a fact of a gate holds. The year built stands in the estate's file, consent in its own records.
_FACT_OF = {
    Gate.NOT_EXCLUDED: "names",
    Gate.COVERAGE: "number",
    Gate.UPKEEP: "holds",
    Gate.NO_DOUBLE_FUNDING: "names",
}
#: The gates a fact can be recorded for.
RECORDED_GATES = tuple(_FACT_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateNote:
    """A gate's answer as it was noted on a day; the next note of the same gate is when it moved."""

    estate_id: int
    result: GateResult
    noted_on: date
    login: str


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON can hold of an answer's fields; shares and days as objects that name their kind."""
    return {name: _plain(value) for name, value in fields.items()}


def read_fields(held: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`plain_fields`."""
    return {name: _rich(value) for name, value in held.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return {"share": str(value)}
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _rich(value: Any) -> Any:
    if not isinstance(value, dict):
        return tuple(value) if isinstance(value, list) else value
    return Fraction(value["share"]) if "share" in value else date.fromisoformat(value["day"])


def written(answers: Iterable[GateResult]) -> str:
    """Return answers as an estate's history keeps them, for :func:`read_answers`: codes and numbers, no sentence."""
    return to_json([[one.reason, plain_fields(one.fields)] for one in answers])


def read_answers(held: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the (reason, fields) that :func:`written` kept."""
    return [(reason, read_fields(fields)) for reason, fields in json.loads(held)]
