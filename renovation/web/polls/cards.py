"""What a ballot's pages show of its projects: a card each, what is chosen in words, and the sentence of the bar."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.ballots import BallotFace
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Poll, PollProject
from renovation.rules.polls.choosing import Barrier, Choice, answered, barrier, limit, on_ballot, points_left, spent
from renovation.rules.polls.filling import grouped
from renovation.text.formats import format_list, format_wan
from renovation.text.rules import category_label
from renovation.web.frame import Visit
from renovation.web.polls.pictures import Pictures

#: Stands in a sentence where the page's script writes a number.
HOLE = "\ue010"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One project: ``amount`` is its points or place, ``at`` where it is on the little map."""

    project: PollProject
    face: BallotFace
    at: tuple[float, float] | None
    is_chosen: bool
    amount: int
    barrier: str
    gains: str


def how_to_vote(visit: Visit, poll: Poll) -> str:
    """Return the one sentence that says what to do."""
    kind = poll.settings.ballot_kind
    count = len(on_ballot(poll))
    if kind is BallotKind.APPROVAL and limit(poll) is None:
        return visit.say("kiosk.how.approval_any", count=count)
    return visit.say(
        f"kiosk.how.{kind.name.lower()}",
        count=count,
        limit=limit(poll) or count,
        budget=poll.free_budget,
        points=poll.settings.max_points or 0,
    )


def cards(visit: Visit, poll: Poll, choice: Choice, turn: int, shown: Pictures) -> list[tuple[str, list[Card]]]:
    """Return heading → cards, in this voter's order; the heading is empty where nothing is grouped."""
    found = []
    for group in grouped(poll, turn):
        kinds = [category_label(part, visit.language) for part in group.category.split(",") if part]
        heading = " · ".join((*kinds, group.area) if group.area else kinds)
        found.append((heading, [_card(visit, poll, choice, project, shown) for project in group.projects]))
    return found


def _card(visit: Visit, poll: Poll, choice: Choice, project: PollProject, shown: Pictures) -> Card:
    found = barrier(poll, choice, project)
    face = shown.faces.get(project.key, BallotFace())
    who = format_list((visit.say(f"beneficiary.{one.value}") for one in face.beneficiaries), visit.language)
    return Card(
        project=project,
        face=face,
        at=shown.places.get(project.key),
        is_chosen=project.key in choice.keys,
        amount=choice.points.get(project.key, 0),
        barrier=_barrier(visit, poll, choice, project, found) if found else "",
        gains=visit.say("kiosk.gains", who=who) if who else "",
    )


def _barrier(visit: Visit, poll: Poll, choice: Choice, project: PollProject, found: Barrier) -> str:
    over = spent(poll, choice) + project.cost - poll.free_budget
    return visit.say(f"kiosk.barrier.{found.value}", limit=limit(poll) or 0, over=format_wan(over, visit.language))


def chosen(visit: Visit, poll: Poll, choice: Choice) -> list[tuple[PollProject, str]]:
    """Return what was chosen, each with its points or place in words: a ranking in its order, the rest by number."""
    known = {project.key: project for project in poll.projects}
    kind = poll.settings.ballot_kind
    keys = choice.keys if kind is BallotKind.RANKING else sorted(choice.keys, key=lambda key: known[key].number)
    said = []
    for place, key in enumerate(keys, 1):
        words = ""
        if kind is BallotKind.RANKING:
            words = visit.say("kiosk.place", place=place)
        elif kind is BallotKind.POINTS:
            words = visit.say("kiosk.given", points=choice.points[key])
        elif kind is BallotKind.YES_NO:
            words = visit.say("kiosk.in_favour" if choice.points[key] == YES else "kiosk.against")
        said.append((known[key], words))
    return said


def status(visit: Visit, poll: Poll, choice: Choice, *, hole: bool = False) -> str:
    """Return "已选 2 / 3", or what is left of the budget, as the fixed bar shows it.

    Parameters
    ----------
    hole
        Leave holes where the page's script is to write the numbers.
    """
    kind, count = poll.settings.ballot_kind, HOLE if hole else len(choice.keys)
    if kind is BallotKind.KNAPSACK:
        left = max(0, poll.free_budget - spent(poll, choice))
        return visit.say("kiosk.left", left=f"{HOLE}{HOLE}" if hole else format_wan(left, visit.language), count=count)
    if kind is BallotKind.POINTS:
        left = max(0, points_left(poll, choice))
        return visit.say("kiosk.points_left", left=HOLE if hole else left, all=poll.settings.max_points or 0)
    if kind is BallotKind.YES_NO:
        yes, no = answered(choice, YES), answered(choice, NO)
        none = len(on_ballot(poll)) - yes - no
        counts = [HOLE] * 3 if hole else [yes, no, none]
        return visit.say("kiosk.answered", **dict(zip(("yes", "no", "none"), counts, strict=True)))
    most = limit(poll)
    if most is None:
        return visit.say("kiosk.count", count=count)
    return visit.say("kiosk.count_of", count=count, limit=most)


def for_script(visit: Visit, poll: Poll) -> dict[str, str | int]:
    """Return what the page's script needs to keep the bar and the cards right while somebody chooses."""
    kind, settings = poll.settings.ballot_kind, poll.settings
    limits = {"limit": limit(poll) or 0, "budget": poll.free_budget if kind is BallotKind.KNAPSACK else 0}
    over = {"limit": limit(poll) or 0, "over": f"{HOLE}{HOLE}"}
    return {
        "kind": kind.value,
        **limits,
        "points": (settings.max_points or 0) if kind is BallotKind.POINTS else 0,
        "status": status(visit, poll, Choice(), hole=True),
        **{f"barrier-{one.value}": visit.say(f"kiosk.barrier.{one.value}", **over) for one in Barrier},
        "add": visit.say("kiosk.rank_it"),
        "off": visit.say("kiosk.take_away"),
    }
