"""What the little maps on a ballot are drawn from: the estate's outline and its buildings."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.accounts import Action, Actor, require
from renovation.model.polls import Poll
from renovation.store import Store, buildings, estates


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotMap:
    """Shapes as WKB in EPSG:4490."""

    outline: bytes | None
    buildings: tuple[bytes, ...]


def ballot_map(store: Store, actor: Actor | None, poll: Poll) -> BallotMap:
    """Return the estate of a poll as drawn on its ballot; outlines are public."""
    require(actor, Action.SEE_PUBLIC)
    if poll.estate_id is None:
        return BallotMap(outline=None, buildings=())
    with store.read() as connection:
        estate = estates.get(connection, poll.estate_id)
        houses = buildings.buildings_of(connection, [poll.estate_id])
    return BallotMap(
        outline=estate.geometry, buildings=tuple(house.geometry for house in houses if house.geometry is not None)
    )
