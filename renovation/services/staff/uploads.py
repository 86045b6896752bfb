"""How many bytes of files this process takes in an hour, and from which of the app's tabs it takes any.

Streamlit takes whatever is sent under the number of a tab, and keeps it in memory as long as the tab lives. A page of
residents has no tab: what it sends is counted by browser and by address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus

#: Where the app takes files.
PATH = "/_stcore/upload_file/"
#: What an hour takes, in bytes: from a resident's browser, from all residents of one address, and from a tab of staff.
FROM_BROWSER, FROM_ADDRESS, FROM_TAB = 60 * 2**20, 2**30, 2 * 2**30
_HOUR = 3600
#: A file chosen just before the page changed still comes in.
_GRACE = 15
_MOST_TABS = 5000

#: Number of a tab → until when files are taken from it, as long as it shows a field where there is none.
_tabs: dict[str, float | None] = {}
#: Name → (when the hour began, bytes).
_meters: dict[str, tuple[float, int]] = {}
_guard = threading.Lock()


def open_tab(session: str) -> None:
    """Take files from a tab as long as it shows a field for them."""
    with _guard:
        if len(_tabs) >= _MOST_TABS:
            for old in list(_ended()):
                del _tabs[old]
        _tabs[session] = None


def end_tab(session: str) -> None:
    """Take no more files from a tab, but for one that is on its way."""
    with _guard:
        if session in _tabs:
            _tabs[session] = _tabs[session] or time.monotonic() + _GRACE


def _ended() -> Iterator[str]:
    """Yield tabs from which nothing is taken any more, and the older half where all are open."""
    moment = time.monotonic()
    over = [name for name, until in _tabs.items() if until is not None and until < moment]
    yield from over or list(_tabs)[: _MOST_TABS // 2]


def verdict(session: str, size: int) -> HTTPStatus:
    """Tell whether so many bytes more are taken from a tab; those that are, are counted."""
    with _guard:
        until = _tabs.get(session, 0)
    if until is not None and until < time.monotonic():
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.OK if takes({f"tab {session}": FROM_TAB}, size) else HTTPStatus.TOO_MANY_REQUESTS


def takes(limits: Mapping[str, int], size: int) -> bool:
    """Tell whether so many bytes more are taken from everybody named; those that are, are counted.

    Parameters
    ----------
    limits
        Whom to count → bytes an hour takes.
    """
    moment = time.monotonic()
    with _guard:
        for name in [name for name, (since, _) in _meters.items() if moment - since > _HOUR]:
            del _meters[name]
        held = {name: _meters.get(name, (moment, 0)) for name in limits}
        if any(held[name][1] + size > most for name, most in limits.items()):
            return False
        _meters.update({name: (since, sent + size) for name, (since, sent) in held.items()})
    return True
