"""What a password has to be, and first ones to hand over."""

from __future__ import annotations

import secrets

from renovation.errors import InvalidError
from renovation.services.staff.hashing import MAX_LENGTH, folded
from renovation.store import Store
from renovation.store.register import areas

MIN_PASSWORD = 10
#: Of 0-4: safely unguessable for who tries at the door, and dear for who has the hashes.
_SAFE_SCORE = 3
#: What everybody here thinks of, besides the places.
_COMMON_HERE = ("renovation", "laojiu", "xiaoqu", "gaizao", "weigaizao", "toupiao", "shequ")
#: The estimate looks at so many characters.
_GUESSED = 72


def check_password(store: Store, password: str, login: str, name: str) -> None:
    """Refuse a password that is among the first that somebody would guess, who knows the person and the place.

    Raises
    ------
    InvalidError
        ``account.password_short``, ``account.password_long`` or ``account.password_easy``.

    References
    ----------
    D. L. Wheeler: zxcvbn, low-budget password strength estimation. USENIX Security 2016.
    """
    from zxcvbn import zxcvbn  # reads lists of common passwords and words

    secret = folded(password)
    if len(secret) < MIN_PASSWORD:
        raise InvalidError("account.password_short", least=MIN_PASSWORD)
    if len(secret) > MAX_LENGTH:
        raise InvalidError("account.password_long", most=MAX_LENGTH)
    with store.read() as connection:
        places = [folded(area.name) for area in areas.list_areas(connection)]
    found = zxcvbn(secret[:_GUESSED], user_inputs=[login, name, *_COMMON_HERE, *places])
    if found["score"] < _SAFE_SCORE or (len(login) > 3 and login in secret.lower()):
        raise InvalidError("account.password_easy")


def make_password() -> str:
    """Draw a first password to hand over; it must be changed at the first sign-in."""
    symbols = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(symbols) for _ in range(4)) for _ in range(3))
