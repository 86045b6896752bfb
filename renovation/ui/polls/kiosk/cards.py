"""The cards a voter chooses from."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import streamlit as st

from renovation.model.ballots import BallotFace, BallotMap
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll, PollProject
from renovation.rules.polls.choosing import (
    Barrier,
    answer,
    answered,
    barrier,
    give,
    limit,
    points_left,
    rotated,
    spent,
    toggle,
)
from renovation.ui.polls.kiosk.browser.numbers import one_key_each
from renovation.ui.polls.kiosk.sketch import sketch
from renovation.ui.polls.kiosk.state import KioskVoter
from renovation.ui.words import listed, say


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the cards show beside words: the map's shapes, and project key → its face."""

    place: BallotMap
    faces: Mapping[str, BallotFace]


def photo_html(face: BallotFace) -> str:
    """Return a photo as an inline image; empty when there is none."""
    if not face.photo:
        return ""
    data = base64.b64encode(face.photo).decode()
    return f'<img class="kiosk-photo" alt="{escape(face.caption)}" src="data:image/jpeg;base64,{data}">'


def gains(face: BallotFace) -> str:
    """Return who gains, in words; empty when the catalogue does not say."""
    who = listed(say(f"beneficiary.{one.value}") for one in face.beneficiaries)
    return say("kiosk.gains", who=who) if who else ""


def mark(poll: Poll, voter: KioskVoter, project: PollProject) -> str:
    """Return the words that tell a chosen card from the others without its colour."""
    kind = poll.settings.ballot_kind
    if project.key not in voter.choice.keys:
        return ""
    if kind is BallotKind.RANKING:
        return say("kiosk.place", place=voter.choice.keys.index(project.key) + 1)
    if kind is BallotKind.POINTS:
        return say("kiosk.given", points=voter.choice.points[project.key])
    if kind is BallotKind.YES_NO:
        return say("kiosk.in_favour" if voter.choice.points[project.key] == YES else "kiosk.against")
    return say("kiosk.chosen")


def _barrier_words(poll: Poll, voter: KioskVoter, project: PollProject, found: Barrier) -> str:
    if found is Barrier.OVER_BUDGET:
        over = spent(poll, voter.choice) + project.cost - poll.free_budget
        return say("kiosk.barrier.over_budget", over=over)
    return say(f"kiosk.barrier.{found.value}", limit=limit(poll) or 0)


def _words(poll: Poll, voter: KioskVoter, project: PollProject, face: BallotFace, found: Barrier | None) -> str:
    words = mark(poll, voter, project)
    lines = [
        f'<div class="kiosk-card"><div class="kiosk-number">{project.number}</div><div>',
        f'<div class="kiosk-name">{escape(project.name)}</div>',
        f'<div class="kiosk-cost">{say("kiosk.cost", cost=project.cost)}</div></div></div>',
    ]
    for name, line in (("what", project.description), ("why", project.why), ("gains", gains(face))):
        if line:
            lines.append(f'<div class="kiosk-{name}">{escape(line)}</div>')
    if words:
        lines.append(f'<div class="kiosk-mark">✓ {escape(words)}</div>')
    elif found is not None:
        lines.append(f'<div class="kiosk-barrier">{escape(_barrier_words(poll, voter, project, found))}</div>')
    return "".join(lines)


def card(poll: Poll, voter: KioskVoter, project: PollProject, projects: list[PollProject], shown: Pictures) -> None:
    """Draw one card with what can be done with it."""
    found = barrier(poll, voter.choice, project)
    # The same key whether chosen or not: with another one the card is drawn anew and the keyboard loses its place.
    with st.container(border=True, key=f"kiosk_card_{voter.epoch}_{project.number}"):
        face = shown.faces.get(project.key, BallotFace())
        drawing = sketch(shown.place, projects, project, say("kiosk.where", name=project.name))
        pictures = photo_html(face) + drawing
        st.html(
            f'<div class="kiosk-face"><div>{_words(poll, voter, project, face, found)}</div>'
            f'<div class="kiosk-pictures">{pictures}</div></div>'
        )
        with st.container(horizontal=True):
            if poll.settings.ballot_kind is BallotKind.POINTS:
                _points(poll, voter, project, found)
            elif poll.settings.ballot_kind is BallotKind.YES_NO:
                _answers(poll, voter, project)
            else:
                _take(poll, voter, project, found)
            _details(voter, project, face)


def _take(poll: Poll, voter: KioskVoter, project: PollProject, found: Barrier | None) -> None:
    chosen = project.key in voter.choice.keys
    word = "rank_it" if poll.settings.ballot_kind is BallotKind.RANKING else "choose_it"
    st.button(
        say("kiosk.take_away") if chosen else say(f"kiosk.{word}"),
        key=voter.key(f"take_{project.number}"),
        # One type for both states (the style sheet tells them apart): with another one the button is drawn anew too.
        type="primary",
        disabled=found is not None,
        # The number printed on the card and on paper is the key to press.
        shortcut=str(project.number) if one_key_each(poll) else None,
        on_click=toggle,
        args=(poll, voter.choice, project),
    )


def _answers(poll: Poll, voter: KioskVoter, project: PollProject) -> None:
    said = voter.choice.points.get(project.key)
    for name, given in (("yes", YES), ("no", NO)):
        st.button(
            say("kiosk.take_back" if said == given else f"kiosk.say_{name}"),
            key=voter.key(f"{name}_{project.number}"),
            type="primary" if given == YES else "secondary",
            shortcut=str(project.number) if given == YES and one_key_each(poll) else None,
            on_click=answer,
            args=(voter.choice, project, given),
        )


def _points(poll: Poll, voter: KioskVoter, project: PollProject, found: Barrier | None) -> None:
    steps: tuple[tuple[str, str, int, bool], ...] = (
        ("fewer", "remove", -1, project.key not in voter.choice.keys),
        ("more", "add", 1, found is not None),
    )
    for name, icon, change, off in steps:
        st.button(
            say(f"kiosk.{name}"),
            key=voter.key(f"{name}_{project.number}"),
            icon=f":material/{icon}:",
            disabled=off,
            shortcut=str(project.number) if name == "more" and one_key_each(poll) else None,
            on_click=give,
            args=(poll, voter.choice, project, change),
        )


def _details(voter: KioskVoter, project: PollProject, face: BallotFace) -> None:
    asked = say("kiosk.asked", count=face.demands) if face.demands else ""
    lines = [line for line in (project.description, project.why, asked, gains(face)) if line]
    if project.description or asked:
        with st.popover(say("kiosk.details"), key=voter.key(f"details_{project.number}")):
            st.markdown(f"**{project.number}**")
            st.text(project.name)
            for line in lines:
                st.text(line)


def in_order(voter: KioskVoter, projects: list[PollProject]) -> list[PollProject]:
    """Return the projects in this voter's order, for the eye and for the ear."""
    return rotated(projects, voter.ticket.rotation if voter.ticket else 0)


def cards(poll: Poll, voter: KioskVoter, projects: list[PollProject], shown: Pictures) -> None:
    """Draw all cards, two a row, in this voter's order."""
    order = in_order(voter, projects)
    for first in range(0, len(order), 2):
        for project, column in zip(order[first : first + 2], st.columns(2), strict=False):
            with column:
                card(poll, voter, project, projects, shown)


def status(poll: Poll, voter: KioskVoter) -> str:
    """Return "已选 2 / 3", or what is left of the budget, as the fixed bar shows it."""
    kind = poll.settings.ballot_kind
    if kind is BallotKind.KNAPSACK:
        used = spent(poll, voter.choice)
        return say("kiosk.left", left=poll.free_budget - used, count=len(voter.choice.keys))
    if kind is BallotKind.POINTS:
        return say("kiosk.points_left", left=points_left(poll, voter.choice), all=poll.settings.max_points or 0)
    if kind is BallotKind.YES_NO:
        yes, no = answered(voter.choice, YES), answered(voter.choice, NO)
        return say("kiosk.answered", yes=yes, no=no, none=len(poll.on_ballot) - yes - no)
    most = limit(poll)
    if most is None:
        return say("kiosk.count", count=len(voter.choice.keys))
    return say("kiosk.count_of", count=len(voter.choice.keys), limit=most)


def budget_bar(poll: Poll, voter: KioskVoter) -> str:
    """Return the bar of what is spent, for ballots within a budget."""
    if poll.settings.ballot_kind is not BallotKind.KNAPSACK:
        return ""
    share = min(100.0, 100 * spent(poll, voter.choice) / max(poll.free_budget, 1))
    return f'<div class="kiosk-budget" aria-hidden="true"><div style="width:{share:.1f}%"></div></div>'
