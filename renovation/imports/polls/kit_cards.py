"""Read the cards of a kit. Its signature is checked before; what it shows in a browser is looked at all the same."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

import shapely

from renovation.errors import InvalidError
from renovation.model.ballots import MOST_BUILDINGS, MOST_PHOTO, BallotFace, BallotMap
from renovation.model.items import Beneficiary

_JPEG = b"\xff\xd8\xff"


def read_cards(body: Any) -> tuple[BallotMap, dict[str, BallotFace]]:
    """Return the map and the faces by project key.

    Raises
    ------
    InvalidError
        ``kit.altered``: not what an office's computer writes.
    """
    try:
        outline = _shape(body["outline"]) if body["outline"] else None
        houses = tuple(_shape(words) for words in body["buildings"])
        faces = {str(key): _face(row) for key, row in body["faces"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, shapely.errors.ShapelyError):
        raise InvalidError("kit.altered") from None
    if len(houses) > MOST_BUILDINGS:
        raise InvalidError("kit.altered")
    return BallotMap(outline=outline, buildings=houses), faces


def _shape(words: str) -> bytes:
    content = b64decode(words, validate=True)
    shapely.from_wkb(content)
    return content


def _face(row: Any) -> BallotFace:
    photo = b64decode(row["photo"], validate=True)
    if photo and (len(photo) > MOST_PHOTO or not photo.startswith(_JPEG)):
        raise ValueError("not a small JPEG")
    return BallotFace(
        photo=photo,
        caption=str(row["caption"]),
        beneficiaries=tuple(Beneficiary(name) for name in row["beneficiaries"]),
        demands=int(row["demands"]),
    )
