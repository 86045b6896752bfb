"""Staff accounts and their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from renovation.errors import ConflictError
from renovation.model.accounts import Account, Role
from renovation.model.scope import Scope
from renovation.store import settings
from renovation.store.rows import new_id, read_row, the_row, values_of
from renovation.store.schema.staff import account, known_browser, recovery_code, session

_FIRST = "first_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody who signs in is checked against."""

    account: Account
    password_hash: str
    totp_seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session and the account as it stands now."""

    token_hash: str
    account: Account
    device: str
    oidc_session: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    proved_at: datetime


def _account(row: Any) -> Account:
    named = {"has_second_factor": bool(row.totp_seed), "identity": row.oidc_subject or ""}
    return read_row(Account, row, scope=read_row(Scope, row), **named)


def count(connection: sa.Connection) -> int:
    """Return how many accounts exist."""
    return connection.execute(sa.select(sa.func.count()).select_from(account)).scalar_one()


def claim_first(connection: sa.Connection, at: datetime) -> None:
    """Claim the right to make the first account; the primary key lets one of two racing people have it.

    Raises
    ------
    ConflictError
        ``account.not_first``.
    """
    try:
        settings.put(connection, _FIRST, at.isoformat())
    except IntegrityError:
        raise ConflictError("account.not_first") from None
    if count(connection):
        raise ConflictError("account.not_first")


def add(
    connection: sa.Connection,
    *,
    login: str,
    name: str,
    role: Role,
    password_hash: str,
    created_at: datetime,
    scope: Scope,
    department: str = "",
    must_change_password: bool = False,
) -> Account:
    """Add an account.

    Raises
    ------
    ConflictError
        ``account.login_taken``.
    """
    values = {
        "login": login,
        "name": name,
        "role": role.value,
        "department": department,
        "password_hash": password_hash,
        "must_change_password": must_change_password,
        "created_at": created_at,
        **values_of(account, scope),
    }
    if by_login(connection, login) is not None:
        raise ConflictError("account.login_taken", login=login)
    try:
        made = new_id(connection, account.insert().values(**values))
    except IntegrityError:
        raise ConflictError("account.login_taken", login=login) from None
    return get(connection, made)


def get(connection: sa.Connection, account_id: int) -> Account:
    """Return an account.

    Raises
    ------
    NotFoundError
        ``account.unknown``.
    """
    row = the_row(connection, sa.select(account).where(account.c.id == account_id), "account.unknown")
    return _account(row)


def still_active(connection: sa.Connection, account_id: int) -> Account | None:
    """Return the account for which something was begun, if it may still sign in."""
    row = connection.execute(sa.select(account).where(account.c.id == account_id, account.c.active)).first()
    return _account(row) if row else None


def by_login(connection: sa.Connection, login: str) -> Account | None:
    """Return the account of a login."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).first()
    return _account(row) if row else None


def everyone(connection: sa.Connection) -> list[Account]:
    """Return every account, active ones first, by login."""
    rows = connection.execute(sa.select(account).order_by(account.c.active.desc(), account.c.login))
    return [_account(row) for row in rows]


def by_identity(connection: sa.Connection, issuer: str, subject: str) -> Account | None:
    """Return the account of somebody whom an identity server names, switched off or not."""
    found = account.c.oidc_issuer == issuer, account.c.oidc_subject == subject
    row = connection.execute(sa.select(account).where(*found)).first()
    return _account(row) if row else None


def by_identity_session(connection: sa.Connection, issuer: str, oidc_session: str) -> Account | None:
    """Return whose session follows one at an identity server."""
    found = account.c.oidc_issuer == issuer, session.c.oidc_session == oidc_session
    row = connection.execute(_SESSIONS.where(*found)).first()
    return _account(row) if row else None


def set_identity(connection: sa.Connection, account_id: int, issuer: str, subject: str) -> Account:
    """Say who an account is at an identity server; without a subject, nobody.

    Raises
    ------
    ConflictError
        ``identity.taken``: another account is that already.
    """
    other = by_identity(connection, issuer, subject) if subject else None
    if other is not None and other.id != account_id:
        raise ConflictError("identity.taken", login=other.login)
    kept = {"oidc_issuer": issuer, "oidc_subject": subject} if subject else {"oidc_issuer": None, "oidc_subject": None}
    return change(connection, account_id, **kept)


def local_administrators(connection: sa.Connection) -> int:
    """Return how many administrators can sign in with a password, whatever an identity server does."""
    query = sa.select(sa.func.count()).where(
        account.c.role == Role.ADMIN.value, account.c.active, account.c.oidc_subject.is_(None)
    )
    return connection.execute(query).scalar_one()


def password_hash(connection: sa.Connection, account_id: int) -> str:
    """Return the stored hash of an account's password."""
    return connection.execute(sa.select(account.c.password_hash).where(account.c.id == account_id)).scalar_one()


def change(connection: sa.Connection, account_id: int, **values: Any) -> Account:
    """Change columns of an account and return it.

    Raises
    ------
    NotFoundError
        ``account.unknown``.
    """
    connection.execute(account.update().where(account.c.id == account_id).values(**values))
    return get(connection, account_id)


def credentials(connection: sa.Connection, login: str) -> Credentials | None:
    """Return what somebody with this login has to know; ``None`` where it is unknown or switched off."""
    row = connection.execute(sa.select(account).where(account.c.login == login, account.c.active)).first()
    if row is None:
        return None
    return Credentials(account=_account(row), password_hash=row.password_hash, totp_seed=row.totp_seed)


def spend_step(connection: sa.Connection, account_id: int, step: int) -> bool:
    """Take a step of a second factor, unless it or a later one has been taken; one conditional write."""
    taken = connection.execute(
        account.update().where(account.c.id == account_id, account.c.totp_step < step).values(totp_step=step)
    )
    return taken.rowcount == 1


def spend_recovery_code(connection: sa.Connection, account_id: int, code_hash: str) -> bool:
    """Use a recovery code up; tell whether there was such a one."""
    found = recovery_code.c.account_id == account_id, recovery_code.c.code_hash == code_hash
    return connection.execute(recovery_code.delete().where(*found)).rowcount == 1


def set_second_factor(
    connection: sa.Connection, account_id: int, *, seed: str, step: int, code_hashes: Iterable[str]
) -> None:
    """Give an account a second factor with its recovery codes, instead of what it had; without a seed, none."""
    connection.execute(recovery_code.delete().where(recovery_code.c.account_id == account_id))
    rows = [{"account_id": account_id, "code_hash": one} for one in code_hashes]
    if rows:
        connection.execute(recovery_code.insert(), rows)
    change(connection, account_id, totp_seed=seed, totp_step=step)


def recovery_codes_left(connection: sa.Connection, account_id: int) -> int:
    """Return how many recovery codes an account has not used."""
    query = sa.select(sa.func.count()).where(recovery_code.c.account_id == account_id)
    return connection.execute(query).scalar_one()


def knows_browser(connection: sa.Connection, account_id: int, token_hash: str) -> bool:
    """Tell whether an account has signed in from a browser before."""
    found = known_browser.c.account_id == account_id, known_browser.c.token_hash == token_hash
    return connection.execute(sa.select(known_browser.c.seen_at).where(*found)).first() is not None


def know_browser(connection: sa.Connection, account_id: int, token_hash: str, at: datetime) -> None:
    """Know a browser from now on."""
    found = known_browser.c.account_id == account_id, known_browser.c.token_hash == token_hash
    if connection.execute(known_browser.update().where(*found).values(seen_at=at)).rowcount == 0:
        connection.execute(known_browser.insert().values(account_id=account_id, token_hash=token_hash, seen_at=at))


def forget_browsers(
    connection: sa.Connection, *, account_id: int | None = None, unseen_since: datetime | None = None
) -> None:
    """Forget the browsers of an account, or those that nobody has signed in from for long."""
    if account_id is not None:
        connection.execute(known_browser.delete().where(known_browser.c.account_id == account_id))
    if unseen_since is not None:
        connection.execute(known_browser.delete().where(known_browser.c.seen_at < unseen_since))


def add_session(
    connection: sa.Connection,
    *,
    token_hash: str,
    account_id: int,
    at: datetime,
    expires_at: datetime,
    proved_at: datetime,
    device: str,
    oidc_session: str = "",
) -> None:
    """Begin a session."""
    connection.execute(
        session.insert().values(
            token_hash=token_hash,
            account_id=account_id,
            created_at=at,
            seen_at=at,
            expires_at=expires_at,
            proved_at=proved_at,
            device=device,
            oidc_session=oidc_session,
        )
    )


_SESSIONS = sa.select(
    account,
    *(one.label(f"session_{one.name}") for one in session.columns if one.name != "account_id"),
).join(session, session.c.account_id == account.c.id)


def _session(row: Any) -> StoredSession:
    held = {name.removeprefix("session_"): value for name, value in row._mapping.items() if name.startswith("session_")}
    return StoredSession(account=_account(row), **held)


def find_session(connection: sa.Connection, token_hash: str) -> StoredSession | None:
    """Return a session with its account."""
    row = connection.execute(_SESSIONS.where(session.c.token_hash == token_hash)).first()
    return _session(row) if row else None


def sessions_of(connection: sa.Connection, account_id: int) -> list[StoredSession]:
    """Return the sessions of an account, the one used last first."""
    rows = connection.execute(_SESSIONS.where(account.c.id == account_id).order_by(session.c.seen_at.desc()))
    return [_session(row) for row in rows]


def prove_session(connection: sa.Connection, token_hash: str, at: datetime) -> None:
    """Note that whoever has a session has proved again who they are."""
    connection.execute(session.update().where(session.c.token_hash == token_hash).values(proved_at=at))


def proved_since(connection: sa.Connection, token_hash: str, since: datetime) -> bool:
    """Tell whether whoever has a session has proved who they are since a moment."""
    query = sa.select(session.c.token_hash).where(session.c.token_hash == token_hash, session.c.proved_at >= since)
    return connection.execute(query).first() is not None


def touch_session(connection: sa.Connection, token_hash: str, at: datetime) -> None:
    """Note that a session was used."""
    connection.execute(session.update().where(session.c.token_hash == token_hash).values(seen_at=at))


def end_session(connection: sa.Connection, token_hash: str) -> None:
    """End a session."""
    connection.execute(session.delete().where(session.c.token_hash == token_hash))


def end_sessions_of(connection: sa.Connection, account_id: int, *, keep: str = "") -> None:
    """End every session of an account but the one whose token hash is ``keep``."""
    connection.execute(session.delete().where(session.c.account_id == account_id, session.c.token_hash != keep))


def end_identity_sessions(
    connection: sa.Connection, account_id: int, *, oidc_session: str, begun_before: datetime
) -> int:
    """End an account's sessions that follow one at an identity server, or all older ones; return how many."""
    which = session.c.oidc_session == oidc_session if oidc_session else session.c.created_at <= begun_before
    return connection.execute(session.delete().where(session.c.account_id == account_id, which)).rowcount


def sweep_sessions(connection: sa.Connection, *, expired_at: datetime, idle_since: datetime) -> None:
    """Delete sessions that are over."""
    connection.execute(
        session.delete().where(sa.or_(session.c.expires_at <= expired_at, session.c.seen_at <= idle_since))
    )
