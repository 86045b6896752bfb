"""One word for one thing: the field's terms stand everywhere, and words they replaced do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from renovation.text import Language, catalogue, text

CHECKOUT = Path(__file__).resolve().parents[2]

#: Term of the field → what may not stand for it, as a pattern.
TERMS = {
    "设施覆盖分析": r"谁受益(?!：)",
    "已覆盖": r"够得着|够不着",
    "设施短板": r"(?<!设施)短板|(?<!（)缺项|缺失项",
    "准入条件": r"入选条件|入选标准|准入门槛",
    "待核实": r"(?<!计算)待核(?!实|对)|不清楚(?!就)",
    "资金台账": r"资金盘子|资金账本|“资金”页",
    "约束条件": r"条要求|全部要求|(?:按这些|放宽|下面的)要求|先后要求",
    "人工列入/剔除": r"人工确定|人工锁定|人工入选",
    "敏感性分析": r"代价与增量|稳定性",
    "按顺序选取（对照）": r"依次选取|贪心",
    "方案管理": r"方案比较",
    "稳定入选/边缘/未入选": r"稳进|临界",
    "本计划安排资金": r"计划用款|每户用款",
    "入户调查率": r"调查覆盖|入户率|入户覆盖",
    "县（区）": r"县区|区县|区（县）|县\(区\)",
    "诉求编号": r"回执号|诉求回执",
    "投票回执": r"(?<!投票)回执",
    "事件报备（不计考核）": r"仅报备|(?<!事件)报备",
    "专家评审": r"(?<!专家)评审",
    "District": r"\bCount(?:y|ies)\b|\bcount(?:y|ies)\b",
    "Subdistrict": r"\b[Ss]treet offices?\b",
    "demand number": r"\b[Rr]eceipt numbers?\b",
}


def read_by_people() -> Iterator[tuple[str, str]]:
    """Yield where something stands that people read, and what it says."""
    for key, entry in catalogue().items():
        for language, said in entry.items():
            yield f"{key} [{language}]", said
    for file in [CHECKOUT / "README.md", *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("data/*.csv")]:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{file.relative_to(CHECKOUT)}:{number}", line


@pytest.mark.parametrize("term", TERMS)
def test_a_thing_has_one_name(term: str) -> None:
    others = re.compile(TERMS[term])
    found = [f"{where}: {said}" for where, said in read_by_people() if others.search(said)]
    assert not found, f"say “{term}”:\n" + "\n".join(found)


#: What is counted in English sentences, and numbers that are never one.
COUNTED = (
    "accounts areas ballots batches demands doors entries estates households lines photos points polls pots projects "
    "records requests votes"
)
NEVER_ONE = {"limit", "least", "most", "free"}


def test_what_is_counted_has_a_singular() -> None:
    bare = re.compile(r"\{(\w+)(?::count)?\} (?:more )?(?:" + "|".join(COUNTED.split()) + r")\b")
    found = [
        f"{key}: {entry['en']}"
        for key, entry in catalogue().items()
        for match in bare.finditer(entry["en"])
        if match[1] not in NEVER_ONE
    ]
    assert not found, "write {count:count demand|demands}:\n" + "\n".join(found)
    assert text("poll.next.refreshed", "en", count=1).endswith(": 1 project to vote on.")
    assert text("poll.next.refreshed", "en", count=1200).endswith(": 1,200 projects to vote on.")


#: What other programs and machines call their own things.
ELSEWHERE = {"兼容性最佳", "实际大小", "文件 › 导出为 › Excel", "设置 › 相机 › 格式"}
POINTED_AT = {
    Language.ZH: re.compile(r"(?:在|到|见|按|点|选|用|打开|去|勾选)“([^”{}]{2,20})”"),
    Language.EN: re.compile(r"(?:page|under|on|[Pp]ress|[Cc]hoose|[Tt]ick) “([^”{}]{3,40})”"),
}


@pytest.mark.parametrize("language", Language)
def test_what_a_sentence_points_at_is_called_so_on_screen(language: Language) -> None:
    said = {entry[language].strip(" :：") for entry in catalogue().values()}
    # A hint in brackets behind a label, and what is filled in, are no part of its name.
    said |= {re.sub(r"[（(].*?[)）]|\{.*?\}", "", one).strip() for one in said}
    lost = [
        f"{key}: {match[1]}"
        for key, entry in catalogue().items()
        for match in POINTED_AT[language].finditer(entry[language])
        if match[1] not in said | ELSEWHERE
    ]
    assert not lost, "nothing on screen is called so:\n" + "\n".join(lost)
