"""What would have made a project win: worked out when somebody asks, by running the rule again."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from renovation.model.elections import Allocation, Candidate
from renovation.rules import RULES_VERSION
from renovation.rules.allocation.smallest_change import Certainty, SmallestChange, smallest_change
from renovation.rules.election.settings import settings_from
from renovation.services.outcome.results import Election
from renovation.text.formats import format_count, money_writer
from renovation.text.reasons import project_label
from renovation.ui.frame.grid import table
from renovation.ui.words import language, say

#: A search takes about this many runs of the rule; the bar fills by them.
_USUAL_RUNS = 60


@st.fragment
def what_would_have_won(held: Election, allocation: Allocation) -> None:
    """Let people ask for one project, or for all that were not selected."""
    losers = [
        held.instance.project(outcome.project)
        for outcome in allocation.outcomes
        if not outcome.selected and not held.instance.project(outcome.project).mandatory
    ]
    if not losers:
        return
    st.subheader(say("smallest_change.heading"), anchor=False)
    st.caption(say("smallest_change.lead"))
    labels = {project.id: project_label(project, language()) for project in losers}
    pick, everything = st.columns([3, 1], vertical_alignment="bottom")
    chosen = pick.selectbox(
        say("smallest_change.project"),
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        placeholder=say("smallest_change.choose"),
        key=f"smallest_change.{held.poll.id}",
    )
    asked_all = everything.button(
        say("smallest_change.all", count=len(losers)), width="stretch", key=f"smallest_change.all.{held.poll.id}"
    )
    if asked_all:
        _all(held, allocation, losers)
    elif chosen is not None:
        project = held.instance.project(chosen)
        for sentence in change_sentences(held, project, _found(held, allocation, project, "")):
            st.markdown(sentence)


def _all(held: Election, allocation: Allocation, losers: Sequence[Candidate]) -> None:
    rows = []
    for number, project in enumerate(losers, 1):
        found = _found(held, allocation, project, say("smallest_change.done", done=number - 1, total=len(losers)))
        rows.append([project_label(project, language()), *change_sentences(held, project, found)])
    headings = ("project", "cost_heading", "ballots_heading")
    table([say(f"smallest_change.{heading}") for heading in headings], rows)


def _found(held: Election, allocation: Allocation, project: Candidate, before: str) -> SmallestChange:
    kept = _kept()
    key = (held.digest, RULES_VERSION, project.id)
    if key not in kept:
        bar = st.progress(0.0)

        def report(runs: int) -> None:
            bar.progress(min(runs / _USUAL_RUNS, 1.0), f"{before} {say('smallest_change.runs', runs=runs)}")

        kept[key] = smallest_change(
            allocation.rule,
            held.instance,
            held.profile,
            settings_from(allocation.settings),
            project.id,
            on_progress=report,
        )
        bar.empty()
    return kept[key]


@st.cache_resource(max_entries=1)
def _kept() -> dict[tuple[str, str, str], SmallestChange]:
    return {}


def change_sentences(held: Election, project: Candidate, found: SmallestChange) -> tuple[str, str]:
    """Say what cost, and what further ballots, would have made a project win, and how sure that is."""
    money = money_writer(held.instance, language())
    least = found.cost is Certainty.LEAST
    if found.cost_to is None:
        cost = say(f"smallest_change.cost.{'never' if least else 'not_found'}")
    else:
        cost = say(
            f"smallest_change.cost.{'least' if least else 'suffices'}",
            cost=money(found.cost_to),
            cut=money(project.cost - found.cost_to),
        )
    if found.ballots is None:
        return cost, say("smallest_change.ballots.not_counted")
    if found.extra_ballots is None:
        cast = format_count(held.profile.size, language())
        never = found.ballots is Certainty.LEAST
        return cost, say(f"smallest_change.ballots.{'never' if never else 'not_found'}", cast=cast)
    extra = format_count(found.extra_ballots, language())
    return cost, say(f"smallest_change.ballots.{found.ballots.value}", extra=extra)
