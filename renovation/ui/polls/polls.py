"""The list of polls, one poll's file, and the choice of a poll that several pages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import streamlit as st

from renovation.errors import ConflictError
from renovation.exports.outcome.results import result_rows, votes_said
from renovation.exports.polls.announcement import announcement, announcement_docx, announcement_page
from renovation.exports.print import (
    SheetLine,
    attendance_sheet,
    batch_cover,
    paper_ballots,
    poster,
    reconciliation_sheet,
    report_sheets,
    result_sheet,
)
from renovation.exports.print.pages import Page, how_to_vote
from renovation.model import addresses
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import in_china, today
from renovation.model.menus import BallotChange
from renovation.model.polls import TIMETABLE, Poll, PollAct, PollStage, Turnout
from renovation.rules.polls.instances import settings_of
from renovation.rules.polls.paper import serial_of
from renovation.services.outcome import results
from renovation.services.polls import ballot, ballot_map, polls, reports
from renovation.services.polls.reconciliation import reconcile
from renovation.services.polls.wishes import survey_behind
from renovation.text.formats import format_percent, format_wan
from renovation.text.hours import open_words, places_words
from renovation.text.rules import rule_label, tie_label
from renovation.ui.frame.answers import done, flash, refusals
from renovation.ui.frame.confirm import confirmed, confirmed_by_two
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.offer import issuer_at, offer, show_page
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import PICKED, arrives
from renovation.ui.polls import forms as poll_forms
from renovation.ui.polls.deciding import decided
from renovation.ui.polls.phones import phones_note
from renovation.ui.polls.publishing import publish_button
from renovation.ui.polls.venues import venues_section
from renovation.ui.polls.ways_out import left_out, ways_out_section, why_cancelled
from renovation.ui.words import aside, error_sentence, label, language, plain, say, told

#: The poll whose file is open, and the one that other pages work on.
_STAGE = "renovation.polls.stage"


def chosen_id() -> str | None:
    """Return the poll that the address names (``?poll=…``), so that the browser's way back leads to the list."""
    return st.query_params.get("poll")


def choose(poll_id: str | None) -> None:
    """Look at a poll, or at the list again."""
    st.session_state[PICKED] = poll_id or st.session_state.get(PICKED)
    if poll_id is None:
        st.query_params.pop("poll", None)
    else:
        st.query_params["poll"] = poll_id


def poll_line(poll: Poll) -> str:
    """Return how a poll stands in the list from which one is picked."""
    return aside(poll.title, label("enum.PollStage", poll.stage))


def pick_poll(actor: Actor, stages: Iterable[PollStage] | None = None, *, with_drafts: bool = True) -> Poll | None:
    """Offer the polls of these stages that the account works on; the choice is kept from page to page."""
    found = {
        poll.id: poll
        for poll in polls.list_polls(store(), actor, stages=stages, with_published=False)
        if with_drafts or poll.stage is not PollStage.DRAFT
    }
    if not found:
        st.info(say("poll.none" if may(actor, Action.EDIT_POLL) else "poll.none_here"), icon=":material/ballot:")
        page_link("polls")
        return None
    options = sorted(found, key=lambda one: found[one].stage is not PollStage.OPEN)
    kept = st.session_state.get(PICKED)
    # The browser keeps the line it was given: when a poll moves on, the list is made anew on the poll that was chosen.
    stages_now = ".".join(found[one].stage.value for one in options)
    picked = st.selectbox(
        say("poll.choose"),
        options,
        index=options.index(kept) if kept in found else 0,
        format_func=lambda one: poll_line(found[one]),
        key=f"renovation.pick.{stages_now}",
    )
    st.session_state[PICKED] = picked
    return found[picked]


def _turnout_words(turnout: Turnout) -> str:
    if not turnout.denominator:
        return "—"
    return format_percent(Fraction(turnout.ballots, turnout.denominator), language())


def poll_list(actor: Actor) -> None:
    """Show all polls; a click opens one."""
    if arrives("polls") and (asked := st.query_params.get("statuses")) in set(PollStage):
        st.session_state[_STAGE] = PollStage(asked)
    stage = st.segmented_control(
        say("poll.column.stage"),
        list(PollStage),
        format_func=lambda one: label("enum.PollStage", one),
        key=_STAGE,
        label_visibility="collapsed",
    )
    found = polls.list_polls(store(), actor, stages=[stage] if stage else None)
    if not found:
        st.info(say("poll.none" if may(actor, Action.EDIT_POLL) else "poll.none_here"), icon=":material/ballot:")
    else:
        _rows(actor, found)
    if may(actor, Action.EDIT_POLL):
        waits = begun(actor, poll_forms.NEW_POLL)
        with st.expander(say("poll.create"), icon=":material/add:", expanded=not found or waits):
            made = poll_forms.create_form(actor)
        if made is not None:
            flash(told("poll.created", title=made.title))
            choose(made.id)
            st.rerun()


def _rows(actor: Actor, found: tuple[Poll, ...]) -> None:
    """Show one line per poll; its title opens it (buttons, so that the keyboard reaches every line)."""
    widths = [5, 2, 3, 2, 1.5, 1.5, 1.5]
    names = ("title", "stage", "kind", "budget", "projects", "ballots", "turnout")
    # On a phone the figures of a poll stand below its title, each after its heading.
    headings = " ".join(f"--poll-{name}: '{say(f'poll.column.{name}')} ';" for name in names)
    st.html(f"<style>.st-key-poll_list {{ {headings} }}</style>")
    with st.container(border=True, gap="small", key="poll_list"):
        for column, name in zip(st.columns(widths), names, strict=True):
            column.caption(say(f"poll.column.{name}"))
        for poll in found:
            turnout = polls.turnout(store(), actor, poll.id)
            cells = st.columns(widths, vertical_alignment="center")
            cells[0].button(
                plain(poll.title),
                key=f"renovation.polls.open.{poll.id}",
                type="tertiary",
                on_click=choose,
                args=(poll.id,),
            )
            for cell, words in zip(
                cells[1:],
                (
                    label("enum.PollStage", poll.stage),
                    label("enum.BallotKind", poll.settings.ballot_kind),
                    format_wan(poll.settings.budget, language()),
                    f"{len(poll.projects)}",
                    f"{turnout.ballots:,}",
                    _turnout_words(turnout),
                ),
                strict=True,
            ):
                cell.markdown(words)


def poll_file(actor: Actor, poll_id: str) -> None:
    """Show one poll with what can be done now."""
    with refusals() as refused:
        poll = polls.get_poll(store(), actor, poll_id)
    if refused.error is not None:
        choose(None)
        return
    st.session_state[PICKED] = poll_id
    st.button(say("poll.back"), icon=":material/arrow_back:", on_click=choose, args=(None,))
    st.header(plain(poll.title))
    if may(actor, Action.SEE_REGISTER) and (behind := survey_behind(store(), actor, poll_id)) is not None:
        words = told("survey.follow.behind", name=behind.draft.name)
        page_link("surveys", label=words, icon="door_front", query={"survey": str(behind.id)})
    turnout = polls.turnout(store(), actor, poll_id)
    _figures(poll, turnout)
    _next_step(actor, poll, turnout)
    menu, places, progress, settings, printed = st.tabs(
        [say(f"poll.section.{name}") for name in ("ballot", "venues", "progress", "settings", "print")],
        key=f"renovation.polls.tabs.{poll_id}",
    )
    with menu:
        poll_forms.ballot_section(actor, poll)
    with places:
        venues_section(actor, poll)
    with progress:
        _progress(turnout)
    with settings:
        poll_forms.settings_section(actor, poll)
    with printed:
        _print(actor, poll)


def _figures(poll: Poll, turnout: Turnout) -> None:
    figures = (
        (say("poll.column.stage"), label("enum.PollStage", poll.stage)),
        (say("poll.figure.budget"), format_wan(poll.settings.budget, language())),
        (say("poll.figure.ballots"), f"{turnout.ballots:,}"),
        (say("poll.figure.entitled"), f"{turnout.denominator:,}" if turnout.denominator else "—"),
        (say("poll.figure.turnout"), _turnout_words(turnout)),
    )
    for column, (name, value) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(name, value)


def _next_step(actor: Actor, poll: Poll, turnout: Turnout) -> None:
    with st.container(border=True):
        if poll.cancelled:
            why_cancelled(poll)
            left_out(poll)
            return
        st.markdown(f"**{say('poll.section.next')}**　{say(f'poll.next.{poll.stage.value}')}")
        with refusals():
            if poll.stage is PollStage.OPEN:
                # What is done all day stands before what is done once.
                page_link("station")
                page_link("codes")
            if poll.stage is PollStage.DRAFT:
                _offer_opening(actor, poll)
            elif poll.stage is PollStage.OPEN and may(actor, Action.OPEN_CLOSE_POLL):
                _offer_closing(actor, poll, turnout)
            elif poll.stage is PollStage.CLOSED:
                page_link("paper")
                page_link("reconcile")
            elif poll.stage is PollStage.RECONCILED:
                publish_button(actor, poll)
            if poll.stage not in TIMETABLE[PollAct.MAKE_CODES][0]:
                page_link("results")
            elif poll.stage is not PollStage.OPEN:
                page_link("codes")
            if poll.stage is PollStage.PUBLISHED:
                page_link("exports", query={"poll": poll.id})
        ways_out_section(actor, poll)


def _offer_closing(actor: Actor, poll: Poll, turnout: Turnout) -> None:
    doubts = polls.closing_doubts(store(), actor, poll.id)
    if poll.grace_ends is not None:
        ends = f"{in_china(poll.grace_ends):%H:%M:%S}"
        st.info(told("poll.close.last_called", ends=ends), icon=":material/hourglass_top:")
    elif confirmed(
        "poll.last_call", say("poll.close.last_call"), say("poll.close.last_call_sure"), icon="hourglass_top"
    ):
        polls.last_call(store(), actor, poll.id)
        st.rerun()
    if not doubts:
        _close(actor, poll, turnout, doubts)
        return
    # Before its time, which is all day, closing is not what somebody has come for.
    with st.expander(
        say("poll.close.button"), icon=":material/stop_circle:", expanded=begun(actor, f"poll.close.{poll.id}")
    ):
        _close(actor, poll, turnout, doubts)


def _close(actor: Actor, poll: Poll, turnout: Turnout, doubts: Sequence[ConflictError]) -> None:
    reason = _why(actor, f"poll.close.{poll.id}", doubts)
    if doubts and not reason.strip():
        return
    sure = say("poll.close.sure", ballots=turnout.ballots)
    go, second = confirmed_by_two(
        actor, "poll.close", say("poll.close.button"), sure, icon="stop_circle", needed=bool(doubts) or None
    )
    if go:
        with st.spinner(say("poll.close.done")):
            polls.close_poll(store(), actor, poll.id, second=second, reason=reason)
        done(say("poll.close.done"))


def _why(actor: Actor, name: str, doubts: Sequence[ConflictError]) -> str:
    """Say what speaks against an act, and ask why it is done all the same."""
    for doubt in doubts:
        st.warning(error_sentence(doubt), icon=":material/warning:")
    if not doubts:
        return ""
    with draft(actor, name) as form:
        return str(st.text_input(say("poll.close.why"), max_chars=200, **form.field("why", "")))


def _offer_opening(actor: Actor, poll: Poll) -> None:
    changes = ballot.ballot_changes(store(), actor, poll.id)
    if changes:
        lines = [told("poll.next.changes"), *(f"- {_change_words(poll, one)}" for one in changes)]
        st.warning("\n".join(lines), icon=":material/sync_problem:")
    elif not poll.on_ballot:
        st.warning(told("poll.next.nothing"), icon=":material/sync_problem:")
    mendable = may(actor, Action.EDIT_POLL) and (changes or not poll.on_ballot)
    if mendable and st.button(say("poll.next.refresh" if changes else "poll.next.fill"), icon=":material/refresh:"):
        count = len(ballot.refresh_projects(store(), actor, poll.id).on_ballot)
        done(told("poll.next.refreshed", count=count) if count else told("poll.next.none_free"))
    if may(actor, Action.OPEN_CLOSE_POLL):
        doubts = polls.opening_doubts(store(), actor, poll.id)
        reason, asked = _why(actor, f"poll.open.{poll.id}", doubts), bool(doubts)
        if asked and not reason.strip():
            return
        sure, words = _opening_words(actor, poll), say("poll.open.button")
        go, second = confirmed_by_two(actor, "poll.open", words, sure, icon="play_circle", needed=asked or None)
        if go:
            polls.open_poll(store(), actor, poll.id, second=second, reason=reason)
            done(say("poll.open.done"))


def _opening_words(actor: Actor, poll: Poll) -> str:
    """Repeat what is fixed from now on: limit, budget, rule and tie-break, hours, venues."""
    announced = settings_of(poll).as_dict()
    places = polls.venues(store(), actor, poll.id)
    hours = tuple(dict.fromkeys(open_words(poll, place, language()) for place in places or (None,)))
    lines = [
        say("poll.open.sure", projects=len(poll.projects), budget=poll.settings.budget),
        told("poll.open.how", sentence=how_to_vote(poll, language())),
        told(
            "poll.open.rule",
            rule=rule_label(poll.settings.rule, announced, language()),
            tie_break=tie_label(announced, language()),
        ),
        told("poll.open.hours", hours=hours) if all(hours) else say("poll.open.no_hours"),
        told("poll.open.venues", venues=tuple(place.name for place in places)) if places else say("poll.open.no_venue"),
    ]
    return "\n\n".join(lines)


def _change_words(poll: Poll, change: BallotChange) -> str:
    """Say which project is not as it stands on the ballot, and what follows."""
    entry, values = change.entry, {"name": change.entry.name, "now": change.name, "cost": change.cost}
    if change.leaves is None:
        renamed = change.name != entry.name
        return told(f"poll.change.{'renamed' if renamed else 'priced'}", before=entry.full_cost, **values)
    why = say(f"leaving.{change.leaves.value}", where=plain(change.where), cost=change.cost, budget=poll.free_budget)
    return told("poll.change.leaves", why=why, **values)


def _progress(turnout: Turnout) -> None:
    if turnout.share is not None:
        st.progress(min(float(turnout.share), 1.0), text=f"{turnout.ballots:,} / {turnout.denominator:,}")
    grid(
        {
            "channel": [label("enum.Channel", channel) for channel in turnout.by_channel],
            "ballots": list(turnout.by_channel.values()),
        },
        words="poll.column",
        kinds={"ballots": COUNT},
        width=420,
        key="polls.turnout",
    )


def _print(actor: Actor, poll: Poll) -> None:
    sheets = ["announcement", "poster", "ballot", "attendance", "cover"]
    if poll.stage in TIMETABLE[PollAct.RUN_STATION][0] and may(actor, Action.RUN_STATION):
        sheets.append("report")
    if poll.stage in TIMETABLE[PollAct.SEE_TALLY][0] and may(actor, Action.SEE_RESULTS):
        sheets += ["reconciliation", "result"]
    wanted = st.segmented_control(
        say("poll.section.print"),
        sheets,
        format_func=lambda one: say(f"poll.sheet.{one}"),
        key="renovation.polls.sheet",
        label_visibility="collapsed",
    )
    if wanted is None:
        st.caption(say("poll.sheet.what"))
        return
    places = polls.venues(store(), actor, poll.id)
    venue = places[0].name if len(places) == 1 else ""
    if len(places) > 1 and wanted in ("attendance", "ballot", "cover"):
        venue = st.selectbox(say("poll.column.venue"), [place.name for place in places], key="renovation.polls.at")
    if wanted in ("announcement", "poster"):
        phones_note(poll)
    if wanted == "announcement":
        _announcement(poll, places_words(poll, places, poll.settings.language))
        return
    if wanted == "poster":
        drawn = ballot_map.ballot_map(store(), actor, poll)
        page = poster(
            poll,
            outline=drawn.outline,
            buildings=drawn.buildings,
            venues=places_words(poll, places, poll.settings.language),
            address=addresses.on_phones(f"{addresses.ANNOUNCEMENT}?poll={poll.id}"),
            large=st.checkbox(say("poll.sheet.large"), key="renovation.polls.large"),
        )
    elif wanted == "ballot":
        copies = int(st.number_input(say("poll.sheet.copies"), 1, 500, 1))
        with_serials = st.checkbox(say("poll.sheet.serials"), help=say("poll.sheet.serials_help"))
        serials = [""] * copies
        if with_serials:
            start = int(st.number_input(say("poll.sheet.serials_from"), 1, 9999, 1))
            room = next((place.room for place in places if place.name == venue), "")
            serials = [serial_of(poll.id, room, min(start + at, 9999)) for at in range(copies)]
        large = st.checkbox(say("poll.sheet.large"), key="renovation.polls.large")
        page = paper_ballots(poll, serials=serials, sample=poll.stage is PollStage.DRAFT, large=large)
    elif wanted == "attendance":
        pages = int(st.number_input(say("poll.sheet.pages"), 1, 40, 1))
        page = attendance_sheet(poll, venue=venue, pages=pages)
    elif wanted == "report":
        _report(actor, poll)
        return
    elif wanted == "reconciliation":
        found = reconcile(store(), actor, poll.id)
        page = reconciliation_sheet(poll, found, turnout=polls.turnout(store(), actor, poll.id), day=today())
    elif wanted == "result":
        page = _result_page(actor, poll)
    else:
        page = batch_cover(poll, venue=venue)
    show_page(page, issuer_at(poll.estate_id), key=f"renovation.polls.file.{wanted}")


def _announcement(poll: Poll, places: Sequence[tuple[str, str]]) -> None:
    issued = issuer_at(poll.estate_id)
    said = announcement(
        poll,
        places=places,
        address=addresses.on_phones(addresses.VOTE),
        office=issued.name,
        phone=issued.phone,
    )
    page = announcement_page(said, today(), synthetic=poll.synthetic)
    word = announcement_docx(said, today(), synthetic=poll.synthetic)
    offer(say("poll.sheet.announcement_docx"), word, key="renovation.polls.file.word", issued=issued)
    show_page(page, issued, key="renovation.polls.file.announcement")


def _report(actor: Actor, poll: Poll) -> None:
    st.caption(say("poll.sheet.report_what"))
    made = f"renovation.polls.report.{poll.id}"
    # Each one is an act that the log keeps; so it is made when asked for, and kept while it is looked at.
    if st.button(say("poll.sheet.report_make"), icon=":material/fact_check:"):
        with refusals():
            report = reports.make_report(store(), actor, poll.id)
            st.session_state[made] = report_sheets(
                poll,
                day=report.day,
                ballots=report.ballots,
                places=report.places,
                head=report.head,
                log_entries=report.log_entries,
                log_head=report.log_head,
            )
    if made in st.session_state:
        show_page(st.session_state[made], issuer_at(poll.estate_id), key="renovation.polls.file.report")


def _result_page(actor: Actor, poll: Poll) -> Page:
    held = results.election(store(), actor, poll.id)
    allocation = decided(held)
    lines = [
        SheetLine(
            number=row.number,
            name=row.name,
            cost=row.cost,
            votes=votes_said(row, held.instance, language()),
            selected=row.selected,
            reason=row.reason,
        )
        for row in result_rows(held.instance, allocation, language())
    ]
    return result_sheet(
        poll,
        lines,
        turnout=held.turnout,
        counts=held.counts,
        places=places_words(poll, held.places, language()),
        rule=rule_label(allocation.rule, allocation.settings, language()),
        tie_break=tie_label(allocation.settings, language()),
        spent=allocation.total_cost,
        language=language(),
    )
