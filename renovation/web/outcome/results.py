"""What was decided, for everybody: the outcome of a published poll with a reason for every project."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from renovation.exports.files.imprint import imprint
from renovation.exports.outcome.results import ROW_ORDERS, ResultRow, currency_heading, result_rows, votes_said
from renovation.geo.sketches import Sketch
from renovation.model.accounts import PUBLIC
from renovation.model.ballots import BallotMap
from renovation.model.elections import Allocation, BallotKind
from renovation.model.names import finds
from renovation.model.polls import Poll, PollStage
from renovation.rules import RULES_VERSION
from renovation.services import lists
from renovation.services.outcome import publishing, results
from renovation.services.outcome.results import Election
from renovation.services.polls import ballot_map
from renovation.services.polls import polls as poll_services
from renovation.store import Store
from renovation.text.formats import money_writer
from renovation.text.reasons import tie_text
from renovation.text.rules import rule_label, setting_sentences, tie_label
from renovation.web.frame import Visit

#: Projects on one page, so that it stays a page for a phone.
_PER_PAGE = 20
_MOST_KEPT = 8
_WIDTH, _HEIGHT, _MARGIN = 360.0, 270.0, 16.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A published poll as worked out once; ``checksum`` and ``kilobytes`` are of its bundle, where there is one."""

    held: Election
    allocation: Allocation
    place: BallotMap
    checksum: str | None
    kilobytes: int


_kept: dict[tuple[object, ...], _Outcome] = {}
_working = threading.Lock()
#: Pages as they were drawn, by all that they depend on.
_pages: dict[tuple[object, ...], bytes] = {}
_MOST_PAGES = 64
_ASKED = {"poll", "order", "from", "lang"}


def _outcome(store: Store, poll: Poll) -> _Outcome:
    """Return what is kept while neither the poll nor its ballots change; two who ask at once wait for one working."""
    key = (store.engine.url, poll.id, results.ballot_stamp(store, PUBLIC, poll.id), RULES_VERSION)
    with _working:
        if key not in _kept:
            held = results.election(store, PUBLIC, poll.id)
            checksum = publishing.bundle_sum(store, PUBLIC, poll.id)
            size = 0 if checksum is None else len(publishing.bundle_file(store, PUBLIC, poll.id)[2])
            # An election from elsewhere lies outside this city's layers.
            no_place = BallotMap(outline=None, buildings=())
            made = _Outcome(
                held=held,
                allocation=results.allocate(held),
                place=no_place if poll.source else ballot_map.ballot_map(store, PUBLIC, poll),
                checksum=checksum,
                kilobytes=size // 1024 or 1,
            )
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = made
        return _kept[key]


def look(visit: Visit) -> Response:
    """Draw the outcome of the poll that the address names, else of the last one."""
    stages = {PollStage.PUBLISHED, PollStage.CANCELLED}
    ended = poll_services.list_polls(visit.store, PUBLIC, stages=stages)
    if set(visit.request.query_params) - _ASKED:
        # What somebody looks for is kept nowhere.
        return _drawn(visit, ended)
    # Publishing, cancelling and whatever is said of a poll later make another version of it.
    polls = tuple((poll.id, poll.version) for poll in ended)
    there = (str(visit.request.url.query), visit.language, visit.demonstration)
    key = (visit.store.engine.url, polls, _office(visit, ended), *there, RULES_VERSION)
    page = _pages.get(key)
    if page is None:
        while len(_pages) >= _MOST_PAGES:
            _pages.pop(next(iter(_pages)), None)
        page = _pages[key] = bytes(_drawn(visit, ended).body)
    return _as_known(visit, page, sha256(page).hexdigest())


def _wanted(visit: Visit, ended: Sequence[Poll]) -> Poll | None:
    wanted = visit.request.query_params.get("poll")
    return next((one for one in ended if one.id == wanted), ended[0] if ended else None)


def _office(visit: Visit, ended: Sequence[Poll]) -> str:
    """Return whose page it is, in one line."""
    poll = _wanted(visit, ended)
    return "" if poll is None else imprint(lists.office_at(visit.store, poll.estate_id), visit.language)


def _drawn(visit: Visit, ended: Sequence[Poll]) -> Response:
    poll = _wanted(visit, ended)
    if poll is None:
        return visit.see("results.html", polls=(), poll=None)
    told: dict[str, Any] = {"polls": ended, "poll": poll, "imprint": _office(visit, ended)}
    if poll.cancelled:
        return visit.see("results.html", **told, names={entry.key: entry.name for entry in poll.projects})
    return visit.see("results.html", **told, **_outcome_told(visit, _outcome(visit.store, poll)))


def _as_known(visit: Visit, content: bytes, digest: str, media: str = "text/html", **headers: str) -> Response:
    """Return what is the same for everybody: a browser that has it asks each time, and is told that it still stands."""
    kept = {"ETag": f'"{digest}"', "Cache-Control": "no-cache", "Vary": "Cookie", **headers}
    known = visit.request.headers.get("if-none-match", "")
    if digest in known:
        return Response(status_code=304, headers=kept)
    return Response(content, media_type=media, headers=kept)


def bundle(visit: Visit) -> Response:
    """Hand out the bundle of a published poll."""
    named = visit.request.query_params.get("poll", "")
    name, media, content = publishing.bundle_file(visit.store, PUBLIC, named)
    said = f"attachment; filename*=UTF-8''{quote(name)}"
    return _as_known(visit, content, sha256(content).hexdigest(), media, **{"Content-Disposition": said})


def _outcome_told(visit: Visit, found: _Outcome) -> dict[str, Any]:
    held, allocation, language = found.held, found.allocation, visit.language
    money = money_writer(held.instance, language, unbroken=True)
    rows = result_rows(held.instance, allocation, language)
    asked = visit.request.query_params
    wanted, order = asked.get("find", "")[:60], asked.get("order", "")
    order = order if order in ROW_ORDERS else "rank"
    shown = sorted((row for row in rows if finds(wanted, str(row.number), row.name, row.reason)), key=ROW_ORDERS[order])
    first = visit.number("from")
    names = {entry.key: entry.name for entry in held.poll.projects}
    best = max((row.score for row in rows), default=0)
    turnout = held.turnout
    return {
        "headline": {
            "chosen": len(allocation.winners),
            "cost": money(allocation.total_cost),
            "budget": money(allocation.budget),
        },
        "turnout": turnout,
        "rule": {
            "rule": rule_label(allocation.rule, allocation.settings, language),
            "tie_break": tie_label(allocation.settings, language),
            "version": allocation.rules_version,
        },
        "settings": setting_sentences(allocation.rule, allocation.settings, held.instance, language),
        "ties": [tie_text(tie, held.instance, language) for tie in allocation.ties],
        "decisions": [
            {"day": one.day, "reason": one.reason, "projects": tuple(f"“{names.get(key, key)}”" for key in one.order)}
            for one in held.poll.tie_decisions
        ],
        "lines": [_line(held, row, best, money, visit) for row in shown[first : first + _PER_PAGE]],
        "orders": {
            name: visit.say(f"page_results.column.{name}")
            if name != "cost"
            else currency_heading(held.instance, language)
            for name in ROW_ORDERS
        },
        "order": order,
        "find": wanted,
        "before": max(0, first - _PER_PAGE) if first else None,
        "after": first + _PER_PAGE if first + _PER_PAGE < len(shown) else None,
        "span": {"first": first + 1, "last": min(first + _PER_PAGE, len(shown)), "total": len(shown)},
        "map": _map(found.place, rows),
        "root": held.poll.meta.get("ledger_root", ""),
        "verifier": held.poll.meta.get("verifier", ""),
        "checksum": found.checksum,
        "kilobytes": found.kilobytes,
    }


def _line(
    held: Election, row: ResultRow, best: int | Fraction, money: Callable[[int | Fraction], str], visit: Visit
) -> dict[str, Any]:
    full = held.instance.project(row.id).full_cost
    return {
        "row": row,
        "votes": votes_said(row, held.instance, visit.language),
        "yes_no": held.instance.ballot_kind is BallotKind.YES_NO,
        "cost": money(row.cost),
        "full": None if full is None else money(full),
        "bar": round(float(100 * Fraction(row.score) / Fraction(best)), 1) if best else 0,
    }


def _map(place: BallotMap, rows: Sequence[ResultRow]) -> dict[str, Any] | None:
    """Return the drawing of where the projects are, the selected ones apart; nothing where none has a place."""
    placed = [(row, row.lon, row.lat) for row in rows if row.lon is not None and row.lat is not None]
    if not placed:
        return None
    outlines = [] if place.outline is None else [place.outline]
    drawn = Sketch(((lon, lat) for _, lon, lat in placed), outlines, width=_WIDTH, height=_HEIGHT, margin=_MARGIN)
    # Selected ones last, so that they lie on top.
    marks = sorted(((row.selected, drawn.at(lon, lat), row.number) for row, lon, lat in placed), key=lambda one: one[0])
    return {
        "outline": drawn.path(outlines, finest=0.5),
        "houses": drawn.path(place.buildings, finest=1.0),
        "marks": [{"selected": selected, "x": x, "y": y, "number": number} for selected, (x, y), number in marks],
    }
