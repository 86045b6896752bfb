"""Random walks through all acts of projects, demands, estates, polls, programmes, batches and pots.

Whatever is done in whatever order, there is one life and one book; see ``one_book.py``. ``RENOVATION_WALKS`` asks for
more walks, ``RENOVATION_WALK`` for the one that a failure names.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from one_book import faults

from renovation.errors import NotFoundError, RenovationError
from renovation.model import clock as one_clock
from renovation.model.accounts import Actor, Role
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.model.elections import BallotKind
from renovation.model.funding import Contribution, Pot, SourceKind, Upkeep
from renovation.model.lives import DEMAND_LIFE, PROJECT_LIFE, DemandAct
from renovation.model.places import EstateDraft, EstateFacts, RenovationStatus
from renovation.model.polls import Channel, PollSettings, PollStage
from renovation.model.programme import BatchSettings, Objective, SolveState
from renovation.model.projects import CostBasis, CostFigure
from renovation.model.scenarios import ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.services.demands import demands, work
from renovation.services.money import funding, pots
from renovation.services.outcome import publishing
from renovation.services.polls import ballot, codes, polls, voting, ways_out
from renovation.services.programme import annual_batch, programme
from renovation.services.programme.input import programme_input
from renovation.services.projects import budgets, projects
from renovation.services.projects.items import keep_catalogue
from renovation.services.register import estates
from renovation.store import Store, open_store, settings
from renovation.store.money import pots as pots_store
from renovation.store.register import estates as estates_store
from renovation.store.schema.places import estate

WALKS = int(os.environ.get("RENOVATION_WALKS", "30"))
STEPS = 30
_MANY = 300
YEARS = (2027, 2028, 2029)
ADMIN = Actor(role=Role.ADMIN, login="admin", name="管理员")
SECOND = Actor(role=Role.PLANNER, login="zweite")
_WAN = 1_000_000


@pytest.fixture(scope="module")
def town(make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three estates with outlines, demands, projects and pots for three years; to be copied."""
    home = tmp_path_factory.mktemp("town")
    store = make_store(home)
    with store.write() as unit:
        keep_catalogue(unit.connection)
        drafts = [
            EstateDraft(code=f"E{n}", name=f"{name}小区", facts=EstateFacts(households=90 + n))
            for n, name in enumerate(("东", "南", "西"))
        ]
        estates_store.add_estates(unit.connection, drafts, collected_on=date(2026, 3, 1), collector="测试")
        box = {"min_lon": 114.4, "min_lat": 23.1, "max_lon": 114.402, "max_lat": 23.102}
        unit.connection.execute(estate.update().values(**box))
        for year in YEARS:
            pots_store.add_pot(unit.connection, Pot(id="", name=f"{year}年资金", year=year, amount=12 * _WAN))
        unit.commit()
    walker = Walker(store, random.Random(0))
    for _ in range(6):
        walker.take_demand()
        walker.make_project()
    with store.write() as unit:
        settings.put(unit.connection, "two_persons", False)
        unit.commit()
    store.close()
    return home


class Walker:
    """Whoever does one thing after the other; what the tool refuses is refused, and nothing has changed."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self.store, self.rng, self.number, self.last = store, rng, 0, 0

    def ids(self, table: str, where: str = "1 = 1") -> list[Any]:
        with self.store.read() as connection:
            query = sa.text(f"SELECT id FROM {table} WHERE {where} ORDER BY id")
            return list(connection.execute(query).scalars())

    def one(self, table: str, where: str = "1 = 1") -> Any:
        if not (found := self.ids(table, where)):
            raise NotFoundError("walk.nothing")
        return self.rng.choice(found)

    def name(self, word: str) -> str:
        self.number += 1
        return f"{word}{self.number}"

    # Demands

    def take_demand(self) -> None:
        draft = DemandDraft(
            estate_id=self.one("estate"),
            category=DemandCategory.LIGHTING,
            text=self.name("路灯不亮"),
            channel=DemandChannel.WALK_IN,
            lon=114.401,
            lat=23.101,
        )
        demands.take_demand(self.store, ADMIN, draft)

    def handle_demand(self) -> None:
        """Do something about a demand, most often about the one that was handled last."""
        number = self.last = self.last if self.last and self.rng.random() < 0.7 else self.one("demand")
        one = demands.demand_file(self.store, ADMIN, number).demand
        acts: dict[DemandAct, Callable[[], object]] = {
            DemandAct.DISPATCH: lambda: work.dispatch_demand(self.store, ADMIN, number, "城管"),
            DemandAct.ACCEPT: lambda: work.accept_demand(self.store, ADMIN, number),
            DemandAct.BEGIN: lambda: work.begin_demand(self.store, ADMIN, number),
            DemandAct.REFUSE: lambda: work.refuse_demand(self.store, ADMIN, number, "不归我们"),
            DemandAct.ANSWER: lambda: work.answer_demand(self.store, ADMIN, number, "已安排"),
            DemandAct.SOLVE: lambda: work.judge_answer(self.store, one.receipt, solved=True),
            DemandAct.DISPUTE: lambda: work.judge_answer(self.store, one.receipt, solved=False),
            DemandAct.MERGE: lambda: work.merge_demand(self.store, ADMIN, number, self.one("demand")),
        }
        likely = [act for act in acts if DEMAND_LIFE.after(one.status, act)]
        acts[self.rng.choice(likely if likely and self.rng.random() < 0.8 else list(acts))]()

    # Projects

    def make_project(self) -> None:
        home = self.one("estate")
        wanted = self.ids("demand", f"estate_id = {home}")
        draft = projects.draft_from_item(
            self.store,
            ADMIN,
            estate_id=home,
            item_code=self.rng.choice(["W02", "W12", "J05"]),
            quantity=Decimal(self.rng.randint(1, 9)),
            name=self.name("项目"),
        )
        projects.create_project(self.store, ADMIN, draft, self.rng.sample(wanted, min(len(wanted), 1)))

    def change_project(self) -> None:
        one = projects.get_project(self.store, ADMIN, self.one("project"))
        wanted = self.ids("demand", f"estate_id = {one.estate_id}")
        draft = projects.draft_from_item(
            self.store, ADMIN, estate_id=one.estate_id, item_code=one.item_code, quantity=one.quantity, name=one.name
        )
        kept = self.rng.sample(wanted, self.rng.randint(0, min(2, len(wanted))))
        projects.edit_project(self.store, ADMIN, one.id, one.version, draft, kept)

    def record_figure(self) -> None:
        """Estimate or review a project's cost, lower or higher than it was."""
        one = projects.get_project(self.store, ADMIN, self.one("project"))
        figure = CostFigure(
            basis=self.rng.choice([CostBasis.ESTIMATE, CostBasis.REVIEWED]),
            amount=max(one.cost * self.rng.randint(50, 150) // 100, 1),
            day=date(2026, 11, 1),
            document=self.name("财评"),
        )
        budgets.record_figure(self.store, ADMIN, one.id, one.version, figure)

    def withdraw_project(self) -> None:
        one = projects.get_project(self.store, ADMIN, self.one("project"))
        projects.withdraw_project(self.store, ADMIN, one.id, one.version, reason="不做了")

    def advance_project(self) -> None:
        number = self.one("project", "status IN ('chosen', 'in_programme', 'in_works')")
        one = projects.get_project(self.store, ADMIN, number)
        if self.rng.random() < 0.6:
            paid = Upkeep(project=str(one.id), yearly_cost=0, payer="社区", agreed_on=date(2026, 3, 1))
            funding.set_upkeep(self.store, ADMIN, paid)
            one = projects.get_project(self.store, ADMIN, number)
        projects.advance_project(self.store, ADMIN, one.id, one.version)

    # Polls

    def make_poll(self) -> None:
        free = self.ids("project", "status IN ('priced', 'not_chosen')")
        chosen = self.rng.sample(free, min(len(free), self.rng.randint(1, 3)))
        wanted = PollSettings(
            title=self.name("投票"), ballot_kind=BallotKind.APPROVAL, budget=4 * _WAN, max_choices=1, denominator=50
        )
        polls.create_poll(self.store, ADMIN, wanted, None, chosen)

    def run_poll(self) -> None:
        """Take a poll one stage on, or cancel it."""
        poll = polls.get_poll(self.store, ADMIN, self.one("poll"))
        if self.rng.random() < 0.15:
            ways_out.cancel_poll(self.store, ADMIN, poll.id, reason="停办", second=SECOND)
        elif poll.stage is PollStage.DRAFT:
            if self.rng.random() < 0.5:
                ballot.refresh_projects(self.store, ADMIN, poll.id)
            slips = codes.make_batch(self.store, ADMIN, poll.id, None, 3, self.name("批")).slips
            polls.open_poll(self.store, ADMIN, poll.id)
            for slip in slips:
                chosen = self.rng.choice(poll.projects).key
                voting.cast_ballot(self.store, Actor(role=Role.STATION), slip.code, [chosen], channel=Channel.STATION)
        elif poll.stage is PollStage.OPEN:
            polls.close_poll(self.store, ADMIN, poll.id)
        elif poll.stage is PollStage.CLOSED:
            publishing.reconcile_poll(self.store, ADMIN, poll.id)
        else:
            publishing.publish_poll(self.store, ADMIN, poll.id)

    # Programmes and batches

    def plan(self) -> None:
        first = self.rng.choice(YEARS)
        years = tuple(year for year in YEARS if first <= year <= first + self.rng.choice((0, 0, 1)))
        wanted = ProgrammeSettings(
            years=years,
            objective=Objective.HOUSEHOLDS,
            with_promises=self.rng.random() < 0.9,
            only_passing=False,
            with_order=self.rng.random() < 0.5,
        )
        besides = first if self.rng.random() < 0.2 else None
        basis = programme_input(self.store, ADMIN, wanted, besides=besides)
        found = plan_programme(basis.problem)
        assert found.state is not SolveState.INFEASIBLE, "promises alone never ask too much"
        made = programme.save_scenario(self.store, ADMIN, name=self.name("方案"), basis=basis, programme=found)
        if self.rng.random() < 0.7:
            programme.adopt_scenario(self.store, ADMIN, made.id)

    def adopt(self) -> None:
        programme.adopt_scenario(self.store, ADMIN, self.one("scenario", "state = 'draft'"))

    def take_back(self) -> None:
        programme.take_back_scenario(self.store, ADMIN, self.one("scenario", "state = 'adopted'"), reason="再议")

    def copy_scenario(self) -> None:
        programme.copy_scenario(self.store, ADMIN, self.one("scenario"), name=self.name("副本"))

    def keep_batch(self) -> None:
        basis = annual_batch.batch_basis(self.store, ADMIN)
        batch = annual_batch.work_out_batch(basis, BatchSettings(year=self.rng.choice(YEARS), budget=10 * _WAN))
        # Nobody has asked the gates of these estates; whoever keeps a batch may list any of them.
        lines = [
            replace(line, standing=type(line.standing).IN_BATCH) if self.rng.random() < 0.5 else line
            for line in batch.lines
        ]
        annual_batch.keep_batch(self.store, ADMIN, replace(batch, lines=tuple(lines)))

    # Estates and pots

    def write_status(self) -> None:
        home = estates.get_estate(self.store, ADMIN, self.one("estate"))
        status = self.rng.choice(list(RenovationStatus))
        estates.edit_estate(self.store, ADMIN, replace(home, facts=replace(home.facts, status=status)))

    def fund(self) -> None:
        """Promise or pay a project what it lacks, or record what its programme pays."""
        rows = [row for row in funding.money_rows(self.store, ADMIN) if row.funding.gap]
        if not rows:
            raise NotFoundError("walk.nothing")
        row = self.rng.choice(rows)
        line = Contribution(
            project=str(row.place.id),
            kind=SourceKind.DISTRICT,
            pledged=self.rng.randint(1, row.funding.gap),
            pot=str(self.one("pot")),
        )
        funding.record_contribution(self.store, ADMIN, line)

    def take_money_away(self) -> None:
        funding.remove_contribution(self.store, ADMIN, self.one("project_funding"))

    def change_pot(self) -> None:
        if self.rng.random() < 0.3:
            pots.remove_pot(self.store, ADMIN, self.one("pot"))
        else:
            pots.keep_pot(
                self.store, ADMIN, Pot(id="", name=self.name("新资金"), year=self.rng.choice(YEARS), amount=2 * _WAN)
            )


ACTS = {
    Walker.take_demand: 2,
    Walker.handle_demand: 6,
    Walker.make_project: 2,
    Walker.change_project: 2,
    Walker.record_figure: 2,
    Walker.withdraw_project: 1,
    Walker.advance_project: 4,
    Walker.make_poll: 3,
    Walker.run_poll: 12,
    Walker.plan: 4,
    Walker.adopt: 2,
    Walker.take_back: 2,
    Walker.copy_scenario: 1,
    Walker.keep_batch: 1,
    Walker.write_status: 1,
    Walker.fund: 2,
    Walker.take_money_away: 1,
    Walker.change_pot: 1,
}
#: Which acts of the lives the walks of this process have taken.
_taken: Counter[str] = Counter()


def _walk(home: Path, folder: Path, seed: int) -> None:
    shutil.copytree(home, folder)
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}", folder / "keys")
    rng = random.Random(seed)
    walker = Walker(store, rng)
    walker.number = 100
    trail = []
    try:
        for _ in range(STEPS):
            (act,) = rng.choices(list(ACTS), list(ACTS.values()))
            trail.append(act.__name__)
            try:
                act(walker)
            except RenovationError as refused:
                trail[-1] += f" ({refused.code})"
            wrong = faults(store)
            assert wrong == [], f"RENOVATION_WALK={seed} " + " → ".join(trail)
        _count(store)
    finally:
        store.close()
        shutil.rmtree(folder)


def _count(store: Store) -> None:
    with store.read() as connection:
        for act in connection.execute(sa.text("SELECT act FROM project_step")).scalars():
            _taken[f"project.{act}"] += 1
        for step in connection.execute(sa.text("SELECT step FROM demand_event")).scalars():
            _taken[f"demand.{step}"] += 1
        for fields in connection.execute(sa.text("SELECT fields FROM estate_change")).scalars():
            _taken["estate.changed"] += "status" in fields


@pytest.mark.timeout(max(1800, 60 * WALKS))
def test_walks_keep_one_life_and_one_book(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_clock, "tick", lambda: datetime(2026, 11, 21, 8, tzinfo=UTC))
    # A fifth of a walk's time would go into asking the disk again and again; power cuts are tried elsewhere.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    asked = os.environ.get("RENOVATION_WALK")
    for seed in [int(asked)] if asked else range(WALKS):
        _walk(town, tmp_path / "walk", seed)
    if WALKS >= _MANY:
        # Many walks go everywhere: every act on a project, and every status of a demand but what nobody owns.
        missed = {f"project.{act.value}" for act in {step.act for step in PROJECT_LIFE.steps}} - set(_taken)
        missed |= {f"demand.{one.value}" for one in DemandStatus if one is not DemandStatus.NO_OWNER} - set(_taken)
        assert missed == set()
