"""What the small town holds, and drafts of what may be added to it.

Everything of an estate bears its mark in its name (``甲岸``, ``乙岸``), so that a test can see whether an answer tells
of an estate that an account may not see.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from PIL import Image

from renovation.imports.files.results import Parsed
from renovation.imports.money.payments import PaymentRow
from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft
from renovation.model.elections import BallotKind
from renovation.model.funding import Contribution, PaymentDraft, SourceKind, Upkeep
from renovation.model.gates import Gate, GateFact
from renovation.model.panels import PanelCriterion, PanelEntry, PanelSetup
from renovation.model.polls import PollSettings, PollStage
from renovation.model.scope import Scope
from renovation.services.projects import projects
from renovation.services.staff import accounts
from renovation.store import Store

MARKS = ("甲岸", "乙岸")
STREETS = ("东街", "西街")
PIN = "246810"
#: The first two that the shipped rules name.
DEPARTMENTS = ("住房和城乡建设局", "街道办事处")
PASSWORD = "correct-horse-battery"
YEAR = 2027
#: A second member of staff, who stands for what takes two.
SECOND = Actor(role=Role.OBSERVER, login="second-person", name="第二人")


def picture(shade: int = 0) -> bytes:
    """Return a small photograph."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 90, 90)).save(out, "JPEG")
    return out.getvalue()


@dataclass
class Place:
    """Everything of one estate. ``polls`` are one per stage, each with what belongs to it."""

    mark: str
    lon: float
    lat: float = 23.1
    demands: SimpleNamespace = field(default_factory=SimpleNamespace)
    projects: SimpleNamespace = field(default_factory=SimpleNamespace)
    polls: dict[PollStage, SimpleNamespace] = field(default_factory=dict)
    estate: Any = None
    account: Any = None
    building: Any = None
    doors: Any = None
    tasks: Any = None
    photo: Any = None
    contribution: Any = None
    pledges: Any = None
    consent: Any = None
    work: Any = None
    survey: Any = None
    tied: Any = None
    travelling: Any = None

    @property
    def marks(self) -> set[str]:
        """What gives the estate away where an answer tells of it."""
        held = [*self.polls.values(), self.tied, self.travelling]
        receipts = {one.receipt for one in vars(self.demands).values()}
        codes = {one.code for one in vars(self.projects).values()}
        return {self.mark, *(one.id for one in held), *receipts, *codes, *(key for one in held for key in one.keys)}


@dataclass
class World:
    """The town: its two places, its staff, and what belongs to the whole of it."""

    store: Store
    one: Place
    two: Place
    staff: dict[Role, Actor]
    town: SimpleNamespace = field(default_factory=SimpleNamespace)

    @property
    def admin(self) -> Actor:
        """Who laid everything out."""
        return self.staff[Role.ADMIN]

    def part(self, place: Place, *, by_street: bool = False) -> Scope:
        """Return the part of town that is one estate, or its street."""
        if by_street:
            return Scope(street_id=place.estate.street_id)
        held = place.estate
        return Scope(county_id=held.county_id, street_id=held.street_id, estate_id=held.id)


def account_draft(world: World, place: Place, login: str) -> accounts.AccountDraft:
    """Return a new member of staff for an estate."""
    name = f"{place.mark}新同事"
    login = f"{login}-{place.estate.id}"
    return accounts.AccountDraft(login=login, name=name, role=Role.OBSERVER, scope=world.part(place))


def demand_draft(place: Place, what: str) -> DemandDraft:
    """Return a wish of an estate."""
    return DemandDraft(
        estate_id=place.estate.id,
        category=DemandCategory.LIGHTING,
        text=f"{place.mark}{what}",
        channel=DemandChannel.WALK_IN,
        lon=place.lon + 0.0005,
        lat=place.lat + 0.0005,
    )


def upkeep(held: Any) -> Upkeep:
    """Return who keeps a project up."""
    return Upkeep(
        project=str(held.id),
        yearly_cost=100_000,
        payer="业委会",
        payer_kind=SourceKind.COMMON_INCOME,
        agreed_on=today(),
    )


def contribution(world: World, held: Any, place: Place) -> Contribution:
    """Return a source of money for a project."""
    return Contribution(
        project=str(held.id), kind=SourceKind.DISTRICT, pledged=200_000, pot=world.town.pot.id, note=f"{place.mark}补助"
    )


def payment(held: Any, place: Place) -> PaymentDraft:
    """Return money of a business that has arrived for a project."""
    return PaymentDraft(
        project=held.id, amount=30_000, paid_on=today(), document=f"{place.mark}回单", kind=SourceKind.PRIVATE
    )


def payments_listed(held: Any) -> Any:
    """Return a list of one payment, as it is read."""
    line = PaymentRow(
        row=2, project=held.code, source="社会资本", amount=70_000, paid_on=today(), document="银行回单 9"
    )
    return Parsed(rows=1, records=(line,))


def gate_fact(place: Place, gate: Gate = Gate.UPKEEP, **said: Any) -> GateFact:
    """Return what was found out about a gate of an estate."""
    said = said or {"holds": True}
    return GateFact(estate_id=place.estate.id, gate=gate, day=today(), source=f"{place.mark}管护协议", **said)


def consent_draft(place: Place) -> ConsentDraft:
    """Return a vote of an estate's owners."""
    count = ConsentCount(total_heads=100, total_area=Fraction(9000), agree_heads=90, agree_area=Fraction(8000))
    return ConsentDraft(
        estate_id=place.estate.id,
        matter=Matter.ORDINARY,
        subject=f"{place.mark}同意改造",
        count=count,
        decided_on=today() - timedelta(days=3),
        evidence=f"{place.mark}表决票",
    )


def poll_settings(place: Place, what: str = "") -> PollSettings:
    """Return a poll of an estate."""
    return PollSettings(
        title=f"{place.mark}改什么{what}", ballot_kind=BallotKind.APPROVAL, budget=1_000_000_000, max_choices=1
    )


def panel_setup(name: str = "评审") -> PanelSetup:
    """Return a panel of two projects."""
    return PanelSetup(
        name=name,
        criteria=(PanelCriterion(code="need", name="需要", max_points=Fraction(10)),),
        entries=tuple(PanelEntry(code=f"P{n}", name=f"{mark}坡道") for n, mark in enumerate(MARKS)),
        assessors=("老张", "老李"),
    )


def add_project(world: World, place: Place, name: str, item: str = "W12") -> Any:
    """Make a project of an estate from an item of the catalogue."""
    draft = projects.draft_from_item(
        world.store,
        world.admin,
        estate_id=place.estate.id,
        item_code=item,
        quantity=2,
        name=f"{place.mark}坡道{name}",
        why=f"{place.mark}老人出不了门",
    )
    return projects.create_project(world.store, world.admin, draft)
