"""What anybody can work out from a published election: one hash over everything that decides it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from renovation.model.canonical import digest_of, to_json
from renovation.model.elections import BallotKind, Instance
from renovation.rules.election.profile import Profile


def public_digest(instance: Instance, profile: Profile, receipts: Iterable[str], announced: Mapping[str, Any]) -> str:
    """Return the SHA-256 over the announced rule, budget, projects, ballots and receipts, whatever their order.

    ``exports/outcome/verify_bundle.py`` does the same from the published files alone.

    Parameters
    ----------
    announced
        The rule, its tie-break and settings, as announced before the poll.
    """
    scale = instance.scale
    ranked = instance.ballot_kind is BallotKind.RANKING
    ballots = []
    for ballot, count in profile.ballots():
        values: tuple[int | Fraction, ...] = tuple(ballot.points) or (1,) * len(ballot.choices)
        pairs = list(zip(ballot.choices, values, strict=True))
        if not ranked:
            pairs.sort()
        line = [str(ballot.weight), [key for key, _ in pairs], [str(value) for _, value in pairs]]
        ballots += [to_json(line)] * count
    covered = {
        "announced": dict(announced),
        "budget": str(Fraction(instance.budget, scale)),
        "projects": sorted([one.id, str(Fraction(one.cost, scale)), one.mandatory] for one in instance.projects),
        "ballots": sorted(ballots),
        "receipts": sorted(receipts),
    }
    return hashlib.sha256(to_json(covered).encode()).hexdigest()


def ledger_root(instance: str, public: str, tables: Mapping[str, str]) -> str:
    """Return the one hash that a result sheet prints and people sign.

    Parameters
    ----------
    instance
        What was frozen at opening.
    public
        :func:`public_digest`; anybody can work it out again.
    tables
        The hash over the poll's rows of each table; whoever holds the store can work them out again.
    """
    return digest_of(instance, public, dict(tables))
