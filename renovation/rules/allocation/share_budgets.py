"""Equal Shares at every budget, exactly, where ballots are few: from the stretches of shares that choose the same.

A budget matters through the share it gives each voter. Without Add1 the outcome changes where the share enters another
stretch. With Add1, shares a step apart are tried from the first on, and the last one before Add1 ends decides. As the
budget grows, all these shares grow together. If the first stretch in which Add1 ends is at least a step wide, and the
step before it is all of one choice, the outcome stays until the first share reaches it or its projects fit the budget;
otherwise it stays at least until one of the shares crosses an edge that matters. So a few hundred budgets settle all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from renovation.rules.allocation.add1 import Runs, ends, room_after
from renovation.rules.allocation.serving import complete
from renovation.rules.allocation.stretches import Stretch
from renovation.rules.election.contest import Contest
from renovation.rules.election.settings import Add1, Completion

#: Choices that come and go with every step of Add1 make more changes than anybody could read.
MOST_ASKED = 3000


def outcomes(
    held: Contest,
    runs: Runs,
    *,
    least: int,
    most: int,
    on_progress: Callable[[int, int], None],
    enough: Callable[[], bool],
) -> list[tuple[int, tuple[int, ...]]] | None:
    """Return who wins from which budget on, ascending; ``None`` where too many budgets have to be asked.

    Parameters
    ----------
    held
        The election at the budget ``least``.
    enough
        Asked after each budget whether to give up.
    """
    found: list[tuple[int, tuple[int, ...]]] = []
    budget, asked = least, 0
    while budget <= most:
        if (asked := asked + 1) > MOST_ASKED or enough():
            return None
        room = held.room.copy()
        room.left[0] += budget - least
        at = _Budget(replace(held, room=room), runs)
        stretch, further = at.decided()
        winners, short = at.completed(stretch)
        if not found or set(found[-1][1]) != set(winners):
            found.append((budget, winners))
        budget += min(further, short or further)
        on_progress(min(budget, most) - least, max(most - least, 1))
    return found


@dataclass(frozen=True, slots=True)
class _Zone:
    """Adjoining stretches that choose the same set, from ``start`` to ``end``, and what stands there."""

    stretch: Stretch
    start: Fraction
    end: Fraction
    is_end: bool


class _Budget:
    """Add1 at one budget, and by how much the budget may grow before anything changes."""

    def __init__(self, held: Contest, runs: Runs) -> None:
        self._held, self._runs = held, runs
        self._left = held.room.left[0]
        self._weight = max(runs.buyers.weight, 1)
        self._step = Fraction(held.settings.step or 0, runs.buyers.weight_scale)
        self._first = Fraction(self._left, self._weight)

    def decided(self) -> tuple[Stretch, int]:
        """Return the stretch that decides, and how much further the budget may grow until it might be another."""
        first = self._runs.stretch(self._held, self._first)
        if self._held.settings.add1 is Add1.OFF or not self._step or not self._runs.buyers.weight:
            return first, self._until(first.until)
        if ends(self._held, first):
            return first, min(self._until(first.until), self._until_it_fits(first))
        last, over = self._stepped()
        zones = list(self._zones(over.share))
        ending = [zone for zone in zones if zone.is_end]
        further = min(self._until_it_fits(zone.stretch) for zone in ending)
        if self._is_robust(zones, last):
            return last, min(further, self._until(ending[0].start))
        return last, min([further, *map(self._until_crossed, self._edges(zones))])

    def _stepped(self) -> tuple[Stretch, Stretch]:
        """Return the stretch that decides and the one in which Add1 ended (the same, unless it overspends)."""
        place, before = 0, self._runs.stretch(self._held, self._first)
        while True:
            stretch = self._runs.stretch(self._held, self._first + place * self._step)
            if self._is_end(stretch):
                return (before if stretch.spent > self._left else stretch), stretch
            before = stretch
            place = max(place + 1, ceil((stretch.until - self._first) / self._step))

    def _zones(self, last: Fraction) -> Iterator[_Zone]:
        """Yield what stands from the first share to the end of the zone that holds ``last``, or to where it is wide."""
        stretch = self._runs.stretch(self._held, self._first)
        start, chosen = self._first, frozenset(stretch.winners)
        while True:
            following = self._following(stretch)
            if frozenset(following.winners) != chosen:
                is_end = self._is_end(stretch)
                yield _Zone(stretch, start, stretch.until, is_end)
                if is_end and stretch.until > last:
                    return
                start, chosen = stretch.until, frozenset(following.winners)
            elif stretch.until > last and stretch.until - start > self._step:
                # How much wider does not matter.
                yield _Zone(stretch, start, stretch.until, self._is_end(stretch))
                return
            stretch = following

    def _following(self, stretch: Stretch) -> Stretch:
        """Return the next stretch; a single share that no budget's steps ever fall on is left out."""
        following = self._runs.stretch(self._held, stretch.until, after=stretch.until == stretch.share)
        if following.until > following.share or following.is_open:
            return following
        apart = (self._step * self._weight).denominator
        if apart % (following.share * self._weight).denominator == 0:
            return following
        return self._runs.stretch(self._held, following.share, after=True)

    def _is_end(self, stretch: Stretch) -> bool:
        return stretch.spent > self._left or ends(self._held, stretch)

    def _is_robust(self, zones: list[_Zone], last: Stretch) -> bool:
        """Tell whether one wide zone ends Add1, whatever steps fall on, and one choice stands all the step before."""
        final = zones[-1]
        if any(zone.is_end for zone in zones[:-1]) or final.end - final.start <= self._step:
            return False
        if final.stretch.spent <= self._left:
            return True
        before = [zone for zone in zones[:-1] if zone.end >= final.start - self._step]
        return len(before) == 1 and frozenset(last.winners) == frozenset(before[0].stretch.winners)

    def _edges(self, zones: list[_Zone]) -> Iterator[Fraction]:
        for ending in (zone for zone in zones if zone.is_end):
            yield ending.end
            for zone in zones:
                if ending.start - self._step <= zone.start <= ending.start or zone is ending:
                    yield zone.start
                if ending.start - self._step <= zone.end <= ending.start:
                    yield zone.end

    def _until_crossed(self, edge: Fraction) -> int:
        """Return by how much the budget grows until a share that was below an edge reaches it."""
        if edge < self._first:
            return self._until(self._first + self._step)
        return max(ceil((edge - self._first) % self._step * self._weight), 1)

    def _until(self, share: Fraction) -> int:
        """Return by how much the budget grows until the first share reaches this one."""
        return max(ceil(share * self._weight) - self._left, 1)

    def _until_it_fits(self, stretch: Stretch) -> int:
        """Return by how much the budget grows until Add1 might no longer end at a stretch."""
        if stretch.spent > self._left:
            return stretch.spent - self._left
        if not stretch.waiting:
            return self._left + 1 + sum(self._held.limits.costs)
        return self._short(stretch)

    def _short(self, stretch: Stretch) -> int:
        """Return what the cheapest project that only the whole budget keeps out is short of."""
        room = room_after(self._held, stretch)
        missing = [
            self._held.limits.costs[project] - obstacle.left
            for project in self._held.entrants
            if project not in stretch.winners
            and (obstacle := room.obstacle(project)) is not None
            and obstacle.kind == "budget"
        ]
        return min(missing, default=self._left + 1 + sum(self._held.limits.costs))

    def completed(self, stretch: Stretch) -> tuple[tuple[int, ...], int]:
        """Return all winners, and by how much the budget grows until completion might take others (0: never)."""
        if self._held.settings.completion is not Completion.GREEDY:
            return stretch.winners, 0
        rest = [project for project in self._held.entrants if project not in stretch.winners]
        serving = complete(self._held, room_after(self._held, stretch), rest)
        short = [
            self._held.limits.costs[project] - obstacle.left
            for project, (obstacle, _) in serving.met.items()
            if obstacle is not None and obstacle.kind == "budget"
        ]
        return (*stretch.winners, *serving.winners), min(short, default=0)
