"""A town's web process: residents' plain pages alone, without Streamlit; it keeps nothing that another one needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from renovation.config import settings
from renovation.model import addresses
from renovation.store import POOL
from renovation.ui.border import Border
from renovation.ui.opening import stand
from renovation.web import residents, upkeep
from renovation.web.stations import StationLock

#: A second on, whoever was sent away for a restart has been answered; who is in the middle of a page gets so long.
_LAST_ANSWERS_S = 20
#: Below this, packing costs more than it saves.
_PACKED_BYTES = 600


@asynccontextmanager
async def _serving(_app: Starlette) -> AsyncIterator[None]:
    # As many pages at once as there are connections, so that what waits waits before it holds anything.
    to_thread.current_default_thread_limiter().total_tokens = POOL
    await stand(app, "web")
    yield


async def _home(_request: Request) -> Response:
    return RedirectResponse(f"{addresses.PLAIN}/", status_code=303)


app = Starlette(
    lifespan=_serving,
    routes=(*residents.ROUTES, *upkeep.ROUTES, Route("/", _home)),
    middleware=[Middleware(GZipMiddleware, minimum_size=_PACKED_BYTES), Middleware(Border), Middleware(StationLock)],
)


def main() -> None:
    """Serve at RENOVATION_ADDRESS:RENOVATION_PORT; whom a proxy on this machine speaks for is taken from it."""
    here = settings()
    uvicorn.run(
        app,
        host=here.address,
        port=here.port,
        ssl_certfile=here.tls_cert,
        ssl_keyfile=None if here.tls_key is None else str(here.tls_key),
        # What a reader of the log could lay beside a ballot is not written down.
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )


if __name__ == "__main__":
    main()
