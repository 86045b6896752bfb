"""The demonstration city's projects: catalogue items that answer the invented demands, priced by the price book."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from decimal import Decimal

import shapely

from renovation.config import settings
from renovation.model.accounts import Action, Actor
from renovation.model.demands import Demand, DemandStatus
from renovation.model.items import Item, ItemClass, PriceBook
from renovation.model.lives import DEMAND_LIFE, DemandAct
from renovation.model.money import FEN_PER_WAN
from renovation.model.places import Estate, EstateFilter, RenovationStatus
from renovation.model.projects import ProjectDraft, ProjectFilter
from renovation.rules.money.pricing import price
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.demands import issues_by_text
from renovation.services.demo.places import Progress
from renovation.services.projects.items import current_book, keep_catalogue, kept_catalogue
from renovation.store import Store
from renovation.store.demands import demands
from renovation.store.projects import projects
from renovation.store.register import estates
from renovation.text import Language, text

#: Which item answers which wish, in which quantities; invented, see the file.
PLANS = "demo/projects.csv"
#: A small-project pot pays about 5 to 35 万元 a project, a whole package about 100 万元 an estate.
_SMALL = (5 * FEN_PER_WAN, 35 * FEN_PER_WAN)
_PACKAGE = 100 * FEN_PER_WAN
_WANTED_STATUSES = {RenovationStatus.WILLING, RenovationStatus.LISTED, RenovationStatus.SURVEYED}
#: Of the estates considered, how many get a whole package.
_PACKAGE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class _Plan:
    item_code: str
    issues: frozenset[str]
    name: str
    description: str
    low: int
    high: int
    upkeep_permille: int
    upkeep_by: str


def _plans() -> list[_Plan]:
    with (settings().data_dir / PLANS).open(encoding="utf-8", newline="") as file:
        return [
            _Plan(
                item_code=row["item_code"],
                issues=frozenset(row["issues"].split(";")),
                name=row["name"],
                description=row["description"],
                low=int(row["quantity_low"]),
                high=int(row["quantity_high"]),
                upkeep_permille=int(row["upkeep_permille"]),
                upkeep_by=row["upkeep_by"],
            )
            for row in csv.DictReader(file)
        ]


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build small projects in most estates and packages near 100 万元 in some; the same from the same ``rng``."""
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        keep_catalogue(unit.connection)
        planner = _Planner(unit, rng)
        chosen = [
            estate
            for estate in estates.find(unit.connection, EstateFilter())
            if estate.facts.status in _WANTED_STATUSES and estate.geometry is not None
        ]
        for number, estate in enumerate(chosen, start=1):
            planner.plan(estate)
            progress("projects", number, len(chosen))
        unit.log("demo.projects", "store", "demo", projects=planner.made)
        unit.commit()


def offer(store: Store, actor: Actor, rng: random.Random, estate_id: int, choices: int, least: int) -> None:
    """Add improvements that nobody has asked for yet where an estate has fewer than ``least`` choices for a vote."""
    with acting(store, actor, Action.EDIT_PROJECTS) as unit:
        planner, home = _Planner(unit, rng), unit.estate(estate_id)
        listed = projects.listed(unit.connection, ProjectFilter())
        there = {row.project.item_code for row in listed if row.project.estate_id == estate_id}
        for plan in planner.plans:
            is_choice = planner.items[plan.item_code].item_class is not ItemClass.BASIC
            if choices + planner.made >= least or not is_choice or plan.item_code in there:
                continue
            planner.make(home, plan, [], most_fen=_SMALL[1])
        unit.log("demo.projects", "store", "demo", projects=planner.made)
        unit.commit()


class _Planner:
    """Whoever turns an estate's wishes into priced projects."""

    def __init__(self, unit: ActingUnit, rng: random.Random) -> None:
        self.unit = unit
        self.rng = rng
        self.plans = _plans()
        self.items: dict[str, Item] = {item.code: item for item in kept_catalogue(unit.connection)}
        self.book: PriceBook = current_book(unit.connection)
        self.issue_of = issues_by_text()
        self.made = 0

    def plan(self, estate: Estate) -> None:
        """Make an estate's projects, those that most residents asked for first."""
        waiting: dict[str, list[Demand]] = {}
        for one in demands.in_estate(self.unit.connection, estate.id):
            issue = self.issue_of(one.text)
            # What nobody owns waits for its joint meeting.
            is_free = one.status in DEMAND_LIFE.before(DemandAct.TAKE_UP) and one.status is not DemandStatus.NO_OWNER
            if is_free and issue is not None:
                waiting.setdefault(issue, []).append(one)
        ranked = sorted(
            self.plans,
            key=lambda plan: (-sum(one.supporters for i in plan.issues for one in waiting.get(i, ())), plan.item_code),
        )
        is_package = self.rng.random() < _PACKAGE_SHARE
        most = 9 if is_package else self.rng.randint(1, 3)
        left = _PACKAGE
        taken: set[str] = set()
        for plan in ranked[:12]:
            if len(taken) == most or left < _SMALL[0]:
                break
            answered = [one for issue in sorted(plan.issues) for one in waiting.pop(issue, [])]
            if not answered and (not is_package or self.rng.random() < 0.4):
                continue
            if self._competes(plan.item_code, taken):
                continue
            cost = self.make(estate, plan, answered, most_fen=min(left, _SMALL[1]))
            if cost is not None:
                taken.add(plan.item_code)
                left -= cost

    def _competes(self, code: str, taken: set[str]) -> bool:
        """Tell whether two projects would want the same ground; a few are kept, for residents to choose between."""
        others = {other for one in taken for other in self.items[one].conflicts_with}
        return (code in others or bool(taken & set(self.items[code].conflicts_with))) and self.rng.random() < 0.7

    def make(self, estate: Estate, plan: _Plan, answered: list[Demand], *, most_fen: int) -> int | None:
        """Make a project of a plan, and return its cost in fen; nothing where it costs too much."""
        quantity = Decimal(self.rng.randint(plan.low, plan.high))
        cost = price(self.book, plan.item_code, quantity)
        if cost.likely > most_fen:
            quantity = max(Decimal(int(quantity * most_fen / cost.likely)), Decimal(1))
            cost = price(self.book, plan.item_code, quantity)
        # A lift is what it is; everything else keeps to the pot.
        if cost.likely > most_fen and plan.item_code != "W15":
            return None
        behind = sum(one.supporters for one in answered)
        why = text("project.why_from_demands", Language.ZH, count=behind, text=answered[0].text) if answered else ""
        made = projects.add(
            self.unit.connection,
            ProjectDraft(
                estate_id=estate.id,
                item_code=plan.item_code,
                name=plan.name,
                description=plan.description,
                why=why,
                quantity=quantity,
                cost=cost.likely,
                cost_low=cost.low,
                cost_high=cost.high,
                upkeep_per_year=cost.likely * plan.upkeep_permille // 1000,
                upkeep_by=plan.upkeep_by,
            ),
            unit=self.items[plan.item_code].unit,
            at=self.unit.at,
            login=self.unit.actor.login,
            point=self._point(estate, answered),
            synthetic=True,
        )
        for one in answered:
            demands.step(
                self.unit.connection,
                one,
                DemandStatus.IN_PROJECT,
                login=self.unit.actor.login,
                at=self.unit.at,
                note=made.code,
            )
        projects.link(self.unit.connection, made.id, [one.id for one in answered])
        self.made += 1
        return made.cost

    def _point(self, estate: Estate, answered: list[Demand]) -> tuple[float, float]:
        if answered:
            return answered[0].lon, answered[0].lat
        assert estate.geometry is not None
        outline = shapely.from_wkb(estate.geometry)
        west, south, east, north = outline.bounds
        for _ in range(60):
            point = shapely.Point(round(self.rng.uniform(west, east), 6), round(self.rng.uniform(south, north), 6))
            if outline.contains(point):
                return point.x, point.y
        inside = outline.representative_point()
        return inside.x, inside.y
