"""Photos of estates, demands and projects: who may add, see and remove them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from renovation.imports.files.pictures.photos import clean_photo
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import refuse_ahead
from renovation.model.photos import (
    CleanPhoto,
    Photo,
    PhotoDraft,
    PhotoKind,
    PhotoOwner,
    PhotoOwnerKind,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.engine import empty_wal
from renovation.store.register import estates, photos

#: What one must be allowed to do with the owner to add or remove its photos.
_CHANGING = {
    PhotoOwnerKind.ESTATE: Action.EDIT_ESTATES,
    PhotoOwnerKind.DEMAND: Action.HANDLE_DEMAND,
    PhotoOwnerKind.PROJECT: Action.EDIT_PROJECTS,
}


def may_change_photos(owner: PhotoOwner) -> Action:
    """Return the permission that adding and removing photos of an owner needs."""
    return _CHANGING[owner.kind]


def add_photos(
    store: Store,
    actor: Actor | None,
    owner: PhotoOwner,
    files: Sequence[tuple[str, bytes]],
    kind: PhotoKind,
    *,
    caption: str = "",
    taken_on: date | None = None,
) -> tuple[Photo, ...]:
    """Keep photos, all of them or none; only their pixels are kept.

    Parameters
    ----------
    files
        How the person calls each file, for a refusal, and the file as it was sent: JPEG, PNG or WebP.
    taken_on
        The day they were taken; the day the camera named when left out.

    Raises
    ------
    InvalidError
        ``photo.*``: not a picture, damaged, too large; ``day.ahead``: taken in the future.
    ConflictError
        ``photo.here_already`` or ``photo.too_many``.
    NotFoundError
        The owner does not exist, or lies outside what the actor may see.
    """
    refuse_ahead(taken_on)
    draft = PhotoDraft(owner=owner, kind=kind, caption=caption, taken_on=taken_on)
    require(actor, _CHANGING[owner.kind])
    clean = [clean_photo(content, name) for name, content in files]
    with acting(store, actor, _CHANGING[owner.kind]) as unit:
        unit.photo_owner(owner)
        kept = tuple(keep_photo(unit, draft, one) for one in clean)
        unit.commit()
    return kept


def keep_photo(unit: ActingUnit, draft: PhotoDraft, clean: CleanPhoto) -> Photo:
    """Keep a photo as part of another act, with its line in the log."""
    one = photos.add(unit.connection, draft, clean, at=unit.at, login=unit.actor.login or unit.actor.role.value)
    _into_history(unit, one, added=True)
    unit.log("photo.add", one.owner.kind.value, one.owner.id, photo=one.id, kind=one.kind.value, sha256=one.sha256)
    return one


def _into_history(unit: ActingUnit, one: Photo, *, added: bool) -> None:
    """Let an estate's history tell of its photos; demands and projects have none of that kind."""
    if one.owner.kind is not PhotoOwnerKind.ESTATE:
        return
    words = f"{one.kind.value} {one.caption}".strip()
    pair = ("", words) if added else (words, "")
    estates.add_change(unit.connection, one.owner.id, at=unit.at, login=unit.actor.login, fields={"photos": pair})


def photos_of(store: Store, actor: Actor | None, owner: PhotoOwner) -> tuple[Photo, ...]:
    """Return an owner's photos, without their bytes, in the order they were added."""
    with reading(store, actor, Action.SEE_PHOTOS) as door:
        door.photo_owner(owner)
        return photos.of(door.connection, owner)


def photo_bytes(store: Store, actor: Actor | None, photo_id: int, *, small: bool = False) -> bytes:
    """Return the JPEG of a photo; ``small`` is at most 480 pixels wide or high.

    Raises
    ------
    NotFoundError
        ``photo.not_found``, also when its owner lies outside what the actor may see.
    """
    with reading(store, actor, Action.SEE_PHOTOS) as door:
        return photos.content(door.connection, door.photo(photo_id).id, small=small)


def remove_photo(store: Store, actor: Actor | None, photo_id: int) -> None:
    """Take a photo away for good; the log keeps that it was there, and its digest.

    Raises
    ------
    NotFoundError
        ``photo.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        owner = door.photo(photo_id).owner
    with acting(store, actor, _CHANGING[owner.kind]) as unit:
        one = unit.photo(photo_id)
        photos.remove(unit.connection, photo_id)
        _into_history(unit, one, added=False)
        unit.log("photo.remove", owner.kind.value, owner.id, photo=one.id, sha256=one.sha256)
        unit.commit()
    empty_wal(store)
