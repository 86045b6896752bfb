"""Sign staff in and out, and look after their accounts.

Passwords are kept as argon2id. A session's token is known to the browser alone; the store has its SHA-256.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from renovation.errors import ConflictError, DeniedError, InvalidError, UnavailableError
from renovation.model.accounts import STAFF_ROLES, Account, Action, Actor, Role, is_inner, require, require_account
from renovation.model.clock import now
from renovation.model.kept import BROWSER_KEPT
from renovation.model.names import fold, is_blank
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.staff import installation
from renovation.services.staff.hashing import folded, hash_secret
from renovation.services.staff.passwords import check_password, make_password
from renovation.services.staff.proofs import NOWHERE, Whence, account_doors, prove, token_hash
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.polls import slips
from renovation.store.staff import accounts, budgets
from renovation.text import text

#: A session ends after this long without a click, and after this long in any case.
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
#: ``seen_at`` is written at most this often, so that reading a page is not a write.
_TOUCH_AFTER = timedelta(minutes=1)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")

#: No password fits; accounts of the demonstration city have it.
_NO_PASSWORD = "none"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A begun session. ``token`` is shown nowhere and kept by the browser's tab alone; ``browser`` for long."""

    token: str
    account: Account
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnd:
    """When a session ends; a final end is not put off by a click."""

    at: datetime
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """An account as an administrator enters it."""

    login: str
    name: str
    role: Role
    scope: Scope = EVERYWHERE
    department: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "department", department_of(self.role, self.department))
        typed = self.login.strip()
        object.__setattr__(self, "login", fold(typed))
        if not _LOGIN.fullmatch(self.login) or any(map(str.isspace, typed)):
            raise InvalidError("account.login_shape", login=typed[:60])
        if is_blank(self.name) or len(self.name) > 60:
            raise InvalidError("account.name_missing")
        if self.role not in STAFF_ROLES:
            raise InvalidError("account.role", role=self.role.value)


def department_of(role: Role, typed: str) -> str:
    """Return the department that an account of a role is bound to; every other role has none.

    Raises
    ------
    InvalidError
        ``account.department_missing`` or ``typed.too_long``.
    """
    if role is not Role.DEPARTMENT:
        return ""
    kept = one_line(typed, 60)
    if not kept:
        raise InvalidError("account.department_missing")
    return kept


def has_accounts(store: Store) -> bool:
    """Tell whether anybody can sign in yet."""
    with store.read() as connection:
        return accounts.count(connection) > 0


def create_first_account(store: Store, draft: AccountDraft, password: str) -> Account:
    """Make the administrator of an empty store; possible once only.

    Raises
    ------
    InvalidError
        The login, name or password does not do.
    ConflictError
        ``account.not_first``.
    """
    check_password(store, password, draft.login, draft.name)
    hashed = hash_secret(password)
    founder = Actor(role=Role.ADMIN, login=draft.login, name=draft.name)
    with acting(store, founder, Action.MANAGE_ACCOUNTS) as unit:
        accounts.claim_first(unit.connection, unit.at)
        installation.name_installation(unit.connection)
        lists.seed(unit)
        made = _add(unit, draft, Role.ADMIN, hashed, must_change=False)
        unit.commit()
    return made


def _add(unit: ActingUnit, draft: AccountDraft, role: Role, hashed: str, *, must_change: bool) -> Account:
    made = accounts.add(
        unit.connection,
        login=draft.login,
        name=draft.name.strip(),
        role=role,
        password_hash=hashed,
        created_at=unit.at,
        scope=draft.scope,
        department=draft.department,
        must_change_password=must_change,
    )
    unit.log("account.create", "account", made.id, login=made.login, role=role.value, department=made.department)
    return made


def add_with_password(unit: ActingUnit, drafts: Iterable[AccountDraft], password: str) -> list[Account]:
    """Add accounts whose one password is known beforehand, inside somebody's act: the demonstration city's staff."""
    hashed = hash_secret(password)
    return [_add(unit, draft, draft.role, hashed, must_change=False) for draft in drafts]


def list_accounts(store: Store, actor: Actor | None) -> list[Account]:
    """Return every account that sees no more than the actor does."""
    with reading(store, actor, Action.MANAGE_ACCOUNTS) as door:
        found = accounts.everyone(door.connection)
        return [one for one in found if door.sees_all or door.covers(one.scope)]


def create_account(store: Store, actor: Actor | None, draft: AccountDraft) -> tuple[Account, str]:
    """Add a member of staff and return the account and its first password, which is not kept anywhere.

    Unless the draft names a part of town, the account sees what the actor does.

    Raises
    ------
    DeniedError
        ``account.scope_outside``: the part lies outside what the actor sees.
    ConflictError
        ``account.login_taken``.
    """
    require(actor, Action.MANAGE_ACCOUNTS)
    password = make_password()
    hashed = hash_secret(password)
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        scope = unit.scope if draft.scope == EVERYWHERE else draft.scope
        if not unit.covers(scope):
            raise DeniedError("account.scope_outside")
        made = _add(unit, replace(draft, scope=scope), draft.role, hashed, must_change=True)
        unit.commit()
    return made, password


def reset_password(store: Store, actor: Actor | None, account_id: int) -> str:
    """Give an account a new first password, end its sessions, and return the password."""
    require(actor, Action.MANAGE_ACCOUNTS)
    password = make_password()
    hashed = hash_secret(password)
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        found = unit.account(account_id)
        give_first_password(unit, account_id, hashed)
        unit.log("account.reset_password", "account", account_id, login=found.login)
        unit.commit()
    return password


def give_first_password(unit: ActingUnit, account_id: int, hashed: str) -> None:
    """Have an account begin anew with a password to be changed: its sessions, browsers and failed tries are over."""
    accounts.change(unit.connection, account_id, password_hash=hashed, must_change_password=True)
    accounts.forget_browsers(unit.connection, account_id=account_id)
    budgets.forget_kind(unit.connection, account_doors(account_id))
    accounts.end_sessions_of(unit.connection, account_id)


def require_local_administrator(unit: ActingUnit, otherwise: str) -> None:
    """Refuse an act after which no administrator could sign in with a password.

    Raises
    ------
    ConflictError
        With the code that is given.
    """
    if accounts.local_administrators(unit.connection) == 0:
        raise ConflictError(otherwise)


def _require_another_admin(unit: ActingUnit, before: Account) -> None:
    if before.role is Role.ADMIN and before.active:
        require_local_administrator(unit, "account.last_admin")


def change_role(store: Store, actor: Actor | None, account_id: int, role: Role, *, department: str = "") -> Account:
    """Give an account another role, or another department, and end its sessions.

    Raises
    ------
    ConflictError
        ``account.last_admin``.
    InvalidError
        ``account.role`` or ``account.department_missing``.
    """
    if role not in STAFF_ROLES:
        raise InvalidError("account.role", role=role.value)
    bound = department_of(role, department)
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        before = unit.account(account_id)
        changed = accounts.change(unit.connection, account_id, role=role.value, department=bound)
        _require_another_admin(unit, before)
        accounts.end_sessions_of(unit.connection, account_id)
        unit.log("account.change_role", "account", account_id, login=changed.login, role=role.value, department=bound)
        unit.commit()
    return changed


def set_active(store: Store, actor: Actor | None, account_id: int, active: bool) -> Account:
    """Switch an account off or on; switching off ends its sessions.

    Raises
    ------
    ConflictError
        ``account.last_admin``.
    """
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        before = unit.account(account_id)
        changed = accounts.change(unit.connection, account_id, active=active)
        _require_another_admin(unit, before)
        if not active:
            accounts.end_sessions_of(unit.connection, account_id)
        unit.log("account.enable" if active else "account.disable", "account", account_id, login=changed.login)
        unit.commit()
    return changed


def change_own_password(store: Store, actor: Actor | None, token: str, old: str, new: str) -> None:
    """Change one's own password and end one's sessions elsewhere.

    Raises
    ------
    DeniedError
        ``account.sign_in_failed``: the old password is wrong; ``account.sign_in_first``.
    InvalidError
        The new one does not do; ``account.password_same``.
    """
    who, account_id = require_account(actor)
    check_password(store, new, who.login, who.name)
    if folded(old) == folded(new):
        raise InvalidError("account.password_same")
    prove(store, who.login, old, asker=who)
    hashed = hash_secret(new)
    with store.write() as opened:
        unit = ActingUnit(opened, who)
        accounts.change(unit.connection, account_id, password_hash=hashed, must_change_password=False)
        accounts.end_sessions_of(unit.connection, account_id, keep=token_hash(token))
        accounts.forget_browsers(unit.connection, account_id=account_id)
        unit.log("account.change_password", "account", account_id)
        unit.commit()


def sign_in(store: Store, login: str, password: str, code: str = "", *, whence: Whence = NOWHERE) -> SignedIn:
    """Begin a session, and know this browser from now on.

    Parameters
    ----------
    code
        Of the second factor, or a recovery code.

    Raises
    ------
    DeniedError
        ``account.sign_in_failed``, whatever the cause; ``account.code_wanted`` or ``account.code_wrong``: the password
        was right; ``account.wait``: too many tries from this address.
    """
    return begin_session(store, prove(store, login, password, code, whence=whence), whence=whence)


def confirm_as_second(store: Store, actor: Actor, login: str, password: str) -> Actor:
    """Return who a second person is, who confirms with a password at somebody else's screen; no session begins.

    Raises
    ------
    DeniedError
        ``account.second_failed``: whatever is wrong with login or password; ``poll.second_person``: it is the same
        person again; or ``poll.second_new_password``: whoever handed out the first password knows it too.
    """
    allowed = require(actor, Action.SEE_REGISTER)
    try:
        account = prove(store, login, password, asker=allowed)
    except DeniedError as error:
        raise DeniedError("account.second_failed", **error.fields) from error
    if account.id == allowed.account_id:
        raise DeniedError("poll.second_person")
    if account.must_change_password:
        raise DeniedError("poll.second_new_password", login=account.login)
    second = as_actor(account)
    if not is_inner(second):
        raise DeniedError("poll.second_person")
    return second


def begin_session(
    store: Store, account: Account, *, whence: Whence = NOWHERE, needs_no_proof: bool = False, oidc_session: str = ""
) -> SignedIn:
    """Begin a session for an account that has proved who it is, or in the demonstration city needs no proof."""
    browser = whence.browser or secrets.token_urlsafe(32)
    token = secrets.token_urlsafe(32)
    actor = as_actor(account)
    with store.write() as opened:
        unit = ActingUnit(opened, actor)
        accounts.sweep_sessions(unit.connection, expired_at=unit.at, idle_since=unit.at - IDLE)
        slips.sweep(unit.connection, unit.at)
        accounts.forget_browsers(unit.connection, unseen_since=unit.at - BROWSER_KEPT)
        if not needs_no_proof:
            accounts.know_browser(unit.connection, account.id, token_hash(browser), unit.at)
        accounts.add_session(
            unit.connection,
            token_hash=token_hash(token),
            account_id=account.id,
            at=unit.at,
            expires_at=unit.at + ABSOLUTE,
            proved_at=unit.at + ABSOLUTE if needs_no_proof else unit.at,
            device=whence.device[:60],
            oidc_session=oidc_session,
        )
        unit.log("account.sign_in", "account", account.id)
        unit.commit()
    return SignedIn(token=token, account=account, browser=browser)


def _demonstrator(unit: ActingUnit, role: Role) -> Account:
    draft = AccountDraft(
        login=f"demo-{role.value.replace('_', '-')}",
        name=text(f"role.{role.value}", "zh-CN"),
        role=role,
        department=lists.intake_rules(unit.connection).dispatch[0].department,
    )
    return _add(unit, draft, role, _NO_PASSWORD, must_change=False)


def enter_demonstration(store: Store, role: Role) -> SignedIn:
    """Begin a session in a role of the demonstration city, where nothing is real and nobody needs a password.

    Raises
    ------
    DeniedError
        ``account.not_demonstration``: this store is real.
    InvalidError
        ``account.role``.
    """
    if role not in STAFF_ROLES:
        raise InvalidError("account.role", role=role.value)
    with acting(store, Actor(role=role, login="demo"), Action.SEE_PUBLIC) as unit:
        if not installation.is_marked(unit.connection):
            raise DeniedError("account.not_demonstration")
        there = [one for one in accounts.everyone(unit.connection) if one.active and one.role is role]
        account = there[0] if there else _demonstrator(unit, role)
        unit.commit()
    return begin_session(store, account, needs_no_proof=True)


def as_actor(account: Account, *, address: str = "", token: str = "") -> Actor:
    """Return the actor an account is, with the session that the token is of."""
    return Actor(
        role=account.role,
        account_id=account.id,
        login=account.login,
        name=account.name,
        scope=account.scope,
        department=account.department,
        address=address,
        session=token_hash(token) if token else "",
    )


def session_account(store: Store, token: str) -> Account | None:
    """Return whose session this is, with the role as it stands now; ``None`` once it is over or switched off."""
    hashed = token_hash(token)
    at = now()
    with store.read() as connection:
        found = accounts.find_session(connection, hashed)
    if found is None or not found.account.active or at >= found.expires_at or at - found.seen_at >= IDLE:
        return None
    if at - found.seen_at >= _TOUCH_AFTER:
        # A full disk must not keep staff from reading.
        with suppress(UnavailableError), store.write() as unit:
            accounts.touch_session(unit.connection, hashed, at)
            unit.commit()
    return found.account


def session_end(store: Store, token: str) -> SessionEnd | None:
    """Return when a session ends if nobody clicks, without counting as a click; ``None`` once it is over."""
    at = now()
    with store.read() as connection:
        found = accounts.find_session(connection, token_hash(token))
    if found is None or not found.account.active:
        return None
    end = SessionEnd(at=min(found.expires_at, found.seen_at + IDLE), is_final=found.expires_at <= at + IDLE)
    return end if at < end.at else None


def sign_out(store: Store, token: str) -> None:
    """End a session."""
    hashed = token_hash(token)
    with store.write() as opened:
        found = accounts.find_session(opened.connection, hashed)
        if found is None:
            return
        unit = ActingUnit(opened, as_actor(found.account))
        accounts.end_session(unit.connection, hashed)
        unit.log("account.sign_out", "account", found.account.id)
        unit.commit()
