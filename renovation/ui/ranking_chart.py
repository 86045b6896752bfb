"""How firm a ranking is, drawn so that a meeting sees it at once: a bar of ranks per line, and the cut line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from renovation.rules.sensitivity import Firmness, RankRange
from renovation.ui.words import say

#: Okabe and Ito's blue, orange and a grey: told apart by the colour-blind and on a grey projector.
COLOURS = {"in": "#0072B2", "doubt": "#E69F00", "out": "#BDBDBD"}
_LINE = "#B3301C"
_INK = "#1C2529"
#: Runs above the line from which a place is called firm, and below which it is hopeless.
_FIRM = 0.95
#: Lines shown on either side of the cut.
_AROUND = 9
_ROW = 30


def standing(span: RankRange) -> str:
    """Tell whether a line is firmly in, in doubt, or firmly out."""
    share = span.in_cut or 0.0
    return "in" if share >= _FIRM else "out" if share <= 1 - _FIRM else "doubt"


def counts(firmness: Firmness) -> dict[str, int]:
    """Return how many lines stand firmly in, in doubt and firmly out."""
    found = dict.fromkeys(COLOURS, 0)
    for span in firmness.ranges:
        if span.rank is not None:
            found[standing(span)] += 1
    return found


def range_chart(firmness: Firmness, names: Mapping[str, str], *, everything: bool) -> None:
    """Draw the range of ranks of the lines around the cut, or of all of them."""
    ranked = sorted((span for span in firmness.ranges if span.rank is not None), key=lambda one: (one.rank, one.id))
    shown = ranked if everything else ranked[max(0, firmness.cut - _AROUND) : firmness.cut + _AROUND]
    if not shown:
        st.info(say("page_ranking.nothing_ranked"), icon=":material/info:")
        return
    frame = pd.DataFrame([_line(span, names) for span in shown])
    chart = _layers(frame, firmness.cut)
    height = _ROW * len(shown) + 20
    if everything:
        with st.container(height=520):
            st.altair_chart(chart.properties(height=height), width="stretch")
    else:
        st.altair_chart(chart.properties(height=height), width="stretch")


def _line(span: RankRange, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "line": f"{span.rank}  {names[span.id]}",
        "rank": span.rank,
        "best": span.best,
        "worst": span.worst,
        # A range of one rank would have no width to be seen.
        "low": (span.low or 0) - 0.4,
        "high": (span.high or 0) + 0.4,
        "standing": say(f"page_ranking.standing.{standing(span)}"),
        "in_cut": round(100 * (span.in_cut or 0.0)),
    }


def _layers(frame: pd.DataFrame, cut: int) -> alt.LayerChart:
    words: Sequence[str] = [say(f"page_ranking.standing.{name}") for name in COLOURS]
    order = frame["line"].tolist()
    y = alt.Y(
        "line:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            labelFontSize=14, labelLimit=270, labelColor=_INK, labelPadding=6, ticks=False, labelOverlap=False
        ),
    )
    low, high = float(frame["best"].min()) - 1, float(frame["worst"].max()) + 1
    x = alt.Scale(domain=[low, high], nice=False)
    axis = alt.Axis(labelFontSize=14, titleFontSize=14, labelColor=_INK, titleColor=_INK, tickMinStep=1, format="d")
    tip = [
        alt.Tooltip("line:N", title=say("ranking_file.column.name")),
        alt.Tooltip("best:Q", title=say("ranking_file.column.best")),
        alt.Tooltip("worst:Q", title=say("ranking_file.column.worst")),
        alt.Tooltip("in_cut:Q", title=say("page_ranking.in_cut")),
    ]
    whole = (
        alt.Chart(frame)
        .mark_rule(strokeWidth=2, color="#8A959B")
        .encode(y=y, x=alt.X("best:Q", scale=x, title=say("page_ranking.rank_axis"), axis=axis), x2="worst:Q")
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(height=13)
        .encode(
            y=y,
            x=alt.X("low:Q", scale=x),
            x2="high:Q",
            tooltip=tip,
            color=alt.Color(
                "standing:N",
                sort=list(words),
                scale=alt.Scale(domain=list(words), range=list(COLOURS.values())),
                legend=alt.Legend(title=None, orient="top", labelFontSize=15, labelLimit=320),
            ),
        )
    )
    points = (
        alt.Chart(frame)
        .mark_point(shape="diamond", size=80, filled=True, color=_INK, opacity=1)
        .encode(y=y, x=alt.X("rank:Q", scale=x), tooltip=tip)
    )
    line = alt.Chart(pd.DataFrame({"cut": [cut + 0.5], "words": [say("page_ranking.cut_line", cut=cut)]}))
    rule = line.mark_rule(color=_LINE, strokeWidth=3, strokeDash=[7, 4]).encode(x=alt.X("cut:Q", scale=x))
    label = line.mark_text(
        align="left", dx=7, fontSize=15, fontWeight="bold", color=_LINE, baseline="bottom", y=-3
    ).encode(x=alt.X("cut:Q", scale=x), text="words:N")
    layers: alt.LayerChart = whole + bars + points + rule + label
    return layers
