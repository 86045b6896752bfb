"""Who gains, on screen: the question, the map, the streets, and candidates that are ticked and ranked anew."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import shapely
import streamlit as st

from renovation.config import settings
from renovation.geo.coverage import DISTANCES_M
from renovation.geo.gains import Coverage, CoverageOutcome, Question, Served, served, served_by_estate
from renovation.model.accounts import Action, Actor, may
from renovation.model.money import yuan
from renovation.model.scope import Scope
from renovation.services.register import coverage
from renovation.ui.frame.grid import BAR, COUNT, SHARE, TENTHS, TEXT, grid, number
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.map import MapEvent, MapLayer, Mark, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects import projects as project_widgets
from renovation.ui.words import language, percent, say

_CHOSEN = "coverage.chosen"
_STRAIGHT, _NETWORK = "straight", "network"
_COLOURS = {Served.UNCOVERED: "#C77700", Served.GAINED: "#009E73", Served.COVERED: "#0F6FB5"}
#: Homes drawn one by one; a larger city shows a mark for each estate only.
_MOST_HOMES = 6_000
#: Degrees (about 12 km): over a wider view buildings are specks, and each estate also gets a mark.
_WIDE = 0.12


def question_bar(actor: Actor, scope: Scope) -> Question | None:
    """Ask for the kind of facility, the distance and how it is measured; ``None`` while there are no facilities."""
    kinds = coverage.kinds_in_order(store(), actor)
    if not kinds:
        st.info(say("coverage.none_at_all"), icon=":material/location_on:")
        _import_link(actor)
        return None
    one, two, three, four = st.columns([4, 5, 5, 6], vertical_alignment="bottom")
    by_name = {known.kind: known for known in kinds}
    kind = one.selectbox(
        say("coverage.kind"),
        list(by_name),
        format_func=lambda name: by_name[name].name(language()),
        key="coverage.kind",
    )
    reach = int(by_name[kind].metres)
    metres = two.segmented_control(
        say("coverage.metres"),
        sorted({*DISTANCES_M, reach}),
        default=reach,
        required=True,
        format_func=lambda value: say("coverage.metres_of", metres=value),
        key=f"coverage.metres.{reach}",
    )
    way = three.segmented_control(
        say("coverage.way"),
        [_STRAIGHT, _NETWORK],
        default=_STRAIGHT,
        required=True,
        format_func=lambda name: say(f"coverage.way_{name}"),
        key="coverage.way",
        help=say("coverage.straight_hint"),
    )
    walking = way == _NETWORK
    if walking and not coverage.has_streets(store(), actor):
        walking = False
        st.info(say("coverage.no_streets"), icon=":material/directions_walk:")
        _import_link(actor)
    names = project_widgets.item_names(actor)
    codes = four.multiselect(
        say("coverage.items"),
        list(names),
        default=[code for code in by_name[kind].items if code in names],
        format_func=lambda code: f"{code} {names[code]}",
        placeholder=say("coverage.items_hint"),
        key=f"coverage.items.{kind}",
        select_all=False,
    )
    return Question(kind=kind, metres=float(metres or reach), walking=walking, scope=scope, item_codes=tuple(codes))


def _import_link(actor: Actor) -> None:
    if may(actor, Action.IMPORT_PLACES):
        page_link("imports", icon="upload_file")


@st.cache_resource(max_entries=12, show_spinner=False)
def _kept(url: str, stamp: tuple[int, ...], question: Question, actor: Actor) -> Coverage:
    del url, stamp  # they only tell one state of the store from another
    return coverage.measure_coverage(store(), actor, question)


def answer(actor: Actor, question: Question) -> Coverage:
    """Return the answer, worked out again only when something it rests on has changed."""
    with st.spinner(say("coverage.working")):
        return _kept(settings().database_url, coverage.coverage_stamp(store(), actor), question, actor)


def chosen_ids() -> tuple[int, ...]:
    """Return the projects chosen on this tab, in the order they were chosen."""
    return tuple(st.session_state.get(_CHOSEN, ()))


def _toggle(project_id: int) -> None:
    chosen = chosen_ids()
    left = tuple(one for one in chosen if one != project_id)
    st.session_state[_CHOSEN] = left if len(left) < len(chosen) else (*chosen, project_id)


def headline(found: Coverage, then: CoverageOutcome) -> None:
    """Say how many households are served, now and then."""
    area = found.area
    parts = [
        (
            say("coverage.now"),
            percent(area.share),
            say("coverage.of_households", covered=area.covered, households=area.households),
        ),
        (say("coverage.facilities"), say("coverage.count_of", count=len(found.facilities)), ""),
    ]
    if then.chosen:
        share = percent(then.share)
        more = "+" + say("coverage.gained", count=then.covered - area.covered)
        parts.append((say("coverage.then", count=len(then.chosen)), share, more))
    st.markdown("　".join(f"{name} **{value}** {more}" for name, value, more in parts))


def coverage_map(found: Coverage, then: CoverageOutcome) -> None:
    """Draw homes by whether they are served, the facilities, and the candidates; a click on one chooses it or not."""
    lived, scope = found.homes, found.question.scope
    states = served(found, then)
    kinds = shapely.get_type_id(shapely.from_wkb(lived.outlines))
    drawn = np.flatnonzero(kinds != shapely.GeometryType.POINT) if len(kinds) <= _MOST_HOMES else np.array([], int)
    styles = {
        state.value: Style(
            words=say(f"coverage.map.{state.value}"), fill=colour, line=colour, line_width=0.8, opacity=0.6
        )
        for state, colour in _COLOURS.items()
    }
    layers: list[MapLayer] = [
        *base_layers(scope),
        PolygonLayer(
            name="homes",
            ids=[str(at) for at in drawn],
            geometries=[lived.outlines[at] for at in drawn],
            classes=[str(states[at]) for at in drawn],
            styles=styles,
            tooltips=[_home_words(found, at, str(states[at])) for at in drawn],
        ),
    ]
    wide = bool(np.ptp(lived.places, axis=0).max() > _WIDE)
    if wide or len(drawn) < len(kinds):
        layers.append(_estate_marks(found, states, styles, silent=len(drawn) > 0))
    layers += [_facility_layer(found, size=3 if wide else 5), _candidate_layer(found, then)]
    draw_map(
        layers,
        key="coverage.map",
        on_click=_on_click,
        view=repr(scope),
        fit=("homes", "marks"),
        height=400,
    )


def _home_words(found: Coverage, at: int, state: str) -> str:
    lived = found.homes
    return say(
        "coverage.map.home_hover",
        name=lived.estate_names.get(int(lived.estate_ids[at]), ""),
        count=int(lived.households[at]),
        state=say(f"coverage.map.{state}"),
    )


def _estate_marks(found: Coverage, states: np.ndarray, styles: dict[str, Style], *, silent: bool) -> PointLayer:
    """Return one mark per estate, of the state most of its households are in."""
    lived = found.homes
    ids, first, of_estate, households = served_by_estate(lived, states)
    return PointLayer(
        name="marks",
        ids=[str(one) for one in ids],
        lons=[float(lon) for lon in lived.places[first, 0]],
        lats=[float(lat) for lat in lived.places[first, 1]],
        classes=[state.value for state in of_estate],
        styles={
            name: Style(words="" if silent else style.words, fill=style.fill, line="#FFFFFF", opacity=0.95, size=5)
            for name, style in styles.items()
        },
        tooltips=[
            say(
                "coverage.map.home_hover",
                name=lived.estate_names.get(int(one), ""),
                count=int(households[at]),
                state=say(f"coverage.map.{of_estate[at].value}"),
            )
            for at, one in enumerate(ids)
        ],
    )


def _facility_layer(found: Coverage, *, size: float) -> PointLayer:
    style = Style(
        words=say("coverage.map.facility"), fill="#1C2529", line="#FFFFFF", mark=Mark.SQUARE, size=size, opacity=1
    )
    return PointLayer(
        name="facilities",
        ids=[str(one.id) for one in found.facilities],
        lons=[one.lon for one in found.facilities],
        lats=[one.lat for one in found.facilities],
        styles={"": style},
        tooltips=[one.name or found.kind_name(language()) for one in found.facilities],
    )


def _candidate_layer(found: Coverage, then: CoverageOutcome) -> PointLayer:
    taken = set(then.chosen)
    return PointLayer(
        name="candidates",
        ids=[str(one.project_id) for one in found.candidates],
        lons=[one.lon for one in found.candidates],
        lats=[one.lat for one in found.candidates],
        classes=["chosen" if at in taken else "candidate" for at in range(len(found.candidates))],
        styles={
            "candidate": Style(
                words=say("coverage.map.candidate"),
                fill="#C9A0DC",
                line="#FFFFFF",
                mark=Mark.DIAMOND,
                size=7,
                opacity=1,
            ),
            "chosen": Style(
                words=say("coverage.map.chosen"), fill="#7A3E9D", line="#FFFFFF", mark=Mark.DIAMOND, size=9, opacity=1
            ),
        },
        tooltips=[
            say("coverage.map.candidate_hover", name=one.name, gain=int(then.gains[at]))
            for at, one in enumerate(found.candidates)
        ],
    )


def _on_click(event: MapEvent) -> None:
    if event.layer == "candidates" and event.id is not None:
        _toggle(int(event.id))


def street_table(then: CoverageOutcome) -> None:
    """Show the share of every street, the least served first."""
    st.markdown(f"**{say('coverage.by_street')}**")
    shown = {
        "street": [one.name or say("coverage.no_street") for one in then.streets],
        "households": [one.households for one in then.streets],
        "now": [_share(one.now, is_bar=not then.chosen) for one in then.streets],
    }
    if then.chosen:
        shown["then"] = [_share(one.then, is_bar=True) for one in then.streets]
    grid(
        shown,
        words="coverage.column",
        kinds={
            "street": partial(TEXT, width=80),
            "households": partial(COUNT, width=58),
            "now": partial(SHARE, width=66) if then.chosen else BAR,
            # Pixels: left to itself, the bar runs over the edge and hides its figure.
            "then": partial(BAR, width=120),
        },
        tall=400,
        key="coverage.streets",
    )


def _share(of: Fraction, *, is_bar: bool) -> float:
    """Return a share as a column of shares takes it, or in per cent as a bar does."""
    return float(of * 100 if is_bar else of)


def candidate_table(actor: Actor, found: Coverage, then: CoverageOutcome) -> None:
    """Show every candidate with its gain; ticking one takes it as built and ranks the others anew."""
    if not found.candidates:
        st.info(say("coverage.no_candidates"), icon=":material/construction:")
        return
    words, best, none = st.columns([4, 2, 1], vertical_alignment="center")
    words.markdown(f"**{say('coverage.candidates', count=len(found.candidates))}**")
    order = then.ranking()
    left = order[len(then.chosen) :]
    best.button(
        say("coverage.best"),
        icon=":material/add:",
        on_click=_toggle,
        args=(found.candidates[left[0]].project_id,) if left else (0,),
        disabled=not left or then.gains[left[0]] == 0,
        key="coverage.best",
        width="stretch",
    )
    none.button(
        say("coverage.clear"), on_click=_forget, disabled=not then.chosen, key="coverage.clear", width="stretch"
    )
    names = project_widgets.item_names(actor)
    rows = [found.candidates[at] for at in order]
    gains = found.area.gains
    grid(
        {
            "project": [one.name for one in rows],
            "estate": [one.estate_name for one in rows],
            "gain": [int(gains[at]) for at in order],
            "still": [None if at in then.chosen else int(then.gains[at]) for at in order],
            "share_with": [number(found.area.share_with(at)) for at in order],
            "cost": [float(yuan(one.cost)) for one in rows],
            "per_wan": [float(found.gain_per_wan(at)) for at in order],
            "street": [one.street_name for one in rows],
            "item": [names.get(one.item_code, one.item_code) for one in rows],
        },
        words="coverage.column",
        kinds={"gain": COUNT, "still": COUNT, "share_with": SHARE, "cost": COUNT, "per_wan": TENTHS},
        ids=[one.project_id for one in rows],
        pick="many",
        on_pick=partial(_take, before=chosen_ids(), offered=[one.project_id for one in rows]),
        picked=range(len(then.chosen)),
        key=f"coverage.table.{hash((found.question, then.chosen))}",
    )


def _take(now: Sequence[int], *, before: Sequence[int], offered: Sequence[int]) -> None:
    # Those chosen before keep their order; elsewhere chosen ones, of another facility, stay as they are.
    kept = [one for one in before if one in now or one not in offered]
    st.session_state[_CHOSEN] = (*kept, *(one for one in now if one not in kept))


def _forget() -> None:
    st.session_state.pop(_CHOSEN, None)
