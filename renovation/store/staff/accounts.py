"""Staff accounts and their sessions."""

from __future__ import annotations

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
from renovation.store.schema.staff import account, session

_FIRST = "first_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a claimed attempt to sign in is checked against."""

    account: Account
    password_hash: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session and the account as it stands now."""

    account: Account
    seen_at: datetime
    expires_at: datetime


def _account(row: Any) -> Account:
    return read_row(Account, row, scope=read_row(Scope, row))


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


def by_login(connection: sa.Connection, login: str) -> Account | None:
    """Return the account of a login."""
    row = connection.execute(sa.select(account).where(account.c.login == login)).first()
    return _account(row) if row else None


def everyone(connection: sa.Connection) -> list[Account]:
    """Return every account, active ones first, by login."""
    rows = connection.execute(sa.select(account).order_by(account.c.active.desc(), account.c.login))
    return [_account(row) for row in rows]


def active_with_role(connection: sa.Connection, role: Role) -> int:
    """Return how many active accounts have a role."""
    query = sa.select(sa.func.count()).where(account.c.role == role.value, account.c.active)
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


def claim_attempt(connection: sa.Connection, login: str, at: datetime) -> Attempt | None:
    """Count an attempt to sign in *before* the password is looked at, so parallel guesses are counted too.

    Returns ``None`` for a login that is unknown, switched off, or locked at the moment.
    """
    open_now = sa.or_(account.c.locked_until.is_(None), account.c.locked_until <= at)
    claimed = connection.execute(
        account.update()
        .where(account.c.login == login, account.c.active, open_now)
        .values(failures=account.c.failures + 1)
    )
    if claimed.rowcount == 0:
        return None
    row = connection.execute(sa.select(account).where(account.c.login == login)).one()
    return Attempt(account=_account(row), password_hash=row.password_hash, failures=row.failures)


def lock(connection: sa.Connection, account_id: int, until: datetime) -> None:
    """Refuse every attempt until a moment."""
    connection.execute(account.update().where(account.c.id == account_id).values(locked_until=until))


def forgive(connection: sa.Connection, account_id: int) -> None:
    """Forget failed attempts."""
    connection.execute(account.update().where(account.c.id == account_id).values(failures=0, locked_until=None))


def add_session(
    connection: sa.Connection, *, token_hash: str, account_id: int, at: datetime, expires_at: datetime
) -> None:
    """Begin a session."""
    connection.execute(
        session.insert().values(
            token_hash=token_hash, account_id=account_id, created_at=at, seen_at=at, expires_at=expires_at
        )
    )


def find_session(connection: sa.Connection, token_hash: str) -> StoredSession | None:
    """Return a session with its account."""
    query = (
        sa.select(account, session.c.seen_at, session.c.expires_at)
        .join(session, session.c.account_id == account.c.id)
        .where(session.c.token_hash == token_hash)
    )
    row = connection.execute(query).first()
    return StoredSession(account=_account(row), seen_at=row.seen_at, expires_at=row.expires_at) if row else None


def touch_session(connection: sa.Connection, token_hash: str, at: datetime) -> None:
    """Note that a session was used."""
    connection.execute(session.update().where(session.c.token_hash == token_hash).values(seen_at=at))


def end_session(connection: sa.Connection, token_hash: str) -> None:
    """End a session."""
    connection.execute(session.delete().where(session.c.token_hash == token_hash))


def end_sessions_of(connection: sa.Connection, account_id: int, *, keep: str = "") -> None:
    """End every session of an account but the one whose token hash is ``keep``."""
    connection.execute(session.delete().where(session.c.account_id == account_id, session.c.token_hash != keep))


def sweep_sessions(connection: sa.Connection, *, expired_at: datetime, idle_since: datetime) -> None:
    """Delete sessions that are over."""
    connection.execute(
        session.delete().where(sa.or_(session.c.expires_at <= expired_at, session.c.seen_at <= idle_since))
    )
