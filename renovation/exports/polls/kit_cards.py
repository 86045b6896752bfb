"""The part of a kit that lets a venue's ballot show the same cards: photos, map, who gains, what was asked for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from renovation.model.ballots import MOST_BUILDINGS, MOST_PHOTO, MOST_PHOTOS, BallotFace, BallotMap


def _words(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def cards_body(place: BallotMap, faces: Mapping[str, BallotFace]) -> dict[str, Any]:
    """Return what goes into a kit; pictures that would make it too large stay at the office."""
    left = MOST_PHOTOS
    rows = {}
    for key, face in faces.items():
        fits = len(face.photo) <= min(MOST_PHOTO, left)
        left -= len(face.photo) if fits else 0
        rows[key] = {
            "photo": _words(face.photo) if fits else "",
            "caption": face.caption if fits else "",
            "beneficiaries": [one.value for one in face.beneficiaries],
            "demands": face.demands,
        }
    return {
        "outline": _words(place.outline or b""),
        "buildings": [_words(shape) for shape in place.buildings[:MOST_BUILDINGS]],
        "faces": rows,
    }
