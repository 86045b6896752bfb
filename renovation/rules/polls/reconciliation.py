"""Reconcile a poll per venue, channel and day: codes against where they stand, ballots against codes and boxes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from renovation.model.ballots import PaperBatch, Verdict
from renovation.model.polls import BatchCount, Channel, CodeState

_ON_SCREEN = (Channel.STATION, Channel.PHONE)
#: A venue's id (none where a code is bound to no venue), the channel, and the day.
_Place = tuple[int | None, Channel, date]


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
class Count:
    """What one venue and channel brought, trials left out, as the papers say that are signed.

    Attributes
    ----------
    venue
        Empty for all of them together, where a code may vote anywhere.
    given
        Codes spent on a screen; sheets handed out, replacements included.
    came
        Ballots cast on a screen; sheets in the boxes.
    counted
        Ballots in the ledger: valid and blank ones.
    blank, spoiled, over
        ``None`` where it is not told: of few ballots, and while a box is not closed.
    """

    venue: str
    channel: Channel
    given: int
    came: int
    counted: int
    replaced: int = 0
    not_returned: int = 0
    blank: int | None = None
    spoiled: int | None = None
    over: int | None = None

    @property
    def valid(self) -> int | None:
        """Ballots that chose something."""
        return None if self.blank is None else self.counted - self.blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """All lines of a poll, and totals by channel and day; ``changed`` names tables written past the services."""

    lines: tuple[Line, ...]
    counts: tuple[Count, ...]
    by_channel: tuple[tuple[Channel, int], ...]
    by_day: tuple[tuple[date, Channel, str, int], ...]
    changed: tuple[str, ...] = ()

    @property
    def open_lines(self) -> tuple[Line, ...]:
        """The lines that do not agree."""
        return tuple(line for line in self.lines if line.is_open)


def reconciliation(
    *,
    venues: Mapping[int | None, str],
    codes: Iterable[BatchCount],
    spent: Iterable[tuple[int | None, Channel, date, bool, int]],
    cast: Iterable[tuple[int | None, Channel, date, bool, int]],
    boxes: Sequence[tuple[PaperBatch, Mapping[str, int]]],
    blanks: Mapping[tuple[int | None, Channel], tuple[int, int]] | None = None,
) -> Reconciliation:
    """Hold the counts of a poll against each other.

    Parameters
    ----------
    venues
        Names by id.
    spent, cast
        Codes spent and ballots in the ledger, by venue, channel, day and whether they are tests.
    boxes
        Batches of paper and what is found in them; nothing while a batch is not closed.
    blanks
        (venue, channel) → (ballots that still say so, blank ones among them); none while people vote.
    """
    names = {**venues, None: ""}
    used, kept = list(spent), list(cast)
    channels: Counter[Channel] = Counter()
    days: Counter[tuple[date, Channel, str]] = Counter()
    for venue_id, channel, day, test, count in kept:
        if not test:
            channels[channel] += count
            days[day, channel, names.get(venue_id, "")] += count
    return Reconciliation(
        lines=(
            *(_code_line(one, names) for one in codes),
            *_screen_lines(used, kept, names),
            *(_box_line(batch, found, names) for batch, found in boxes),
            *_paper_lines(used, [batch for batch, _ in boxes], names),
        ),
        counts=_counts(used, kept, boxes, names, blanks or {}),
        by_channel=tuple(sorted(channels.items())),
        by_day=tuple((*key, count) for key, count in sorted(days.items())),
    )


def _code_line(counted: BatchCount, names: Mapping[int | None, str]) -> Line:
    parts = tuple((state.value, counted.states.get(state, 0)) for state in CodeState)
    return Line(
        kind="codes",
        venue=names[counted.batch.venue_id],
        label=counted.batch.label,
        left=counted.batch.size,
        right=sum(count for _, count in parts),
        parts=parts,
    )


def _counted(
    rows: Iterable[tuple[int | None, Channel, date, bool, int]], channels: Sequence[Channel], *, tests: bool
) -> Counter[_Place]:
    found: Counter[_Place] = Counter()
    for venue_id, channel, day, test, count in rows:
        if channel in channels and (tests or not test):
            found[venue_id, channel, day] += count
    return found


def _everywhere(counts: Counter[_Place]) -> Counter[_Place]:
    lumped: Counter[_Place] = Counter()
    for (_venue_id, channel, day), count in counts.items():
        lumped[None, channel, day] += count
    return lumped


def _screen_lines(
    used: Iterable[tuple[int | None, Channel, date, bool, int]],
    kept: Iterable[tuple[int | None, Channel, date, bool, int]],
    names: Mapping[int | None, str],
) -> list[Line]:
    spent, cast = _counted(used, _ON_SCREEN, tests=True), _counted(kept, _ON_SCREEN, tests=True)
    if any(venue_id is None for venue_id, _, _ in spent):
        # A code bound to no venue may vote anywhere, so venues cannot be told apart here.
        cast, spent = _everywhere(cast), _everywhere(spent)
    keys = sorted(cast.keys() | spent.keys(), key=lambda key: (names[key[0]], key[2], key[1]))
    return [
        Line(kind="screen", venue=names[key[0]], channel=key[1], day=key[2], left=spent[key], right=cast[key])
        for key in keys
    ]


def _box_line(batch: PaperBatch, found: Mapping[str, int], names: Mapping[int | None, str]) -> Line:
    kinds = [verdict.value for verdict in Verdict] if batch.verdicts is None else list(found)
    parts = tuple((kind, found.get(kind, 0)) for kind in kinds)
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


def _paper_lines(
    used: Iterable[tuple[int | None, Channel, date, bool, int]],
    batches: Iterable[PaperBatch],
    names: Mapping[int | None, str],
) -> list[Line]:
    """Return a line per venue and day for what was handed out against what came back."""
    handed = _counted(used, (Channel.PAPER,), tests=False)
    # A code bound to no venue may be handed a ballot at any of them, so venues cannot be told apart.
    lump = any(venue_id is None for venue_id, _, _ in handed)
    if lump:
        handed = _everywhere(handed)
    covers: dict[_Place, list[PaperBatch]] = defaultdict(list)
    for batch in batches:
        covers[None if lump else batch.venue_id, Channel.PAPER, batch.day].append(batch)
    days = sorted(handed.keys() | covers.keys(), key=lambda key: (names[key[0]], key[2]))
    return [_handed_line(names[key[0]], key[2], handed[key], covers[key]) for key in days]


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


def _counts(
    used: Iterable[tuple[int | None, Channel, date, bool, int]],
    kept: Iterable[tuple[int | None, Channel, date, bool, int]],
    boxes: Sequence[tuple[PaperBatch, Mapping[str, int]]],
    names: Mapping[int | None, str],
    blanks: Mapping[tuple[int | None, Channel], tuple[int, int]],
) -> tuple[Count, ...]:
    channels = (*_ON_SCREEN, Channel.PAPER)
    given, cast = _counted(used, channels, tests=False), _counted(kept, channels, tests=False)
    lump = any(venue_id is None for venue_id, _, _ in given)
    spent: Counter[tuple[int | None, Channel]] = Counter()
    counted: Counter[tuple[int | None, Channel]] = Counter()
    for found, days in ((spent, given), (counted, cast)):
        for (venue_id, channel, _day), count in days.items():
            found[None if lump else venue_id, channel] += count
    papers: dict[int | None, list[tuple[PaperBatch, Mapping[str, int]]]] = defaultdict(list)
    for batch, found_in in boxes:
        papers[None if lump else batch.venue_id].append((batch, found_in))
    told: Counter[tuple[int | None, Channel]] = Counter()
    empty: Counter[tuple[int | None, Channel]] = Counter()
    for (venue_id, channel), (ballots, blank) in blanks.items():
        told[None if lump else venue_id, channel] += ballots
        empty[None if lump else venue_id, channel] += blank
    keys = {*spent, *counted, *((venue_id, Channel.PAPER) for venue_id in papers)}
    return tuple(
        _paper_count(names[venue_id], spent[key], counted[key], papers[venue_id])
        if (key := (venue_id, channel))[1] is Channel.PAPER
        else Count(
            venue=names[venue_id],
            channel=channel,
            given=spent[key],
            came=counted[key],
            counted=counted[key],
            blank=empty[key] if told[key] == counted[key] and blanks else None,
        )
        for venue_id, channel in sorted(keys, key=lambda one: (names[one[0]], channels.index(one[1])))
    )


def _paper_count(venue: str, spent: int, counted: int, boxes: Sequence[tuple[PaperBatch, Mapping[str, int]]]) -> Count:
    replaced = sum(batch.spoiled_at_desk for batch, _ in boxes)
    apart = all(
        found.keys() <= {verdict.value for verdict in Verdict} and (found or not batch.counted)
        for batch, found in boxes
    )
    kinds = {kind: sum(found.get(kind.value, 0) for _, found in boxes) if apart else None for kind in Verdict}
    return Count(
        venue=venue,
        channel=Channel.PAPER,
        given=spent + replaced,
        came=sum(batch.counted for batch, _ in boxes),
        counted=counted,
        replaced=replaced,
        not_returned=sum(batch.not_returned for batch, _ in boxes),
        blank=kinds[Verdict.BLANK],
        spoiled=kinds[Verdict.SPOILED],
        over=kinds[Verdict.OVER],
    )
