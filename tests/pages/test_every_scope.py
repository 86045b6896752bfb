"""Every page of staff opens in a town with something in it, for each role that may and a part of town it may see."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.model.accounts import PERMISSIONS, STAFF_ROLES, Account, Role, may
from renovation.model.clock import now
from renovation.model.polls import PollStage
from renovation.model.scope import Scope
from renovation.services.staff import accounts
from renovation.store import Store
from renovation.store.schema.places import area, estate
from renovation.store.schema.polls import poll
from renovation.store.staff import accounts as stored
from renovation.ui.frame.navigation import PAGES, Entry
from renovation.ui.frame.state import store

STAFF = [entry for entry in PAGES if not entry.public]
#: What an account may see of the town, by the level of it that is named.
PARTS = {"town": (), "county": ("county_id",), "street": ("county_id", "street_id"),
         "community": ("county_id", "street_id", "community_id"), "estate": ("estate_id",)}  # fmt: skip
#: Ways in which a page says something.
SAYING = ("info", "warning", "success", "error", "caption", "dataframe", "button", "text_input", "selectbox")
#: How sums stand on a page: in yuan, or in ten thousands of them; a price of a unit (元/㎡) is no sum.
UNITS = {"yuan": re.compile(r"[\d.] ?元(?!/)|（元）"), "wan": re.compile(r"\d ?万元(?!/)|（万元）")}
WORDS = (
    "markdown",
    "caption",
    "info",
    "warning",
    "success",
    "metric",
    "number_input",
    "text_input",
    "selectbox",
    "expander",
)
AtHome = Callable[[Path], AbstractContextManager[Store]]


@pytest.fixture(scope="module")
def city(at_home: AtHome, demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demonstration city with an account of every role for every part of the town; only looked at."""
    home = tmp_path_factory.mktemp("city") / "home"
    shutil.copytree(demonstration_template, home)
    with at_home(home) as opened:
        with opened.write() as unit:
            one = unit.connection.execute(sa.select(estate).order_by(estate.c.id).limit(1)).first()
            place = {} if one is None else {**one._mapping, "estate_id": one.id}
            for role in STAFF_ROLES:
                for part, levels in PARTS.items():
                    stored.add(
                        unit.connection,
                        login=f"{part}-{role.value}",
                        name=role.value,
                        role=role,
                        password_hash="none",
                        created_at=now(),
                        scope=Scope(**{level: place[level] for level in levels}),
                    )
            unit.commit()
        yield


@pytest.fixture(scope="module")
def bare(at_home: AtHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A town of one street without estates, with an account of every role that sees this street alone."""
    with at_home(tmp_path_factory.mktemp("bare")) as opened:
        with opened.write() as unit:
            levels = ((1, "county", None, "惠城区"), (2, "street", 1, "桥东街道"))
            for number, level, parent, name in levels:
                unit.connection.execute(
                    area.insert().values(id=number, level=level, parent_id=parent, name=name, code=f"C{number}")
                )
            for role in STAFF_ROLES:
                stored.add(
                    unit.connection,
                    login=f"bare-{role.value}",
                    name=role.value,
                    role=role,
                    password_hash="none",
                    created_at=now(),
                    scope=Scope(county_id=1, street_id=2),
                )
            unit.commit()
        yield


@pytest.mark.parametrize("role", STAFF_ROLES, ids=lambda role: role.value)
def test_a_part_of_town_without_estates_says_what_to_do(bare: None, role: Role) -> None:
    crashed, silent = pages_of(f"bare-{role.value}", STAFF)
    assert (crashed, silent) == ({}, [])


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("role", STAFF_ROLES, ids=lambda role: role.value)
def test_no_page_crashes_for_whoever_may_open_it(city: None, role: Role, part: str) -> None:
    crashed, _ = pages_of(f"{part}-{role.value}", [entry for entry in STAFF if is_opened(entry, role, part)])
    assert crashed == {}


def units_of(page: AppTest) -> dict[str, str]:
    """Return in which units a page writes sums, each with the first words that do."""
    words = [
        str(getattr(one, name))
        for kind in WORDS
        for one in getattr(page.main, kind)
        for name in ("label", "value")
        if hasattr(one, name)
    ]
    words += [str(heading) for one in page.main.dataframe for heading in one.value.columns]
    found = {}
    for said in words:
        for unit, pattern in UNITS.items():
            if unit not in found and pattern.search(said):
                found[unit] = said[:120]
    return found


def is_opened(entry: Entry, role: Role, part: str) -> bool:
    """Tell whether a page is opened with a part of town: one role sees each, the others the town and one in turn."""
    may_open = Role if entry.action is None else PERMISSIONS[entry.action]
    first = next(one for one in (Role.PLANNER, *STAFF_ROLES) if one in may_open)
    turn = STAFF.index(entry) + list(STAFF_ROLES).index(role)
    return part == "town" or role is first or part == list(PARTS)[1 + turn % (len(PARTS) - 1)]


def outside(account: Account) -> list[str]:
    """Return the names of estates that an account does not see, and that nothing names which it sees."""
    with store().read() as connection:
        rows = connection.execute(sa.select(estate)).all()
        # Results that were published are everybody's.
        published = (
            connection.execute(sa.select(poll.c.title).where(poll.c.stage == PollStage.PUBLISHED)).scalars().all()
        )
    levels = [one.name for one in fields(Scope) if one.name != "estate_id"]
    places = [(row.name, Scope(estate_id=row.id, **{level: getattr(row, level) for level in levels})) for row in rows]
    seen = [name for name, place in places if account.scope.holds(place)]
    return [name for name, _ in places if not any(name in one for one in (*seen, *published))]


def shows(page: AppTest, names: list[str]) -> list[str]:
    """Return which names stand anywhere in what a page sends to the browser: words, tables, lists, maps."""
    sent = b"".join(
        one.proto.SerializeToString()
        for part in (page.main, page.sidebar)
        for one in part
        if getattr(one, "proto", None)
    )
    return [name for name in names if name.encode() in sent or json.dumps(name)[1:-1].encode() in sent]


def pages_of(login: str, entries: list[Entry]) -> tuple[dict[str, str], list[str]]:
    """Open what an account may of these pages; return those that crashed, with the error, and the silent ones.

    A page that writes its sums in two units for whoever plans with them counts with the first, one that shows its title
    alone with the others.
    """
    with store().read() as connection:
        account = stored.by_login(connection, login)
    assert account is not None
    crashed, silent, hidden = {}, [], outside(account)
    for entry in entries:
        if entry.action is not None and not may(accounts.as_actor(account), entry.action):
            continue
        page = AppTest.from_file(str(CHECKOUT / "pages" / f"{entry.file}.py"), default_timeout=600)
        page.session_state["renovation.token"] = accounts.begin_session(store(), account).token
        page.run()
        if page.exception:
            crashed[entry.file] = page.exception[0].message
        elif not any(getattr(page.main, kind) for kind in SAYING):
            silent.append(entry.file)
        elif told := shows(page, hidden):
            crashed[entry.file] = f"shows what lies outside: {told}"
        elif account.role is Role.PLANNER and len(units := units_of(page)) > 1:
            crashed[entry.file] = f"sums in two units: {units}"
    return crashed, silent
