"""What stands under a name is found under every spelling of it, and nothing stands twice, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.imports.register.facilities import parse_facilities
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.funding import Pot
from renovation.model.imports import ImportSource
from renovation.model.names import search_key
from renovation.model.places import BuildingDraft
from renovation.model.projects import ProjectDraft, ProjectFilter
from renovation.model.scope import EVERYWHERE
from renovation.rules.demands.dispatch import department_named
from renovation.services.money import pots
from renovation.services.polls import polls
from renovation.services.projects import prices, projects
from renovation.services.register.facilities import facility_kinds, import_facilities
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, open_store
from renovation.store.house import retention
from renovation.store.register import buildings
from renovation.store.schema import metadata
from renovation.store.schema.demands import demand
from renovation.store.schema.places import estate

PASSWORD = "梧桐树下 1987 的灯"


def test_a_pot_is_one_however_it_is_written(store: Store, planner: Actor) -> None:
    kept = pots.keep_pot(store, planner, Pot(id="", name="区级资金（一期）", year=2027, amount=1))
    with pytest.raises(ConflictError, match="区级资金（一期）"):
        pots.keep_pot(store, planner, Pot(id="", name="区级资金(１期)", year=2027, amount=1))
    assert pots.keep_pot(store, planner, Pot(id="", name="区级资金(一期)", year=2028, amount=1)).id != kept.id


def test_a_venue_is_one_however_it_is_written(store: Store, admin: Actor, make_poll_draft: Callable[..., str]) -> None:
    poll_id = make_poll_draft()
    polls.add_venue(store, admin, poll_id, "活动室（东）")
    with pytest.raises(ConflictError, match=r"poll\.venue_twice"):
        polls.add_venue(store, admin, poll_id, "活动 室(东)")


def test_a_building_is_one_however_it_is_written(store: Store) -> None:
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="荔香苑", status="surveyed"))
        unit.commit()
    drafts = [BuildingDraft(estate_id=1, name=name) for name in ("１栋", "一 栋")]
    with pytest.raises(ConflictError, match=r"typed\.there_already"), store.write() as unit:
        buildings.add_buildings(unit.connection, drafts)


def test_an_account_signs_in_in_every_width(store: Store) -> None:
    accounts.create_first_account(store, AccountDraft(login=" Ｃｈｅｎ", name="陈主任", role=Role.ADMIN), PASSWORD)
    signed_in = accounts.sign_in(store, "CHEN\u3000", PASSWORD)
    admin = accounts.as_actor(signed_in.account)
    assert admin.login == "chen"
    with pytest.raises(ConflictError, match=r"account\.login_taken"):
        accounts.create_account(store, admin, AccountDraft(login="chen\u200b", name="另一位", role=Role.OBSERVER))


def test_a_price_book_keeps_the_spelling_of_its_place(store: Store, planner: Actor) -> None:
    first = prices.books(store, planner)[0]
    made = prices.copy_book(store, planner, first, locality="惠城区（东）", year=2027)
    with pytest.raises(ConflictError, match=r"price\.book_exists"):
        prices.copy_book(store, planner, first, locality="惠城区(东)", year=2027)
    assert prices.copy_book(store, planner, first, locality="惠城 区(东)", year=2028).locality == made.locality


def test_facilities_are_known_by_code_and_kind_in_every_width(store: Store, planner: Actor) -> None:
    def take(rows: str) -> Any:
        data = f"编号,名称,类别,经度,纬度\n{rows}\n".encode()
        return import_facilities(
            store, planner, parse_facilities(data, datum="cgcs2000"), source=ImportSource.of("f.csv", data), update=True
        )

    take("F-1,驿站（一）,充电棚,114.41,23.08")
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        take("ｆ－1,驿站（一）,充电 棚,114.41,23.08")
    take("F-2,驿站（二）,充电　棚,114.42,23.08")
    assert facility_kinds(store, planner) == ("充电棚",)


def test_a_department_is_one_in_every_width() -> None:
    known = ("住房和城乡建设局", "供电局（东）")
    assert department_named("供电局(东)", known) == "供电局（东）"
    assert department_named(" 住 房", known) == "住房和城乡建设局"


def test_projects_are_found_in_every_spelling(store: Store, planner: Actor) -> None:
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="阳光花苑（一期）", status="listed"))
        unit.commit()
    draft = ProjectDraft(
        estate_id=1, item_code="W02", name="ＬＥＤ路灯", quantity=Decimal(1), cost=200, cost_low=100, cost_high=300
    )
    made = projects.create_project(store, planner, draft)
    for query in ("led 路灯", "阳光花苑(1期) led", made.code.lower(), "LED路灯"):
        found = projects.list_projects(store, planner, ProjectFilter(scope=EVERYWHERE, query=query))
        assert [row.project.id for row in found] == [made.id], query
    assert not projects.list_projects(store, planner, ProjectFilter(scope=EVERYWHERE, query="led 二期"))


def test_every_key_of_the_demonstration_city_is_that_of_its_name(demonstration: Store) -> None:
    with demonstration.write() as unit:
        one = unit.connection.scalar(sa.select(demand.c.id).limit(1))
        retention.clean(unit.connection, one, lambda text: f"已遮盖（{text[:3]}）", now())
        unit.commit()
    with demonstration.read() as connection:
        keyed = [(t, c) for t in metadata.sorted_tables for c in t.columns if "key_of" in c.info]
        assert {table.name for table, _ in keyed} >= {"estate", "building", "pot", "venue", "project", "demand"}
        for table, column in keyed:
            names = [table.c[name] for name in column.info["key_of"]]
            for row in connection.execute(sa.select(column, *names)):
                assert row[0] == search_key(*row[1:])


@pytest.fixture
def demonstration(demonstration_template: Any, tmp_path: Any) -> Any:
    import shutil

    shutil.copytree(demonstration_template, tmp_path / "home")
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'store.sqlite'}", tmp_path / "home" / "keys")
    yield opened
    opened.close()
