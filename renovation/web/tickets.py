"""What a page that was just sent hands to the page that follows it: signed, in a cookie of its own, and soon over.

So a receipt or a number that somebody typed stands in no address and in no log, and any process of a town answers.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from renovation.model.kept import TICKET_KEPT, Kept, as_cookie, cookie_name
from renovation.store import Store
from renovation.store.keys import keyed, signs_key

#: How long a form that was opened may be sent: over night, and not for ever.
_FORM_SECONDS = 2 * 24 * 3600


@lru_cache(maxsize=64)
def _signer(keys: Path, what: str) -> URLSafeTimedSerializer:
    # Which key it is matters little: what it signs is over in minutes.
    key = keyed(signs_key(keys), "plain pages")
    return URLSafeTimedSerializer(key, salt=what, signer_kwargs={"digest_method": hashlib.sha256})


def give(store: Store, answer: Response, page: str, told: dict[str, Any], *, over_tls: bool) -> None:
    """Hand the next page of that name what it is to say; nothing takes back what was handed before."""
    ticket = _signer(store.keys, f"ticket {page}").dumps(told) if told else ""
    answer.set_cookie(**as_cookie(Kept.TICKET, ticket if isinstance(ticket, str) else "", over_tls=over_tls))


def read(store: Store, request: Request, page: str) -> dict[str, Any]:
    """Return what the page before handed over; nothing where it is another page's, forged or over."""
    return _loads(_signer(store.keys, f"ticket {page}"), request.cookies.get(cookie_name(Kept.TICKET), ""), None)


def signed(store: Store, what: str, told: dict[str, Any]) -> str:
    """Return what is told, signed for one use."""
    return str(_signer(store.keys, what).dumps(told))


def read_signed(store: Store, what: str, given: str, seconds: int) -> dict[str, Any]:
    """Return what :func:`signed` was told; nothing where it is forged, of another use, or too old."""
    return _loads(_signer(store.keys, what), given, seconds)


def new_form(store: Store) -> str:
    """Return a form's number: however often the form is sent, it does what it does once."""
    return str(_signer(store.keys, "form").dumps({"once": secrets.token_urlsafe(16)}))


def form_number(store: Store, given: str) -> str:
    """Return what :func:`new_form` drew; nothing where somebody made the number up or kept it for days."""
    return str(_loads(_signer(store.keys, "form"), given, _FORM_SECONDS).get("once", ""))


def _loads(signer: URLSafeTimedSerializer, given: str, seconds: int | None) -> dict[str, Any]:
    if not given:
        return {}
    try:
        told = signer.loads(given, max_age=seconds or int(TICKET_KEPT.total_seconds()))
    except BadSignature:
        return {}
    return told if isinstance(told, dict) else {}
