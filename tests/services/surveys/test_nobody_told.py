"""What a survey gives out tells of nobody: no personal word, no single door, nothing of fewer than five households."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
import shapely

from renovation.exports.files.imprint import marked
from renovation.exports.files.tables import Exported
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.places import EstateDraft, EstateFacts
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import DoorOutcome, FormKind, SurveyDraft, VisitChannel, VisitDraft, Worker
from renovation.rules.surveys.figures import LEAST
from renovation.services import lists
from renovation.services.demands import wishes
from renovation.services.money import forecasts
from renovation.services.projects import menus
from renovation.services.register import buildings
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, facts, papers, trust, visits
from renovation.services.surveys.figures import changes, survey_figures
from renovation.services.surveys.papers import PaperFormat, SurveyPaper
from renovation.store import Store
from renovation.store.register import estates as estate_store
from renovation.store.staff import accounts as account_store
from renovation.text import Language

#: Stands in whatever a door, a visit, and a collector are called, and in all that is written of them.
MARK = "七七八八"
#: Only one household gives this, and only four live in a staircase of their own.
RARE, FEW = "more", 4


class Campaign:
    """A survey of 24 doors: two staircases of ten that answer, and one of four; every inner word bears the mark."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as unit:
            lead, self.eye = (
                account_store.add(
                    unit.connection, login=login, name=f"李{MARK}", role=role, password_hash="x", created_at=now(),
                    scope=EVERYWHERE,
                )
                for login, role in ((f"li{MARK}", Role.SOCIAL_WORKER), ("eye", Role.OBSERVER))
            )  # fmt: skip
            draft = EstateDraft(
                code="E1",
                name="糖厂一号",
                facts=EstateFacts(),
                geometry=shapely.to_wkb(shapely.box(114, 23, 114.1, 23.1)),
            )
            (self.estate,) = estate_store.add_estates(unit.connection, [draft], collected_on=today(), collector="摸底")
            unit.commit()
        self.lead, self.reader = accounts.as_actor(lead), accounts.as_actor(self.eye)
        numbers = tuple(f"{MARK}{one}" for one in range(10))
        stairs = {"1单元": numbers, "2单元": numbers, "3单元": numbers[:FEW]}
        self.home = buildings.create_building(store, self.lead, self.estate, "1栋", doors=stairs)
        self.survey = self._survey("去年入户", 40)
        self._visit_all()
        self.survey = self._survey("今年入户", 9)
        self._visit_all()
        trust.draw_doors(store, self.lead, self.survey, "开奖 0817")

    def _survey(self, name: str, days: int) -> int:
        draft = SurveyDraft(
            name=name,
            kind=FormKind.OPINION,
            estate_ids=(self.estate,),
            begins_on=today() - timedelta(days=days),
            ends_on=today() + timedelta(days=20),
            keep_until=today() + timedelta(days=90),
            tenants=6,
        )
        made = campaigns.create_survey(self.store, self.lead, draft)
        campaigns.set_workers(self.store, self.lead, made, (Worker(login=self.lead.login, leads=True),))
        return made

    def _visit_all(self) -> None:
        found = visits.doors_of(self.store, self.lead, self.survey, self.home)
        for at, door in enumerate(one for _, doors in found for one in doors):
            answers = {
                "renew": ("yes",) if at % 3 else ("no",),
                "wishes": ("parking",),
                "contribute": (RARE,) if at == 0 else ("labour",),
                "tenure": ("tenant",) if at < FEW else ("owner",),
                "step_free": ("yes",) if at % 2 else ("no",),
                "words": (f"{MARK}请找我",),
            }
            met = DoorOutcome.COME_BACK if at == 19 else DoorOutcome.ANSWERED
            visit = VisitDraft(
                id=f"{self.survey}-visit-{at:06}",
                household_id=door.household_id,
                outcome=met,
                form_version=1,
                visited_at=now(),
                channel=VisitChannel.FIELD_APP,
                answers=answers if met is DoorOutcome.ANSWERED else {},
                come_back=f"{MARK}晚上" if met is DoorOutcome.COME_BACK else "",
                photos=(f"{MARK}.jpg",),
            )
            visits.record_visit(self.store, self.lead, self.survey, visit)


@pytest.fixture
def campaign(store: Store) -> Campaign:
    return Campaign(store)


def given_out(campaign: Campaign, actor: Actor) -> Iterator[Exported]:
    """Yield every file of a survey that is not for its collectors, as it leaves the house."""
    store, survey = campaign.store, campaign.survey
    office = lists.office_at(store, campaign.estate)
    for tongue in Language:
        yield marked(papers.willingness_table(store, actor, survey, tongue), office, tongue)
        for paper in SurveyPaper:
            for format_ in PaperFormat:
                yield marked(papers.survey_paper(store, actor, survey, paper, format_, tongue), office, tongue)


def inside(made: Exported) -> str:
    """Return all that a file holds, its properties and hidden parts among it."""
    name, _, data = made
    if data[:2] != b"PK":
        return name + data.decode("utf-8")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return name + "".join(parts.read(one).decode("utf-8", "replace") for one in parts.namelist())


def test_no_file_and_no_figure_holds_a_personal_word_or_a_single_door(campaign: Campaign) -> None:
    store, survey, eye = campaign.store, campaign.survey, campaign.reader
    assert any(MARK in one for one in papers.words_said(store, campaign.lead, survey))
    files = [inside(one) for one in given_out(campaign, eye)]
    assert len(files) == 14
    told = [
        survey_figures(store, eye, survey, by_place=None),
        changes(store, eye, survey),
        wishes.wishes(store, eye, survey),
        menus.menu_of(store, eye, survey, campaign.estate, 1_000_000_00),
        forecasts.forecasts(store, eye),
        facts.where_from(store, eye, campaign.estate),
    ]
    for said in (*files, *map(repr, told)):
        assert said
        assert MARK not in said


def test_a_lead_s_quotes_come_out_without_whom_they_name(campaign: Campaign) -> None:
    quote = "电话 13912345678，车位太少"
    made = papers.survey_paper(campaign.store, campaign.lead, campaign.survey, SurveyPaper.REPORT, quotes=[quote])
    assert "车位太少" in inside(made)
    assert "13912345678" not in inside(made)


def test_the_table_tells_of_no_fewer_than_five_households_and_leaves_no_fewer_either(campaign: Campaign) -> None:
    made = papers.willingness_table(campaign.store, campaign.reader, campaign.survey)
    _, *answers, groups = openpyxl.load_workbook(io.BytesIO(made[2])).worksheets
    for sheet in answers:
        *lines, total = list(sheet.iter_rows(min_row=2, values_only=True))
        assert all(int(str(line[1])) >= LEAST for line in lines)
        assert int(str(total[1])) - sum(int(str(line[1])) for line in lines) not in range(1, LEAST)
    rows = list(groups.iter_rows(min_row=2, values_only=True))
    assert rows
    assert all(int(str(row[5])) >= LEAST for row in rows)
    # Four tenants: they are told of nowhere, so the owners, who are all the others, are not either.
    assert not [row for row in rows if row[2] == "房子是自己的还是租的？"]
    units = survey_figures(campaign.store, campaign.reader, campaign.survey, by_place=None)
    assert [one.willing is None for one in units.units] == [False, True, True]
