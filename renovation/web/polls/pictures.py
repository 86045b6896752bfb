"""The photos of a ballot, small enough for a phone, and the drawing of its estate under the cards' little maps."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image
from starlette.responses import Response

from renovation.errors import NotFoundError
from renovation.geo.sketches import Sketch
from renovation.model.accounts import PUBLIC
from renovation.model.ballots import BallotFace
from renovation.model.polls import Poll
from renovation.services.polls.ballot_map import ballot_faces, ballot_map
from renovation.services.polls.stations import poll_of
from renovation.store import Store
from renovation.web.frame import Visit

WIDTH, HEIGHT, _MARGIN = 240.0, 180.0, 18.0
#: Photos may be added or taken away while people vote.
_SECONDS = 300
_MOST_KEPT = 32
_PHOTO_WIDTH, _QUALITY = 320, 70


@dataclass(frozen=True, slots=True)
class Pictures:
    """The estate as a drawing, empty where no project has a place; project key → where it is on it, and its face."""

    drawing: str
    places: Mapping[str, tuple[float, float]]
    faces: Mapping[str, BallotFace]
    photos: Mapping[int, bytes]


_kept: dict[tuple[str, str, str], tuple[float, Pictures]] = {}
_guard = threading.Lock()


def pictures(store: Store, poll: Poll) -> Pictures:
    """Return a ballot's pictures; drawn once in a while, since an opened poll's ballot does not change."""
    key, moment = (str(store.engine.url), poll.id, poll.digest), time.monotonic()
    with _guard:
        held = _kept.get(key)
        if held is None or moment - held[0] > _SECONDS:
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            held = _kept[key] = (moment, _drawn(store, poll))
        return held[1]


def _drawn(store: Store, poll: Poll) -> Pictures:
    faces = ballot_faces(store, PUBLIC, poll)
    numbers = {project.key: project.number for project in poll.projects}
    photos = {numbers[key]: _small(face.photo) for key, face in faces.items() if face.photo}
    spots = {one.key: (one.lon, one.lat) for one in poll.on_ballot if one.lon is not None and one.lat is not None}
    if not spots:
        return Pictures("", {}, faces, photos)
    place = ballot_map(store, PUBLIC, poll)
    outlines = [] if place.outline is None else [place.outline]
    frame = Sketch(spots.values(), outlines, width=WIDTH, height=HEIGHT, margin=_MARGIN)
    places = {key: frame.at(*spot) for key, spot in spots.items()}
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3"/>' for x, y in places.values())
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}">'
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#f4f6f7"/>'
        f'<path d="{frame.path(outlines)}" fill="#e3eaec" stroke="#6b7c85" stroke-width="1.5"/>'
        f'<path d="{frame.path(place.buildings)}" fill="#bcc7cc"/><g fill="#5f6f77">{dots}</g></svg>'
    )
    return Pictures(drawing, places, faces, photos)


def _small(photo: bytes) -> bytes:
    with Image.open(io.BytesIO(photo)) as picture:
        picture.thumbnail((_PHOTO_WIDTH, _PHOTO_WIDTH))
        made = io.BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=_QUALITY, optimize=True)
    return min(photo, made.getvalue(), key=len)


def look(visit: Visit) -> Response:
    """Hand out a ballot's drawing (``<poll>.svg``) or a project's photo (``<poll>-<number>.jpg``).

    Raises
    ------
    NotFoundError
        ``poll.unknown``: there is no such poll, or it has no such picture.
    """
    name, _, kind = visit.request.path_params["name"].rpartition(".")
    poll_id, _, number = name.partition("-")
    found = pictures(visit.store, poll_of(visit.store, poll_id))
    content = found.photos.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else None
    if kind == "svg" and not number and found.drawing:
        content = found.drawing.encode()
    if content is None:
        raise NotFoundError("poll.unknown", poll=poll_id[:40])
    kept = {"Cache-Control": f"private, max-age={_SECONDS}"}
    return Response(content, media_type="image/svg+xml" if kind == "svg" else "image/jpeg", headers=kept)
