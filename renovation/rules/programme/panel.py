"""Panel scoring: assessors give points, conflicts of interest step out, public votes are added in stated shares.

Exact fractions: a prize is decided by them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.panels import Panel, PanelCriterion, ScoreSheet, VoteChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelLine:
    """An entry's panel result.

    Attributes
    ----------
    points
        Mean of the sheets that count, out of ``maximum``; ``None`` when no sheet counts.
    counted, dropped, excluded
        Assessors whose sheet counts, was dropped as highest or lowest, or stepped out for a conflict of interest.
    incomplete
        Assessors whose sheet lacks a criterion; it does not count until it is complete.
    """

    entry: str
    points: Fraction | None
    maximum: Fraction
    counted: tuple[str, ...]
    dropped: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()

    @property
    def share(self) -> Fraction | None:
        """Return the points as a share of the most there are."""
        return None if self.points is None else self.points / self.maximum


def score_panel(
    entries: Sequence[str],
    criteria: Sequence[PanelCriterion],
    sheets: Sequence[ScoreSheet],
    *,
    drop_highest_and_lowest: bool = False,
    conflicts_of_interest: Collection[tuple[str, str]] = (),
) -> tuple[PanelLine, ...]:
    """Score entries by a panel, in the order of ``entries``.

    Parameters
    ----------
    drop_highest_and_lowest
        Leave one highest and one lowest total out of each entry's mean. With fewer than three sheets nothing is
        dropped, and ``dropped`` says so by being empty.
    conflicts_of_interest
        (assessor, entry) pairs whose sheet does not count.

    Raises
    ------
    InvalidError
        ``panel.no_criteria``, ``panel.unknown_entry``, ``panel.unknown_criterion``, ``panel.out_of_range`` or
        ``panel.sheet_twice``.
    """
    if not criteria:
        raise InvalidError("panel.no_criteria")
    by_code = {criterion.code: criterion for criterion in criteria}
    maximum = sum((criterion.max_points for criterion in criteria), Fraction(0))
    by_entry: dict[str, dict[str, ScoreSheet]] = {entry: {} for entry in entries}
    for sheet in sheets:
        _check(sheet, by_code, by_entry)
        by_entry[sheet.entry][sheet.assessor] = sheet
    lines = []
    for entry in entries:
        totals: list[tuple[Fraction, str]] = []
        excluded, incomplete = [], []
        for assessor, sheet in sorted(by_entry[entry].items()):
            if (assessor, entry) in conflicts_of_interest:
                excluded.append(assessor)
            elif sheet.points.keys() != by_code.keys():
                incomplete.append(assessor)
            else:
                totals.append((sum(sheet.points.values(), Fraction(0)), assessor))
        dropped: list[str] = []
        if drop_highest_and_lowest and len(totals) >= 3:
            totals.sort()
            dropped = [totals[0][1], totals[-1][1]]
            totals = totals[1:-1]
        points = sum((total for total, _ in totals), Fraction(0)) / len(totals) if totals else None
        lines.append(
            PanelLine(
                entry=entry,
                points=points,
                maximum=maximum,
                counted=tuple(sorted(assessor for _, assessor in totals)),
                dropped=tuple(dropped),
                excluded=tuple(excluded),
                incomplete=tuple(incomplete),
            )
        )
    return tuple(lines)


def _check(
    sheet: ScoreSheet, by_code: Mapping[str, PanelCriterion], by_entry: Mapping[str, Mapping[str, ScoreSheet]]
) -> None:
    if sheet.entry not in by_entry:
        raise InvalidError("panel.unknown_entry", entry=sheet.entry)
    if sheet.assessor in by_entry[sheet.entry]:
        raise InvalidError("panel.sheet_twice", assessor=sheet.assessor, entry=sheet.entry)
    for code, points in sheet.points.items():
        if code not in by_code:
            raise InvalidError("panel.unknown_criterion", criterion=code)
        if not 0 <= points <= by_code[code].max_points:
            raise InvalidError(
                "panel.out_of_range",
                assessor=sheet.assessor,
                entry=sheet.entry,
                criterion=by_code[code].name,
                limit=by_code[code].max_points,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedLine:
    """An entry's final score out of 1, what the public and the panel add to it, and its rank (equals share one)."""

    entry: str
    public: Fraction
    panel: Fraction | None
    score: Fraction | None
    rank: int | None


def pro_rata(votes: Mapping[str, int], entries: Sequence[str]) -> dict[str, Fraction]:
    """Give the best entry full marks and the others theirs in proportion to its votes."""
    most = max((votes.get(entry, 0) for entry in entries), default=0)
    return {entry: Fraction(votes.get(entry, 0), most) if most else Fraction(0) for entry in entries}


def combine_scores(
    lines: Sequence[PanelLine], channels: Sequence[VoteChannel], *, public_share: Fraction
) -> tuple[CombinedLine, ...]:
    """Combine panel and public, best first (as in the Guangzhou contest: 40 online / 60 on site of the public part).

    An entry without a counting panel sheet has no score and no rank, unless the panel counts nothing.

    Raises
    ------
    InvalidError
        ``panel.shares`` when the channels' shares do not add up to one, or ``public_share`` is not within 0 … 1.
    """
    if not 0 <= public_share <= 1 or (public_share and sum(channel.share for channel in channels) != 1):
        raise InvalidError("panel.shares")
    entries = [line.entry for line in lines]
    public = dict.fromkeys(entries, Fraction(0))
    for channel in channels:
        for entry, mark in pro_rata(channel.votes, entries).items():
            public[entry] += channel.share * mark
    scored: list[tuple[PanelLine, Fraction | None]] = []
    for line in lines:
        panel = line.share if public_share < 1 else Fraction(0)
        score = None if panel is None else public_share * public[line.entry] + (1 - public_share) * panel
        scored.append((line, score))
    combined = [
        CombinedLine(
            entry=line.entry,
            public=public[line.entry],
            panel=line.share,
            score=score,
            rank=None if score is None else 1 + sum(other > score for _, other in scored if other is not None),
        )
        for line, score in scored
    ]
    return tuple(sorted(combined, key=lambda line: (line.rank is None, line.rank or 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelResult:
    """What a panel came to: its own lines in the order of the entries, and the combined ones, best first.

    ``missing`` are (assessor, entry) pairs nobody has given points for, who did not step out either.
    """

    lines: tuple[PanelLine, ...]
    combined: tuple[CombinedLine, ...]
    missing: tuple[tuple[str, str], ...]


def result_of(panel: Panel) -> PanelResult:
    """Work out a panel's result; incomplete sheets do not count and are named."""
    setup = panel.setup
    out = {(one.assessor, one.entry) for one in panel.conflicts}
    lines = score_panel(
        [entry.code for entry in setup.entries],
        setup.criteria,
        panel.sheets,
        drop_highest_and_lowest=setup.drop_highest_and_lowest,
        conflicts_of_interest=out,
    )
    full = {criterion.code for criterion in setup.criteria}
    given = {(sheet.assessor, sheet.entry) for sheet in panel.sheets if sheet.points.keys() == full}
    missing = tuple(
        (assessor, entry.code)
        for assessor in setup.assessors
        for entry in setup.entries
        if (assessor, entry.code) not in given | out
    )
    combined = combine_scores(lines, setup.channels, public_share=setup.public_share)
    return PanelResult(lines=lines, combined=combined, missing=missing)
