"""Counts of demands by place or category, and whether they grow."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from renovation.config import settings
from renovation.model.accounts import Actor
from renovation.model.clock import day_of
from renovation.model.demands import DemandCategory, DemandFilter, Grouping, Trend
from renovation.services.demands import demands
from renovation.services.demands.trends import DAYS, MONTHS, demand_trends_by
from renovation.ui.frame.grid import COUNT, DAY, LONG, grid
from renovation.ui.frame.state import store
from renovation.ui.words import label, plain, say, told

#: Lines under a chosen place; the filter narrows further.
_MOST = 100


@st.cache_resource(max_entries=16, show_spinner=False)
def _kept(url: str, stamp: str, wanted: DemandFilter, by: Grouping, actor: Actor) -> tuple[Trend, ...]:
    del url, stamp
    return demand_trends_by(store(), actor, wanted, by)


def trends(actor: Actor, wanted: DemandFilter) -> None:
    """Show the groups with their counts and trends; a chosen line lists its demands."""
    by = st.segmented_control(
        say("demand.trend.by"),
        list(Grouping),
        default=Grouping.ESTATE,
        required=True,
        format_func=lambda one: label("enum.Grouping", one),
        key="demands.trend_by",
        label_visibility="collapsed",
    )
    by = by or Grouping.ESTATE
    st.caption(told("demand.trend.how", days=DAYS, months=MONTHS))
    with st.spinner(say("demand.hurts.working")):
        found = _kept(settings().database_url, demands.demands_stamp(store(), actor), wanted, by, actor)
    names = [
        label("enum.DemandCategory", one.key) if by is Grouping.CATEGORY else one.name or str(one.key) for one in found
    ]
    picked = grid(
        {
            "name": names,
            "demands": [one.demands for one in found],
            "supporters": [one.supporters for one in found],
            "months": [list(one.months) for one in found],
            "recent": [one.recent for one in found],
            "change": [one.change for one in found],
        },
        words="demand.trend",
        headings={
            "name": label("enum.Grouping", by),
            "months": say("demand.trend.months", months=MONTHS),
            "recent": say("demand.trend.recent", days=DAYS),
        },
        kinds={
            **dict.fromkeys(("demands", "supporters", "recent"), COUNT),
            "months": partial(st.column_config.BarChartColumn, y_min=0),
            "change": partial(st.column_config.NumberColumn, format="%+d"),
        },
        ids=[one.key for one in found],
        pick="one",
        tall=400,
        key=f"demands.trends.{by.value}",
    )
    for at in picked:
        demands_of(actor, _narrowed(wanted, by, found[at]), names[at])


def _narrowed(wanted: DemandFilter, by: Grouping, one: Trend) -> DemandFilter:
    if by is Grouping.CATEGORY:
        return replace(wanted, categories=(DemandCategory(str(one.key)),))
    return replace(wanted, scope=replace(wanted.scope, **{f"{by.value}_id": int(one.key)}))


def demands_of(actor: Actor, wanted: DemandFilter, name: str) -> None:
    """List the demands of one place or category, newest first."""
    total = demands.count_demands(store(), actor, wanted)
    st.markdown(f"**{say('demand.spot.listed', name=plain(name), count=total)}**")
    rows = demands.list_demands(store(), actor, wanted, limit=_MOST)
    grid(
        {
            "received": [day_of(row.demand.received_at) for row in rows],
            "status": [label("enum.DemandStatus", row.demand.status) for row in rows],
            "category": [label("enum.DemandCategory", row.demand.category) for row in rows],
            "text": [row.demand.text for row in rows],
            "estate": [row.estate_name for row in rows],
            "supporters": [row.demand.supporters for row in rows],
            "receipt": [row.demand.receipt for row in rows],
        },
        words="demand.column",
        kinds={"received": DAY, "text": LONG, "supporters": COUNT},
        tall=300,
        key="demands.there",
    )
