"""What an entry of the log says besides, in plain words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from renovation.model.accounts import Action
from renovation.services.house.log import detail_text
from renovation.store.audit import AuditEntry
from renovation.text import Language, has_text


def said(act: str, language: Language = Language.ZH, of: str = "1", **detail: Any) -> str:
    entry = AuditEntry(
        seq=1, at=datetime(2026, 5, 4, tzinfo=UTC), login="erlu", role="planner", act=act,
        object_kind="pot", object_id=of, detail=detail, previous="", digest="",
    )  # fmt: skip
    return detail_text(entry, language)


def test_money_is_money_and_over_voted_ballots_are_ballots() -> None:
    assert said("money.over_pot", code="P1", beyond=1_234_500) == "编号: P1；超出余额: 12,345 元"
    assert said("pot.keep", amount=50) == "金额: 0.50 元"
    assert said("pledge.receive", amount=20_000, document="回单 3") == "金额: 200 元；凭证: 回单 3"
    assert said("paper.close_batch", counted=40, over=2) == "清点张数: 40；多选: 2"


def test_lists_and_kinds_are_read_in_words() -> None:
    assert said("gate.went_back", gates=["consent", "upkeep"]) == "准入条件: 业主同意、长效管理"
    assert said("paper.begin", round="second") == "第几遍: 第二遍"
    assert said("import.refuse", Language.EN, kind="estates", first="nobody.knows") == (
        "kind: Estates; first fault: nobody.knows"
    )
    assert "{" not in said("import.refuse", first="field.unknown_area")


def test_a_refused_act_is_told_in_words() -> None:
    told = said("account.act_refused", refusal="account.not_allowed", action="see_register", times=2)
    assert "see_register" not in told
    assert "account." not in told
    assert "看底数" in told


@pytest.mark.parametrize("action", Action)
def test_every_act_that_may_be_refused_has_words(action: Action) -> None:
    assert has_text(f"enum.Action.{action}")


def test_a_changed_list_is_told_cell_by_cell() -> None:
    moved = {"line": ["road", ""], "before": {"days": "15"}, "after": {"days": "12"}}
    gone = {"before": {"category": "lighting", "subtype": "", "days": "7"}, "after": None}
    told = said("list.change", of="deadlines", area=0, changes=[moved, gone], lines=50, more=0, version=2)
    assert (
        told == "改动: 修改 道路 期限（天）：15 → 12、删除 照明 · 7；适用范围: 全市通用；行数: 50；另有改动: 0；版本: 2"
    )
    assert "{" not in said("list.change", Language.EN, of="deadlines", area=3, changes=[moved])
