"""The chart of rank ranges names its lines, places its cut and takes names as text."""

import re
from fractions import Fraction

from renovation.model.ranking import Criterion, Weighting
from renovation.rules.programme.ranking import table_of
from renovation.rules.programme.sensitivity import counts, examine
from renovation.text import Language
from renovation.ui.programme.ranking_chart import chart_html


def drawn(count=30, cut=10, **how):
    criteria = [Criterion(code=code, name_zh=code) for code in ("a", "b")]
    ids = [f"e{i}" for i in range(count)]
    values = {"a": list(range(count)), "b": [(7 * i) % count for i in range(count)]}
    weighting = Weighting(weights={"a": Fraction(3), "b": Fraction(1)})
    firmness = examine(table_of(ids, values, criteria), weighting, cut=cut, runs=200)
    names = {name: f"<b>{name}</b>" for name in ids}
    return firmness, chart_html(firmness, names, Language.ZH, **how)


def test_lines_around_the_cut_are_drawn_once_and_every_line_on_demand():
    firmness, near = drawn(everything=False)
    assert near.count('class="row"') == 18
    assert drawn(everything=True)[1].count('class="row"') == 30
    assert "入选线：前 10 个" in near
    assert f"稳定入选 {counts(firmness)['in']} 个" in near
    assert 'class="ranks large"' in drawn(everything=False, is_large=True)[1]


def test_names_are_text_and_nothing_is_drawn_outside():
    chart = drawn(everything=True)[1]
    assert "&lt;b&gt;e3&lt;/b&gt;" in chart
    assert "<b>e3" not in chart
    assert all(0 <= float(place) <= 100 for place in re.findall(r"(-?[\d.]+)%[)\"]", chart))
