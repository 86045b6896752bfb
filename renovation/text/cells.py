"""Text that a spreadsheet would run, and how to keep it text.

Spreadsheets take a CSV cell that starts with ``=``, ``+``, ``-``, ``@`` (also in full width) or a control character
for a formula or a command. An apostrophe before it keeps it text. The guard is exact: :func:`bare` gives back what
:func:`guarded` was given, whatever it was.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n\x00])")
_GUARDED = re.compile(r"'+(?:\s*[=+\-@＝＋－＠]|[\t\r\n\x00])")


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet could run it (or if it already looks guarded)."""
    return f"'{text}" if _RISKY.match(text) else text


def bare(text: str) -> str:
    """Undo :func:`guarded`."""
    return text[1:] if _GUARDED.match(text) else text
