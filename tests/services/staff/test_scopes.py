"""What an account sees ends where an administrator says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from renovation.errors import ConflictError, DeniedError, NotFoundError
from renovation.model.accounts import Actor, Role
from renovation.model.places import AreaDraft, AreaLevel
from renovation.model.scope import Scope
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.scopes import change_scope
from renovation.store import Store
from renovation.store.register import areas


def test_a_scope_is_given_within_the_givers_own(store: Store) -> None:
    boss = accounts.create_first_account(store, AccountDraft(login="boss", name="甲", role=Role.ADMIN), "long-enough-1")
    admin = accounts.as_actor(boss)
    with store.write() as unit:
        [street] = areas.add_areas(unit.connection, [AreaDraft(level=AreaLevel.STREET, code="S1", name="桥东")])
        [other] = areas.add_areas(unit.connection, [AreaDraft(level=AreaLevel.STREET, code="S2", name="桥西")])
        [grid] = areas.add_areas(
            unit.connection, [AreaDraft(level=AreaLevel.GRID, code="G1", name="第一网格", parent_id=street)]
        )
        unit.commit()
    held, _ = accounts.create_account(store, admin, AccountDraft(login="worker", name="乙", role=Role.SOCIAL_WORKER))
    assert change_scope(store, admin, held.id, Scope(grid_id=grid)).scope == Scope(grid_id=grid)
    assert change_scope(store, admin, held.id, Scope()).scope == Scope()
    local: Actor = replace(admin, account_id=None, scope=Scope(street_id=street))
    with pytest.raises(NotFoundError):
        change_scope(store, local, held.id, Scope(grid_id=grid))
    change_scope(store, admin, held.id, Scope(street_id=street))
    change_scope(store, local, held.id, Scope(grid_id=grid))
    for outside in (Scope(street_id=other), Scope()):
        with pytest.raises(DeniedError):
            change_scope(store, local, held.id, outside)
    with pytest.raises(ConflictError):
        change_scope(store, admin, boss.id, Scope(street_id=street))
    with pytest.raises(NotFoundError):
        change_scope(store, admin, held.id, Scope(street_id=999))
    with pytest.raises(DeniedError):
        change_scope(store, accounts.as_actor(held), boss.id, Scope())


def test_an_administrator_of_a_part_manages_who_sees_no_more(store: Store) -> None:
    boss = accounts.create_first_account(store, AccountDraft(login="boss", name="甲", role=Role.ADMIN), "long-enough-1")
    admin = accounts.as_actor(boss)
    with store.write() as unit:
        [street, other] = areas.add_areas(
            unit.connection,
            [AreaDraft(level=AreaLevel.STREET, code=f"S{n}", name=f"街道{n}") for n in (1, 2)],
        )
        unit.commit()
    local = replace(admin, account_id=None, login="local", scope=Scope(street_id=street))
    made, _ = accounts.create_account(store, local, AccountDraft(login="worker", name="乙", role=Role.SOCIAL_WORKER))
    assert made.scope == Scope(street_id=street)
    assert [one.login for one in accounts.list_accounts(store, local)] == ["worker"]
    accounts.change_role(store, local, made.id, Role.PLANNER)
    for act in (
        lambda: accounts.reset_password(store, local, boss.id),
        lambda: accounts.set_active(store, local, boss.id, False),
        lambda: accounts.change_role(store, local, boss.id, Role.OBSERVER),
    ):
        with pytest.raises(NotFoundError, match=r"account\.unknown"):
            act()
    outside = AccountDraft(login="wide", name="丙", role=Role.ADMIN, scope=Scope(street_id=other))
    with pytest.raises(DeniedError, match="scope_outside"):
        accounts.create_account(store, local, outside)
    accounts.create_account(store, admin, outside)
    assert {one.login for one in accounts.list_accounts(store, admin)} == {"boss", "worker", "wide"}
