"""What only the browser can do for the code: put the cursor there, catch a scanner's keys, look through the camera."""

from __future__ import annotations

from renovation.ui.browser import part_of_page
from renovation.ui.polls.kiosk.camera import PATH
from renovation.ui.polls.kiosk.state import IDLE_SECONDS, KioskVoter
from renovation.ui.words import say

_HTML = """
<div id="entry">
  <button type="button" class="open" hidden></button>
  <p class="failed" role="status" hidden></p>
  <div class="look" role="dialog" aria-modal="true" hidden>
    <p class="hint"></p>
    <video muted playsinline></video>
    <button type="button" class="close"></button>
  </div>
</div>
"""


def code_entry(voter: KioskVoter) -> str:
    """Mount the browser's part beside the code's box; return what the camera has just read, else nothing."""
    mount = part_of_page("kiosk_entry", _HTML, __file__)
    answer = mount(
        key=voter.key("entry"),
        data={
            "label": say("kiosk.code"),
            "open": say("kiosk.scan"),
            "hint": say("kiosk.scan_hint"),
            "close": say("kiosk.scan_close"),
            "failed": say("kiosk.scan_failed"),
            "path": PATH.lstrip("/"),
            "seconds": IDLE_SECONDS,
        },
        on_scanned_change=lambda: None,
        height="content",
    )
    return str(answer.get("scanned") or "")
