"""Demands out of the tool: the present filter as a file, and the month's bulletin."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from renovation.exports.demands.form import demand_poster, paper_demand_form
from renovation.model.accounts import Actor
from renovation.model.addresses import DEMAND
from renovation.model.clock import today
from renovation.model.demands import DemandFilter
from renovation.services.demands import demands
from renovation.services.demands.exports import BulletinFormat, demand_bulletin, export_demands
from renovation.ui.frame.offer import issuer_at, offer, offer_filter
from renovation.ui.frame.state import store
from renovation.ui.words import language, say

#: Months back that the bulletin offers.
_MONTHS = 12


def export_choice(actor: Actor, wanted: DemandFilter, count: int) -> None:
    """Offer the filter's demands as a file, and a month's bulletin."""
    here, tongue = store(), language()
    with st.popover(say("demand.export.button"), icon=":material/download:", width="stretch"):
        offer_filter("demand", export_demands, actor, wanted, count)
        st.divider()
        month = st.selectbox(say("demand.export.month"), _months(), key="demands.month")
        for kind in BulletinFormat:
            offer(
                say(f"demand.export.bulletin_{kind.value}"),
                partial(demand_bulletin, here, actor, wanted.scope, month, kind, language=tongue),
                name=f"{say('demand.export.bulletin')}-{month}.{kind.value}",
                key=f"demands.bulletin.{kind.value}",
            )


def paper_form() -> None:
    """Offer the form to print, for those who would rather write."""
    page = paper_demand_form(language=language())
    offer(say("demand.paper.download"), page, icon="print", key="demands.paper", width="stretch")


def poster(actor: Actor) -> None:
    """Offer the poster with the code that opens the form on residents' phones, for one estate or for all."""
    with st.popover(say("demand.poster.button"), icon=":material/qr_code_2:", width="stretch"):
        st.caption(say("demand.poster.hint"))
        names = {choice.id: choice.name for choice in demands.estate_choices(store(), actor)}
        estate = st.selectbox(
            say("demand.poster.estate"),
            [0, *names],
            format_func=lambda one: names.get(one, say("demand.poster.any_estate")),
            key="demands.poster.estate",
        )
        here = urlsplit(str(st.context.url or ""))
        address = st.text_input(
            say("demand.poster.address"),
            value=f"{here.scheme}://{here.netloc}" if here.netloc else "",
            max_chars=200,
            key="demands.poster.address",
        ).strip()
        if not address.startswith(("http://", "https://")):
            st.warning(say("demand.poster.address_wrong"), icon=":material/link_off:")
            return
        if urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1"):
            st.warning(say("demand.poster.address_local"), icon=":material/phonelink_off:")
        link = f"{address.rstrip('/')}{DEMAND}" + (f"?estate={estate}" if estate else "")
        page = demand_poster(link, estate=names.get(estate, ""), language=language())
        offer(
            say("demand.poster.download"),
            page,
            primary=True,
            icon="print",
            key="demands.poster",
            issued=issuer_at(estate) if estate else None,
        )


def _months() -> list[str]:
    """Return this month and those before it, newest first."""
    months = []
    first = today().replace(day=1)
    for _ in range(_MONTHS):
        months.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return months
