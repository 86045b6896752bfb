"""Each entry of the log goes to a second system as well, where an operator names one (syslog, one JSON object a line).

An entry leaves once it is durable here, on a thread of its own: a second system that is slow or gone holds nobody up.
What it holds nobody can change who later breaks into this machine.
"""

from __future__ import annotations

import atexit
import json
import logging
from collections.abc import Mapping
from functools import cache
from logging.handlers import QueueHandler, QueueListener, SysLogHandler
from pathlib import Path
from queue import Queue
from typing import Any

from renovation.errors import InvalidError

_LOGGER = logging.getLogger("renovation.log")
_LOGGER.propagate = False
#: Entries that wait for a second system that does not answer; what is more than this stays in the log alone.
_WAITING = 10_000


@cache
def forward_to(address: str) -> None:
    """Send every entry of the log to a syslog service from now on: ``/dev/log``, or ``host:port`` (UDP).

    Raises
    ------
    InvalidError
        ``config.invalid``: nobody is there, or the address is none.
    """
    if not address:
        return
    host, _, port = address.rpartition(":")
    try:
        if address.startswith("/") and not Path(address).is_socket():
            raise OSError(address)  # the handler would wait for it without a word
        target = address if address.startswith("/") else (host, int(port))
        handler = SysLogHandler(target, SysLogHandler.LOG_AUTHPRIV)
    except (OSError, ValueError):
        raise InvalidError("config.invalid", name="RENOVATION_SYSLOG", value=address) from None
    handler.ident = "renovation: "
    waiting: Queue[Any] = Queue(_WAITING)
    listener = QueueListener(waiting, handler)
    _LOGGER.handlers[:] = [QueueHandler(waiting)]
    _LOGGER.setLevel(logging.INFO)
    listener.start()
    atexit.register(listener.stop)


def send(entry: Mapping[str, Any]) -> None:
    """Hand an entry over."""
    if _LOGGER.handlers:
        _LOGGER.info("%s", json.dumps(dict(entry), default=str, sort_keys=True))
