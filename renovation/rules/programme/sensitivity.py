"""How firm a ranking is: random weightings, the smallest change at the cut, without cash, other methods.

Everything is deterministic: the chance is seeded, and the seed stands in the result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from renovation.errors import InvalidError
from renovation.model.ranking import Method, Weighting
from renovation.rules.programme.ranking import (
    Floats,
    Table,
    ranks_of,
    scores_by,
    shares_of,
    topsis,
    topsis_of_many,
    weighted_sums,
)

RUNS = 2_000
#: Each weight moves by at most half of itself, up or down, before they are scaled to one again.
SPREAD = 0.5
SEED = 20_261_121


#: Where a line of a ranking stands.
STANDINGS = ("in", "doubt", "out")
#: Share of the runs above the cut from which a place is called firm; below the rest of it is hopeless.
_FIRM = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRange:
    """One alternative's ranks under random weightings.

    ``low`` and ``high`` hold the middle nine tenths; ``in_cut`` is the share of runs in which it is among the first
    ``cut``.
    """

    id: str
    rank: int | None
    best: int | None
    worst: int | None
    low: int | None
    median: int | None
    high: int | None
    in_cut: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSwap:
    """The smallest change of one weight that brings ``entering`` level with ``leaving`` across the cut.

    Shares of one; the other weights keep their proportions.
    """

    criterion: str
    share: float
    share_after: float
    entering: str
    leaving: str

    @property
    def change(self) -> float:
        """Return how far the share moves, with its sign."""
        return self.share_after - self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderComparison:
    """The same alternatives ranked another way, and who crosses the cut."""

    name: str
    ranks: Mapping[str, int | None]
    enters: tuple[str, ...]
    leaves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far two rankings agree: Kendall's tau-b (none where one has only equals), and what their cuts share."""

    kendall: float | None
    same_in_cut: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmness:
    """Everything a meeting asks about how firm a ranking is."""

    cut: int
    runs: int
    spread: float
    seed: int
    ranges: tuple[RankRange, ...]
    swaps: tuple[WeightSwap, ...]
    comparisons: tuple[OrderComparison, ...]
    agreement: Agreement

    @property
    def smallest_swap(self) -> WeightSwap | None:
        """Return the swap that needs the least change; ``None`` when no single weight can swap the cut."""
        return min(self.swaps, key=lambda swap: abs(swap.change), default=None)


#: As many weightings as anybody waits for; more would fill the memory.
MOST_RUNS = 100_000


def random_shares(shares: Floats, *, runs: int = RUNS, spread: float = SPREAD, seed: int = SEED) -> Floats:
    """Draw weightings around the chosen one: each weight × (1 ± spread), evenly, then scaled to one.

    Raises
    ------
    InvalidError
        ``sensitivity.spread``.
    """
    if not 0 <= spread <= 1 or not 1 <= runs <= MOST_RUNS or seed < 0:
        raise InvalidError("sensitivity.spread", most=MOST_RUNS)
    chance = np.random.default_rng(seed)
    drawn = shares * chance.uniform(1 - spread, 1 + spread, size=(runs, len(shares)))
    # With spread 1 every draw might be 0; the chosen weighting stands in.
    totals = drawn.sum(axis=1, keepdims=True)
    return np.asarray(np.where(totals > 0, drawn / np.where(totals > 0, totals, 1.0), shares))


def rank_ranges(
    table: Table,
    weighting: Weighting,
    *,
    cut: int,
    method: Method = Method.WEIGHTED_SUM,
    runs: int = RUNS,
    spread: float = SPREAD,
    seed: int = SEED,
) -> tuple[RankRange, ...]:
    """Return each alternative's range of ranks by a method, in the table's order."""
    shares = shares_of(table, weighting)
    score = weighted_sums if method is Method.WEIGHTED_SUM else topsis_of_many
    ranks = ranks_of(score(table.normalised, random_shares(shares, runs=runs, spread=spread, seed=seed)))
    now = ranks_of(scores_by(table, shares, method))
    in_order = np.sort(ranks, axis=0)
    low, median, high = (in_order[min(runs - 1, int(share * runs))] for share in (0.05, 0.5, 0.95))
    in_cut = ((ranks > 0) & (ranks <= cut)).mean(axis=0)
    found = []
    for i, name in enumerate(table.ids):
        # A rank of 0 means "not ranked": the line has no known value that carries weight.
        is_ranked = now[i] > 0 and in_order[0, i] > 0
        found.append(
            RankRange(
                id=name,
                rank=int(now[i]) if is_ranked else None,
                best=int(in_order[0, i]) if is_ranked else None,
                worst=int(in_order[-1, i]) if is_ranked else None,
                low=int(low[i]) if is_ranked else None,
                median=int(median[i]) if is_ranked else None,
                high=int(high[i]) if is_ranked else None,
                in_cut=float(in_cut[i]) if is_ranked else None,
            )
        )
    return tuple(found)


def weight_swaps(table: Table, weighting: Weighting, *, cut: int) -> tuple[WeightSwap, ...]:
    """Find, for each criterion, the least change of its weight that swaps somebody across the cut line.

    With share w moved to v and the others scaled by (1 - v) / (1 - w), a score is
    ``(v·x + (1 - v)·r) / (v·k + (1 - v)·c)``, where r and c are the other criteria's part and carried weight. Two
    scores are level where a quadratic in v vanishes (linear when nothing is missing).
    """
    shares = shares_of(table, weighting)
    scores = weighted_sums(table.normalised, shares)
    ranked = np.flatnonzero(~np.isnan(scores))
    order = ranked[np.argsort(-np.round(scores[ranked], 12), kind="stable")]
    inside, outside = order[:cut], order[cut:]
    if not len(inside) or not len(outside):
        return ()
    known = ~np.isnan(table.normalised)
    filled = np.where(known, table.normalised, 0.0)
    swaps = []
    for j, criterion in enumerate(table.criteria):
        w = shares[j]
        if w >= 1:
            continue
        others = shares / (1 - w)
        others[j] = 0.0
        x, k = filled[:, j], known[:, j].astype(float)
        r, c = filled @ others, known @ others
        # score = (r + v·(x - r)) / (c + v·(k - c)); a for those inside, b for those outside.
        n0a, n1a, d0a, d1a = (part[inside][:, None] for part in (r, x - r, c, k - c))
        n0b, n1b, d0b, d1b = (part[outside][None, :] for part in (r, x - r, c, k - c))
        squared = n1a * d1b - n1b * d1a
        linear = n0a * d1b + n1a * d0b - n0b * d1a - n1b * d0a
        constant = n0a * d0b - n0b * d0a
        swap = _nearest_root(squared, linear, constant, float(w), ((d0a, d1a), (d0b, d1b)))
        if swap is not None:
            at, row, column = swap
            swaps.append(
                WeightSwap(
                    criterion=criterion.code,
                    share=float(w),
                    share_after=at,
                    entering=table.ids[outside[column]],
                    leaving=table.ids[inside[row]],
                )
            )
    return tuple(swaps)


def _nearest_root(
    squared: Floats,
    linear: Floats,
    constant: Floats,
    w: float,
    carried: tuple[tuple[Floats, Floats], tuple[Floats, Floats]],
) -> tuple[float, int, int] | None:
    """Return the root of any pair's polynomial nearest to ``w`` within 0 … 1, and the pair.

    A root where one of the two carries next to no weight is no score, so no swap.
    """
    tiny = 1e-14
    with np.errstate(invalid="ignore", divide="ignore"):
        straight = np.where(np.abs(linear) > tiny, -constant / linear, np.nan)
        under = np.sqrt(linear**2 - 4 * squared * constant)
        # The stable form of the two roots: no difference of nearly equal numbers.
        q = -0.5 * (linear + np.where(linear >= 0, under, -under))
        is_curved = np.abs(squared) > tiny
        one = np.where(is_curved, q / squared, straight)
        two = np.where(is_curved & (np.abs(q) > tiny), constant / q, np.nan)
    roots = np.stack([one, two])
    roots[~((roots >= 0) & (roots <= 1))] = np.nan
    for fixed, slope in carried:
        roots[~(fixed + slope * roots > 1e-6)] = np.nan
    if np.isnan(roots).all():
        return None
    place = np.unravel_index(int(np.nanargmin(np.abs(roots - w))), roots.shape)
    return float(roots[place]), int(place[1]), int(place[2])


def _ranks(table: Table, scores: Floats) -> dict[str, int | None]:
    return {name: int(rank) or None for name, rank in zip(table.ids, ranks_of(scores), strict=True)}


def _first(ranks: Mapping[str, int | None], cut: int) -> set[str]:
    return {name for name, rank in ranks.items() if rank is not None and rank <= cut}


def compare(
    table: Table, weighting: Weighting, others: Mapping[str, Weighting], *, cut: int, method: Method
) -> tuple[OrderComparison, ...]:
    """Rank under other weightings and tell who enters and who leaves the first ``cut``."""
    base = _ranks(table, scores_by(table, shares_of(table, weighting), method))
    chosen = _first(base, cut)
    found = []
    for name, other in others.items():
        ranks = _ranks(table, scores_by(table, shares_of(table, other), method))
        first = _first(ranks, cut)
        found.append(
            OrderComparison(
                name=name,
                ranks=ranks,
                enters=tuple(one for one in table.ids if one in first - chosen),
                leaves=tuple(one for one in table.ids if one in chosen - first),
            )
        )
    return tuple(found)


def without_cash(table: Table, weighting: Weighting, *, cut: int, method: Method) -> OrderComparison | None:
    """Rank without the criteria that score money; ``None`` when there are none or nothing else carries weight."""
    cash = {criterion.code for criterion in table.criteria if criterion.is_cash}
    shares = weighting.shares
    if not any(shares.get(code) for code in cash) or not any(
        share for code, share in shares.items() if code not in cash
    ):
        return None
    return compare(table, weighting, {"without_cash": weighting.without(*cash)}, cut=cut, method=method)[0]


def agreement(table: Table, weighting: Weighting, *, cut: int) -> Agreement:
    """Compare the weighted sum with TOPSIS on the alternatives both rank."""
    from scipy.stats import kendalltau

    shares = shares_of(table, weighting)
    sums, close = weighted_sums(table.normalised, shares), topsis(table.normalised, shares)
    both = ~np.isnan(sums) & ~np.isnan(close)
    if both.sum() < 2:
        return Agreement(kendall=None, same_in_cut=None)
    one, other = np.round(sums[both], 12), np.round(close[both], 12)
    first, second = ranks_of(one), ranks_of(other)
    in_first, in_second = first <= cut, second <= cut
    tau = float(kendalltau(one, other).statistic)
    return Agreement(
        kendall=None if isnan(tau) else tau,
        same_in_cut=float((in_first & in_second).sum() / max(1, (in_first | in_second).sum())),
    )


def examine(
    table: Table,
    weighting: Weighting,
    *,
    cut: int,
    others: Mapping[str, Weighting] | None = None,
    method: Method = Method.WEIGHTED_SUM,
    bypass: Collection[str] = (),
    runs: int = RUNS,
    spread: float = SPREAD,
    seed: int = SEED,
) -> Firmness:
    """Answer how firm the ranking is at a cut line.

    Parameters
    ----------
    cut
        How many stand above the line.
    others
        Named weightings to compare with, besides the one without cash.
    bypass
        Safety matters: they take nobody's place, so they are left out of everything here.

    Raises
    ------
    InvalidError
        ``sensitivity.cut`` when the cut is not at least one, ``sensitivity.spread`` outside 0 … 1.
    """
    if cut < 1:
        raise InvalidError("sensitivity.cut", cut=cut)
    if bypass:
        table = table.without(bypass)
    comparisons: Sequence[OrderComparison] = compare(table, weighting, others or {}, cut=cut, method=method)
    cashless = without_cash(table, weighting, cut=cut, method=method)
    return Firmness(
        cut=cut,
        runs=runs,
        spread=spread,
        seed=seed,
        ranges=rank_ranges(table, weighting, cut=cut, method=method, runs=runs, spread=spread, seed=seed),
        swaps=weight_swaps(table, weighting, cut=cut),
        comparisons=(*((cashless,) if cashless else ()), *comparisons),
        agreement=agreement(table, weighting, cut=cut),
    )


def standing(span: RankRange) -> str:
    """Tell whether a line is firmly in, in doubt, or firmly out."""
    share = span.in_cut or 0.0
    return "in" if share >= _FIRM else "out" if share <= 1 - _FIRM else "doubt"


def counts(firmness: Firmness) -> dict[str, int]:
    """Return how many lines stand firmly in, in doubt and firmly out."""
    found = dict.fromkeys(STANDINGS, 0)
    for span in firmness.ranges:
        if span.rank is not None:
            found[standing(span)] += 1
    return found


#: Values that lie closer together than this share of the largest are as good as equal.
NOISE = 0.02
#: From this share on, so much is unknown that an order says little of what is there.
_SPARSE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What a ranking's figures cannot carry, whatever the weights.

    Attributes
    ----------
    narrow
        Codes of criteria whose known values hardly differ, which ranking spreads from 0 to 1 all the same.
    sparse
        Codes of criteria that are unknown for most.
    unknown
        Share of all values that are unknown.
    """

    narrow: tuple[str, ...]
    sparse: tuple[str, ...]
    unknown: float

    @property
    def mostly_unknown(self) -> bool:
        """Whether more is unknown than known."""
        return self.unknown > _SPARSE


def doubts(table: Table, shares: Mapping[str, float]) -> Doubts:
    """Return what a ranking's figures cannot carry, of the criteria that have weight."""
    narrow, sparse, gaps = [], [], []
    for criterion, column in zip(table.criteria, table.values.T, strict=True):
        if not shares.get(criterion.code):
            continue
        known = column[~np.isnan(column)]
        gaps.append(1 - len(known) / len(column))
        if gaps[-1] > _SPARSE:
            sparse.append(criterion.code)
        if len(known) > 1 and 0 < known.max() - known.min() <= NOISE * np.abs(known).max():
            narrow.append(criterion.code)
    return Doubts(narrow=tuple(narrow), sparse=tuple(sparse), unknown=sum(gaps) / len(gaps) if gaps else 1.0)
