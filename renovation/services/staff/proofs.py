"""Have somebody prove who they are: password, second factor, and how often that may be tried.

A try is reserved in the store before anything is hashed. Strangers share one budget for an account, so that guesses
wait longer each time; a browser in which the account has signed in before has one of its own, so that a stranger's
guesses lock nobody out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from renovation.config import settings
from renovation.errors import DeniedError
from renovation.model.accounts import PROOF_LASTS, Account, Actor, require_account
from renovation.model.clock import now
from renovation.model.names import fold
from renovation.services.staff import notes
from renovation.services.staff.guesses import FREE_FAILURES, FROM_ADDRESS, SECRETS, folded_address, seconds_until
from renovation.services.staff.hashing import fits, hash_secret, is_outdated
from renovation.store import Connection, Store
from renovation.store.keys import key_folder, keyed, staff_key
from renovation.store.staff import accounts, budgets
from renovation.store.staff.accounts import Credentials

#: Steps of half a minute that a telephone's clock may be off.
_DRIFT = (0, -1, 1)
_KIND = "secret "


@dataclass(frozen=True, slots=True, kw_only=True)
class Whence:
    """Where somebody proves who they are.

    Attributes
    ----------
    address
        Of the network.
    browser
        The token that a browser keeps from an earlier good sign-in.
    device
        What browser it is, in words.
    """

    address: str = ""
    browser: str = ""
    device: str = ""


NOWHERE = Whence()

#: What a browser says of itself → what it is called, the special ones before those they are built on.
_BROWSERS = {"micromessenger": "微信", "edg": "Edge", "firefox": "Firefox", "chrome": "Chrome", "safari": "Safari"}
_SYSTEMS = {"android": "Android", "iphone": "iPhone", "ipad": "iPad", "windows": "Windows", "mac os": "macOS"}


def device_of(user_agent: str) -> str:
    """Return what browser somebody uses, as it says of itself, in words; empty where it says nothing known."""
    said = user_agent.lower()
    names = (next((shown for sign, shown in known.items() if sign in said), "") for known in (_BROWSERS, _SYSTEMS))
    return " · ".join(name for name in names if name) or ("Linux" if "linux" in said else "")


def account_doors(account_id: int) -> str:
    """Return how the names of an account's doors begin."""
    return f"{_KIND}{account_id} "


def token_hash(token: str) -> str:
    """Return what the store holds of a token that a browser has."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def nobodys_hash() -> str:
    """Return a hash no password fits, checked for unknown logins so that they take as long as known ones."""
    return hash_secret(secrets.token_urlsafe(24))


@dataclass(frozen=True, slots=True)
class _Reserved:
    """A try that was counted: at which doors, and whether they let it through."""

    doors: tuple[str, ...]
    let_through: bool


def _reserve(
    connection: Connection, found: Credentials | None, whence: Whence, asker: Actor | None, at: datetime
) -> _Reserved:
    """Count a try at the doors it stands at.

    Raises
    ------
    DeniedError
        ``account.wait``: this address, or this member of staff, has tried too often, whatever the account.
    """
    number = found.account.id if found else 0
    if asker is not None:
        doors = [(f"{_KIND}{number} by {asker.account_id or asker.login}", SECRETS)]
    elif found and whence.browser and accounts.knows_browser(connection, number, token_hash(whence.browser)):
        doors = [(f"{_KIND}{number} in {token_hash(whence.browser)[:24]}", SECRETS)]
    else:
        doors = [(f"address {folded_address(key_folder(connection), whence.address)}", FROM_ADDRESS)]
        doors += [(f"{_KIND}{number} afar", SECRETS)] if found else []
    for name, limit in doors:
        until = budgets.claim(connection, name, at, limit)
        if until is not None and limit is FROM_ADDRESS:
            raise DeniedError("account.wait", seconds=seconds_until(until))
        if until is not None:
            return _Reserved(tuple(name for name, _ in doors), let_through=False)
    return _Reserved(tuple(name for name, _ in doors), let_through=True)


def prove(
    store: Store,
    login: str,
    password: str,
    code: str = "",
    *,
    whence: Whence = NOWHERE,
    asker: Actor | None = None,
) -> Account:
    """Return the account whose password this is; every refusal reads alike and takes alike.

    Parameters
    ----------
    code
        Of the second factor, or a recovery code; asked for only once the password was right.
    asker
        Who is signed in already and asks for somebody's password at their screen; no second factor is asked for.

    Raises
    ------
    DeniedError
        ``account.sign_in_failed``; ``account.wait``: too many tries from here; ``account.code_wanted``: the password
        is right, and the account has a second factor; ``account.code_wrong``; ``identity.only``: the password is right,
        and the account signs in at the identity server.
    """
    wanted = fold(login[:200])[:60]
    with store.write() as unit:
        found = accounts.credentials(unit.connection, wanted)
        reserved = _reserve(unit.connection, found, whence, asker, now())
        unit.commit()
    right = fits(found.password_hash if found and reserved.let_through else nobodys_hash(), password)
    if found is None or not reserved.let_through or not right:
        # What is no login may be a password that slipped into the wrong field.
        number, known = (found.account.id, wanted) if found else ("", "")
        notes.note(store, "account.sign_in_refused", "account", number, login=known)
        raise DeniedError("account.sign_in_failed", free=FREE_FAILURES)
    if asker is None and found.account.identity and settings().oidc_issuer:
        raise DeniedError("identity.only")
    anew = hash_secret(password) if is_outdated(found.password_hash) else ""
    with store.write() as unit:
        if anew:
            accounts.change(unit.connection, found.account.id, password_hash=anew)
        wants = bool(found.totp_seed) and asker is None
        if wants and code.strip() and not _spend_code(unit.connection, found, code):
            unit.commit()
        else:
            for name in reserved.doors:
                budgets.give_back(unit.connection, name)
            if not wants or code.strip():
                budgets.forget(unit.connection, [name for name in reserved.doors if name.startswith(_KIND)])
            unit.commit()
            if wants and not code.strip():
                raise DeniedError("account.code_wanted")
            return found.account
    notes.note(store, "account.code_refused", "account", found.account.id, login=wanted)
    raise DeniedError("account.code_wrong", free=FREE_FAILURES)


def _spend_code(connection: Connection, found: Credentials, typed: str) -> bool:
    """Tell whether a code of the second factor, or a recovery code, is right, and spend it.

    Recovery codes come first: they are good without the key that stands behind the telephone's.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    plain = folded_code(typed)
    number = found.account.id
    if accounts.spend_recovery_code(connection, number, token_hash(plain)):
        return True
    step = matching_step(telephone_secret(staff_key(connection), found.totp_seed), plain)
    return step is not None and accounts.spend_step(connection, number, step)


def telephone_secret(key: bytes, seed: str) -> str:
    """Return the secret that a telephone holds, in base32; whoever has the database alone has its seed alone."""
    return base64.b32encode(keyed(key, f"totp|{seed}")[:20]).decode()


def folded_code(typed: str) -> str:
    """Return a typed code without the gaps that people and screens put into it."""
    return "".join(sign for sign in fold(typed[:200]) if sign.isalnum())


def matching_step(secret: str, code: str) -> int | None:
    """Return the half minute that a code of a second factor is of, unless the clocks differ by more than one of them.

    References
    ----------
    RFC 6238: TOTP, time-based one-time password algorithm. 2011.
    """
    import pyotp

    totp = pyotp.TOTP(secret)
    here = totp.timecode(now())
    try:
        codes = {here + drift: totp.generate_otp(here + drift) for drift in _DRIFT}
    except ValueError:  # no secret that a telephone could keep
        return None
    return next((step for step, one in codes.items() if hmac.compare_digest(one.encode(), code.encode())), None)


def is_fresh(store: Store, session: str) -> bool:
    """Tell whether whoever has a session has proved lately who they are; scripts have none and need not."""
    if not session:
        return True
    with store.read() as connection:
        return accounts.proved_since(connection, session, now() - PROOF_LASTS)


def prove_again(store: Store, actor: Actor | None, secret: str) -> None:
    """Take the password, or a code of the second factor, of who is signed in, before acts that ask for it.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``, ``account.sign_in_failed``.
    """
    who, account_id = require_account(actor)
    with store.write() as unit:
        found = accounts.credentials(unit.connection, who.login)
        reserved = _reserve(unit.connection, found, NOWHERE, who, now())
        right = False
        if found is not None and reserved.let_through and found.totp_seed:
            right = _spend_code(unit.connection, found, secret)
        unit.commit()
    if not right and found is not None and reserved.let_through:
        right = fits(found.password_hash, secret)
    if not right:
        notes.note(store, "account.sign_in_refused", "account", account_id, login=who.login)
        raise DeniedError("account.sign_in_failed", free=FREE_FAILURES)
    with store.write() as unit:
        budgets.forget(unit.connection, reserved.doors)
        accounts.prove_session(unit.connection, who.session, now())
        unit.commit()
