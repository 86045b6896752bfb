"""Whether this process is alive, whether it can serve, and its figures: for a watchdog, a proxy and a monitor."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from renovation.config import settings
from renovation.model.addresses import LOOPBACK
from renovation.services.house import process

_TOLD_ON = ("forwarded", "x-forwarded-for", "x-real-ip")


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(_request: Request) -> Response:
    refused = await run_in_threadpool(_refusal)
    return PlainTextResponse(f"{refused or 'ok'}\n", status_code=503 if refused else 200)


async def _metrics(request: Request) -> Response:
    """Tell figures to this machine alone, and to nobody whom a proxy on it lets through."""
    here = request.client is not None and request.client.host in LOOPBACK
    if not here or any(name in request.headers for name in _TOLD_ON):
        return PlainTextResponse("", status_code=404)
    refused = await run_in_threadpool(_refusal)
    said = process.figures(is_ready=not refused)
    return PlainTextResponse(said, media_type="text/plain; version=0.0.4")


def _refusal() -> str:
    here = settings()
    return process.refusal(here.database_url, here.key_dir)


#: What the server serves beside its pages.
ROUTES = (Route("/health", _health), Route("/ready", _ready), Route("/metrics", _metrics))
