"""What tells of a person in free text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.rules.demands.contacts import MASK, contacts_in, masked

FOUND = [
    ("3栋路灯坏了，电话13812345678", ("13812345678",)),
    ("打 138-1234-5678 找我", ("138-1234-5678",)),
    ("＋手机１３８１２３４５６７８", ("１３８１２３４５６７８",)),
    ("138 1234 5678、139.8765.4321", ("138 1234 5678", "139.8765.4321")),
    ("号码1 3 8 1 2 3 4 5 6 7 8", ("1 3 8 1 2 3 4 5 6 7 8",)),
    ("拨1380·123·4567", ("1380·123·4567",)),
    ("打一三八一二三四五六七八", ("一三八一二三四五六七八",)),
    ("幺三八，零零一二，三四五六", ("幺三八，零零一二，三四五六",)),
    ("①③⑧①②③④⑤⑥⑦⑧", ("①③⑧①②③④⑤⑥⑦⑧",)),
    ("+86 138 1234 5678", ("+86 138 1234 5678",)),
    ("0752-2345678 白天有人", ("0752-2345678",)),
    ("（0755）8888 1234", ("（0755）8888 1234",)),
    ("座机：2345678", ("：2345678",)),
    ("身份证44130219630101123X", ("44130219630101123X",)),
    ("证号 441302 19630101 1234", ("441302 19630101 1234",)),
    ("写信到 wang.li@example.com.cn", ("wang.li@example.com.cn",)),
    ("邮箱 wang＠example.com", ("wang＠example.com",)),
    ("微信 abc_123", ("abc_123",)),
    ("微信号：wxid_9k2", ("wxid_9k2",)),
    ("VX：lao_wang88", ("lao_wang88",)),
    ("加v: laowang88", ("laowang88",)),
    ("ＱＱ　１２３４５６７８", ("１２３４５６７８",)),
    ("联系人：王小明，住2栋", ("：王小明",)),
    ("张三 3栋502", ("张三 3栋502",)),
    ("漏水，李小梅3号楼1单元402室", ("李小梅3号楼1单元402室",)),
    ("3-2-501 陈桂英反映", ("3-2-501 陈桂英",)),
    ("王先生和李女士都说过", ("王", "李")),
    ("周阿姨腿脚不便", ("周",)),
]
NOTHING = [
    "某先生说楼道黑",
    "2015年换过，花了120000元，3栋1单元502",
    "公交车138路站牌歪了，共12345678块砖",
    "改造面积13500000000平米，总价￥13812345678",
    "2026.11.28、2026-11-28、20261128 三天停水",
    "台阶宽1200，高150，长1350 1200 180",
    "预算 1,380,000 元，单价 138.50 元/米",
    "3栋、5栋、12号楼的电梯",
    "3栋502漏水，402也漏",
    "电梯 3栋502 门口",
    "高压线 3栋 旁边，石阶2号楼，路灯5栋301门前",
    "一二三四五六楼都没有灯",
    "二〇二六年十一月二十八日",
    "220V：电压不稳，微信群里说过",
    "QQ群里大家都同意",
    "业主大会，业主代表，业主委员会。",
    "水管直径 DN150，型号 PE-100",
    "坐标 114.4012, 23.0987",
    "工单号 202611280001234567",
    "清洁阿姨和保安师傅",
]


@pytest.mark.parametrize(("text", "found"), FOUND)
def test_contact_details_are_found(text: str, found: tuple[str, ...]) -> None:
    assert contacts_in(text) == found


@pytest.mark.parametrize("text", NOTHING)
def test_figures_of_houses_and_streets_are_not(text: str) -> None:
    assert contacts_in(text) == ()


@given(st.text(max_size=200))
def test_masking_keeps_every_other_sign_in_its_place(text: str) -> None:
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert all(new in (old, MASK) for old, new in zip(text, hidden, strict=True))
    assert masked(hidden) == hidden


#: The signs of each figure that people type, and what they put between groups of them.
_FIGURES = [f"{n}{chr(0xFF10 + n)}{'〇一二三四五六七八九'[n]}" for n in range(10)]
_BETWEEN = st.sampled_from(["", " ", "-", ".", "·", "—", "　"])


@given(
    st.lists(st.integers(0, 9), min_size=9, max_size=9),
    st.integers(3, 9),
    st.integers(0, 2),
    _BETWEEN,
    st.sampled_from(["", "请打", "李小梅 ", "（"]),
    st.sampled_from(["", "，白天", "）", " 找我"]),
)
def test_a_mobile_number_is_found_however_it_is_written(
    rest: list[int], second: int, script: int, between: str, before: str, behind: str
) -> None:
    signs = [_FIGURES[n][script] for n in (1, second, *rest)]
    number = between.join(("".join(signs[:3]), "".join(signs[3:7]), "".join(signs[7:])))
    hidden = masked(f"{before}{number}{behind}")
    assert not set(signs) & set(hidden)


@given(st.integers(1, 99), st.integers(1, 9), st.integers(101, 3304), st.dates(), st.integers(1, 10**9))
def test_doors_days_and_amounts_alone_alarm_nobody(house: int, unit: int, room: int, day: object, fen: int) -> None:
    said = f"{house}栋{unit}单元{room}，{day:%Y年%m月%d日}起漏水，{day}，预算{fen / 100:.2f}元，{fen:,}元"
    assert contacts_in(said) == ()
