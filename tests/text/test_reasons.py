"""Every reason becomes one sentence in each language, with the numbers of the decision."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from renovation.model.elections import Ballot, BallotKind, Candidate, Instance, Reason, Tie
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import Settings, TieBreak
from renovation.rules.election.ties import COMMITTEE
from renovation.text import Language, has_text
from renovation.text.formats import format_money, money_writer
from renovation.text.reasons import reason_text, tie_text

WAN = 1_000_000

INSTANCE = Instance(
    projects=(
        Candidate(id="a", name="停车位", cost=10 * WAN, number=4),
        Candidate(id="b", name="路灯", cost=6 * WAN, number=6),
        Candidate(id="c", name="凉亭", cost=6 * WAN, number=7),
    ),
    budget=14_200_000,
)


def _said(reason: Reason, language: Language = Language.ZH) -> str:
    return reason_text(reason, INSTANCE, language)


def test_the_sentences_a_hall_can_follow() -> None:
    ballots = [Ballot(("a", "b", "c"))] * 188 + [Ballot(("a",))] * 224
    profile = profile_from_ballots(INSTANCE, ballots)
    allocation = allocate("greedy", INSTANCE, profile, Settings(exclusive=(("a", "b"),)))
    assert [_said(outcome.reason) for outcome in allocation.outcomes] == [
        "得票第 1（412 票），轮到时还剩 14.2 万元，够用，入选。",
        "与已入选的 4 号“停车位”同在一组，只能选一个，未入选；再多 225 票，就能入选。",
        "得票第 3（188 票），轮到时只剩 4.2 万元，还差 1.8 万元，未入选；费用降到 4.2 万元，或再多 225 票，就能入选。",
    ]
    assert _said(allocation.outcome("c").reason, Language.EN) == (
        "Ranked 3 with 188 votes; ¥42,000 was left at its turn, ¥18,000 too little, so it was not selected; "
        "at a cost of ¥42,000, or with 225 more votes, it would have been selected."
    )


def test_equal_shares_names_what_each_supporter_pays() -> None:
    profile = profile_from_ballots(INSTANCE, [Ballot(("b",))] * 210 + [Ballot(("a",))] * 90)
    allocation = allocate("mes", INSTANCE, profile)
    assert _said(allocation.outcome("b").reason) == "第 1 轮入选：210 位支持者平均每人分担 285.71 元。"
    assert _said(allocation.outcome("a").reason) == (
        "支持者名下还剩 4.26 万元，不够 10.0 万元，还差 5.74 万元，未入选；费用降到 4.26 万元，就一定能入选。"
    )


def test_amounts_that_are_compared_stand_in_one_unit() -> None:
    reason = Reason("mes.short", {"money": 14_739_093, "cost": 14_740_000, "short": 907})
    assert _said(reason) == "支持者名下还剩 14.739093 万元，不够 14.74 万元，还差 0.000907 万元，未入选。"


def test_a_page_about_an_election_writes_every_sum_in_one_unit() -> None:
    costs = (Candidate(id="a", name="a", cost=3 * WAN), Candidate(id="b", name="b", cost=WAN + 1))
    said = [
        money_writer(Instance(projects=projects, budget=6 * WAN), "zh-CN")(6 * WAN) for projects in (costs[:1], costs)
    ]
    assert said == ["6.0 万元", "60,000 元"]


def test_a_lost_tie_is_told_from_both_sides() -> None:
    projects = (*INSTANCE.projects[1:], Candidate(id="d", name="x", cost=1))
    instance = Instance(projects=projects, budget=6 * WAN)
    profile = profile_from_ballots(instance, [Ballot(("b", "c"))] * 3)
    allocation = allocate("greedy", instance, profile, Settings(tie_break=TieBreak.CHEAPEST))
    assert allocation.ties == (Tie(projects=("b", "c"), decided_by="id"),)
    assert (
        tie_text(allocation.ties[0], instance, "zh-CN") == "6 号“路灯”、7 号“凉亭”条件相同，按“编号在前者优先”决定先后"
    )
    said = reason_text(allocation.outcome("c").reason, instance, "zh-CN")
    assert said.startswith("与 6 号“路灯”同为 3 票，按事先公布的“编号在前者优先”，未入选")


@pytest.mark.parametrize(
    ("amount", "currency", "scale", "chinese", "english"),
    [
        (14_500_000, "CNY", 100, "14.5 万元", "¥145,000"),
        (14_286, "CNY", 100, "142.86 元", "¥142.86"),
        (12_345_600, "CNY", 100, "123,456 元", "¥123,456"),
        (Fraction(1000, 7), "CNY", 100, "1.43 元", "¥1.43"),
        (75000, "PLN", 1, "75,000 PLN", "PLN 75,000"),
        (Fraction(1, 3), "", 1, "0.33", "0.33"),
    ],
)
def test_money_in_its_own_currency(
    amount: int | Fraction, currency: str, scale: int, chinese: str, english: str
) -> None:
    assert format_money(amount, currency, scale, "zh-CN") == chinese
    assert format_money(amount, currency, scale, "en") == english


def test_every_rule_and_tie_break_has_a_text() -> None:
    names = [*TieBreak, COMMITTEE]
    assert [name for name in names if not has_text(f"reason.tie_break.{name}")] == []
    assert [rule for rule in REGISTRY if not has_text(f"rule_name.{rule}")] == []


@pytest.mark.parametrize("rule", REGISTRY)
def test_every_reason_of_every_rule_can_be_said(rule: str) -> None:
    name = "random_elections"
    if name not in sys.modules:
        path = Path(__file__).resolve().parents[1] / "oracles" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    elections = sys.modules[name]
    for seed in range(60):
        random = Random(seed)
        instance, ballots = elections.random_election(random)
        settings = elections.random_settings(random, instance, rule)
        allocation = allocate(rule, instance, profile_from_ballots(instance, ballots), settings)
        for outcome in allocation.outcomes:
            assert has_text(f"reason.{outcome.reason.code}")
            for language in Language:
                said = reason_text(outcome.reason, instance, language)
                assert "{" not in said
                if instance.ballot_kind in (BallotKind.POINTS, BallotKind.RANKING):
                    assert "票，就能" not in said
