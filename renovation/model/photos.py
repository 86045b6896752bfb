"""Photos 照片 of an estate, a demand or a project: before, during and after works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from renovation.errors import InvalidError

MAX_CAPTION = 200
#: What an estate, a demand or a project may carry.
MAX_PHOTOS = 40
#: What may come in with a new demand.
MAX_DEMAND_PHOTOS = 3


class PhotoKind(StrEnum):
    """When a photo was taken: before the works (改造前), during (施工中) or after (改造后)."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class PhotoOwnerKind(StrEnum):
    """What a photo can belong to."""

    ESTATE = "estate"
    DEMAND = "demand"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoOwner:
    """The estate, demand or project that photos belong to."""

    kind: PhotoOwnerKind
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPhoto:
    """A picture as it is kept: a JPEG drawn anew from its pixels, without a word of what the camera wrote beside them.

    ``width`` and ``height`` in pixels; ``thumbnail`` is the same picture in small; ``taken_on`` is the day the camera
    named, if it named one.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    taken_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDraft:
    """What is kept beside a picture."""

    owner: PhotoOwner
    kind: PhotoKind
    caption: str = ""
    taken_on: date | None = None

    def __post_init__(self) -> None:
        if len(self.caption) > MAX_CAPTION:
            raise InvalidError("photo.caption_long", limit=MAX_CAPTION)
        if "\x00" in self.caption:
            raise InvalidError("photo.caption_nul")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo in the store, without its bytes. ``sha256`` is that of the JPEG; ``size`` its bytes."""

    id: int
    owner: PhotoOwner
    kind: PhotoKind
    caption: str
    taken_on: date | None
    sha256: str
    width: int
    height: int
    size: int
    added_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPhoto:
    """A project's picture as voters see it: small, as JPEG."""

    id: int
    project_id: int
    kind: PhotoKind
    caption: str
    jpeg: bytes
