"""Who has lost password and telephone is let in again, alone or by two; and a community of one can restore."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest

from renovation.errors import DeniedError, InvalidError, NotFoundError, UnavailableError
from renovation.model import clock as one_clock
from renovation.model.accounts import Account, Actor, Role
from renovation.services.house import backups, log
from renovation.services.staff import accounts, recovery, second_factor, second_person
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store
from renovation.store.keys import STAFF_KEY

PASSWORD = "correct-horse-battery"
OPERATOR = Actor(role=Role.ADMIN, login="cli")


@pytest.fixture
def founder(store: Store) -> Account:
    made = accounts.create_first_account(store, AccountDraft(login="chen", name="陈主任", role=Role.ADMIN), PASSWORD)
    second_person.set_two_persons(store, OPERATOR, True)
    return made


def enrol(store: Store) -> tuple[str, tuple[str, ...]]:
    signed_in = accounts.sign_in(store, "chen", PASSWORD)
    here = accounts.as_actor(signed_in.account, token=signed_in.token)
    drawn = second_factor.new_enrolment(store, "chen")
    totp = pyotp.TOTP(drawn.secret)
    code = totp.generate_otp(totp.timecode(one_clock.now()) - 1)
    return drawn.secret, second_factor.enrol(store, here, drawn.seed, code)


def test_the_only_administrator_is_let_in_with_a_reason(store: Store, founder: Account) -> None:
    enrol(store)
    with pytest.raises(InvalidError, match=r"account\.let_in_reason"):
        recovery.let_in(store, OPERATOR, "chen", " ")
    with pytest.raises(NotFoundError, match=r"account\.no_login"):
        recovery.let_in(store, OPERATOR, "nobody", "手机丢了")
    password = recovery.let_in(store, OPERATOR, " Chen", "手机丢了")
    found = accounts.sign_in(store, "chen", password).account
    assert found.must_change_password
    assert not found.has_second_factor
    assert log.read_log(store, OPERATOR)[1].act == "account.let_in"


def test_where_somebody_else_is_there_they_confirm(store: Store, founder: Account) -> None:
    accounts.create_account(store, OPERATOR, AccountDraft(login="li", name="李", role=Role.SOCIAL_WORKER))
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        recovery.let_in(store, OPERATOR, "chen", "手机丢了")
    li = Actor(role=Role.SOCIAL_WORKER, login="li")
    assert recovery.let_in(store, OPERATOR, "chen", "手机丢了", second=li)


def test_the_database_alone_shows_no_code_and_without_the_key_recovery_codes_open(
    store: Store, founder: Account
) -> None:
    secret, codes = enrol(store)
    with store.read() as connection:
        rows = " ".join(str(row) for row in connection.exec_driver_sql("SELECT * FROM account"))
    assert secret not in rows
    key = store.keys / STAFF_KEY
    kept = key.read_bytes()
    key.unlink()
    totp = pyotp.TOTP(secret)
    code = totp.generate_otp(totp.timecode(one_clock.now()))
    with pytest.raises(UnavailableError, match=r"code\.key_missing"):
        accounts.sign_in(store, "chen", PASSWORD, code)
    assert accounts.sign_in(store, "chen", PASSWORD, codes[0])
    key.write_bytes(kept)
    assert accounts.sign_in(store, "chen", PASSWORD, code)


def test_a_community_of_one_restores_alone(sqlite_store: Store, tmp_path: Path) -> None:
    accounts.create_first_account(sqlite_store, AccountDraft(login="chen", name="陈", role=Role.ADMIN), PASSWORD)
    second_person.set_two_persons(sqlite_store, OPERATOR, True)
    here = Actor(role=Role.ADMIN, login="chen")
    made = backups.make_backup(sqlite_store, here, tmp_path)
    backups.restore_backup(sqlite_store, here, tmp_path / made.name, tmp_path)
    assert log.read_log(sqlite_store, here)[0].act == "backup.restore"
