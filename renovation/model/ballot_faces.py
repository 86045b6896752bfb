"""What a ballot shows beside its words: the estate's shapes, photos, who gains, what was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.model.items import Beneficiary

#: What a kit carries: one picture (480 pixels wide at most, some 40 kB), and all pictures of a kit, in bytes.
MOST_PHOTO = 200_000
MOST_PHOTOS = 8_000_000
MOST_BUILDINGS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotMap:
    """Shapes as WKB in EPSG:4490."""

    outline: bytes | None
    buildings: tuple[bytes, ...]


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
