"""Rank estates or projects by weighted criteria: the weighted sum decides, TOPSIS is the second opinion.

Scores are floats that order a list; nothing is paid or refused by their last digits. Scores that differ by less than
``TIE_WIDTH`` are equal and share a rank, because a difference there is arithmetic noise, not an opinion.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from renovation.errors import InvalidError
from renovation.model.ranking import Criterion, Direction, Method, MissingPolicy, Normalisation, Score, Weighting

Floats = npt.NDArray[np.float64]

#: Decimals of a score that count.
_DECIMALS = 12

#: Half of the criteria.
MIN_KNOWN = 0.5

RULES_VERSION = "ranking-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Alternatives × criteria as numbers; ``nan`` where a value is not known.

    Build it with :func:`table_of`; it is the part of a ranking that does not change when a slider moves. ``known``
    holds the normalised values as they are, ``normalised`` what the missing policy makes of them.
    """

    ids: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    values: Floats
    known: Floats
    normalised: Floats

    def without(self, ids: Collection[str]) -> Table:
        """Return the table without some lines; the others keep their normalised values."""
        kept = np.array([name not in ids for name in self.ids], dtype=bool)
        return replace(
            self,
            ids=tuple(name for name in self.ids if name not in ids),
            values=self.values[kept],
            known=self.known[kept],
            normalised=self.normalised[kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A ranked list. ``scores`` stand in the table's order, ``order`` is best first (bypassing ones lead)."""

    method: Method
    shares: Mapping[str, float]
    scores: tuple[Score, ...]
    order: tuple[str, ...]
    rules_version: str = RULES_VERSION

    @property
    def unranked(self) -> int:
        """How many alternatives have neither a rank nor pass the ranking by: too little is known of them."""
        return sum(score.rank is None and not score.bypasses for score in self.scores)

    def by_id(self) -> dict[str, Score]:
        """Return the scores by alternative."""
        return {score.id: score for score in self.scores}


def usual_cut(count: int) -> int:
    """Return where the cut line stands until a meeting moves it: below a third of so many alternatives."""
    return max(1, count // 3)


def largest_cut(count: int) -> int:
    """Return the lowest place a cut line may take among so many alternatives: somebody stays below it."""
    return max(1, count - 1)


def normalise(values: Floats, criterion: Criterion) -> Floats:
    """Turn one criterion's values into 0 (worst) … 1 (best); unknown stays unknown.

    Where all known values are equal every one of them becomes 1: the criterion then separates nobody.
    """
    known = ~np.isnan(values)
    result = np.full(values.shape, np.nan)
    if not known.any():
        return result
    present = values[known]
    if criterion.direction is Direction.TARGET or criterion.normalisation is Normalisation.TARGET:
        # Distance to the target is what is made small; how it is scaled is up to the normalisation.
        present = -np.abs(present - float(criterion.target or 0.0))
    elif criterion.direction is Direction.LOWER:
        present = -present
    if present.min() == present.max():
        result[known] = 1.0
    elif criterion.normalisation is Normalisation.RANK:
        from scipy.stats import rankdata

        result[known] = (rankdata(present) - 1) / (len(present) - 1)
    elif criterion.normalisation is Normalisation.TARGET:
        result[known] = 1.0 + present / -present.min()
    else:
        result[known] = (present - present.min()) / (present.max() - present.min())
    return result


def table_of(
    ids: Sequence[str],
    values: Mapping[str, Sequence[float | int | None]],
    criteria: Sequence[Criterion],
    *,
    missing: MissingPolicy = MissingPolicy.KNOWN_ONLY,
    min_known: float = MIN_KNOWN,
) -> Table:
    """Normalise a table of values once.

    Parameters
    ----------
    values
        By criterion code, in the order of ``ids``; ``None`` or ``nan`` where not known.
    min_known
        With ``KNOWN_ONLY``: who has fewer of the criteria known than this share is not ranked, or one good value
        alone would put it first.

    Raises
    ------
    InvalidError
        ``ranking.empty``, ``ranking.id_twice``, ``ranking.no_column``, ``ranking.length`` or ``ranking.infinite``.
    """
    if not ids or not criteria:
        raise InvalidError("ranking.empty")
    if len(set(ids)) != len(ids):
        raise InvalidError("ranking.id_twice", id=next(name for name in ids if list(ids).count(name) > 1))
    columns = []
    for criterion in criteria:
        if criterion.code not in values:
            raise InvalidError("ranking.no_column", criterion=criterion.code)
        column = np.array([np.nan if value is None else float(value) for value in values[criterion.code]])
        if len(column) != len(ids):
            raise InvalidError("ranking.length", criterion=criterion.code, count=len(column), expected=len(ids))
        if np.isinf(column).any():
            raise InvalidError("ranking.infinite", criterion=criterion.code)
        columns.append(column)
    raw = np.column_stack(columns)
    normalised = np.column_stack([normalise(column, one) for column, one in zip(raw.T, criteria, strict=True)])
    as_known = normalised.copy()
    unknown = np.isnan(normalised)
    if missing is MissingPolicy.WORST:
        normalised[unknown] = 0.0
    elif missing is MissingPolicy.MEDIAN:
        for j in range(normalised.shape[1]):
            if unknown[:, j].any() and not unknown[:, j].all():
                normalised[unknown[:, j], j] = np.nanmedian(normalised[:, j])
    elif missing is MissingPolicy.KNOWN_ONLY:
        normalised[unknown.mean(axis=1) > 1 - min_known] = np.nan
    elif missing is MissingPolicy.REFUSE:
        normalised[unknown.any(axis=1)] = np.nan
    return Table(ids=tuple(ids), criteria=tuple(criteria), values=raw, known=as_known, normalised=normalised)


def shares_of(table: Table, weighting: Weighting) -> Floats:
    """Return the weights in the table's order, as shares of one.

    Raises
    ------
    InvalidError
        ``weight.unknown`` for a weight no criterion asks for, ``weight.all_zero`` if none is left.
    """
    codes = [criterion.code for criterion in table.criteria]
    if unknown := [code for code in weighting.weights if code not in codes]:
        raise InvalidError("weight.unknown", criterion=unknown[0])
    exact = [weighting.weights.get(code, 0) for code in codes]
    total = sum(exact)
    if not total:
        raise InvalidError("weight.all_zero")
    return np.array([float(weight / total) for weight in exact])


def weighted_sums(normalised: Floats, shares: Floats) -> Floats:
    """Score by weighted sum; the weight of an unknown value is spread over the known ones.

    ``shares`` may be one weighting or many (one per row); the result then has one row per weighting.
    ``nan`` where nothing that carries weight is known.
    """
    known = ~np.isnan(normalised)
    sums = shares @ np.where(known, normalised, 0.0).T
    if known.all():
        return np.asarray(sums)
    carried = shares @ known.T.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A weight sum of one is left alone, so that complete lines keep every digit.
        return np.where(carried > 0, np.where(known.all(axis=1), sums, sums / carried), np.nan)


def topsis(normalised: Floats, shares: Floats) -> Floats:
    """Score by closeness to the ideal (Hwang & Yoon 1981) on min-max normalised values.

    Distances run over the known criteria only, their weights scaled to one.
    """
    known = ~np.isnan(normalised)
    carried = known @ shares
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(known, shares / carried[:, None], 0.0)
        if known.all():
            scaled = np.broadcast_to(shares, normalised.shape)
        some = known.any(axis=0)
        best = np.where(some, np.nanmax(np.where(known, normalised, -np.inf), axis=0), 0.0)
        worst = np.where(some, np.nanmin(np.where(known, normalised, np.inf), axis=0), 0.0)
        filled = np.where(known, normalised, 0.0)
        to_best = np.sqrt((((filled - best) * scaled) ** 2 * known).sum(axis=1))
        to_worst = np.sqrt((((filled - worst) * scaled) ** 2 * known).sum(axis=1))
        total = to_best + to_worst
        # All alternatives equal: neither near nor far. One half says so.
        return np.where(carried > 0, np.where(total > 0, to_worst / total, 0.5), np.nan)


def topsis_of_many(normalised: Floats, weightings: Floats) -> Floats:
    """Score by closeness to the ideal under many weightings, one per row; the same as :func:`topsis` for each.

    The weight that known criteria carry divides both distances, so it cancels.
    """
    known = ~np.isnan(normalised)
    some = known.any(axis=0)
    best = np.where(some, np.where(known, normalised, -np.inf).max(axis=0), 0.0)
    worst = np.where(some, np.where(known, normalised, np.inf).min(axis=0), 0.0)
    filled = np.where(known, normalised, 0.0)
    squared = weightings**2
    to_best = np.sqrt(squared @ ((filled - best) ** 2 * known).T)
    to_worst = np.sqrt(squared @ ((filled - worst) ** 2 * known).T)
    total = to_best + to_worst
    with np.errstate(invalid="ignore", divide="ignore"):
        close = np.where(total > 0, to_worst / total, 0.5)
    return np.where(weightings @ known.T.astype(float) > 0, close, np.nan)


def ranks_of(scores: Floats) -> npt.NDArray[np.int64]:
    """Return competition ranks from 1 (equals share, the next is skipped) along the last axis; 0 where unranked."""
    rounded = np.round(np.where(np.isnan(scores), -np.inf, scores), _DECIMALS)
    # Equals share their rank, so their order among themselves does not matter, and the fast sort will do.
    order = np.argsort(-rounded, axis=-1)
    in_order = np.take_along_axis(rounded, order, axis=-1)
    places = np.broadcast_to(np.arange(scores.shape[-1]), scores.shape)
    is_new = np.ones(scores.shape, dtype=bool)
    is_new[..., 1:] = in_order[..., 1:] != in_order[..., :-1]
    first = np.maximum.accumulate(np.where(is_new, places, 0), axis=-1)
    ranks = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, first + 1, axis=-1)
    return np.where(np.isnan(scores), 0, ranks)


def scores_by(table: Table, shares: Floats, method: Method) -> Floats:
    """Return raw scores in the table's order."""
    return (
        weighted_sums(table.normalised, shares) if method is Method.WEIGHTED_SUM else topsis(table.normalised, shares)
    )


def rank(
    table: Table,
    weighting: Weighting,
    *,
    method: Method = Method.WEIGHTED_SUM,
    bypass: Collection[str] = (),
) -> Ranking:
    """Rank the alternatives of a table.

    Parameters
    ----------
    bypass
        Safety matters: listed first, in the table's order, without a rank; they take nobody's place in the ranking.

    Returns
    -------
    Ranking
        Contributions sum to the score of a weighted sum.
    """
    shares = shares_of(table, weighting)
    raw = scores_by(table, shares, method)
    is_bypassing = np.array([name in bypass for name in table.ids])
    ranked = ranks_of(np.where(is_bypassing, np.nan, raw))
    known = ~np.isnan(table.normalised)
    unknown_raw = np.isnan(table.values)
    carried = known @ shares
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(known, table.normalised, 0.0) * shares
        if method is Method.WEIGHTED_SUM:
            parts = np.where(known.all(axis=1, keepdims=True), parts, parts / carried[:, None])
    codes = [criterion.code for criterion in table.criteria]
    scores = []
    for i, name in enumerate(table.ids):
        has_score = not np.isnan(raw[i])
        scores.append(
            Score(
                id=name,
                score=float(raw[i]) if has_score else None,
                rank=int(ranked[i]) or None,
                contributions={code: float(parts[i, j]) for j, code in enumerate(codes)} if has_score else {},
                normalised={
                    code: None if unknown_raw[i, j] else float(table.known[i, j]) for j, code in enumerate(codes)
                },
                missing=tuple(code for j, code in enumerate(codes) if unknown_raw[i, j]),
                bypasses=bool(is_bypassing[i]),
            )
        )
    last = len(scores) + 1
    order = sorted(range(len(scores)), key=lambda i: (not is_bypassing[i], int(ranked[i]) or last, i))
    return Ranking(
        method=method,
        shares=dict(zip(codes, shares.tolist(), strict=True)),
        scores=tuple(scores),
        order=tuple(table.ids[i] for i in order),
    )
