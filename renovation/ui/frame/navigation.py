"""Which pages there are, whose work each belongs to, and what it needs. ``app.py`` shows those the person may open."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from renovation.config import CHECKOUT, DoorKind, settings
from renovation.model.accounts import Action, Actor, Role, may
from renovation.ui.words import say


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its file below ``pages/``, its icon, and what it needs.

    ``action=None`` on a staff page lets every member of staff in; ``public`` pages stand at the residents' door too.
    The title is the catalogue's ``page.<file>``.
    """

    file: str
    icon: str
    action: Action | None = None
    public: bool = False

    @property
    def path(self) -> str:
        """The file as Streamlit's router names it."""
        return f"pages/{self.file}.py"


PAGES = (
    Entry("home", "home", public=True),
    Entry("sign_in", "login", public=True),
    Entry("kiosk", "how_to_vote", public=True),
    Entry("check_receipt", "receipt_long", public=True),
    Entry("public_demand", "add_location_alt", public=True),
    Entry("my_demand", "manage_search", public=True),
    Entry("public_results", "campaign", public=True),
    Entry("adopt", "volunteer_activism", public=True),
    Entry("desk", "assignment", Action.SEE_DESK),
    Entry("demands", "pin_drop", Action.SEE_REGISTER),
    Entry("demand", "pin_drop", Action.SEE_REGISTER),
    Entry("new_demand", "add_location_alt", Action.TAKE_DEMAND),
    Entry("floods", "waves", Action.HANDLE_DEMAND),
    Entry("surveys", "door_front", Action.SEE_REGISTER),
    Entry("estates", "location_city", Action.SEE_REGISTER),
    Entry("estate", "apartment", Action.SEE_REGISTER),
    Entry("set_up", "flag", Action.EDIT_AREAS),
    Entry("areas", "account_tree", Action.EDIT_AREAS),
    Entry("estate_table", "table_edit", Action.IMPORT_PLACES),
    Entry("imports", "upload_file", Action.IMPORT_PLACES),
    Entry("facilities", "storefront", Action.SEE_REGISTER),
    Entry("coverage", "distance", Action.SEE_REGISTER),
    Entry("projects", "construction", Action.SEE_REGISTER),
    Entry("lives", "route", Action.SEE_REGISTER),
    Entry("gates", "rule", Action.SEE_REGISTER),
    Entry("money", "account_balance_wallet", Action.SEE_REGISTER),
    Entry("catalogue", "menu_book", Action.SEE_REGISTER),
    Entry("panel", "grading", Action.SEE_PANELS),
    Entry("polls", "ballot", Action.SEE_REGISTER),
    Entry("import_election", "upload_file", Action.EDIT_POLL),
    Entry("codes", "qr_code_2", Action.ISSUE_CODES),
    Entry("station", "computer", Action.RUN_STATION),
    Entry("kits", "wifi_off", Action.RUN_STATION),
    Entry("paper", "keyboard", Action.SEE_REGISTER),
    Entry("reconcile", "fact_check", Action.SEE_REGISTER),
    Entry("results", "bar_chart", Action.SEE_RESULTS),
    Entry("compare", "compare_arrows", Action.SEE_RESULTS),
    Entry("exports", "download", Action.SEE_RESULTS),
    Entry("annual_batch", "event_available", Action.SEE_RESULTS),
    Entry("ranking", "leaderboard", Action.RANK),
    Entry("programme", "event_note", Action.RANK),
    Entry("scenarios", "stacks", Action.RANK),
    Entry("programme_documents", "folder_zip", Action.PUBLISH),
    Entry("accounts", "group", Action.MANAGE_ACCOUNTS),
    Entry("backup", "save", Action.BACK_UP),
    Entry("log", "history", Action.READ_LOG),
    Entry("lists", "tune", Action.EDIT_LISTS),
    Entry("settings", "settings", Action.CHANGE_SETTINGS),
)

#: What the navigation shows of each part: headings in the order of the work, with their pages. What stands in none is
#: reached from the page it belongs to: a file from its list, a step of the year or of a result from the line of steps.
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "workers": {
        "demands": ("demands", "new_demand", "floods"),
        "estates": ("surveys", "estates", "facilities", "gates", "estate_table", "imports"),
        "projects": ("projects", "money"),
        "polls": ("polls", "codes", "station", "kits", "paper", "reconcile", "results"),
    },
    "planning": {
        "demands": ("demands", "surveys", "estates", "coverage"),
        "projects": ("projects", "gates", "estate_table", "money", "catalogue", "panel"),
        "polls": ("polls", "results"),
        "year": ("annual_batch", "ranking", "programme", "scenarios", "programme_documents"),
    },
    "management": {
        "house": ("set_up", "accounts", "lists", "settings", "backup", "log"),
        "estates": ("areas", "imports", "estates", "facilities"),
        "polls": ("polls", "paper", "reconcile", "results"),
    },
    "keying": {
        "polls": ("paper", "reconcile"),
        "demands": ("demands", "new_demand"),
    },
    "watching": {
        "demands": ("demands", "surveys", "estates"),
        "projects": ("projects", "gates", "money", "panel"),
        "polls": ("polls", "reconcile", "results"),
        "year": ("annual_batch",),
        "house": ("log",),
    },
    "department": {
        "demands": ("desk",),
    },
    "residents": {
        "": ("kiosk", "check_receipt", "public_demand", "my_demand", "public_results", "adopt"),
    },
}
_OWN = {
    Role.SOCIAL_WORKER: "workers",
    Role.SECOND_CLERK: "keying",
    Role.PLANNER: "planning",
    Role.ADMIN: "management",
    Role.OBSERVER: "watching",
    Role.DEPARTMENT: "department",
}
#: The parts that others than their own people may turn to.
_OFFERED = ("workers", "planning", "management", "residents")
_PART = "renovation.part"


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


def parts_of(actor: Actor) -> list[str]:
    """Return the parts of the navigation this person may turn to, the own one first."""
    own = _OWN[actor.role]
    parts, unseen = [own], {entry.file for entry in allowed(actor)} - _files(own)
    for part in _OFFERED:
        if part != own and unseen & _files(part):
            parts.append(part)
            unseen -= _files(part)
    return parts


def _files(part: str) -> set[str]:
    return {file for files in PARTS[part].values() for file in files}


def part_of(actor: Actor) -> str:
    """Return the part of the navigation this tab shows."""
    chosen: str | None = st.session_state.get(_PART)
    return chosen if chosen in PARTS else _OWN[actor.role]


def part_switch(actor: Actor) -> None:
    """Offer the pages of the other parts where there are any."""
    parts = parts_of(actor)
    if len(parts) > 1:
        st.segmented_control(
            say("shell.parts"),
            parts,
            default=part_of(actor),
            required=True,
            format_func=lambda part: say(f"page_part.{part}"),
            key=_PART,
            persist_state="session",
            label_visibility="collapsed",
        )


def as_page(entry: Entry, actor: Actor | None, *, hidden: bool = False) -> st.Page:
    """Return the entry as the router takes it."""
    title = "page.own_account" if entry.file == "sign_in" and actor is not None else f"page.{entry.file}"
    return st.Page(
        entry.path,
        title=say(title),
        icon=f":material/{entry.icon}:",
        default=entry.file == "home",
        visibility="hidden" if hidden else "visible",
    )


def by_group(actor: Actor | None) -> dict[str, list[st.Page]]:
    """Return the navigation: group heading → pages."""
    known = {entry.file: entry for entry in PAGES}
    shown = {entry.file for entry in allowed(actor)}
    # A heading among so few links helps nobody, and screen readers stumble over Streamlit's markup for it.
    first = ("home", "sign_in", *PARTS["residents"][""]) if actor is None else ("home",)
    groups = {"": [as_page(known[file], actor) for file in first if file in shown]}
    drawn = set(first)
    if actor is not None:
        for heading, files in PARTS[part_of(actor)].items():
            there = [file for file in files if file in shown]
            if there:
                said = say(f"page_group.{heading}") if heading else ""
                groups.setdefault(said, []).extend(as_page(known[file], actor) for file in there)
                drawn.update(there)
    if settings().door is not DoorKind.RESIDENT:
        # Reachable by address, so that the page's guard says what is missing instead of "not found".
        groups[""] += [as_page(entry, actor, hidden=True) for entry in PAGES if entry.file not in drawn]
    return groups
