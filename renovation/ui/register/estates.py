"""The register of estates on screen: one filter for map, list, figures and export."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from renovation.config import settings
from renovation.model.accounts import Actor
from renovation.model.places import Deficit, EstateFigures, EstateFilter, EstateType, ManagementForm, RenovationStatus
from renovation.model.scope import Scope
from renovation.rules.register.bands import Colouring, band_of
from renovation.services.register import estates, places
from renovation.services.register.estates import register_stamp
from renovation.services.register.exports import export_estates
from renovation.ui.frame.filters import FilterBar
from renovation.ui.frame.grid import COUNT, SHARE, WHOLE, grid
from renovation.ui.frame.offer import offer_filter
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_estate
from renovation.ui.map import MapEvent, MapLayer, Mark, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import MOST_BUILT, base_layers
from renovation.ui.words import listed, plain, say, told

_SELECTED = "estates.selected"
_FILTER = FilterBar("estates", ("types", "forms", "statuses", "deficits", "built_from", "built_to"))
_KNOWN = Style(fill="#8A9499", line="#8A9499", line_width=1, opacity=0.25)
_KNOWN_POINT = Style(fill="#8A9499", line="#FFFFFF", mark=Mark.DIAMOND, size=6, opacity=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
#: Official order of warning colours, mild to grave.
_BANDS = ("#0F6FB5", "#E0B400", "#E07B00", "#C0282D")
_UNKNOWN = "unknown"
_TOLD = {Colouring.DEFICITS: "deficit_count", Colouring.YEAR: "built_year", Colouring.WILLINGNESS: "willingness"}
#: Degrees (about 12 km): over a wider view outlines are specks, and each estate also gets a mark that clusters.
_WIDE = 0.12
_LIST_HEIGHT = 420
#: Estates named on the map itself.
_LABELLED = 40


def enum_label(member: Any) -> str:
    """Return what a person calls a member of an enum of places."""
    return say(f"enum.{type(member).__name__}.{member.value}")


def clear_filter() -> None:
    """Empty every field of the filter."""
    _FILTER.clear()


def filter_bar(scope: Scope) -> EstateFilter:
    """Draw the search field and the filter, and return what they narrow to."""
    with _FILTER.draw(search=say("estate.list.search"), hint=say("estate.list.search_hint")) as query:
        types = _several("types", "estate.column.estate_type", EstateType)
        forms = _several("forms", "estate.column.management_form", ManagementForm)
        statuses = _several("statuses", "estate.column.status", RenovationStatus)
        deficits = _several("deficits", "estate.list.every_deficit", Deficit)
        since, until = st.columns(2)
        first = _year(since, "built_from")
        last = _year(until, "built_to")
    return EstateFilter(
        scope=scope,
        query=query,
        types=tuple(types),
        management_forms=tuple(forms),
        statuses=tuple(statuses),
        deficits=tuple(deficits),
        built_from=first,
        built_to=last,
    )


def _year(place: DeltaGenerator, name: str) -> int | None:
    given: int | None = place.number_input(
        say(f"estate.list.{name}"), _FIRST_YEAR, _LAST_YEAR, value=None, step=1, format="%d", **_FILTER.field(name)
    )
    return given


def _several(name: str, label: str, enum: Any) -> list[Any]:
    return _FILTER.several(name, say(label), enum, enum_label)


def figures_line(figures: EstateFigures) -> None:
    """Say in one line what the filter's estates add up to."""
    parts = (
        (say("estate.list.figure_estates"), f"{figures.estates:,}"),
        (say("estate.list.figure_households"), f"{figures.households:,}"),
        (say("estate.list.figure_buildings"), f"{figures.buildings:,}"),
        (say("estate.list.figure_area"), f"{figures.floor_area_m2 / 10_000:,.1f}"),
    )
    st.markdown("　".join(f"{label} **{value}**" for label, value in parts))
    if figures.without_outline:
        st.caption(told("estate.list.without_outline", count=figures.without_outline))


_COLUMNS = (
    "name",
    "county_id",
    "street_id",
    "built_year",
    "estate_type",
    "management_form",
    "households",
    "floor_area_m2",
    "willingness",
    "status",
    "deficits",
    "survey_coverage",
)


@st.cache_resource(max_entries=12, show_spinner=False)
def _kept(url: str, stamp: str, wanted: EstateFilter, actor: Actor) -> Any:
    del url, stamp  # they only tell one state of the register from another
    return estates.estate_columns_of(store(), actor, wanted, only=_COLUMNS)


def read_frame(actor: Actor, wanted: EstateFilter) -> Any:
    """Return the filter's estates as columns (not to be changed), read again only when the register has changed."""
    return _kept(settings().database_url, register_stamp(store(), actor), wanted, actor)


def selected_id(frame: Any) -> int | None:
    """Return the estate chosen on the map or in the list, if the filter still holds it."""
    chosen = st.session_state.get(_SELECTED)
    return chosen if chosen in frame.index else None


def choose(estate_id: int | None) -> None:
    """Choose an estate on the register's page."""
    st.session_state[_SELECTED] = estate_id


def _on_click(event: MapEvent) -> None:
    if event.id is not None:
        choose(int(event.id))


def colour_choice() -> Colouring:
    """Let the person choose what the map's colours tell."""
    chosen = st.segmented_control(
        say("estate.list.colour_by"),
        list(Colouring),
        default=Colouring.DEFICITS,
        required=True,
        format_func=lambda one: say(f"estate.list.colour_{one.value}"),
        key="estates.colour",
        label_visibility="collapsed",
    )
    return chosen or Colouring.DEFICITS


def _households(count: float) -> str:
    return say("estate.list.unknown") if count != count else f"{count:,.0f}"


def estate_map(frame: Any, scope: Scope, *, by: Colouring, selected: int | None) -> None:
    """Draw the filter's estates, coloured by one of their figures; a click chooses one."""
    drawn = frame[frame.geometry.notna()]
    bands = (band_of(by, value) for value in drawn[_TOLD[by]])
    drawn = drawn.assign(
        band=[_UNKNOWN if band is None else str(band) for band in bands],
        tip=[
            say(
                "estate.list.hover",
                name=row.name,
                households=_households(row.households),
                count=int(row.deficit_count),
            )
            if row.deficit_count == row.deficit_count
            else say("estate.list.hover_unlooked", name=row.name, households=_households(row.households))
            for row in drawn[["name", "households", "deficit_count"]].itertuples(index=False)
        ],
    )
    styles = {
        str(at): Style(words=say(f"estate.band.{by.value}_{at}"), fill=colour, line=colour, opacity=0.45)
        for at, colour in enumerate(_BANDS)
    }
    styles[_UNKNOWN] = Style(words=say("estate.band.unknown"), fill="#8A9499", line="#8A9499", opacity=0.45)
    outlined = drawn[drawn.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
    layers: list[MapLayer] = [
        *base_layers(scope, built=outlined.index if len(outlined) <= MOST_BUILT else ()),
        PolygonLayer(
            name="estates",
            ids=[str(estate_id) for estate_id in outlined.index],
            geometries=list(outlined.geometry),
            classes=list(outlined["band"]),
            styles=styles,
            tooltips=list(outlined["tip"]),
            labels=list(outlined["name"]) if len(outlined) <= _LABELLED else None,
        ),
    ]
    west, south, east, north = drawn.total_bounds
    wide = bool(max(east - west, north - south) > _WIDE)
    # Estates nobody has outlined yet have a place only.
    pointed = drawn[~drawn.index.isin(outlined.index)]
    for name, marked, mark in (
        ("estate_marks", drawn if wide else outlined.iloc[:0], Mark.CIRCLE),
        ("estate_points", pointed.iloc[:0] if wide else pointed, Mark.DIAMOND),
    ):
        if not len(marked):
            continue
        middles = marked.geometry.representative_point()
        layers.append(
            PointLayer(
                name=name,
                ids=[str(estate_id) for estate_id in marked.index],
                lons=list(middles.x),
                lats=list(middles.y),
                classes=list(marked["band"]),
                styles={
                    band: _silent(style, mark, style.words if not len(outlined) and not wide else "")
                    for band, style in styles.items()
                },
                tooltips=list(marked["tip"]),
                cluster=wide,
            )
        )
    draw_map(
        layers,
        key="estates.map",
        selected=None if selected is None else str(selected),
        on_click=_on_click,
        # A list that has just been taken in moves the map to what there is now.
        view=repr((scope, len(frame))),
        fit=("estates", "estate_marks", "estate_points"),
        height=430,
    )
    if len(pointed):
        st.caption(told("estate.list.points_legend", count=len(pointed)))


def known_estates(actor: Actor) -> list[MapLayer]:
    """Return the estates of the register as a faint layer to find one's way by, outlined or not; none is clickable."""
    frame = read_frame(actor, EstateFilter())
    drawn = frame[frame.geometry.notna()]
    is_outlined = drawn.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
    outlined, pointed = drawn[is_outlined], drawn[~is_outlined]
    return [
        PolygonLayer(
            name="known_estates",
            ids=[str(estate_id) for estate_id in outlined.index],
            geometries=list(outlined.geometry),
            styles={"": _KNOWN},
            selectable=False,
        ),
        PointLayer(
            name="known_points",
            ids=[str(estate_id) for estate_id in pointed.index],
            lons=list(pointed.geometry.x),
            lats=list(pointed.geometry.y),
            tooltips=list(pointed["name"]),
            styles={"": _KNOWN_POINT},
            selectable=False,
        ),
    ]


def _silent(style: Style, mark: Mark, words: str) -> Style:
    """Return the style for marks; its words stand in the legend already where outlines are drawn too."""
    return Style(
        words=words, fill=style.fill, line="#FFFFFF", opacity=1, mark=mark, size=6 if mark is Mark.CIRCLE else 8
    )


def estate_card(actor: Actor, estate_id: int | None) -> None:
    """Show the chosen estate beside the map."""
    if estate_id is None:
        st.info(say("estate.list.choose"), icon=":material/ads_click:")
        return
    estate = estates.get_estate(store(), actor, estate_id)
    facts = estate.facts
    scope = Scope(
        county_id=estate.county_id,
        street_id=estate.street_id,
        community_id=estate.community_id,
        grid_id=estate.grid_id,
    )
    with st.container(border=True):
        st.subheader(plain(estate.name))
        st.caption(" › ".join(map(plain, places.trail(store(), actor, scope))))
        known = [
            None if facts.built_year is None else say("estate.list.year_of", year=facts.built_year),
            None if facts.estate_type is None else enum_label(facts.estate_type),
            None if facts.households is None else say("estate.list.households_of", households=facts.households),
            None if facts.buildings is None else say("estate.list.buildings_of", buildings=facts.buildings),
        ]
        st.markdown(listed(one for one in known if one) or say("estate.list.nothing_known"))
        st.markdown(f"**{say('estate.column.status')}**　{enum_label(facts.status)}")
        if facts.management_form is not None:
            st.markdown(f"**{say('estate.column.management_form')}**　{enum_label(facts.management_form)}")
        deficits = [enum_label(deficit) for deficit in Deficit if deficit in facts.deficits]
        none = say(f"estate.list.{'no_deficit' if facts.survey_coverage is not None else 'unlooked'}")
        st.markdown(f"**{say('estate.column.deficits')}**　{listed(deficits) or none}")
        if st.button(say("estate.list.open_file"), type="primary", icon=":material/apartment:", key="estates.open"):
            open_estate(estate_id)


def estate_list(frame: Any, actor: Actor) -> None:
    """Show the filter's estates as a table; choosing a row chooses the estate."""
    names = {area.id: area.name for area in places.list_areas(store(), actor)}
    grid(
        {
            "name": frame["name"],
            "county": frame["county_id"].map(names),
            "street": frame["street_id"].map(names),
            "built_year": frame["built_year"],
            "estate_type": _labels(frame["estate_type"], EstateType),
            "management_form": _labels(frame["management_form"], ManagementForm),
            "households": frame["households"],
            "floor_area_m2": frame["floor_area_m2"],
            "willingness": frame["willingness"],
            "deficit_count": frame["deficit_count"],
            "status": _labels(frame["status"], RenovationStatus),
        },
        words="estate.column",
        kinds={
            "built_year": WHOLE,
            "households": COUNT,
            "floor_area_m2": COUNT,
            "willingness": SHARE,
            "deficit_count": WHOLE,
        },
        ids=[int(estate_id) for estate_id in frame.index],
        pick="one",
        keep=_SELECTED,
        opens={"name": ([int(estate_id) for estate_id in frame.index], open_estate)},
        tall=_LIST_HEIGHT,
        key="estates",
    )


def _labels(codes: Any, enum: Any) -> Any:
    return codes.map({member.value: enum_label(member) for member in enum})


def export_choice(actor: Actor, wanted: EstateFilter, count: int) -> None:
    """Offer the filter's estates as a file."""
    with st.popover(say("estate.export.button"), icon=":material/download:", width="stretch"):
        offer_filter("estate", export_estates, actor, wanted, count)
