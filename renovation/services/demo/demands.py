"""The demonstration city's demands: invented wishes in residents' words, near-duplicates and all, with their fates."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import shapely

from renovation.config import settings
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, in_china
from renovation.model.codes import ALPHABET, RANDOM_SYMBOLS, check_symbol
from renovation.model.demands import (
    Demand,
    DemandCategory,
    DemandChannel,
    DemandDraft,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.intake import Part, receipt_of
from renovation.model.places import Building, Deficit, Estate, EstateFilter
from renovation.model.scope import EVERYWHERE
from renovation.rules.demands.dispatch import due_day, rule_for
from renovation.rules.demands.standing import is_in_time
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.places import Progress, morning
from renovation.store import Store
from renovation.store.demands import demands
from renovation.store.demands import places as demand_places
from renovation.store.demands import work as demand_work
from renovation.store.register import buildings, estates

#: Every wording is invented; see the file.
TEXTS = "demo/demands.csv"
_STAFF = "shegong"
#: The department that has an account in the demonstration.
DEPARTMENT = "住房和城乡建设局"
_PARTS = ((DEPARTMENT, "查看现场，排定维修"), ("街道办事处", "通知住户，清理现场"))
#: What becomes of the two parts of some demands, by how these stand.
_PARTED: tuple[tuple[DemandStatus, tuple[tuple[DemandStatus, str], ...]], ...] = (
    (DemandStatus.DISPATCHED, ((DemandStatus.DISPATCHED, ""), (DemandStatus.DISPATCHED, ""))),
    (DemandStatus.ACCEPTED, ((DemandStatus.DISPATCHED, ""), (DemandStatus.ACCEPTED, ""))),
    (DemandStatus.ACCEPTED, ((DemandStatus.ACCEPTED, ""), (DemandStatus.REFUSED, "不属于本单位职责"))),
    (DemandStatus.IN_PROGRESS, ((DemandStatus.IN_PROGRESS, ""), (DemandStatus.ANSWERED, "已通知住户"))),
    (DemandStatus.ACCEPTED, ((DemandStatus.REFUSED, "产权属供水企业"), (DemandStatus.ACCEPTED, ""))),
)
#: What a deficit of the estate makes people ask for.
_ASKED = {
    Deficit.LIGHTING: {"lighting"},
    Deficit.PIPES: {"pipes"},
    Deficit.DRAINAGE: {"pipes", "road"},
    Deficit.ROOF_LEAK: {"roof_facade"},
    Deficit.FACADE: {"roof_facade"},
    Deficit.FIRE_ACCESS: {"fire_safety"},
    Deficit.CABLES: {"cables"},
    Deficit.ACCESSIBILITY: {"accessibility", "lift"},
    Deficit.PARKING: {"parking"},
    Deficit.EBIKE_CHARGING: {"ebike"},
    Deficit.GREEN_SPACE: {"greenery", "sports"},
    Deficit.ELDERLY_SERVICES: {"elderly"},
    Deficit.CHILDREN_SPACE: {"children"},
    Deficit.WASTE_SORTING: {"waste"},
}
_CHANNELS = {
    DemandChannel.WALK_IN: 22,
    DemandChannel.HOME_VISIT: 30,
    DemandChannel.MEETING: 12,
    DemandChannel.PHONE: 14,
    DemandChannel.LETTER: 3,
    DemandChannel.QR_FORM: 13,
    DemandChannel.PAPER: 6,
}
#: How a demand ends up, by weight: the steps it takes after it was received.
_FATES: tuple[tuple[int, tuple[DemandStatus, ...]], ...] = (
    (30, ()),
    (10, (DemandStatus.DISPATCHED,)),
    (8, (DemandStatus.DISPATCHED, DemandStatus.ACCEPTED)),
    (8, (DemandStatus.DISPATCHED, DemandStatus.ACCEPTED, DemandStatus.IN_PROGRESS)),
    (3, (DemandStatus.DISPATCHED, DemandStatus.REFUSED)),
    (6, (*(DemandStatus.DISPATCHED, DemandStatus.REFUSED) * 3, DemandStatus.NO_OWNER)),
    (11, (DemandStatus.DISPATCHED, DemandStatus.ACCEPTED, DemandStatus.ANSWERED)),
    (
        19,
        (
            DemandStatus.DISPATCHED,
            DemandStatus.ACCEPTED,
            DemandStatus.IN_PROGRESS,
            DemandStatus.ANSWERED,
            DemandStatus.CLOSED,
        ),
    ),
    (5, (DemandStatus.DISPATCHED, DemandStatus.ACCEPTED, DemandStatus.ANSWERED, DemandStatus.NOT_SOLVED)),
)
_ANSWERED_FATES = tuple(fate for fate in _FATES if DemandStatus.ANSWERED in fate[1])
_DAYS_BACK = 240
#: What a second resident adds to the same sentence.
_BEFORE = ("", "再次反映：", "请问", "邻居也说过，", "我家也是，")
_AFTER = ("", "，请尽快处理", "，好几个月了", "，谢谢", "，麻烦来看一下")


@dataclass(frozen=True, slots=True)
class _Wording:
    category: DemandCategory
    subtype: str
    issue: str
    weight: int
    text: str


def _wordings() -> dict[str, list[_Wording]]:
    by_issue: dict[str, list[_Wording]] = {}
    with (settings().data_dir / TEXTS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            wording = _Wording(
                DemandCategory(row["category"]), row["subtype"], row["issue"], int(row["weight"]), row["text"]
            )
            by_issue.setdefault(wording.issue, []).append(wording)
    return by_issue


def issues_by_text() -> Callable[[str], str | None]:
    """Return the function that tells which invented issue a demonstration text came from."""
    patterns = [
        (re.compile(".*?" + re.escape(wording.text).replace(r"\{b\}", r"\S{1,12}?") + ".*"), issue)
        for issue, wordings in _wordings().items()
        for wording in wordings
    ]

    def issue_of(text: str) -> str | None:
        return next((issue for pattern, issue in patterns if pattern.fullmatch(text)), None)

    return issue_of


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build the demands of every estate; the same from the same ``rng``, dated back from today."""
    by_issue = _wordings()
    with acting(store, actor, Action.TAKE_DEMAND) as unit:
        everywhere = estates.find(unit.connection, EstateFilter())
        people = _Residents(unit, rng, by_issue)
        for number, estate in enumerate(everywhere, start=1):
            people.speak_up(estate)
            progress("demands", number, len(everywhere))
        _part(unit)
        unit.log("demo.demands", "store", "demo", demands=people.taken)
        unit.commit()


def _part(unit: ActingUnit) -> None:
    """Part some demands between two departments, so that a desk shows every kind of work."""
    for offset, (before, steps) in enumerate(_PARTED):
        wanted = DemandFilter(scope=EVERYWHERE, statuses=(before,), departments=(DEPARTMENT,))
        for row in demands.listed(unit.connection, wanted, limit=1, offset=offset):
            _part_one(unit, row.demand, steps)


def _part_one(unit: ActingUnit, one: Demand, steps: tuple[tuple[DemandStatus, str], ...]) -> None:
    last = demands.events(unit.connection, one.id)[-1].at
    at = min(morning(unit), last + timedelta(hours=2))

    def tell(step: str, note: str = "", parts: tuple[tuple[str, str], ...] = ()) -> None:
        demands.note_event(unit.connection, one.id, step=step, login=_STAFF, at=at, note=note, parts=parts)

    demand_work.add_tasks(unit.connection, one.id, [Part(department=who, task=what) for who, what in _PARTS])
    tell("split", parts=_PARTS)
    for task, (to, note) in zip(demand_work.tasks(unit.connection, one.id), steps, strict=True):
        if to is not DemandStatus.DISPATCHED:
            demand_work.move_task(unit.connection, task, to, note=note)
            tell(f"task_{to.value}", note, ((task.department, task.task),))


class _Residents:
    """Everybody who asks for something, estate by estate."""

    def __init__(self, unit: ActingUnit, rng: random.Random, by_issue: dict[str, list[_Wording]]) -> None:
        self.unit = unit
        self.until = morning(unit)
        self.rng = rng
        self.by_issue = by_issue
        self.rules = lists.intake_rules(unit.connection)
        self.taken = 0

    def speak_up(self, estate: Estate) -> None:
        """Let an estate's residents ask, some of them for what a neighbour has asked already."""
        if estate.geometry is None:
            return
        outline = shapely.from_wkb(estate.geometry)
        standing = buildings.buildings_of(self.unit.connection, [estate.id])
        likely = {category for deficit in estate.facts.deficits for category in _ASKED.get(deficit, ())}
        issues = list(self.by_issue)
        weights = [
            self.by_issue[issue][0].weight * (4 if self.by_issue[issue][0].category.value in likely else 1)
            for issue in issues
        ]
        size = (estate.facts.households or 150) / 150
        wanted = round(3 + 2 * min(size, 2.0) + self.rng.randint(0, 3))
        asked: set[str] = set()
        while wanted > 0:
            issue = self.rng.choices(issues, weights)[0]
            if issue in asked:
                continue
            asked.add(issue)
            wordings = self.by_issue[issue]
            times = min(self.rng.choices((1, 2, 3), (55, 30, 15))[0], len(wordings), wanted)
            about = self.rng.choice(standing) if standing else None
            self._settle([self._ask(estate, outline, wording, about) for wording in self._said(wordings, times)])
            wanted -= times

    def _said(self, wordings: list[_Wording], times: int) -> list[_Wording]:
        """Choose how an issue is told: in other words, or nearly in those of the first who told it."""
        first, *others = self.rng.sample(wordings, times)
        return [
            first,
            *(
                replace(first, text=self.rng.choice(_BEFORE) + first.text + self.rng.choice(_AFTER))
                if self.rng.random() < 0.5
                else other
                for other in others
            ),
        ]

    def _ask(self, estate: Estate, outline: Any, wording: _Wording, about: Building | None) -> Demand:
        back = timedelta(days=1 + int(_DAYS_BACK * self.rng.random() ** 1.4))
        moment = self._office_hour(self.until - back)
        lon, lat = self._pin(outline, about)
        channel = self.rng.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
        kind = DemandKind.RECORD_ONLY if self.rng.random() < 0.03 else DemandKind.DEMAND
        draft = DemandDraft(
            estate_id=estate.id,
            category=wording.category,
            subtype=wording.subtype,
            text=wording.text.format(b=about.name.replace(" ", "") if about else "楼"),
            channel=channel,
            kind=kind,
            lon=lon,
            lat=lat,
            on_behalf=self.rng.random() < 0.2,
            step_free=self.rng.random() < (0.5 if wording.category is DemandCategory.ACCESSIBILITY else 0.06),
            notice_given=True,
        )
        day = day_of(moment)
        due = due_day(self.rules, draft.category, draft.subtype, day)
        one = demands.add(
            self.unit.connection,
            draft,
            receipt=self._receipt(),
            login=_STAFF,
            at=moment,
            day=day,
            building_id=about.id if about else None,
            grid_id=demand_places.grid_of_pin(self.unit.connection, estate.id, lon, lat),
            due_on=due if kind is DemandKind.DEMAND else None,
            synthetic=True,
        )
        self.taken += 1
        joined = self.rng.choices((0, 1, 2, 4, 7), (50, 22, 14, 9, 5))[0]
        return demands.change(self.unit.connection, one, supporters=1 + joined) if joined else one

    def _office_hour(self, moment: datetime) -> datetime:
        """Move a moment into the office hours of its day in China."""
        return in_china(moment).replace(
            hour=self.rng.choice((8, 9, 9, 10, 10, 11, 14, 15, 15, 16, 17)),
            minute=self.rng.randrange(60),
            second=0,
            microsecond=0,
        )

    def _receipt(self) -> str:
        body = "".join(self.rng.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS))
        return receipt_of(body + check_symbol(body))

    def _pin(self, outline: Any, about: Building | None) -> tuple[float, float]:
        """Return a point inside the estate, beside the building that is spoken of when there is one."""
        middle = outline.representative_point()
        if about is not None and about.geometry is not None:
            middle = shapely.from_wkb(about.geometry).representative_point()
        west, south, east, north = outline.bounds
        reach = 0.12 if about is not None else 0.5
        for _ in range(60):
            lon = round(middle.x + (east - west) * self.rng.uniform(-reach, reach), 6)
            lat = round(middle.y + (north - south) * self.rng.uniform(-reach, reach), 6)
            if outline.contains(shapely.Point(lon, lat)):
                return lon, lat
        inside = outline.representative_point()
        return inside.x, inside.y

    def _settle(self, same: list[Demand]) -> None:
        """Let each demand meet its fate; now and then a clerk has folded a duplicate into the first."""
        first, *others = same
        for one in others:
            if self.rng.random() < 0.2 and one.kind is first.kind:
                self._step(one, DemandStatus.MERGED, one.received_at + timedelta(minutes=40), merged_into=first.id)
                first = demands.change(self.unit.connection, first, supporters=first.supporters + one.supporters)
            else:
                self._follow(one)
        self._follow(first)

    def _follow(self, one: Demand) -> None:
        if one.kind is DemandKind.RECORD_ONLY:
            return
        allowed = max((due_days(one) or 10), 2)
        age = (self.until - one.received_at).days
        # What is long past its deadline has mostly been answered by now.
        fates = _ANSWERED_FATES if age > allowed + 12 and self.rng.random() < 0.55 else _FATES
        steps = self.rng.choices([steps for _, steps in fates], [weight for weight, _ in fates])[0]
        rule = rule_for(self.rules.dispatch, one.category, subtype=one.subtype)
        department = rule.department if rule else "街道办事处"
        hours = 24 * allowed / max(len(steps), 1) * self.rng.choice((0.5, 0.7, 0.9, 1.0, 1.5))
        moment = one.received_at
        for to in steps:
            moment = max(moment, self._office_hour(moment + timedelta(hours=hours * self.rng.uniform(0.6, 1.3))))
            if moment >= self.until:
                return
            one = self._step(one, to, moment, **self._outcome(one, to, moment, department))

    def _outcome(self, one: Demand, to: DemandStatus, moment: datetime, department: str) -> dict[str, Any]:
        match to:
            case DemandStatus.DISPATCHED:
                return {"department": department, "note": department}
            case DemandStatus.REFUSED:
                return {"refusals": one.refusals + 1, "parts": [(department, "不属于本部门职责")]}
            case DemandStatus.ANSWERED:
                fitting = [reply for reply in self.rules.replies if reply.category in (None, one.category)]
                reply = self.rng.choice(fitting).text_zh
                in_time = is_in_time(day_of(moment), one.due_on)
                return {"reply": reply, "note": reply, "answered_at": moment, "in_time": in_time}
            case DemandStatus.CLOSED:
                rating = self.rng.choices((5, 4, 3, None), (50, 28, 10, 12))[0]
                return {"rating": rating, "closed_at": moment}
            case DemandStatus.NOT_SOLVED:
                return {"rating": self.rng.choice((1, 2, 2, 3))}
        return {}

    def _step(self, one: Demand, to: DemandStatus, moment: datetime, **values: Any) -> Demand:
        return demands.step(self.unit.connection, one, to, login=_STAFF, at=moment, **values)


def due_days(one: Demand) -> int | None:
    """Return how many days a demand was given, from the day it came in."""
    if one.due_on is None:
        return None
    return (date.fromisoformat(one.due_on) - day_of(one.received_at)).days
