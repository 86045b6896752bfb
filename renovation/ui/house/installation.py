"""What this installation is, and how the demonstration ends."""

from __future__ import annotations

import streamlit as st

from renovation import __version__
from renovation.config import settings
from renovation.model.accounts import Actor
from renovation.services.staff import installation, visitors
from renovation.ui.border import own_names
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import table
from renovation.ui.frame.shell import go
from renovation.ui.frame.state import forget_token, store
from renovation.ui.words import listed, say


def about() -> None:
    """Show where the data lie and what was set outside; changed by environment variables, not here."""
    here = settings()
    engine = "SQLite" if store().is_sqlite else "PostgreSQL"
    rows = {
        say("settings.version"): __version__,
        say("settings.engine"): engine,
        say("settings.home"): str(here.home),
        say("settings.keys"): listed([str(one) for one in (here.secrets, here.key_dir) if one]),
        say("settings.door"): say(f"settings.door_{here.door.value}"),
        say("settings.way"): say("settings.way_closed" if here.has_tls else "settings.way_open"),
        say("settings.hosts"): listed(sorted(own_names())),
        say("settings.syslog"): here.syslog or say("settings.syslog_off"),
        say("settings.tiles"): here.tile_url or say("settings.tiles_off"),
        say("settings.review_number"): here.map_review_number or say("settings.not_set"),
    }
    table([say("settings.what"), say("settings.value")], list(rows.items()))
    if not here.has_tls:
        st.warning(say("settings.plain_http"), icon=":material/lock_open:")
    st.caption(say("settings.set_outside"))


def end_demonstration(actor: Actor) -> None:
    """Offer to empty a demonstration store."""
    if not installation.is_demonstration(store()):
        return
    st.subheader(say("settings.end_demo_title"))
    st.markdown(say("settings.end_demo_what"))
    sure = st.checkbox(say("settings.end_demo_sure"))
    if st.button(say("settings.end_demo"), disabled=not sure, icon=":material/delete_forever:"):
        with refusals():
            installation.end_demonstration(store(), actor)
            forget_token()
            st.cache_data.clear()
            go("home")


def visitor_setting(actor: Actor) -> None:
    """Let an administrator say how much residents may send without an account."""
    st.subheader(say("visitor.limits"))
    st.markdown(say("visitor.limits_what"))
    held = visitors.visitor_limits(store(), actor)
    with st.container(width=640), draft(actor, "visitor.limits", base=held) as form:
        columns = st.columns(3)
        browser, address, place = (
            column.number_input(say(f"visitor.{name}"), 1, 100_000, **form.field(name, getattr(held, name)))
            for column, name in zip(columns, ("browser", "address", "place"), strict=True)
        )
        sent = st.button(say("visitor.save"), icon=":material/save:", key=form.key("save"))
    if sent:
        with form.saving():
            limits = visitors.VisitorLimits(browser=browser, address=address, place=place)
            visitors.set_visitor_limits(store(), actor, limits)
            form.done(say("visitor.saved"))
