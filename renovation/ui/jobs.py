"""A long computation beside the page: it goes on while the page is drawn, tells how far it is, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from renovation.errors import RenovationError


@dataclass(slots=True)
class Job:
    """One computation in a thread of its own.

    ``run`` is given the job: it writes ``said`` and ``done`` (a share of one) and asks ``is_cancelled``. It must not
    touch Streamlit, which belongs to the page's thread.
    """

    name: str
    run: Callable[[Job], Any]
    said: dict[str, Any] = field(default_factory=dict)
    done: float = 0.0
    result: Any = None
    error: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> Job:
        """Begin."""
        self._thread = threading.Thread(target=self._work, name=f"job {self.name}", daemon=True)
        self._thread.start()
        return self

    def _work(self) -> None:
        try:
            self.result = self.run(self)
        except RenovationError as error:
            self.error = error
        except Exception as error:
            # Kept for the page's thread, which raises it where a person sees it.
            self.error = error

    @property
    def is_running(self) -> bool:
        """Tell whether it still works."""
        return self._thread is not None and self._thread.is_alive()

    def is_cancelled(self) -> bool:
        """Tell whether it has been asked to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask it to stop; it does so within a second."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait a little; return whether it has ended."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.is_running
