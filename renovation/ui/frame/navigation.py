"""Which pages there are, in which group, and what each is for. ``app.py`` shows those the person may open."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from renovation.config import CHECKOUT, DoorKind, settings
from renovation.model.accounts import Action, Actor, may
from renovation.ui.frame import stations
from renovation.ui.words import say


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its file below ``pages/``, its group and icon, and what it needs.

    ``action=None`` on a staff page lets every member of staff in; ``public`` pages stand at the residents' door too.
    The title is the catalogue's ``page.<file>``.
    """

    file: str
    group: str
    icon: str
    action: Action | None = None
    public: bool = False
    hidden: bool = False

    @property
    def path(self) -> str:
        """The file as Streamlit's router names it."""
        return f"pages/{self.file}.py"


PAGES = (
    Entry("home", "start", "home", public=True),
    Entry("sign_in", "start", "login", public=True),
    Entry("kiosk", "residents", "how_to_vote", public=True),
    Entry("check_receipt", "residents", "receipt_long", public=True),
    Entry("public_demand", "residents", "add_location_alt", public=True),
    Entry("my_demand", "residents", "manage_search", public=True),
    Entry("public_results", "residents", "campaign", public=True),
    Entry("adopt", "residents", "volunteer_activism", public=True),
    Entry("estates", "workers", "location_city", Action.SEE_REGISTER),
    Entry("estate", "workers", "apartment", Action.SEE_REGISTER, hidden=True),
    Entry("demands", "workers", "pin_drop", Action.SEE_REGISTER),
    Entry("demand", "workers", "pin_drop", Action.SEE_REGISTER, hidden=True),
    Entry("new_demand", "workers", "add_location_alt", Action.TAKE_DEMAND),
    Entry("floods", "workers", "waves", Action.HANDLE_DEMAND),
    Entry("station", "workers", "computer", Action.RUN_STATION),
    Entry("codes", "workers", "qr_code_2", Action.ISSUE_CODES),
    Entry("kits", "workers", "wifi_off", Action.RUN_STATION),
    Entry("paper", "workers", "keyboard", Action.SEE_REGISTER),
    Entry("reconcile", "workers", "fact_check", Action.SEE_REGISTER),
    Entry("imports", "workers", "upload_file", Action.IMPORT_PLACES),
    Entry("projects", "planning", "construction", Action.SEE_REGISTER),
    Entry("coverage", "planning", "distance", Action.SEE_REGISTER),
    Entry("catalogue", "planning", "menu_book", Action.SEE_REGISTER),
    Entry("money", "planning", "account_balance_wallet", Action.SEE_REGISTER),
    Entry("gates", "planning", "rule", Action.SEE_REGISTER),
    Entry("polls", "deciding", "ballot", Action.SEE_REGISTER),
    Entry("results", "deciding", "bar_chart", Action.SEE_RESULTS),
    Entry("compare", "deciding", "compare_arrows", Action.SEE_RESULTS),
    Entry("exports", "deciding", "download", Action.SEE_RESULTS),
    Entry("import_election", "deciding", "upload_file", Action.EDIT_POLL),
    Entry("panel", "deciding", "grading", Action.SEE_PANELS),
    Entry("ranking", "year", "leaderboard", Action.RANK),
    Entry("programme", "year", "event_note", Action.RANK),
    Entry("scenarios", "year", "stacks", Action.RANK),
    Entry("programme_documents", "year", "folder_zip", Action.PUBLISH),
    Entry("annual_batch", "year", "event_available", Action.SEE_RESULTS),
    Entry("accounts", "management", "group", Action.MANAGE_ACCOUNTS),
    Entry("backup", "management", "save", Action.BACK_UP),
    Entry("log", "management", "history", Action.READ_LOG),
    Entry("settings", "management", "settings", Action.CHANGE_SETTINGS),
)


def allowed(actor: Actor | None) -> list[Entry]:
    """Return the pages this person may open through this door, in order."""
    door = settings().door
    return [
        entry
        for entry in PAGES
        if (CHECKOUT / entry.path).is_file()
        and (
            (entry.public and not (door is DoorKind.RESIDENT and entry.file == "sign_in"))
            or (
                door is not DoorKind.RESIDENT
                and actor is not None
                and (entry.action is None or may(actor, entry.action))
            )
        )
    ]


def as_page(entry: Entry, actor: Actor | None, *, hidden: bool = False) -> st.Page:
    """Return the entry as the router takes it."""
    title = "page.own_account" if entry.file == "sign_in" and actor is not None else f"page.{entry.file}"
    return st.Page(
        entry.path,
        title=say(title),
        icon=f":material/{entry.icon}:",
        default=entry.file == "home",
        visibility="hidden" if hidden or entry.hidden else "visible",
    )


def _voting_everywhere() -> list[st.Page]:
    """Return the voting page under every address of the app, so that no reload or typed address says "not found"."""
    title = say("page.kiosk")
    ballot = "pages/kiosk.py"
    return [
        st.Page(ballot, title=title, default=True, url_path="voting"),
        *(st.Page(ballot, title=title, url_path=entry.file, visibility="hidden") for entry in PAGES),
    ]


def by_group(actor: Actor | None) -> dict[str, list[st.Page]]:
    """Return the navigation: group heading → pages."""
    if stations.locked():
        return {"": _voting_everywhere()}
    groups: dict[str, list[st.Page]] = {}
    shown = allowed(actor)
    for entry in shown:
        # A heading among so few links helps nobody, and screen readers stumble over Streamlit's markup for it.
        heading = "" if entry.group == "start" or actor is None else say(f"page_group.{entry.group}")
        groups.setdefault(heading, []).append(as_page(entry, actor))
    if settings().door is not DoorKind.RESIDENT:
        # Reachable by address, so that the page's guard says what is missing instead of "not found".
        groups[""] += [as_page(entry, actor, hidden=True) for entry in PAGES if entry not in shown]
    return groups
