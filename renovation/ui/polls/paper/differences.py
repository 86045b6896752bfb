"""Ballots that two clerks read differently: both readings side by side, and a third person's decision."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.ballots import Difference, PaperBatch, Reading, Verdict
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll
from renovation.rules.polls.paper import points_in
from renovation.services.polls import paper
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store
from renovation.ui.words import aside, label, listed, plain, say, told


def differences_section(actor: Actor, poll: Poll, batch: PaperBatch) -> int:
    """Show the differences of a batch; return how many are still open."""
    found = paper.differences(store(), actor, batch.id)
    left = [one for one in found if one.decision is None]
    if not found:
        st.success(say("paper.no_differences"), icon=":material/check:")
        return 0
    st.markdown(told("paper.differences", count=len(found), left=len(left)))
    keyer = actor.account_id in (batch.first_clerk, batch.second_clerk)
    if left and keyer:
        st.info(say("paper.third_person"), icon=":material/person:")
    for one in found:
        _difference(actor, poll, batch, one, may_decide=may(actor, Action.ADJUDICATE) and not keyer)
    return len(left)


def _words(poll: Poll, reading: Reading) -> str:
    numbers = {entry.key: entry.number for entry in poll.projects}
    if reading.verdict in (Verdict.BLANK, Verdict.SPOILED):
        return label("enum.Verdict", reading.verdict)
    parts = [str(numbers.get(key, "?")) for key in reading.choices]
    if poll.settings.ballot_kind is BallotKind.YES_NO:
        answers = dict(zip(parts, reading.points, strict=True))
        yes, no = (listed(one for one in parts if answers[one] == given) or "—" for given in (YES, NO))
        return say("page_results.yes_and_no", yes=yes, no=no)
    if reading.points:
        parts = [f"{part}×{value}" for part, value in zip(parts, reading.points, strict=True)]
    joined = " > ".join(parts) if poll.settings.ballot_kind is BallotKind.RANKING else listed(parts)
    return joined if reading.verdict is Verdict.VALID else aside(joined, label("enum.Verdict", reading.verdict))


def _difference(actor: Actor, poll: Poll, batch: PaperBatch, one: Difference, *, may_decide: bool) -> None:
    with st.container(border=True):
        place, first, second, decision = st.columns([1, 2, 2, 3])
        place.metric(say("paper.position"), one.position)
        first.markdown(f"{say('print.cover.first')}  \n**{_words(poll, one.first)}**")
        second.markdown(f"{say('print.cover.second')}  \n**{_words(poll, one.second)}**")
        if serials := tuple(dict.fromkeys(found.serial for found in (one.first, one.second) if found.serial)):
            place.caption(told("paper.sheet_serial", serials=serials))
        if one.first.same_as(one.second):
            place.caption(say("paper.alike"))
        if one.decision is not None:
            decision.markdown(
                f"{say('paper.decided')}  \n**{_words(poll, one.decision)}**  \n{plain(one.decision.reason)}"
            )
        # A new decision ends the wish for one: it makes another key.
        wish = f"renovation.paper.again.{batch.id}.{hash(one)}"
        if may_decide and (one.decision is None or decision.toggle(say("paper.decide_again"), key=wish)):
            _decide(actor, poll, batch, one)


def _decide(actor: Actor, poll: Poll, batch: PaperBatch, one: Difference) -> None:
    numbers = {entry.number: entry for entry in poll.on_ballot}
    key = f"renovation.paper.decide.{batch.id}.{one.position}"
    ways = ("first", "second", "other", "spoiled")
    with st.form(key, border=False):
        # Nothing is chosen beforehand: whoever decides has looked at the paper.
        way = st.segmented_control(say("paper.on_paper"), ways, format_func=lambda name: say(f"paper.way.{name}"))
        chosen = st.multiselect(
            say("paper.other_numbers"),
            list(numbers),
            format_func=lambda n: f"{n} {numbers[n].name}",
            placeholder=say("poll.field.projects"),
            select_all=False,
        )
        points_words, refused_numbers = "", []
        if poll.settings.ballot_kind is BallotKind.YES_NO:
            refused_numbers = st.multiselect(
                say("paper.other_noes"),
                list(numbers),
                format_func=lambda n: f"{n} {numbers[n].name}",
                placeholder=say("poll.field.projects"),
                select_all=False,
            )
        if poll.settings.ballot_kind is BallotKind.POINTS:
            points_words = st.text_input(say("paper.other_points"), placeholder="5 3 2")
        reason = st.text_input(say("code.reason"), max_chars=200, placeholder=say("paper.reason_example"))
        if not st.form_submit_button(say("paper.decide_button")):
            return
    if way is None:
        st.error(say("paper.way_missing"), icon=":material/error:")
        return
    source = {"first": one.first, "second": one.second}.get(way)
    if source is not None:
        choices, points, spoiled = source.choices, source.points, source.verdict is Verdict.SPOILED
    else:
        choices = tuple(numbers[n].key for n in chosen) if way == "other" else ()
        points, spoiled = (), way == "spoiled"
    with refusals():
        if source is None:
            points = points_in(points_words)
            if way == "other" and poll.settings.ballot_kind is BallotKind.YES_NO:
                points = (YES,) * len(chosen) + (NO,) * len(refused_numbers)
                choices = (*choices, *(numbers[n].key for n in refused_numbers))
        paper.decide(store(), actor, batch.id, one.position, choices, points, spoiled=spoiled, reason=reason)
        st.rerun()
