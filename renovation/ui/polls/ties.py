"""A tie that the announced rule leaves to the committee: what stands equal, and the place to enter its decision."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from renovation.errors import ConflictError
from renovation.model.accounts import Actor, may
from renovation.model.elections import Allocation
from renovation.model.polls import TIMETABLE, Poll, PollAct
from renovation.rules.election.tally import tally
from renovation.services.outcome.results import Election
from renovation.services.polls.ties import decide_tie
from renovation.text.formats import format_count, money_writer
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.grid import table
from renovation.ui.frame.state import current_actor, store
from renovation.ui.polls.deciding import decided
from renovation.ui.words import language, listed, plain, say, told


def decided_or_ask(held: Election) -> Allocation:
    """Return the outcome, or ask for the committee's decision on a tie and end the page there."""
    try:
        return decided(held)
    except ConflictError as tie:
        _undecided(held, tie)
        st.stop()


def _undecided(held: Election, tie: ConflictError) -> None:
    """Show the projects that stand equal, and let an administrator enter the order the committee has decided."""
    ids: tuple[str, ...] = tie.fields["ids"]
    names = {project.id: project.name or project.id for project in held.instance.projects}
    st.warning(told("page_results.tie.open", count=len(ids)), icon=":material/balance:")
    _equal_projects(held, ids)
    stages, action = TIMETABLE[PollAct.DECIDE_TIE]
    actor = current_actor()
    if held.poll.stage not in stages or actor is None or not may(actor, action):
        st.caption(say("page_results.tie.who"))
        return
    with draft(actor, f"results.tie.{held.poll.id}", base=held.poll) as form:
        _ask(actor, held, ids, names, form)


def _ask(actor: Actor, held: Election, ids: tuple[str, ...], names: dict[str, str], form: Draft) -> None:
    st.markdown(f"**{say('page_results.tie.order')}**")
    order = [
        place.selectbox(
            say("page_results.tie.place", place=number),
            ids,
            index=None,
            format_func=names.__getitem__,
            placeholder=say("page_results.tie.choose"),
            **form.field(f"place.{number}", among=[None, *ids]),
        )
        for number, place in enumerate(_places(len(ids)), 1)
    ]
    reason = st.text_area(
        say("page_results.tie.reason"),
        max_chars=400,
        help=say("page_results.tie.reason_help"),
        **form.field("reason", ""),
    )
    st.caption(say("page_results.tie.final"))
    if st.button(say("page_results.tie.save"), type="primary", icon=":material/gavel:", key=form.key("save")):
        with form.saving():
            decide_tie(store(), actor, held.poll.id, [one for one in order if one is not None], reason)
            form.forget()
            st.rerun()


def _places(count: int) -> Sequence[st.delta_generator.DeltaGenerator]:
    return [column for start in range(0, count, 3) for column in st.columns(3)[: min(3, count - start)]]


def _equal_projects(held: Election, ids: Sequence[str]) -> None:
    votes = dict(zip(held.profile.projects, tally(held.instance, held.profile).votes, strict=True))
    instance = held.instance
    headings = [say(f"page_results.column.{name}") for name in ("number", "name", "votes")]
    rows = [
        [
            str(project.number or project.id),
            project.name,
            format_count(votes[project.id], language()),
            money_writer(instance, language())(project.cost),
        ]
        for project in map(instance.project, ids)
    ]
    table([*headings, say("notice.column.cost")], rows)


def decisions(poll: Poll) -> None:
    """Repeat what the committee has decided, and why."""
    names = {entry.key: entry.name for entry in poll.projects}
    for decision in poll.tie_decisions:
        projects = listed(plain(f"“{names.get(one, one)}”") for one in decision.order)
        st.markdown(told("notice.how.decided", day=decision.day, projects=projects, reason=decision.reason))
