"""Reconcile a poll: per venue, codes issued against codes accounted for, and ballots against codes and boxes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from renovation.model.accounts import Action, Actor, require
from renovation.model.paper import PaperState, Verdict
from renovation.model.polls import Channel, CodeState, Poll
from renovation.store import Connection, Store, codes, paper, polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the reconciliation: two counts that must be equal.

    ``kind`` is ``codes`` (issued = spent + spoiled + void + unused), ``screen`` (codes spent on screen = ballots cast
    on screen), ``paper`` (paper handed out = in the box + not returned), ``box`` (in the box = valid + blank + spoiled)
    or ``batch`` (a batch of paper that is not closed yet).
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
    require(actor, Action.SEE_REGISTER)
    with store.read() as connection:
        return reconciliation_of(connection, polls.get(connection, poll_id))


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
    handed: Counter[int | None] = Counter()
    for venue_id, channel, _day, count in codes.spent_by_place(connection, poll.id, with_tests=False):
        if channel is Channel.PAPER:
            handed[venue_id] += count
    back: Counter[int | None] = Counter()
    boxes: Counter[int | None] = Counter()
    missing: Counter[int | None] = Counter()
    lines = []
    for batch in paper.batches(connection, poll.id):
        boxes[batch.venue_id] += batch.counted
        missing[batch.venue_id] += batch.not_returned
        back[batch.venue_id] += batch.counted + batch.not_returned
        verdicts = paper.final_verdicts(connection, batch.id) if batch.state is PaperState.CLOSED else {}
        parts = tuple((verdict.value, verdicts.get(verdict, 0)) for verdict in Verdict)
        lines.append(
            Line(
                kind="box",
                venue=names[batch.venue_id],
                label=batch.label,
                day=batch.day,
                left=batch.counted,
                right=sum(count for _, count in parts),
                parts=parts,
            )
        )
    for venue_id in sorted(handed.keys() | back.keys(), key=lambda key: names[key]):
        parts = (("in_box", boxes[venue_id]), ("not_returned", missing[venue_id]))
        lines.append(
            Line(kind="paper", venue=names[venue_id], left=handed[venue_id], right=back[venue_id], parts=parts)
        )
    return lines
