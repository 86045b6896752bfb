"""Outcomes on screen: the headline a hall can read, bars, map, and the table with a reason on every line."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import altair as alt
import pandas as pd
import streamlit as st

from renovation.config import settings
from renovation.exports.outcome.results import ROW_ORDERS, ResultRow, currency_heading, result_rows, votes_said
from renovation.model.accounts import PUBLIC
from renovation.model.elections import Allocation
from renovation.model.names import finds
from renovation.model.polls import TIMETABLE, Poll, PollAct, PollStage
from renovation.services.outcome import results
from renovation.services.outcome.results import Election
from renovation.services.polls import polls as poll_services
from renovation.text.formats import format_count, money_writer
from renovation.text.reasons import tie_text
from renovation.text.rules import rule_label, setting_sentences, tie_label
from renovation.ui.charts import INK, NOT_SELECTED, SELECTED, colour_of, names_axis, show_chart
from renovation.ui.frame import grid
from renovation.ui.frame.state import current_actor, store
from renovation.ui.frame.ways import PICKED, result_steps
from renovation.ui.polls.ties import decisions
from renovation.ui.words import language, plain, say, told


def choose_poll(*, key: str) -> Poll | None:
    """Let the person choose an ended poll; say so where there is none."""
    ended = poll_services.list_polls(store(), current_actor(), stages=TIMETABLE[PollAct.SEE_TALLY][0])
    if not ended:
        st.info(say("page_results.none"))
        return None
    by_id = {poll.id: poll for poll in ended}
    named = st.query_params.get("poll")
    wanted = named or st.session_state.get(PICKED)
    index = list(by_id).index(wanted) if wanted in by_id else 0
    chosen = st.selectbox(
        say("page_results.choose"), list(by_id), index=index, format_func=lambda poll_id: by_id[poll_id].title, key=key
    )
    st.session_state[PICKED] = chosen
    if chosen and named and chosen != named:
        # Only where the address names one: to add it would cost a second step on the browser's way back.
        st.query_params["poll"] = chosen
    actor = current_actor()
    if chosen and actor is not None:
        result_steps(actor, chosen)
    return by_id.get(chosen) if chosen else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _held(poll_id: str, stamp: tuple[int, int], url: str) -> Election:
    del stamp, url  # they only tell cached elections apart
    return results.election(store(), current_actor() or PUBLIC, poll_id)


def load(poll: Poll) -> Election:
    """Return a poll's election, kept while neither the poll nor its ballots change."""
    stamp = results.ballot_stamp(store(), current_actor() or PUBLIC, poll.id)
    with st.spinner(say("page_results.computing")):
        return _held(poll.id, stamp, settings().database_url)


def headline(held: Election, allocation: Allocation) -> None:
    """Say in one line what was selected, for how much, by how many."""
    money = money_writer(held.instance, language())
    st.subheader(
        told(
            "page_results.headline",
            chosen=len(allocation.winners),
            cost=money(allocation.total_cost),
            budget=money(allocation.budget),
        ),
        anchor=False,
    )
    turnout = held.turnout
    said = [say("page_results.voters", ballots=turnout.ballots)]
    if turnout.share is not None:
        said.append(say("page_results.turnout", share=turnout.share))
    if turnout.blank:
        said.append(say("page_results.blank", blank=turnout.blank))
    st.markdown("　".join(said))


def rule_line(held: Election, allocation: Allocation) -> None:
    """Name the rule, every setting in force, the tie-break and the version of the rules."""
    found = setting_sentences(allocation.rule, allocation.settings, held.instance, language())
    st.caption(
        told(
            "page_results.how",
            rule=rule_label(allocation.rule, allocation.settings, language()),
            tie_break=tie_label(allocation.settings, language()),
            version=allocation.rules_version,
        )
    )
    if found:
        st.caption(told("notice.how.settings", settings=found))


def provisional(held: Election) -> None:
    """Say so while the numbers are not reconciled."""
    if held.poll.stage is PollStage.CLOSED and not held.poll.source:
        st.info(say("page_results.not_reconciled"), icon=":material/pending:")


def bars(rows: Sequence[ResultRow]) -> None:
    """Draw the votes of every project, best first; selected ones in colour and by word."""
    frame = pd.DataFrame(
        {
            "name": [f"{row.number} {row.name}" for row in rows],
            "votes": [float(row.score) for row in rows],
            "result": [row.result for row in rows],
            "full": [row.name for row in rows],
        }
    )
    chosen, other = say("page_results.selected"), say("page_results.not_selected")
    base = alt.Chart(frame).encode(
        y=names_axis("name", list(frame["name"])),
        x=alt.X("votes:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", grid=True)),
        tooltip=[
            alt.Tooltip("full:N", title=say("page_results.column.name")),
            alt.Tooltip("votes:Q", title=say("page_results.column.votes")),
            alt.Tooltip("result:N", title=say("page_results.column.result")),
        ],
    )
    bar = base.mark_bar().encode(color=colour_of("result", {chosen: SELECTED, other: NOT_SELECTED}))
    figure = base.mark_text(align="left", dx=4, fontSize=16, color=INK).encode(text=alt.Text("votes:Q", format=",d"))
    show_chart(bar + figure, height=alt.Step(28))


def table(held: Election, rows: Sequence[ResultRow]) -> None:
    """Show every project with its reason in full; searchable, sortable."""
    find, order = st.columns([3, 1])
    wanted = find.text_input(say("page_results.search"), key="results.search")
    by = order.selectbox(
        say("page_results.order"),
        list(ROW_ORDERS),
        format_func=lambda name: (
            say(f"page_results.column.{name}") if name != "cost" else currency_heading(held.instance, language())
        ),
        key="results.order",
    )
    shown = [row for row in rows if finds(wanted, str(row.number), row.name, row.reason)]
    shown.sort(key=ROW_ORDERS[by])
    names = ("rank", "number", "name", "votes", "cost", "result", "reason")
    grid.table(
        [
            currency_heading(held.instance, language()) if name == "cost" else say(f"page_results.column.{name}")
            for name in names
        ],
        [_line(held, row) for row in shown],
        names=names,
        marks=["selected" if row.selected else "" for row in shown],
    )
    if not shown:
        st.caption(say("page_results.nothing_found"))


def _line(held: Election, row: ResultRow) -> list[str]:
    return [
        str(row.rank),
        row.number,
        row.name,
        votes_said(row, held.instance, language()),
        format_count(Fraction(row.cost, held.instance.scale), language()) + _of_full(held, row),
        ("✓ " if row.selected else "") + row.result,
        row.reason,
    ]


def _of_full(held: Election, row: ResultRow) -> str:
    """Say what a co-funded project costs altogether."""
    full = held.instance.project(row.id).full_cost
    if full is None:
        return ""
    return say("page_results.of_full", cost=format_count(Fraction(full, held.instance.scale), language()))


def ties(held: Election, allocation: Allocation) -> None:
    """Name every tie that mattered and what decided it."""
    if not allocation.ties:
        st.caption(say("page_results.no_ties"))
        return
    st.markdown(f"**{say('page_results.ties')}**")
    for tie in allocation.ties:
        st.markdown(plain(tie_text(tie, held.instance, language())))
    decisions(held.poll)


def has_places(held: Election) -> bool:
    """Tell whether any project has coordinates."""
    return any(project.lon is not None and project.lat is not None for project in held.instance.projects)


def place_map(held: Election, allocation: Allocation, *, key: str) -> None:
    """Draw the projects where they are, selected ones apart by colour and shape."""
    from renovation.ui.map import Mark, PointLayer, Style, draw_map
    from renovation.ui.map.base import base_layers

    placed = [
        (project, project.lon, project.lat)
        for project in held.instance.projects
        if project.lon is not None and project.lat is not None
    ]
    if not placed:
        st.caption(say("page_results.no_places"))
        return
    chosen = set(allocation.winners)
    estate_id = held.poll.estate_id
    draw_map(
        [
            # An election from elsewhere lies outside this city's layers.
            *([] if held.poll.source else base_layers(built=[] if estate_id is None else [estate_id])),
            PointLayer(
                name="projects",
                ids=[project.id for project, _, _ in placed],
                lons=[lon for _, lon, _ in placed],
                lats=[lat for _, _, lat in placed],
                styles={
                    "yes": Style(
                        words=say("page_results.selected"), fill=SELECTED, line="#003B5C", opacity=0.9, size=8
                    ),
                    "no": Style(
                        words=say("page_results.not_selected"),
                        fill="#8A9499",
                        line="#5F6B70",
                        opacity=0.9,
                        mark=Mark.DIAMOND,
                    ),
                },
                classes=["yes" if project.id in chosen else "no" for project, _, _ in placed],
                tooltips=[project.name for project, _, _ in placed],
            ),
        ],
        key=key,
        view=held.poll.id,
        fit=["projects"],
        height=460,
    )


def rows_of(held: Election, allocation: Allocation) -> tuple[ResultRow, ...]:
    """Return the lines of an outcome in this tab's language."""
    return result_rows(held.instance, allocation, language())
