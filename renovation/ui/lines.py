"""How long a connection may keep the server waiting, and how many of them one address holds.

uvicorn waits for a request's headers for ever, and every connection takes one of the process's open files: a few
hundred lines that send a byte now and then would keep everybody else out. So a line that brings no whole request in
time is cut off, one address holds a share of the lines alone, and the process may open as many as the system lets it.
Behind a proxy all lines come from this machine; how many a stranger holds is the proxy's duty then.
"""

from __future__ import annotations

import asyncio
import contextlib
from weakref import WeakSet

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.http.h11_impl import H11Protocol

from renovation.model.addresses import LOOPBACK

#: For headers to arrive in whole, from the first byte or the answer before.
REQUEST_SECONDS = 20.0
#: For a request's body, photos among them, and for its answer; a backup over a slow line takes long.
BODY_SECONDS, ANSWER_SECONDS = 660.0, 3600.0
#: Lines of one address: a hall's phones may all come through one.
MOST_OF_ADDRESS = 1000
_LOOK_SECONDS = 2.0
_MOST_FILES, _MOST_ADDRESSES = 65_536, 5_000

_lines: dict[str, WeakSet[asyncio.Transport]] = {}
_made = H11Protocol.connection_made


def stand() -> None:
    """Have every line watched from its first byte, and open files enough for many.

    Raises
    ------
    RuntimeError
        Another version of the framework's server would take lines unwatched.
    """
    if AutoHTTPProtocol is not H11Protocol:
        raise RuntimeError("lines of another protocol than h11 would not be watched")
    H11Protocol.connection_made = _connection_made  # type: ignore[method-assign,assignment]
    # Windows has no such limit.
    with contextlib.suppress(ImportError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
        if soft != resource.RLIM_INFINITY and soft < most:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _connection_made(line: H11Protocol, transport: asyncio.Transport) -> None:
    _made(line, transport)
    host = line.client[0] if line.client else ""
    if host and host not in LOOPBACK and not _counted(host, transport):
        transport.abort()
        return
    _watch(line, None, line.loop.time())


def _counted(host: str, transport: asyncio.Transport) -> bool:
    """Count a line of an address, a web socket's too; tell whether it is one too many."""
    if len(_lines) >= _MOST_ADDRESSES:
        for gone in [name for name, lines in _lines.items() if not lines]:
            del _lines[gone]
    held = _lines.setdefault(host, WeakSet())
    if len(held) >= MOST_OF_ADDRESS:
        for other in [one for one in held if one.is_closing()]:
            held.discard(other)
    if len(held) >= MOST_OF_ADDRESS:
        return False
    held.add(transport)
    return True


def _watch(line: H11Protocol, seen: object, since: float) -> None:
    """Look at a line every now and then, until it is closed or has become a web socket, which is asked for signs."""
    transport = line.transport
    if transport.is_closing() or transport.get_protocol() is not line:
        return
    cycle, moment = line.cycle, line.loop.time()
    allowed = REQUEST_SECONDS
    if cycle is not None and not cycle.response_complete:
        allowed = BODY_SECONDS if cycle.more_body else ANSWER_SECONDS
    if (cycle, allowed) != seen:
        seen, since = (cycle, allowed), moment
    elif moment - since > allowed:
        transport.abort()
        return
    line.loop.call_later(_LOOK_SECONDS, _watch, line, seen, since)
