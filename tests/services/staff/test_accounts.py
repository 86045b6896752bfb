"""Sign-in, sessions, administration of accounts, and who may do what."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import argon2
import pytest
import sqlalchemy as sa

from renovation.config import CHECKOUT
from renovation.errors import ConflictError, DeniedError, InvalidError
from renovation.model.accounts import PERMISSIONS, PUBLIC, STAFF_ROLES, Account, Action, Actor, Role, may
from renovation.services.acts import acting
from renovation.services.staff import accounts, guesses, hashing, installation, proofs
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, audit
from renovation.store.schema.staff import account as account_table
from renovation.store.schema.staff import session as session_table

PASSWORD = "梧桐树下 1987 的灯"


def draft(login: str = "chen", role: Role = Role.ADMIN) -> AccountDraft:
    return AccountDraft(login=login, name="陈主任", role=role)


@pytest.fixture
def founder(store: Store) -> Account:
    return accounts.create_first_account(store, draft(), PASSWORD)


def test_first_account_is_an_admin_and_made_once(store: Store) -> None:
    assert not accounts.has_accounts(store)
    made = accounts.create_first_account(store, draft(role=Role.OBSERVER), PASSWORD)
    assert made.role is Role.ADMIN
    with pytest.raises(ConflictError, match=r"account\.not_first"):
        accounts.create_first_account(store, draft("second"), PASSWORD)


def test_two_people_racing_for_the_first_account_get_one(store: Store) -> None:
    def attempt(number: int) -> bool:
        try:
            accounts.create_first_account(store, draft(f"racer{number}"), PASSWORD)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_password_is_kept_as_argon2id_and_token_as_hash(store: Store, founder: Account) -> None:
    signed_in = accounts.sign_in(store, " CHEN ", PASSWORD)
    with store.read() as connection:
        hashed = connection.execute(sa.select(account_table.c.password_hash)).scalar_one()
        tokens = list(connection.execute(sa.select(session_table.c.token_hash)).scalars())
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed
    assert signed_in.token not in tokens


@pytest.mark.parametrize(
    "password", ["short", "1234567890123", "aaaaaaaaaaaa", "chen12345678", "Password123!", "1qaz2wsx3edc", "x" * 201]
)
def test_easy_passwords_are_refused(store: Store, password: str) -> None:
    with pytest.raises(InvalidError, match=r"account\.password"):
        accounts.create_first_account(store, draft(), password)
    assert not accounts.has_accounts(store)


def test_every_refusal_reads_alike(store: Store, founder: Account) -> None:
    said = set()
    for login, password in [("chen", "wrong password"), ("nobody", PASSWORD), ("", ""), ("chen", ""), ("x" * 999, "y")]:
        with pytest.raises(DeniedError) as refused:
            accounts.sign_in(store, login, password)
        said.add(str(refused.value))
    assert len(said) == 1


def test_wrong_passwords_make_the_account_wait_longer_each_time(store: Store, founder: Account, clock: Any) -> None:
    for _ in range(guesses.FREE_FAILURES):
        with pytest.raises(DeniedError):
            accounts.sign_in(store, "chen", "wrong password")
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "chen", PASSWORD)
    clock.pass_time(seconds=16)
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "chen", "wrong password")
    clock.pass_time(seconds=16)
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "chen", PASSWORD)
    clock.pass_time(seconds=16)
    assert accounts.sign_in(store, "chen", PASSWORD).account == founder


def test_a_password_is_read_to_its_last_sign(store: Store) -> None:
    longest = (PASSWORD * 20)[:200]
    accounts.create_first_account(store, draft(), longest)
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "chen", longest + "x")
    accounts.sign_in(store, "chen", longest)


def test_a_hash_of_fewer_rounds_is_made_anew_at_the_next_sign_in(
    store: Store, founder: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> str:
        with store.read() as connection:
            return str(connection.execute(sa.select(account_table.c.password_hash)).scalar_one())

    before = kept()
    monkeypatch.setattr(hashing, "_hasher", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "chen", "another one altogether")
    assert kept() == before
    accounts.sign_in(store, "chen", PASSWORD)
    assert kept() != before
    assert "m=16,t=2" in kept()
    accounts.sign_in(store, "chen", PASSWORD)


def test_right_password_forgives_earlier_mistakes(store: Store, founder: Account) -> None:
    for _ in range(3):
        for _ in range(guesses.FREE_FAILURES - 1):
            with pytest.raises(DeniedError):
                accounts.sign_in(store, "chen", "wrong password")
        assert accounts.sign_in(store, "chen", PASSWORD)


def test_of_parallel_guesses_only_the_free_ones_are_looked_at(
    store: Store, founder: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def fits(_kept: str, secret: str) -> bool:
        if _kept != proofs.nobodys_hash():
            looked_at.append(secret)
        time.sleep(0.05)  # as long as a real hash takes, so that all are on their way at once
        return False

    monkeypatch.setattr(proofs, "fits", fits)

    def guess(number: int) -> None:
        with pytest.raises(DeniedError):
            accounts.sign_in(store, "chen", f"wrong password {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(24)))
    assert len(looked_at) == guesses.FREE_FAILURES


def test_session_ends_when_idle_when_old_and_on_sign_out(store: Store, founder: Account, clock: Any) -> None:
    token = accounts.sign_in(store, "chen", PASSWORD).token
    for _ in range(20):
        clock.pass_time(minutes=29)
        assert accounts.session_account(store, token) is not None
    clock.pass_time(minutes=29, seconds=59)
    assert accounts.session_end(store, token) is not None
    clock.pass_time(seconds=1)
    assert accounts.session_end(store, token) is None
    assert accounts.session_account(store, token) is None

    token = accounts.sign_in(store, "chen", PASSWORD).token
    for _ in range(24):
        clock.pass_time(minutes=29)
        assert accounts.session_account(store, token) is not None
    clock.pass_time(minutes=23, seconds=59)
    assert accounts.session_account(store, token) is not None
    clock.pass_time(seconds=1)
    assert accounts.session_end(store, token) is None
    assert accounts.session_account(store, token) is None

    token = accounts.sign_in(store, "chen", PASSWORD).token
    for passed, is_written in ((59, False), (1, True), (59, False)):
        before = accounts.session_end(store, token)
        clock.pass_time(seconds=passed)
        assert accounts.session_account(store, token) is not None
        assert (accounts.session_end(store, token) != before) is is_written
    accounts.sign_out(store, token)
    assert accounts.session_account(store, token) is None
    assert accounts.session_account(store, "made up") is None


def test_demoted_and_disabled_people_are_refused_at_the_next_click(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    made, password = accounts.create_account(store, admin, draft("li", Role.PLANNER))
    token = accounts.sign_in(store, "li", password).token
    accounts.change_role(store, admin, made.id, Role.OBSERVER)
    assert accounts.session_account(store, token) is None
    actor = accounts.as_actor(accounts.sign_in(store, "li", password).account)
    with pytest.raises(DeniedError), acting(store, actor, Action.EDIT_PROJECTS):
        pass
    token = accounts.sign_in(store, "li", password).token
    accounts.set_active(store, admin, made.id, False)
    assert accounts.session_account(store, token) is None
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "li", password)
    accounts.set_active(store, admin, made.id, True)
    assert accounts.session_account(store, token) is None
    token = accounts.sign_in(store, "li", password).token
    accounts.set_active(store, admin, made.id, True)
    assert accounts.session_account(store, token) is not None


_ASKED = """
import sys
from pathlib import Path
from renovation.services.staff.accounts import session_account
from renovation.store import shared_store
for token in sys.stdin:
    print(session_account(shared_store(sys.argv[1], Path(sys.argv[2])), token.strip()) is not None, flush=True)
"""


def test_a_session_is_over_in_every_process_at_once(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    made, password = accounts.create_account(store, admin, draft("li", Role.PLANNER))

    def new_password() -> None:
        nonlocal password
        password = accounts.reset_password(store, admin, made.id)

    acts: list[Callable[[], object]] = [
        partial(accounts.change_role, store, admin, made.id, Role.SOCIAL_WORKER),
        new_password,
        partial(accounts.set_active, store, admin, made.id, False),
    ]
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _ASKED, url, str(store.keys)]
    with subprocess.Popen(command, cwd=CHECKOUT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        for act in acts:
            token = accounts.sign_in(store, "li", password).token
            seen = []
            for _ in range(2):
                other.stdin.write(f"{token}\n")
                other.stdin.flush()
                seen.append(other.stdout.readline().strip())
                if len(seen) == 1:
                    act()
            assert seen == ["True", "False"]
        other.stdin.close()


def test_last_admin_stays(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    with pytest.raises(ConflictError, match=r"account\.last_admin"):
        accounts.change_role(store, admin, founder.id, Role.PLANNER)
    with pytest.raises(ConflictError, match=r"account\.last_admin"):
        accounts.set_active(store, admin, founder.id, False)
    accounts.create_account(store, admin, draft("wang", Role.ADMIN))
    assert accounts.change_role(store, admin, founder.id, Role.PLANNER).role is Role.PLANNER


def test_first_password_must_be_changed_and_reset_ends_sessions(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    made, password = accounts.create_account(store, admin, draft("li", Role.SOCIAL_WORKER))
    assert made.must_change_password
    here = accounts.sign_in(store, "li", password)
    elsewhere = accounts.sign_in(store, "li", password)
    accounts.change_own_password(store, accounts.as_actor(made), here.token, password, PASSWORD)
    account = accounts.session_account(store, here.token)
    assert account is not None
    assert not account.must_change_password
    assert accounts.session_account(store, elsewhere.token) is None
    newest = accounts.reset_password(store, admin, made.id)
    assert accounts.session_account(store, here.token) is None
    with pytest.raises(DeniedError):
        accounts.sign_in(store, "li", PASSWORD)
    assert accounts.sign_in(store, "li", newest)


def test_logins_are_unique_and_plain(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    with pytest.raises(ConflictError, match=r"account\.login_taken"):
        accounts.create_account(store, admin, draft("chen", Role.PLANNER))
    for login in ["", "C", "有空格", "a b", "=1+1", "x" * 41]:
        with pytest.raises(InvalidError):
            draft(login)


def test_log_tells_acts_and_no_password(store: Store, founder: Account) -> None:
    accounts.sign_in(store, "chen", PASSWORD)
    _, password = accounts.create_account(store, accounts.as_actor(founder), draft("li", Role.PLANNER))
    with store.read() as connection:
        entries = list(audit.entries(connection))
    assert [entry.act for entry in entries] == ["account.create", "account.sign_in", "account.create"]
    assert not any(secret in repr(entry) for entry in entries for secret in (PASSWORD, password))


def test_roles_of_the_demonstration_need_a_demonstration(store: Store) -> None:
    with pytest.raises(DeniedError, match=r"account\.not_demonstration"):
        accounts.enter_demonstration(store, Role.ADMIN)
    with store.write() as unit:
        installation.mark_demonstration(unit.connection)
        unit.commit()
    for role in STAFF_ROLES:
        signed_in = accounts.enter_demonstration(store, role)
        actor = accounts.session_account(store, signed_in.token)
        assert actor is not None
        assert actor.role is role
        with pytest.raises(DeniedError):
            accounts.sign_in(store, signed_in.account.login, "none")
    with pytest.raises(InvalidError):
        accounts.enter_demonstration(store, Role.RESIDENT)


def test_only_a_demonstration_can_be_wiped(store: Store, founder: Account) -> None:
    admin = accounts.as_actor(founder)
    with pytest.raises(ConflictError):
        installation.end_demonstration(store, admin)
    with store.write() as unit:
        installation.mark_demonstration(unit.connection)
        unit.commit()
    with pytest.raises(DeniedError):
        installation.end_demonstration(store, Actor(role=Role.PLANNER))
    installation.end_demonstration(store, admin)
    assert not accounts.has_accounts(store)
    assert not installation.is_demonstration(store)
    with store.read() as connection:
        assert audit.first_broken(connection) is None


#: RELIABILITY §5 row by row, written out a second time so that a slip in the table is seen.
MATRIX = {
    Action.SEE_PUBLIC: "resident station social_worker second_clerk planner admin observer department",
    Action.CAST_BALLOT: "resident station",
    Action.SEE_REGISTER: "social_worker second_clerk planner admin observer",
    Action.EDIT_ESTATES: "social_worker planner admin",
    Action.IMPORT_PLACES: "social_worker planner admin",
    Action.TAKE_DEMAND: "resident social_worker second_clerk planner admin",
    Action.HANDLE_DEMAND: "social_worker planner admin",
    Action.EDIT_PROJECTS: "social_worker planner admin",
    Action.EDIT_PRICES: "planner admin",
    Action.EDIT_POTS: "planner admin",
    Action.EDIT_MONEY: "planner admin",
    Action.OFFER_PLEDGE: "resident social_worker planner admin",
    Action.RECORD_PLEDGE: "social_worker planner admin",
    Action.RECORD_GATE: "social_worker planner admin",
    Action.EDIT_POLL: "planner admin",
    Action.RUN_STATION: "social_worker admin",
    Action.ISSUE_CODES: "social_worker admin",
    Action.KEY_PAPER: "social_worker second_clerk",
    Action.ADJUDICATE: "admin",
    Action.OPEN_CLOSE_POLL: "admin",
    Action.SEE_RESULTS: "social_worker planner admin observer",
    Action.RANK: "planner admin",
    Action.SET_CRITERIA: "planner admin",
    Action.SEE_PANELS: "social_worker planner admin observer",
    Action.PUBLISH: "planner admin",
    Action.READ_LOG: "admin observer",
    Action.VERIFY: "social_worker second_clerk planner admin observer",
    Action.BACK_UP: "admin",
    Action.MANAGE_ACCOUNTS: "admin",
    Action.CHANGE_SETTINGS: "admin",
    Action.EDIT_LISTS: "planner admin",
    Action.EDIT_AREAS: "planner admin",
    Action.DO_WORK: "social_worker planner admin department",
    Action.SEE_DESK: "department",
    Action.SEE_PHOTOS: "social_worker second_clerk planner admin observer department",
    Action.RUN_SURVEY: "social_worker planner admin",
    Action.VISIT_DOOR: "social_worker planner admin",
}


def test_every_action_has_a_row() -> None:
    assert set(MATRIX) == set(Action) == set(PERMISSIONS)


def test_core_allows_what_the_matrix_says(sqlite_store: Store) -> None:
    for action, role in itertools.product(Action, Role):
        actor = Actor(role=role)
        allowed = role.value in MATRIX[action].split()
        assert may(actor, action) is allowed, (role, action)
        if allowed:
            with acting(sqlite_store, actor, action) as unit:
                assert unit.actor == actor
        else:
            with pytest.raises(DeniedError, match=r"account\.not_allowed"), acting(sqlite_store, actor, action):
                pass


def test_administration_is_closed_to_everybody_else(sqlite_store: Store) -> None:
    for actor in (None, PUBLIC, *(Actor(role=role) for role in STAFF_ROLES if role is not Role.ADMIN)):
        for attempt in (
            partial(accounts.list_accounts),
            partial(accounts.create_account, draft=draft("li")),
            partial(accounts.change_role, account_id=1, role=Role.ADMIN),
            partial(accounts.set_active, account_id=1, active=True),
            partial(accounts.reset_password, account_id=1),
        ):
            with pytest.raises(DeniedError):
                attempt(sqlite_store, actor)


def test_users_passwords_are_hashed_dearly(cheap_hashing: argon2.PasswordHasher) -> None:
    # RFC 9106's second recommendation.
    assert (cheap_hashing.type, cheap_hashing.memory_cost, cheap_hashing.time_cost) == (argon2.Type.ID, 65536, 3)
