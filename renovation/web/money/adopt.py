"""Adopt a project: what supporters can help to pay for or build, and the offer they leave."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from starlette.responses import Response

from renovation.errors import RenovationError
from renovation.imports.files.values.values import money, number
from renovation.model import addresses
from renovation.model.funding import SourceKind
from renovation.model.names import finds
from renovation.rules.money.pledges import SUPPORTER_KINDS
from renovation.services.money import pledges
from renovation.web import tickets
from renovation.web.frame import Visit, status_of

_FEW = 10


def look(visit: Visit) -> Response:
    """Draw the form of the project that is named, the number of an offer that was just left, or the projects."""
    if visit.request.query_params.get("project"):
        return _form(visit)
    if reference := visit.told.get("reference"):
        return visit.see("adopted.html", reference=reference)
    wanted = visit.request.query_params.get("find", "")[:60]
    found = pledges.adoptable_projects(visit.store, visit.actor)
    kept = [one for one in found if finds(wanted, one.place.name, one.place.estate.name)]
    return visit.see("adopt.html", any=bool(found), found=kept[:_FEW], more=max(0, len(kept) - _FEW), find=wanted)


def send(visit: Visit) -> Response:
    """Keep an offer, once however often its form is sent; or go back to the projects."""
    if visit.typed("act") == "again":
        return visit.go(addresses.ADOPT)
    try:
        reference = pledges.offer_pledge(
            visit.store,
            visit.actor,
            visit.number("project"),
            supporter=visit.typed("name"),
            kind=_kind(visit.typed("kind")),
            amount=_read(visit, "amount", money),
            hours=Fraction(_read(visit, "hours", number)),
            who=visit.visitor,
            once=tickets.form_number(visit.store, visit.typed("once")),
        )
    except RenovationError as error:
        return _form(visit, visit.refusal(error), status_of(error))
    return visit.go(addresses.ADOPT, reference=reference)


def _read(visit: Visit, name: str, reader: Callable[[str], tuple[Any, Any]]) -> Any:
    """Read a number as people write it; what is left empty is nothing."""
    return reader(visit.typed(name))[0] or 0


def _kind(given: str) -> SourceKind:
    return SourceKind(given) if given in set(SourceKind) else SUPPORTER_KINDS[0]


def _form(visit: Visit, refusal: str = "", status: int = 200) -> Response:
    one = pledges.adoptable_project(visit.store, visit.actor, visit.number("project"))
    return visit.see(
        "offer.html",
        status=status,
        refusal=refusal,
        one=one,
        kinds=SUPPORTER_KINDS,
        typed={name: visit.typed(name) for name in ("name", "kind", "amount", "hours")},
        once=visit.typed("once") or tickets.new_form(visit.store),
    )
