"""How far a survey's answers may be trusted: doors drawn for a second visit, agreement, and what looks unlike a visit.

J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement 20 (1960) 37-46.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

from renovation.model.clock import in_china
from renovation.model.surveys import Answers, DoorOutcome, DoorVisit, QuestionKind, SurveyQuestion

#: The share of doors that another worker goes to again.
SHARE = Fraction(1, 20)
#: Pairs of answers below which agreement says nothing, and visits below which nothing is asked of a collector.
FEWEST_PAIRS, FEWEST_VISITS = 5, 10
_FAST = timedelta(seconds=60)
_FIRST_HOUR, _LAST_HOUR = 7, 22
#: The share of a collector's visits from which on the lead is asked.
_MANY = Fraction(1, 5)
_ALIKE = Fraction(1, 2)


def drawn(door_ids: Iterable[int], seed: str) -> tuple[int, ...]:
    """Return the doors of a second visit, which anybody who has the seed draws again: the lowest of their digests."""
    ordered = sorted(door_ids, key=lambda one: (sha256(f"{seed} {one}".encode()).digest(), one))
    return tuple(ordered[: -(-len(ordered) * SHARE.numerator // SHARE.denominator)])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAgreement:
    """How far first and second answers agree beyond chance, of a question and a collector.

    Attributes
    ----------
    login
        Who came first; empty for all collectors together.
    kappa
        1 for full agreement, 0 for no more than chance; ``None`` of too few pairs, or where nobody's answers differ.
    """

    question: str
    login: str
    pairs: int
    same: int
    kappa: float | None


class Doubt(StrEnum):
    """What the lead is asked to look at, and no verdict."""

    ALIKE = "alike"
    FAST = "fast"
    NIGHT = "night"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadQuestion:
    """So many of a collector's visits look so."""

    login: str
    doubt: Doubt
    visits: int
    of: int


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of pairs of answers; ``None`` where all are alike, for then chance alone would agree."""
    count = len(pairs)
    if not count:
        return None
    left, right = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    by_chance = Fraction(sum(left[code] * right[code] for code in left), count * count)
    if by_chance == 1:
        return None
    observed = Fraction(sum(one == other for one, other in pairs), count)
    return float((observed - by_chance) / (1 - by_chance))


def agreements(
    pairs: Iterable[tuple[str, Answers, Answers]], questions: Iterable[SurveyQuestion]
) -> tuple[AnswerAgreement, ...]:
    """Return how far answers agree, of each question, of all collectors and of each.

    Parameters
    ----------
    pairs
        Login of who came first, what was answered then, and what the second worker was told. Of a question with
        several answers each option counts as chosen or not.
    """
    held = list(pairs)
    found = []
    for question in questions:
        if not question.choices:
            continue
        said = [(login, *_codes(question, one, other)) for login, one, other in held if _both(question, one, other)]
        for login in ("", *sorted({login for login, _, _ in said})):
            codes = [pair for who, left, right in said if login in ("", who) for pair in zip(left, right, strict=True)]
            told = [(left, right) for who, left, right in said if login in ("", who)]
            if told:
                found.append(
                    AnswerAgreement(
                        question=question.code,
                        login=login,
                        pairs=len(told),
                        same=sum(left == right for left, right in told),
                        kappa=kappa(codes) if len(told) >= FEWEST_PAIRS else None,
                    )
                )
    return tuple(found)


def _both(question: SurveyQuestion, one: Answers, other: Answers) -> bool:
    return question.code in one and question.code in other


def _codes(question: SurveyQuestion, one: Answers, other: Answers) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if question.kind is not QuestionKind.SEVERAL:
        return one[question.code], other[question.code]

    def marks(chosen: Sequence[str]) -> tuple[str, ...]:
        return tuple("yes" if option in chosen else "no" for option in question.choices)

    return marks(one[question.code]), marks(other[question.code])


def doubts(visits: Iterable[DoorVisit]) -> tuple[LeadQuestion, ...]:
    """Return what a lead is asked about collectors: answers too alike, visits too fast after another, or at night."""
    by_login: dict[str, list[DoorVisit]] = {}
    for one in visits:
        if one.draft.outcome is DoorOutcome.ANSWERED:
            by_login.setdefault(one.login, []).append(one)
    looks: tuple[tuple[Doubt, Callable[[Sequence[DoorVisit]], int], Fraction], ...] = (
        (Doubt.ALIKE, _alike, _ALIKE),
        (Doubt.FAST, _fast, _MANY),
        (Doubt.NIGHT, _at_night, _MANY),
    )
    return tuple(
        LeadQuestion(login=login, doubt=doubt, visits=count, of=len(made))
        for login, made in sorted(by_login.items())
        if len(made) >= FEWEST_VISITS
        for doubt, look, least in looks
        if (count := look(made)) >= least * len(made)
    )


def _alike(made: Sequence[DoorVisit]) -> int:
    said = Counter(tuple(sorted((code, one) for code, one in visit.draft.answers.items())) for visit in made)
    return max(said.values())


def _fast(made: Sequence[DoorVisit]) -> int:
    moments = sorted(one.draft.visited_at for one in made)
    return sum(after - before < _FAST for before, after in pairwise(moments))


def _at_night(made: Sequence[DoorVisit]) -> int:
    hours = [in_china(one.draft.visited_at).hour for one in made]
    return sum(not _FIRST_HOUR <= hour < _LAST_HOUR for hour in hours)
