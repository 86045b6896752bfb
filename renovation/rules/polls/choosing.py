"""What a voter has chosen so far and what is still possible. Plain values; no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from renovation.model.elections import BallotKind
from renovation.model.polls import Poll, PollProject


class Barrier(StrEnum):
    """Why a project cannot be added now; said on its card before anybody presses."""

    FULL = "full"
    OVER_BUDGET = "over_budget"
    NO_POINTS = "no_points"


@dataclass(slots=True)
class Choice:
    """The ballot being filled in.

    ``keys`` are in the order of pressing, which is the order of a ranking; ``points`` stand beside them (of yes/no
    ballots ``YES`` or ``NO``).
    """

    keys: list[str] = field(default_factory=list)
    points: dict[str, int] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is chosen; a blank ballot is valid when cast on purpose."""
        return not self.keys


def on_ballot(poll: Poll) -> list[PollProject]:
    """Return the projects that are voted on, by number; mandatory ones are not."""
    return sorted(poll.on_ballot, key=lambda project: project.number)


def rotated(projects: list[PollProject], by: int) -> list[PollProject]:
    """Turn the order by some places, so that no project is first for everybody; the numbers stay."""
    turn = by % len(projects) if projects else 0
    return projects[turn:] + projects[:turn]


def limit(poll: Poll) -> int | None:
    """Return how many projects may be chosen at most."""
    return 1 if poll.settings.ballot_kind is BallotKind.CHOOSE_ONE else poll.settings.max_choices


def spent(poll: Poll, choice: Choice) -> int:
    """Return what the chosen projects cost, in fen."""
    costs: Mapping[str, int] = {project.key: project.cost for project in poll.projects}
    return sum(costs[key] for key in choice.keys)


def points_left(poll: Poll, choice: Choice) -> int:
    """Return the points not yet given."""
    return (poll.settings.max_points or 0) - sum(choice.points.values())


def barrier(poll: Poll, choice: Choice, project: PollProject) -> Barrier | None:
    """Return why ``project`` cannot be added; ``None`` when it can, or is chosen already."""
    if project.key in choice.keys and poll.settings.ballot_kind is not BallotKind.POINTS:
        return None
    most = limit(poll)
    kind = poll.settings.ballot_kind
    # Choosing another one moves the only choice there is, so that nobody has to take the first away before.
    if (
        kind is not BallotKind.CHOOSE_ONE
        and most is not None
        and project.key not in choice.keys
        and len(choice.keys) >= most
    ):
        return Barrier.FULL
    if kind is BallotKind.KNAPSACK and spent(poll, choice) + project.cost > poll.free_budget:
        return Barrier.OVER_BUDGET
    if kind is BallotKind.POINTS and points_left(poll, choice) < 1:
        return Barrier.NO_POINTS
    return None


def answered(choice: Choice, given: int) -> int:
    """Return how many projects have this answer."""
    return list(choice.points.values()).count(given)


def as_ballot(poll: Poll, choice: Choice) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return choices and points as the service takes them.

    Only a ranking has an order; other ballots are sorted, so that the order of pressing is not kept anywhere.
    """
    if poll.settings.ballot_kind is BallotKind.RANKING:
        return tuple(choice.keys), ()
    keys = tuple(sorted(choice.keys))
    if poll.settings.ballot_kind in (BallotKind.POINTS, BallotKind.YES_NO):
        return keys, tuple(choice.points[key] for key in keys)
    return keys, ()
