"""What a paper ballot is, and where two readings of it differ."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from renovation.errors import ConflictError, InvalidError
from renovation.model.ballots import Difference, Reading, Verdict, check_choices
from renovation.model.clock import day_of
from renovation.model.elections import BallotKind
from renovation.model.numerals import odd_figure
from renovation.model.polls import Poll, Venue

#: What makes a ballot invalid rather than the reading of it wrong.
_OVER_CODES = frozenset({"ballot.too_many", "ballot.over_budget", "ballot.too_many_points"})


def judge(poll: Poll, choices: Sequence[str], points: Sequence[int] = (), *, spoiled: bool = False) -> Verdict:
    """Say what a paper ballot is, by the same rules the screen uses.

    Raises
    ------
    InvalidError
        The reading itself cannot be: an unknown project, one twice, points that do not match.
    """
    if spoiled:
        return Verdict.SPOILED
    if not choices:
        return Verdict.BLANK
    try:
        check_choices(poll.settings, poll.projects, tuple(choices), tuple(points))
    except InvalidError as error:
        if error.code in _OVER_CODES:
            return Verdict.OVER
        raise
    return Verdict.VALID


def in_order(poll: Poll, choices: Sequence[str], points: Sequence[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return choices in the order of the ballot (rankings keep theirs), so that two readings compare."""
    if poll.settings.ballot_kind is BallotKind.RANKING:
        return tuple(choices), ()
    numbers = {entry.key: entry.number for entry in poll.projects}
    if points:
        pairs = sorted(zip(choices, points, strict=True), key=lambda pair: numbers.get(pair[0], 0))
        return tuple(key for key, _ in pairs), tuple(value for _, value in pairs)
    return tuple(sorted(choices, key=lambda key: numbers.get(key, 0))), ()


def compared(
    first: Mapping[int, Reading], second: Mapping[int, Reading], decided: Mapping[int, Reading]
) -> tuple[Difference, ...]:
    """Return the ballots, by the first's position, that two people read differently, with what a third has decided.

    Where both keyed the serial of every sheet, a sheet is held against itself, in whatever order they lay. Two readings
    alike count as a difference where both are uncertain: the same slip of both would else go unnoticed.
    """
    second = _by_serial(first, second)
    return tuple(
        Difference(position=position, first=first[position], second=second[position], decision=decided.get(position))
        for position in sorted(first.keys() & second.keys())
        if not first[position].same_as(second[position]) or not (first[position].certain or second[position].certain)
    )


def _by_serial(first: Mapping[int, Reading], second: Mapping[int, Reading]) -> Mapping[int, Reading]:
    """Return the second's readings at the positions where the first had the same sheets; what is left goes in order."""
    if not all(one.serial for one in (*first.values(), *second.values())):
        return second
    sheets = {second[position].serial: second[position] for position in sorted(second)}
    found = {position: sheets.pop(one.serial) for position, one in sorted(first.items()) if one.serial in sheets}
    found |= dict(zip((position for position in sorted(first) if position not in found), sheets.values(), strict=False))
    return found


_SERIAL = re.compile(r"(\d{1,4})-?(\d{3})", re.ASCII)


def serial_of(poll_id: str, room: str, number: int) -> str:
    """Return what a sheet is numbered with: the number, and three digits that fit this poll and venue alone.

    Digits, because clerks key them on a number pad. They keep sheets apart and seal nothing.

    Parameters
    ----------
    room
        The venue's, empty for a poll without venues.
    """
    mark = hashlib.sha256(f"{poll_id} {room} {number}".encode()).digest()
    return f"{number:04d}-{int.from_bytes(mark[:4]) % 1000:03d}"


def as_serial(typed: str) -> str:
    """Return a serial as it was printed, however it was typed or scanned; empty where none was.

    Raises
    ------
    InvalidError
        ``paper.serial_unknown``.
    """
    plain = "".join(one for one in unicodedata.normalize("NFKC", typed) if one.isprintable() and not one.isspace())
    if not plain:
        return ""
    if (found := _SERIAL.fullmatch(plain)) is None:
        raise InvalidError("paper.serial_unknown", serial=plain[:20])
    return f"{int(found[1]):04d}-{found[2]}"


def refuse_foreign(
    serial: str,
    poll: Poll,
    places: Sequence[Venue],
    venue_id: int | None,
    others: Callable[[], Iterable[tuple[Poll, Sequence[Venue]]]],
) -> None:
    """Refuse a sheet that was printed for another venue or poll, by its name, or for none that is known.

    Parameters
    ----------
    places, venue_id
        The poll's venues, and that of the batch; without one the sheets may be of any.
    others
        Returns the polls in sight with their venues; asked where the serial is not one of this poll's.

    Raises
    ------
    ConflictError
        ``paper.serial_other_venue`` or ``paper.serial_other_poll``.
    InvalidError
        ``paper.serial_unknown``.
    """
    number = int(serial[:4])

    def fits(held: Poll, rooms: Iterable[str]) -> bool:
        return any(serial_of(held.id, room, number) == serial for room in rooms)

    rooms = {place.room: place for place in places}
    if fits(poll, (room for room, place in rooms.items() if venue_id in (None, place.id))):
        return
    # Printed while the poll had no venues yet.
    if fits(poll, [""]):
        return
    for room, place in rooms.items():
        if fits(poll, [room]):
            raise ConflictError("paper.serial_other_venue", serial=serial, venue=place.name)
    for other, elsewhere in others():
        if fits(other, ["", *(place.room for place in elsewhere)]):
            raise ConflictError("paper.serial_other_poll", serial=serial, title=other.title)
    raise InvalidError("paper.serial_unknown", serial=serial)


def refuse_serial(reading: Reading, keyed: Mapping[int, Reading], elsewhere: Mapping[str, str]) -> None:
    """Refuse a sheet that is keyed already, in this batch or in another one of the poll and venue.

    Parameters
    ----------
    elsewhere
        Serial → the label of the other batch.

    Raises
    ------
    ConflictError
        ``paper.serial_twice`` or ``paper.serial_elsewhere``.
    """
    if not reading.serial:
        return
    for position, one in keyed.items():
        if one.serial == reading.serial and position != reading.position:
            raise ConflictError("paper.serial_twice", serial=reading.serial, position=position)
    if label := elsewhere.get(reading.serial):
        raise ConflictError("paper.serial_elsewhere", serial=reading.serial, label=label)


def refuse_before(poll: Poll, day: date) -> None:
    """Refuse a day of paper before voting began.

    Raises
    ------
    InvalidError
        ``paper.day_before``.
    """
    if poll.opened_at is not None and day < day_of(poll.opened_at):
        raise InvalidError("paper.day_before", day=day, opened=day_of(poll.opened_at))


_PARTED = re.compile(r"[\s,\u3001]+")
_POINTS = re.compile(r"\d{1,6}", re.ASCII)


def points_in(written: str) -> tuple[int, ...]:
    """Return the points that somebody typed in a row, parted by spaces or commas.

    Raises
    ------
    InvalidError
        ``paper.points_unread``: nothing of it is left out.
    """
    plain = [part for part in _PARTED.split(unicodedata.normalize("NFKC", written)) if part]
    if odd := odd_figure(written) or next((part for part in plain if not _POINTS.fullmatch(part)), ""):
        raise InvalidError("paper.points_unread", value=odd[:40])
    return tuple(map(int, plain))
