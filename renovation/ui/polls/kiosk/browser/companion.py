"""What only the browser can do for a voter: notice that nobody is there, read aloud, print."""

from __future__ import annotations

from renovation.ui.browser import part_of_page
from renovation.ui.polls.kiosk.state import IDLE_SECONDS, RECEIPT_SECONDS, RING_SECONDS, KioskStep, KioskVoter, forget
from renovation.ui.words import language, say

_HTML = """
<div id="companion">
  <button type="button" class="read" hidden></button>
  <button type="button" class="print" hidden></button>
  <div class="ring" role="alertdialog" aria-modal="true" hidden>
    <div class="question"></div><div class="count" aria-hidden="true"></div>
    <button type="button" class="stay"></button>
  </div>
</div>
"""


def companion(voter: KioskVoter, spoken: str) -> None:
    """Mount the browser's part for the present screen.

    Parameters
    ----------
    spoken
        What the screen says, for reading aloud.
    """
    mount = part_of_page("kiosk_companion", _HTML, __file__)
    leaving = voter.step is KioskStep.RECEIPT
    mount(
        # A new key for every screen: what is read aloud and what is asked always belongs to it.
        key=voter.key(f"companion_{voter.step.value}"),
        data={
            "epoch": voter.epoch,
            "screen": f"{voter.epoch} {voter.step.value}",
            # The first screen is where a scanner types.
            "calm": voter.step is not KioskStep.WELCOME,
            "armed": voter.is_somebody,
            "text": spoken,
            "lang": language().value,
            "read": say("kiosk.read_aloud"),
            "print": say("kiosk.print"),
            "can_print": leaving,
            "still_there": say("kiosk.still_there"),
            "stay": say("kiosk.stay"),
            "clearing": say("kiosk.clearing"),
            "idle_seconds": RECEIPT_SECONDS if leaving else IDLE_SECONDS,
            "ring_seconds": 0 if leaving else RING_SECONDS,
        },
        on_gone_change=forget,
        height="content",
    )
