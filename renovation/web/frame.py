"""What every plain page has around it: who asks, in which language, what may be sent, and the sentence of a refusal."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message

from renovation.config import CHECKOUT, settings
from renovation.errors import ConflictError, DeniedError, Fault, NotFoundError, RenovationError, UnavailableError
from renovation.model import addresses
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.kept import Kept, as_cookie, cookie_name
from renovation.services.staff import installation, uploads
from renovation.store import PATIENCE_S, Store, shared_store
from renovation.text import Language, error_text, fault_text, has_text, text
from renovation.text.formats import format_list
from renovation.web import tickets
from renovation.web.lately import told_lately

_HERE = Path(__file__).parent
#: Bytes of a form without files.
_MOST = 64 * 1024
_MOST_FIELDS = 40
#: Who sends a form more slowly does not wait for an answer, but holds a line that others need.
_PATIENCE_S = 60.0
_PATIENCE_FILES_S = 600.0
#: A page that could not be drawn asks again after so long.
_AGAIN_S = 5
_STATUS: Mapping[type[RenovationError], int] = {
    NotFoundError: 404,
    DeniedError: 403,
    ConflictError: 409,
    UnavailableError: 503,
}
_BOLD = re.compile(r"\*\*(.+?)\*\*")
#: The pages one finds from any other: address, and name in the catalogue.
_WAYS = (
    (addresses.VOTE, "page.kiosk"),
    (addresses.ANNOUNCEMENT, "announce.page"),
    (addresses.RECEIPT, "page.check_receipt"),
    (addresses.DEMAND, "page.public_demand"),
    (addresses.MY_DEMAND, "page.my_demand"),
    (addresses.RESULTS, "page.public_results"),
    (addresses.ADOPT, "page.adopt"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request at the residents' door.

    Attributes
    ----------
    form
        What was sent, empty where the page is only looked at.
    told
        What the page before handed over.
    """

    request: Request
    store: Store
    language: Language
    page: str
    form: FormData = field(default_factory=FormData)
    told: dict[str, Any] = field(default_factory=dict)
    _new_visitor: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def actor(self) -> Actor:
        """The public, from where it comes."""
        host = self.request.client.host if self.request.client else ""
        return replace(PUBLIC, address="" if host in addresses.LOOPBACK else host)

    @property
    def visitor(self) -> str:
        """The token that this browser is known again by, so that nobody counts twice; drawn at the first need."""
        return self.request.cookies.get(cookie_name(Kept.VISITOR)) or self._new_visitor

    @property
    def demonstration(self) -> bool:
        """Whether the store holds the demonstration city, as every page says."""
        return _is_demonstration(self.store)

    @property
    def over_tls(self) -> bool:
        """Whether the request came over TLS."""
        return self.request.url.scheme == "https"

    def typed(self, name: str) -> str:
        """Return what was typed into a field, empty where there was none."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a whole number that the address names, 0 where it names none."""
        return whole_number(self.request.query_params.get(name, ""))

    def say(self, key: str, /, **fields: Any) -> str:
        """Return a sentence of the catalogue."""
        return text(key, self.language, **fields)

    def see(self, template: str, *, status: int = 200, **told: Any) -> Response:
        """Return a page drawn from a template."""
        drawn = _templates(self.language).get_template(template)
        html = drawn.render(
            visit=self,
            here=f"{self.request.url.path}?{self.request.url.query}".rstrip("?"),
            demonstration=self.demonstration,
            other=Language.EN if self.language is Language.ZH else Language.ZH,
            ways=_WAYS,
            **told,
        )
        return HTMLResponse(html, status_code=status)

    def go(self, path: str, **told: Any) -> Response:
        """Send the browser on to a page, which is handed what it is to say; handed nothing, it forgets the last."""
        answer = RedirectResponse(path, status_code=303)
        tickets.give(self.store, answer, self.page, told, over_tls=self.over_tls)
        answer.set_cookie(**as_cookie(Kept.VISITOR, self.visitor, over_tls=self.over_tls))
        return answer

    def refusal(self, error: RenovationError) -> str:
        """Return what happened, where, and the cure."""
        if has_text(f"fault.{error.code}"):
            return fault_text(Fault(error.code, fields=error.fields), self.language)
        if not has_text(f"error.{error.code}"):
            return self.say("shell.error_without_text", code=error.code)
        return error_text(error, self.language)


Handler = Callable[[Visit], Response]


def page(
    path: str, look: Handler, send: Handler | None = None, *, most: int = _MOST, most_fields: int = _MOST_FIELDS
) -> Route:
    """Return the route of a page: ``look`` draws it, ``send`` takes its form, of so many bytes and fields."""

    async def endpoint(request: Request) -> Response:
        is_sent = request.method == "POST"
        form = FormData()
        if is_sent:
            if not is_own(request):
                return Response(status_code=403)
            if not _is_utf8(request):
                return Response(status_code=415)
            if not await _takes_files(request, most):
                return _bare(language_of(request), text("plain.enough_files", language_of(request)), 429)
            try:
                async with asyncio.timeout(_PATIENCE_S if most == _MOST else _PATIENCE_FILES_S):
                    form = await _form(request, most, most_fields)
            except (_TooMuchError, MultiPartException):
                return _bare(language_of(request), text("plain.too_much", language_of(request)), 413)
            except TimeoutError:
                return Response(status_code=408, headers={"Connection": "close"})
        try:
            return await run_in_threadpool(_answer, request, form, send if is_sent and send else look, time.monotonic())
        finally:
            await form.close()

    return Route(path, endpoint, methods=["GET", "POST"] if send else ["GET"])


def _answer(request: Request, form: FormData, handler: Handler, since: float) -> Response:
    language = language_of(request)
    try:
        if time.monotonic() - since > PATIENCE_S:
            # More come than are served: whoever has waited so long is told, which costs nothing, and comes again.
            raise UnavailableError("store.busy")
        store = own_store()
        name = request.url.path.removeprefix(f"{addresses.PLAIN}/")
        told = tickets.read(store, request, name)
        visit = Visit(request=request, store=store, language=language, page=name, form=form, told=told)
    except RenovationError as error:
        return _later(request, form, language, error_text(error, language))
    try:
        try:
            return handler(visit)
        except RenovationError as error:
            if isinstance(error, UnavailableError) and addresses.is_ballot(request.url.path):
                # Whoever votes is told what that means, and sends the same again.
                raise
            return visit.see("refused.html", status=status_of(error), refusal=visit.refusal(error))
    except UnavailableError as error:
        return _later(request, form, language, visit.refusal(error))
    except Exception:
        number = secrets.token_hex(3)
        logging.getLogger("renovation").exception("Unexpected error %s", number)
        return _bare(language, text("shell.unexpected", language, number=number), 500)


def _bare(language: Language, said: str, status: int, **told: Any) -> Response:
    told = {"again_in": 0, "fields": (), "lost": "", **told}
    return HTMLResponse(_templates(language).get_template("bare.html").render(said=said, **told), status_code=status)


def _later(request: Request, form: FormData, language: Language, said: str) -> Response:
    """Say that nothing can be done now: a page asks again by itself, and a form can be sent again as it was."""
    lost = text("kiosk.lost", language) if addresses.is_ballot(request.url.path) else ""
    if request.method == "POST":
        fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return _bare(language, said, 503, fields=fields, lost=lost)
    answer = _bare(language, said, 503, again_in=_AGAIN_S, lost=lost)
    answer.headers["Retry-After"] = str(_AGAIN_S)
    return answer


def status_of(error: RenovationError | None) -> int:
    """Return the status that goes with a refusal, or with none."""
    if error is None:
        return 200
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)


def whole_number(given: str) -> int:
    """Return the number that a page wrote into an address or a form, 0 where something else stands there."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def language_of(request: Request) -> Language:
    """Return the language that the app around the page speaks, else that this browser last chose, else Chinese."""
    kept = request.query_params.get("lang") or request.cookies.get(cookie_name(Kept.LANGUAGE))
    return Language(kept) if kept in set(Language) else Language.ZH


def is_own(request: Request) -> bool:
    """Tell whether a form was sent from a page of this server; what names another is turned away at the border."""
    if request.headers.get("origin") is not None:
        return True
    # Older browsers say no more than the page they come from.
    return urlsplit(request.headers.get("referer", "")).netloc == request.headers.get("host")


def _is_utf8(request: Request) -> bool:
    """Tell whether a form comes as pages send it; in another encoding it may hold half signs, in names of files too."""
    named = parse_options_header(request.headers.get("content-type", ""))[1].get(b"charset", b"utf-8")
    return named.lower() in (b"utf-8", b"utf8")


async def _takes_files(request: Request, most: int) -> bool:
    """Tell whether a browser and an address may send files of that size this hour, and count them; words are free."""
    if most == _MOST:
        return True
    said = request.headers.get("content-length", "")
    # Without a length nothing can be counted beforehand; browsers always say one.
    size = int(said) if said.isascii() and said.isdigit() else most
    if size <= _MOST or size > most:
        return True
    browser, address = request.cookies.get(cookie_name(Kept.VISITOR), ""), request.client.host if request.client else ""
    try:
        return await run_in_threadpool(lambda: uploads.takes_from_resident(own_store(), browser, address, size))
    except RenovationError:
        # The page itself says what is wrong with the store, and keeps nothing.
        return True


def own_store() -> Store:
    """Return the store of this installation, as this process has it open."""
    here = settings()
    return shared_store(here.database_url, here.key_dir)


@told_lately(3)
def _is_demonstration(store: Store) -> bool:
    return installation.is_demonstration(store)


class _TooMuchError(Exception):
    """More was sent than a form holds."""


async def _form(request: Request, most: int, most_fields: int) -> FormData:
    taken = 0
    receive = request.receive

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _TooMuchError
        return message

    return await Request(request.scope, counted).form(max_files=_MOST_FIELDS, max_fields=most_fields)


def _change_language(visit: Visit) -> Response:
    """Keep a language and go back to the page that asked."""
    back, chosen = visit.typed("back"), visit.typed("language")
    safe = addresses.is_plain(back) and "//" not in back and "\\" not in back and back.isascii()
    answer = RedirectResponse(back if safe else addresses.RECEIPT, status_code=303)
    if chosen in set(Language):
        answer.set_cookie(**as_cookie(Kept.LANGUAGE, chosen, over_tls=visit.over_tls))
    return answer


@cache
def _asset(name: str) -> tuple[bytes, str]:
    # The app has its icon in the folder that it serves itself.
    folder = CHECKOUT / "static" if name == _ICON else _HERE / "static"
    content = (folder / name).read_bytes()
    return content, sha256(content).hexdigest()[:10]


def asset_url(name: str) -> str:
    """Return the address of a style or script, which changes with what is in it."""
    return f"{addresses.STATIC}/{_asset(name)[1]}/{name}"


#: Named on every page: a browser that is told of none asks for one page after page.
_ICON = "icon.png"
_MEDIA = {
    _ICON: "image/png",
    "plain.css": "text/css",
    "plain.js": "text/javascript",
    "ballot.css": "text/css",
    "ballot.js": "text/javascript",
    "doors.css": "text/css",
    "doors.js": "text/javascript",
}


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _MEDIA:
        return Response(status_code=404)
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_asset(name)[0], media_type=_MEDIA[name], headers=kept)


def _home(visit: Visit) -> Response:
    return visit.see("ways.html")


#: What stands beside the pages themselves.
ROUTES = (
    page(f"{addresses.PLAIN}/language", lambda visit: visit.go(addresses.RECEIPT), _change_language),
    page(f"{addresses.PLAIN}/", _home),
    Route(f"{addresses.STATIC}/{{version}}/{{name}}", _static, methods=["GET"]),
)


#: Stands for a star that somebody typed, which makes nothing strong.
_TYPED_STAR = "\ue000"


def _marked(said: str) -> Markup:
    """Return a sentence whose ``**`` are strong; what was typed into its fields has gone through :func:`_plain`."""
    strong = _BOLD.sub(r"<strong>\1</strong>", str(escape(said)))
    return Markup(strong.replace(_TYPED_STAR, "*"))  # noqa: S704 (escaped)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value.replace("*", _TYPED_STAR) if isinstance(value, str) else value


@cache
def _templates(language: Language) -> Environment:
    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # A process that goes on while the files of a newer version are laid over its own draws what it began with.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    # Most sentences have no fields, and are the same on every page.
    @cache
    def said(key: str) -> Markup:
        return _marked(text(key, language))

    def say(key: str, **fields: Any) -> Markup:
        if not fields:
            return said(key)
        return _marked(text(key, language, **{name: _plain(value) for name, value in fields.items()}))

    def label(noun: str, member: Any) -> str:
        return text(f"{noun}.{getattr(member, 'value', member)}", language)

    found.globals.update(
        say=say, label=label, language=language, asset=asset_url, addresses=addresses, text=text,
        listed=lambda names: format_list(names, language),
    )  # fmt: skip
    return found
