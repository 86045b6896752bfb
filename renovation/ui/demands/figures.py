"""The figures a district is judged by, on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from renovation.model.intake import DemandFigures, GroupFigures
from renovation.rules.demands.standing import busiest_first
from renovation.ui.charts import colour_of, show_chart
from renovation.ui.frame.grid import COUNT, SHARE, TENTHS, grid, number
from renovation.ui.words import label, percent, say


def figures_line(figures: DemandFigures, listed: int) -> None:
    """Say in one line how the filter's demands stand, so that ``listed``, the list's own number, adds up."""
    total = figures.total
    parts = (
        (say("demand.figure.listed"), f"{listed:,}"),
        (say("demand.figure.received"), f"{total.received:,}"),
        (say("demand.figure.overdue"), f"{total.overdue:,}"),
        (say("demand.figure.answered_share"), percent(total.answered_share)),
        (say("demand.figure.on_time_share"), percent(total.on_time_share)),
        (say("demand.figure.rating"), "—" if total.mean_rating is None else f"{float(total.mean_rating):.1f}"),
        (say("demand.figure.record_only"), f"{figures.record_only:,}"),
        (say("demand.figure.merged"), f"{listed - total.received - figures.record_only:,}"),
    )
    st.markdown("　".join(f"{name} **{value}**" for name, value in parts))


def months_chart(figures: DemandFigures) -> None:
    """Draw how many demands came in and were answered, month by month."""
    frame = pd.DataFrame(
        [
            {"month": group.name, "kind": say(f"demand.figure.{kind}"), "count": getattr(group, kind)}
            for group in figures.by_month
            for kind in ("received", "answered")
        ]
    )
    chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("month:N", title=None, axis=alt.Axis(labelAngle=0)),
            xOffset="kind:N",
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickMinStep=1)),
            color=colour_of("kind", [say(f"demand.figure.{kind}") for kind in ("received", "answered")]),
            tooltip=["month", "kind", "count"],
        )
    )
    show_chart(chart, height=220)


def _table(groups: Sequence[GroupFigures], heading: str, name_of: Callable[[str], str]) -> None:
    ranked = busiest_first(groups)
    grid(
        {
            "name": [name_of(group.name) for group in ranked],
            "received": [group.received for group in ranked],
            "answered": [group.answered for group in ranked],
            "answered_share": [number(group.answered_share) for group in ranked],
            "on_time_share": [number(group.on_time_share) for group in ranked],
            "overdue": [group.overdue for group in ranked],
            "rating": [number(group.mean_rating) for group in ranked],
        },
        words="demand.figure",
        headings={"name": heading},
        kinds={
            **dict.fromkeys(("received", "answered", "overdue"), COUNT),
            **dict.fromkeys(("answered_share", "on_time_share"), SHARE),
            "rating": TENTHS,
        },
        tall=400,
        key="demands.figures",
    )


def figures_tables(figures: DemandFigures) -> None:
    """Show the figures by department, street, channel or category, and by month."""
    st.caption(say("demand.figure.how"))
    months_chart(figures)
    by = st.segmented_control(
        say("demand.figure.by"),
        ["department", "street", "channel", "category"],
        default="department",
        required=True,
        format_func=lambda one: say(f"demand.figure.by_{one}"),
        key="demands.by",
        label_visibility="collapsed",
    )

    def plain(name: str) -> str:
        return name or say("demand.figure.none")

    heading = say(f"demand.figure.by_{by}")
    match by:
        case "street":
            _table(figures.by_street, heading, plain)
        case "channel":
            _table(figures.by_channel, heading, lambda name: label("enum.DemandChannel", name))
        case "category":
            _table(figures.by_category, heading, lambda name: label("enum.DemandCategory", name))
        case _:
            _table(figures.by_department, heading, plain)
