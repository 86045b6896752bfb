"""Two counts of the same thing, by venue and day: where they differ, and where venues cannot be told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

from renovation.model.ballots import PaperBatch, PaperState, Verdict
from renovation.model.polls import BatchCount, Channel, CodeBatch, CodeState
from renovation.rules.polls.reconciliation import reconciliation

DAY, NEXT = date(2026, 6, 1), date(2026, 6, 2)


def box(venue_id: int, *, counted: int, spoiled: int = 0, not_returned: int = 0) -> PaperBatch:
    return PaperBatch(
        id=1,
        poll_id="a",
        label="一箱",
        venue_id=venue_id,
        day=DAY,
        counted=counted,
        spoiled_at_desk=spoiled,
        not_returned=not_returned,
        state=PaperState.CLOSED,
    )


def test_every_pair_of_counts_is_held_against_each_other() -> None:
    codes = BatchCount(
        batch=CodeBatch(
            id=1, poll_id="a", label="甲", size=10, venue_id=1, test=False, created_at=datetime(2026, 5, 1, tzinfo=UTC)
        ),
        states={CodeState.SPENT: 6, CodeState.UNUSED: 3},
    )
    found = reconciliation(
        venues={1: "东门", 2: "西门"},
        codes=[codes],
        spent=[
            (1, Channel.STATION, DAY, False, 4),
            (2, Channel.STATION, NEXT, True, 1),
            (1, Channel.PAPER, DAY, False, 5),
            (1, Channel.PAPER, DAY, True, 9),
        ],
        cast=[
            (1, Channel.STATION, DAY, False, 3),
            (2, Channel.STATION, NEXT, True, 1),
            (1, Channel.PAPER, DAY, False, 4),
        ],
        boxes=[(box(1, counted=4, spoiled=2, not_returned=1), {Verdict.VALID: 3, Verdict.BLANK: 1})],
    )
    told = [(line.kind, line.venue, line.day, line.left, line.right) for line in found.lines]
    assert told == [
        ("codes", "东门", None, 10, 9),
        ("screen", "东门", DAY, 4, 3),
        ("screen", "西门", NEXT, 1, 1),
        ("box", "东门", DAY, 4, 4),
        ("paper", "东门", DAY, 7, 7),
    ]
    assert [line.kind for line in found.open_lines] == ["codes", "screen"]
    # Tests are codes and ballots like others where they are held against each other, and count nowhere.
    assert found.by_channel == ((Channel.PAPER, 4), (Channel.STATION, 3))
    assert found.by_day == ((DAY, Channel.PAPER, "东门", 4), (DAY, Channel.STATION, "东门", 3))


def test_codes_bound_to_no_venue_lump_the_venues_of_their_channel() -> None:
    found = reconciliation(
        venues={1: "东门", 2: "西门"},
        codes=[],
        spent=[(None, Channel.PHONE, DAY, False, 2), (None, Channel.PAPER, DAY, False, 4)],
        cast=[(1, Channel.PHONE, DAY, False, 1), (2, Channel.PHONE, DAY, False, 1)],
        boxes=[(box(1, counted=3), {}), (box(2, counted=1), {})],
    )
    told = [(line.kind, line.venue, line.left, line.right) for line in found.lines]
    assert told == [("screen", "", 2, 2), ("box", "东门", 3, 0), ("box", "西门", 1, 0), ("paper", "", 4, 4)]
