"""Whether this computer is locked to voting; locking and unlocking it."""

from __future__ import annotations

import streamlit as st

from renovation.model import addresses
from renovation.model.accounts import Actor
from renovation.model.ballots import Station
from renovation.model.polls import PollStage
from renovation.services.polls import polls, stations
from renovation.services.staff import accounts
from renovation.text.formats import format_moment
from renovation.ui import browser
from renovation.ui.frame import drafts
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import (
    current_account,
    current_token,
    forget_person,
    forget_token,
    person,
    store,
)
from renovation.ui.words import language, plain, say

_TOKEN = "renovation.station"  # noqa: S105 (a key of the session state)

#: Browser → its station's token. A tab sends its cookies when it connects, so one that was open before its browser
#: became a station is known by this alone; after a restart of the server every tab connects anew.
_browsers: dict[str, str] = {}
_MOST_BROWSERS = 1000


def current_station() -> Station | None:
    """Return the station this browser is; asked of the store every time, so that it ends everywhere at once."""
    name = browser.cookie(browser.Kept.BROWSER) or ""
    for token in (st.session_state.get(_TOKEN), browser.cookie(browser.Kept.STATION), _browsers.get(name)):
        found = stations.active_station(store(), token) if token else None
        if found is not None:
            st.session_state[_TOKEN] = token
            _end_session()
            return found
    st.session_state.pop(_TOKEN, None)
    _browsers.pop(name, None)
    return None


def _end_session() -> None:
    """Sign out whoever else of the staff a tab of this browser still carries."""
    token = current_token()
    account = current_account() if token else None
    if token and account is not None:
        with refusals():
            accounts.sign_out(store(), token)
        drafts.forget_drafts(account.id)
    forget_person()
    forget_token()


def locked() -> bool:
    """Tell whether this browser is a voting station: it shows the voting page and nothing else."""
    return current_station() is not None


def lead() -> None:
    """Have the browser keep the station, so that a reload or a second tab is locked too, and go to the ballot."""
    browser.remember(browser.Kept.STATION, st.session_state[_TOKEN], leads=addresses.VOTE)


def start_form(actor: Actor) -> bool:
    """Ask for poll, venue and PIN, and lock this computer. Tell whether it is locked now."""
    open_polls = {poll.id: poll for poll in polls.list_polls(store(), actor, stages=[PollStage.OPEN])}
    if not open_polls:
        st.info(say("station.no_open_poll"), icon=":material/info:")
        page_link("polls", icon="ballot")
        return False
    poll_id = st.selectbox(say("station.poll"), list(open_polls), format_func=lambda key: open_polls[key].title)
    venues = {venue.id: venue for venue in polls.venues(store(), actor, poll_id)}
    with st.form("start_station", width=560):
        venue_id = st.selectbox(
            say("station.venue"),
            list[int | None](venues) or [None],
            format_func=lambda key: venues[key].name if key is not None else say("station.no_venue"),
            placeholder=say("station.no_venue"),
        )
        pin = st.text_input(
            say("station.pin"),
            type="password",
            max_chars=stations.PIN_LENGTH,
            autocomplete="off",
            help=say("station.pin_what"),
        )
        again = st.text_input(
            say("station.pin_again"), type="password", max_chars=stations.PIN_LENGTH, autocomplete="off"
        )
        sent = st.form_submit_button(say("station.start"), type="primary", icon=":material/lock:")
    if not sent:
        return False
    if pin != again:
        st.error(say("station.pins_differ"), icon=":material/error:")
        return False
    with refusals() as refused:
        token = stations.start_station(store(), actor, poll_id, venue_id, pin, session=current_token() or "")
        forget_token()
        st.session_state[_TOKEN] = token
        if name := browser.cookie(browser.Kept.BROWSER):
            while len(_browsers) >= _MOST_BROWSERS:
                _browsers.pop(next(iter(_browsers)), None)
            _browsers[name] = token
    return refused.error is None


def station_list(actor: Actor) -> None:
    """Show the stations in use; one whose PIN is lost can be ended here."""
    in_use = stations.list_stations(store(), actor)
    if in_use:
        st.subheader(say("station.in_use"))
    for active in in_use:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            since = format_moment(active.started_at, language())
            venue = plain(active.venue) or say("station.no_venue")
            st.markdown(f"**{plain(active.title)}** · {venue}  \n{since} · {plain(person(active.login))}")
            if st.button(say("station.close"), key=f"close_station_{active.id}"):
                with refusals():
                    stations.close_station(store(), actor, active.id)
                    st.rerun()
