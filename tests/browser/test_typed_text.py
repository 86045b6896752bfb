"""What people typed is drawn as they typed it: no page makes a picture, a link or a style of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import typed
from browser_harness import Staff, Visit, opened, serve_app, viewer
from playwright.sync_api import Browser

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.store.schema.base import metadata
from renovation.ui.frame.navigation import PAGES, Entry

ENTRIES = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]
#: Pages that show one thing once it is named: page → the name in its address, and the table that the thing is in.
NAMED = {
    "estate": ("estate", "estate"),
    "demand": ("demand", "demand"),
    "projects": ("project", "project"),
    "gates": ("estate", "estate"),
    "money": ("project", "project"),
    "polls": ("poll", "poll"),
    "surveys": ("survey", "survey"),
    "results": ("poll", "poll"),
    "public_results": ("poll", "poll"),
    "public_demand": ("estate", "estate"),
}


def test_every_column_of_words_is_marked_or_excused() -> None:
    known = {f"{name}.{column}" for held in (typed.TYPED, typed.WITHIN) for name, of in held.items() for column in of}
    excused = {column for columns in typed.NOT_TYPED.values() for column in columns}
    every = {f"{column.table.name}.{column.name}" for column in typed.text_columns()}
    assert {one for one in every - known - excused if f"*.{one.split('.')[1]}" not in excused} == set()
    gone = {one for one in known | excused if not one.startswith("*.")} - every
    assert gone == set()
    assert known & excused == set()


@pytest.fixture(scope="module")
def home(demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration city, with the marker behind everything typed."""
    folder = shutil.copytree(demonstration_template, tmp_path_factory.mktemp("typed") / "home")
    with opened(folder) as store:
        planted = typed.plant(store)
    assert {name for name, rows in planted.items() if not rows} == set()
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


def _made(window: Visit) -> list[str]:
    """Return what a page made of the marker, and what went wrong on it; plain pages stand in a frame."""
    for frame in window.page.frames:
        frame.wait_for_load_state()
    made = [
        element.evaluate("element => element.parentElement.textContent.slice(0, 120)")
        for frame in window.page.frames
        for element in frame.locator(f'[src*="{typed.OUTSIDE}"], [href*="{typed.OUTSIDE}"]').all()
    ]
    styled = [
        element.evaluate("element => element.parentElement.textContent.slice(0, 120)")
        for frame in window.page.frames
        for element in frame.locator("i:text-is('i'), .katex, span[style*='color']:text-is('r')").all()
    ]
    fallen = window.page.locator('[data-testid="stException"]').all_inner_texts()
    fallen += window.page.get_by_text("请把编号").all_inner_texts()
    return [*made, *styled, *fallen, *window.foreign]


# Slow to begin: its city is laid out once where the file is not parted among processes.
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_typed_words_stay_words(entry: Entry, windows: dict[Role | None, Visit]) -> None:
    window = windows[None if entry.public else viewer(entry)]
    window.forget()
    window.go("" if entry.file == "home" else entry.file)
    assert _made(window) == []


@pytest.mark.browser
@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.file in NAMED], ids=lambda entry: entry.file)
def test_typed_words_stay_words_on_what_a_page_shows_once_named(
    entry: Entry, windows: dict[Role | None, Visit], home: Path
) -> None:
    window = windows[None if entry.public else viewer(entry)]
    name, table = NAMED[entry.file]
    found = metadata.tables[table]
    with opened(home) as store, store.read() as connection:
        things = connection.execute(sa.select(found.c.id).order_by(found.c.id)).scalars().all()
    for thing in things[:4]:
        window.forget()
        window.open(f"{entry.file}?{name}={thing}")
        assert _made(window) == [], thing
