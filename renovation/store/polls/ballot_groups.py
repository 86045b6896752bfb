"""Groups of ballots that an election file from elsewhere tells apart; polls held here have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

import sqlalchemy as sa

from renovation.model.elections import Ballot
from renovation.store.engine import Connection
from renovation.store.schema.polls import ballot_group


def add(connection: Connection, poll_id: str, groups: Mapping[str, Mapping[str, tuple[Ballot, ...]]]) -> None:
    """Keep groups by attribute and name; within each, ballots stand merged and sorted."""
    rows = []
    for attribute, named in groups.items():
        for name, ballots in named.items():
            merged = Counter(
                (one.choices, tuple(str(value) for value in one.points), str(one.weight)) for one in ballots
            )
            kept = [[*map(list, key[:2]), key[2], count] for key, count in sorted(merged.items())]
            rows.append({"poll_id": poll_id, "attribute": attribute, "name": name, "ballots": kept})
    if rows:
        connection.execute(ballot_group.insert(), rows)


def of_poll(connection: Connection, poll_id: str) -> dict[str, dict[str, list[Ballot]]]:
    """Return the ballots of a poll's groups by attribute and name."""
    rows = connection.execute(
        sa.select(ballot_group.c.attribute, ballot_group.c.name, ballot_group.c.ballots)
        .where(ballot_group.c.poll_id == poll_id)
        .order_by(ballot_group.c.attribute, ballot_group.c.name)
    )
    found: dict[str, dict[str, list[Ballot]]] = {}
    for attribute, name, merged in rows:
        ballots = found.setdefault(attribute, {}).setdefault(name, [])
        for choices, points, weight, count in merged:
            one = Ballot(tuple(choices), tuple(Fraction(value) for value in points), Fraction(weight))
            ballots.extend([one] * count)
    return found
