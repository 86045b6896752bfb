"""What people type: one-line texts without signs nobody can see and not too long, and why they act."""

from __future__ import annotations

from renovation.errors import InvalidError
from renovation.model.names import JOINERS, is_blank


def one_line(value: str, limit: int) -> str:
    """Return a text ready to be kept.

    Raises
    ------
    InvalidError
        ``typed.too_long``.
    """
    kept = "".join(sign for sign in " ".join(value.split()) if sign.isprintable() or sign in JOINERS)
    if is_blank(kept):
        return ""
    if len(kept) > limit:
        raise InvalidError("typed.too_long", limit=limit, length=len(kept))
    return kept


def reason_of(value: str, code: str) -> str:
    """Return why somebody acts, cut to what the log keeps of it.

    Raises
    ------
    InvalidError
        Of this code, where nothing is said.
    """
    said = value.strip()[:200]
    if is_blank(said):
        raise InvalidError(code)
    return said
