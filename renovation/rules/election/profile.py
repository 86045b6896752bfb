"""All ballots of an election as arrays, identical ones merged.

Merging is what makes recounts quick: Equal Shares then works per kind of ballot, not per voter. Nothing that tells
one voter from another survives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from renovation.errors import InvalidError
from renovation.model.elections import NO, YES, Ballot, BallotKind, Instance

IntArray = NDArray[np.int64]

#: Sums of whole numbers below this are exact in float64, which is what numpy adds quickest.
EXACT_FLOAT = 2**53


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """The ballots cast, merged.

    Attributes
    ----------
    projects
        Project ids; arrays name a project by its place here (the instance's order).
    starts, choices
        Ballot ``b`` names ``choices[starts[b]:starts[b + 1]]``: ascending, or best first in rankings.
    values
        Points (or Borda scores, or ``YES`` and ``NO``) beside ``choices``, times ``value_scale``; ``None`` where each
        counts 1.
    counts
        How many ballots cast are merged in each.
    weights
        Their weights together, times ``weight_scale``; equals ``counts`` where ballots have no weights.
    """

    projects: tuple[str, ...]
    kind: BallotKind
    starts: IntArray
    choices: IntArray
    counts: IntArray
    weights: IntArray
    values: IntArray | None = None
    weight_scale: int = 1
    value_scale: int = 1

    @cached_property
    def size(self) -> int:
        """Number of ballots cast, blank ones included."""
        return int(self.counts.sum())

    @cached_property
    def blank(self) -> int:
        """Number of ballots that name no project."""
        return int(self.counts[np.diff(self.starts) == 0].sum())

    @cached_property
    def weight(self) -> int:
        """Weight of all ballots cast, times ``weight_scale``."""
        return int(self.weights.sum())

    @cached_property
    def supporters(self) -> tuple[tuple[IntArray, IntArray | None], ...]:
        """For each project: the merged ballots that give it something, and their values (``None``: 1 each)."""
        owner = np.repeat(np.arange(len(self.counts)), np.diff(self.starts))
        choices, values = self.choices, self.values
        if values is not None and (values <= 0).any():
            keep = values > 0
            owner, choices, values = owner[keep], choices[keep], values[keep]
        # Narrow numbers are sorted digit by digit, which is many times quicker.
        narrow = np.min_scalar_type(max(len(self.projects) - 1, 0))
        order = np.argsort(choices.astype(narrow), kind="stable")
        owner = owner[order]
        ends = np.cumsum(np.bincount(choices, minlength=len(self.projects)))
        owners = np.split(owner, ends[:-1])
        if values is None:
            return tuple((found, None) for found in owners)
        return tuple(zip(owners, np.split(values[order], ends[:-1]), strict=True))

    def ballots(self) -> Iterator[tuple[Ballot, int]]:
        """Yield each different ballot and how often it was cast (mean weight where merged ones have weights)."""
        for place, count in enumerate(self.counts.tolist()):
            part = slice(int(self.starts[place]), int(self.starts[place + 1]))
            chosen = tuple(self.projects[index] for index in self.choices[part].tolist())
            points: tuple[Fraction, ...] = ()
            if self.values is not None and self.kind is not BallotKind.RANKING:
                points = tuple(Fraction(value, self.value_scale) for value in self.values[part].tolist())
            weight = Fraction(int(self.weights[place]), self.weight_scale * count)
            yield Ballot(chosen, points, weight), count


def profile_from_ballots(instance: Instance, ballots: Iterable[Ballot]) -> Profile:
    """Merge ballots into a profile; a project named twice on a ballot counts once (where it stands first).

    Raises
    ------
    InvalidError
        ``election.unknown_project``, ``election.points_missing``, ``election.negative_points`` or
        ``election.answer``.
    """
    place = {project.id: index for index, project in enumerate(instance.projects)}
    lengths: list[int] = []
    choices: list[int] = []
    points: list[Fraction] = []
    weights: list[Fraction] = []
    with_points = instance.ballot_kind in (BallotKind.POINTS, BallotKind.YES_NO)
    for ballot in ballots:
        try:
            choices.extend([place[project] for project in ballot.choices])
        except KeyError as missing:
            raise InvalidError("election.unknown_project", project=str(missing.args[0])) from None
        if with_points:
            if len(ballot.points) != len(ballot.choices):
                raise InvalidError("election.points_missing")
            points.extend(ballot.points)
        lengths.append(len(ballot.choices))
        weights.append(ballot.weight)
    if instance.ballot_kind is BallotKind.YES_NO and not {YES, NO}.issuperset(points):
        raise InvalidError("election.answer")
    if instance.ballot_kind is BallotKind.POINTS and any(value < 0 for value in points):
        raise InvalidError("election.negative_points")
    value_scale = lcm(*{value.denominator for value in points}) if points else 1
    weight_scale = lcm(*{value.denominator for value in weights}) if weights else 1
    return profile_from_arrays(
        instance,
        starts=np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))),
        choices=np.array(choices, dtype=np.int64),
        values=np.array([int(value * value_scale) for value in points], dtype=np.int64) if with_points else None,
        weights=np.array([int(value * weight_scale) for value in weights], dtype=np.int64),
        value_scale=value_scale,
        weight_scale=weight_scale,
    )


def profile_from_arrays(
    instance: Instance,
    *,
    starts: IntArray,
    choices: IntArray,
    values: IntArray | None = None,
    counts: IntArray | None = None,
    weights: IntArray | None = None,
    value_scale: int = 1,
    weight_scale: int = 1,
    merge: bool = True,
) -> Profile:
    """Build a profile from ballots laid end to end (see :class:`Profile` for the arrays).

    ``counts`` is 1 each and ``weights`` equals ``counts`` unless given. In rankings the Borda values are set here,
    as Pabulib defines them: ``max_choices - position``, counted from 0; where no length is set, the ballot's own.
    """
    size = len(starts) - 1
    counts = np.ones(size, dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    weights = counts * weight_scale if weights is None else np.asarray(weights, dtype=np.int64)
    starts = np.asarray(starts, dtype=np.int64)
    choices = np.asarray(choices, dtype=np.int64)
    ranking = instance.ballot_kind is BallotKind.RANKING
    starts, choices, values = _each_once(starts, choices, values, len(instance.projects), ordered=ranking)
    if ranking:
        lengths = np.repeat(np.diff(starts), np.diff(starts))
        position = np.arange(len(choices)) - np.repeat(starts[:-1], np.diff(starts))
        values = np.maximum((instance.max_choices or lengths) - position, 0)
    bits = _bit_masks(starts, choices, values, len(instance.projects)) if merge and size else None
    if bits is not None and bool((counts == 1).all()) and bool((weights == weight_scale).all()):
        kinds, counts = np.unique(bits, return_counts=True)
        weights = counts * weight_scale
        starts, choices = _named(kinds)
    elif merge and size:
        same = _representatives(starts, choices, values, len(instance.projects))
        if same is not None:
            first, inverse = same
            alike = np.array_equal(counts, weights)
            counts = _sum_by(inverse, counts, len(first))
            weights = counts if alike else _sum_by(inverse, weights, len(first))
            starts, choices, values = _take(starts, choices, values, first)
    return Profile(
        projects=tuple(project.id for project in instance.projects),
        kind=instance.ballot_kind,
        starts=starts,
        choices=choices,
        values=values,
        counts=counts,
        weights=_reduced(weights, weight_scale)[0],
        weight_scale=_reduced(weights, weight_scale)[1],
        value_scale=value_scale,
    )


def _reduced(weights: IntArray, scale: int) -> tuple[IntArray, int]:
    """Divide out what all weights share with their scale, so that equal weights give equal arrays."""
    if scale == 1 or not len(weights):
        return weights, 1 if not len(weights) else scale
    shared = gcd(scale, int(np.gcd.reduce(weights)))
    return weights // shared, scale // shared


def _each_once(
    starts: IntArray, choices: IntArray, values: IntArray | None, projects: int, *, ordered: bool
) -> tuple[IntArray, IntArray, IntArray | None]:
    """Sort the projects within each ballot (unless ``ordered``) and keep the first of repeated ones."""
    if not len(choices) or _ascending(starts, choices):
        return starts, choices, values
    owner = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    key = owner * projects + choices
    unique, first = np.unique(key, return_index=True)
    if ordered:
        first = np.sort(first)
        unique = key[first]
    owner = unique // projects
    starts = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=len(starts) - 1))))
    return starts, unique % projects, None if values is None else values[first]


def _ascending(starts: IntArray, choices: IntArray) -> bool:
    """Tell whether the projects ascend within each ballot."""
    rises = choices[1:] > choices[:-1]
    edges = starts[1:-1]
    rises[edges[(edges > 0) & (edges < len(choices))] - 1] = True  # where one ballot ends and the next begins
    return bool(rises.all())


def _mix(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit numbers (the finaliser of splitmix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _sums(starts: IntArray, entries: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return each ballot's sum modulo 2**64, empty ballots included: differences of running sums."""
    running = np.zeros(len(entries) + 1, dtype=np.uint64)
    np.cumsum(entries, out=running[1:])
    return np.diff(running[starts])


def _bit_masks(
    starts: IntArray, choices: IntArray, values: IntArray | None, projects: int
) -> NDArray[np.uint64] | None:
    """Return each ballot as a number with one bit per project; ``None`` where that does not tell ballots apart."""
    if values is not None or projects > 64:
        return None
    bit = np.left_shift(np.uint64(1), np.arange(projects, dtype=np.uint64))
    return _sums(starts, bit[choices])


def _named(kinds: NDArray[np.uint64]) -> tuple[IntArray, IntArray]:
    """Lay the projects of bit masks end to end, ascending."""
    bits = np.unpackbits(kinds.astype("<u8").view(np.uint8), bitorder="little")
    ends = np.cumsum(np.bitwise_count(kinds), dtype=np.int64)
    return np.concatenate(([0], ends)), np.flatnonzero(bits.view(bool)) & 63


def _representatives(
    starts: IntArray, choices: IntArray, values: IntArray | None, projects: int
) -> tuple[IntArray, IntArray] | None:
    """Find one of each kind of ballot, and each ballot's kind; ``None`` where two kinds share a hash."""
    keys = _bit_masks(starts, choices, values, projects)
    exact = keys is not None
    if keys is None:
        entry = _mix(choices.astype(np.uint64) + np.uint64(1))
        if values is not None:
            entry = _mix(entry + values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        keys = _sums(starts, entry)
    first, inverse = _kinds(keys)
    if not exact:
        stands_for = first[inverse]
        lengths = np.diff(starts)
        if (lengths != lengths[stands_for]).any():
            return None
        there = np.arange(len(choices)) + np.repeat(starts[stands_for] - starts[:-1], lengths)
        if (choices != choices[there]).any() or (values is not None and (values != values[there]).any()):
            return None
    return first, inverse


def _kinds(keys: NDArray[np.uint64]) -> tuple[IntArray, IntArray]:
    """Return the first place of each different key, ascending, and each place's kind.

    Sorting numbers is several times quicker than sorting places by them, so a scrambled part of the key is sorted with
    the place in its low bits. Should two keys share that part, places are sorted by the whole key.
    """
    size = len(keys)
    bits = np.uint64(max(size - 1, 1).bit_length())
    low = (np.uint64(1) << bits) - np.uint64(1)
    packed = (_mix(keys) & ~low) | np.arange(size, dtype=np.uint64)
    packed.sort()
    order = (packed & low).astype(np.int64)
    packed >>= bits
    differs = np.concatenate(([True], packed[1:] != packed[:-1]))
    ordered = keys[order]
    if not np.array_equal(differs[1:], ordered[1:] != ordered[:-1]):
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        differs = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    stands = np.zeros(size, dtype=bool)
    leaders = order[differs]
    stands[leaders] = True
    number = np.cumsum(stands) - 1
    inverse = np.empty(size, dtype=np.int64)
    inverse[order] = np.repeat(number[leaders], np.diff(np.append(np.flatnonzero(differs), size)))
    return np.flatnonzero(stands), inverse


def _sum_by(inverse: IntArray, amounts: IntArray, size: int) -> IntArray:
    if int(amounts.sum()) < EXACT_FLOAT:
        return np.bincount(inverse, weights=amounts, minlength=size).astype(np.int64)
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, inverse, amounts)
    return total


def _take(
    starts: IntArray, choices: IntArray, values: IntArray | None, ballots: IntArray
) -> tuple[IntArray, IntArray, IntArray | None]:
    """Keep some ballots, which stand in ascending order."""
    lengths = np.diff(starts)
    kept = np.zeros(len(lengths), dtype=bool)
    kept[ballots] = True
    entries = np.repeat(kept, lengths)
    ends = np.concatenate(([0], np.cumsum(lengths[ballots])))
    return ends, choices[entries], None if values is None else values[entries]


def check_profile(instance: Instance, profile: Profile) -> None:
    """Refuse a profile of other projects.

    Raises
    ------
    InvalidError
        ``election.profile_of_another_instance``.
    """
    expected: Sequence[str] = tuple(project.id for project in instance.projects)
    if profile.projects != expected or profile.kind is not instance.ballot_kind:
        raise InvalidError("election.profile_of_another_instance")
