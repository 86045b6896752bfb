"""Who holds how much in Equal Shares: in floats for the search, in fractions where floats are too close to tell."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renovation.rules.election.profile import EXACT_FLOAT, IntArray, Profile

FloatArray = NDArray[np.float64]

#: Bound on the rounding error of a sum of balances, relative to the sum of what its members started with.
ROUNDING = 1e-12
#: Money and cost closer than this (relatively) are compared again with fractions.
NEAR = 1e-9
#: OpenBLAS multiplies longer vectors in several threads.
BLAS_LENGTH = 10_000


def dot(a: FloatArray, b: NDArray[Any]) -> float:
    """Multiply and add in one thread: on long arrays BLAS starts others, which costs more than it saves when busy."""
    return float(a @ b) if len(a) <= BLAS_LENGTH else float(np.einsum("i,i->", a, b))


class Holdings:
    """The supporters of every project, ready for pricing.

    Prices are ``rho``: money per unit of utility and unit of weight. Under cost utility a project of cost ``c`` and
    value ``v`` is worth ``c * v`` to a voter, under cardinality ``v`` (1 on ballots without points).

    Attributes
    ----------
    size
        Number of merged ballots.
    weight
        Of all ballots cast, times ``weight_scale``.
    total
        Per project: weight of its supporters.
    least_price, exact_least_price
        Per project: the price if every supporter can pay in full, which no later price falls below.
    """

    def __init__(self, profile: Profile, costs: Sequence[int], cost_utility: bool) -> None:
        self.size = len(profile.counts)
        self.weight = profile.weight
        self.weight_scale = profile.weight_scale
        self.costs = costs
        #: Utility of one value unit.
        self.worth = [cost if cost_utility and cost else 1 for cost in costs]
        self.members: list[IntArray] = []
        self.weights: list[FloatArray] = []
        self.exact_weights: list[IntArray] = []
        self.values: list[FloatArray | None] = []
        self.exact_values: list[IntArray | None] = []
        self.total: list[int] = []
        self.worthwhile: list[int] = []
        self.least_price: list[float] = []
        self.exact_least_price: list[Fraction | None] = []
        for project, (members, values) in enumerate(profile.supporters):
            weights = profile.weights[members]
            worth = weights if values is None else weights * values
            self.members.append(members)
            self.exact_weights.append(weights)
            self.weights.append(weights.astype(np.float64))
            self.exact_values.append(values)
            self.values.append(None if values is None else values.astype(np.float64))
            self.total.append(int(weights.sum()))
            self.worthwhile.append(int(worth.sum()))
            units = self.worthwhile[-1] * self.worth[project]
            self.least_price.append(costs[project] / units if units else np.inf)
            self.exact_least_price.append(Fraction(costs[project], units) if units else None)
        self._share = 1.0

    def start(self, share: float) -> FloatArray:
        """Hand out the shares."""
        self._share = share
        return np.full(self.size, share)

    def price(self, project: int, money: FloatArray, at_least: float) -> tuple[float, float] | None:
        """Return the price at which the supporters can pay for ``project``, and a bound on its error.

        ``inf`` where their money surely does not suffice, ``None`` where floats cannot tell. ``at_least`` is a known
        lower bound, from which Newton's method climbs: what supporters pay is concave in the price.
        """
        cost, worth = float(self.costs[project]), float(self.worth[project])
        held = money[self.members[project]]
        weights, values = self.weights[project], self.values[project]
        slack = ROUNDING * (cost + self.total[project] * self._share)
        available = dot(weights, held)
        if available <= cost * (1 + NEAR) + slack:
            return None if available >= cost * (1 - NEAR) - slack else (np.inf, 0.0)
        # ``unit`` is money per value unit; supporters whose money ends below it pay all they have.
        unit = at_least * worth
        while True:
            rich = held > (unit if values is None else unit * values)
            units = dot(weights, rich if values is None else values * rich)
            if units <= 0:
                return None
            found = (cost - available + dot(weights, held * rich)) / units
            if found <= unit * (1 + 1e-15):
                return unit / worth, slack / units / worth
            unit = found

    def full(self, project: int, money: FloatArray) -> bool | None:
        """Tell whether every supporter could pay the least price in full; ``None`` where floats cannot tell.

        Errors of balances only move from those who pay all they have to those who pay for them, so no balance is
        further off than all of them together, of which ``NEAR`` is many times the bound.
        """
        if not self.costs[project]:
            return True
        unit, values = self.least_price[project] * self.worth[project], self.values[project]
        held = money[self.members[project]]
        spare = float(np.min(held - (unit if values is None else unit * values)))
        slack = NEAR * self.weight * self._share
        return None if abs(spare) <= slack else spare > 0

    def pay(self, project: int, money: FloatArray, price: float) -> None:
        """Take what ``project`` costs from its supporters."""
        members, values = self.members[project], self.values[project]
        held = money[members]
        unit = price * self.worth[project]
        money[members] = np.maximum(held - (unit if values is None else unit * values), 0.0)


class Ledger:
    """Exact balances, brought up to date only when asked.

    Ballots with the same history share a balance, so a round costs a few numbers, not one per ballot. Balances are
    whole numbers over a denominator that grows by a factor each round; a balance remembers the round it was written
    in and is brought to today's denominator when it is looked at.
    """

    def __init__(self, holdings: Holdings, share: Fraction) -> None:
        self._holdings = holdings
        self._class = np.zeros(holdings.size, dtype=np.int64)
        self._balance = [share.numerator, 0]
        self._written = [0, 0]
        #: The denominator after each round.
        self._denominators = [share.denominator]
        #: Per round: price and weight of those who paid something.
        self.prices: list[tuple[Fraction, int]] = []

    def catch_up(self, winners: Sequence[int]) -> Ledger:
        """Replay the rounds not yet replayed."""
        for project in winners[len(self.prices) :]:
            self._buy(project)
        return self

    def _histories(self, project: int) -> tuple[list[int], IntArray, int]:
        """Return the supporters' different (class, value) codes, each supporter's code, and the code's base."""
        members, values = self._holdings.members[project], self._holdings.exact_values[project]
        base = 1 if values is None else int(values.max(initial=0)) + 1
        key = self._class[members] if values is None else self._class[members] * base + values
        most = len(self._balance) * base
        if most > 4 * len(key) + 1024:
            unique, inverse = np.unique(key, return_inverse=True)
            return unique.tolist(), inverse, base
        # Codes are few: marking them is several times quicker than sorting.
        present = np.zeros(most, dtype=bool)
        present[key] = True
        return np.flatnonzero(present).tolist(), (np.cumsum(present) - 1)[key], base

    def _purses(
        self, project: int, histories: tuple[list[int], IntArray, int] | None = None
    ) -> list[tuple[int, int, int]]:
        """Return the supporters' (balance over today's denominator, value, weight), those with nothing left out."""
        codes, inverse, base = histories or self._histories(project)
        if self._holdings.total[project] < EXACT_FLOAT:
            counted = np.bincount(inverse, weights=self._holdings.weights[project], minlength=len(codes))
            together = [int(weight) for weight in counted.tolist()]
        else:
            together = [0] * len(codes)
            exact = self._holdings.exact_weights[project].tolist()
            for place, weight in zip(inverse.tolist(), exact, strict=True):
                together[place] += weight
        factors = self._factors()
        found = []
        for code, weight in zip(codes, together, strict=True):
            held, value = divmod(code, base) if base > 1 else (code, 1)
            if balance := self._balance[held]:
                found.append((balance * factors[self._written[held]], value, weight))
        return found

    def _factors(self) -> list[int]:
        """Return by what a balance of each round is multiplied to stand over today's denominator."""
        today = self._denominators[-1]
        return [today // denominator for denominator in self._denominators]

    def money(self, project: int) -> Fraction:
        """Return what the supporters of ``project`` hold together."""
        together = sum(balance * weight for balance, _, weight in self._purses(project))
        return Fraction(together, self._denominators[-1])

    def price(self, project: int) -> Fraction | None:
        """Return the exact price, or ``None`` where the supporters' money does not suffice."""
        unit = self._unit(project, self._purses(project))
        if unit is None:
            return None
        return Fraction(unit[0], unit[1] * self._denominators[-1] * self._holdings.worth[project])

    def in_full(self, project: int) -> NDArray[np.bool_]:
        """Tell, supporter by supporter, who could pay the price in full.

        Raises
        ------
        ArithmeticError
            The supporters' money does not suffice.
        """
        codes, inverse, base = self._histories(project)
        unit = self._unit(project, self._purses(project, (codes, inverse, base)))
        if unit is None:
            raise ArithmeticError(f"the supporters of {project} cannot pay")
        factors = self._factors()
        full = []
        for code in codes:
            held, value = divmod(code, base) if base > 1 else (code, 1)
            full.append(self._balance[held] * factors[self._written[held]] * unit[1] >= unit[0] * value)
        return np.array(full, dtype=np.bool_)[inverse]

    def _unit(self, project: int, purses: list[tuple[int, int, int]]) -> tuple[int, int] | None:
        """Return what a value unit pays, as (numerator, denominator) over today's denominator."""
        to_pay = self._holdings.costs[project] * self._denominators[-1]
        if not to_pay:
            return 0, 1
        rich = purses
        while rich:
            units = sum(value * weight for _, value, weight in rich)
            poor = [purse for purse in rich if purse[0] * units < to_pay * purse[1]]
            if not poor:
                return to_pay, units
            rich = [purse for purse in rich if purse[0] * units >= to_pay * purse[1]]
            to_pay -= sum(balance * weight for balance, _, weight in poor)
        return None

    def _buy(self, project: int) -> None:
        histories = self._histories(project)
        purses = self._purses(project, histories)
        unit = self._unit(project, purses)
        if unit is None:
            raise ArithmeticError(f"the supporters of {project} cannot pay")
        shared = gcd(*unit)
        paid, factor = unit[0] // shared, unit[1] // shared
        price = Fraction(paid, factor * self._denominators[-1] * self._holdings.worth[project])
        factors = self._factors()
        self.prices.append((price, sum(weight for _, _, weight in purses)))
        self._denominators.append(self._denominators[-1] * factor)
        codes, inverse, base = histories
        renamed = []
        for code in codes:
            held, value = divmod(code, base) if base > 1 else (code, 1)
            left = self._balance[held] * factors[self._written[held]] * factor - paid * value
            if left > 0:
                renamed.append(len(self._balance))
                self._balance.append(left)
                self._written.append(len(self.prices))
            else:
                renamed.append(1)
        self._class[self._holdings.members[project]] = np.array(renamed, dtype=np.int64)[inverse]
