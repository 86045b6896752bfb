"""The second factor of staff: a code that a telephone shows and that changes every half minute (TOTP).

Ten recovery codes, shown once, stand in for a lost telephone. Without either, another administrator takes the second
factor off together with a second person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum

from renovation.errors import ConflictError, DeniedError
from renovation.model.accounts import Account, Action, Actor, Role, require_account
from renovation.services.acts import ActingUnit, acting
from renovation.services.staff.proofs import folded_code, matching_step, telephone_secret, token_hash
from renovation.services.staff.second_person import require_second, second_login
from renovation.store import Connection, Store, settings
from renovation.store.keys import staff_key
from renovation.store.staff import accounts

_SETTING = "second_factor_required"
_CODES = 10
_SEED_BYTES = 16
#: Easily read aloud: without 0, O, 1, I, L.
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
_ISSUER = "renovation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a telephone has to be told, and the seed it follows from; nothing is kept before a code has come back."""

    seed: str
    secret: str
    address: str


class FactorFor(StrEnum):
    """Who has to have a second factor."""

    NOBODY = "nobody"
    ADMINISTRATORS = "administrators"
    EVERYBODY = "everybody"


def required_of(store: Store) -> FactorFor:
    """Return who has to have a second factor."""
    with store.read() as connection:
        return _required_of(connection)


def _required_of(connection: Connection) -> FactorFor:
    return FactorFor(settings.get(connection, _SETTING, FactorFor.NOBODY))


def has_to(wanted: FactorFor, role: Role) -> bool:
    """Tell whether somebody of this role has to have a second factor."""
    return wanted is FactorFor.EVERYBODY or (wanted is FactorFor.ADMINISTRATORS and role is Role.ADMIN)


def is_missing(store: Store, account: Account) -> bool:
    """Tell whether somebody has to enrol before they go on; whoever signs in at the identity server proves it there."""
    return not (account.has_second_factor or account.identity) and has_to(required_of(store), account.role)


def require_of(store: Store, actor: Actor | None, wanted: FactorFor) -> None:
    """Say who has to have a second factor from the next click on."""
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        settings.put(unit.connection, _SETTING, wanted.value)
        unit.log("settings.second_factor", "settings", _SETTING, wanted=wanted.value)
        unit.commit()


def new_enrolment(store: Store, login: str) -> Enrolment:
    """Draw a secret, and the address that a telephone reads from a QR code.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``: the key behind second factors is not here.
    """
    import pyotp

    with store.write() as unit:
        key = staff_key(unit.connection, make=True)
        unit.commit()
    seed = secrets.token_hex(_SEED_BYTES)
    secret = telephone_secret(key, seed)
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)
    return Enrolment(seed=seed, secret=secret, address=address)


def enrol(store: Store, actor: Actor | None, seed: str, code: str) -> tuple[str, ...]:
    """Switch one's second factor on, or exchange it, and return the recovery codes, which are kept as hashes.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``; ``account.code_unlike``: the code is not of this seed; ``account.prove_again``.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    who, account_id = require_account(actor)
    with store.write() as opened:
        unit = ActingUnit(opened, who)
        unit.require_proof()
        step = matching_step(telephone_secret(staff_key(unit.connection), seed), folded_code(code))
        if step is None:
            raise DeniedError("account.code_unlike")
        codes = tuple("-".join(_signs(5) for _ in range(3)) for _ in range(_CODES))
        hashes = [token_hash(folded_code(one)) for one in codes]
        accounts.set_second_factor(unit.connection, account_id, seed=seed, step=step, code_hashes=hashes)
        accounts.end_sessions_of(unit.connection, account_id, keep=who.session)
        unit.log("account.second_factor_on", "account", account_id)
        unit.commit()
    return codes


def _signs(count: int) -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(count))


def leave(store: Store, actor: Actor | None) -> None:
    """Switch one's own second factor off.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``, ``account.prove_again``.
    ConflictError
        ``account.second_factor_required``.
    """
    who, account_id = require_account(actor)
    with store.write() as opened:
        unit = ActingUnit(opened, who)
        unit.require_proof()
        if has_to(_required_of(unit.connection), who.role):
            raise ConflictError("account.second_factor_required")
        accounts.set_second_factor(unit.connection, account_id, seed="", step=0, code_hashes=())
        unit.log("account.second_factor_off", "account", account_id)
        unit.commit()


def codes_left(store: Store, actor: Actor | None) -> int:
    """Return how many of one's recovery codes are left.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    _, account_id = require_account(actor)
    with store.read() as connection:
        return accounts.recovery_codes_left(connection, account_id)


def take_off(store: Store, actor: Actor | None, account_id: int, *, second: Actor | None = None) -> None:
    """Take a colleague's lost second factor off, with a second person, and end the colleague's sessions.

    Raises
    ------
    DeniedError
        ``poll.second_person``; ``account.prove_again``.
    ConflictError
        ``account.own_second_factor``: one's own is switched off with its code.
    NotFoundError
        ``account.unknown``.
    """
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        found = unit.account(account_id)
        if account_id == unit.actor.account_id:
            raise ConflictError("account.own_second_factor")
        require_second(unit, second, needed=True)
        accounts.set_second_factor(unit.connection, account_id, seed="", step=0, code_hashes=())
        accounts.end_sessions_of(unit.connection, account_id)
        unit.log("account.take_off_factor", "account", account_id, login=found.login, second=second_login(second))
        unit.commit()
