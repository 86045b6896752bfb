"""The annual batch on screen: budget, bands on the map, who is in, who waits and why."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import shapely
import streamlit as st
from pandas.api.types import is_numeric_dtype

from renovation.config import settings
from renovation.model.accounts import Action, Actor, may
from renovation.model.money import FEN_PER_WAN
from renovation.model.programme import AnnualBatch, Band, BatchLine, BatchSettings, BatchStanding
from renovation.model.ranking import MissingPolicy
from renovation.rules.programme.sensitivity import doubts
from renovation.services.programme.annual_batch import (
    BANDS,
    BatchBasis,
    batch_basis,
    batch_rows,
    export_batch,
    keep_batch,
    placed_already,
)
from renovation.services.programme.programme import adopted
from renovation.services.programme.ranking import criteria_for, ranking_table
from renovation.text import text
from renovation.text.formats import wan_digits
from renovation.text.planning import planning_reason_text
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import Draft, draft, forget_draft
from renovation.ui.frame.grid import COUNT, REASON, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import person, store
from renovation.ui.frame.ways import open_estate
from renovation.ui.map import MapLayer, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.words import language, say, shown_sum, sum_key, told, typed_sum

#: Official order of warning colours.
_COLOURS = {Band.RED: "#C0282D", Band.ORANGE: "#E07B00", Band.YELLOW: "#E0B400", Band.BLUE: "#0F6FB5"}
_UNKNOWN = "#8A9499"
_KEPT_S = 30
_FORM = "batch"


@st.cache_data(ttl=_KEPT_S, show_spinner=False)
def _basis(url: str, actor: Actor) -> BatchBasis:
    del url  # tells one store's estates from another's
    return batch_basis(store(), actor)


def read_basis(actor: Actor) -> BatchBasis:
    """Return what a batch is made from; a change in the register shows after half a minute at most."""
    return _basis(settings().database_url, actor)


def settings_bar(actor: Actor, basis: BatchBasis, year: int) -> BatchSettings:
    """Ask for budget, limit and the weights of the ranking."""
    with draft(actor, _FORM) as form:
        return _settings(form, basis, year)


def _settings(form: Draft, basis: BatchBasis, year: int) -> BatchSettings:
    second, third, fourth = st.columns([1, 1, 2])
    # What the pots of the year can spend: one decision begins with one number.
    usual, money = basis.usual_settings(year), basis.budgets.get(year, 0)
    budget = second.number_input(
        say("batch.budget"),
        0.0,
        shown_sum(10**13),
        step=shown_sum(50 * FEN_PER_WAN),
        **form.field(sum_key(f"budget.{year}"), shown_sum(usual.budget)),
    )
    limit = third.number_input(say("batch.limit"), 0, 1000, **form.field(f"limit.{year}", usual.max_estates or 0))
    names = ["", *(one.name for one in basis.saved)]
    weighting = fourth.selectbox(
        say("batch.weighting"),
        names,
        format_func=lambda name: name or say("batch.example"),
        **form.field("weighting", "", among=names),
    )
    asked = BatchSettings(
        year=year, budget=typed_sum(budget), max_estates=int(limit) or None, weighting=weighting or ""
    )
    _money_line(asked, money)
    return asked


def _money_line(asked: BatchSettings, money: int) -> None:
    """Say what the year's pots can spend beside the budget, and by how much they differ."""
    if not money:
        st.caption(told("batch.money_none", year=asked.year))
        return
    more = asked.budget - money
    kind = "more" if more > 0 else "less" if more else "same"
    difference = say(f"batch.money_{kind}", sum=wan_digits(abs(more), language()))
    st.caption(told("batch.money", year=asked.year, money=wan_digits(money, language()), difference=difference))


def figures_line(basis: BatchBasis, batch: AnnualBatch) -> None:
    """Say in two lines what the batch comes to, and what the colours mean."""
    st.markdown(
        told(
            "batch.figures",
            all=len(batch.lines),
            pool=batch.pool_size,
            chosen=len(batch.chosen),
            waiting=len(batch.waiting),
            spent=wan_digits(batch.spent, language()),
            left=wan_digits(batch.left, language()),
        )
    )
    if placed := placed_already(basis, batch.settings.year):
        st.caption(told("batch.placed_before", count=len(placed)))
    names = {one.code: one.name(language()) for one in criteria_for(basis.ranking)}
    parts = " + ".join(
        say("batch.part", name=names[code], share=share) for code, share in basis.need_weights.shares.items()
    )
    limits = {band.value: basis.thresholds[f"band.{band.value}"].value for band in BANDS}
    st.caption(told("batch.bands", parts=parts, red=limits["red"], orange=limits["orange"], yellow=limits["yellow"]))
    _unknown_line(basis)


def _unknown_line(basis: BatchBasis) -> None:
    """Say where colours rest on less than half of what they are made of."""
    criteria = [one for one in criteria_for(basis.ranking) if basis.need_weights.weights.get(one.code)]
    if not criteria or not basis.ranking.alternatives:
        return
    shares = {code: float(share) for code, share in basis.need_weights.shares.items()}
    found = doubts(ranking_table(basis.ranking, criteria, MissingPolicy.KNOWN_ONLY), shares)
    if found.mostly_unknown:
        st.warning(told("batch.mostly_unknown", share=found.unknown), icon=":material/help:")


def _class(line: BatchLine) -> str:
    return f"{line.band.value if line.band else 'none'}_{line.standing.value}"


def _tip(line: BatchLine) -> str:
    reasons = " ".join(planning_reason_text(one, language()) for one in line.reasons)
    return say("batch.tip", name=line.name, standing=say(f"enum.Standing.{line.standing.value}"), reasons=reasons)


def _styles() -> dict[str, Style]:
    styles = {}
    for band in (*Band, None):
        fill = _COLOURS[band] if band else _UNKNOWN
        words = say("batch.colour", band=say(f"band.{band.value}")) if band else say("batch.no_band")
        name = band.value if band else "none"
        styles[f"{name}_{BatchStanding.WAITING.value}"] = Style(words=words, fill=fill, line=fill, opacity=0.45)
        styles[f"{name}_{BatchStanding.IN_BATCH.value}"] = Style(fill=fill, line="#111111", line_width=3, opacity=0.75)
    return styles


def batch_map(basis: BatchBasis, batch: AnnualBatch) -> None:
    """Draw the candidates in the colour of their band; those taken have a bold outline."""
    shapes = {one.id: shapely.from_wkb(one.geometry) for one in basis.estates if one.geometry}
    lines = [line for line in batch.lines if line.estate_id in shapes]
    if not lines:
        return
    styles = _styles()
    outlined = [line for line in lines if shapely.get_dimensions(shapes[line.estate_id]) == 2]
    middles = {line.estate_id: shapely.point_on_surface(shapes[line.estate_id]) for line in lines}
    layers: list[MapLayer] = [
        *base_layers(),
        PolygonLayer(
            name="batch",
            ids=[str(line.estate_id) for line in outlined],
            geometries=[shapes[line.estate_id] for line in outlined],
            classes=[_class(line) for line in outlined],
            styles=styles,
            tooltips=[_tip(line) for line in outlined],
        ),
        PointLayer(
            name="batch_marks",
            ids=[str(line.estate_id) for line in lines],
            lons=[middles[line.estate_id].x for line in lines],
            lats=[middles[line.estate_id].y for line in lines],
            classes=[_class(line) for line in lines],
            styles={
                name: Style(fill=one.fill, line=one.line if name.endswith("in_batch") else "#FFFFFF", opacity=1, size=6)
                for name, one in styles.items()
            },
            tooltips=[_tip(line) for line in lines],
            # Over the whole city the estates of a town lie on top of each other.
            cluster=True,
        ),
    ]
    draw_map(layers, key="batch.map", fit=("batch", "batch_marks"), height=380)


def lists(batch: AnnualBatch) -> None:
    """Show who is in and who waits, each with the reason."""
    headings, rows = batch_rows(batch, language())
    standing = [line.standing for line in batch.lines]
    ids = {at: [line.estate_id for line in batch.lines if line.standing is at] for at in BatchStanding}
    taken = [row[1:] for row, at in zip(rows, standing, strict=True) if at is BatchStanding.IN_BATCH]
    waiting = [row[1:] for row, at in zip(rows, standing, strict=True) if at is BatchStanding.WAITING]
    chosen_tab, waiting_tab = st.tabs([say("batch.list_in"), say("batch.list_waiting")], key="renovation.batch.tabs")
    with chosen_tab:
        if taken:
            st.caption(say("batch.list_count", count=len(taken)))
            # Whoever is taken is willing and eligible: said once above, the room is for the reasons.
            _table("batch.taken", headings[1:], taken, ids[BatchStanding.IN_BATCH], without=("willing", "eligible"))
        else:
            st.info(say("batch.none_in"), icon=":material/hourglass_empty:")
    with waiting_tab:
        st.caption(say("batch.list_count", count=len(waiting)))
        _table("batch.waiting", headings[1:], waiting, ids[BatchStanding.WAITING])


def _table(
    key: str, headings: list[str], rows: list[list[Any]], estates: list[int], *, without: Sequence[str] = ()
) -> None:
    plain = [[float(value) if isinstance(value, Decimal) else value for value in row] for row in rows]
    # A column nobody has a value for says nothing; years stay whole where some are missing.
    frame = pd.DataFrame(plain, columns=headings).dropna(axis=1, how="all").convert_dtypes()
    frame = frame.drop(columns=[say(f"batch.column.{name}") for name in without])
    kinds = {name: COUNT for name in frame.columns if is_numeric_dtype(frame[name])}
    grid(
        frame,
        kinds={**kinds, headings[-1]: REASON},
        opens={say("batch.column.name"): (estates, open_estate)},
        tall=420,
        key=key,
    )


def end_bar(actor: Actor, batch: AnnualBatch, basis: BatchBasis) -> None:
    """Offer the batch as files, and keep it."""
    here, tongue = store(), language()
    name = text("batch.export_name", tongue, year=batch.settings.year)

    columns = st.columns(3)
    for column, kind, icon in zip(columns, ("xlsx", "gpkg"), ("table", "map"), strict=False):
        with column:
            offer(
                say(f"batch.download_{kind}"),
                partial(export_batch, here, actor, batch, format_=kind, language=tongue),
                name=f"{name}.{kind}",
                icon=icon,
                width="stretch",
                key=f"batch.{kind}",
            )
    with columns[2]:
        if may(actor, Action.SET_CRITERIA):
            _keep(actor, batch, basis)
        elif may(actor, Action.RANK):
            st.caption(say("batch.part_only"))
    for one in basis.kept:
        assert one.saved_at is not None  # what is kept says when
        st.caption(
            told(
                "batch.kept_line",
                year=one.settings.year,
                chosen=len(one.chosen),
                waiting=len(one.waiting),
                at=one.saved_at,
                by=person(one.saved_by),
            )
        )


def _keep(actor: Actor, batch: AnnualBatch, basis: BatchBasis) -> None:
    year = batch.settings.year
    held = adopted(store(), actor, year)
    if held is not None:
        st.caption(told("batch.programme", year=year, name=held.name))
    if any(one.settings.year == year for one in basis.kept):
        wanted = confirmed("batch.keep", say("batch.keep"), say("batch.keep_sure", year=year), icon="save")
    else:
        wanted = st.button(say("batch.keep"), type="primary", icon=":material/save:", width="stretch", key="batch.keep")
    if not wanted:
        return
    with refusals():
        touched = keep_batch(store(), actor, batch)
        _basis.clear()
        forget_draft(actor, _FORM)
        done(told("batch.kept_touched", year=year, names=touched) if touched else told("batch.kept", year=year))
