"""Each rule on an example that can be followed by hand, its limits, its ties, and what it refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from renovation.errors import ConflictError, InvalidError
from renovation.model.elections import Allocation, Ballot, BallotKind, Candidate, Instance, Tie
from renovation.rules.allocation.registry import REGISTRY, allocate
from renovation.rules.election.profile import profile_from_arrays, profile_from_ballots
from renovation.rules.election.settings import Add1, Completion, Settings, TieBreak, Utility, settings_from
from renovation.rules.election.tally import tally
from renovation.text import error_text


def _instance(costs: dict[str, int], budget: int, **more: object) -> Instance:
    changes = {name: more.pop(name) for name in list(more) if name in costs}
    projects = tuple(
        Candidate(**({"id": name, "name": name.upper(), "cost": cost} | changes.get(name, {})))  # type: ignore[operator]
        for name, cost in costs.items()
    )
    return Instance(**({"projects": projects, "budget": budget, "scale": 1} | more))  # type: ignore[arg-type]


def _approve(*ballots: str) -> list[Ballot]:
    return [Ballot(tuple(ballot)) for ballot in ballots]


def _run(rule: str, instance: Instance, ballots: Sequence[Ballot], **settings: object) -> Allocation:
    return allocate(rule, instance, profile_from_ballots(instance, ballots), Settings(**settings))  # type: ignore[arg-type]


def _codes(allocation: Allocation) -> dict[str, str]:
    return {outcome.project: outcome.reason.code for outcome in allocation.outcomes}


# -- what each rule does


VOTES = _approve("a", "a", "a", "ab", "b", "bc", "c")  # a 4, b 3, c 2


@pytest.mark.parametrize(
    ("rule", "winners"),
    [
        ("greedy", ("a", "c")),  # 6 of 10, then b (5) does not fit, c (4) does
        ("greedy-stop", ("a",)),  # stops at b
        ("greedy-per-cost", ("a", "c")),  # a 4/6, b 3/5, c 2/4
        ("max-welfare", ("a", "c")),  # 6 votes; a+b costs 11, b+c brings 5
    ],
)
def test_greedy_and_maximum_welfare_by_hand(rule: str, winners: tuple[str, ...]) -> None:
    assert _run(rule, _instance({"a": 6, "b": 5, "c": 4}, 10), VOTES).winners == winners


def test_equal_shares_on_three_voters() -> None:
    # Budget 9, so 3 each; A (4) has voters 1 and 2, B (3) voter 3, C (5) voters 2 and 3. A and C have two full
    # supporters: A goes first by id, for 2 each; then B, for 3. C's supporters hold 1 + 0 of 5.
    allocation = _run("mes", _instance({"a": 4, "b": 3, "c": 5}, 9), _approve("a", "ac", "bc"))
    assert allocation.winners == ("a", "b")
    first = allocation.outcome("a").reason
    assert (first.code, first.fields["round"], first.fields["payers"], first.fields["payment"]) == (
        "mes.selected",
        1,
        2,
        2,
    )
    last = allocation.outcome("c").reason
    assert (last.code, last.fields["money"], last.fields["short"]) == ("mes.lost_tie", 1, 4)
    assert allocation.ties == (Tie(projects=("a", "c"), decided_by="id"),)


def test_equal_shares_charges_the_poor_all_they_have() -> None:
    # 10 each. a takes 9 from voter 1 (1 left). b costs 16 and is supported by voters 1-3: 1 + 7.5 + 7.5.
    allocation = _run(
        "mes", _instance({"a": 9, "b": 16, "z": 5}, 30), _approve("ab", "b", "b"), utility=Utility.CARDINALITY
    )
    assert allocation.winners == ("b",)  # 16/3 a head is dearer than 9, so b goes first: 5 1/3 each
    assert allocation.outcome("a").reason.fields["money"] == Fraction(14, 3)
    assert allocation.outcome("z").reason.code == "no_vote"


def test_add1_raises_shares_until_it_would_overspend() -> None:
    # At 150 each, a's four voters can pay 600; at 200, c's two can pay 400, which exhausts the budget. Raised further,
    # at 217 b comes before c and would overspend.
    instance = _instance({"a": 600, "b": 500, "c": 400}, 1000)
    assert _run("mes", instance, VOTES).winners == ()
    for add1 in (Add1.EXHAUSTIVE, Add1.OVERSPEND):
        raised = _run("mes", instance, VOTES, add1=add1)
        assert raised.winners == ("a", "c")
        assert raised.settings["step"] == 1
    assert raised.outcome("a").reason.fields["share"] == Fraction(1000, 7) + 73
    assert _run("mes", instance, VOTES, add1=Add1.OVERSPEND, step=100).winners == ()
    completed = _run("mes", instance, VOTES, completion=Completion.GREEDY)
    assert completed.winners == ("a", "c")
    assert _codes(completed) == {"a": "completion.selected", "b": "completion.budget", "c": "completion.selected"}


def test_phragmen_by_hand() -> None:
    # Loads: a is gathered at 4/3, b at 3/1 and c at 5/2 (voters 1 and 3 both, after a: (5 + 4/3) / 2 = 19/6).
    allocation = _run("phragmen", _instance({"a": 4, "b": 3, "c": 5}, 9), _approve("ac", "a", "a", "b", "c"))
    assert allocation.winners == ("a", "b")
    assert allocation.outcome("b").reason.fields["share"] == 3
    assert allocation.outcome("c").reason.code == "phragmen.short"


def test_phragmen_stops_where_it_overspends_unless_completed() -> None:
    # a is gathered at 8/6, then b at 9/6; c's voter has paid for a and would need until 8/6 + 2.
    instance = _instance({"a": 8, "b": 9, "c": 2}, 10)
    ballots = _approve(*["a"] * 5, "ac", *["b"] * 6)
    stopped = _run("phragmen", instance, ballots)
    assert stopped.winners == ("a",)
    assert _codes(stopped) == {"a": "phragmen.selected", "b": "phragmen.short", "c": "phragmen.stopped"}
    assert _run("phragmen", instance, ballots, completion=Completion.GREEDY).winners == ("a", "c")


# -- ballots


def test_every_kind_of_ballot_is_counted() -> None:
    costs = {"a": 1, "b": 1, "c": 1}
    points = _instance(costs, 1, ballot_kind=BallotKind.POINTS)
    half = Fraction(1, 2)
    count = tally(points, profile_from_ballots(points, [Ballot(("a", "b"), (Fraction(3), half)), Ballot(())]))
    assert (count.ballots, count.blank, count.votes, count.scores) == (2, 1, (1, 1, 0), (3, half, 0))
    ranking = _instance(costs, 1, ballot_kind=BallotKind.RANKING, max_choices=3)
    count = tally(ranking, profile_from_ballots(ranking, [Ballot(("c", "a")), Ballot(("c",))]))
    assert (count.votes, count.scores) == ((1, 0, 2), (2, 0, 6))
    weighted = _instance(costs, 1)
    count = tally(weighted, profile_from_ballots(weighted, [Ballot(("a",), weight=Fraction(3, 2)), Ballot(("a",))]))
    assert count.votes == (Fraction(5, 2), 0, 0)


def test_a_project_takes_part_with_more_yes_than_no() -> None:
    instance = _instance({"a": 4, "b": 4, "c": 4, "d": 4}, 12, ballot_kind=BallotKind.YES_NO)
    ballots = [Ballot.of_answers(*answers) for answers in [("ab", "cd"), ("ab", "d"), ("a", "b"), ("c", "b"), ("", "")]]
    count = tally(instance, profile_from_ballots(instance, ballots))
    assert (count.votes, count.against, count.scores) == ((3, 2, 1, 0), (0, 2, 1, 2), (3, 2, 1, 0))
    assert (count.ballots, count.blank) == (5, 1)
    allocation = _run("greedy", instance, ballots)
    assert allocation.winners == ("a",)
    assert _codes(allocation) == {"a": "greedy.selected"} | dict.fromkeys("bcd", "voted_down")
    assert {one.project: (one.votes, one.against) for one in allocation.outcomes}["b"] == (2, 2)
    # One more yes breaks the tie of two against two; of two noes without a yes it takes three.
    assert [allocation.outcome(name).reason.fields["extra_votes"] for name in "bcd"] == [1, 1, 3]
    assert _run("greedy", instance, ballots, yes_share=Fraction(1, 3)).winners == ("a", "b", "c")
    assert _run("greedy", instance, ballots, yes_share=Fraction(1, 3), floor=2).winners == ("a", "b")
    assert _run("greedy", instance, ballots, yes_share=Fraction(0)).winners == ("a", "b", "c")
    with pytest.raises(InvalidError, match="yes_share_not_here"):
        _run("greedy", _instance({"a": 4}, 8), _approve("a"), yes_share=Fraction(1, 3))


def test_blank_ballots_count_as_cast() -> None:
    instance = _instance({"a": 4}, 8)
    assert _run("mes", instance, _approve("a")).winners == ("a",)
    assert _run("mes", instance, _approve("a", "", "")).winners == ()
    assert _run("greedy", instance, _approve("a", "", ""), relative_floor=Fraction(1, 2)).winners == ()


@pytest.mark.parametrize("projects", [5, 70])
def test_arrays_and_ballots_merge_alike(projects: int) -> None:
    instance = _instance({str(n): 1 for n in range(projects)}, 1)
    random = np.random.default_rng(3)
    rows = [sorted(random.choice(projects, random.integers(0, 3), replace=False).tolist()) for _ in range(300)]
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    merged = profile_from_arrays(
        instance, starts=starts, choices=np.array([n for row in rows for n in row], dtype=np.int64)
    )
    listed = profile_from_ballots(instance, [Ballot(tuple(str(n) for n in row)) for row in rows])
    assert np.array_equal(merged.choices, listed.choices)
    assert np.array_equal(merged.counts, listed.counts)
    assert merged.size == 300
    assert len(merged.counts) == len({tuple(row) for row in rows})
    again = [ballot for ballot, count in merged.ballots() for _ in range(count)]
    assert tally(instance, profile_from_ballots(instance, again)) == tally(instance, merged)


# -- limits


def test_limits_and_their_reasons() -> None:
    instance = _instance(
        {"a": 4, "b": 4, "c": 4, "d": 4, "e": 1, "f": 3},
        14,
        a={"categories": ("x",)},
        b={"categories": ("x",)},
        c={"area": "n"},
        d={"area": "n"},
        f={"mandatory": True},
    )
    ballots = _approve("abcd", "abcd", "abcd", "ab", "a", "e")
    allocation = _run(
        "greedy", instance, ballots, category_budgets={"x": 7}, area_caps={"n": 1}, floor=2, tie_break=TieBreak.ID
    )
    assert allocation.winners == ("f", "a", "c")
    assert _codes(allocation) == {
        "f": "mandatory",
        "a": "greedy.selected",
        "b": "category_budget",
        "c": "greedy.selected",
        "d": "lost_tie",
        "e": "below_floor",
    }
    assert allocation.outcome("b").reason.fields["cost_to"] == 3
    assert allocation.outcome("e").reason.fields["extra_votes"] == 1
    pair = _run("greedy", instance, ballots, exclusive=(("a", "c"),))
    assert _codes(pair)["c"] == "excluded"
    assert pair.outcome("c").reason.fields["by"] == "a"
    assert _codes(_run("mes", instance, ballots, exclusive=(("a", "b"),), add1=Add1.OVERSPEND))["b"] == "excluded"


@pytest.mark.parametrize(
    ("code", "settings", "changes"),
    [
        ("rules.exclusive_unknown", {"exclusive": (("a", "q"),)}, {}),
        ("rules.exclusive_alone", {"exclusive": (("a", "a"),)}, {}),
        ("rules.order_unknown", {"committee_orders": (("q",),)}, {}),
        ("rules.category_unknown", {"category_budgets": {"q": 1}}, {}),
        ("rules.area_unknown", {"area_budgets": {"q": 1}}, {}),
        ("rules.area_unknown", {"area_caps": {"q": 1}}, {}),
        ("rules.negative_amount", {"category_budgets": {"x": -1}}, {}),
        ("rules.negative_floor", {"floor": -1}, {}),
        ("rules.relative_floor", {"relative_floor": Fraction(3, 2)}, {}),
        ("rules.yes_share", {"yes_share": Fraction(1)}, {}),
        ("rules.step", {"step": 0}, {}),
        ("rules.lot_without_seed", {"tie_break": TieBreak.LOT}, {}),
        ("rules.mandatory_over_budget", {}, {"a": {"mandatory": True}, "b": {"mandatory": True}}),
        ("rules.mandatory_over_pot", {"category_budgets": {"x": 3}}, {"a": {"mandatory": True, "categories": ("x",)}}),
        (
            "rules.mandatory_over_cap",
            {"area_caps": {"n": 0}},
            {"a": {"mandatory": True, "area": "n"}},
        ),
        (
            "rules.mandatory_excluded",
            {"exclusive": (("a", "c"),)},
            {"a": {"mandatory": True}, "c": {"mandatory": True}},
        ),
    ],
)
@pytest.mark.parametrize("rule", REGISTRY)
def test_refuses_contradictions_by_name(
    rule: str, code: str, settings: dict[str, object], changes: dict[str, object]
) -> None:
    costs = {"a": 6, "b": 5, "c": 4}
    instance = _instance(costs, 10, **({"c": {"categories": ("x",)}} | changes))
    with pytest.raises(InvalidError) as caught:
        _run(rule, instance, VOTES, **settings)
    assert caught.value.code == code
    assert error_text(caught.value, "zh-CN")
    assert error_text(caught.value, "en")


@pytest.mark.parametrize("rule", REGISTRY)
def test_refuses_settings_the_rule_would_leave_aside(rule: str) -> None:
    refused = {
        "add1": {"add1": Add1.OVERSPEND},
        "completion": {"completion": Completion.GREEDY},
        "utility": {"utility": Utility.COST},
    }
    allowed = {"mes": set(refused), "phragmen": {"completion"}}.get(rule, set())
    instance = _instance({"a": 6, "b": 5, "c": 4}, 10)
    for name, settings in refused.items():
        if name in allowed:
            _run(rule, instance, VOTES, **settings)
        else:
            with pytest.raises(InvalidError, match=f"{name}_not_here"):
                _run(rule, instance, VOTES, **settings)


def test_refuses_unknown_rules_projects_and_profiles() -> None:
    instance = _instance({"a": 1}, 1)
    with pytest.raises(InvalidError, match=r"rules\.unknown"):
        _run("magic", instance, [])
    with pytest.raises(InvalidError, match="unknown_project"):
        _run("greedy", instance, _approve("q"))
    other = profile_from_ballots(_instance({"b": 1}, 1), [])
    with pytest.raises(InvalidError, match="another_instance"):
        allocate("greedy", instance, other)


@pytest.mark.parametrize("rule", REGISTRY)
def test_works_without_ballots_and_without_money(rule: str) -> None:
    instance = _instance({"a": 1, "b": 2}, 0)
    assert _run(rule, instance, []).winners == ()
    assert _run(rule, instance, _approve("a", "b")).winners == ()


# -- ties


def test_named_tie_breaks() -> None:
    instance = _instance({"a": 3, "b": 2, "c": 4}, 4)
    ballots = _approve("abc", "abc")

    def first(**settings: object) -> tuple[str, str]:
        allocation = _run("greedy", instance, ballots, **settings)
        return allocation.winners[0], allocation.ties[0].decided_by

    assert first() == ("a", "id")
    assert first(tie_break=TieBreak.CHEAPEST) == ("b", "cheapest")
    assert first(tie_break=TieBreak.DEAREST) == ("c", "dearest")
    assert first(tie_break=TieBreak.FILE_ORDER) == ("a", "file-order")
    assert first(tie_break=TieBreak.MORE_SUPPORTERS) == ("a", "id")
    lot = min("abc", key=lambda name: hashlib.sha256(f"2026\n{name}".encode()).hexdigest())
    assert first(tie_break=TieBreak.LOT, seed="2026") == (lot, "lot")


def test_more_supporters_decides_between_equal_points() -> None:
    instance = _instance({"a": 3, "b": 3}, 3, ballot_kind=BallotKind.POINTS)
    ballots = [Ballot(("a",), (Fraction(2),)), Ballot(("b",), (Fraction(1),)), Ballot(("b",), (Fraction(1),))]
    allocation = _run("greedy", instance, ballots, tie_break=TieBreak.MORE_SUPPORTERS)
    assert (allocation.winners, allocation.ties[0].decided_by) == (("b",), "more-supporters")


@pytest.mark.parametrize("rule", REGISTRY)
def test_the_committee_decides(rule: str) -> None:
    instance = _instance({"a": 3, "b": 3, "c": 1}, 4)
    ballots = _approve("abc", "abc")
    with pytest.raises(ConflictError) as caught:
        _run(rule, instance, ballots, tie_break=TieBreak.REFUSE)
    assert caught.value.code == "rules.tie_undecided"
    assert set(caught.value.fields["ids"]) >= {"a", "b"}
    assert "A" in error_text(caught.value, "zh-CN")
    decided = _run(rule, instance, ballots, tie_break=TieBreak.REFUSE, committee_orders=(("c", "b", "a"),))
    assert set(decided.winners) == {"b", "c"}
    assert decided.ties[0].decided_by == "committee"


def test_a_tie_that_changes_nothing_is_not_told() -> None:
    instance = _instance({"a": 3, "b": 3, "c": 1}, 6)
    assert _run("greedy", instance, _approve("ab", "ab"), tie_break=TieBreak.REFUSE).ties == ()
    assert _run("mes", instance, _approve("ab", "ab"), tie_break=TieBreak.REFUSE).ties == ()


# -- settings as data


def test_settings_survive_as_plain_values() -> None:
    settings = Settings(
        utility=Utility.COST,
        add1=Add1.OVERSPEND,
        step=100,
        completion=Completion.GREEDY,
        tie_break=TieBreak.LOT,
        seed="x",
        floor=Fraction(5, 2),
        relative_floor=Fraction(1, 20),
        exclusive=(("a", "b"),),
        category_budgets={"x": 1},
        area_budgets={"n": 2},
        area_caps={"n": 3},
        committee_orders=(("a", "b"),),
    )
    assert settings_from(settings.as_dict()) == settings
    assert settings_from({}) == Settings()


@pytest.mark.parametrize(
    "values", [{"magic": 1}, {"add1": "often"}, {"floor": "many"}, {"exclusive": 3}, {"category_budgets": []}]
)
def test_refuses_settings_that_are_none(values: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        settings_from(values)


def test_impossible_elections_cannot_be_built() -> None:
    with pytest.raises(InvalidError, match="no_id"):
        Candidate(id="", name="x", cost=1)
    with pytest.raises(InvalidError, match="negative_cost"):
        Candidate(id="a", name="x", cost=-1)
    with pytest.raises(InvalidError, match="full_cost"):
        Candidate(id="a", name="x", cost=2, full_cost=1)
    with pytest.raises(InvalidError, match="id_twice"):
        Instance(projects=(Candidate(id="a", name="x", cost=1),) * 2, budget=1)
    with pytest.raises(InvalidError, match="negative_budget"):
        Instance(projects=(), budget=-1)
    with pytest.raises(InvalidError, match="points_count"):
        Ballot(("a",), (Fraction(1), Fraction(2)))
    with pytest.raises(InvalidError, match="negative_points"):
        profile_from_ballots(_instance({"a": 1}, 1, ballot_kind=BallotKind.POINTS), [Ballot(("a",), (Fraction(-1),))])
    with pytest.raises(InvalidError, match="negative_points"):
        Ballot(("a",), (Fraction(-2),))
    with pytest.raises(InvalidError, match="answer"):
        profile_from_ballots(_instance({"a": 1}, 1, ballot_kind=BallotKind.YES_NO), [Ballot(("a",), (Fraction(2),))])
    with pytest.raises(InvalidError, match="weight"):
        Ballot(("a",), weight=Fraction(0))


@pytest.mark.parametrize("projects", [1, 8, 63, 64])
def test_merging_by_bit_masks_is_merging_by_hashes(projects: int) -> None:
    chance = np.random.default_rng(projects)
    instance = Instance(
        projects=tuple(Candidate(id=f"{n:02}", name="", cost=1) for n in range(projects)), budget=1, scale=1
    )
    ballots = [
        chance.choice(projects, int(chance.integers(0, min(projects, 3) + 1)), replace=False) for _ in range(400)
    ]
    starts = np.concatenate(([0], np.cumsum([len(ballot) for ballot in ballots])))
    choices = np.concatenate(ballots).astype(np.int64)
    masked = profile_from_arrays(instance, starts=starts, choices=choices)
    # Ballots that stand for two each go the general way.
    hashed = profile_from_arrays(instance, starts=starts, choices=choices, counts=np.full(400, 2))
    assert {ballot: 2 * count for ballot, count in masked.ballots()} == dict(hashed.ballots())
    assert masked.weight == masked.size == 400
    assert masked.blank == sum(not len(ballot) for ballot in ballots)


# -- a vote at least, and what can be built


@pytest.mark.parametrize("more", [{}, {"completion": Completion.GREEDY}], ids=["plain", "completed"])
@pytest.mark.parametrize("rule", REGISTRY)
def test_nobody_s_project_wins_only_under_an_explicit_floor_of_nothing(rule: str, more: dict[str, Completion]) -> None:
    if more and rule not in ("mes", "phragmen"):
        pytest.skip("a rule without completion")
    instance = _instance({"a": 3, "free": 0, "z": 3, "must": 1}, 10, must={"mandatory": True})
    ballots = _approve("a", "a", "", "")
    allocation = _run(rule, instance, ballots, **more)
    assert allocation.winners == ("must", "a")
    assert {_codes(allocation)[name] for name in ("free", "z")} == {"no_vote"}
    takes_unnamed = more or rule.startswith("greedy")
    assert ("z" in _run(rule, instance, ballots, floor=0, **more).winners) is bool(takes_unnamed)
    # Half a vote, as weighted files have it, is a vote.
    half = [Ballot(("z",), weight=Fraction(1, 2)), *ballots]
    assert _codes(_run(rule, instance, half, **more))["z"] != "no_vote"


@pytest.mark.parametrize("rule", REGISTRY)
def test_what_was_found_impossible_keeps_its_votes_and_never_wins(rule: str) -> None:
    instance = _instance({"a": 3, "b": 3, "must": 4}, 10, must={"mandatory": True})
    allocation = _run(rule, instance, _approve("a", "a", "b"), impossible={"a": "下有高压电缆", "must": "产权不清"})
    assert allocation.winners == ("b",)
    lost = allocation.outcome("a")
    assert (lost.votes, lost.rank, lost.reason.code, lost.reason.fields["why"]) == (2, 1, "impossible", "下有高压电缆")
    assert allocation.outcome("must").reason.code == "impossible"
    assert settings_from(allocation.settings).impossible == {"a": "下有高压电缆", "must": "产权不清"}
    with pytest.raises(InvalidError, match=r"rules\.impossible_unknown"):
        _run(rule, instance, _approve("a"), impossible={"q": "?"})


def test_votes_that_are_missing_are_counted_for_nobody_s_project() -> None:
    found = _run("greedy", _instance({"a": 3, "z": 3}, 10), _approve("a", "a"))
    assert found.outcome("z").reason.fields["extra_votes"] == 1
