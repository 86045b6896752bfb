"""What a planner sets of a rule reaches the outcome, its files and both recounts; ties left to the committee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, RenovationError, StageError
from renovation.exports.outcome import verify_bundle as stand_alone
from renovation.exports.outcome.bundle import bundle_files
from renovation.imports.polls.bundle import verify_bundle
from renovation.imports.polls.pabulib import read_pabulib
from renovation.imports.polls.pabulib_rules import declared_rule
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings, PollStage, ProjectTerms, StoredBallot
from renovation.rules.election.settings import settings_from
from renovation.services.outcome import results
from renovation.services.outcome.exports import ExportFormat, export_outcome
from renovation.services.polls import polls
from renovation.services.polls.ballot import set_terms
from renovation.services.polls.polls import check_rule
from renovation.services.polls.ties import decide_tie
from renovation.store import Store, audit
from renovation.store.polls import polls as poll_store
from renovation.text import error_text

WAN = 1_000_000
MUST = {"mandatory": True}
FULL: dict[str, Any] = {
    "add1": "exhaustive",
    "completion": "greedy",
    "step": 250,
    "utility": "cardinality",
    "floor": 2,
    "relative_floor": "1/10",
    "exclusive": [["P1", "P2"]],
    "category_budgets": {"improvement": 30 * WAN},
    "area_budgets": {"东区": 25 * WAN},
    "area_caps": {"西区": 1},
    "seed": "20261121",
}


def _projects() -> list[PollProject]:
    areas = ("东区", "东区", "西区", "西区", "", "")
    return [
        PollProject(
            number=n,
            key=f"P{n}",
            name=f"项目{n}",
            cost=n * 5 * WAN,
            category="improvement" if n % 2 else "enhancement",
            extra={"neighborhood": area} if area else {},
        )
        for n, area in enumerate(areas, 1)
    ]


def _poll(
    store: Store, rule: str = "mes", settings: Mapping[str, Any] | None = None, *, tie: str = "lot", **changes: Any
) -> str:
    announced = PollSettings(
        title="设置", ballot_kind=BallotKind.APPROVAL, budget=60 * WAN, max_choices=3, rule=rule,
        rule_settings=FULL if settings is None else settings, tie_break=tie,
    )  # fmt: skip
    projects = [replace(one, **changes.get(one.key, {})) for one in _projects()]
    votes = ["P1 P3", "P1 P3 P5", "P2 P4", "P2 P6", "P3", "P4 P5", "", "P1", "P2", "P6 P5", "P3 P4", "P5 P6"]
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, announced, at=now(), stage=PollStage.CLOSED)
        poll_store.set_projects(unit.connection, poll_id, projects)
        poll_store.add_ballots(
            unit.connection,
            [
                StoredBallot(
                    id=f"{place:032x}", poll_id=poll_id, channel=Channel.STATION, day=today(),
                    choices=tuple(vote.split()),
                )
                for place, vote in enumerate(votes)
            ],
        )  # fmt: skip
        unit.commit()
    return poll_id


def test_every_setting_survives_store_results_file_bundle_and_both_recounts(
    sqlite_store: Store, admin: Actor, tmp_path: Any
) -> None:
    shared = {"cost": 10 * WAN, "extra": {"neighborhood": "西区", "full_cost": str(20 * WAN)}}
    poll_id = _poll(sqlite_store, P4=shared, P6={"mandatory": True})
    held = results.election(sqlite_store, admin, poll_id)
    allocation = results.allocate(held)
    expected = settings_from(FULL | {"tie_break": "lot"})
    assert settings_from(allocation.settings) == expected
    assert held.instance.project("P4").full_cost == 20 * WAN
    assert "P6" in allocation.winners
    content = export_outcome(held, allocation, ExportFormat.PB)[2]
    again = read_pabulib(content)
    rule, settings = declared_rule(again.instance)
    assert (rule, settings.as_dict() | {"step": 0}) == ("mes", expected.as_dict() | {"step": 0})
    assert Fraction(settings.step or 0, again.instance.scale) == Fraction(250, 100)
    assert again.instance.project("P4").full_cost == 20 * WAN * again.instance.scale // 100
    (folder := tmp_path / "bundle").mkdir()
    for name, data in bundle_files(held.instance, held.profile, allocation).items():
        (folder / name).write_bytes(data)
    assert verify_bundle(folder).differences == ()
    problems, summary = stand_alone.verify(str(folder))
    assert problems == []
    assert sorted(summary["winners"]) == sorted(allocation.winners)


@pytest.mark.parametrize(
    ("settings", "tie", "changes", "code"),
    [
        ({"exclusive": [["P1", "P2"]]}, "id", {"P1": MUST, "P2": MUST}, "rules.mandatory_excluded"),
        ({"area_caps": {"东区": 0}}, "id", {"P1": MUST}, "rules.mandatory_over_cap"),
        ({"category_budgets": {"improvement": 1}}, "id", {"P1": MUST}, "rules.mandatory_over_pot"),
        ({"category_budgets": {"basic": 5}}, "id", {}, "rules.category_unknown"),
        ({"exclusive": [["P1"]]}, "id", {}, "rules.exclusive_alone"),
        ({}, "lot", {}, "rules.lot_without_seed"),
        ({"relative_floor": "3/2"}, "id", {}, "rules.relative_floor"),
    ],
)  # fmt: skip
def test_contradictions_are_refused_by_name_before_anything_runs(
    sqlite_store: Store, admin: Actor, settings: dict[str, Any], tie: str, changes: dict[str, Any], code: str
) -> None:
    poll = polls.get_poll(sqlite_store, admin, _poll(sqlite_store, "mes", settings, tie=tie, **changes))
    with pytest.raises(InvalidError) as caught:
        check_rule(poll)
    assert caught.value.code == code
    assert "improvement" not in error_text(caught.value, "zh-CN")
    draft = replace(poll.settings, rule_settings={}, tie_break="id")
    with sqlite_store.write() as unit:
        draft_id = poll_store.add(unit.connection, draft, at=now())
        poll_store.set_projects(unit.connection, draft_id, poll.projects)
        unit.commit()
    with pytest.raises(InvalidError, match=code):
        polls.edit_poll(sqlite_store, admin, draft_id, poll.settings, version=1)


def test_terms_of_a_draft_stay_when_its_projects_are_chosen_anew(sqlite_store: Store, admin: Actor) -> None:
    with sqlite_store.write() as unit:
        settings = PollSettings(title="草稿", ballot_kind=BallotKind.APPROVAL, budget=60 * WAN, max_choices=3)
        poll_id = poll_store.add(unit.connection, settings, at=now())
        poll_store.set_projects(unit.connection, poll_id, _projects())
        unit.commit()
    terms = {"P2": ProjectTerms(mandatory=True, area=" 东区 ", cost=4 * WAN), "P3": ProjectTerms()}
    changed = set_terms(sqlite_store, admin, poll_id, terms)
    entry = changed.projects[1]
    assert (entry.cost, entry.full_cost, entry.area, entry.mandatory) == (4 * WAN, 10 * WAN, "东区", True)
    assert changed.projects[2].area is None
    assert set_terms(sqlite_store, admin, poll_id, {"P2": ProjectTerms()}).projects[1].cost == 10 * WAN
    with pytest.raises(InvalidError, match=r"poll\.public_share"):
        set_terms(sqlite_store, admin, poll_id, {"P2": ProjectTerms(cost=11 * WAN)})


def test_the_committee_decides_a_tie_once_with_a_reason(store: Store, admin: Actor) -> None:
    poll_id = _poll(store, "greedy", {}, tie="refuse")
    held = results.election(store, admin, poll_id)
    with pytest.raises(ConflictError) as caught:
        results.allocate(held)
    tied = caught.value.fields["ids"]
    planner = Actor(role=Role.PLANNER, login="planner")
    wrong: list[tuple[Actor, tuple[str, ...], str, type[RenovationError]]] = [
        (planner, tied, "会议", DeniedError),
        (admin, tied, "  ", InvalidError),
        (admin, tied[1:], "会议", InvalidError),
        (admin, (*tied[:-1], tied[0]), "会议", InvalidError),
    ]
    for actor, order, reason, kind in wrong:
        with pytest.raises(kind):
            decide_tie(store, actor, poll_id, order, reason)
    before = results.ballot_stamp(store, admin, poll_id)
    while True:
        order = tuple(reversed(tied))
        decided = decide_tie(store, admin, poll_id, order, "11 月 21 日会议，12 票比 5 票")
        assert decided.tie_decisions[-1].order == order
        held = results.election(store, admin, poll_id)
        try:
            allocation = results.allocate(held)
            break
        except ConflictError as another:
            tied = another.fields["ids"]
    assert results.ballot_stamp(store, admin, poll_id) != before
    assert {tie.decided_by for tie in allocation.ties} == {"committee"}
    assert "12 票比 5 票" in export_outcome(held, allocation, ExportFormat.NOTICE)[2].decode()
    with pytest.raises(ConflictError, match=r"poll\.no_tie"):
        decide_tie(store, admin, poll_id, tied, "再来")
    with store.read() as connection:
        (entry, *_) = audit.entries(connection, act="poll.decide_tie")
    assert entry.detail["reason"].startswith("11 月")
    with store.write() as unit:
        poll_store.move_on(unit.connection, poll_id, PollStage.CLOSED, PollStage.PUBLISHED)
        unit.commit()
    with pytest.raises(StageError):
        decide_tie(store, admin, poll_id, tied, "太迟")
