"""How firm a ranking is, drawn so that a meeting sees it at once: a bar of ranks per line, and the cut line.

Plain boxes rather than a chart library: a slider that moves redraws them in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

import streamlit as st

from renovation.rules.programme.sensitivity import STANDINGS, Firmness, RankRange, counts, standing
from renovation.text import Language, text
from renovation.ui.words import language

#: Lines shown on either side of the cut.
_AROUND = 9
#: Steps between numbers on the axis, and how many of them there may be.
_STEPS, _MOST_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500), 10


def range_chart(firmness: Firmness, names: Mapping[str, str], *, everything: bool, is_large: bool = False) -> None:
    """Draw the range of ranks of the lines around the cut, or of all of them; large for the back row."""
    tongue = language()
    drawn = chart_html(firmness, names, tongue, everything=everything, is_large=is_large)
    if not drawn:
        st.info(text("page_ranking.nothing_ranked", tongue), icon=":material/info:")
    elif everything:
        with st.container(height=560):
            st.html(drawn)
    else:
        st.html(drawn)


def chart_html(
    firmness: Firmness, names: Mapping[str, str], tongue: Language, *, everything: bool, is_large: bool = False
) -> str:
    """Return the chart as HTML; empty when nothing is ranked."""
    ranked = sorted((span for span in firmness.ranges if span.rank is not None), key=lambda one: (one.rank, one.id))
    shown = ranked if everything else ranked[max(0, firmness.cut - _AROUND) : firmness.cut + _AROUND]
    if not shown:
        return ""
    first = min(span.best or 1 for span in shown) - 1
    last = max(span.worst or 1 for span in shown) + 1

    def at(rank: float) -> str:
        return f"{100 * (rank - first) / (last - first):.2f}%"

    words = {name: text(f"page_ranking.standing.{name}", tongue) for name in STANDINGS}
    found = counts(firmness)
    legend = "".join(f'<span><i class="{name}"></i>{words[name]} <b>{found[name]}</b></span>' for name in STANDINGS)
    lines = "".join(_line(span, names[span.id], at, tongue, words) for span in shown)
    cut = text("page_ranking.cut_line", tongue, cut=firmness.cut)
    ticks = "".join(f'<i style="left:{at(tick)}">{tick}</i>' for tick in _ticks(first, last))
    grid = "".join(f'<i style="left:{at(tick)}"></i>' for tick in _ticks(first, last))
    # Every rank drawn is better than the line, or none is: then the line has no place on this axis.
    line = (
        f'<div class="cut" style="left:{at(firmness.cut + 0.5)}"><b>{escape(cut)}</b></div>'
        if first < firmness.cut + 0.5 < last
        else ""
    )
    said = text(
        "page_ranking.chart_said",
        tongue,
        cut=firmness.cut,
        runs=firmness.runs,
        firm=found["in"],
        doubt=found["doubt"],
        below=found["out"],
    )
    return (
        f'<div class="ranks{" large" if is_large else ""}" role="img" aria-label="{escape(said)}">'
        f'<div class="legend">{legend}</div><div class="plot"><div class="over">{grid}{line}</div>{lines}</div>'
        f'<div class="axis"><span></span><div>{ticks}</div></div>'
        f'<div class="title">{escape(text("page_ranking.rank_axis", tongue))}</div></div>'
    )


def _line(span: RankRange, name: str, at: Callable[[float], str], tongue: Language, words: Mapping[str, str]) -> str:
    kind = standing(span)
    low, high = (span.low or 0) - 0.4, (span.high or 0) + 0.4
    tip = text(
        "page_ranking.chart_tip", tongue, name=name, standing=words[kind], best=span.best or 0, worst=span.worst or 0,
        share=span.in_cut or 0.0,
    )  # fmt: skip
    return (
        f'<div class="row" title="{escape(tip)}"><span>{span.rank}　{escape(name)}</span><div>'
        f"{_between('whole', span.best or 0, span.worst or 0, at)}{_between(kind, low, high, at)}"
        f'<u style="left:{at(span.rank or 0)}"></u></div></div>'
    )


def _between(kind: str, low: float, high: float, at: Callable[[float], str]) -> str:
    return f'<i class="{kind}" style="left:{at(low)};right:calc(100% - {at(high)})"></i>'


def _ticks(first: int, last: int) -> Sequence[int]:
    step = next((one for one in _STEPS if (last - first) / one <= _MOST_STEPS), _STEPS[-1])
    return range(-(-max(first, 1) // step) * step, last + 1, step)
