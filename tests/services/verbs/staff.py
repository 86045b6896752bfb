"""Verbs of the staff: accounts, scopes, the second person, doors that wait."""

from __future__ import annotations

import pyotp

from renovation.model.accounts import Action, Role
from renovation.model.clock import now
from renovation.services.staff import (
    accounts,
    guesses,
    identities,
    installation,
    people,
    proofs,
    recovery,
    scopes,
    second_factor,
    second_person,
    sessions,
    visitors,
)
from renovation.services.staff.second_factor import FactorFor
from renovation.store.keys import staff_key
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import PASSWORD, SECOND, account_draft

MANAGE, SETTINGS = Action.MANAGE_ACCOUNTS, Action.CHANGE_SETTINGS


def _mark(scene: Scene) -> None:
    with scene.world.store.write() as unit:
        installation.mark_demonstration(unit.connection)
        unit.commit()


_SEED = "0123456789abcdef" * 2


def _code_now(scene: Scene) -> str:
    with scene.world.store.write() as unit:
        key = staff_key(unit.connection, make=True)
        unit.commit()
    totp = pyotp.TOTP(proofs.telephone_secret(key, _SEED))
    return totp.generate_otp(totp.timecode(now()))


ROWS = (
    row(accounts.list_accounts, MANAGE, Kind.ACCOUNT, Outside.PART),
    row(
        accounts.create_account,
        MANAGE,
        Kind.ACCOUNT,
        example={"draft": lambda s: account_draft(s.world, s.place, "late")},
    ),
    row(people.names, Action.SEE_REGISTER, Kind.TOWN),
    row(accounts.reset_password, MANAGE, Kind.ACCOUNT),
    row(accounts.change_role, MANAGE, Kind.ACCOUNT, example={"role": Role.PLANNER}),
    row(accounts.set_active, MANAGE, Kind.ACCOUNT, example={"active": False}),
    row(
        accounts.change_own_password,
        (),
        Kind.SELF,
        example={"token": "", "old": PASSWORD, "new": "another-horse-battery"},
    ),
    row(
        accounts.confirm_as_second,
        Action.SEE_REGISTER,
        Kind.SELF,
        example={"login": SECOND.login, "password": PASSWORD},
    ),
    row(proofs.prove_again, (), Kind.SELF, example={"secret": PASSWORD}),
    row(
        second_factor.require_of,
        SETTINGS,
        Kind.TOWN,
        example={"wanted": FactorFor.ADMINISTRATORS},
    ),
    row(second_factor.enrol, (), Kind.SELF, example={"seed": _SEED, "code": _code_now}),
    row(second_factor.leave, (), Kind.SELF),
    row(second_factor.codes_left, (), Kind.SELF),
    row(
        second_factor.take_off,
        MANAGE,
        Kind.ACCOUNT,
        example={"second": SECOND},
    ),
    row(
        identities.set_identity,
        MANAGE,
        Kind.ACCOUNT,
        example={"issuer": "https://sso.invalid", "subject": "248289761001"},
    ),
    row(
        recovery.let_in,
        MANAGE,
        Kind.ACCOUNT,
        example={"login": here.account.login, "reason": "手机丢了", "second": SECOND},
    ),
    row(sessions.list_sessions, (), Kind.SELF),
    row(sessions.end_session, (), Kind.SELF, example={"number": "0123456789abcdef"}),
    row(sessions.end_other_sessions, (), Kind.SELF),
    row(guesses.doors, Action.RUN_STATION, Kind.TOWN),
    row(guesses.release, Action.RUN_STATION, Kind.TOWN),
    row(installation.end_demonstration, SETTINGS, Kind.TOWN, before=_mark),
    row(
        scopes.change_scope,
        MANAGE,
        Kind.ACCOUNT,
        example={"scope": lambda s: s.world.part(s.place)},
    ),
    row(visitors.visitor_limits, SETTINGS, Kind.TOWN),
    row(visitors.set_visitor_limits, SETTINGS, Kind.TOWN, example={"limits": visitors.VisitorLimits(browser=3)}),
    row(second_person.set_two_persons, SETTINGS, Kind.TOWN, example={"wanted": False}),
)
