"""Every reason, enum member and error of planning has its sentence in both languages."""

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from renovation.model import consents, funding, gates, items, programme, ranking, scenarios
from renovation.model.elections import Reason
from renovation.text import Language, catalogue, text
from renovation.text.planning import constraint_text, gate_text, planning_reason_text

RULES = Path(items.__file__).parents[1]
FILES = [
    *(RULES / "rules").glob("programme/*.py"),
    *(RULES / "rules").glob("money/*.py"),
    RULES / "rules" / "solver.py",
    *(RULES / "model" / f"{name}.py" for name in ("funding", "gates", "items", "programme", "ranking", "scenarios")),
]  # fmt: skip
FIELDS = {
    "year": 2027, "limit": Fraction(2, 3), "share": Fraction(1, 2), "missing": 3, "names": "x", "short": 100,
    "cost": 100, "left": 5, "rank": 1, "pot": "p", "cap": 7, "other": "o", "group": "g", "why": "w",
    "votes": 3, "households": 4,
    "expires": date(2027, 1, 1), "decided": date(2026, 1, 1), "withdrawn": date(2026, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("gate", gates.Gate),
        ("gate_state", gates.GateState),
        ("band", programme.Band),
        ("ranking_method", ranking.Method),
        ("missing_policy", ranking.MissingPolicy),
        ("direction", ranking.Direction),
        ("normalisation", ranking.Normalisation),
        ("scenario_state", scenarios.ScenarioState),
        ("benchmark_basis", items.BenchmarkBasis),
        ("objective", programme.Objective),
        ("solve_state", programme.SolveState),
        ("constraint", programme.ConstraintKind),
        ("source_kind", funding.SourceKind),
        ("pledge_state", funding.PledgeState),
        ("item_class", items.ItemClass),
        ("beneficiary", items.Beneficiary),
        ("measure", items.Measure),
        ("consent_matter", consents.Matter),
        ("consent_scope", consents.VoteScope),
        ("batch_standing", programme.BatchStanding),
    ],
)
def test_every_member_has_a_text(prefix, kinds):
    for member in kinds:
        assert f"{prefix}.{member.value}" in catalogue()


def test_every_error_of_planning_has_a_text():
    raised = {
        code
        for file in FILES
        for code in re.findall(
            r'(?:InvalidError|NotFoundError|UnavailableError)\(\s*"([a-z_.]+)"', file.read_text("utf-8")
        )
    }
    assert len(raised) > 30
    assert not [code for code in raised if f"error.{code}" not in catalogue()]


def test_every_reason_of_planning_has_a_text():
    codes = {
        code
        for file in FILES
        for code in re.findall(r'Reason\(\s*"((?:pot|programme|batch)\.[a-z_]+)"', file.read_text("utf-8"))
    }
    codes |= {"programme.chosen_for_votes", "programme.chosen_for_blend", "batch.urgent", "batch.taken"}
    assert len(codes) > 20
    for code in codes:
        for language in Language:
            said = planning_reason_text(Reason(code, FIELDS), language)
            assert "{" not in said
            assert said


def test_every_gate_reason_has_a_text():
    source = (RULES / "rules" / "money" / "gates.py").read_text("utf-8")
    reasons = set(re.findall(r'"((?:year|coverage|consent|upkeep)_[a-z]+)"', source)) - {"consent_days"}
    reasons |= {f"{prefix}_{end}" for prefix in ("exclusion", "funding") for end in ("unknown", "found", "none")}
    assert len(reasons) >= 17
    for reason in reasons:
        result = gates.GateResult(gate=gates.Gate.CONSENT, state=gates.GateState.FAIL, reason=reason, fields=FIELDS)
        for language in Language:
            assert gate_text(result, language)


def test_money_is_said_in_the_files_currency():
    reason = Reason("programme.money", {"year": 2020, "short": 100})
    assert "0.0" not in planning_reason_text(reason, "en", currency="EUR", scale=1)
    constraint = programme.Constraint(programme.ConstraintKind.POT, "a", 0)
    assert constraint_text(constraint, "zh-CN", names=["区级"]) == "资金“区级”的金额"
    assert text("weighting.example", "zh-CN").startswith("示例")
