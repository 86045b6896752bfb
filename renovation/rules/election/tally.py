"""Counting: how many voters named a project, and what they gave it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from renovation.model.elections import BallotKind, Instance
from renovation.rules.election.profile import EXACT_FLOAT, IntArray, Profile, check_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The count.

    Attributes
    ----------
    ballots, blank
        Ballots cast, and those among them that name no project.
    votes
        Per project, in the instance's order: ballots naming it (by weight); of yes/no ballots those that say yes.
    against
        Per project: ballots that say no.
    scores
        Per project: votes, points or Borda scores, whichever the ballots carry.
    """

    ballots: int
    blank: int
    votes: tuple[int | Fraction, ...]
    scores: tuple[int | Fraction, ...]
    against: tuple[int | Fraction, ...]


def tally(instance: Instance, profile: Profile) -> Tally:
    """Count every ballot once.

    Raises
    ------
    InvalidError
        ``election.profile_of_another_instance``.
    """
    check_profile(instance, profile)
    weights = np.repeat(profile.weights, np.diff(profile.starts))
    against = [0] * len(profile.projects)
    scale = profile.weight_scale * profile.value_scale
    if profile.kind is BallotKind.YES_NO and profile.values is not None:
        yes = profile.values > 0
        scores = votes = _count(profile.choices[yes], weights[yes], len(profile.projects))
        against = _count(profile.choices[~yes], weights[~yes], len(profile.projects))
    else:
        scores = votes = _count(profile.choices, weights, len(profile.projects))
        if profile.values is not None:
            scores = _count(profile.choices, weights * profile.values, len(profile.projects))
    return Tally(
        ballots=profile.size,
        blank=profile.blank,
        votes=tuple(_plain(vote, profile.weight_scale) for vote in votes),
        scores=tuple(_plain(score, scale) for score in scores),
        against=tuple(_plain(vote, profile.weight_scale) for vote in against),
    )


def _count(choices: IntArray, amounts: IntArray, projects: int) -> list[int]:
    if not len(choices):
        return [0] * projects
    # float64 adds whole numbers exactly up to 2**53, and bincount has no integer form.
    if float(np.abs(amounts).sum(dtype=np.float64)) < EXACT_FLOAT:
        return [int(total) for total in np.bincount(choices, weights=amounts, minlength=projects)]
    totals = [0] * projects
    for project, amount in zip(choices.tolist(), amounts.tolist(), strict=True):
        totals[project] += amount
    return totals


def _plain(amount: int, scale: int) -> int | Fraction:
    exact = Fraction(amount, scale)
    return exact.numerator if exact.denominator == 1 else exact
