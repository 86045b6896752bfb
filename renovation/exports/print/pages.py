"""Objects in, printable A4 pages out: slips, paper ballots, poster, attendance, batch cover, reports, result sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import segno
from markupsafe import Markup

from renovation.exports.print.counts import LINE_KINDS, count_table, line_table
from renovation.exports.print.sketch import sketch
from renovation.model.clock import day_of
from renovation.model.codes import with_tag
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll, PollProject, Turnout
from renovation.rules.polls.reconciliation import Count, Reconciliation
from renovation.text import text
from renovation.text.formats import format_list, format_percent, grouped, wan_digits
from renovation.text.hours import open_words
from renovation.text.rules import rule_help

HTML = "text/html"
Page = tuple[str, str, bytes]

#: Two columns of four, so that four cuts separate a page.
_SLIPS_PER_PAGE = 8
_LARGE_SLIPS_PER_PAGE = 2


def place_said(place: tuple[str, str], language: str) -> str:
    """Name a venue, with its hours in brackets where it has its own."""
    name, hours = place
    return text("notice.when.venue", language, venue=name, hours=hours) if hours else name


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One project on the result sheet; ``votes`` and ``reason`` are already words."""

    number: str
    name: str
    cost: int
    votes: str
    selected: bool
    reason: str = ""


@cache
def _environment() -> jinja2.Environment:
    folder = Path(__file__).with_name("templates")
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(template: str, filename: str, language: str, **values: Any) -> Page:
    def say(key: str, **fields: Any) -> str:
        return text(f"print.{key}", language, **fields)

    page = _environment().get_template(template).render(say=say, lang=language, **values)
    return filename, HTML, page.encode("utf-8")


def qr(content: str) -> Markup:
    """Return a QR code as SVG, with a quiet zone and medium error correction."""
    code = segno.make(content, error="m", micro=False, boost_error=False)
    return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 (segno's own)


def how_to_vote(poll: Poll, language: str) -> str:
    """Return the one sentence that says how this ballot is filled in."""
    settings = poll.settings
    limit = 1 if settings.ballot_kind is BallotKind.CHOOSE_ONE else settings.max_choices
    kind = settings.ballot_kind.value
    if settings.ballot_kind is BallotKind.APPROVAL and limit is None:
        kind = "approval_any"
    elif settings.ballot_kind is BallotKind.RANKING and limit is not None:
        kind = "ordinal_limit"
    return text(
        f"poll.kind_sentence.{kind}",
        language,
        projects=len(poll.on_ballot),
        limit=limit,
        points=settings.max_points,
        budget=poll.free_budget,
    )


def how_it_is_decided(poll: Poll, language: str) -> str:
    """Return what the poll's rule does with its kind of ballot, in a line."""
    settings = poll.settings
    return rule_help(
        settings.rule,
        settings.rule_settings,
        language,
        kind=settings.ballot_kind,
        places=settings.max_choices,
    )


def what_and_why(entry: PollProject, language: str) -> str:
    """Return what a project does and why people asked for it, in one piece."""
    said = (part.strip().rstrip("。；;. ") for part in (entry.description, entry.why))
    return format_list((part for part in said if part), language, clauses=True)


def slips_per_page(*, large: bool) -> int:
    """Return how many slips a printed page holds."""
    return _LARGE_SLIPS_PER_PAGE if large else _SLIPS_PER_PAGE


def code_slips(
    poll: Poll,
    slips: Sequence[tuple[int, str, str]],
    *,
    venue: str = "",
    hours: str = "",
    address: str = "",
    label: str = "",
    test: bool = False,
    large: bool = False,
    language: str = "",
) -> Page:
    """Return slips with the code in type and, its tag behind it, as QR, eight to a page.

    Parameters
    ----------
    slips
        (serial, code as shown, tag).
    hours
        The venue's own in words; without them the poll's.
    address
        Where phones vote: the QR opens it, with the code behind ``#``, which no server is sent. None: the slip says
        that nobody votes by phone.
    large
        Nothing below 16 pt, two to a page.
    """
    language = language or poll.settings.language
    room = slips_per_page(large=large)
    pages = [slips[start : start + room] for start in range(0, len(slips), room)]
    return _page(
        "slips.html.j2",
        f"codes-{poll.id}.html",
        language,
        poll=poll,
        pages=pages,
        venue=venue,
        hours=hours or open_words(poll, None, language),
        address=address,
        label=label,
        test=test,
        large=large,
        qr=lambda code, tag: qr(f"{address}#{with_tag(code, tag)}" if address else with_tag(code, tag)),
        sentence=how_to_vote(poll, language),
    )


def paper_ballots(
    poll: Poll, *, serials: Sequence[str] = (), sample: bool = False, large: bool = False, language: str = ""
) -> Page:
    """Return paper ballots with the screen's numbers, one each; a serial (also as QR) where asked for.

    The serial tells sheets apart when two people key them; it is never noted who got which.

    Parameters
    ----------
    large
        Nothing below 16 pt, instead of 12 pt.
    """
    kind = poll.settings.ballot_kind
    language = language or poll.settings.language
    return _page(
        "ballot.html.j2",
        f"ballot-{poll.id}.html",
        language,
        poll=poll,
        projects=poll.on_ballot,
        basic=[f"{entry.number} {entry.name}" for entry in poll.projects if entry.mandatory],
        serials=list(serials) or [""],
        sample=sample,
        large=large,
        rule=how_it_is_decided(poll, language),
        what=partial(what_and_why, language=language),
        qr=qr,
        marks=("yes", "no") if kind is BallotKind.YES_NO else (kind.value,),
        sentence=how_to_vote(poll, language),
    )


def poster(
    poll: Poll,
    *,
    outline: bytes | None = None,
    buildings: Sequence[bytes] = (),
    venues: Sequence[tuple[str, str]] = (),
    address: str = "",
    large: bool = False,
    language: str = "",
) -> Page:
    """Return a poster with all projects, what they do and where they are.

    Parameters
    ----------
    outline, buildings
        The estate's polygon and its buildings' as WKB, EPSG:4490.
    address
        Of the poll's page, as QR; none: the poster says that nobody votes by phone.
    venues
        (name, hours).
    """
    language = language or poll.settings.language
    points = [(entry.number, entry.lon, entry.lat) for entry in poll.projects if entry.lon and entry.lat]
    return _page(
        "poster.html.j2",
        f"poster-{poll.id}.html",
        language,
        poll=poll,
        projects=poll.on_ballot,
        basic=[f"{entry.number} {entry.name}" for entry in poll.projects if entry.mandatory],
        venues=venues,
        told_by_place=bool(venues) and all(own for _, own in venues),
        hours=open_words(poll, None, language),
        map=sketch(outline, points, buildings),
        address=address,
        large=large,
        rule=how_it_is_decided(poll, language),
        what=partial(what_and_why, language=language),
        qr=qr,
        sentence=how_to_vote(poll, language),
    )


def attendance_sheet(poll: Poll, *, venue: str = "", rows: int = 25, pages: int = 1, language: str = "") -> Page:
    """Return a sheet for signing in: household and signature, never what was chosen and no code."""
    language = language or poll.settings.language
    return _page(
        "attendance.html.j2", f"attendance-{poll.id}.html", language, poll=poll, venue=venue, rows=rows, pages=pages
    )


def batch_cover(poll: Poll, *, venue: str = "", label: str = "", day: date | None = None, language: str = "") -> Page:
    """Return the cover sheet of a bundle of paper ballots, to be counted and signed before keying."""
    language = language or poll.settings.language
    return _page("cover.html.j2", f"cover-{poll.id}.html", language, poll=poll, venue=venue, label=label, day=day)


def rescue_sheet(poll: Poll, *, venue: str, code: str, language: str = "") -> Page:
    """Return the sheet that carries a kit's emergency code, to be folded, sealed and signed across."""
    language = language or poll.settings.language
    return _page("rescue.html.j2", f"emergency-{poll.id}.html", language, poll=poll, venue=venue, code=code)


def report_sheets(
    poll: Poll,
    *,
    day: date,
    ballots: int,
    places: Sequence[tuple[str, int]],
    head: str,
    log_entries: int,
    log_head: str,
    language: str = "",
) -> Page:
    """Return the zero report (with no ballot yet) or the sheet in between, one page per venue, to be signed.

    Parameters
    ----------
    places
        (venue, ballots taken there).
    head, log_entries, log_head
        Of the poll's running digest and of the log.
    """
    language = language or poll.settings.language
    return _page(
        "report.html.j2",
        f"report-{poll.id}.html",
        language,
        poll=poll,
        day=day,
        ballots=ballots,
        places=places,
        head=grouped(head),
        log_entries=log_entries,
        log_head=grouped(log_head),
    )


def result_sheet(
    poll: Poll,
    lines: Sequence[SheetLine],
    *,
    turnout: Turnout,
    counts: Sequence[Count] = (),
    places: Sequence[tuple[str, str]] = (),
    rule: str = "",
    tie_break: str = "",
    spent: int,
    language: str = "",
) -> Page:
    """Return the result sheet with places for names, signatures and the stamp; it carries no code.

    Parameters
    ----------
    counts
        What each venue and channel brought.
    places
        (venue, hours).
    rule, tie_break
        By which it was decided, in words.
    spent
        Cost of the selected projects, fen.
    """
    language = language or poll.settings.language
    return _page(
        "result.html.j2",
        f"result-{poll.id}.html",
        language,
        poll=poll,
        lines=[(line, wan_digits(line.cost, language)) for line in lines],
        turnout=turnout,
        share=None if turnout.share is None else format_percent(turnout.share, language),
        counts=count_table(counts, turnout, language),
        days=[None if moment is None else day_of(moment) for moment in (poll.opened_at, poll.closed_at)],
        places=format_list((place_said(place, language) for place in places), language, clauses=True),
        hours=open_words(poll, None, language),
        rule=rule,
        tie_break=tie_break,
        spent=spent,
    )


def reconciliation_sheet(poll: Poll, found: Reconciliation, *, turnout: Turnout, day: date, language: str = "") -> Page:
    """Return the reconciliation for signature: every line with its two sides, and what each venue brought.

    Once the poll is sealed it vouches for all of it: it carries the root hash, and the checksum of the script in the
    bundle, which cannot vouch for itself.
    """
    language = language or poll.settings.language
    return _page(
        "reconciliation.html.j2",
        f"reconciliation-{poll.id}.html",
        language,
        poll=poll,
        day=day,
        tables=[
            (kind, *line_table(kind, lines, language))
            for kind in LINE_KINDS
            if (lines := [line for line in found.lines if line.kind == kind])
        ],
        kind_words={
            kind: f"{text(f'reconcile.kind.{kind}', language)}　{text(f'reconcile.rule.{kind}', language)}"
            for kind in LINE_KINDS
        },
        left=len(found.open_lines),
        total=len(found.lines),
        counts=count_table(found.counts, turnout, language),
        changed=[text(f"reconcile.table.{table}", language) for table in found.changed],
        reason=poll.meta.get("reconciled_with", ""),
        root=grouped(poll.meta.get("ledger_root", "")),
        verifier=grouped(poll.meta.get("verifier", "")),
    )
