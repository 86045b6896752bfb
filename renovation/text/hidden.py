"""Characters nobody can see: what reorders a line or hides in it, and what only joins signs into one."""

from __future__ import annotations

import re

#: Marks, embeddings, overrides and isolates of writing direction, the byte order mark, and controls other than line
#: breaks and tabs. Text of any script reads right without them; with them a name can show as another one.
_HIDDEN = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_REORDERING = re.compile(r"[\x00\u202a-\u202e\u2066-\u2069]")


def without_hidden(text: str) -> str:
    """Return the text as it shows; joiners (which families of emoji are made with) stay."""
    return _HIDDEN.sub("", text)


def reorders(text: str) -> bool:
    """Tell whether the text holds what may never be kept: NUL, or an override of the writing direction."""
    return _REORDERING.search(text) is not None
