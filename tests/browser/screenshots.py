"""Write one picture per page (Chinese, demonstration city) into ``docs/screenshots``: ``make screenshots``."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from browser_harness import LAPTOP, PHONE, Visit, enter, launch, opened, prepare_home, serve_app, viewer
from playwright.sync_api import sync_playwright

from renovation.config import CHECKOUT
from renovation.model.polls import PollStage
from renovation.text import Language, text
from renovation.ui.frame.navigation import PAGES

#: What a page shows one of, in its address.
ONE = {"estate": "?estate=1", "demand": "?demand=1"}
#: A page whose first poll has nothing to show → the stage of the poll that is chosen in its place.
STAGE = {"paper": PollStage.CLOSED}
FOLDER = CHECKOUT / "docs" / "screenshots"


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these (file names below pages/, without .py)")
    parser.add_argument("--phone", action="store_true", help="phone width, into docs/screenshots/phone")
    arguments = parser.parse_args()
    folder = FOLDER / "phone" if arguments.phone else FOLDER
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) / "home"
        prepare_home(home)
        browser = launch(playwright)
        with opened(home) as store, serve_app(home, Path(scratch) / "server.log") as address:
            for entry in PAGES:
                if arguments.pages and entry.file not in arguments.pages:
                    continue
                if not (CHECKOUT / entry.path).is_file():
                    continue
                window = Visit.begin(browser, address, viewport=PHONE if arguments.phone else LAPTOP)
                # Residents see their pages without an account; the first page is more telling with one.
                if not entry.public or entry.file == "home":
                    window.sign_in(enter(store, viewer(entry)))
                window.open("" if entry.file == "home" else entry.file + ONE.get(entry.file, ""))
                if (stage := STAGE.get(entry.file)) is not None:
                    window.page.get_by_role("combobox").first.click()
                    named = text(f"enum.PollStage.{stage.value}", Language.ZH)
                    window.page.get_by_role("option").filter(has_text=named).first.click()
                    window.idle()
                if window.page.locator('iframe[src*="streamlit_folium.st_folium"]').count():
                    window.map_frame()
                if entry.file == "kiosk":
                    _begin_to_vote(window, home)
                # Pictures do not show the pointer's focus ring or a half-faded element.
                window.page.wait_for_timeout(500)
                window.picture(folder / f"{entry.file}.png")
                print(f"{entry.file}.png", flush=True)
                window.close()
        browser.close()


def _begin_to_vote(window: Visit, home: Path) -> None:
    """Go on to the projects: the first screen asks for a code and shows nothing else."""
    ballot = window.page.frame_locator("iframe").first
    ballot.locator("#code").fill(json.loads((home / "demo-codes.json").read_text("utf-8"))["codes"][0])
    ballot.locator("body.welcome .next").click()
    ballot.locator("body.how .next").click()
    ballot.locator("body.choose").wait_for()


if __name__ == "__main__":
    main()
