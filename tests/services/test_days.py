"""Days of acts are China's, and what has happened has no day to come, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from renovation.errors import ImportRefusedError, InvalidError, RenovationError
from renovation.imports.demands.demands import DemandFileRow, parse_demands
from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.demands import DemandFilter
from renovation.model.funding import SourceKind, Upkeep
from renovation.model.gates import Gate, GateFact
from renovation.model.imports import ImportSource
from renovation.model.intake import MeetingDraft, Part
from renovation.model.items import PriceBook, PriceEntry
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import Deficit
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.services.demands.imports import import_demands
from renovation.services.demands.work import hold_meeting
from renovation.services.money import funding, gates, pledges
from renovation.services.polls import paper
from renovation.services.projects import prices
from renovation.services.register import deficits, estates, imports, photos
from renovation.store import Store
from renovation.store.schema.demands import demand
from renovation.text import fault_text

#: Half past seven in the morning of the 22nd in China.
MORNING = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
ESTATE = (
    "编码,小区名称,建成年份,垃圾分类不足,wkt\n"
    'E1,荔香苑,1995,是,"POLYGON((114.41 23.08,114.412 23.08,114.412 23.082,114.41 23.082,114.41 23.08))"\n'
).encode()


@pytest.fixture
def register(store: Store, planner: Actor, clock: Any) -> Store:
    """One estate, taken in before eight in the morning in China."""
    clock.at = MORNING
    imports.import_estates(store, planner, parse_estates(ESTATE, datum="cgcs2000"), source=ImportSource.of("e", ESTATE))
    return store


def take(store: Store, actor: Actor, parsed: Parsed[DemandFileRow]) -> None:
    import_demands(store, actor, parsed, source=ImportSource.of("d.csv", b"d"))


def test_what_is_done_before_eight_in_the_morning_is_done_today(register: Store, planner: Actor) -> None:
    estate_id = estates.find_estates(register, planner)[0].id
    (record,) = estates.get_estate_file(register, planner, estate_id).deficits
    assert record.collected_on == TODAY
    take(register, planner, parse_demands("小区,内容\n荔香苑,路灯不亮\n".encode(), datum="cgcs2000"))
    with register.read() as connection:
        assert connection.scalars(demand.select().with_only_columns(demand.c.received_on)).all() == [TODAY.isoformat()]


def test_a_moment_in_universal_time_is_on_its_day_in_china(register: Store, planner: Actor) -> None:
    rows = (
        "2026-11-05T15:59:59Z",
        "2026-11-05T17:30:00Z",
        "2026-11-05 17:30:00.000+00:00",
        "2026-11-05T23:30:00+08:00",
    )
    lines = "".join(f"荔香苑,{number},{when}\n" for number, when in enumerate(rows))
    take(register, planner, parse_demands(f"小区,内容,受理时间\n{lines}".encode(), datum="cgcs2000"))
    found = demands.list_demands(register, planner, DemandFilter(scope=EVERYWHERE, received_to=date(2026, 11, 5)))
    assert {row.demand.text for row in found} == {"0", "3"}
    assert (
        demands.count_demands(register, planner, DemandFilter(scope=EVERYWHERE, received_from=date(2026, 11, 6))) == 2
    )
    unknown = parse_demands("小区,内容,受理时间\n荔香苑,一,2026-11-05 17:30 EST\n".encode(), datum="cgcs2000")
    assert [fault.code for fault in unknown.faults] == ["value.zone_unknown"]


def test_files_with_days_to_come_are_refused_by_row(register: Store, planner: Actor) -> None:
    ahead = parse_demands("小区,内容,受理日期\n荔香苑,一,2026-11-22\n荔香苑,二,2026-11-23\n".encode(), datum="cgcs2000")
    built = parse_estates("编码,小区名称,建成年份\nE7,新苑,2027\n".encode(), datum="cgcs2000")
    for parsed, code in ((ahead, "value.day_ahead"), (built, "value.year_ahead")):
        (fault,) = parsed.faults
        assert fault.code == code
        assert fault_text(fault, "zh-CN")
        assert fault_text(fault, "en")
    with pytest.raises(ImportRefusedError) as refused:
        take(
            register,
            planner,
            replace(
                ahead,
                faults=(),
                sound=(),
                records=(DemandFileRow(estate="荔香苑", text="一", received_on=TOMORROW, row=2),),
            ),
        )
    assert [fault.code for fault in refused.value.faults] == ["value.day_ahead"]


def _photo(store: Store, actor: Actor, day: date) -> None:
    owner = PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=1)
    photos.add_photos(store, actor, owner, [("", b"")], PhotoKind.BEFORE, taken_on=day)


def _consent(store: Store, actor: Actor, day: date) -> int:
    count = ConsentCount(total_heads=90, total_area=Fraction(6000), agree_heads=70, agree_area=Fraction(5000))
    draft = ConsentDraft(
        estate_id=1, matter=Matter.ORDINARY, subject="同意改造", count=count, decided_on=day, evidence="档案"
    )
    return gates.record_consent(store, actor, draft)[0].id


def _meeting(store: Store, actor: Actor, day: date) -> None:
    parts = (Part(department="城管局", task="补种"),)
    hold_meeting(store, actor, 1, MeetingDraft(held_on=day, present=("社区",), decision="补种", parts=parts))


def _price(store: Store, actor: Actor, day: date) -> None:
    book = PriceBook(locality="惠城区", year=2026, entries=(PriceEntry(code="J01", low=1, likely=2, high=3),))
    prices.change_prices(store, actor, book, [replace(book.entries[0], source="市场询价", day=day)])


#: What happened on a day, as services are told.
TOLD: dict[str, Callable[[Store, Actor, date], Any]] = {
    "looked at": lambda s, a, day: deficits.record_deficits(
        s, a, 1, {Deficit.PIPES: True}, collected_on=day, collector="社工", version=1
    ),
    "edited": lambda s, a, day: estates.edit_estate(
        s, a, replace(estates.get_estate(s, a, 1), name="荔香新苑"), collected_on=day
    ),
    "photographed": _photo,
    "checked": lambda s, a, day: gates.record_fact(
        s, a, GateFact(estate_id=1, gate=Gate.UPKEEP, day=day, source="会议", holds=True)
    ),
    "decided": _consent,
    "withdrawn": lambda s, a, day: gates.withdraw_consent(s, a, 1, day=day, why="改选"),
    "promised": lambda s, a, day: pledges.record_pledge(
        s, a, 1, supporter="商会", kind=SourceKind.CHARITY, amount=100, pledged_on=day
    ),
    "agreed": lambda s, a, day: funding.set_upkeep(
        s, a, Upkeep(project="1", yearly_cost=1, payer="业委会", agreed_on=day)
    ),
    "met": _meeting,
    "put in the box": lambda s, a, day: paper.make_batch(s, a, "none", None, "第一包", day, 10),
    "put in the box after all": lambda s, a, day: paper.correct_cover(
        s, a, 1, counted=1, spoiled_at_desk=0, not_returned=0, day=day, reason="看错"
    ),
    "priced": _price,
}


def refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except RenovationError as error:
        return error.code
    return ""


@pytest.mark.parametrize("told", TOLD)
def test_no_service_takes_a_day_to_come_for_what_has_happened(
    register: Store, planner: Actor, admin: Actor, clock: Any, told: str
) -> None:
    assert refusal(lambda: TOLD[told](register, admin, TOMORROW)) == "day.ahead"
    # The same is not refused for its day once it is that day, though UTC is still a day behind.
    clock.at = MORNING + timedelta(days=1)
    assert refusal(lambda: TOLD[told](register, admin, TOMORROW)) != "day.ahead"


def test_no_estate_was_built_in_a_year_to_come(register: Store, planner: Actor) -> None:
    one = estates.find_estates(register, planner)[0]
    with pytest.raises(InvalidError, match=r"day\.year_ahead"):
        estates.edit_estate(register, planner, replace(one, facts=replace(one.facts, built_year=2027)))
