"""Second factor, known browsers, one's own sessions, proving again, and what the log says of refusals."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from renovation.errors import ConflictError, DeniedError
from renovation.model import clock as one_clock
from renovation.model.accounts import Account, Actor, Role
from renovation.services.house import backups
from renovation.services.staff import accounts, guesses, proofs, second_factor, sessions
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.proofs import Whence
from renovation.services.staff.second_factor import FactorFor
from renovation.store import Store, audit

PASSWORD = "梧桐树下 1987 的灯"
OFFICE = Whence(address="10.0.0.7", device="Chrome · Windows")
STRANGER = Whence(address="203.0.113.9")


@pytest.fixture
def founder(store: Store) -> Account:
    return accounts.create_first_account(store, AccountDraft(login="chen", name="陈主任", role=Role.ADMIN), PASSWORD)


def actor_of(signed_in: accounts.SignedIn) -> Actor:
    return accounts.as_actor(signed_in.account, token=signed_in.token)


def code_of(secret: str, drift: int = 0) -> str:
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(one_clock.now()) + drift)


def enrolled(store: Store) -> tuple[str, tuple[str, ...], Actor]:
    here = actor_of(accounts.sign_in(store, "chen", PASSWORD))
    drawn = second_factor.new_enrolment(store, "chen")
    return drawn.secret, second_factor.enrol(store, here, drawn.seed, code_of(drawn.secret, -1)), here


def refused(store: Store, code: str, *given: str, whence: Whence = OFFICE) -> None:
    with pytest.raises(DeniedError) as told:
        accounts.sign_in(store, *given, whence=whence)
    assert told.value.code == f"account.{code}"


def test_a_stranger_locks_nobody_out_of_a_known_browser(store: Store, founder: Account, clock: Any) -> None:
    known = Whence(address="10.0.0.7", browser=accounts.sign_in(store, "chen", PASSWORD, whence=OFFICE).browser)
    for _ in range(30):
        refused(store, "sign_in_failed", "chen", "guess", whence=STRANGER)
    refused(store, "sign_in_failed", "chen", PASSWORD, whence=OFFICE)
    assert accounts.sign_in(store, "chen", PASSWORD, whence=known).account == founder
    # Its own budget is a budget too, and using it up leaves strangers' as it was.
    for _ in range(guesses.FREE_FAILURES):
        refused(store, "sign_in_failed", "chen", "guess", whence=known)
    refused(store, "sign_in_failed", "chen", PASSWORD, whence=known)
    clock.pass_time(minutes=16)
    assert accounts.sign_in(store, "chen", PASSWORD, whence=known)


def test_one_address_tries_all_accounts_within_one_budget(store: Store, founder: Account) -> None:
    for turn in range(guesses.FROM_ADDRESS.free):
        refused(store, "sign_in_failed", f"nobody{turn}", "guess", whence=STRANGER)
    refused(store, "wait", "chen", PASSWORD, whence=STRANGER)
    # Right ones give their try back, however many people share the office's address.
    for _ in range(guesses.FROM_ADDRESS.free + 1):
        accounts.sign_in(store, "chen", PASSWORD, whence=OFFICE)


def test_second_factor_drifts_by_one_step_and_takes_each_once(store: Store, founder: Account, clock: Any) -> None:
    secret, _codes, _here = enrolled(store)
    refused(store, "code_wanted", "chen", PASSWORD)
    refused(store, "sign_in_failed", "chen", "guess", code_of(secret))
    refused(store, "code_wrong", "chen", PASSWORD, code_of(secret, 2))
    refused(store, "code_wrong", "chen", PASSWORD, code_of(secret, -2))
    assert accounts.sign_in(store, "chen", PASSWORD, code_of(secret))
    refused(store, "code_wrong", "chen", PASSWORD, code_of(secret))
    refused(store, "code_wrong", "chen", PASSWORD, code_of(secret, -1))
    clock.pass_time(seconds=30)
    assert accounts.sign_in(store, "chen", PASSWORD, f"{code_of(secret)[:3]} {code_of(secret)[3:]}")
    assert accounts.sign_in(store, "chen", PASSWORD, code_of(secret, 1))


def test_second_factor_is_guessed_no_oftener_than_passwords(store: Store, founder: Account, clock: Any) -> None:
    secret, _codes, _here = enrolled(store)
    for _ in range(guesses.FREE_FAILURES):
        refused(store, "code_wrong", "chen", PASSWORD, "000000")
    refused(store, "sign_in_failed", "chen", PASSWORD, code_of(secret))


def test_recovery_codes_work_once_each(store: Store, founder: Account, clock: Any) -> None:
    _secret, codes, here = enrolled(store)
    assert len(set(codes)) == 10
    assert accounts.sign_in(store, "chen", PASSWORD, codes[3].upper().replace("-", " "))
    refused(store, "code_wrong", "chen", PASSWORD, codes[3])
    assert second_factor.codes_left(store, here) == 9
    with store.read() as connection:
        kept = repr(connection.exec_driver_sql("SELECT * FROM recovery_code").all())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_a_lost_second_factor_is_taken_off_by_two_others(store: Store, founder: Account) -> None:
    enrolled(store)
    wang = Actor(role=Role.ADMIN, login="wang")
    for second in (None, wang, Actor(role=Role.RESIDENT, login="x")):
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            second_factor.take_off(store, wang, founder.id, second=second)
    with pytest.raises(ConflictError, match=r"account\.own_second_factor"):
        second_factor.take_off(store, accounts.as_actor(founder), founder.id, second=wang)
    second_factor.take_off(store, wang, founder.id, second=Actor(role=Role.OBSERVER, login="li"))
    assert accounts.sign_in(store, "chen", PASSWORD)
    with store.read() as connection:
        [entry] = [one for one in audit.entries(connection) if one.act == "account.take_off_factor"]
    assert entry.detail["second"] == "li"


def test_administrators_keep_a_second_factor_that_is_required(store: Store, founder: Account) -> None:
    _secret, _codes, here = enrolled(store)
    second_factor.require_of(store, here, FactorFor.ADMINISTRATORS)
    with pytest.raises(ConflictError, match=r"account\.second_factor_required"):
        second_factor.leave(store, here)
    second_factor.require_of(store, here, FactorFor.NOBODY)
    second_factor.leave(store, here)
    assert accounts.sign_in(store, "chen", PASSWORD)


def test_an_old_session_proves_again_before_accounts_settings_and_restore(
    store: Store, founder: Account, clock: Any, tmp_path: Any
) -> None:
    secret, codes, here = enrolled(store)
    clock.pass_time(minutes=6)
    file = tmp_path / "kept.sqlite"
    file.touch()
    for act in (
        lambda: accounts.create_account(store, here, AccountDraft(login="li", name="李", role=Role.PLANNER)),
        lambda: accounts.reset_password(store, here, founder.id),
        lambda: second_factor.require_of(store, here, FactorFor.EVERYBODY),
        lambda: second_factor.leave(store, here),
        lambda: second_factor.enrol(store, here, secret, code_of(secret)),
    ):
        with pytest.raises(DeniedError, match=r"account\.prove_again"):
            act()
    with pytest.raises(DeniedError, match=r"account\.sign_in_failed"):
        proofs.prove_again(store, here, "guess")
    for secret_given in (PASSWORD, code_of(secret), codes[0]):
        clock.pass_time(minutes=6)
        assert not proofs.is_fresh(store, here.session)
        given = code_of(secret) if secret_given.isdigit() else secret_given
        proofs.prove_again(store, here, given)
        assert proofs.is_fresh(store, here.session)
    accounts.create_account(store, here, AccountDraft(login="li", name="李", role=Role.PLANNER))


def test_restoring_asks_again(sqlite_store: Store, clock: Any, tmp_path: Any) -> None:
    accounts.create_first_account(sqlite_store, AccountDraft(login="chen", name="陈", role=Role.ADMIN), PASSWORD)
    here = actor_of(accounts.sign_in(sqlite_store, "chen", PASSWORD))
    made = backups.make_backup(sqlite_store, here, tmp_path / "backups")
    clock.pass_time(minutes=6)
    with pytest.raises(DeniedError, match=r"account\.prove_again"):
        backups.restore_backup(sqlite_store, here, tmp_path / "backups" / made.name, tmp_path / "backups")


def test_own_sessions_are_listed_and_ended(store: Store, founder: Account, clock: Any) -> None:
    here, elsewhere, phone = (
        accounts.sign_in(store, "chen", PASSWORD, whence=Whence(device=name)) for name in ("A", "B", "C")
    )
    mine = actor_of(here)
    found = {one.device: one for one in sessions.list_sessions(store, mine)}
    assert set(found) == {"A", "B", "C"}
    assert [name for name, one in found.items() if one.is_here] == ["A"]
    assert elsewhere.token not in repr(found)
    sessions.end_session(store, mine, found["B"].number)
    assert accounts.session_account(store, elsewhere.token) is None
    _li, first = accounts.create_account(store, mine, AccountDraft(login="li", name="李", role=Role.PLANNER))
    stranger = actor_of(accounts.sign_in(store, "li", first))
    sessions.end_session(store, stranger, found["C"].number)
    sessions.end_other_sessions(store, stranger)
    assert accounts.session_account(store, phone.token) is not None
    sessions.end_other_sessions(store, mine)
    assert accounts.session_account(store, phone.token) is None
    assert accounts.session_account(store, here.token) is not None


def test_refusals_stand_in_the_log_counted_and_without_what_was_typed(
    store: Store, founder: Account, clock: Any
) -> None:
    for turn in range(100):
        refused(store, "sign_in_failed", "chen", "guess", whence=Whence(address=f"203.0.113.{turn}"))
        refused(store, "sign_in_failed", "my secret password", "", whence=Whence(address=f"203.0.114.{turn}"))
    with store.read() as connection:
        entries = [one for one in audit.entries(connection) if one.act == "account.sign_in_refused"]
        assert audit.first_broken(connection) is None
    assert [one.detail["times"] for one in entries if one.login == "chen"] == [1, 2, 4, 8, 16, 32, 64]
    assert len(entries) == 14
    assert "secret" not in repr(entries)
