"""Characters nobody can see: what reorders a line or hides in it, and what only joins signs into one."""

from __future__ import annotations

import re

#: Marks, embeddings, overrides and isolates of writing direction, the byte order mark, and controls other than line
#: breaks and tabs. Text of any script reads right without them; with them a name can show as another one.
_HIDDEN = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: Halves that stand for single bytes are how a damaged text file is read; that file is refused by what it is.
_SURROGATE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_REORDERING = re.compile(r"[\x00\u202a-\u202e\u2066-\u2069]")


def without_hidden(text: str) -> str:
    """Return the text as it shows; joiners (which families of emoji are made with) stay."""
    return _HIDDEN.sub("", text)


def half_sign(text: str) -> bool:
    """Tell whether the text holds half of a sign (a lone surrogate), which no file and no database can keep."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def reorders(text: str) -> bool:
    """Tell whether the text holds what may never be kept: NUL, or an override of the writing direction."""
    return _REORDERING.search(text) is not None
