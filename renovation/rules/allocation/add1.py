"""Add1: raise every share of Equal Shares step by step, without running the steps that change nothing.

Whether Add1 goes on or ends is decided by who wins alone: the money left, what still fits, and which projects only
their supporters' money keeps out all follow from the set of winners. So two runs of the same winners, at shares
``a < b``, spare every run between them if it is certain that all of those choose the same. That is what
:func:`same_between` certifies. It rests on one observation.

**Monotony.** Let the same projects be bought in the same order at every share ``s`` from ``a`` on. Then after each
purchase no voter's balance falls as ``s`` grows, and no price rises. *Proof by induction.* Balances begin at ``s``. A
project's price is the least ``rho`` at which ``sum(w * min(balance, rho * u))`` is its cost; balances that do not fall
leave no higher such ``rho``. After the purchase a balance is ``max(balance - rho * u, 0)``: neither part lowers it. It
follows that a project affordable at ``a`` is affordable at ``s``, one unaffordable at ``b`` is unaffordable at
``s <= b``, and whoever pays in full (balance at least ``rho * u``) at ``a`` does so at every greater share.

Now let the runs at ``a`` and ``b`` take the same projects in the same order, and assume that the run at some ``s``
between them agreed with them up to a round in which they take ``c``. Then ``c`` can be paid for at ``s``, at a price
between its prices at ``b`` and ``a``. Any other project ``p`` in the field stands where it stands in both runs if

1. it cannot be paid for at ``b``, or its price at ``b`` is above that of ``c`` at ``a``: then it is dearer at ``s``; or
2. all four prices are equal: then both are constant, and the two are tied at ``s`` as well; or
3. every supporter of ``c`` can pay in full at ``a``, so that its price is the same everywhere, and that is also the
   price of ``p`` once its supporters can pay in full: then it is enough that they can at ``a`` (tied at ``s`` as well)
   or cannot at ``b`` (dearer at ``s`` as well); or
4. in every purchase so far, and for ``c`` and ``p`` now, the same voters pay in full at ``a`` as at ``b``. By monotony
   the same do so at ``s``. Then every balance so far, and both prices, are affine in the share between ``a`` and ``b``;
   what is greater at both ends is greater between them, and what is equal at both ends is equal between them.

If that holds for every ``p``, those tied with ``c`` at ``s`` are those tied with it at ``a``, and the tie-break, which
sees nothing else, takes ``c``. By induction the run at ``s`` takes what the others take; then nobody can pay for what
is left at ``b``, hence neither at ``s``, and it ends with them.

Steps are tried in jumps that double while they succeed and halve while they fail. The last steps before a change are
run one by one, so the runs that Add1 ends with are the very ones that plain stepping ends with.

Where ballots are few, :mod:`.stretches` tells exactly how far a run's outcome reaches; then no jump
has to be tried at all, and ties cost nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

import numpy as np

from renovation.model.money import FEN_PER_YUAN, yuan
from renovation.rules.allocation.ledger import NEAR, FloatArray, Holdings, Ledger
from renovation.rules.allocation.share_runs import Run, run_at
from renovation.rules.allocation.stretches import Book, Stretch, stretch_at
from renovation.rules.election.constraints import Room
from renovation.rules.election.contest import Contest
from renovation.rules.election.settings import Add1
from renovation.rules.election.watching import report

#: After a jump of two failed, so many plain steps are taken at most before the next is tried.
PATIENCE = 64
#: Up to so many different ballots, plain numbers are quicker than arrays.
FEW = 200


class Runs:
    """Runs of one election by share, kept as long as they may be asked for again.

    They depend on no budget but through the share, so elections that differ in nothing but the whole budget share
    them, where their shares meet.

    Attributes
    ----------
    are_few
        Whether there are so few different ballots (``few`` at most) that stretches of shares are known exactly.
    """

    def __init__(self, buyers: Holdings, *, few: int = FEW) -> None:
        self.buyers = buyers
        self.are_few = buyers.size <= few
        self._kept: dict[Fraction, Run] = {}
        self._same: dict[tuple[Fraction, Fraction], bool] = {}
        self._book = Book(buyers) if self.are_few else None
        #: Ascending, and apart from one another.
        self._stretches: list[Stretch] = []

    def stretch(self, held: Contest, share: Fraction, *, after: bool = False) -> Stretch:
        """Return the stretch that begins at or holds a share (``after``: the shares right after it).

        Raises
        ------
        ValueError
            Ballots are not few.
        """
        if self._book is None:
            raise ValueError("stretches are for few ballots")
        place = bisect_right(self._stretches, (share, after), key=lambda one: (one.share, one.is_open))
        if place:
            known = self._stretches[place - 1]
            if known.holds(share, after=after):
                return known
        reach = 2 * share + Fraction(max(self.buyers.costs, default=0) + 1, max(self.buyers.weight, 1))
        if place < len(self._stretches):
            reach = min(reach, self._stretches[place].share)
        found = stretch_at(held, self._book, share, reach, after=after)
        self._stretches.insert(place, found)
        return found

    def at(self, held: Contest, share: Fraction) -> Run:
        """Return the run at a share; what its room says of the whole budget may be another election's."""
        if share not in self._kept:
            self._kept[share] = run_at(held, self.buyers, share)
        return self._kept[share]

    def same(self, held: Contest, low: Run, high: Run) -> bool:
        """Tell whether it is certain that every run between two takes the same projects in the same order."""
        ends = (low.share, high.share)
        if ends not in self._same:
            self._same[ends] = same_between(held, self.buyers, low, high)
        return self._same[ends]

    def forget(self, below: Fraction) -> None:
        """Drop what stands below a share."""
        self._kept = {share: run for share, run in self._kept.items() if share >= below}
        self._same = {ends: same for ends, same in self._same.items() if ends[0] >= below}


def raise_shares(held: Contest, runs: Runs, *, keep: bool = False) -> tuple[Run, Run | None]:
    """Return the run that counts, and the one that would have overspent, if Add1 met it.

    Parameters
    ----------
    keep
        Leave the runs in ``runs``, for another budget.
    """
    buyers, settings = runs.buyers, held.settings
    run = runs.at(held, Fraction(held.room.left[0], max(buyers.weight, 1)))
    if settings.add1 is Add1.OFF or not buyers.weight or not settings.step:
        return _of(held, run), None
    if runs.are_few:
        return _by_stretches(held, runs, first=run.share)
    step = Fraction(settings.step, buyers.weight_scale)
    first = run.share
    place, jump, wait, patience = 0, 1, 0, 1
    while run.unaffordable and not (settings.add1 is Add1.EXHAUSTIVE and _exhaustive(held, run)):
        following = runs.at(held, first + (place + jump) * step)
        if jump == 1:
            if following.spent > held.room.left[0]:
                return _of(held, run), _of(held, following)
            wait -= 1
            jump = 2 if following.winners == run.winners and wait < 0 else 1
            run, place = following, place + 1
        elif following.winners == run.winners and runs.same(held, run, following):
            run, place, jump, patience = following, place + jump, jump * 2, 1
        else:
            if jump == 2:
                patience = min(patience * 2, PATIENCE)
                wait = patience
            jump //= 2
        if not keep:
            runs.forget(run.share)
        report(run.spent, held.room.left[0])
    return _of(held, run), None


def _by_stretches(held: Contest, runs: Runs, *, first: Fraction) -> tuple[Run, Run | None]:
    """Step from stretch to stretch; what lies between the first and the last step of one is the same."""
    step = Fraction(held.settings.step or 0, runs.buyers.weight_scale)
    place = 0
    while True:
        share = first + place * step
        stretch = runs.stretch(held, share)
        if stretch.spent > held.room.left[0]:
            return _of(held, runs.at(held, share - step)), _of(held, runs.at(held, share))
        if ends(held, stretch):
            return _of(held, runs.at(held, share)), None
        place = max(place + 1, ceil((stretch.until - first) / step))
        report(stretch.spent, held.room.left[0])


def ends(held: Contest, stretch: Stretch) -> bool:
    """Tell whether Add1 ends at a share of this stretch, other than by overspending."""
    return not stretch.waiting or (
        held.settings.add1 is Add1.EXHAUSTIVE and _is_exhaustive(held, stretch.winners, room_after(held, stretch))
    )


def room_after(held: Contest, stretch: Stretch) -> Room:
    """Return what is free once the projects of a stretch are taken."""
    room = held.room.copy()
    for project in stretch.winners:
        room.take(project)
    return room


def _of(held: Contest, run: Run) -> Run:
    """Return a run with the money of this election."""
    room = run.room.copy()
    room.left[0] = held.room.left[0] - run.spent
    return replace(run, room=room)


def _exhaustive(held: Contest, run: Run) -> bool:
    return _is_exhaustive(held, run.winners, _of(held, run).room)


def _is_exhaustive(held: Contest, winners: Sequence[int], room: Room) -> bool:
    return all(room.obstacle(project) for project in held.entrants if project not in winners)


def same_between(held: Contest, buyers: Holdings, low: Run, high: Run) -> bool:
    """Tell whether it is certain that every run between two shares takes what both take, in the same order."""
    if low.winners != high.winners:
        return False
    exact = _Ends(buyers, low, high)
    # The greater share is handed out last: bounds on errors then hold for both.
    money = (buyers.start(float(low.share)), buyers.start(float(high.share)))
    room = held.room.copy()
    #: No project still in the field has a price below this at the higher share.
    least = {p: buyers.least_price[p] * (1 - NEAR) for p in held.entrants if buyers.total[p]}
    for place, chosen in enumerate(low.winners):
        price, error = low.prices[place]
        ceiling = price * (1 + NEAR) + error
        del least[chosen]
        constant: bool | None = None
        for project in [p for p, floor in least.items() if floor <= ceiling]:
            if room.obstacle(project, total=False) is not None:
                del least[project]
                continue
            found = buyers.price(project, money[1], max(least[project], 0.0))
            if found is not None:
                least[project] = found[0] - found[1]
            if least[project] <= ceiling:
                constant = bool(buyers.full(chosen, money[0])) if constant is None else constant
                if not (constant and _beside_constant(buyers, project, chosen, money)) and not exact.stands(
                    place, project, chosen
                ):
                    return False
        for held_then, run in zip(money, (low, high), strict=True):
            buyers.pay(chosen, held_then, run.prices[place][0])
        room.take(chosen)
    return True


def _beside_constant(buyers: Holdings, project: int, chosen: int, money: tuple[FloatArray, FloatArray]) -> bool:
    """Tell whether a project surely stands where it stands beside one that everybody pays in full."""
    own, taken = buyers.exact_least_price[project], buyers.exact_least_price[chosen]
    if own is None or taken is None or own < taken:
        return False
    return own > taken or buyers.full(project, money[0]) is True or buyers.full(project, money[1]) is False


class _Ends:
    """Exact balances at both ends of a range of shares, brought forward round by round when they are asked for."""

    def __init__(self, buyers: Holdings, low: Run, high: Run) -> None:
        self._winners = low.winners
        self._low, self._high = Ledger(buyers, low.share), Ledger(buyers, high.share)
        self._place = 0
        self._affine = True

    def _advance(self, place: int) -> None:
        while self._place < place:
            if self._affine:
                self._affine = self._alike(self._winners[self._place])
            self._place += 1
            self._low.catch_up(self._winners[: self._place])
            self._high.catch_up(self._winners[: self._place])

    def _alike(self, project: int) -> bool:
        return bool(np.array_equal(self._low.in_full(project), self._high.in_full(project)))

    def stands(self, place: int, project: int, chosen: int) -> bool:
        """Tell whether it is certain that a project stands to the chosen one, in a round, as it does at both ends."""
        self._advance(place)
        later = self._high.price(project)
        taken = self._low.price(chosen)
        if later is None or taken is None or later > taken:
            return later is None or taken is not None
        sooner, finally_taken = self._low.price(project), self._high.price(chosen)
        if sooner is None or finally_taken is None:
            return False
        if sooner == later == taken == finally_taken:
            return True
        if not (self._affine and self._alike(chosen) and self._alike(project)):
            return False
        return (sooner > taken and later > finally_taken) or (sooner == taken and later == finally_taken)


def usual_step(budget: int) -> int:
    """Return a step of Add1 (fen) that keeps its rounds few also where few vote: the budget over 10,000, one digit."""
    whole = max(int(yuan(budget)) // 10_000, 1)
    unit: int = 10 ** (len(str(whole)) - 1)
    return whole // unit * unit * FEN_PER_YUAN
