"""The rest of an estate's file: works done, findings, doors, the printed sheet; on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.places import (
    AreaDraft,
    AreaLevel,
    BuildingDraft,
    Deficit,
    EstateDraft,
    EstateFacts,
    EstateWorkDraft,
)
from renovation.model.scope import Scope
from renovation.services.house.estate_sheets import change_lines, export_estate_sheet
from renovation.services.register.deficits import record_deficits
from renovation.services.register.estate_works import add_estate_work, estate_works_of, remove_estate_work
from renovation.services.register.estates import doors_of, get_estate, get_estate_file, list_buildings
from renovation.store import Store
from renovation.store.register import areas, buildings
from renovation.store.register import estates as estate_store
from renovation.text import Language

DAY = date(2026, 3, 4)


@pytest.fixture
def estate(store: Store) -> int:
    """An estate in a grid, with a building of two stairwells."""
    with store.write() as unit:
        grid = areas.add_areas(unit.connection, [AreaDraft(level=AreaLevel.GRID, code="G1", name="第一网格")])[0]
        facts = EstateFacts(deficits=frozenset({Deficit.PIPES}))
        [identity] = estate_store.add_estates(
            unit.connection,
            [EstateDraft(code="E1", name="糖厂一号", facts=facts, grid_id=grid)],
            collected_on=DAY,
            collector="调查员",
        )
        doors = {"1单元": ("101", "102"), "2单元": ("201",)}
        buildings.add_buildings(unit.connection, [BuildingDraft(estate_id=identity, name="3栋", doors=doors)])
        unit.commit()
    return identity


def test_works_stand_on_file_with_their_money_and_in_the_history(
    store: Store, estate: int, planner: Actor, observer: Actor
) -> None:
    draft = EstateWorkDraft(estate_id=estate, year=2019, what="外墙修缮", cost=35_000_000, source="维修资金")
    work = add_estate_work(store, planner, draft)
    add_estate_work(store, planner, EstateWorkDraft(estate_id=estate, year=2021, what="加装路灯"))
    assert [one.draft.year for one in estate_works_of(store, observer, estate)] == [2021, 2019]
    name, mime_type, page = export_estate_sheet(store, observer, estate)
    assert (name, mime_type) == ("糖厂一号小区基本情况表.html", "text/html")
    assert all(word in page.decode() for word in ("外墙修缮", "维修资金", "加装路灯", "3栋"))
    remove_estate_work(store, planner, work.id)
    assert [one.draft.what for one in estate_works_of(store, observer, estate)] == ["加装路灯"]
    lines = [
        line
        for change in get_estate_file(store, planner, estate).history
        for line in change_lines(change, {}, Language.ZH)
    ]
    assert len(lines) == 3
    assert "外墙修缮" in lines[0]
    with pytest.raises(DeniedError):
        add_estate_work(store, observer, draft)
    with pytest.raises(NotFoundError):
        remove_estate_work(store, planner, work.id)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"year": 1899}, "estate_work.year"),
        ({"year": 2099}, "estate_work.future"),
        ({"what": " "}, "estate_work.what_missing"),
        ({"what": "字" * 201}, "estate_work.too_long"),
        ({"what": "a\x00"}, "estate_work.text_nul"),
        ({"cost": -1}, "estate_work.cost"),
    ],
)
def test_works_that_cannot_be_are_refused(
    sqlite_store: Store, planner: Actor, fields: dict[str, object], code: str
) -> None:
    with sqlite_store.write() as unit:
        [identity] = estate_store.add_estates(
            unit.connection, [EstateDraft(code="E1", name="甲", facts=EstateFacts())], collected_on=DAY, collector="x"
        )
        unit.commit()
    with pytest.raises(InvalidError, match=code.replace(".", r"\.")):
        add_estate_work(
            sqlite_store,
            planner,
            EstateWorkDraft(**({"estate_id": identity, "year": 2019, "what": "外墙"} | fields)),  # type: ignore[arg-type]
        )


def test_findings_keep_who_looked_when_and_what_was_not_there(store: Store, estate: int, social_worker: Actor) -> None:
    found = {Deficit.PIPES: False, Deficit.LIGHTING: True}
    version = get_estate(store, social_worker, estate).version
    how = {"collected_on": DAY, "collector": "李社工", "version": version}
    after = record_deficits(store, social_worker, estate, found, **how)  # type: ignore[arg-type]
    assert after.facts.deficits == {Deficit.LIGHTING}
    file = get_estate_file(store, social_worker, estate)
    assert {(r.deficit, r.present, r.collected_on, r.collector) for r in file.deficits} == {
        (Deficit.PIPES, False, DAY, "李社工"),
        (Deficit.LIGHTING, True, DAY, "李社工"),
    }
    with pytest.raises(ConflictError):
        record_deficits(store, social_worker, estate, found, **how)  # type: ignore[arg-type]
    for wrong in ({"collector": " "}, {"collected_on": date(2099, 1, 1)}):
        with pytest.raises(InvalidError):
            record_deficits(store, social_worker, estate, found, **(how | {"version": after.version} | wrong))  # type: ignore[arg-type]


def test_what_an_account_sees_ends_at_its_grid(store: Store, estate: int, social_worker: Actor) -> None:
    [building] = list_buildings(store, social_worker, [estate])
    grid_id = get_estate(store, social_worker, estate).grid_id
    own = replace(social_worker, scope=Scope(grid_id=grid_id))
    shown = [(unit.name, [door.number for door in doors]) for unit, doors in doors_of(store, own, building.id)]
    assert shown == [("1单元", ["101", "102"]), ("2单元", ["201"])]
    assert grid_id is not None
    other = replace(social_worker, scope=Scope(grid_id=grid_id + 1))
    for act in (
        lambda: get_estate(store, other, estate),
        lambda: doors_of(store, other, building.id),
        lambda: doors_of(store, own, building.id + 1),
        lambda: estate_works_of(store, other, estate),
    ):
        with pytest.raises(NotFoundError):
            act()
    with pytest.raises(DeniedError):
        doors_of(store, PUBLIC, building.id)
