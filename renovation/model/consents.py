"""Owners' consent 民法典 第278条: what is decided, in counts of heads and floor area, and how long it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.names import is_blank


class Matter(StrEnum):
    """What is decided.

    ``MAJOR``: raise the maintenance fund, rebuild, change the use of common parts or run a business there (items 6-8).
    ``ORDINARY``: everything else, the *use* of the maintenance fund included.
    """

    ORDINARY = "ordinary"
    MAJOR = "major"


class VoteScope(StrEnum):
    """Who decides: the owners of the estate, of one building, or of one staircase."""

    ESTATE = "estate"
    BUILDING = "building"
    UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCount:
    """The counts of one vote. Areas in ㎡; the base is frozen with the vote, because it changes between votes.

    Those who abstain take part; those who did not answer do not.
    """

    total_heads: int
    total_area: Fraction
    agree_heads: int
    agree_area: Fraction
    object_heads: int = 0
    object_area: Fraction = Fraction(0)
    abstain_heads: int = 0
    abstain_area: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        heads = (self.agree_heads, self.object_heads, self.abstain_heads)
        for name in ("total_area", "agree_area", "object_area", "abstain_area"):
            object.__setattr__(self, name, Fraction(getattr(self, name)))
        areas = (self.agree_area, self.object_area, self.abstain_area)
        if min(heads) < 0 or min(areas) < 0 or self.total_heads <= 0 or self.total_area <= 0:
            raise InvalidError("consent.counts_not_positive")
        if sum(heads) > self.total_heads:
            raise InvalidError("consent.more_heads_than_owners", heads=sum(heads), total=self.total_heads)
        if sum(areas) > self.total_area:
            raise InvalidError("consent.more_area_than_there_is", area=str(sum(areas)), total=str(self.total_area))

    @property
    def agree_share_heads(self) -> Fraction:
        """Return the owners who agree as a share of all."""
        return Fraction(self.agree_heads, self.total_heads)

    @property
    def agree_share_area(self) -> Fraction:
        """Return the floor area of those who agree as a share of all."""
        return self.agree_area / self.total_area

    @property
    def part_heads(self) -> int:
        """Count the owners who took part."""
        return self.agree_heads + self.object_heads + self.abstain_heads

    @property
    def part_area(self) -> Fraction:
        """Return the floor area of those who took part."""
        return self.agree_area + self.object_area + self.abstain_area


#: The fields of a count that are heads, and those that are floor area.
HEADS = ("total_heads", "agree_heads", "object_heads", "abstain_heads")
AREAS = ("total_area", "agree_area", "object_area", "abstain_area")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """A vote as somebody enters it.

    Attributes
    ----------
    part
        Name of the building or staircase when not the whole estate decides.
    subject
        What was put to the owners.
    for_gate
        The vote is about renewing the estate as such, so the estate's gate rests on it.
    valid_until
        Last day it counts; ``None`` takes the threshold ``consent.valid_days``.
    evidence
        Where the signed sheets lie: file number, archive.
    """

    estate_id: int
    matter: Matter
    subject: str
    count: ConsentCount
    decided_on: date
    evidence: str
    vote_scope: VoteScope = VoteScope.ESTATE
    part: str = ""
    for_gate: bool = True
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if is_blank(self.subject):
            raise InvalidError("consent.subject_missing")
        if is_blank(self.evidence):
            raise InvalidError("consent.evidence_missing")
        if self.vote_scope is not VoteScope.ESTATE and is_blank(self.part):
            raise InvalidError("consent.part_missing")
        if self.valid_until is not None and self.valid_until < self.decided_on:
            raise InvalidError("consent.valid_before_decided")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """A vote on file; never edited, only withdrawn with a reason."""

    id: int
    draft: ConsentDraft
    login: str
    withdrawn_on: date | None = None
    withdrawn_why: str = ""
    synthetic: bool = False
