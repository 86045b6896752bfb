"""How many bytes of files are taken in an hour, and from which of the app's tabs any are.

Streamlit takes whatever is sent under the number of a tab, and keeps it in memory as long as the tab lives; tab and
process are one. A page of residents has no tab: what it sends is counted by browser and by address, in the store and so
for every process of a town.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from renovation.model.clock import now
from renovation.services.staff.guesses import folded_address
from renovation.store import Store
from renovation.store.keys import keyed, signs_key
from renovation.store.staff import budgets

#: Where the app takes files.
PATH = "/_stcore/upload_file/"
#: What an hour takes, in bytes: from a resident's browser, from all residents of one address, and from a tab of staff.
FROM_BROWSER, FROM_ADDRESS, FROM_TAB = 60 * 2**20, 2**30, 2 * 2**30
_HOUR, _KIB = timedelta(hours=1), 1024
#: A file chosen just before the page changed still comes in.
_GRACE = 15
_MOST_TABS = 5000

#: Number of a tab → until when files are taken from it, as long as it shows a field where there is none.
_tabs: dict[str, float | None] = {}
#: Number of a tab → (when the hour began, bytes).
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
    return HTTPStatus.OK if _takes_from_tab(session, size) else HTTPStatus.TOO_MANY_REQUESTS


def _takes_from_tab(session: str, size: int) -> bool:
    moment = time.monotonic()
    with _guard:
        for name in [name for name, (since, _) in _meters.items() if moment - since > _HOUR.total_seconds()]:
            del _meters[name]
        since, sent = _meters.get(session, (moment, 0))
        if sent + size > FROM_TAB:
            return False
        _meters[session] = (since, sent + size)
    return True


def takes_from_resident(store: Store, browser: str, address: str, size: int) -> bool:
    """Tell whether so many bytes more are taken from a browser and from all of its address; if so, they are counted.

    Parameters
    ----------
    browser
        The token that the browser is known again by; empty where it has none yet.

    Raises
    ------
    UnavailableError
        The store cannot be written to now.
    """
    limits = {f"files from {folded_address(store.keys, address)}": FROM_ADDRESS}
    if browser:
        limits[f"files of {keyed(signs_key(store.keys), browser).hex()[:16]}"] = FROM_BROWSER
    amount, at = -(-size // _KIB), now()
    with store.write() as unit:
        # In one order, whoever asks: nobody waits for somebody who waits for them.
        for name, most in sorted(limits.items()):
            if not budgets.take_amount(unit.connection, name, at, amount, most // _KIB, _HOUR):
                return False
        unit.commit()
    return True
