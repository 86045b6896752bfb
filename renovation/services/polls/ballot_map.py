"""What a ballot shows beside its words: the estate's outline and buildings, photos, who gains, what was asked for.

At a venue with a kit it is what the kit brought; the register of estates and projects stays at the office.
"""

from __future__ import annotations

from collections.abc import Mapping

from renovation.imports.polls.kit_cards import read_cards
from renovation.model.accounts import PUBLIC, Action, Actor
from renovation.model.ballots import BallotFace, BallotMap
from renovation.model.items import Beneficiary
from renovation.model.polls import Poll
from renovation.services.doors import Door, reading
from renovation.store import Store
from renovation.store.polls import boxes, polls
from renovation.store.register import buildings, photos


def ballot_map(store: Store, actor: Actor | None, poll: Poll) -> BallotMap:
    """Return the estate of a poll as drawn on its ballot; outlines are public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return map_of(door, door.public_poll(poll.id))


def ballot_faces(store: Store, actor: Actor | None, poll: Poll) -> Mapping[str, BallotFace]:
    """Return project key → what its card shows, of the projects that came from the store."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return faces_of(door, door.public_poll(poll.id))


def map_of(door: Door, poll: Poll) -> BallotMap:
    """Return the estate of a poll as drawn on its ballot. For services inside a transaction."""
    if "kit" in poll.meta:
        return read_cards(boxes.cards(door.connection, poll.id))[0]
    if poll.estate_id is None:
        return BallotMap(outline=None, buildings=())
    # What stands on a ballot is for everybody who may see the poll.
    estate = Door(door.connection, PUBLIC).estate(poll.estate_id)
    houses = buildings.buildings_of(door.connection, [poll.estate_id])
    return BallotMap(
        outline=estate.geometry, buildings=tuple(house.geometry for house in houses if house.geometry is not None)
    )


def faces_of(door: Door, poll: Poll) -> dict[str, BallotFace]:
    """Return project key → what its card shows. For services inside a transaction."""
    if "kit" in poll.meta:
        return read_cards(boxes.cards(door.connection, poll.id))[1]
    keys = {project.project_id: project.key for project in poll.projects if project.project_id is not None}
    pictures = photos.on_ballots(door.connection, list(keys))
    faces = {}
    for row in polls.projects_of(door.connection, list(keys)):
        picture = pictures.get(row["id"])
        faces[keys[row["id"]]] = BallotFace(
            photo=picture.jpeg if picture else b"",
            caption=picture.caption if picture else "",
            beneficiaries=tuple(Beneficiary(name) for name in row["content"].get("beneficiaries", ())),
            demands=row["demands"],
        )
    return faces
