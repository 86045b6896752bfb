"""Strangers' photos: what is kept of them, and what is refused by name."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from renovation.errors import InvalidError
from renovation.imports.files.pictures.photos import LONGEST_SIDE, MAX_BYTES, THUMBNAIL_SIDE, clean_photo


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, size)
    image.putpixel((0, 0), 255 if mode in ("L", "P", "I;16") else (255,) * len(mode))
    image.save(out, kind, **how)
    return out.getvalue()


def from_a_telephone() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "TELEPHONE"
    exif.get_ifd(0x8769)[0x9003] = "2026:05:04 10:11:12"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (23.0, 6.0, 0.0)
    return picture(size=(400, 200), exif=exif, comment=b"SECRET PLACE", dpi=(300, 300))


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def code_of(content: bytes) -> str:
    with pytest.raises(InvalidError) as caught:
        clean_photo(content, "楼道.jpg")
    assert caught.value.fields["name"] == "楼道.jpg"
    return caught.value.code


def test_nothing_but_pixels_is_kept_and_the_picture_stands_upright() -> None:
    clean = clean_photo(from_a_telephone())
    assert (clean.width, clean.height) == (200, 400)
    assert clean.taken_on == date(2026, 5, 4)
    for kept in (clean.jpeg, clean.thumbnail):
        with Image.open(io.BytesIO(kept)) as again:
            assert again.format == "JPEG"
            assert not again.getexif()
            assert not {"exif", "comment", "icc_profile", "dpi"} & set(again.info)
        assert not any(word in kept for word in (b"TELEPHONE", b"SECRET", b"2026:05", b"Exif"))


def test_large_pictures_shrink() -> None:
    clean = clean_photo(picture(size=(4000, 3000)))
    assert (clean.width, clean.height) == (LONGEST_SIDE, 1200)
    with Image.open(io.BytesIO(clean.thumbnail)) as small:
        assert max(small.size) == THUMBNAIL_SIDE


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("PNG", "P"), ("PNG", "I;16"), ("PNG", "1"), ("WEBP", "RGBA"), ("JPEG", "CMYK"),
     ("JPEG", "L")],
)  # fmt: skip
def test_every_colour_mode_becomes_a_plain_picture(kind: str, mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    assert (clean_photo(out.getvalue()).width, clean_photo(out.getvalue()).height) == (30, 20)


def test_transparent_ground_turns_white_and_deep_greys_keep_their_tone() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    deep = io.BytesIO()
    Image.new("I;16", (8, 8), 32768).save(deep, "PNG")
    tones = [Image.open(io.BytesIO(clean_photo(one.getvalue()).jpeg)).getpixel((4, 4)) for one in (out, deep)]
    assert tones[0] == (255, 255, 255)
    assert all(abs(tone - 128) <= 2 for tone in tones[1])  # type: ignore[union-attr, operator]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo.empty"),
        (b"MZ\x90\x00 not a picture", "photo.not_a_photo"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "photo.not_a_photo"),
        (b"%PDF-1.7", "photo.not_a_photo"),
        (picture("GIF", mode="P"), "photo.not_a_photo"),
        (picture("TIFF"), "photo.not_a_photo"),
        (b"\xff" * (MAX_BYTES + 1), "photo.too_large"),
        (png_that_claims(60_000, 60_000), "photo.too_many_pixels"),
        (png_that_claims(9_600, 9_600), "photo.too_many_pixels"),
        # A small file can hold many pixels: kinds that are read whole may have fewer of them, and no side is endless.
        (png_that_claims(4_100, 4_100), "photo.too_many_pixels"),
        (png_that_claims(60_000, 100), "photo.too_many_pixels"),
        (picture("WEBP", (4_000, 3_600)), "photo.too_many_pixels"),
        (png_that_claims(2_000, 2_000), "photo.damaged"),
        (picture(size=(300, 300))[:-200], "photo.damaged"),
    ],
)
def test_what_is_no_photo_is_refused_by_name(content: bytes, code: str) -> None:
    assert code_of(content) == code


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_is_refused_or_survived_never_raised(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([from_a_telephone(), picture("PNG", mode="P"), picture("WEBP")])))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidError):
        assert clean_photo(bytes(whole)).jpeg.startswith(b"\xff\xd8")
