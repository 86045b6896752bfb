"""Pairwise comparison of projects on rankings, beside Borda: whom would more voters rather have?

A project named on a ballot is preferred to all that the ballot does not name; two that it does not name are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from renovation.model.elections import BallotKind
from renovation.rules.election.profile import IntArray, Profile

#: Ballots compared at a time, which bounds the memory of the comparison.
CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Copeland:
    """Pairwise results.

    Attributes
    ----------
    preferred
        ``preferred[a, b]``: weight of the ballots that prefer project ``a`` to ``b``, times ``weight_scale``.
    scores
        Per project: duels won, a draw counting one half.
    """

    preferred: IntArray
    weight_scale: int
    scores: tuple[Fraction, ...]


def copeland(profile: Profile) -> Copeland:
    """Hold every duel (approval and points ballots compare by what they give)."""
    projects = len(profile.projects)
    preferred = np.zeros((projects, projects), dtype=np.int64)
    lengths = np.diff(profile.starts)
    for first in range(0, len(lengths), CHUNK):
        part = slice(first, first + CHUNK)
        owner = np.repeat(np.arange(len(lengths[part])), lengths[part])
        entries = slice(int(profile.starts[first]), int(profile.starts[min(first + CHUNK, len(lengths))]))
        given = np.zeros((len(lengths[part]), projects), dtype=np.int64)
        given[owner, profile.choices[entries]] = _standing(profile, entries, lengths[part])
        weights = profile.weights[part]
        for project in range(projects):
            preferred[project] += weights @ (given[:, [project]] > given)
    wins = (preferred > preferred.T).sum(axis=1)
    draws = (preferred == preferred.T).sum(axis=1) - 1
    scores = tuple(Fraction(2 * int(won) + int(drawn), 2) for won, drawn in zip(wins, draws, strict=True))
    return Copeland(preferred=preferred, weight_scale=profile.weight_scale, scores=scores)


def _standing(profile: Profile, entries: slice, lengths: IntArray) -> IntArray:
    """Return how highly each entry is placed on its ballot, above 0 for all that are named in a ranking."""
    if profile.kind is BallotKind.RANKING:
        ends = np.repeat(np.cumsum(lengths), lengths)
        return ends - np.arange(int(lengths.sum()))
    if profile.values is not None:
        return profile.values[entries]
    return np.ones(int(lengths.sum()), dtype=np.int64)
