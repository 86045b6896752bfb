"""Weights from pairwise comparison (AHP), with the consistency ratio and the judgement that strains it most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from renovation.errors import InvalidError

#: Mean consistency index of random matrices of order 1, 2, 3 … (Rao Tummala & Ling, Theory and Decision 44, 1998).
RANDOM_INDEX = (
    0.0, 0.0, 0.5799, 0.8921, 1.1159, 1.2358, 1.3322, 1.3952, 1.4537, 1.4882, 1.5117, 1.5356, 1.5571, 1.5714, 1.5831,
)  # fmt: skip
#: Saaty's scale: 1 equal … 9 far more important.
LARGEST_JUDGEMENT = 9
#: Above this the judgements should be looked at again (Saaty 1980).
_CONSISTENT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseWeights:
    """Weights (shares of one) from a matrix of judgements.

    Attributes
    ----------
    consistency_ratio
        0 is perfectly consistent.
    most_strained
        The pair whose judgement is farthest from the weights' ratio, and that ratio: what to change first.
    """

    weights: Mapping[str, float]
    lambda_max: float
    consistency_ratio: float
    most_strained: tuple[str, str, float] | None

    @property
    def is_consistent(self) -> bool:
        """Whether the judgements agree well enough to go by."""
        return self.consistency_ratio <= _CONSISTENT


def weights_from_pairs(codes: Sequence[str], judgements: Mapping[tuple[str, str], Fraction | int]) -> PairwiseWeights:
    """Derive weights from judgements "``a`` is x times as important as ``b``".

    Each pair is given once, in either direction; the other direction is its reciprocal.

    Raises
    ------
    InvalidError
        ``pairwise.too_many``, ``pairwise.unknown``, ``pairwise.twice``, ``pairwise.scale`` or ``pairwise.missing``.
    """
    n = len(codes)
    if not 1 <= n <= len(RANDOM_INDEX):
        raise InvalidError("pairwise.too_many", count=n, limit=len(RANDOM_INDEX))
    place = {code: i for i, code in enumerate(codes)}
    matrix = np.eye(n)
    seen: set[frozenset[str]] = set()
    for (one, other), times in judgements.items():
        if one not in place or other not in place or one == other:
            raise InvalidError("pairwise.unknown", one=one, other=other)
        if frozenset((one, other)) in seen:
            raise InvalidError("pairwise.twice", one=one, other=other)
        if not Fraction(1, LARGEST_JUDGEMENT) <= times <= LARGEST_JUDGEMENT:
            raise InvalidError("pairwise.scale", one=one, other=other)
        seen.add(frozenset((one, other)))
        matrix[place[one], place[other]] = float(times)
        matrix[place[other], place[one]] = float(1 / Fraction(times))
    if len(seen) != n * (n - 1) // 2:
        one, other = next((a, b) for i, a in enumerate(codes) for b in codes[i + 1 :] if frozenset((a, b)) not in seen)
        raise InvalidError("pairwise.missing", one=one, other=other)
    values, vectors = np.linalg.eig(matrix)
    principal = int(np.argmax(values.real))
    lambda_max = float(values[principal].real)
    weights = np.abs(vectors[:, principal].real)
    weights /= weights.sum()
    ratio = 0.0
    if n > 2:
        ratio = max(0.0, (lambda_max - n) / (n - 1) / RANDOM_INDEX[n - 1])
    strained = None
    if n > 2:
        implied = weights[:, None] / weights[None, :]
        strain = np.abs(np.log(matrix) - np.log(implied))
        i, j = np.unravel_index(int(np.argmax(np.triu(strain, 1))), strain.shape)
        if strain[i, j] > 1e-9:
            strained = (codes[int(i)], codes[int(j)], float(implied[i, j]))
    return PairwiseWeights(
        weights=dict(zip(codes, weights.tolist(), strict=True)),
        lambda_max=lambda_max,
        consistency_ratio=ratio,
        most_strained=strained,
    )
