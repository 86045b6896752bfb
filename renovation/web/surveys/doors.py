"""The page of a collector's phone: doors and questions one by one, kept until there is a network, sent once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from renovation.errors import DeniedError, InvalidError, RenovationError
from renovation.exports.surveys.pictures import path_of
from renovation.model import addresses
from renovation.model.accounts import Actor
from renovation.model.kept import Kept, cookie_name
from renovation.model.surveys import DoorOutcome, FormKind, QuestionKind
from renovation.services.staff import accounts
from renovation.services.surveys import phones
from renovation.services.surveys.phones import PhonePack
from renovation.text.surveys import numbered, option_said, question_said
from renovation.web.frame import Visit, page, status_of

_WORKER = Path(__file__).parents[1] / "static" / "doors-worker.js"
#: What is met at a door in one tap; a door to come back to is asked when.
_MET = (DoorOutcome.NOT_HOME, DoorOutcome.REFUSED, DoorOutcome.EMPTY)
#: Sentences that the page's script says; what stands in braces it fills in.
_SAID = (
    "sign_in", "insecure", "pin_new", "pin", "pin_short", "pin_wrong", "pin_go", "unsent", "all_sent", "send",
    "sending", "offline", "late", "refused", "save_file", "staircase", "estate", "next", "skip", "back", "save",
    "door", "other_door", "other_building", "at_most", "when", "words_hint", "looks_personal", "done", "full",
    "found", "found_number", "found_bad",
)  # fmt: skip


def look(visit: Visit) -> Response:
    """Draw the page without anybody's doors in it: what a phone keeps of it tells nothing."""
    words: dict[str, Any] = {name: _said(visit, f"survey.phone.{name}") for name in _SAID}
    words["outcomes"] = {one.value: visit.say(f"enum.DoorOutcome.{one.value}") for one in DoorOutcome}
    words["not_yet"] = visit.say("survey.door.not_yet")
    return visit.see("doors.html", words=words, survey=visit.number("survey"))


def _said(visit: Visit, key: str) -> str:
    return visit.say(key, count="{count}", number="{number}", most="{most}", place="{place}")


def send(visit: Visit) -> Response:
    """Give a phone what it takes along, or take in what it brings, and say what became of each visit."""
    try:
        actor, survey = _collector(visit), visit.number("survey")
        if visit.typed("act") == "pack":
            return JSONResponse(_pack(visit, phones.phone_pack(visit.store, actor, survey)))
        brought = [phones.read_visit(one) for one in _list(visit.typed("visits"))]
        arrived = phones.send_visits(visit.store, actor, survey, brought)
    except RenovationError as error:
        # What was sent is well formed and comes from this page; who sends it is not signed in.
        status = 401 if error.code == "account.sign_in_first" else status_of(error)
        return JSONResponse({"code": error.code, "error": visit.refusal(error)}, status)
    return JSONResponse(
        [
            {"id": one.id, "arrival": one.arrival.value, "error": visit.refusal(one.error) if one.error else ""}
            for one in arrived
        ]
    )


def _collector(visit: Visit) -> Actor:
    """Return who is signed in in this browser.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    token = visit.request.cookies.get(cookie_name(Kept.SESSION), "")
    account = accounts.session_account(visit.store, token) if token else None
    if account is None:
        raise DeniedError("account.sign_in_first")
    return accounts.as_actor(account, address=visit.actor.address, token=token)


def _list(typed: str) -> list[Any]:
    try:
        found = json.loads(typed)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise InvalidError("survey.visit_unreadable")
    return found


def _pack(visit: Visit, pack: PhonePack) -> dict[str, Any]:
    return {
        "survey": pack.survey_id,
        "name": pack.name,
        "login": pack.login,
        "open": pack.is_open,
        # Nobody refuses for a building.
        "met": [] if pack.kind is FormKind.BUILDING else [one.value for one in _MET],
        "sign": pack.sign,
        "version": pack.form.version,
        "questions": [
            {
                "code": one.code,
                "kind": one.kind.value,
                "words": f"{place}. {question_said(pack.kind, one, visit.language)}",
                "most": one.most,
                "low": one.low,
                "high": one.high,
                "options": [
                    [option, numbered(at, option_said(one, option, visit.language)), path_of(one, option)]
                    if one.kind is not QuestionKind.SCALE
                    else [option, option, ""]
                    for at, option in enumerate(one.choices, 1)
                ],
            }
            for place, one in enumerate(pack.form.in_order, 1)
        ],
        "doors": [
            {
                "id": one.id,
                "at": f"{one.building} {one.stairwell}".strip(),
                "number": one.number,
                "building": one.building_id,
                "stairwell": one.stairwell,
                "outcome": one.outcome.value if one.outcome else "",
                "come_back": one.come_back,
            }
            for one in pack.doors
        ],
    }


async def _worker(request: Request) -> Response:
    return Response(_WORKER.read_bytes(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})


ROUTES = (
    page(addresses.DOORS, look, send),
    Route(f"{addresses.DOORS}-worker.js", _worker, methods=["GET"]),
)
