"""Say what is needed, one decision per screen: which estate, where in it, what, and the number to follow it by."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from renovation.errors import RenovationError
from renovation.imports.files.pictures.photos import MAX_BYTES
from renovation.model import addresses
from renovation.model.demands import MAX_TEXT, DemandCategory, DemandChannel, DemandDraft
from renovation.model.intake import EstateChoice
from renovation.model.names import finds
from renovation.model.photos import MAX_DEMAND_PHOTOS
from renovation.model.scope import Scope
from renovation.rules.demands.contacts import contacts_in
from renovation.services.demands import demands
from renovation.text.formats import format_list
from renovation.web import tickets
from renovation.web.demands import sketches
from renovation.web.frame import Visit, status_of, whole_number

#: Bytes of a form with photos; what is above a photo's own limit is named as such.
MOST = 60 * 2**20
_FEW, _SIMILAR = 8, 3


def look(visit: Visit) -> Response:
    """Draw the number of what was just kept, else the screen that the address has come to."""
    if visit.told.get("receipt"):
        due = visit.told.get("due")
        return visit.see("demand/kept.html", told=visit.told, due=date.fromisoformat(due) if due else None)
    estate = _estate(visit)
    if estate is None:
        return _which(visit)
    return _what(visit, estate) if visit.request.query_params.get("step") else _where(visit, estate)


def send(visit: Visit) -> Response:
    """Show what is like it, join that, or keep the demand, once however often its form is sent."""
    act = visit.typed("act")
    estate = _estate(visit)
    if act == "again" or estate is None:
        return visit.go(addresses.DEMAND)
    try:
        if act.startswith("join:"):
            return _join(visit, act.removeprefix("join:"))
        if missing := _missing(visit):
            said = visit.say("demand.form.missing", fields=tuple(visit.say(f"demand.field.{one}") for one in missing))
            return _what(visit, estate, refusal=said, status=422)
        if act != "save":
            return _what(visit, estate, checked=True)
        if not visit.typed("notice"):
            return _what(visit, estate, checked=True, refusal=visit.say("demand.form.notice_needed"), status=422)
        return _keep(visit, estate)
    except RenovationError as error:
        return _what(visit, estate, checked=True, refusal=visit.refusal(error), status=status_of(error))


def _missing(visit: Visit) -> list[str]:
    fits = {"category": visit.typed("category") in set(DemandCategory), "text": bool(visit.typed("text").strip())}
    return [name for name, is_given in fits.items() if not is_given]


def _estate(visit: Visit) -> EstateChoice | None:
    wanted = visit.number("estate")
    found = demands.estate_choices(visit.store, visit.actor, Scope(estate_id=wanted)) if wanted else ()
    return found[0] if found else None


def _which(visit: Visit) -> Response:
    """Ask for the estate: by a part of its name, or by what lies around a place of the sketch."""
    every = demands.estate_choices(visit.store, visit.actor)
    wanted = visit.request.query_params.get("find", "")[:60]
    window = sketches.town_window(visit, every)
    found = [one for one in every if finds(wanted, one.name, one.street_name)]
    if window is not None and window.picked is not None:
        found = sketches.nearest(every, window.picked)
    return visit.see(
        "demand/which.html",
        any=bool(every),
        found=found[:_FEW],
        more=max(0, len(found) - _FEW),
        find=wanted,
        window=window,
    )


def _where(visit: Visit, estate: EstateChoice) -> Response:
    pin = sketches.pin(visit, estate.id)
    place = demands.place_at(visit.store, visit.actor, *pin) if pin else None
    return visit.see(
        "demand/where.html",
        estate=estate,
        buildings=demands.building_choices(visit.store, visit.actor, estate.id),
        has_sketch=sketches.of_estate(visit, estate.id) is not None,
        pin=visit.request.query_params if pin else None,
        inside=place is not None and place.estate_id == estate.id,
        building=place.building_name if place and place.estate_id == estate.id else "",
    )


def _place(visit: Visit, estate: EstateChoice) -> tuple[tuple[float, float] | None, int | None]:
    """Return the pin and the building that the screens before came to; no pin in an estate without an outline."""
    pin = sketches.pin(visit, estate.id)
    building = visit.number("building") or None
    if pin is None and building is not None:
        for one in demands.building_choices(visit.store, visit.actor, estate.id):
            if one.id == building and one.lon is not None and one.lat is not None:
                pin = one.lon, one.lat
    elif pin is not None:
        building = None
    return pin or demands.point_in_estate(visit.store, visit.actor, estate.id), building


def _what(
    visit: Visit, estate: EstateChoice, *, checked: bool = False, refusal: str = "", status: int = 200
) -> Response:
    """Ask what is needed; once it is said, show what is like it and ask for the rest."""
    given, said = visit.typed("category"), visit.typed("text")[:MAX_TEXT]
    category = DemandCategory(given) if given in set(DemandCategory) else None
    told: dict[str, Any] = {"similar": (), "contacts": "", "subtypes": ()}
    if checked:
        told["similar"] = demands.similar_demands(visit.store, visit.actor, estate.id, category, said, _SIMILAR)
        told["contacts"] = format_list(contacts_in(said)[:3], visit.language)
        told["subtypes"] = [
            (row.code, row.name(visit.language))
            for row in demands.subtypes(visit.store, visit.actor, estate.id)
            if row.category == category and row.code
        ]
    return visit.see(
        "demand/what.html",
        status=status,
        estate=estate,
        checked=checked,
        refusal=refusal,
        categories=DemandCategory,
        limits={"text": MAX_TEXT, "photos": MAX_DEMAND_PHOTOS, "photo": MAX_BYTES // 2**20},
        typed={"category": given, "text": said} | {one: visit.typed(one) for one in ("subtype", "step_free", "notice")},
        once=visit.typed("once") or tickets.new_form(visit.store),
        **told,
    )


def _join(visit: Visit, given: str) -> Response:
    once = tickets.form_number(visit.store, visit.typed("once"))
    joined = demands.join_demand(visit.store, visit.actor, whole_number(given), who=visit.visitor, once=once)
    return visit.go(addresses.DEMAND, receipt=joined.receipt, due=joined.due_on, joined=joined.supporters)


def _keep(visit: Visit, estate: EstateChoice) -> Response:
    pin, building = _place(visit, estate)
    if pin is None:
        return _what(visit, estate, checked=True, refusal=visit.say("demand.form.no_place_public"), status=422)
    one = demands.take_demand(
        visit.store,
        visit.actor,
        DemandDraft(
            estate_id=estate.id,
            building_id=building,
            category=DemandCategory(visit.typed("category")),
            subtype=visit.typed("subtype"),
            text=visit.typed("text"),
            channel=DemandChannel.QR_FORM,
            step_free=bool(visit.typed("step_free")),
            notice_given=True,
            lon=pin[0],
            lat=pin[1],
        ),
        pictures=[
            (file.filename or "", file.file.read())
            for file in visit.form.getlist("photos")
            if isinstance(file, UploadFile) and file.filename
        ],
        who=visit.visitor,
        once=tickets.form_number(visit.store, visit.typed("once")),
    )
    return visit.go(addresses.DEMAND, receipt=one.receipt, due=one.due_on, joined=0)
