"""What is counted, as tables for every paper: ballots by venue and channel, and the lines of the reconciliation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from renovation.model.polls import Channel, Turnout
from renovation.rules.polls.reconciliation import Count, Line
from renovation.text import text
from renovation.text.formats import format_count, format_date

_COLUMNS = (
    *("venue", "channel", "given", "replaced", "not_returned", "came"),
    *("valid", "blank", "spoiled", "over", "counted"),
)
#: Kinds of the reconciliation's lines, in the order of the day.
LINE_KINDS = ("codes", "screen", "paper", "box")
#: Widths in proportion.
COUNT_WIDTHS = (25, 19, 15, 15, 15, 15, 15, 15, 15, 15, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """Headings, rows with the sum last, and what has to be said below."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def count_table(counts: Sequence[Count], turnout: Turnout, language: str) -> CountTable | None:
    """Return the table; nothing for a poll that was held elsewhere, of which nobody kept such counts.

    Its last line adds up: came in = valid + blank + not counted.
    """
    if not counts:
        return None

    def number(value: int | None) -> str:
        return "—" if value is None else format_count(value, language)

    def line(one: Count) -> tuple[str, ...]:
        on_paper = one.channel is Channel.PAPER
        return (
            one.venue or text("notice.count.everywhere", language),
            text(f"enum.Channel.{one.channel.value}", language),
            number(one.given),
            *(map(number, (one.replaced, one.not_returned)) if on_paper else ("", "")),
            number(one.came),
            *map(number, (one.valid, one.blank)),
            *(map(number, (one.spoiled, one.over)) if on_paper else ("", "")),
            number(one.counted),
        )

    papers = [one for one in counts if one.channel is Channel.PAPER]
    refused = sum(one.came - one.counted for one in papers)
    spoiled, over = ([getattr(one, name) for one in papers] for name in ("spoiled", "over"))
    told = None not in spoiled
    total = (
        text("notice.count.total", language),
        "",
        number(sum(one.given for one in counts)),
        number(sum(one.replaced for one in counts)),
        number(sum(one.not_returned for one in counts)),
        number(sum(one.came for one in counts)),
        number(None if turnout.blank is None else turnout.ballots - turnout.blank),
        number(turnout.blank),
        number(sum(spoiled) if told else None),
        number(sum(over) if told else None),
        number(sum(one.counted for one in counts)),
    )
    notes = [text("notice.count.sum", language, came=sum(one.came for one in counts), refused=refused)]
    if any(one.blank is None for one in counts):
        notes.append(text("notice.count.few", language))
    return CountTable(
        headings=tuple(text(f"notice.count.{name}", language) for name in _COLUMNS),
        rows=(*map(line, counts), total),
        notes=tuple(notes),
    )


def line_table(kind: str, lines: Sequence[Line], language: str) -> tuple[list[str], list[list[str]], range]:
    """Return headings and rows of the lines of one kind, and which columns hold numbers.

    Where a line does not agree, its last cell says by how much.
    """
    words = {"venue": "poll.column.venue", "batch": "reconcile.batch", "channel": "poll.column.channel"}
    asked = {
        "batch": any(line.label for line in lines),
        "channel": kind == "screen",
        "day": any(line.day for line in lines),
    }
    columns = ["venue", *(name for name, wanted in asked.items() if wanted)]
    parts = list(dict.fromkeys(itertools.chain(*(dict(line.parts) for line in lines))))

    def row(line: Line) -> list[str]:
        told = dict(line.parts)
        where = {
            "venue": line.venue or text("code.no_venue", language),
            "batch": line.label,
            "channel": text(f"enum.Channel.{line.channel.value}", language) if line.channel else "",
            "day": format_date(line.day, language) if line.day else "",
        }
        off = text("reconcile.no", language, difference=line.right - line.left)
        return [
            *(where[name] for name in columns),
            format_count(line.left, language),
            *(format_count(told[part], language) if part in told else "—" for part in parts),
            format_count(line.right, language),
            off if line.is_open else text("reconcile.yes", language),
        ]

    headings = [
        *(text(words.get(name, f"code.{name}"), language) for name in columns),
        text(f"reconcile.left.{kind}", language),
        *(text(f"reconcile.part.{part}", language) for part in parts),
        text(f"reconcile.right.{kind}", language),
        text("reconcile.agrees", language),
    ]
    return headings, [row(line) for line in lines], range(len(columns), len(headings) - 1)
