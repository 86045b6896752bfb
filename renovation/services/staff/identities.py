"""Who members of staff are at the office's identity server (OpenID Connect).

An administrator says which account somebody is there; what the account may do stays here. Such an account signs in
there alone, so that what ends there ends here. At least one administrator signs in with a password: where the server
is down or its word is doubted, somebody has to be able to get in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from renovation.errors import ConflictError, DeniedError, InvalidError
from renovation.model.accounts import Account, Action, Actor
from renovation.model.clock import now
from renovation.services.acts import ActingUnit, acting
from renovation.services.staff import notes
from renovation.services.staff.accounts import SignedIn, as_actor, begin_session, require_local_administrator
from renovation.services.staff.guesses import FROM_ADDRESS, folded_address, seconds_until
from renovation.services.staff.proofs import NOWHERE, Whence
from renovation.store import Store
from renovation.store.keys import key_folder
from renovation.store.staff import accounts, budgets

_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as an identity server names them.

    Attributes
    ----------
    subject
        By what the server knows the person, for good; names and addresses change hands.
    session
        The session there, empty where the server tells of none.
    """

    issuer: str
    subject: str
    session: str = ""


def claim_try(store: Store, address: str) -> str:
    """Count a way back from the identity server, each of which asks it something; return the door it stands at.

    Raises
    ------
    DeniedError
        ``account.wait``: too many from this address.
    """
    with store.write() as unit:
        door = f"address {folded_address(key_folder(unit.connection), address)}"
        until = budgets.claim(unit.connection, door, now(), FROM_ADDRESS)
        unit.commit()
    if until is not None:
        raise DeniedError("account.wait", seconds=seconds_until(until))
    return door


def sign_in_by_identity(store: Store, found: Identity, *, door: str, whence: Whence = NOWHERE) -> SignedIn:
    """Begin a session for the account that somebody is, and give the counted try (:func:`claim_try`) back.

    Raises
    ------
    DeniedError
        ``identity.unknown``: no account is that; ``identity.switched_off``.
    """
    signed_in = begin_session(store, _account_of(store, found), whence=whence, oidc_session=found.session)
    with store.write() as unit:
        budgets.give_back(unit.connection, door)
        unit.commit()
    return signed_in


def prove_by_identity(store: Store, token_hash: str, found: Identity, *, door: str) -> None:
    """Note that whoever has a session has proved again at the identity server who they are, and give the try back.

    Raises
    ------
    DeniedError
        ``identity.unknown``, ``identity.switched_off``; ``identity.somebody_else``: the session is another account's.
    """
    account = _account_of(store, found)
    with store.write() as unit:
        held = accounts.find_session(unit.connection, token_hash)
        if held is None or held.account.id != account.id:
            raise DeniedError("identity.somebody_else")
        accounts.prove_session(unit.connection, token_hash, now())
        budgets.give_back(unit.connection, door)
        unit.commit()


def _account_of(store: Store, found: Identity) -> Account:
    with store.read() as connection:
        account = accounts.by_identity(connection, found.issuer, found.subject)
    if account is None or not account.active:
        number, login = (account.id, account.login) if account else ("", "")
        notes.note(store, "account.identity_refused", "account", number, login=login)
        code = "identity.switched_off" if account else "identity.unknown"
        raise DeniedError(code, subject=found.subject)
    return account


def end_by_identity(store: Store, found: Identity, said_at: datetime) -> int:
    """End what somebody who has signed out at the identity server has open here, and return how many sessions.

    Parameters
    ----------
    found
        With its session, that one alone ends; without, all that had begun by then.
    said_at
        When the server said so, UTC. An old word heard again ends nothing that began since.
    """
    with store.write() as opened:
        account = accounts.by_identity(opened.connection, found.issuer, found.subject) if found.subject else None
        if account is None and found.session:
            account = accounts.by_identity_session(opened.connection, found.issuer, found.session)
        if account is None:
            return 0
        unit = ActingUnit(opened, as_actor(account))
        ended = accounts.end_identity_sessions(
            unit.connection, account.id, oidc_session=found.session, begun_before=said_at
        )
        if ended:
            unit.log("account.end_by_identity", "account", account.id)
        unit.commit()
    return ended


def set_identity(store: Store, actor: Actor | None, account_id: int, issuer: str, subject: str) -> Account:
    """Say who an account is at an identity server, or nobody, and end its sessions.

    Raises
    ------
    InvalidError
        ``identity.shape``: empty inside, too long, or with signs that no server uses.
    ConflictError
        ``identity.taken``; ``identity.no_server``; ``account.last_local_admin``: no administrator would sign in with a
        password.
    """
    kept = subject.strip()
    if len(kept) > _LONGEST or not kept.isascii() or not all(map(str.isprintable, kept)):
        raise InvalidError("identity.shape")
    if kept and not issuer:
        raise ConflictError("identity.no_server")
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        unit.account(account_id)
        changed = accounts.set_identity(unit.connection, account_id, issuer, kept)
        require_local_administrator(unit, "account.last_local_admin")
        accounts.end_sessions_of(unit.connection, account_id)
        act = "account.set_identity" if kept else "account.drop_identity"
        unit.log(act, "account", account_id, login=changed.login)
        unit.commit()
    return changed
