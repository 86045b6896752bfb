"""What tells of a person in free text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.rules.demands.contacts import MASK, contacts_in, masked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3栋路灯坏了，电话13812345678", ("13812345678",)),
        ("打 138-1234-5678 找我", ("138-1234-5678",)),
        ("＋手机１３８１２３４５６７８", ("１３８１２３４５６７８",)),
        ("0752-2345678 白天有人", ("0752-2345678",)),
        ("身份证44130219630101123X", ("44130219630101123X",)),
        ("写信到 wang.li@example.com.cn", ("wang.li@example.com.cn",)),
        ("联系人：王小明，住2栋", ("：王小明",)),
        ("王先生和李女士都说过", ("王", "李")),
        ("某先生说楼道黑", ()),
        ("2015年换过，花了120000元，3栋1单元502", ()),
        ("公交车138路站牌歪了，共12345678块砖", ()),
    ],
)
def test_contact_details_are_found_and_figures_are_not(text: str, found: tuple[str, ...]) -> None:
    assert contacts_in(text) == found


@given(st.text(max_size=200))
def test_masking_keeps_every_other_sign_in_its_place(text: str) -> None:
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert all(new in (old, MASK) for old, new in zip(text, hidden, strict=True))
    assert masked(hidden) == hidden
