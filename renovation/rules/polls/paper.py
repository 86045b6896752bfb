"""What a paper ballot is, and where two readings of it differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renovation.errors import InvalidError
from renovation.model.ballots import Difference, Reading, Verdict, check_choices
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll

#: What makes a ballot invalid rather than the reading of it wrong.
_OVER_CODES = frozenset({"ballot.too_many", "ballot.over_budget", "ballot.too_many_points"})


def judge(poll: Poll, choices: Sequence[str], points: Sequence[int] = (), *, spoiled: bool = False) -> Verdict:
    """Say what a paper ballot is, by the same rules the screen uses.

    Raises
    ------
    InvalidError
        The reading itself cannot be: an unknown project, one twice, points that do not match.
    """
    if spoiled:
        return Verdict.SPOILED
    if not choices:
        return Verdict.BLANK
    try:
        check_choices(poll.settings, poll.projects, tuple(choices), tuple(points))
    except InvalidError as error:
        if error.code in _OVER_CODES:
            return Verdict.OVER
        raise
    return Verdict.VALID


def in_order(poll: Poll, choices: Sequence[str], points: Sequence[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return choices in the order of the ballot (rankings keep theirs), so that two readings compare."""
    if poll.settings.ballot_kind is BallotKind.RANKING:
        return tuple(choices), ()
    numbers = {entry.key: entry.number for entry in poll.projects}
    if points:
        pairs = sorted(zip(choices, points, strict=True), key=lambda pair: numbers.get(pair[0], 0))
        return tuple(key for key, _ in pairs), tuple(value for _, value in pairs)
    return tuple(sorted(choices, key=lambda key: numbers.get(key, 0))), ()


def compared(
    first: Mapping[int, Reading], second: Mapping[int, Reading], decided: Mapping[int, Reading]
) -> tuple[Difference, ...]:
    """Return the ballots, by position, that two people read differently, with what a third has decided.

    Two readings alike count as a difference where both are uncertain: the same slip of both would else go unnoticed.
    """
    return tuple(
        Difference(position=position, first=first[position], second=second[position], decision=decided.get(position))
        for position in sorted(first.keys() & second.keys())
        if not first[position].same_as(second[position]) or not (first[position].certain or second[position].certain)
    )
