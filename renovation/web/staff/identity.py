"""Sign in at the office's identity server: the way there, the way back, and its word that somebody has signed out.

What was asked stands in a signed cookie of its own, which alone of all cookies comes along from another site. The way
back ends on a page of this server, and that page leads on: the session's cookie would not come along otherwise.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from renovation.config import DoorKind, settings
from renovation.errors import DeniedError, NotFoundError, RenovationError
from renovation.model import addresses
from renovation.model.clock import moment_of, now
from renovation.model.kept import IDENTITY_KEPT, Kept, as_cookie, cookie_name
from renovation.services.staff import identities
from renovation.services.staff.proofs import Whence, device_of, token_hash
from renovation.web import frame, tickets
from renovation.web.frame import Visit

if TYPE_CHECKING:
    from renovation.web.staff.provider import Provider

_WHAT = "identity"
#: A word that somebody has signed out is a few hundred bytes.
_MOST_TOKEN = 16 * 1024


def _begin(visit: Visit) -> Response:
    """Send a browser to the identity server; ``again`` proves once more who is signed in here."""
    _require_here()
    from renovation.web.staff.provider import Asked

    asked = Asked(state=_drawn(), nonce=_drawn(), verifier=_drawn(48), at=now())
    session = visit.request.cookies.get(cookie_name(Kept.SESSION), "") if _is_again(visit) else ""
    kept = {
        "state": asked.state,
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "at": int(asked.at.timestamp()),
        "session": token_hash(session) if session else "",
    }
    answer = RedirectResponse(_provider().address(asked), status_code=303)
    ticket = tickets.signed(visit.store, _WHAT, kept)
    answer.set_cookie(**as_cookie(Kept.IDENTITY, ticket, over_tls=visit.over_tls))
    return answer


def _is_again(visit: Visit) -> bool:
    return "again" in visit.request.query_params


def _back(visit: Visit) -> Response:
    try:
        answer = _signed_in(visit)
    except RenovationError as error:
        answer = visit.see("refused.html", status=frame.status_of(error), refusal=visit.refusal(error), again=True)
    # Good or bad, an answer is taken once.
    answer.set_cookie(**as_cookie(Kept.IDENTITY, "", over_tls=visit.over_tls))
    return answer


def _signed_in(visit: Visit) -> Response:
    _require_here()
    given = visit.request.cookies.get(cookie_name(Kept.IDENTITY), "")
    kept = tickets.read_signed(visit.store, _WHAT, given, int(IDENTITY_KEPT.total_seconds()))
    query = visit.request.query_params
    if not kept or not hmac.compare_digest(kept["state"].encode(), query.get("state", "").encode()):
        raise DeniedError("identity.lost")
    from renovation.web.staff.provider import Asked

    door = identities.claim_try(visit.store, visit.actor.address)
    asked = Asked(
        state=kept["state"],
        nonce=kept["nonce"],
        verifier=kept["verifier"],
        at=moment_of(kept["at"]),
    )
    found = _provider().identity(asked, query)
    if kept["session"]:
        identities.prove_by_identity(visit.store, kept["session"], found, door=door)
        return visit.see("staff/signed_in.html", proved=True)
    whence = Whence(
        address=visit.actor.address,
        browser=visit.request.cookies.get(cookie_name(Kept.DEVICE), ""),
        device=device_of(visit.request.headers.get("user-agent", "")),
    )
    begun = identities.sign_in_by_identity(visit.store, found, door=door, whence=whence)
    answer = visit.see("staff/signed_in.html", proved=False)
    for name, value in ((Kept.SESSION, begun.token), (Kept.DEVICE, begun.browser)):
        answer.set_cookie(**as_cookie(name, value, over_tls=visit.over_tls))
    return answer


def _require_here() -> None:
    """Refuse where residents come in, and where no identity server is set up.

    Raises
    ------
    NotFoundError
        ``identity.no_server``.
    """
    here = settings()
    if here.door is DoorKind.RESIDENT or not here.oidc_issuer:
        raise NotFoundError("identity.no_server")


async def _over(request: Request) -> Response:
    """Take the identity server's word that somebody has signed out there; the word itself proves whose it is."""
    said = request.headers.get("content-length", "")
    if not (said.isascii() and said.isdigit() and int(said) <= _MOST_TOKEN):
        return Response(status_code=413)
    async with request.form(max_files=0, max_fields=4) as form:
        token = form.get("logout_token", "")
    status = await run_in_threadpool(_end, token if isinstance(token, str) else "")
    return Response(status_code=status, headers={"Cache-Control": "no-store"})


def _end(token: str) -> int:
    try:
        _require_here()
        found, said_at = _provider().ended(token)
        identities.end_by_identity(frame.own_store(), found, said_at)
    except DeniedError:
        return 400
    except RenovationError as error:
        return frame.status_of(error)
    return 200


def _provider() -> Provider:
    # Where nobody signs in so, its libraries are not loaded.
    from renovation.web.staff.provider import provider

    return provider()


def _drawn(size: int = 32) -> str:
    return secrets.token_urlsafe(size)


#: What the server of staff serves beside the app.
ROUTES = (
    frame.page(addresses.IDENTITY, _begin),
    frame.page(addresses.IDENTITY_BACK, _back),
    Route(addresses.IDENTITY_OVER, _over, methods=["POST"]),
)
