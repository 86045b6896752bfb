"""An estate's projects as one package: what it costs, whether that is believable, what goes first, what to choose."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.projects import ProjectFilter, ProjectStatus
from renovation.services.projects import items, prices, projects
from renovation.services.projects.prices import EstatePackage
from renovation.text.units import unit_label
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.grid import COUNT, SUM, WHOLE, grid
from renovation.ui.frame.state import store
from renovation.ui.words import label, language, plain, say, shown_sum, told


def package_section(actor: Actor) -> None:
    """Let somebody choose an estate and show its package."""
    rows = projects.list_projects(store(), actor, ProjectFilter())
    live = [row for row in rows if row.project.status is not ProjectStatus.WITHDRAWN]
    if not live:
        st.info(say("project.list.nothing_yet"), icon=":material/construction:")
        return
    known = {row.project.estate_id: row for row in live}
    counts = Counter(row.project.estate_id for row in live)
    chosen = st.selectbox(
        say("demand.field.estate"),
        sorted(known, key=lambda one: (-counts[one], one)),
        index=None,
        format_func=lambda one: say(
            "package.estate", name=known[one].estate_name, street=known[one].street_name, count=counts[one]
        ),
        placeholder=say("demand.form.estate_hint"),
        key="package.estate",
    )
    if chosen is None:
        st.caption(say("package.how"))
        return
    with refusals():
        package = prices.package_of(store(), actor, chosen)
        names = {item.code: item.name(language()) for item in items.catalogue(store(), actor)}
        numbers, checks = st.columns([2, 3], gap="large")
        with numbers:
            _total(package)
            _reprice(actor, chosen, package)
        with checks:
            _checks(package)
            _choices(package, names)
        _lines(package, names)


def _total(package: EstatePackage) -> None:
    with st.container(border=True):
        st.caption(told("package.total", count=len(package.projects)))
        st.markdown(f"## {say('project.wan', cost=package.total.likely)}")
        st.markdown(told("project.form.range", low=package.total.low, high=package.total.high))
        for name, cost in package.by_class.items():
            st.markdown(f"{say(f'item_class.{name}')}　**{say('project.wan', cost=cost)}**")
        if package.total.assumed:
            st.caption(f":material/help: {say('price.assumed')}")


def _reprice(actor: Actor, estate_id: int, package: EstatePackage) -> None:
    if not package.moved:
        return
    st.warning(told("package.moved", count=len(package.moved)), icon=":material/price_change:")
    if may(actor, Action.EDIT_PROJECTS) and st.button(
        say("package.reprice"), icon=":material/refresh:", key="package.reprice", width="stretch"
    ):
        with refusals():
            count = prices.reprice(store(), actor, estate_id)
            done(told("package.repriced", count=count))


def _checks(package: EstatePackage) -> None:
    """Say how the total lies against known cases; outside a band is a warning."""
    st.markdown(f"**{say('package.checks')}**")
    if not package.checks:
        st.caption(say("package.no_checks"))
    # A total that fits one region's band is believable, whatever the bands of dearer regions say.
    fitting = {check.benchmark.basis for check in package.checks if not check.is_outside}
    for check in package.checks:
        band = check.benchmark
        words = told(
            f"benchmark.{check.state}",
            value=check.value_fen,
            scope=band.scope(language()),
            low=band.low,
            high=band.high,
        )
        line = f"{say(f'benchmark_basis.{band.basis.value}')}　{words}"
        if check.is_outside and band.basis in fitting:
            st.markdown(f":gray[:material/info:] {line}", help=plain(band.source))
        elif check.is_outside:
            st.markdown(f":orange[:material/warning:] {line}", help=plain(band.source))
        else:
            st.markdown(f":green[:material/check_circle:] {line}", help=plain(band.source))


def _choices(package: EstatePackage, names: dict[str, str]) -> None:
    for rule in package.orders:
        words = told("choice.order", first=names[rule.first], then=names[rule.then])
        st.markdown(f":material/format_list_numbered: {words}")
    for pair in package.conflicts:
        words = told("choice.conflict", one=names[pair.one], other=names[pair.other])
        st.markdown(f":orange[:material/compare_arrows:] {words}")


def _lines(package: EstatePackage, names: dict[str, str]) -> None:
    shown: dict[str, Any] = {
        "order": range(1, len(package.projects) + 1),
        "code": [one.code for one in package.projects],
        "name": [one.name for one in package.projects],
        "item": [names.get(one.item_code, one.item_code) for one in package.projects],
        "quantity": [float(one.quantity) for one in package.projects],
        "unit": [unit_label(one.unit, language()) for one in package.projects],
        "cost": [shown_sum(one.cost) for one in package.projects],
    }
    if package.moved:
        moved = [package.moved.get(one.id) for one in package.projects]
        shown["now"] = [None if cost is None else shown_sum(cost.likely) for cost in moved]
    shown["status"] = [label("enum.ProjectStatus", one.status) for one in package.projects]
    grid(
        shown,
        words="project.column",
        headings={name: say(f"package.{name}") for name in ("order", "now")},
        kinds={"order": partial(WHOLE, width="small"), "quantity": COUNT, "cost": SUM, "now": SUM},
        tall=None,
        key="package.table",
    )
