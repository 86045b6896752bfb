"""Owners' consent (民法典 第278条): quorum and majority by heads and by floor area, in exact fractions.

The residents' preference poll is another thing altogether; nothing here reads a ballot of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from renovation.model.consents import ConsentCount, Matter, VoteScope
from renovation.model.gates import Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTest:
    """One of the four tests: what share was reached, what was needed, and whether reaching it exactly is enough."""

    name: str
    reached: Fraction
    needed: Fraction
    at_least: bool
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentResult:
    """The decision with its four tests in order: quorum by heads and area, majority by heads and area."""

    matter: Matter
    scope: VoteScope
    passed: bool
    tests: tuple[ConsentTest, ...]
    heads_missing: int
    area_missing: Fraction
    extra_missing: tuple[str, ...] = ()
    source: str = ""


def _passes(reached: Fraction, needed: Fraction, at_least: bool) -> bool:
    return reached >= needed if at_least else reached > needed


def decide(
    count: ConsentCount,
    *,
    matter: Matter,
    thresholds: Mapping[str, Threshold],
    scope: VoteScope = VoteScope.ESTATE,
    extra_consents: Mapping[str, bool] | None = None,
) -> ConsentResult:
    """Decide a matter under the Civil Code, article 278.

    Parameters
    ----------
    thresholds
        ``consent.quorum`` (at least), ``consent.ordinary`` (more than) and ``consent.major`` (at least), with source.
    extra_consents
        Owners who must agree besides, by name of the flat, e.g. where a lift takes up their own part.

    Returns
    -------
    ConsentResult
        ``heads_missing`` and ``area_missing`` are the least further "agree" from people who have not answered that
        would meet both tests of their kind, if nobody else answers.
    """
    quorum = thresholds["consent.quorum"]
    majority = thresholds[f"consent.{matter.value}"]
    at_least = matter is Matter.MAJOR
    none = Fraction(0)
    part_heads, part_area = count.part_heads, count.part_area
    reached = (
        ("quorum_heads", Fraction(part_heads, count.total_heads), quorum.value, True),
        ("quorum_area", part_area / count.total_area, quorum.value, True),
        ("majority_heads", Fraction(count.agree_heads, part_heads) if part_heads else none, majority.value, at_least),
        ("majority_area", count.agree_area / part_area if part_area else none, majority.value, at_least),
    )
    tests = tuple(
        ConsentTest(
            name=name, reached=share, needed=needed, at_least=inclusive, passed=_passes(share, needed, inclusive)
        )
        for name, share, needed, inclusive in reached
    )
    extra_missing = tuple(name for name, agreed in (extra_consents or {}).items() if not agreed)
    return ConsentResult(
        matter=matter,
        scope=scope,
        passed=all(test.passed for test in tests) and not extra_missing,
        tests=tests,
        heads_missing=_heads_missing(count, quorum.value, majority.value, at_least),
        area_missing=_area_missing(count, quorum.value, majority.value),
        extra_missing=extra_missing,
        source=majority.source,
    )


def _heads_missing(count: ConsentCount, quorum: Fraction, majority: Fraction, at_least: bool) -> int:
    """Count further agreeing heads needed: x with part + x ≥ q·total and agree + x ≥ (or >) m·(part + x)."""
    for_quorum = quorum * count.total_heads - count.part_heads
    for_majority = (majority * count.part_heads - count.agree_heads) / (1 - majority)
    least = max(0, -(-for_quorum.numerator // for_quorum.denominator))
    if at_least:
        return max(least, -(-for_majority.numerator // for_majority.denominator))
    more = for_majority.numerator // for_majority.denominator + 1
    return max(least, more)


def _area_missing(count: ConsentCount, quorum: Fraction, majority: Fraction) -> Fraction:
    """Return the further agreeing area needed; "more than" is met by anything beyond it."""
    return max(
        Fraction(0),
        quorum * count.total_area - count.part_area,
        (majority * count.part_area - count.agree_area) / (1 - majority),
    )
