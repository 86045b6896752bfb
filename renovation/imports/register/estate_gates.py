"""What an estate list says of gates and of the owners' consent, beside the facts of the estates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from renovation.errors import InvalidError
from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.values import days, values
from renovation.model.clock import today
from renovation.model.consents import AREAS, HEADS, ConsentCount
from renovation.model.gates import Gate

T = TypeVar("T")

GATE_FIELDS = (
    Field("ruled_out", ("排除情形", "属于哪些排除范围", "不纳入改造情形", "是否征收拆迁", "ruled out")),
    Field("visited", ("有效走访户数", "入户调查户数", "已入户户数", "有效答复户数", "households visited")),
    Field("upkeep_agreed", ("长效管理已商定", "长效管理是否商定", "后续管护已落实", "长效管护机制", "upkeep agreed")),
    Field("paid_elsewhere", ("其他资金已支持", "已列入其他专项", "重复资金", "已获其他补助", "paid elsewhere")),
    Field("gate_day", ("核查日期", "核对日期", "核实日期", "checked on")),
    Field("gate_source", ("核查依据", "核查来源", "从哪里核对", "核实依据", "checked where")),
)
CONSENT_FIELDS = (
    Field("total_heads", ("业主总人数", "业主总数", "专有部分人数", "表决总户数", "owners in all")),
    Field("agree_heads", ("同意人数", "同意户数", "同意改造户数", "owners agreeing")),
    Field("object_heads", ("反对人数", "反对户数", "不同意户数", "owners objecting")),
    Field("abstain_heads", ("弃权人数", "弃权户数", "owners abstaining")),
    Field("total_area", ("专有面积合计", "专有部分面积", "专有总面积", "floor area in all")),
    Field("agree_area", ("同意面积", "同意专有面积", "floor area agreeing")),
    Field("object_area", ("反对面积", "不同意面积", "floor area objecting")),
    Field("abstain_area", ("弃权面积", "floor area abstaining")),
    Field("consent_day", ("表决日期", "征求意见日期", "同意日期", "decided on")),
    Field("consent_until", ("同意有效至", "表决有效期至", "valid until")),
    Field("consent_evidence", ("签字材料存放处", "表决材料", "同意依据", "表决档案号", "signed sheets")),
    Field("consent_subject", ("表决事项", "征求意见事项", "what was decided")),
)
#: What says that something was looked for and not found.
_NONE = ("无", "没有", "否", "不属于", "不涉及", "不是", "none", "no")
#: Columns for which a plain "yes" says too little: what it is has to be named.
_YES = ("是", "有", "属于", "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """The owners' consent as a list gives it: counts, and when and where as far as the list says so."""

    count: ConsentCount
    subject: str
    decided_on: date | None = None
    valid_until: date | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatesRow:
    """What a row says of an estate's gates.

    Attributes
    ----------
    answers
        Gate → names of what rules it out or pays already (empty: none), households visited, or whether upkeep is
        agreed.
    checked_on, checked_in
        When and where it was checked, as far as the list says so.
    """

    answers: Mapping[Gate, tuple[str, ...] | int | bool] = field(default_factory=dict)
    checked_on: date | None = None
    checked_in: str = ""
    consent: ConsentRow | None = None


def gates_row(cells: Cells, *, households: int | None, floor_area_m2: Decimal | None) -> GatesRow | None:
    """Read the gates and the consent of a row; ``None`` where it says nothing of them.

    Parameters
    ----------
    households, floor_area_m2
        Of the same row: what the owners and their floor area add up to where the list has no column for it.
    """
    known = cells.table.columns
    if not any(one.name in known for one in (*GATE_FIELDS, *CONSENT_FIELDS)):
        return None
    answers: dict[Gate, tuple[str, ...] | int | bool] = {}
    for gate, name in ((Gate.NOT_EXCLUDED, "ruled_out"), (Gate.NO_DOUBLE_FUNDING, "paid_elsewhere")):
        if (named := _names(cells, name)) is not None:
            answers[gate] = named
    if (visited := cells.whole("visited", 1_000_000)) is not None:
        answers[Gate.COVERAGE] = visited
    if (agreed := cells.read("upkeep_agreed", values.yes_no)) is not None:
        answers[Gate.UPKEEP] = agreed
    found = GatesRow(
        answers=answers,
        checked_on=_past_day(cells, "gate_day"),
        checked_in=cells.text("gate_source"),
        consent=_consent(cells, households, floor_area_m2),
    )
    return found if answers or found.consent is not None else None


def _names(cells: Cells, name: str) -> tuple[str, ...] | None:
    """Read what is named; a word for "none" is nothing found, and an empty cell is not known."""
    if name not in cells.table.columns:
        return None
    stands = cells.table.cell(cells.row, name)
    if isinstance(stands, str) and stands.strip().casefold() in _NONE:
        return ()
    parts = cells.parts(name)
    if [part for part in parts if part.casefold() in _YES]:
        cells.fault("estate.say_what", name, value=str(stands)[:40])
        return None
    return parts or None


def _past_day(cells: Cells, name: str) -> date | None:
    found = cells.read(name, days.day)
    if found is not None and found > today():
        cells.fault("value.day_ahead", name, value=found.isoformat(), today=today())
        return None
    return found


def _consent(cells: Cells, households: int | None, floor_area_m2: Decimal | None) -> ConsentRow | None:
    before = cells.findings.count
    heads = {name: cells.whole(name, 1_000_000) for name in HEADS}
    areas = {name: cells.area(name, may_be_zero=name != "total_area") for name in AREAS}
    decided, until = _past_day(cells, "consent_day"), cells.read("consent_until", days.day)
    evidence, subject = cells.text("consent_evidence"), cells.text("consent_subject", 120)
    agree_heads, agree_area = heads["agree_heads"], areas["agree_area"]
    if agree_heads is None and agree_area is None:
        return None
    total_heads = _total(cells, "total_heads", heads["total_heads"], "households", households)
    total_area = _total(cells, "total_area", areas["total_area"], "floor_area_m2", floor_area_m2)
    if agree_heads is None or agree_area is None:
        cells.fault("estate.consent_half", "agree_area" if agree_heads is None else "agree_heads")
    elif total_heads is None or total_area is None:
        cells.fault("estate.consent_of_what", "agree_heads")
    if until is not None and decided is not None and until < decided:
        cells.fault("estate.consent_days", "consent_until")
    if cells.findings.count > before or None in (agree_heads, agree_area, total_heads, total_area):
        return None
    counts: dict[str, Any] = {name: heads[name] or 0 for name in HEADS} | {"total_heads": total_heads}
    counts |= {name: Fraction(areas[name] or 0) for name in AREAS} | {"total_area": Fraction(total_area or 0)}
    try:
        count = ConsentCount(**counts)
    except InvalidError:
        cells.fault("estate.consent_counts", "agree_heads")
        return None
    return ConsentRow(
        count=count,
        decided_on=decided,
        valid_until=until,
        evidence=evidence,
        # Without a word on what was decided the list's own heading says it.
        subject=subject or cells.table.headings["agree_heads"][:120],
    )


def _total(cells: Cells, name: str, given: T | None, column: str, stands_for: T | None) -> T | None:
    """Return what all owners come to, said by its own column or else by another one of the same row."""
    if given is None and stands_for is not None:
        cells.findings.change(f"estate.consent_{name}", cells.table.place(cells.row, column), before=stands_for)
        return stands_for
    return given
