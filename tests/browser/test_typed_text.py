"""What people typed is drawn as they typed it: no page makes a picture, a link or a style of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_harness import Staff, Visit, opened, serve_app, viewer
from playwright.sync_api import Browser

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.store.schema.base import metadata
from renovation.ui.frame.navigation import PAGES, Entry

pytestmark = pytest.mark.browser

OUTSIDE = "t.test"
#: A picture, a link, a tag, a style and a formula, where a name may stand. Short columns have room for its start.
MARKER = f"![p](http://{OUTSIDE}/p)[l](http://{OUTSIDE})<i>i</i>:red[r]$x$"
#: Where people's own words lie; kinds and departments are chosen from lists.
TYPED = {
    "area": ("name",),
    "pot": ("name", "owner", "purpose"),
    "scenario": ("name", "note"),
    "weighting": ("name",),
    "estate": ("name", "address", "no_committee_reason", "disputes", "heritage"),
    "facility": ("name",),
    "matching_rule": ("name", "source"),
    "road": ("name",),
    "account": ("name",),
    "building": ("name",),
    "consent": ("part", "subject", "withdrawn_why", "evidence"),
    "estate_deficit": ("collector",),
    "gate_fact": ("source",),
    "poll": ("title", "venue_hours", "notice_office"),
    "project": ("name", "description", "why", "upkeep_by"),
    "adoption": ("wanted",),
    "demand": ("text", "reply"),
    "pledge": ("supporter",),
    "poll_project": ("name", "description", "why"),
    "project_funding": ("note",),
    "unit": ("name",),
    "venue": ("name",),
    "code_batch": ("label",),
    "demand_event": ("note",),
    "paper_batch": ("label",),
}

ENTRIES = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]


@pytest.fixture(scope="module")
def home(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration city, with the marker behind everything typed."""
    folder = shutil.copytree(demonstration_template, tmp_path_factory.mktemp("typed") / "home")
    with opened(folder) as store, store.write() as unit:
        for name, columns in TYPED.items():
            table = metadata.tables[name]
            for column in columns:
                written = table.c[column]
                unit.connection.execute(
                    table.update()
                    .where(written.is_not(None), written != "")
                    .values({column: written + MARKER[: written.type.length]})
                )
        unit.commit()
    return folder


@pytest.fixture(scope="module")
def windows(browser: Browser, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[object, Visit]]:
    """One window per role."""
    with serve_app(home, tmp_path_factory.mktemp("log") / "typed.log") as address, opened(home) as store:
        staff = Staff(store)
        begun: dict[object, Visit] = {}
        for role in (None, *{viewer(entry) for entry in ENTRIES if not entry.public}):
            begun[role] = Visit.begin(browser, address)
            if role is not None:
                begun[role].sign_in(staff.token(role))
            begun[role].open()
        yield begun
        for window in begun.values():
            window.close()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_typed_words_stay_words(entry: Entry, windows: dict[Role | None, Visit]) -> None:
    window = windows[None if entry.public else viewer(entry)]
    window.forget()
    window.go("" if entry.file == "home" else entry.file)
    made = [
        element.evaluate("element => element.parentElement.textContent.slice(0, 120)")
        for frame in window.page.frames
        for element in frame.locator(f'[src*="{OUTSIDE}"], [href*="{OUTSIDE}"]').all()
    ]
    styled = [
        element.evaluate("element => element.parentElement.textContent.slice(0, 120)")
        for frame in window.page.frames
        for element in frame.locator("i:text-is('i'), .katex, span[style*='color']:text-is('r')").all()
    ]
    assert [*made, *styled, *window.foreign] == []
