"""The look that every chart shares: letters a hall can read, colours that the colour-blind tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import streamlit as st

#: Okabe and Ito's palette, told apart by the colour-blind and on a grey projector.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
#: The same palette's vermilion, for what is now.
NOW = "#D55E00"
SELECTED, NOT_SELECTED = PALETTE[0], "#BDBDBD"
INK = "#1C2529"


def show_chart(chart: Any, *, height: Any = None) -> None:
    """Draw a chart across the column."""
    if height is not None:
        chart = chart.properties(height=height)
    letters = {"labelColor": INK, "titleColor": INK, "labelFontSize": 15}
    st.altair_chart(
        chart.configure_axis(**letters, titleFontSize=15, labelLimit=320).configure_legend(
            **letters | {"labelFontSize": alt.ExprRef("width < 560 ? 12 : 15")},
            title=None,
            orient="top",
            symbolSize=200,
            labelLimit=460,
            columns=alt.ExprRef("width < 560 ? 1 : 2"),
        ),
        width="stretch",
    )


def names_axis(field: str, order: Sequence[str]) -> alt.Y:
    """Return the vertical axis of lines that stand in a given order, named in full."""
    return alt.Y(f"{field}:N", sort=list(order), title=None)


def colour_of(field: str, colours: Mapping[str, str] | Sequence[str]) -> alt.Color:
    """Return the colours of a field's values, in order; without given colours those of the palette."""
    names = list(colours)
    fills = list(colours.values()) if isinstance(colours, Mapping) else list(PALETTE[: len(names)])
    return alt.Color(f"{field}:N", sort=names, scale=alt.Scale(domain=names, range=fills), title=None)
