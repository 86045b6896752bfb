"""What a watchdog, a proxy and a monitor ask of a process; nothing of it is about persons."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from renovation.config import settings
from renovation.errors import UnavailableError
from renovation.services.house import process
from renovation.store import Store
from renovation.ui.border import Border
from renovation.web import upkeep


@pytest.fixture
def here(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """This machine's own requests."""
    monkeypatch.setenv("RENOVATION_HOME", str(store.keys.parent))
    monkeypatch.setattr(process, "shared_store", lambda url, keys: store)
    settings.cache_clear()
    app = Starlette(routes=upkeep.ROUTES, middleware=[Middleware(Border)])
    yield TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50_000))
    settings.cache_clear()


def test_it_tells_whether_it_lives_and_can_serve(here: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert here.get("/health").text == "ok\n"
    assert here.get("/ready").text == "ok\n"

    def newer(*_: object) -> Store:
        raise UnavailableError("store.newer", version="9")

    monkeypatch.setattr(process, "shared_store", newer)
    assert here.get("/health").status_code == 200
    answer = here.get("/ready")
    assert (answer.status_code, answer.text) == (503, "store.newer\n")
    assert "renovation_ready 0\n" in here.get("/metrics").text


def test_figures_are_told_to_this_machine_alone_and_name_nobody(here: TestClient) -> None:
    here.get("/health", params={"code": "ABCD-EFG-HJK"})
    here.get("/nowhere")
    answer = here.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'^renovation_answers_total\{status="2xx"\} [1-9]', answer.text, re.MULTILINE)
    assert 'renovation_answers_total{status="4xx"}' in answer.text
    line = re.compile(r'# TYPE [a-z_]+ (counter|gauge)|[a-z_]+(\{[a-z]+="[0-9a-z_]+"\})? [0-9.e+-]+')
    assert all(line.fullmatch(one) for one in answer.text.splitlines()), answer.text
    assert not re.search(r"ABCD|127\.0|nowhere|health", answer.text)
    assert here.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404
    outside = TestClient(here.app, base_url="http://localhost", client=("10.0.0.7", 50_000))
    assert outside.get("/metrics").status_code == 404
    assert outside.get("/ready").status_code == 200


def test_messages_are_kept_one_object_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("renovation")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logger, "propagate", True)
    process.keep_messages(tmp_path / "logs", 200, "server-8501")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logger.exception("Unexpected error %s", "a1b2c3")
    for handler in logger.handlers:
        handler.close()
    lines = [json.loads(line) for line in (tmp_path / "logs" / "server-8501.jsonl").read_text("utf-8").splitlines()]
    assert [line["level"] for line in lines] == ["INFO", "ERROR"]
    assert lines[1]["said"] == "Unexpected error a1b2c3"
    assert "ZeroDivisionError" in lines[1]["trace"]


def test_nobody_keeps_messages_for_less_than_half_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_LOGS_DAYS", "30")
    settings.cache_clear()
    with pytest.raises(Exception, match=r"config\.invalid"):
        settings()
    settings.cache_clear()
