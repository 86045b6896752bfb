"""Where it hurts: hot grids, density, and counts with their trends, all under the page's one filter."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from renovation.config import settings
from renovation.geo.hotspots import Spot
from renovation.model.accounts import Actor
from renovation.model.demands import DemandFilter
from renovation.services.demands import demands
from renovation.services.demands.hotspots import GridSpot, export_spots, grid_spots
from renovation.services.demands.trends import DensityBand, demand_density
from renovation.ui.demands.trends import demands_of, trends
from renovation.ui.frame.grid import COUNT, HUNDREDTHS, grid
from renovation.ui.frame.offer import offer_places
from renovation.ui.frame.state import store
from renovation.ui.map import MapEvent, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.words import language, say, told

_COLOURS = {Spot.ORDINARY: ("#C9D1D5", 0.25), Spot.COLD: ("#0F6FB5", 0.45), Spot.HOT: ("#C0282D", 0.55)}
#: Thin to thick; one hue, so that the order also shows without colour.
_BAND_COLOURS = ("#F6C9A8", "#E88E5A", "#C9512F", "#8A1F1B")
_GRID = "demands.grid"


def where_it_hurts(actor: Actor, wanted: DemandFilter) -> None:
    """Let the person choose between hot grids, density and trends; only the chosen one is worked out."""
    views = {"spots": _hot_grids, "density": _density, "trends": trends}
    chosen = st.segmented_control(
        say("demand.hurts.show"),
        list(views),
        default="spots",
        required=True,
        format_func=lambda one: say(f"demand.hurts.{one}"),
        key="demands.hurts",
        label_visibility="collapsed",
    )
    views[chosen or "spots"](actor, wanted)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_spots(url: str, stamp: str, wanted: DemandFilter, actor: Actor) -> tuple[GridSpot, ...]:
    del url, stamp
    return grid_spots(store(), actor, wanted)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_density(url: str, stamp: str, wanted: DemandFilter, actor: Actor) -> tuple[DensityBand, ...]:
    del url, stamp
    return demand_density(store(), actor, wanted)


def _on_click(event: MapEvent) -> None:
    if event.layer == "grids" and event.id is not None:
        st.session_state[_GRID] = int(event.id)


def _hot_grids(actor: Actor, wanted: DemandFilter) -> None:
    """Draw the grids of the filter's area and list those in which demands gather."""
    with st.spinner(say("demand.hurts.working")):
        spots = _kept_spots(settings().database_url, demands.demands_stamp(store(), actor), wanted, actor)
    st.caption(say("demand.spot.how") + say("demand.spot.click"))
    if not spots:
        st.info(say("demand.spot.none"), icon=":material/grid_off:")
        return
    hot = [spot for spot in spots if spot.spot is Spot.HOT]
    words, files = st.columns([5, 1], vertical_alignment="center")
    words.markdown(told("demand.spot.found", hot=len(hot), total=len(spots)))
    with files:
        _export(actor, spots)
    selected = st.session_state.get(_GRID)
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
            selected=None if selected is None else str(selected),
            on_click=_on_click,
            view=f"spots:{wanted.scope!r}",
            fit=("grids",),
            height=400,
        )
    with right:
        grid(
            {
                "grid": [spot.name for spot in hot],
                "demands": [spot.demands for spot in hot],
                "z": [spot.z for spot in hot],
            },
            words="demand.spot",
            kinds={"demands": COUNT, "z": HUNDREDTHS},
            tall=400,
            key="demands.spot_table",
        )
    one = next((spot for spot in spots if spot.id == selected), None)
    if one is not None:
        demands_of(actor, replace(wanted, scope=replace(wanted.scope, grid_id=one.id)), one.name)


def _export(actor: Actor, spots: tuple[GridSpot, ...]) -> None:
    tongue = language()
    with st.popover(say("demand.spot.export"), icon=":material/download:", width="stretch"):
        offer_places(
            "spots",
            say("demand.spot.layer"),
            lambda format_, datum: export_spots(actor, spots, format_, datum=datum, language=tongue),
        )


def _density(actor: Actor, wanted: DemandFilter) -> None:
    """Draw how thickly the filter's demands lie."""
    with st.spinner(say("demand.hurts.working")):
        found = _kept_density(settings().database_url, demands.demands_stamp(store(), actor), wanted, actor)
    st.caption(say("demand.density.how"))
    colours = _BAND_COLOURS[-len(found) :] if found else ()
    draw_map(
        [
            *base_layers(wanted.scope),
            PolygonLayer(
                name="density",
                ids=[str(at) for at in range(len(found))],
                geometries=[band.outline for band in found],
                classes=[str(at) for at in range(len(found))],
                styles={
                    str(at): Style(
                        words=say("demand.density.from", count=f"{band.per_km2:g}"),
                        fill=colour,
                        line=colour,
                        line_width=0,
                        opacity=0.7,
                    )
                    for at, (band, colour) in enumerate(zip(found, colours, strict=True))
                }
                or {"": Style()},
            ),
        ],
        key="demands.density",
        view=f"density:{wanted.scope!r}",
        fit=("density",),
        height=440,
    )
