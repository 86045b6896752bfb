"""Where this server takes files: only from a tab whose page shows a field for them, and no more than people need.

Streamlit takes whatever is sent under the number of a tab, and keeps it in memory as long as the tab lives.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

PATH = "/_stcore/upload_file/"
#: What an hour takes, in bytes: from a tab of a resident, of staff, and from all residents of one address.
FROM_TAB, FROM_STAFF, FROM_ADDRESS = 60 * 2**20, 2 * 2**30, 2**30
_HOUR = 3600.0
#: A file chosen just before the page changed still comes in.
_GRACE = 15.0
_MOST_TABS = 5000


@dataclass(slots=True)
class _Tab:
    until: float | None = None
    is_staff: bool = False


@dataclass(slots=True)
class _Meter:
    since: float
    size: int = 0


_tabs: dict[str, _Tab] = {}
_meters: dict[str, _Meter] = {}
_guard = threading.Lock()


def begin(*, is_staff: bool) -> None:
    """Take no files from this tab any more, unless the page that is drawn now asks for some."""
    context = get_script_run_ctx()
    if context is None or context.fragment_ids_this_run:
        return
    with _guard:
        tab = _tabs.get(context.session_id)
        if tab is not None:
            tab.is_staff = is_staff
            tab.until = tab.until or time.monotonic() + _GRACE


def file_field(label: str, *, is_staff: bool, **options: Any) -> Any:
    """Show a field for files, and take them from this tab as long as it is shown."""
    context = get_script_run_ctx()
    if context is not None:
        with _guard:
            if len(_tabs) >= _MOST_TABS:
                for old in list(_ended()):
                    del _tabs[old]
            _tabs[context.session_id] = _Tab(is_staff=is_staff)
    return st.file_uploader(label, **options)


def _ended() -> Iterator[str]:
    """Yield tabs from which nothing is taken any more, and the older half where all are open."""
    moment = time.monotonic()
    over = [name for name, tab in _tabs.items() if tab.until is not None and tab.until < moment]
    yield from over or list(_tabs)[: _MOST_TABS // 2]


def verdict(session: str, address: str, size: int) -> HTTPStatus:
    """Tell whether so many bytes more are taken from a tab; those that are, are counted."""
    moment = time.monotonic()
    with _guard:
        tab = _tabs.get(session)
        if tab is None or (tab.until is not None and tab.until < moment):
            return HTTPStatus.FORBIDDEN
        limits = {f"tab {session}": FROM_STAFF if tab.is_staff else FROM_TAB}
        if not tab.is_staff:
            limits[f"address {address}"] = FROM_ADDRESS
        for name in [name for name, meter in _meters.items() if moment - meter.since > _HOUR]:
            del _meters[name]
        meters = {name: _meters.setdefault(name, _Meter(moment)) for name in limits}
        if any(meters[name].size + size > most for name, most in limits.items()):
            return HTTPStatus.TOO_MANY_REQUESTS
        for meter in meters.values():
            meter.size += size
    return HTTPStatus.OK
