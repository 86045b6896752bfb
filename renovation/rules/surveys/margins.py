"""How far the share among all households may lie from the share among those asked.

Exact bounds for a finite population: the numbers of holders among all households under which what was found is not too
rare, by the hypergeometric distribution (J. P. Buonaccorsi, "A Note on Confidence Intervals for Proportions in Finite
Populations", The American Statistician 41 (1987) 215-218; T. Wright, "Exact Confidence Bounds when Sampling from Small
Finite Universes", Springer 1991). They cover the truth at least as often as they say, whatever the size, and close up
when every household was asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: How often bounds leave the truth outside, at most.
MISS = 0.05
#: So many standard deviations of a normal distribution lie within them.
_NORMAL = 1.96
#: So many standard deviations off, a tail adds nothing to a number of double precision.
_FAR = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A share among those asked, and between which shares that of all households lies.

    Attributes
    ----------
    asked
        How many answered the question; at least one.
    """

    found: int
    asked: int
    low: Fraction
    high: Fraction

    @property
    def share(self) -> Fraction:
        """The share among those asked."""
        return Fraction(self.found, self.asked)


@lru_cache(maxsize=50_000)
def portion(found: int, asked: int, population: int) -> Portion:
    """Return a share with its bounds; a population smaller than what was asked counts as that."""
    whole = max(population, asked)
    low = fewest(found, asked, whole)
    high = whole - fewest(asked - found, asked, whole)
    return Portion(found=found, asked=asked, low=Fraction(low, whole), high=Fraction(high, whole))


@lru_cache(maxsize=50_000)
def fewest(found: int, asked: int, population: int) -> int:
    """Return the smallest number of holders under which finding at least so many is not too rare."""
    low, high = _around(found, asked, population)
    while low < high:
        middle = (low + high) // 2
        if at_least(found, asked, population, middle) > MISS / 2:
            high = middle
        else:
            low = middle + 1
    return low


def _around(found: int, asked: int, population: int) -> tuple[int, int]:
    """Return two numbers between which the smallest lies, close about where the normal distribution has it."""
    least, most = found, population - (asked - found)
    share, rest = max(found - 0.5, 0) / asked, 1 - asked / population
    spread = _NORMAL**2 * rest / asked
    off = (spread * share * (1 - share) + spread**2 / 4) ** 0.5
    guess, step = round((share + spread / 2 - off) / (1 + spread) * population), max(1, population // asked)
    low = high = min(max(guess, least), most)
    while low > least and at_least(found, asked, population, low) > MISS / 2:
        high, low, step = low, max(least, low - step), 2 * step
    while high < most and at_least(found, asked, population, high) <= MISS / 2:
        low, high, step = high, min(most, high + step), 2 * step
    return low, high


def at_least(found: int, asked: int, population: int, holders: int) -> float:
    """Return how likely at least so many holders are among those asked."""
    # Further from the middle than this no count is likely enough to be seen in the sum.
    middle, share = asked * holders / population, holders / population
    reach = _FAR * (asked * share * (1 - share) * (1 - asked / population)) ** 0.5 + _FAR**2
    first = max(found, asked - (population - holders), int(middle - reach))
    last = min(asked, holders, max(first, int(middle)) + int(reach) + 1)
    if last < first:
        return 0.0
    # Counts follow each other, and so do the factorials of what each leaves: slices, not a look-up for each.
    log, over = _logs(population), last + 1
    rest = population - holders - asked
    ways = log[first:over] + log[rest + first : rest + over]
    ways += log[holders - last : holders - first + 1][::-1]
    ways += log[asked - last : asked - first + 1][::-1]
    whole = log[holders] + log[population - holders] + log[asked] + log[population - asked] - log[population]
    return float(np.exp(whole - ways).sum())


@lru_cache(maxsize=64)
def _logs(most: int) -> NDArray[np.float64]:
    """Return the logarithms of the factorials up to a number."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])
