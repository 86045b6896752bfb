"""What a ballot shows beside its words: the estate's outline and buildings, photos, who gains, what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renovation.model.accounts import Action, Actor, require
from renovation.model.items import Beneficiary
from renovation.model.polls import Poll
from renovation.store import Store, buildings, estates, photos, polls


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotFace:
    """What a card shows beside the project's words.

    Attributes
    ----------
    photo
        JPEG; empty without one.
    demands
        Residents' demands the project answers.
    """

    photo: bytes = b""
    caption: str = ""
    beneficiaries: tuple[Beneficiary, ...] = ()
    demands: int = 0


def ballot_faces(store: Store, actor: Actor | None, poll: Poll) -> Mapping[str, BallotFace]:
    """Return project key → what its card shows, of the projects that came from the store."""
    require(actor, Action.SEE_PUBLIC)
    keys = {project.project_id: project.key for project in poll.projects if project.project_id is not None}
    with store.read() as connection:
        rows = polls.projects_of(connection, list(keys))
        pictures = photos.on_ballots(connection, list(keys))
    faces = {}
    for row in rows:
        picture = pictures.get(row["id"])
        faces[keys[row["id"]]] = BallotFace(
            photo=picture.jpeg if picture else b"",
            caption=picture.caption if picture else "",
            beneficiaries=tuple(Beneficiary(name) for name in row["content"].get("beneficiaries", ())),
            demands=row["demands"],
        )
    return faces
