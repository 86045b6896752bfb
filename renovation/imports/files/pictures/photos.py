"""Read a photo from a stranger's file and draw it anew, so that nothing but its pixels is kept."""

from __future__ import annotations

import io
import threading
from datetime import date

from PIL import Image, ImageOps

from renovation.errors import InvalidError
from renovation.model.clock import today
from renovation.model.photos import CleanPhoto

_MEGABYTE = 1024 * 1024
#: Bytes of a file; a telephone's photo has 2-8 MB.
MAX_BYTES = 10 * _MEGABYTE
#: Pixels of a picture; telephones write 12-50 million as JPEG. Other kinds are drawings and screens, and cannot be read
#: at a part of their size, nor can a progressive JPEG.
MAX_PIXELS = {"JPEG": 64_000_000, "progressive": 45_000_000, "PNG": 16_000_000, "WEBP": 14_000_000}
#: Pixels of one side.
MAX_SIDE = 16_383
#: Longest side in pixels of what is kept, and of the small picture on cards.
LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 480
#: The only readers that are let near a stranger's bytes.
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82
#: A picture of the greatest size takes up to 300 MB while it is read: one at a time, whoever sends them.
_one_at_a_time = threading.Lock()
_EXIF_DETAILS = 0x8769
_TAKEN_AT = 0x9003


def clean_photo(content: bytes, name: str = "") -> CleanPhoto:
    """Return a photo as it may be kept: at most 1600 pixels wide or high, upright, without EXIF, place or comment.

    Parameters
    ----------
    content
        The file: JPEG, PNG or WebP.
    name
        How the person calls the file; it is only named in a refusal.

    Raises
    ------
    InvalidError
        ``photo.empty``, ``photo.too_large``, ``photo.too_many_pixels``, ``photo.not_a_photo`` or ``photo.damaged``.
    """
    shown = name[:80] or "?"
    if not content:
        raise InvalidError("photo.empty", name=shown)
    if len(content) > MAX_BYTES:
        raise InvalidError("photo.too_large", name=shown, limit=MAX_BYTES // _MEGABYTE)
    try:
        picture = Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidError("photo.too_many_pixels", name=shown, limit=MAX_PIXELS["JPEG"] // 1_000_000) from None
    except Exception:  # Pillow's readers raise whatever a hostile file leads them to.
        raise InvalidError("photo.not_a_photo", name=shown) from None
    with picture:
        most = MAX_PIXELS["progressive" if "progressive" in picture.info else picture.format or "JPEG"]
        if picture.width * picture.height > most or max(picture.size) > MAX_SIDE:
            raise InvalidError("photo.too_many_pixels", name=shown, limit=most // 1_000_000)
        try:
            taken_on = _taken_on(picture)
            with _one_at_a_time:
                # A JPEG is read at a half or a quarter of its size where that is enough.
                picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                ImageOps.exif_transpose(picture, in_place=True)
                drawn = _drawn_anew(picture)
        except Exception:  # As above: truncated and damaged files fail in many ways.
            raise InvalidError("photo.damaged", name=shown) from None
    small = drawn.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return CleanPhoto(
        jpeg=_jpeg(drawn), thumbnail=_jpeg(small), width=drawn.width, height=drawn.height, taken_on=taken_on
    )


def _drawn_anew(picture: Image.Image) -> Image.Image:
    """Return the pixels alone on a white ground: a new image carries no EXIF, colour profile, comment or text."""
    if picture.mode not in ("P", "1"):
        # Made small before it is converted: a copy of the whole would take as much memory again.
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if picture.has_transparency_data:
        plain = picture.convert("RGBA")
    elif picture.mode.startswith(("I", "F")):
        # 16-bit greys are cut, not scaled, by convert("RGB").
        plain = picture.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    else:
        plain = picture.convert("RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = Image.new("RGB", plain.size, "white")
    drawn.paste(plain, mask=plain.getchannel("A") if plain.mode == "RGBA" else None)
    return drawn


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _taken_on(picture: Image.Image) -> date | None:
    """Return the day the camera named; what it wrote wrongly is no reason to refuse the picture."""
    try:
        written = str(picture.getexif().get_ifd(_EXIF_DETAILS).get(_TAKEN_AT, ""))
        day = date.fromisoformat(written[:10].replace(":", "-"))
        return None if day > today() else day
    except Exception:  # EXIF is the part of a photo that is most often broken.
        return None
