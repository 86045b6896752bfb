"""Choosing by the numbers on the cards with the keyboard alone, also beyond nine."""

from __future__ import annotations

from renovation.model.elections import BallotKind
from renovation.model.polls import Poll
from renovation.rules.polls.choosing import on_ballot
from renovation.ui.browser import part_of_page
from renovation.ui.polls.kiosk.state import KioskVoter
from renovation.ui.words import say

_HTML = '<div id="numbers" role="status" hidden><span class="typed"></span> <span class="what"></span></div>'
#: Up to here one key is one project, and the button's own shortcut does it.
LAST_DIGIT = 9


def one_key_each(poll: Poll) -> bool:
    """Whether every project's number is a single key."""
    return max((project.number for project in on_ballot(poll)), default=0) <= LAST_DIGIT


def number_keys(voter: KioskVoter, poll: Poll) -> None:
    """Mount the browser's part beside the cards: it brings the card of a typed number into view, and presses it."""
    more, less = {BallotKind.POINTS: ("more_", "fewer_"), BallotKind.YES_NO: ("yes_", "no_")}.get(
        poll.settings.ballot_kind, ("take_", "")
    )
    mount = part_of_page("kiosk_numbers", _HTML, __file__)
    mount(
        key=voter.key("numbers"),
        data={
            "card": f"st-key-kiosk_card_{voter.epoch}_",
            "press": f"st-key-{voter.key(more)}",
            "less": f"st-key-{voter.key(less)}" if less else "",
            "numbers": [project.number for project in on_ballot(poll)],
            "one_key_each": one_key_each(poll),
            "more": say("kiosk.keys.more"),
            "unknown": say("kiosk.keys.unknown"),
        },
        height="content",
    )
