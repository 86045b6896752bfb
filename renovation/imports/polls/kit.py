"""Read a kit or a sealed box, and say by name what is wrong with it. Nothing is looked into before its signature fits.

The first line says what the file is, which poll and kit it belongs to and how long it is; it is told apart by one
expression. The signature covers every byte after it and the line itself. Only then is the rest read, and of it only
what this program writes: each value of its kind and within its bounds, nothing twice, nothing more.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from renovation.errors import InvalidError
from renovation.model.canonical import to_json
from renovation.model.elections import NO

_MOST_BYTES = 20_000_000
_VERSION = 2
#: Kind, version, poll, kit, salt and wrapped key (of kits; nothing in boxes), length of the rest, signature.
_LINE = re.compile(
    rb"(renovation-(?:kit|box)) (\d{1,3}) ([0-9A-Za-z_-]{1,16}) ([0-9a-f]{16}) ([0-9a-f]{32}|-) ([0-9a-f]{64}|-) "
    rb"(\d{1,8}) ([0-9a-f]{64})\n"
)
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A file as it lies there, unread. ``signed`` is what the signature covers."""

    poll_id: str
    kit: str
    salt: str
    wrapped: str
    signed: bytes
    signature: str
    content: bytes


def open_envelope(content: bytes, kind: str) -> Envelope:
    """Return what the first line of a file says, and the rest unread.

    Raises
    ------
    InvalidError
        ``kit.too_large``, ``kit.not_one``, ``kit.other_kind``, ``kit.version``, ``kit.truncated`` or ``kit.padded``.
    """
    if len(content) > _MOST_BYTES:
        raise InvalidError("kit.too_large")
    line = _LINE.match(content[:_LONGEST_LINE])
    if line is None:
        begun = content.startswith(kind.encode()) and b"\n" not in content[:_LONGEST_LINE]
        raise InvalidError("kit.truncated" if begun and len(content) < _LONGEST_LINE else "kit.not_one")
    said, version, poll_id, kit, salt, wrapped, length, signature = (part.decode("ascii") for part in line.groups())
    if said != kind:
        raise InvalidError("kit.other_kind")
    if int(version) != _VERSION:
        raise InvalidError("kit.version", version=version)
    rest = content[line.end() :]
    if len(rest) != int(length):
        raise InvalidError("kit.truncated" if len(rest) < int(length) else "kit.padded")
    signed = content[: line.start(8)] + rest
    return Envelope(
        poll_id=poll_id, kit=kit, salt=salt, wrapped=wrapped, signed=signed, signature=signature, content=rest
    )


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _day(written: str) -> str:
    return date.fromisoformat(written).isoformat()


def _moment(written: str) -> str:
    return datetime.fromisoformat(written).isoformat(timespec="minutes")


_Id = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[0-9A-Za-z_-]+$")]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Day = Annotated[str, Field(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
_Key = Annotated[str, Field(min_length=1, max_length=60)]
_MOST = 200_000


class CodeRow(_Strict):
    """A code of the venue by its keyed hash."""

    code_hmac: _Hash
    serial: Annotated[int, Field(ge=1, le=10**7)]
    state: Literal["unused", "spent", "spoiled", "void"]
    channel: Literal["", "station", "phone", "paper"]
    spent_on: _Day | None
    attempt: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    reason: Annotated[str, Field(max_length=200)]
    label: Annotated[str, Field(max_length=80)]
    test: bool


class BallotRow(_Strict):
    """A ballot cast on the venue's screen."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    channel: Literal["station", "phone"]
    day: _Day
    choices: Annotated[list[_Key], Field(max_length=2_000)]
    points: Annotated[list[Annotated[int, Field(ge=NO, le=10**6)]], Field(max_length=2_000)]
    test: bool


class _Receipts(_Strict):
    true: Annotated[list[_Hash], Field(max_length=_MOST)]
    false: Annotated[list[_Hash], Field(max_length=_MOST)]


class _Named(_Strict):
    id: _Id
    digest: _Hash


_Moment = Annotated[
    str, Field(pattern=r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\+00:00$"), AfterValidator(_moment)
]
_Shown = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$")]


class ClockRow(_Strict):
    """What the venue's computer showed: when its kit was installed and its box sealed, and the days two people set."""

    installed_at: _Moment
    sealed_at: _Moment
    said: Annotated[dict[_Shown, _Day], Field(max_length=100)]


class BoxBody(_Strict):
    """What a sealed box brings."""

    kit: str
    poll: _Named
    venue: Annotated[str, Field(max_length=200)]
    codes: Annotated[list[CodeRow], Field(max_length=_MOST)]
    ballots: Annotated[list[BallotRow], Field(max_length=_MOST)]
    receipts: _Receipts
    clock: ClockRow
    rescued: _Day | None

    def under(self, wrong: Container[str | None], day: str) -> BoxBody:
        """Return what is said of wrong days written under another day."""
        spent = [row.model_copy(update={"spent_on": day}) if row.spent_on in wrong else row for row in self.codes]
        cast = [row.model_copy(update={"day": day}) if row.day in wrong else row for row in self.ballots]
        return self.model_copy(update={"codes": spent, "ballots": cast})


class _Promised(_Named):
    settings: dict[str, Any]


class _Venue(_Strict):
    name: Annotated[str, Field(max_length=200)]
    hours: Annotated[str, Field(max_length=20_000)]


class KitBody(_Strict):
    """What a kit brings. ``made_on`` is the first day on which its codes may be used at the venue.

    ``rescue`` is the keyed hash of the code that stands for a lost PIN of its station, once.
    """

    kit: str
    made_on: _Day
    rescue: _Hash
    poll: _Promised
    projects: Annotated[list[dict[str, Any]], Field(max_length=2_000)]
    cards: dict[str, Any]
    venue: _Venue
    codes: Annotated[list[CodeRow], Field(max_length=_MOST)]


_Body = TypeVar("_Body", bound=BaseModel)


def read_body(kind: type[_Body], content: bytes) -> _Body:
    """Return what lies in a file whose signature fits.

    Raises
    ------
    InvalidError
        ``kit.content``, with the place: this program writes no such thing.
    """
    try:
        read = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_no_key_twice,
            parse_constant=_no_such,
            parse_float=_finite,
            parse_int=_whole,
        )
        if to_json(read, indent=1).encode() != content:
            raise ValueError("form")
        return kind.model_validate(read)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InvalidError("kit.content", place=place[:80]) from None
    except (ValueError, RecursionError) as error:
        place = f"{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)[:80]
        raise InvalidError("kit.content", place=place) from None


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError(next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place])))
    return read


def _no_such(word: str) -> float:
    raise ValueError(word)


def _finite(digits: str) -> float:
    return number if math.isfinite(number := float(digits)) else _no_such(digits[:80])


def _whole(digits: str) -> int:
    if len(digits) > 18:
        raise ValueError(f"{digits[:18]}…")
    return int(digits)
