"""The route that reads the QR code in a camera's frame, for browsers that cannot do it themselves.

The frame goes to the computer that serves the tool and nowhere else; it is read in memory and forgotten.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from renovation.errors import InvalidError
from renovation.imports.files.pictures.qr import MOST_PIXELS, read_qr
from renovation.model import addresses
from renovation.model.codes import format_code, read_code, with_tag
from renovation.web.frame import is_own

PATH = f"{addresses.VOTE}/read-code"


async def _read(request: Request) -> Response:
    """Answer ``{"code": …}`` for a frame (grey bytes, ``?width=``) that shows a voting code, else nothing."""
    if not is_own(request):
        return Response(status_code=403)
    width = request.query_params.get("width", "")
    grey = await _body(request)
    if grey is None:
        return Response(status_code=413)
    if not (width.isascii() and width.isdigit() and len(width) < 7 and int(width)):
        return Response(status_code=400)
    text = await run_in_threadpool(read_qr, grey, int(width), len(grey) // int(width))
    code = _as_code(text or "")
    return JSONResponse({"code": code}, headers={"Cache-Control": "no-store"}) if code else Response(status_code=204)


async def _body(request: Request) -> bytes | None:
    held = bytearray()
    async for part in request.stream():
        held += part
        if len(held) > MOST_PIXELS:
            return None
    return bytes(held)


def _as_code(text: str) -> str:
    try:
        code, tag = read_code(text)
    except InvalidError:
        return ""
    return with_tag(format_code(code), tag)


#: What stands beside the ballot's pages.
ROUTE = Route(PATH, _read, methods=["POST"])
