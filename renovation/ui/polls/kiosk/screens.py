"""The six screens of the voting page."""

from __future__ import annotations

from html import escape

import streamlit as st

from renovation.errors import ConflictError, StageError
from renovation.model.accounts import Actor
from renovation.model.ballots import Station
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, Poll, PollProject
from renovation.rules.polls.choosing import as_ballot, limit, on_ballot
from renovation.services.polls import stations, voting
from renovation.text import Language
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store, visitor
from renovation.ui.polls.kiosk import cards
from renovation.ui.polls.kiosk.browser.entry import code_entry
from renovation.ui.polls.kiosk.browser.numbers import number_keys, one_key_each
from renovation.ui.polls.kiosk.state import RECEIPT_SECONDS, KioskStep, KioskVoter, forget, next_voter
from renovation.ui.words import say, set_language


def actor_of(station: Station | None) -> Actor:
    """Return who votes: the device in a community room, or a resident's own phone."""
    return stations.STATION if station else visitor()


def _title(words: str, under: str = "") -> None:
    above = f'<p class="kiosk-poll">{escape(under)}</p>' if under else ""
    st.html(f'{above}<h1 class="kiosk-title">{escape(words)}</h1>')


def _go(voter: KioskVoter, step: KioskStep) -> None:
    voter.step = step


def _step_button(
    voter: KioskVoter, name: str, words: str, step: KioskStep, *, shortcut: str | None = None, primary: bool = False
) -> None:
    st.button(
        words,
        key=voter.key(name),
        type="primary" if primary else "secondary",
        shortcut=shortcut,
        width="stretch",
        on_click=_go,
        args=(voter, step),
    )


def welcome(voter: KioskVoter, station: Station | None) -> str:
    """Ask for the code; return what the screen says."""
    if station:
        view = stations.view_station(store(), station)
        place = view.venue.name if view.venue else ""
        hours = (view.venue.hours if view.venue else "") or view.poll.settings.venue_hours
        _title(view.poll.title, say("kiosk.station_line", place=place, hours=hours, taken=view.taken))
    else:
        _title(say("kiosk.welcome"))
    st.html(f'<p class="kiosk-say">{escape(say("kiosk.enter_code"))}</p>')
    with st.form(voter.key("code_form"), border=False):
        typed = st.text_input(
            say("kiosk.code"),
            key=voter.key("code"),
            placeholder="XXXX-XXX-XXX",
            autocomplete="off",
            max_chars=60,
        )
        sent = st.form_submit_button(say("kiosk.next"), type="primary", width="stretch")
    scanned = code_entry(voter)
    if sent or scanned:
        _begin(voter, station, scanned or typed)
    st.html(f'<p class="kiosk-say">{escape(say("kiosk.need_help"))}</p>')
    return say("kiosk.enter_code")


def _begin(voter: KioskVoter, station: Station | None, typed: str) -> None:
    with refusals():
        ticket = voting.start_ballot(
            store(),
            typed,
            actor=actor_of(station),
            poll_id=station.poll_id if station else "",
            venue_id=station.venue_id if station else None,
        )
        voter.code, voter.ticket = ticket.code, ticket
        voter.step = KioskStep.HOW
        if voter.language is None:
            set_language(Language(ticket.language))
        st.rerun()


def how_to_vote(poll: Poll) -> str:
    """Return the one sentence that says what to do."""
    kind = poll.settings.ballot_kind
    count = len(on_ballot(poll))
    if kind is BallotKind.APPROVAL and limit(poll) is None:
        return say("kiosk.how.approval_any", count=count)
    return say(
        f"kiosk.how.{kind.name.lower()}",
        count=count,
        limit=limit(poll) or count,
        budget=poll.free_budget,
        points=poll.settings.max_points or 0,
    )


def how(voter: KioskVoter, poll: Poll) -> str:
    """Say in one sentence how to vote, and that it is secret."""
    _title(say("kiosk.how_title"), poll.title)
    sentence, kind = how_to_vote(poll), poll.settings.ballot_kind
    by_kind = {BallotKind.POINTS: "kiosk.keys.points", BallotKind.YES_NO: "kiosk.keys.yes_no"}
    keys = say(by_kind.get(kind, "kiosk.keys.how"))
    st.html(
        f'<p class="kiosk-say">{escape(sentence)}</p><p class="kiosk-say kiosk-keys">{escape(keys)}</p>'
        f'<p class="kiosk-say">{escape(say("kiosk.secret"))}</p>'
    )
    names = {project.key: project.name for project in poll.projects}
    for key, found in poll.impossible.items():
        said = say("kiosk.left_out", project=names[key], reason=found.reason)
        st.html(f'<p class="kiosk-test">{escape(said)}</p>')
        sentence = f"{sentence} {said}"
    if voter.ticket and voter.ticket.test:
        st.html(f'<p class="kiosk-test">{escape(say("kiosk.test_code"))}</p>')
    back, go_on = st.columns(2)
    with back:
        st.button(say("kiosk.leave"), key=voter.key("leave"), width="stretch", shortcut="Esc", on_click=forget)
    with go_on:
        _step_button(voter, "begin", say("kiosk.begin"), KioskStep.CHOOSE, shortcut="Enter", primary=True)
    return f"{sentence} {say('kiosk.secret')}"


def choose(voter: KioskVoter, poll: Poll, shown: cards.Pictures) -> str:
    """Show the cards and the fixed bar."""
    projects = on_ballot(poll)
    _title(how_to_vote(poll), poll.title)
    cards.cards(poll, voter, projects, shown)
    if not one_key_each(poll):
        number_keys(voter, poll)
    with st.container(key=f"kiosk_bar_{voter.epoch}"):
        if bar := cards.budget_bar(poll, voter):
            st.html(bar)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f'<div class="kiosk-count" aria-live="polite">{escape(cards.status(poll, voter))}</div>')
            _step_button(voter, "back", say("kiosk.back"), KioskStep.HOW, shortcut="Esc")
            words = say("kiosk.to_review_blank" if voter.choice.is_blank else "kiosk.to_review")
            _step_button(voter, "review", words, KioskStep.REVIEW, shortcut="Enter", primary=True)
    return " ".join([how_to_vote(poll), *(_spoken(project) for project in cards.in_order(voter, projects))])


def _spoken(project: PollProject) -> str:
    key = "kiosk.spoken_why" if project.why else "kiosk.spoken"
    return say(key, number=project.number, name=project.name, cost=project.cost, why=project.why)


def _chosen(voter: KioskVoter, poll: Poll) -> list[PollProject]:
    known = {project.key: project for project in poll.projects}
    chosen = [known[key] for key in voter.choice.keys]
    if poll.settings.ballot_kind is BallotKind.RANKING:
        return chosen
    return sorted(chosen, key=lambda project: project.number)


def review(voter: KioskVoter, poll: Poll) -> str:
    """Show only what was chosen, large, each with a way back."""
    _title(say("kiosk.review_title"), poll.title)
    chosen = _chosen(voter, poll)
    if not chosen:
        st.html(f'<p class="kiosk-say">{escape(say("kiosk.blank"))}</p>')
    for project in chosen:
        with st.container(border=True, key=f"kiosk_cardon_{voter.epoch}_review_{project.number}"):
            words, change = st.columns([4, 1], vertical_alignment="center")
            with words:
                extra = cards.mark(poll, voter, project) if poll.settings.ballot_kind in _WITH_AMOUNT else ""
                st.html(
                    f'<div class="kiosk-card"><div class="kiosk-number">{project.number}</div><div>'
                    f'<div class="kiosk-name">{escape(project.name)}</div>'
                    f'<div class="kiosk-cost">{say("kiosk.cost", cost=project.cost)} '
                    f'<span class="kiosk-mark">{escape(extra)}</span></div></div></div>'
                )
            with change:
                _step_button(voter, f"change_{project.number}", say("kiosk.change"), KioskStep.CHOOSE)
    st.html(f'<div class="kiosk-count">{escape(cards.status(poll, voter))}</div>')
    back, go_on = st.columns(2)
    with back:
        _step_button(voter, "again", say("kiosk.change_more"), KioskStep.CHOOSE, shortcut="Esc")
    with go_on:
        _step_button(voter, "right", say("kiosk.right"), KioskStep.CONFIRM, shortcut="Enter", primary=True)
    return " ".join([say("kiosk.review_title"), *(_spoken(one) for one in chosen)]) if chosen else say("kiosk.blank")


_WITH_AMOUNT = (BallotKind.POINTS, BallotKind.RANKING, BallotKind.YES_NO)


def confirm(voter: KioskVoter, poll: Poll, station: Station | None) -> str:
    """Ask once more and cast."""
    words = say("kiosk.confirm_blank") if voter.choice.is_blank else say("kiosk.confirm", count=len(voter.choice.keys))
    _title(words, poll.title)
    st.html(f'<p class="kiosk-say">{escape(say("kiosk.final"))}</p>')
    back, go_on = st.columns([1, 2])
    with back:
        _step_button(voter, "not_yet", say("kiosk.back"), KioskStep.REVIEW, shortcut="Esc")
    with go_on:
        sent = st.button(
            say("kiosk.cast_blank" if voter.choice.is_blank else "kiosk.cast"),
            key=voter.key("cast"),
            type="primary",
            width="stretch",
            shortcut="Enter",
        )
    if sent:
        _cast(voter, poll, station)
    return f"{words} {say('kiosk.final')}"


def _cast(voter: KioskVoter, poll: Poll, station: Station | None) -> None:
    choices, points = as_ballot(poll, voter.choice)
    assert voter.ticket is not None
    with refusals() as refused, st.spinner(say("kiosk.saving")):
        receipt = voting.cast_ballot(
            store(),
            actor_of(station),
            voter.code,
            choices,
            points,
            channel=Channel.STATION if station else Channel.PHONE,
            poll_id=station.poll_id if station else "",
            venue_id=station.venue_id if station else None,
            attempt=voter.ticket.attempt,
        )
    if isinstance(refused.error, ConflictError | StageError):
        # This code's vote is settled (or voting is over): nothing can be tried again, so nothing is kept either.
        voter.choice.keys.clear()
        voter.choice.points.clear()
        st.button(say("kiosk.leave"), key=voter.key("over"), on_click=forget)
    if refused.error is not None:
        # Nothing is lost: the same button tries again with the same attempt, and the same receipt comes back.
        return
    language, size, contrast = voter.language, voter.size, voter.high_contrast
    after = next_voter()
    after.language, after.size, after.high_contrast = language, size, contrast
    after.receipt, after.step = receipt, KioskStep.RECEIPT
    st.rerun()


def receipt(voter: KioskVoter) -> str:
    """Show the receipt, on which nothing of the vote stands."""
    assert voter.receipt is not None
    _title(say("kiosk.thanks"), voter.receipt.title)
    if voter.receipt.test:
        st.html(f'<p class="kiosk-test">{escape(say("kiosk.test_done"))}</p>')
    st.html(f'<p class="kiosk-say kiosk-screen">{escape(say("kiosk.receipt_what"))}</p>')
    st.html(f'<div class="kiosk-receipt">{escape(voter.receipt.code)}</div>')
    st.html(f'<p class="kiosk-say">{escape(say("kiosk.receipt_use"))}</p>')
    st.html(f'<p class="kiosk-poll kiosk-screen">{escape(say("kiosk.goes_back", seconds=RECEIPT_SECONDS))}</p>')
    st.button(
        say("kiosk.done"), key=voter.key("done"), type="primary", width="stretch", shortcut="Enter", on_click=forget
    )
    return f"{say('kiosk.thanks')} {say('kiosk.receipt_what')} {voter.receipt.code}"
