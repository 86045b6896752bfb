"""Photos in the store: the pictures lie in the database, so that every backup carries them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.model.photos import (
    MAX_PHOTOS,
    CleanPhoto,
    Photo,
    PhotoDraft,
    PhotoKind,
    PhotoOwner,
    PhotoOwnerKind,
    PublicPhoto,
)
from renovation.model.polls import PollStage
from renovation.store.rows import read_row, the_row
from renovation.store.schema.places import photo
from renovation.store.schema.polls import poll, poll_project

_OWNERS = {
    PhotoOwnerKind.ESTATE: photo.c.estate_id,
    PhotoOwnerKind.DEMAND: photo.c.demand_id,
    PhotoOwnerKind.PROJECT: photo.c.project_id,
}
#: Everything but the pictures themselves: a list must not read megabytes.
_FACTS = [column for column in photo.c if column.name not in ("jpeg", "thumbnail")]


def _photo(row: Any) -> Photo:
    owner = next(
        PhotoOwner(kind=kind, id=identity)
        for kind, column in _OWNERS.items()
        if (identity := getattr(row, column.name)) is not None
    )
    return read_row(Photo, row, owner=owner, by=row.login)


def add(connection: sa.Connection, draft: PhotoDraft, clean: CleanPhoto, *, at: datetime, login: str) -> Photo:
    """Keep a photo.

    Raises
    ------
    ConflictError
        ``photo.here_already``, or ``photo.too_many`` beside one owner.
    """
    owner = _OWNERS[draft.owner.kind]
    digest = hashlib.sha256(clean.jpeg).hexdigest()
    held = list(connection.execute(sa.select(photo.c.sha256).where(owner == draft.owner.id)).scalars())
    if digest in held:
        raise ConflictError("photo.here_already")
    if len(held) >= MAX_PHOTOS:
        raise ConflictError("photo.too_many", limit=MAX_PHOTOS)
    values = {
        owner.name: draft.owner.id,
        "kind": draft.kind.value,
        "caption": draft.caption.strip(),
        "taken_on": draft.taken_on or clean.taken_on,
        "sha256": digest,
        "width": clean.width,
        "height": clean.height,
        "size": len(clean.jpeg),
        "jpeg": clean.jpeg,
        "thumbnail": clean.thumbnail,
        "added_at": at,
        "login": login,
    }
    identity = connection.execute(photo.insert().values(**values).returning(photo.c.id)).scalar_one()
    return get(connection, identity)


def get(connection: sa.Connection, photo_id: int) -> Photo:
    """Return a photo without its bytes.

    Raises
    ------
    NotFoundError
        ``photo.not_found``.
    """
    row = the_row(connection, sa.select(*_FACTS).where(photo.c.id == photo_id), "photo.not_found")
    return _photo(row)


def of(connection: sa.Connection, owner: PhotoOwner) -> tuple[Photo, ...]:
    """Return the photos of an owner in the order they were added."""
    query = sa.select(*_FACTS).where(_OWNERS[owner.kind] == owner.id).order_by(photo.c.id)
    return tuple(_photo(row) for row in connection.execute(query))


def content(connection: sa.Connection, photo_id: int, *, small: bool = False) -> bytes:
    """Return the JPEG of a photo, or its small one."""
    column = photo.c.thumbnail if small else photo.c.jpeg
    return bytes(connection.execute(sa.select(column).where(photo.c.id == photo_id)).scalar_one())


def remove(connection: sa.Connection, photo_id: int) -> None:
    """Take a photo away."""
    connection.execute(photo.delete().where(photo.c.id == photo_id))


def on_ballots(connection: sa.Connection, project_ids: Iterable[int]) -> dict[int, PublicPhoto]:
    """Return project → the picture voters see, of projects that stand in a poll which has been opened.

    What is there now tells a voter more than a picture of something else: the newest "before" comes first.
    """
    public = (
        sa.select(poll_project.c.project_id)
        .join(poll, poll.c.id == poll_project.c.poll_id)
        .where(poll_project.c.project_id.in_(list(project_ids)), poll.c.stage != PollStage.DRAFT.value)
    )
    order = sa.case({kind.value: place for place, kind in enumerate(PhotoKind)}, value=photo.c.kind)
    query = (
        sa.select(photo.c.id, photo.c.project_id, photo.c.kind, photo.c.caption, photo.c.thumbnail)
        .where(photo.c.project_id.in_(public))
        .order_by(photo.c.project_id, order.desc(), photo.c.id)
    )
    return {row.project_id: read_row(PublicPhoto, row, jpeg=bytes(row.thumbnail)) for row in connection.execute(query)}
