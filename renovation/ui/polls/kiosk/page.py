"""Put the voting page together: comforts on top, one screen, the browser's part, and the way out for staff."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from renovation.model.accounts import PUBLIC
from renovation.model.ballots import Station
from renovation.services.polls import stations as station_service
from renovation.services.polls.ballot_map import ballot_faces, ballot_map
from renovation.text import Language
from renovation.ui.frame import stations
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.shell import go
from renovation.ui.frame.state import store
from renovation.ui.polls.kiosk import screens
from renovation.ui.polls.kiosk.browser.companion import companion
from renovation.ui.polls.kiosk.cards import Pictures
from renovation.ui.polls.kiosk.state import KioskStep, KioskVoter, current, forget
from renovation.ui.words import language, say, set_language

_HERE = Path(__file__).parent
_STYLE = (_HERE / "kiosk.css").read_text(encoding="utf-8")
_CONTRAST = (_HERE / "contrast.css").read_text(encoding="utf-8")

_ALONE = """
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stExpandSidebarButton"] {
  display: none !important;
}
[data-testid="stMainBlockContainer"] { padding-top: 0.75rem; }
"""

#: Photos may be added or taken away while people vote.
_PICTURES_SECONDS = 300
#: Root type in px: large, and larger.
SIZES = (20, 24)


@st.cache_data(max_entries=32, ttl=_PICTURES_SECONDS, show_spinner=False)
def _pictures(poll_id: str, digest: str) -> Pictures:
    del digest  # part of the key: an opened poll's ballot does not change
    poll = station_service.poll_of(store(), poll_id)
    return Pictures(ballot_map(store(), PUBLIC, poll), ballot_faces(store(), PUBLIC, poll))


def voting_page() -> None:
    """Draw the voting page for whoever is in front of it."""
    station = stations.current_station()
    voter = current()
    if not voter.is_somebody:
        set_language(_house_language(station))
    # While somebody votes, and at a station always, there is nothing beside the ballot.
    alone = _ALONE if station or voter.ticket or voter.receipt else ""
    st.set_page_config(initial_sidebar_state="collapsed")
    size = f"html{{font-size:{SIZES[voter.size]}px}} :root{{--kiosk-lost:'{say('kiosk.lost')}'}}"
    st.html(f"<style>{_STYLE}{alone}{size}{_CONTRAST if voter.high_contrast else ''}</style>")
    with st.container(horizontal=True, horizontal_alignment="right", key=f"kiosk_top_{voter.epoch}"):
        comforts = st.container(horizontal=True, horizontal_alignment="right")
    spoken = ""
    with refusals():
        spoken = _screen(voter, station)
    with comforts:
        _comforts(voter)
        companion(voter, spoken)
    if station:
        stations.remember()
        if voter.step is KioskStep.WELCOME:
            _staff_exit(voter)


def _house_language(station: Station | None) -> Language:
    if station is None:
        return language()
    return Language(station_service.poll_of(store(), station.poll_id).settings.language)


def _screen(voter: KioskVoter, station: Station | None) -> str:
    if voter.step is KioskStep.RECEIPT:
        return screens.receipt(voter)
    if voter.ticket is None:
        return screens.welcome(voter, station)
    poll = voter.ticket.poll
    if voter.step is KioskStep.HOW:
        return screens.how(voter, poll)
    if voter.step is KioskStep.CHOOSE:
        return screens.choose(voter, poll, _pictures(poll.id, poll.digest))
    if voter.step is KioskStep.REVIEW:
        return screens.review(voter, poll)
    return screens.confirm(voter, poll, station)


def _comforts(voter: KioskVoter) -> None:
    st.button(
        say("kiosk.smaller" if voter.size else "kiosk.larger"),
        key=voter.key("size"),
        icon=":material/format_size:",
        on_click=_turn_size,
        args=(voter,),
    )
    st.button(
        say("kiosk.plain" if voter.high_contrast else "kiosk.contrast"),
        key=voter.key("contrast"),
        icon=":material/contrast:",
        on_click=_turn_contrast,
        args=(voter,),
    )
    other = Language.EN if language() is Language.ZH else Language.ZH
    st.button(
        say("kiosk.other_language"),
        key=voter.key("language"),
        icon=":material/translate:",
        on_click=_turn_language,
        args=(voter, other),
    )


def _turn_size(voter: KioskVoter) -> None:
    voter.size = (voter.size + 1) % len(SIZES)


def _turn_contrast(voter: KioskVoter) -> None:
    voter.high_contrast = not voter.high_contrast


def _turn_language(voter: KioskVoter, chosen: Language) -> None:
    voter.language = chosen
    set_language(chosen)


def _staff_exit(voter: KioskVoter) -> None:
    with (
        st.popover(say("station.staff"), key=voter.key("staff")),
        st.form(voter.key("pin_form"), border=False, clear_on_submit=True),
    ):
        pin = st.text_input(say("station.pin"), type="password", key=voter.key("pin"), autocomplete="off", max_chars=6)
        if not st.form_submit_button(say("station.unlock")):
            return
        with refusals():
            stations.unlock(pin)
            forget()
            go("sign_in")
