"""What every server process does before it serves anybody."""

from __future__ import annotations

import logging
import os

from starlette.types import ASGIApp

from renovation.config import ProcessRole, settings
from renovation.services.house.process import give_way, keep_messages
from renovation.ui import lines
from renovation.ui.border import prove


async def stand(app: ASGIApp, kind: str) -> None:
    """Keep what this process says, and end it unless its border stands.

    Parameters
    ----------
    kind
        What its file of messages is called, before its port.
    """
    here = settings()
    keep_messages(here.logs, here.logs_days, f"{kind}-{here.port}")
    if here.role is ProcessRole.STAFF:
        give_way()
    try:
        lines.stand()
        await prove(app)
    except RuntimeError:
        logging.getLogger("renovation").critical("Not served: the border does not stand.", exc_info=True)
        # The framework would log an exception and go on.
        os._exit(1)
