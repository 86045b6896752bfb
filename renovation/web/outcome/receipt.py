"""Let anybody see whether a receipt is on a list."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from renovation.errors import RenovationError
from renovation.model import addresses
from renovation.services.outcome import receipts
from renovation.web.frame import Visit, status_of


def look(visit: Visit) -> Response:
    """Draw the form, and what became of the receipt that was just sent."""
    return _draw(visit, {"said": "", "title": "", "published": False} | visit.told)


def _draw(visit: Visit, found: dict[str, Any], refused: RenovationError | None = None) -> Response:
    return visit.see(
        "receipt.html",
        status=status_of(refused),
        found=found,
        refusal=visit.refusal(refused) if refused else "",
        typed=visit.typed("receipt"),
    )


def send(visit: Visit) -> Response:
    """Look a receipt up, which stands in no address and no cookie."""
    try:
        found = receipts.check_receipt(visit.store, visit.typed("receipt"), actor=visit.actor)
    except RenovationError as error:
        return _draw(visit, {"said": ""}, error)
    if found is None:
        return visit.go(addresses.RECEIPT, said="receipt.not_listed")
    if found.test:
        return visit.go(addresses.RECEIPT, said="receipt.was_test")
    said = "receipt.cancelled" if found.cancelled else "receipt.listed"
    return visit.go(addresses.RECEIPT, said=said, title=found.title, published=found.published)
