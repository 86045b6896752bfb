"""Reconcile a poll per venue, channel and day: codes against where they stand, ballots against codes and boxes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from renovation.model.accounts import Action, Actor
from renovation.model.ballots import PaperBatch, PaperState, Verdict
from renovation.model.polls import Channel, CodeState, Poll
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.polls import codes, paper, polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the reconciliation: two counts that must be equal.

    ``kind`` is ``codes`` (issued = spent + spoiled + void + unused), ``screen`` (codes spent on screen = ballots cast
    on screen), ``paper`` (sheets given out = in the box + handed back spoiled + not returned, per venue and day) or
    ``box`` (in the box = valid + blank + spoiled; nothing is found while the batch is not closed). Codes are made once
    for all days, so their lines have none.
    """

    kind: str
    venue: str
    left: int
    right: int
    channel: Channel | None = None
    day: date | None = None
    parts: tuple[tuple[str, int], ...] = ()
    label: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the two counts differ."""
        return self.left != self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """All lines of a poll, and totals by channel and day."""

    lines: tuple[Line, ...]
    by_channel: tuple[tuple[Channel, int], ...]
    by_day: tuple[tuple[date, Channel, str, int], ...]

    @property
    def open_lines(self) -> tuple[Line, ...]:
        """The lines that do not agree."""
        return tuple(line for line in self.lines if line.is_open)


def reconcile(store: Store, actor: Actor, poll_id: str) -> Reconciliation:
    """Return the reconciliation of a poll as it stands."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return reconciliation_of(door.connection, door.poll(poll_id))


def open_lines(connection: Connection, poll: Poll) -> tuple[Line, ...]:
    """Return the lines of a poll that do not agree, as seen in this transaction."""
    return reconciliation_of(connection, poll).open_lines


def reconciliation_of(connection: Connection, poll: Poll) -> Reconciliation:
    """Return the reconciliation of a poll as seen in this transaction."""
    names: dict[int | None, str] = {place.id: place.name for place in polls.venues(connection, poll.id)}
    names[None] = ""
    lines = [
        *_code_lines(connection, poll, names),
        *_screen_lines(connection, poll, names),
        *_paper_lines(connection, poll, names),
    ]
    places = [place for place in polls.ballots_by_place(connection, poll.id) if not place[3]]
    channels: Counter[Channel] = Counter()
    days: Counter[tuple[date, Channel, str]] = Counter()
    for venue_id, channel, day, _test, count in places:
        channels[channel] += count
        days[day, channel, names.get(venue_id, "")] += count
    return Reconciliation(
        lines=tuple(lines),
        by_channel=tuple(sorted(channels.items())),
        by_day=tuple((*key, count) for key, count in sorted(days.items())),
    )


def _code_lines(connection: Connection, poll: Poll, names: dict[int | None, str]) -> list[Line]:
    lines = []
    for counted in codes.batches(connection, poll.id):
        parts = tuple((state.value, counted.states.get(state, 0)) for state in CodeState)
        lines.append(
            Line(
                kind="codes",
                venue=names[counted.batch.venue_id],
                label=counted.batch.label,
                left=counted.batch.size,
                right=sum(count for _, count in parts),
                parts=parts,
            )
        )
    return lines


def _screen_lines(connection: Connection, poll: Poll, names: dict[int | None, str]) -> list[Line]:
    cast: Counter[tuple[int | None, Channel, date]] = Counter()
    spent: Counter[tuple[int | None, Channel, date]] = Counter()
    for venue_id, channel, day, _test, count in polls.ballots_by_place(connection, poll.id):
        if channel in (Channel.STATION, Channel.PHONE):
            cast[venue_id, channel, day] += count
    for venue_id, channel, day, count in codes.spent_by_place(connection, poll.id):
        if channel in (Channel.STATION, Channel.PHONE):
            spent[venue_id, channel, day] += count
    if any(venue_id is None for venue_id, _, _ in spent):
        # A code bound to no venue may vote anywhere, so venues cannot be told apart here.
        cast, spent = _everywhere(cast), _everywhere(spent)
    keys = sorted(cast.keys() | spent.keys(), key=lambda key: (names[key[0]], key[2], key[1]))
    return [
        Line(kind="screen", venue=names[key[0]], channel=key[1], day=key[2], left=spent[key], right=cast[key])
        for key in keys
    ]


def _everywhere(
    counts: Counter[tuple[int | None, Channel, date]],
) -> Counter[tuple[int | None, Channel, date]]:
    lumped: Counter[tuple[int | None, Channel, date]] = Counter()
    for (_venue_id, channel, day), count in counts.items():
        lumped[None, channel, day] += count
    return lumped


def _paper_lines(connection: Connection, poll: Poll, names: dict[int | None, str]) -> list[Line]:
    """Return a line for every box, and one per venue and day for what was handed out against what came back."""
    handed: Counter[tuple[int | None, date]] = Counter()
    for venue_id, channel, day, count in codes.spent_by_place(connection, poll.id, with_tests=False):
        if channel is Channel.PAPER:
            handed[venue_id, day] += count
    # A code bound to no venue may be handed a ballot at any of them, so venues cannot be told apart.
    lump = any(venue_id is None for venue_id, _day in handed)
    covers: dict[tuple[int | None, date], list[PaperBatch]] = defaultdict(list)
    lines = []
    for batch in paper.batches(connection, poll.id):
        covers[None if lump else batch.venue_id, batch.day].append(batch)
        lines.append(_box_line(connection, batch, names))
    given: Counter[tuple[int | None, date]] = Counter()
    for (venue_id, day), count in handed.items():
        given[None if lump else venue_id, day] += count
    days = sorted(given.keys() | covers.keys(), key=lambda key: (names[key[0]], key[1]))
    lines += [_handed_line(names[venue_id], day, given[venue_id, day], covers[venue_id, day]) for venue_id, day in days]
    return lines


def _box_line(connection: Connection, batch: PaperBatch, names: dict[int | None, str]) -> Line:
    verdicts = paper.final_verdicts(connection, batch.id) if batch.state is PaperState.CLOSED else {}
    parts = tuple((verdict.value, verdicts.get(verdict, 0)) for verdict in Verdict)
    return Line(
        kind="box",
        venue=names[batch.venue_id],
        label=batch.label,
        channel=Channel.PAPER,
        day=batch.day,
        left=batch.counted,
        right=sum(count for _, count in parts),
        parts=parts,
    )


def _handed_line(venue: str, day: date, handed: int, covers: Sequence[PaperBatch]) -> Line:
    """Hold the sheets given out (one per code, and another for each handed back spoiled) against what came back."""
    spoiled = sum(batch.spoiled_at_desk for batch in covers)
    parts = (
        ("in_box", sum(batch.counted for batch in covers)),
        ("replaced", spoiled),
        ("not_returned", sum(batch.not_returned for batch in covers)),
    )
    return Line(
        kind="paper",
        venue=venue,
        channel=Channel.PAPER,
        day=day,
        left=handed + spoiled,
        right=sum(count for _, count in parts),
        parts=parts,
    )
