"""One exact pass of Equal Shares that also tells up to which greater share every pass takes the same, in that order.

For elections of few different ballots. Fractions decide everything here, and prices are kept with their slopes, so one
pass answers for a whole stretch of shares, however short Add1's step and however many projects stand equal.

Let the pass at a share ``s`` take certain projects in a certain order. As long as greater shares ``t`` take the same
(see the monotony in :mod:`.add1`), balances never fall and prices never rise with ``t``, and whoever
pays a project in full goes on doing so. Until the first of those who pay all they have joins those who pay in full,
every balance is affine in ``t``. While balances are affine,

* a taken project's price is affine until the next of its payers joins those who pay in full: the stretch ends there;
* a project's price is the least ``rho`` with ``sum(w * min(balance, rho * u))`` at its cost. That sum is concave in
  ``(t, rho)``, so the price is convex in ``t``: its tangent at ``s`` lies below it. The stretch ends where the tangent
  falls to the price of the project taken, which is no later than the price itself does;
* what the taken project is tied with at ``s`` and falls no quicker stays tied or falls behind: the tie-break, an order
  of all projects, takes the same one. A committee's orders of some sets are none of all sets; with them the stretch
  also ends where anything changes for a project of the tie;
* a project whose supporters cannot pay at ``s`` can from the ``t`` on at which their balances meet its cost. Either its
  price stays above that of the project taken from there to the end of the stretch (shown by its tangent at that end),
  or the stretch ends there.

A tangent of an earlier round still serves later: balances, and with them prices, only get worse from round to round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, inf

from renovation.rules.allocation.ledger import Holdings
from renovation.rules.election.contest import Contest

#: Bound on what a fraction loses when it is read as a float, with room to spare.
HAIR = 1e-12

#: A supporter: place of the ballot, weight, value.
_Row = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Shares from ``share`` up to but not including ``until`` at which the same projects are taken.

    Attributes
    ----------
    is_open
        ``share`` itself does not belong to it.
    winners
        In the order taken.
    spent
        What they cost together.
    waiting
        Whether only their supporters' money keeps some project out.
    """

    share: Fraction
    until: Fraction
    is_open: bool
    winners: tuple[int, ...]
    spent: int
    waiting: bool

    def holds(self, share: Fraction, *, after: bool = False) -> bool:
        """Tell whether a share (``after``: the shares right after it) belongs to it."""
        return self.share <= share < self.until and (after or not self.is_open or share > self.share)


@dataclass(slots=True)
class _Price:
    """A price in a round, per value unit ``to_pay / units`` over the balances' denominator, and how it falls.

    ``drop / units`` over the slopes' denominator is what it loses per unit of share. ``at`` and ``slope`` are the
    same per unit of utility; ``near`` is both as floats.
    """

    to_pay: int
    units: int
    drop: int
    poor: Sequence[_Row]
    at: Fraction
    slope: Fraction
    near: tuple[float, float]


class Book:
    """Who supports what, as plain numbers."""

    def __init__(self, buyers: Holdings) -> None:
        self.size = buyers.size
        self.costs, self.worth = buyers.costs, buyers.worth
        self.least = buyers.exact_least_price
        self.rows: list[list[_Row]] = []
        for members, weights, values in zip(buyers.members, buyers.exact_weights, buyers.exact_values, strict=True):
            ones = [1] * len(members) if values is None else values.tolist()
            self.rows.append(list(zip(members.tolist(), weights.tolist(), ones, strict=True)))


def stretch_at(held: Contest, book: Book, share: Fraction, reach: Fraction, *, after: bool = False) -> Stretch:
    """Run the method at a share and tell how far its outcome reaches, ``reach`` at most.

    Parameters
    ----------
    after
        Decide for the shares right after ``share``, where a tie at ``share`` may already have ended.
    """
    return _Pass(held, book, share, reach, after=after).run()


class _Pass:
    """Balances are whole numbers over one denominator, their slopes over another; ``limit`` counts from the share."""

    def __init__(self, held: Contest, book: Book, share: Fraction, reach: Fraction, *, after: bool) -> None:
        self.held, self.book, self.share, self.after = held, book, share, after
        self.balance, self.below = [share.numerator] * book.size, share.denominator
        self.slope, self.under = [1] * book.size, 1
        self.room = held.room.copy()
        self.limit = reach - share
        self.near_limit = self.limit.numerator / self.limit.denominator * (1 + HAIR)
        #: Per project in the field: those who may still pay in full, those who cannot, and the latest tangent.
        self.rich = {project: book.rows[project] for project in held.entrants if book.least[project] is not None}
        self.poor: dict[int, list[_Row]] = {project: [] for project in self.rich}
        self.tangent: dict[int, _Price] = {}
        self.low = {project: float(book.least[project] or 0) * (1 - HAIR) for project in self.rich}
        #: Cannot pay now: those who may within the stretch, and those who surely cannot.
        self.waiting: list[int] = []
        self.hopeless: list[int] = []

    def run(self) -> Stretch:
        winners: list[int] = []
        while True:
            priced = self._cheapest()
            if not priced:
                break
            chosen = self._choose(priced)
            price = priced.pop(chosen)
            del self.rich[chosen]
            self._end_at_joining(price)
            self._end_at_crossing(price, priced)
            self._end_at_affording(price)
            self._pay(chosen, price)
            winners.append(chosen)
        return self._closed(tuple(winners))

    def _cheapest(self) -> dict[int, _Price]:
        """Return the prices of all projects that might be the cheapest."""
        priced: dict[int, _Price] = {}
        best = inf
        for project in sorted(self.rich, key=self.low.__getitem__):
            if self.low[project] > best * (1 + HAIR):
                break
            if (price := self._price(project)) is not None:
                priced[project] = price
                best = min(best, price.near[0])
        return priced

    def _price(self, project: int) -> _Price | None:
        """Return a project's price and keep its tangent, or take it out of the field."""
        if self.room.obstacle(project, total=False) is not None:
            del self.rich[project]
            return None
        found = self._split(project, self.rich[project], self.poor[project], self.balance, self.below)
        if found is None:
            del self.rich[project]
            self.waiting.append(project)
            return None
        to_pay, units, rich, poor = found
        # Nobody who has nothing left ever pays again.
        poor = [row for row in poor if self.balance[row[0]] or self.slope[row[0]]]
        self.rich[project], self.poor[project] = rich, poor
        drop = sum(weight * self.slope[place] for place, weight, _ in poor)
        whole = units * self.book.worth[project]
        at, slope = Fraction(to_pay, whole * self.below), -_over(drop, whole * self.under)
        near = at.numerator / at.denominator, slope.numerator / slope.denominator
        self.tangent[project] = price = _Price(to_pay, units, drop, poor, at, slope, near)
        self.low[project] = near[0] * (1 - HAIR)
        return price

    def _split(
        self, project: int, rich: list[_Row], poor: list[_Row], balance: Sequence[int], below: int
    ) -> tuple[int, int, list[_Row], list[_Row]] | None:
        """Return what those who pay in full pay together, their units, and who they and the others are."""
        to_pay = self.book.costs[project] * below
        if not to_pay:
            return 0, sum(weight * value for _, weight, value in rich), rich, poor
        to_pay -= sum(weight * balance[place] for place, weight, _ in poor)
        while True:
            units = sum(weight * value for _, weight, value in rich)
            kept = [row for row in rich if balance[row[0]] * units >= to_pay * row[2]]
            if not kept:
                return None
            if len(kept) == len(rich):
                return to_pay, units, rich, poor
            out = [row for row in rich if balance[row[0]] * units < to_pay * row[2]]
            to_pay -= sum(weight * balance[place] for place, weight, _ in out)
            rich, poor = kept, poor + out

    def _choose(self, priced: dict[int, _Price]) -> int:
        best = min(price.near[0] for price in priced.values()) * (1 + HAIR)
        close = {project: price for project, price in priced.items() if price.near[0] <= best}
        if len(close) == 1:
            return next(iter(close))
        least = min(price.at for price in close.values())
        equal = [project for project, price in close.items() if price.at == least]
        if self.after:
            steepest = min(close[project].slope for project in equal)
            equal = [project for project in equal if close[project].slope == steepest]
        if len(equal) == 1:
            return equal[0]
        if self.held.settings.committee_orders:
            for project in equal:
                self._end_at_joining(close[project])
        return self.held.ties.ordered(equal)[0][0]

    def _end_at(self, distance: Fraction) -> None:
        if distance < self.limit:
            self.limit = distance
            self.near_limit = distance.numerator / distance.denominator * (1 + HAIR)

    def _end_at_joining(self, price: _Price) -> None:
        """End where the first who pays all they have could pay in full."""
        for place, _, value in price.poor:
            closing = self.slope[place] * price.units + value * price.drop
            if closing:
                apart = value * price.to_pay - self.balance[place] * price.units
                self._end_at(Fraction(apart * self.under, closing * self.below))

    def _end_at_crossing(self, taken: _Price, priced: dict[int, _Price]) -> None:
        """End where a tangent meets the price of the project taken; look again where an old tangent does."""
        for project in list(self.rich):
            price = priced.get(project)
            if price is None:
                if not self._may_cross(project, taken):
                    continue
                if (price := self._price(project)) is None:
                    continue
            if price.slope < taken.slope:
                self._end_at((price.at - taken.at) / (taken.slope - price.slope))

    def _may_cross(self, project: int, taken: _Price) -> bool:
        at_taken, slope_taken = taken.near
        known = self.tangent.get(project)
        if known is None:
            # No price falls below the least one.
            return self.low[project] <= at_taken * (1 + HAIR)
        at, slope = known.near
        closing = slope_taken - slope - HAIR * (slope + slope_taken)
        return closing > 0 and at - at_taken - HAIR * (at + at_taken) <= closing * self.near_limit

    def _end_at_affording(self, taken: _Price) -> None:
        """End where supporters come to afford a project that might then be taken instead."""
        still = []
        for project in self.waiting:
            if self.room.obstacle(project, total=False) is not None:
                continue
            when = self._affordable_from(project)
            if when is None or when >= self.limit:
                self.hopeless.append(project)
                continue
            still.append(project)
            least = self.book.least[project]
            if least is not None and least <= taken.at and not self._dearer_until_the_end(project, when, taken):
                self._end_at(when)
        self.waiting = still

    def _affordable_from(self, project: int) -> Fraction | None:
        """Return by how much the share has to grow until the supporters hold what a project costs."""
        rows = self.book.rows[project]
        gain = sum(weight * self.slope[place] for place, weight, _ in rows)
        if not gain:
            return None
        lacking = self.book.costs[project] * self.below - sum(weight * self.balance[place] for place, weight, _ in rows)
        return Fraction(lacking * self.under, gain * self.below)

    def _dearer_until_the_end(self, project: int, when: Fraction, taken: _Price) -> bool:
        above, under = self.limit.numerator, self.limit.denominator
        below = self.below * self.under * under
        then = [
            balance * self.under * under + slope * above * self.below
            for balance, slope in zip(self.balance, self.slope, strict=True)
        ]
        found = self._split(project, self.book.rows[project], [], then, below)
        if found is None:
            return True
        to_pay, units, _, poor = found
        whole = units * self.book.worth[project]
        at = Fraction(to_pay, whole * below)
        slope = -_over(sum(weight * self.slope[place] for place, weight, _ in poor), whole * self.under)
        at_first = at + slope * (when - self.limit)
        return at >= taken.at + taken.slope * self.limit and at_first > taken.at + taken.slope * when

    def _pay(self, project: int, price: _Price) -> None:
        pay, units = _lowest(price.to_pay, price.units)
        if units != 1:
            self.balance, self.below = [one * units for one in self.balance], self.below * units
        gain, units = _lowest(price.drop, price.units)
        if units != 1:
            self.slope, self.under = [one * units for one in self.slope], self.under * units
        for place, _, _ in price.poor:
            self.balance[place] = self.slope[place] = 0
        poor = {place for place, _, _ in price.poor}
        for place, _, value in self.book.rows[project]:
            if place not in poor and (self.balance[place] or self.slope[place]):
                self.balance[place] -= pay * value
                self.slope[place] += gain * value
        self.room.take(project)

    def _closed(self, winners: tuple[int, ...]) -> Stretch:
        waiting = [p for p in (*self.waiting, *self.hopeless) if self.room.obstacle(p, total=False) is None]
        for project in waiting:
            if (when := self._affordable_from(project)) is not None:
                self._end_at(when)
        return Stretch(
            share=self.share,
            until=self.share + self.limit,
            is_open=self.after,
            winners=winners,
            spent=sum(self.held.limits.costs[project] for project in winners),
            waiting=bool(waiting),
        )


def _over(above: int, below: int) -> Fraction:
    return Fraction(above, below) if above else Fraction(0)


def _lowest(above: int, below: int) -> tuple[int, int]:
    shared = gcd(above, below)
    return above // shared, below // shared
