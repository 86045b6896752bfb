"""Finding the same wish said in other words."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from renovation.imports.files.lists import shipped
from renovation.model.demands import DemandCategory
from renovation.model.lists import ListKind
from renovation.model.localities import synonyms_of
from renovation.rules.demands.similarity import TextIndex, most_similar, normaliser

NORMALISE = normaliser(synonyms_of(shipped(ListKind.SYNONYMS)))
TEXTS = [
    "3栋楼下路灯坏了，晚上看不清路",
    "下水道堵了，污水冒出来",
    "希望给5栋加装电梯，老人家上下楼不方便",
    "垃圾桶太少，夏天味道很大",
]


def _slow_cosine(texts: list[str], wanted: str) -> list[float]:
    def grams(text: str) -> Counter[str]:
        return Counter([*text, *(a + b for a, b in pairwise(text))])

    counted = [grams(text) for text in texts]
    in_texts = Counter(gram for count in counted for gram in count)

    def vector(text: str) -> dict[str, float]:
        return {
            gram: times * (math.log((1 + len(texts)) / (1 + in_texts[gram])) + 1.0)
            for gram, times in grams(text).items()
        }

    def norm(values: dict[str, float]) -> float:
        return math.sqrt(sum(value**2 for value in values.values()))

    one = vector(wanted)
    others = [vector(text) for text in texts]
    return [
        sum(one[gram] * other[gram] for gram in one.keys() & other.keys()) / (norm(one) * norm(other) or 1.0)
        for other in others
    ]


@given(
    st.lists(st.text(alphabet="灯路坏了abc𠮷", max_size=12), max_size=6), st.text(alphabet="灯路坏了xa𠮷", max_size=12)
)
def test_cosine_equals_the_textbook(texts: list[str], wanted: str) -> None:
    got = TextIndex(texts).similarities(wanted).tolist()
    for mine, theirs in zip(got, _slow_cosine(texts, wanted), strict=True):
        assert math.isclose(mine, theirs, abs_tol=1e-9)


def test_other_words_for_the_same_find_each_other() -> None:
    index = TextIndex([NORMALISE(text) for text in TEXTS])
    for said, meant in (
        ("楼下的照明灯坏掉了", 0),
        ("化粪池不通，返水", 1),
        ("能不能装个电梯", 2),
        ("小区垃圾房味道太大", 3),
    ):
        assert index.similarities(NORMALISE(said)).argmax() == meant


def test_nothing_is_near_to_nothing() -> None:
    assert TextIndex([]).similarities("灯").tolist() == []
    assert TextIndex(["", "灯"]).similarities("").tolist() == [0, 0]
    assert NORMALISE("，。!! 12 希望尽快，谢谢") == ""


def test_what_is_suggested_is_near_and_of_another_category_less() -> None:
    lamp, noise = DemandCategory.LIGHTING, DemandCategory.LIFT
    rows = [(1, lamp), (2, noise), (3, lamp), (4, lamp)]
    assert most_similar([0.5, 0.6, 0.5, 0.21], rows, lamp, limit=5) == {3: 0.5, 1: 0.5, 2: 0.6 * 0.75}
    assert list(most_similar([0.5, 0.6, 0.5, 0.22], rows, None, limit=5)) == [2, 3, 1, 4]
    assert most_similar([0.5, 1.2, 0.5, 0.9], rows, None, limit=1) == {2: 1.0}
