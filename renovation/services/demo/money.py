"""The demonstration city's money: invented pots, sources, pledges and upkeep for its invented projects."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.funding import Contribution, FundedProject, MatchingRule, Pledge, Pot, SourceKind, Upkeep
from renovation.model.items import ItemClass
from renovation.model.money import FEN_PER_WAN, FEN_PER_YUAN
from renovation.model.projects import ProjectStatus
from renovation.rules.money.funding import pot_refusal
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.places import Progress
from renovation.services.projects.items import kept_catalogue
from renovation.store import Store
from renovation.store.money import payments, planning_places, pledges, pots
from renovation.store.projects import projects

#: Pots of the coming year: name, level, owner, purpose, 万元, classes, items, cap per project in 万元. All invented.
_COMMON = (
    ("中央补助（老旧小区改造）", SourceKind.CENTRAL, "市住建局", "基础、完善类", 420, "basic improvement", "", None),
    ("省级奖补", SourceKind.PROVINCE, "市住建局", "基础、完善类", 180, "basic improvement", "", None),
    ("市级惠民空间资金", SourceKind.CITY, "市民政局", "小型公共空间", 300, "improvement enhancement", "", 35),
    ("福彩公益金（适老）", SourceKind.LOTTERY, "市民政局", "适老化与无障碍", 60, "", "W12 W13 W14 W15 T03 T04", 40),
    ("慈善资金（一老一小）", SourceKind.CHARITY, "市慈善总会", "老人与儿童设施", 40, "", "W08 W10 W12 W13 T03 T06", 20),
    ("管线专营单位出资", SourceKind.UTILITY, "各专营单位", "管线改造", 160, "", "J06 J07 J11 J12 J13 J14 J22", None),
)  # fmt: skip
_DISTRICT_WAN = (180, 140)
_OWN_YEARS = 1
_SUPPORTERS = (
    "糖厂退休职工联谊会", "东坡路商户联合会", "三栋邻居", "梅湖乡贤联谊会", "惠民五金店（演示）", "江北同学会",
    "一单元全体住户", "西湖义工队", "老街茶铺（演示）", "南坛校友", "物业服务企业（演示）", "归善社区基金（演示）",
)  # fmt: skip
_WANTED = ("缺少的材料由认领人购置", "欢迎认领长椅和扶手", "差额由居民和乡贤共同筹集", "欢迎出工出力，周末开工")


@dataclass(slots=True)
class _Purse:
    """A pot while it is being shared out."""

    pot: Pot
    left: int


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build pots, matching, sources, pledges and upkeep; the same from the same ``rng``."""
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        treasurer = _Treasurer(unit, rng)
        treasurer.open_pots()
        places = [one for one in treasurer.places.values() if one.status is not ProjectStatus.WITHDRAWN]
        for number, place in enumerate(places, start=1):
            treasurer.fund(place)
            treasurer.keep_up(place)
            progress("money", number, len(places))
        treasurer.adopt(places)
        unit.log("demo.money", "store", "demo", pots=len(treasurer.purses))
        unit.commit()


class _Treasurer:
    """Whoever shares the pots out among the projects."""

    def __init__(self, unit: ActingUnit, rng: random.Random) -> None:
        self.unit = unit
        self.rng = rng
        self.day: date = day_of(unit.at)
        self.year = self.day.year + _OWN_YEARS
        self.places = planning_places.projects(unit.connection)
        self.classes = {item.code: item.item_class for item in kept_catalogue(unit.connection)}
        self.purses: list[_Purse] = []
        self.paid = 0

    def open_pots(self) -> None:
        """Open the common pots, one per district, and last year's of the city; a rule matches residents' money."""
        for name, level, owner, purpose, wan, classes, items, cap in _COMMON:
            self._open(
                Pot(
                    id="",
                    name=name,
                    year=self.year,
                    amount=wan * FEN_PER_WAN,
                    level=level,
                    owner=owner,
                    purpose=purpose,
                    classes=frozenset(ItemClass(one) for one in classes.split()),
                    items=frozenset(items.split()),
                    project_cap=None if cap is None else cap * FEN_PER_WAN,
                )
            )
        for number, county in enumerate(sorted({place.estate.county for place in self.places.values()})):
            self._open(
                Pot(
                    id="",
                    name=f"{county}配套资金",
                    year=self.year,
                    amount=_DISTRICT_WAN[number % 2] * FEN_PER_WAN,
                    owner=f"{county}财政局",
                    purpose="配套与管护启动",
                    areas=frozenset({county}),
                )
            )
        micro = pots.add_pot(
            self.unit.connection,
            Pot(
                id="",
                name="社区微改造配套",
                year=self.year,
                amount=50 * FEN_PER_WAN,
                level=SourceKind.CITY,
                owner="市民政局",
                purpose="居民每筹 1 元，配套 2 元",
                project_cap=20 * FEN_PER_WAN,
            ),
            synthetic=True,
        )
        rule = MatchingRule(
            id="",
            name="居民出资 1 配 2",
            ratio=Fraction(2),
            cap=5 * FEN_PER_WAN,
            minimum=1_000 * FEN_PER_YUAN,
            kinds=frozenset({SourceKind.RESIDENTS, SourceKind.CHARITY}),
            source="演示设定",
            pot=str(micro),
        )
        pots.add_rule(self.unit.connection, rule, synthetic=True)

    def _open(self, pot: Pot) -> None:
        pot_id = pots.add_pot(self.unit.connection, pot, synthetic=True)
        self.purses.append(_Purse(pots.get_pot(self.unit.connection, pot_id), pot.amount))

    def fund(self, place: FundedProject) -> None:
        """Give a project what one or two pots and its own people bring; some get nothing yet."""
        if self.rng.random() < 0.45:
            return
        asked = int(place.cost * self.rng.choice((40, 60, 70, 80, 90)) // 100)
        may = [purse for purse in self.purses if purse.left and self._refusal(purse.pot, place) is None]
        self.rng.shuffle(may)
        for purse in may[:2]:
            share = min(asked, purse.left, place.cost * 6 // 10) // FEN_PER_YUAN * FEN_PER_YUAN
            if share <= 0:
                continue
            paid = share * self.rng.choice((0, 0, 30, 50)) // 100 // FEN_PER_YUAN * FEN_PER_YUAN
            purse.left -= share
            asked -= share
            self._give(place, purse.pot.level, pledged=share, received=paid, pot=purse.pot.id)
        if self.rng.random() < 0.35:
            kind = self.rng.choice((SourceKind.RESIDENTS, SourceKind.COMMON_INCOME, SourceKind.MAINTENANCE_FUND))
            sum_ = self.rng.randint(2, 20) * 1_000 * FEN_PER_YUAN
            if sum_ < place.cost // 4:
                self._give(place, kind, pledged=sum_, received=sum_ * self.rng.choice((0, 1)))
        if self.rng.random() < 0.12:
            self._give(place, SourceKind.IN_KIND, hours=Fraction(self.rng.randint(4, 60)))

    def _refusal(self, pot: Pot, place: FundedProject) -> object:
        return pot_refusal(
            pot,
            cost=place.cost,
            item_classes=(self.classes[place.item_code],),
            items=(place.item_code,),
            areas=place.estate.names,
        )

    def _give(
        self,
        place: FundedProject,
        kind: SourceKind,
        *,
        pledged: int = 0,
        received: int = 0,
        hours: Fraction = Fraction(0),
        pot: str | None = None,
    ) -> None:
        line = Contribution(project=str(place.id), kind=kind, pledged=pledged, hours=hours, pot=pot, note="演示")
        made = pots.add_contribution(self.unit.connection, line)
        if received:
            self._pay(place, received, funding_id=made)

    def _pay(
        self, place: FundedProject, amount: int, *, funding_id: int | None = None, pledge_id: int | None = None
    ) -> None:
        self.paid += 1
        payments.add(
            self.unit.connection,
            place.id,
            amount=amount,
            paid_on=self.day - timedelta(days=self.paid % 90),
            document=f"演示拨付单 {self.paid:04d} 号",
            login=self.unit.actor.login,
            at=self.unit.at,
            funding_id=funding_id,
            pledge_id=pledge_id,
        )

    def keep_up(self, place: FundedProject) -> None:
        """Agree on the upkeep of most projects."""
        if self.rng.random() < 0.4:
            return
        known = projects.get(self.unit.connection, place.id)
        if not known.upkeep_by:
            return
        kind = self.rng.choice((SourceKind.COMMON_INCOME, SourceKind.DISTRICT, SourceKind.RESIDENTS))
        pots.put_upkeep(
            self.unit.connection,
            Upkeep(
                project=str(place.id),
                yearly_cost=known.upkeep_per_year,
                payer=known.upkeep_by,
                payer_kind=kind,
                yearly_income=known.upkeep_per_year // 3 if kind is SourceKind.COMMON_INCOME else 0,
                agreed_on=self.day - timedelta(days=self.rng.randint(5, 200)),
            ),
        )

    def adopt(self, places: list[FundedProject]) -> None:
        """Put some small projects into the public store, with pledges of every kind beside them."""
        small = [place for place in places if place.cost <= 20 * FEN_PER_WAN]
        for place in sorted(self.rng.sample(small, min(18, len(small))), key=lambda one: one.id):
            pledges.open_adoption(
                self.unit.connection, place.id, day=self.day - timedelta(days=60), wanted=self.rng.choice(_WANTED)
            )
            for _ in range(self.rng.randint(0, 3)):
                self._pledge(place)

    def _pledge(self, place: FundedProject) -> None:
        made = self.day - timedelta(days=self.rng.randint(1, 160))
        fate = self.rng.choice(("open", "open", "part", "full", "expired", "withdrawn", "offered", "offered"))
        kind = self.rng.choice((SourceKind.RESIDENTS, SourceKind.PRIVATE, SourceKind.CHARITY, SourceKind.IN_KIND))
        in_kind = kind is SourceKind.IN_KIND
        sum_ = 0 if in_kind else self.rng.choice((5, 10, 20, 30, 50, 100)) * 100 * FEN_PER_YUAN
        last = (
            self.day - timedelta(days=3) if fate == "expired" else self.day + timedelta(days=self.rng.randint(20, 150))
        )
        made_pledge = pledges.add(
            self.unit.connection,
            Pledge(
                id="",
                project=str(place.id),
                supporter=self.rng.choice(_SUPPORTERS),
                kind=kind,
                pledged_on=min(made, last),
                expires_on=last,
                amount=sum_,
                hours=Fraction(self.rng.randint(4, 40)) if in_kind else Fraction(0),
                withdrawn_on=self.day - timedelta(days=1) if fate == "withdrawn" else None,
                offered=fate == "offered",
                reference=f"RL-{self.rng.randrange(16**8):08X}",
            ),
            at=self.unit.at,
            synthetic=True,
        )
        if arrived := {"part": sum_ // 2, "full": sum_}.get(fate, 0):
            self._pay(place, arrived, pledge_id=int(made_pledge.id))
