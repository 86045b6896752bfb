"""Weights under which the answers agree with known totals (raking, iterative proportional fitting).

W. E. Deming and F. F. Stephan, "On a Least Squares Adjustment of a Sampled Frequency Table when the Expected Marginal
Totals are Known", Annals of Mathematical Statistics 11 (1940) 427-444.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDS, _CLOSE = 1_000, 1e-12


def rake(
    classes: Sequence[ArrayLike], totals: Sequence[Mapping[Any, int]], counts: ArrayLike | None = None
) -> NDArray[np.float64] | None:
    """Return a weight for each answer, or ``None`` where none can make them agree.

    Parameters
    ----------
    classes
        For each thing known (building, tenure …): the class of every answer.
    totals
        For each thing known: class → how many households it has. A class of which nobody answered cannot be made up
        for, and its households are left to the others.
    counts
        How many alike answers each line stands for; one where nobody says.
    """
    lines = len(np.asarray(classes[0])) if classes else 0
    if not lines:
        return None
    weights = np.ones(lines)
    alike = np.ones(lines) if counts is None else np.asarray(counts, dtype=float)
    margins: list[tuple[NDArray[np.intp], NDArray[np.float64]]] = []
    whole = 0.0
    for said, known in zip(classes, totals, strict=True):
        names, index = np.unique(np.asarray(said), return_inverse=True)
        reached = [known.get(name, 0) for name in names.tolist()]
        if not all(reached):
            return None
        whole = whole or float(sum(known.values()))
        margins.append((index, np.array(reached) * (whole / sum(reached))))
    for _ in range(_ROUNDS):
        off = 0.0
        for index, wanted in margins:
            factors = wanted / np.bincount(index, weights * alike)
            weights *= factors[index]
            off = max(off, float(np.abs(factors - 1).max()))
        if off < _CLOSE:
            return weights
    return None
