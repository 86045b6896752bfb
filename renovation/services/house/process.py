"""What this process tells of itself: whether it can serve, figures for a monitor, and its messages in a file.

Nothing of it is about persons: no address, no page, no time of a single request.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

from renovation.errors import RenovationError
from renovation.model.clock import now
from renovation.store import newest_version, shared_store

_BEGAN = now().timestamp()
#: Two thirds of the share of a processor that the residents' processes get where both want it. Five steps starved
#: staff, and ballots waited for what a starved session held (``benchmarks.town crowd --staff 40``).
_STEPS_BACK = 2
_guard = threading.Lock()
_answers: Counter[str] = Counter()
_seconds: defaultdict[str, float] = defaultdict(float)


def give_way() -> None:
    """Let the residents' processes go first on a busy machine: nobody's ballot waits for staff or for long work.

    Linux shares processors out by sessions first (autogroups), so one that this process leads steps back as a whole.
    Under systemd or containers their own weights decide: ``deploy/`` sets them.
    """
    if not hasattr(os, "nice"):
        return
    os.nice(_STEPS_BACK)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_STEPS_BACK), encoding="ascii")


def note_answer(status: int, seconds: float) -> None:
    """Count an answer of this process by the first figure of its status."""
    kind = f"{status // 100}xx"
    with _guard:
        _answers[kind] += 1
        _seconds[kind] += seconds


def refusal(database_url: str, keys: Path) -> str:
    """Return why this process cannot serve now, as an error's code; nothing where it can."""
    try:
        with shared_store(database_url, keys).read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except RenovationError as error:
        return error.code
    return ""


def figures(*, is_ready: bool) -> str:
    """Return the figures of this process as Prometheus reads them."""
    with _guard:
        answers, seconds = dict(_answers), dict(_seconds)
    lines = [
        ("renovation_ready", "gauge", "", float(is_ready)),
        ("process_start_time_seconds", "gauge", "", round(_BEGAN, 3)),
        ("process_cpu_seconds_total", "counter", "", round(time.process_time(), 3)),
        ("process_resident_memory_bytes", "gauge", "", float(_memory())),
        ("renovation_threads", "gauge", "", float(threading.active_count())),
        *(("renovation_answers_total", "counter", f'{{status="{kind}"}}', float(n)) for kind, n in answers.items()),
        *(
            ("renovation_answer_seconds_total", "counter", f'{{status="{kind}"}}', round(total, 4))
            for kind, total in seconds.items()
        ),
        ("renovation_schema_info", "gauge", f'{{version="{newest_version()}"}}', 1),
    ]
    said: list[str] = []
    for name, kind, label, value in lines:
        if not any(line.startswith(f"# TYPE {name} ") for line in said):
            said.append(f"# TYPE {name} {kind}")
        said.append(f"{name}{label} {value:.15g}")
    return "\n".join(said) + "\n"


def _memory() -> int:
    """Return the bytes of memory in use; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


class _AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": now().isoformat(timespec="seconds"),
            "level": record.levelname,
            "of": record.name,
            "said": record.getMessage(),
        }
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def keep_messages(folder: Path | None, days: int, name: str) -> None:
    """Keep what this process says in a folder, a file a day, for so many days; nothing without a folder."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{name}.jsonl"
    handler = TimedRotatingFileHandler(file, when="midnight", backupCount=days, encoding="utf-8", delay=True)
    handler.setFormatter(_AsJson())
    handler.setLevel(logging.INFO)
    logger = logging.getLogger("renovation")
    logger.setLevel(logging.INFO)
    for one in (logger, logging.getLogger()):
        one.addHandler(handler)
    # What goes up to the root would be written twice.
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(sys.stderr))
    logger.info("Serving begins.")
