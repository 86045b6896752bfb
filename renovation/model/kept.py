"""What a browser keeps for the tool: cookies that no script reads and no other site sends along.

But one, by which somebody who comes back from the identity server is known.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from renovation.config import settings


class Kept(StrEnum):
    """What a browser keeps, by the name of its cookie."""

    SESSION = "renovation_session"
    STATION = "renovation_station"
    LANGUAGE = "renovation_language"
    #: Tells the tabs of one browser from those of another, so that all of them lock when one becomes a station.
    BROWSER = "renovation_browser"
    #: By what a resident who joins a demand is known again; it names nobody.
    VISITOR = "renovation_visitor"
    #: Tells that staff have signed in here before, so that strangers' wrong guesses do not make them wait.
    DEVICE = "renovation_device"
    #: What a plain page that was just sent has to say on the page that follows; signed, and soon over.
    TICKET = "renovation_ticket"
    #: Leave to fill in a ballot, with the code and never with a choice; after it the receipt. Signed, and soon over.
    BALLOT = "renovation_ballot"
    #: The place in the line of a code that has to wait; names neither. Soon over.
    QUEUED = "renovation_queued"
    #: What the answer of the identity server has to fit; sent along on the way back from there, and soon over.
    IDENTITY = "renovation_identity"
    #: The text size, colours and language of whoever votes now.
    COMFORT = "renovation_comfort"


#: A browser in which nobody of the staff has signed in for so long is a stranger again.
BROWSER_KEPT = timedelta(days=180)
TICKET_KEPT = timedelta(minutes=2)
BALLOT_KEPT = timedelta(minutes=30)
IDENTITY_KEPT = timedelta(minutes=10)
#: Kept after the browser was closed.
_FOR_LONG = {
    Kept.DEVICE: BROWSER_KEPT,
    Kept.TICKET: TICKET_KEPT,
    Kept.QUEUED: TICKET_KEPT,
    Kept.BALLOT: BALLOT_KEPT,
    Kept.COMFORT: BALLOT_KEPT,
    Kept.IDENTITY: IDENTITY_KEPT,
}


def cookie_name(kept: Kept) -> str:
    """Return the cookie's name; over TLS it is bound to this very host, and no other can plant it."""
    return f"__Host-{kept.value}" if settings().has_tls else kept.value


def as_cookie(kept: Kept, value: str, *, over_tls: bool = False) -> dict[str, Any]:
    """Return how a browser is told to keep a value (as ``Response.set_cookie`` takes it); an empty one goes at once.

    Parameters
    ----------
    over_tls
        Whether the request came so, whatever this server speaks itself.
    """
    seconds = int(_FOR_LONG[kept].total_seconds()) if kept in _FOR_LONG else None
    return {
        "key": cookie_name(kept),
        "value": value,
        "max_age": seconds if value else 0,
        "httponly": True,
        "samesite": "lax" if kept is Kept.IDENTITY else "strict",
        "secure": settings().has_tls or over_tls,
        "path": "/",
    }
