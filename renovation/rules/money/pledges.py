"""What a supporter may promise to a project, and how long a promise counts."""

from __future__ import annotations

from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.funding import SourceKind

#: Days an offer waits, and a promise counts when nothing else is agreed.
OFFER_DAYS, PLEDGE_DAYS = 30, 180
#: Whose money a supporter can promise.
SUPPORTER_KINDS = (SourceKind.RESIDENTS, SourceKind.PRIVATE, SourceKind.CHARITY, SourceKind.IN_KIND)
#: So many digits in a name are a telephone or identity number.
_NUMBER_DIGITS = 7
_MOST_HOURS = 100_000
#: 100 billion yuan, in fen.
_MOST_PLEDGED = 10**13


def check_promise(name: str, kind: SourceKind, amount: int, hours: Fraction) -> None:
    """Refuse a promise without a name, with a number that would stand in public, or of what cannot be promised.

    Parameters
    ----------
    amount
        Fen; only work in kind is promised in ``hours``.

    Raises
    ------
    InvalidError
        ``pledge.name_missing``, ``pledge.name_has_number``, ``pledge.kind``, ``pledge.money_or_hours`` or
        ``pledge.too_much``.
    """
    if not name:
        raise InvalidError("pledge.name_missing")
    if sum(sign.isdigit() for sign in name) >= _NUMBER_DIGITS:
        raise InvalidError("pledge.name_has_number")
    if kind not in SUPPORTER_KINDS:
        raise InvalidError("pledge.kind", kind=kind.value)
    if (kind is SourceKind.IN_KIND and amount) or (kind is not SourceKind.IN_KIND and hours):
        raise InvalidError("pledge.money_or_hours")
    if amount > _MOST_PLEDGED or hours > _MOST_HOURS:
        raise InvalidError("pledge.too_much")
