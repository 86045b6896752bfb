"""What a restore changes is said in the words of the pages where it is set, and never reads the same twice."""

from __future__ import annotations

import pytest

from renovation.model.accounts import Role
from renovation.store.house.borders import BorderDifference, StaffState
from renovation.ui.house import differences

PART, OTHER = (StaffState(role=Role.PLANNER, active=True, scope=(one,)) for one in (3, 4))


@pytest.mark.parametrize(
    ("kind", "name", "before", "after", "said"),
    [
        ("setting", "place.name", '"惠城区桥东街道"', '"惠城区"', ("设置：地方名称", "惠城区桥东街道", "惠城区")),
        ("setting", "two_persons", "false", "", ("设置：开始、结束和封存投票要两个人确认", "否", "默认 是")),
        (
            "setting",
            "set_up.later",
            '["place","pots"]',
            "",
            ("设置：初始设置里先放一放的步骤", "地方名称、资金", "默认"),
        ),
        (
            "setting",
            "second_factor_required",
            '"administrators"',
            '"nobody"',
            ("设置：谁必须用第二重验证", "管理员", "自愿"),
        ),
        (
            "setting",
            "visitor_limits",
            '{"address":300,"browser":11}',
            '{"address":300,"browser":10}',
            ("设置：居民网上提交的上限", "一个浏览器 11", "一个浏览器 10"),
        ),
        ("password", "wu", "", "", ("密码 wu", "现在的密码", "备份时的密码")),
        (
            "account",
            "lin",
            PART,
            OTHER,
            ("账号 lin", "规划员、只看一部分范围", "规划员、只看一部分范围（与现在的不同）"),
        ),
        ("account", "lin", PART, "", ("账号 lin", "规划员、只看一部分范围", "没有这个账号")),
        ("setting", "new.key", '"' + "长" * 90 + '一"', '"' + "长" * 90 + '二"', None),
    ],
)
def test_a_difference_is_said(
    kind: str, name: str, before: object, after: object, said: tuple[str, str, str] | None
) -> None:
    one = BorderDifference(kind=kind, name=name, before=before, after=after)  # type: ignore[arg-type]
    told = (differences._name(one), *differences._states(one))
    assert said is None or told == said
    assert told[1] != told[2]
