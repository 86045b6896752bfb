"""Where demands gather, on a map of grids."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from renovation.config import settings
from renovation.geo.hotspots import Spot
from renovation.model.accounts import Actor
from renovation.model.demands import DemandFilter
from renovation.services import demands
from renovation.services.demand_hotspots import GridSpot, grid_spots
from renovation.ui.base_map import base_layers
from renovation.ui.map import PolygonLayer, Style, draw_map
from renovation.ui.state import store
from renovation.ui.words import say

_COLOURS = {Spot.ORDINARY: ("#C9D1D5", 0.25), Spot.COLD: ("#0F6FB5", 0.45), Spot.HOT: ("#C0282D", 0.55)}


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(url: str, stamp: int, wanted: DemandFilter, actor: Actor) -> tuple[GridSpot, ...]:
    del url, stamp
    return grid_spots(store(), actor, wanted)


def hotspots(actor: Actor, wanted: DemandFilter) -> None:
    """Draw the grids of the filter's area and list those in which demands gather."""
    st.caption(say("demand.spot.how"))
    spots = _kept(settings().database_url, demands.demands_stamp(store(), actor), wanted, actor)
    if not spots:
        st.info(say("demand.spot.none"), icon=":material/grid_off:")
        return
    hot = sorted((spot for spot in spots if spot.spot is Spot.HOT), key=lambda spot: -spot.z)
    st.markdown(say("demand.spot.found", hot=len(hot), total=len(spots)))
    left, right = st.columns([2, 1], gap="medium")
    with left:
        draw_map(
            [
                *base_layers(wanted.scope),
                PolygonLayer(
                    name="grids",
                    ids=[str(spot.id) for spot in spots],
                    geometries=[spot.outline for spot in spots],
                    classes=[spot.spot.value for spot in spots],
                    styles={
                        kind.value: Style(
                            words=say(f"demand.spot.{kind.value}"),
                            fill=colour,
                            line="#8A9499",
                            line_width=0.6,
                            opacity=opacity,
                        )
                        for kind, (colour, opacity) in _COLOURS.items()
                    },
                    tooltips=[say("demand.spot.hover", name=spot.name, count=spot.demands) for spot in spots],
                ),
            ],
            key="demands.spots",
            view=f"spots:{wanted.scope!r}",
            fit=("grids",),
            height=440,
        )
    with right:
        st.dataframe(
            pd.DataFrame(
                {
                    "name": [spot.name for spot in hot],
                    "demands": [spot.demands for spot in hot],
                    "z": [round(spot.z, 2) for spot in hot],
                }
            ),
            hide_index=True,
            height=min(440, 38 + 36 * max(len(hot), 1)),
            column_config={
                "name": st.column_config.TextColumn(say("demand.spot.grid")),
                "demands": st.column_config.NumberColumn(say("page.demands")),
                "z": st.column_config.NumberColumn(say("demand.spot.z"), format="%.2f"),
            },
            key="demands.spot_table",
        )
