"""A campaign from its first door to the day its answers go, against counts made by hand."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count

import openpyxl
import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, RenovationError, StageError
from renovation.model import clock
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.imports import ImportSource
from renovation.model.places import Deficit, EstateDraft, EstateFacts
from renovation.model.scope import EVERYWHERE, Scope
from renovation.model.surveys import DoorOutcome, FormKind, KnownGroup, SurveyDraft, VisitChannel, VisitDraft, Worker
from renovation.rules.surveys.columns import columns_of
from renovation.rules.surveys.figures import figures
from renovation.rules.surveys.keys import read_keys
from renovation.services.demands import wishes
from renovation.services.house import retention
from renovation.services.money import forecasts
from renovation.services.projects import menus
from renovation.services.register import buildings, estates
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, facts, fieldwork, papers, phones, sheets, trust, visits
from renovation.services.surveys.campaigns import Wording
from renovation.services.surveys.figures import changes, survey_figures
from renovation.services.surveys.papers import PaperFormat, SurveyPaper
from renovation.store import Store
from renovation.store.register import estates as estate_store
from renovation.store.staff import accounts as account_store
from renovation.store.surveys import campaigns as campaign_store
from renovation.store.surveys import parts as part_store
from renovation.store.surveys import visits as visit_store
from renovation.text.surveys import option_said, question_said, read_questions

ANSWERS = {"renew": ("yes",), "tenure": ("owner",)}


class Town:
    """An estate of two buildings with 20 doors, a lead and a collector of the second building."""

    def __init__(self, store: Store) -> None:
        self.store, self.numbers = store, count()
        with store.write() as unit:
            people = {"lead": Role.SOCIAL_WORKER, "worker": Role.SOCIAL_WORKER, "eye": Role.OBSERVER}
            staff = [
                account_store.add(
                    unit.connection,
                    login=login,
                    name=login,
                    role=role,
                    password_hash="x",
                    created_at=now(),
                    scope=EVERYWHERE,
                )
                for login, role in people.items()
            ]
            outline = shapely.to_wkb(shapely.box(114.40, 23.08, 114.41, 23.09))
            drafts = [EstateDraft(code="E1", name="糖厂一号", facts=EstateFacts(), geometry=outline)]
            (self.estate,) = estate_store.add_estates(unit.connection, drafts, collected_on=today(), collector="摸底")
            unit.commit()
        self.lead, self.worker, self.eye = map(accounts.as_actor, staff)
        doors = {"1单元": ("101", "102", "201", "202", "301"), "2单元": ("101", "102", "201", "202", "301")}
        self.first = buildings.create_building(store, self.lead, self.estate, "1栋", doors=doors)
        self.second = buildings.create_building(store, self.lead, self.estate, "2栋", doors=doors)
        self.survey = campaigns.create_survey(store, self.lead, self.draft())
        campaigns.set_workers(
            store,
            self.lead,
            self.survey,
            (Worker(login="lead", leads=True), Worker(login="worker", building_id=self.second)),
        )
        self.doors = [door for home in (self.first, self.second) for door in self.at(home)]

    def draft(self) -> SurveyDraft:
        return SurveyDraft(
            name="糖厂一号入户",
            kind=FormKind.OPINION,
            estate_ids=(self.estate,),
            begins_on=today() - timedelta(days=9),
            ends_on=today() + timedelta(days=20),
            keep_until=today() + timedelta(days=90),
            tenants=8,
        )

    def at(self, building: int) -> list[int]:
        found = visits.doors_of(self.store, self.lead, self.survey, building)
        return [door.household_id for _, doors in found for door in doors]

    def visit(self, place: int, *, actor: Actor | None = None, **said: object) -> str:
        values: dict[str, object] = {
            "id": f"visit-{next(self.numbers):06}",
            "household_id": self.doors[place],
            "outcome": DoorOutcome.ANSWERED,
            "form_version": 1,
            "visited_at": now(),
            "answers": ANSWERS,
        }
        draft = VisitDraft(**(values | said))  # type: ignore[arg-type]
        if draft.outcome is not DoorOutcome.ANSWERED:
            draft = replace(draft, answers={})
        visits.record_visit(self.store, actor or self.lead, self.survey, draft)
        return draft.id


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def test_figures_are_those_counted_by_hand(town: Town) -> None:
    for place in range(8):
        renew = ("yes",) if place < 6 else ("no",)
        town.visit(place, answers={"renew": renew, "tenure": ("tenant" if place == 0 else "owner",)})
    town.visit(8, outcome=DoorOutcome.REFUSED)
    town.visit(9, outcome=DoorOutcome.NOT_HOME)
    found = survey_figures(town.store, town.eye, town.survey)
    assert (found.whole.doors, found.whole.answered, found.whole.coverage) == (20, 8, Fraction(2, 5))
    assert found.whole.outcomes == {DoorOutcome.ANSWERED: 8, DoorOutcome.REFUSED: 1, DoorOutcome.NOT_HOME: 1}
    assert found.whole.willing is not None
    assert found.whole.willing.share == Fraction(3, 4)
    assert found.whole.willing.low < Fraction(3, 4) < found.whole.willing.high
    assert [one.answered for one in found.buildings] == [8, 0]
    # Five of a staircase could be told of, but with the whole it would tell of the other three.
    assert [one.willing is None for one in found.units] == [True, True, True, True]
    renew = {one.option: one for one in found.options if one.question == "renew"}
    assert renew["no"].portion.share == Fraction(1, 4)
    # What stands in columns, building by building, is what every door's visits say.
    with town.store.read() as connection:
        asked = campaign_store.asked(connection, town.survey)
        held = columns_of(visit_store.doors(connection, town.survey), asked)
        kept = part_store.columns(connection, town.survey, asked)
    for name, column in held.said.items():
        assert column.tolist() == kept.said[name].tolist(), name
    assert held.staircase.tolist() == kept.staircase.tolist()
    assert figures(held, asked, {KnownGroup.TENANTS: 8}, by_place=()) == found
    # Of one tenant nothing is told, nor of the seven others, from whom it would follow.
    assert {one.question for one in renew["no"].groups} == {"floor"}
    # One answer of a tenant among eight that rent, two staircases that nobody went to.
    assert {one.unit_id for one in found.missing} == {found.units[2].id, found.units[3].id}


def test_a_visit_sent_twice_is_kept_once_and_another_under_its_id_refused(town: Town) -> None:
    at = now()
    for _ in range(2):
        town.visit(0, id="phone-000001", visited_at=at)
    with pytest.raises(ConflictError, match=r"survey.visit_exists"):
        town.visit(0, id="phone-000001", visited_at=at, answers={"renew": ("no",)})
    (door, *_) = visits.doors_of(town.store, town.lead, town.survey, town.first)[0][1]
    assert (door.visits, door.answered, door.answers) == (1, 1, {})


def test_two_answers_of_a_door_are_both_kept_until_the_lead_says_which(town: Town) -> None:
    first = town.visit(0)
    town.visit(0, answers={"renew": ("no",)})
    assert survey_figures(town.store, town.lead, town.survey).whole.waiting == 1
    visits.choose_visit(town.store, town.lead, town.survey, town.doors[0], first)
    assert survey_figures(town.store, town.lead, town.survey).whole.waiting == 0
    found = visits.visits_at(town.store, town.lead, town.survey, town.doors[0])
    assert [one.set_aside for one in found] == [False, True]
    with pytest.raises(NotFoundError, match=r"survey.visit_unknown"):
        visits.choose_visit(town.store, town.lead, town.survey, town.doors[0], "never-there")


def test_answers_are_for_their_collector_and_the_lead(town: Town) -> None:
    town.visit(10, answers={**ANSWERS, "words": ("找王阿姨 13812345678",)})
    assert visits.visits_at(town.store, town.worker, town.survey, town.doors[10]) == ()
    (seen,) = visits.visits_at(town.store, town.lead, town.survey, town.doors[10])
    assert "138" not in seen.draft.answers["words"][0]
    for refused in (
        lambda: visits.visits_at(town.store, town.worker, town.survey, town.doors[0]),
        lambda: town.visit(0, actor=town.worker),
        lambda: visits.doors_of(town.store, town.eye, town.survey, town.first),
        lambda: campaigns.close_survey(town.store, town.worker, town.survey),
        lambda: visits.choose_visit(town.store, town.worker, town.survey, town.doors[10], "x"),
    ):
        with pytest.raises(DeniedError):
            refused()
    town.visit(11, actor=town.worker)
    assert len(visits.visits_at(town.store, town.worker, town.survey, town.doors[11])) == 1
    elsewhere = replace(town.eye, scope=Scope(estate_id=town.estate + 1))
    with pytest.raises(NotFoundError, match=r"survey.not_found"):
        survey_figures(town.store, elsewhere, town.survey)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"id": "kurz"}, "survey.visit_id"),
        ({"visited_at": now() + timedelta(days=1)}, "survey.clock"),
        ({"visited_at": now() - timedelta(days=30)}, "survey.clock"),
        ({"form_version": 2}, "survey.version_unknown"),
        ({"answers": {}}, "survey.no_answers"),
        ({"answers": {"renew": ("perhaps",)}}, "survey.answer_unknown"),
        ({"answers": {"renew": ("yes", "no")}}, "survey.answer_many"),
        ({"answers": {"height": ("1",)}}, "survey.answer_stray"),
        ({"answers": {"words": ("字" * 301,)}}, "survey.answer_long"),
        ({"household_id": 10**6}, "estate.household_not_found"),
    ],
)
def test_what_no_visit_can_be_is_refused(town: Town, said: dict[str, object], code: str) -> None:
    with pytest.raises(RenovationError, match=code):
        town.visit(0, **said)


def test_no_verb_keeps_a_question_that_the_page_would_not_read(town: Town) -> None:
    (shed,) = read_questions("要不要建车棚 | 单选 | 要、不要")
    for own, code in (
        (tuple(replace(shed, words=f"第{n}问") for n in range(11)), "survey.questions_many"),
        ((replace(shed, words="  "),), "survey.question_unreadable"),
        ((replace(shed, words="要不要\u202e建"),), "survey.question_unreadable"),
        ((replace(shed, option_words=("要",)),), "survey.question_unreadable"),
    ):
        with pytest.raises(InvalidError, match=code):
            campaigns.change_form(town.store, town.lead, town.survey, own)
        with pytest.raises(InvalidError, match=code):
            campaigns.create_survey(town.store, town.lead, town.draft(), own)


def test_answers_keep_the_version_of_the_form_that_they_were_given_to(town: Town) -> None:
    town.visit(0)
    own = read_questions("要不要建车棚 | 单选 | 要、不要\n每月愿交多少元 | 数字 | 0-50")
    assert campaigns.change_form(town.store, town.lead, town.survey, own) == 2
    with pytest.raises(ConflictError, match=r"survey.form_unchanged"):
        campaigns.change_form(town.store, town.lead, town.survey, own)
    shed, monthly = (one.code for one in own)
    town.visit(1, form_version=2, answers={shed: ("1",), monthly: ("30",)})
    town.visit(2, form_version=1)
    with pytest.raises(InvalidError, match=r"survey.answer_stray"):
        town.visit(3, form_version=1, answers={shed: ("1",)})
    with pytest.raises(InvalidError, match=r"survey.answer_number"):
        town.visit(3, form_version=2, answers={monthly: ("51",)})
    found = visits.visits_at(town.store, town.lead, town.survey, town.doors[2])
    assert found[0].draft.form_version == 1


def test_a_locality_s_words_stand_from_the_next_version_on(town: Town) -> None:
    town.visit(0)
    campaigns.change_form(town.store, town.lead, town.survey, read_questions("要不要建车棚 | 单选 | 要、不要"))
    own = campaigns.survey_file(town.store, town.lead, town.survey).form.questions[-1]
    for code, wording in {
        "renew": Wording(words="您同意改造吗？", options=("同意", "", "不同意", ""), words_en="Do you agree?"),
        own.code: Wording(words="建不建车棚", options=("建", "不建"), words_en="A shed?", options_en=("Yes", "No")),
    }.items():
        campaigns.word_question(town.store, town.lead, town.survey, code, wording)
    first, *_, newest = campaigns.survey_file(town.store, town.lead, town.survey).forms
    said = {one.code: one for one in newest.questions}
    renew, kept = said["renew"], first.questions[0]
    assert (newest.version, question_said(FormKind.OPINION, renew, "zh-CN")) == (4, "您同意改造吗？")
    assert [option_said(renew, one, "zh-CN") for one in renew.options] == ["同意", "有条件才愿意", "不同意", "还没想好"]
    assert (question_said(FormKind.OPINION, renew, "en"), option_said(renew, "yes", "en")) == ("Do you agree?", "Yes")
    assert question_said(FormKind.OPINION, kept, "zh-CN") == "您家愿意小区改造吗？"
    # The same own question, however it is worded since: its answers are counted together.
    assert (question_said(FormKind.OPINION, said[own.code], "en"), option_said(said[own.code], "2", "en")) == (
        "A shed?",
        "No",
    )
    with pytest.raises(ConflictError, match=r"survey.form_unchanged"):
        campaigns.change_form(town.store, town.lead, town.survey, read_questions("建不建车棚 | 单选 | 建、不建"))
    for words, code in (
        (Wording(options=("同", "同", "", "")), "words_alike"),
        (Wording(words="长" * 81), "words_long"),
    ):
        with pytest.raises(InvalidError, match=f"survey.{code}"):
            campaigns.word_question(town.store, town.lead, town.survey, "renew", words)
    page = papers.sheets(town.store, town.lead, town.survey, language="en")[2].decode()
    assert "Do you agree?" in page
    assert "A shed?" in page


def test_a_building_s_sheet_improves_its_record_with_one_act(town: Town) -> None:
    draft = replace(town.draft(), kind=FormKind.BUILDING, tenants=None)
    survey = campaigns.create_survey(town.store, town.lead, draft)
    answers = {"year": ("1986",), "floors": ("6",), "lift": ("none",), "households": ("12",), "roof": ("leaking",)}
    sheet = VisitDraft(
        id="sheet-000001",
        household_id=town.first,
        outcome=DoorOutcome.ANSWERED,
        form_version=1,
        visited_at=now(),
        channel=VisitChannel.PAPER,
        answers=answers,
    )
    for _ in range(2):
        visits.record_visit(town.store, town.lead, survey, sheet)
    brought = {"id": "sheet-000002", "door": town.second, "outcome": "answered", "version": 1, "at": now().isoformat()}
    phoned = phones.read_visit(brought | {"answers": {"year": ["1990"], "lift": ["some"]}})
    assert phones.send_visits(town.store, town.lead, survey, [phoned])[0].error is None
    assert [(one.number, one.building) for one in phones.phone_pack(town.store, town.lead, survey).doors] == [
        ("1栋", "糖厂一号"),
        ("2栋", "糖厂一号"),
    ]
    first, second = sheets.building_sheets(town.store, town.eye, survey)
    assert (set(first.news), first.counted, set(second.news)) == (set(answers), {"households": 10}, {"year", "lift"})
    assert sheets.take_sheets(town.store, town.lead, survey) == 2
    assert sheets.take_sheets(town.store, town.lead, survey) == 0
    one, other = estates.list_buildings(town.store, town.eye, [town.estate])
    assert (one.floors, one.has_lift, other.floors, other.has_lift) == (6, False, None, None)
    known = sheets.building_facts(town.store, town.eye, town.estate)
    assert {held.fact.code: held.fact.said for held in known if held.fact.building_id == town.first} == answers
    assert {(held.survey, held.fact.taken_on) for held in known} == {("糖厂一号入户", today())}
    _, _, content = sheets.building_table(town.store, town.eye, survey)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
    assert rows[1][:4] == ("糖厂一号", "1栋", "1986", None)
    # A second sheet of a building waits; nothing of the doors' survey is touched, and no house is torn down by mistake.
    visits.record_visit(town.store, town.lead, survey, replace(sheet, id="sheet-000003", answers={"year": ("1987",)}))
    assert sheets.take_sheets(town.store, town.lead, survey) == 0
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 0
    with pytest.raises(ConflictError):
        buildings.delete_building(town.store, town.lead, town.first, "写错了")
    for refused in (papers.willingness_table, sheets.building_sheets):
        with pytest.raises(InvalidError):
            refused(town.store, town.eye, survey if refused is papers.willingness_table else town.survey)


def test_counted_figures_go_into_the_file_and_typed_ones_are_told_apart(town: Town) -> None:
    for place in range(4):
        town.visit(place)
    with pytest.raises(InvalidError, match=r"survey.too_few"):
        facts.take_into_files(town.store, town.lead, town.survey)
    for place in range(4, 8):
        town.visit(place, answers={"renew": ("no",)})
    assert facts.where_from(town.store, town.eye, town.estate).taken is None
    with pytest.raises(DeniedError, match=r"survey.not_lead"):
        facts.take_into_files(town.store, town.worker, town.survey)
    assert facts.take_into_files(town.store, town.lead, town.survey) == 1
    found = facts.where_from(town.store, town.eye, town.estate)
    assert (found.willingness, found.coverage, found.is_counted) == (Fraction(1, 2), Fraction(2, 5), True)
    assert facts.take_into_files(town.store, town.lead, town.survey) == 0
    held = estates.get_estate(town.store, town.lead, town.estate)
    typed = replace(held, facts=replace(held.facts, willingness=Fraction(9, 10)))
    estates.edit_estate(town.store, town.lead, typed)
    found = facts.where_from(town.store, town.eye, town.estate)
    assert not found.is_counted
    assert found.taken is not None
    assert found.taken.willingness == Fraction(1, 2)


def test_late_visits_wait_until_the_campaign_is_opened_again(town: Town) -> None:
    campaigns.close_survey(town.store, town.lead, town.survey)
    with pytest.raises(StageError, match=r"survey.closed"):
        town.visit(0)
    campaigns.reopen_survey(town.store, town.lead, town.survey)
    town.visit(0)


def test_doors_found_on_the_way_join_the_register_and_visited_ones_stay(town: Town) -> None:
    assert visits.add_door(town.store, town.worker, town.survey, town.second, "2单元", "302 301") == 1
    assert len(town.at(town.second)) == 11
    town.visit(10)
    with pytest.raises(ConflictError, match=r"building.doors_in_use"):
        buildings.edit_building(
            town.store, town.lead, town.second, name="2栋", floors=None, has_lift=None, doors={}, reason="拆了"
        )


def test_answers_go_with_their_term_and_figures_stay(town: Town, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in range(7):
        town.visit(place)
    before = survey_figures(town.store, town.eye, town.survey, by_place=None)
    later = now() + timedelta(days=91)
    tick: Callable[[], datetime] = lambda: later  # noqa: E731
    monkeypatch.setattr(clock, "tick", tick)
    # From the day on nobody is shown them, though somebody still has to delete them.
    assert visits.visits_at(town.store, town.lead, town.survey, town.doors[0]) == ()
    assert not campaigns.survey_file(town.store, town.lead, town.survey).mine
    for look in (papers.words_said, trust.trust):
        with pytest.raises(StageError, match=r"survey.cleared"):
            look(town.store, town.lead, town.survey)
    assert survey_figures(town.store, town.eye, town.survey, by_place=None) == before
    assert retention.read_retention(town.store, admin).surveys == 1
    assert retention.delete_due(town.store, admin).surveys == 1
    assert survey_figures(town.store, town.eye, town.survey, by_place=None) == before
    assert visits.visits_at(town.store, town.lead, town.survey, town.doors[0]) == ()
    with pytest.raises(StageError, match=r"survey.cleared"):
        town.visit(8)


def test_a_staircase_s_wish_becomes_one_demand_with_its_doors(town: Town) -> None:
    for place in range(5):
        chosen = ("lighting", "pipes") if place < 3 else ("pipes",)
        town.visit(place, answers={"renew": ("yes",), "wishes": chosen, "contribute": ("below_500",)})
    found = wishes.wishes(town.store, town.eye, town.survey)
    assert [(one.wish, one.found, one.asked) for one in found] == [(Deficit.PIPES, 5, 5), (Deficit.LIGHTING, 3, 5)]
    made = wishes.demand_from_wish(town.store, town.lead, town.survey, found[1].unit_id, Deficit.LIGHTING, "装灯")
    again = wishes.demand_from_wish(town.store, town.lead, town.survey, found[1].unit_id, Deficit.LIGHTING, "装灯")
    assert (made.id, made.supporters, wishes.survey_of(made.source_number)) == (again.id, 3, town.survey)
    assert wishes.wishes(town.store, town.eye, town.survey)[1].demand_id == made.id
    with pytest.raises(NotFoundError, match=r"survey.wish_unknown"):
        wishes.demand_from_wish(town.store, town.lead, town.survey, found[1].unit_id, Deficit.PARKING, "车位")
    (giving,) = forecasts.forecasts(town.store, town.eye)
    assert (giving.low, giving.high) == (0, 20 * 500_00)
    lines = menus.menu_of(town.store, town.eye, town.survey, town.estate, 1_000_000_00)
    assert {(one.wish, one.kept_off) for one in lines} == {
        (Deficit.PIPES, menus.KeptOff.NO_PROJECT),
        (Deficit.LIGHTING, menus.KeptOff.NO_PROJECT),
    }


def test_a_later_survey_says_what_changed(town: Town) -> None:
    for place in range(10):
        town.visit(place)
    assert changes(town.store, town.eye, town.survey) is None
    town.survey = campaigns.create_survey(town.store, town.lead, replace(town.draft(), begins_on=today()))
    for place in range(10):
        town.visit(place, answers={"renew": ("no" if place < 9 else "yes",)})
    found = changes(town.store, town.eye, town.survey)
    assert found is not None
    yes = next(one for one in found.lines if one.option == "yes")
    assert (yes.before, yes.after, yes.is_clear) == (1, Fraction(1, 10), True)


def test_what_is_hidden_does_not_follow_from_what_is_told(town: Town) -> None:
    for place in range(13):
        tenure = "tenant" if place in (0, 6, 11) else "owner"
        town.visit(place, answers={"renew": ("yes",), "wishes": ("pipes",), "tenure": (tenure,)})
    found = survey_figures(town.store, town.eye, town.survey, by_place={"wishes"})
    # Three answered in the second building: it is told of with the first one or not at all.
    assert [one.willing for one in found.buildings] == [None, None]
    assert [(one.ids, one.asked) for one in found.by_building if one.question == "wishes"] == [
        (tuple(home for home in (town.first, town.second)), 13)
    ]
    # Three rent: the share of the ten others would tell theirs.
    assert {group.question for one in found.of("renew") for group in one.groups} == {"floor"}


def test_papers_add_up_and_name_nobody(town: Town) -> None:
    for place in range(13):
        said = f"要路灯 {place}"
        town.visit(place, answers={"renew": ("yes",), "wishes": ("pipes",), "tenure": ("owner",), "words": (said,)})
    name, _, content = papers.willingness_table(town.store, town.eye, town.survey)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name == "意愿汇总表 糖厂一号入户.xlsx"
    for sheet in book.worksheets[:-1]:
        rows = list(sheet.iter_rows(min_row=2, values_only=True))
        for column in range(1, sheet.max_column - (sheet is book.worksheets[0])):
            assert sum(row[column] or 0 for row in rows[:-1]) == (rows[-1][column] or 0), sheet.title
    with pytest.raises(DeniedError):
        papers.words_said(town.store, town.worker, town.survey)
    said = papers.words_said(town.store, town.lead, town.survey)
    assert set(said) == {f"要路灯 {place}" for place in range(13)}
    for paper in SurveyPaper:
        made = papers.survey_paper(town.store, town.eye, town.survey, paper, PaperFormat.HTML, quotes=said[:2])
        page = made[2].decode()
        assert "要路灯" not in page or paper is SurveyPaper.REPORT
        assert not re.search(r"\b(101|102|201|202|301)\b", page)
        assert papers.survey_paper(town.store, town.eye, town.survey, paper)[2][:2] == b"PK"


def test_a_sheet_has_the_numbers_of_the_screen(town: Town) -> None:
    own = read_questions("要不要建车棚 | 单选 | 要、不要")
    campaigns.change_form(town.store, town.lead, town.survey, own)
    sheet = papers.sheets(town.store, town.worker, town.survey, town.second)[2].decode()
    assert sheet.count('<section class="sheet home">') == 10
    assert "9. 要不要建车棚" in sheet
    assert "10. 还有什么想说的" in sheet
    # The ninth number key of a line of keys answers the ninth question of the sheet.
    form = campaigns.survey_file(town.store, town.lead, town.survey).form
    assert read_keys(form, "++++++++2") == {own[0].code: ("2",)}
    with pytest.raises(DeniedError):
        papers.sheets(town.store, town.worker, town.survey, town.first)
    listed = openpyxl.load_workbook(
        io.BytesIO(papers.door_list(town.store, town.worker, town.survey, town.second)[2])
    ).active
    assert [row[2] for row in listed.iter_rows(min_row=2, values_only=True)][:3] == ["101", "102", "201"]


def _by_desk(town: Town, visit: VisitDraft) -> None:
    visits.record_visit(town.store, town.worker, town.survey, visit)


def _by_late_phone(town: Town, visit: VisitDraft) -> None:
    campaigns.close_survey(town.store, town.lead, town.survey)
    (arrived,) = phones.send_visits(town.store, town.worker, town.survey, [visit])
    assert arrived.arrival is phones.VisitArrival.LATE
    phones.decide_late(town.store, town.lead, town.survey, take=True)
    campaigns.reopen_survey(town.store, town.lead, town.survey)


def _by_file(town: Town, visit: VisitDraft) -> None:
    heads = "start,door,outcome,answers/renew,_uuid,_submitted_by"
    said = f"{visit.visited_at.isoformat()},d{visit.household_id},answered,no,{visit.id},worker"
    data = f"{heads}\n{said}\n".encode()
    rows = fieldwork.read_visits(town.store, town.lead, town.survey, data)
    source = ImportSource.of("kobo.csv", data)
    taken = fieldwork.import_visits(town.store, town.lead, town.survey, rows, source=source)
    assert (taken.recorded, taken.asked_twice) == (1, 0)


@pytest.mark.parametrize("way", [_by_desk, _by_late_phone, _by_file])
def test_a_second_visit_of_a_drawn_door_is_compared_and_not_counted(
    town: Town, way: Callable[[Town, VisitDraft], None]
) -> None:
    assert trust.draw_doors(town.store, town.lead, town.survey, "开奖 0817") == 1
    with pytest.raises(ConflictError, match=r"survey.drawn"):
        trust.draw_doors(town.store, town.lead, town.survey, "开奖 0818")
    campaigns.set_workers(
        town.store, town.lead, town.survey, (Worker(login="lead", leads=True), Worker(login="worker"))
    )
    (door,) = trust.trust(town.store, town.lead, town.survey).drawn
    place = town.doors.index(door.household_id)
    town.visit(place)
    again = VisitDraft(
        id="visit-again",
        household_id=door.household_id,
        outcome=DoorOutcome.ANSWERED,
        form_version=1,
        visited_at=now(),
        answers={"renew": ("no",)},
    )
    way(town, again)
    found = survey_figures(town.store, town.eye, town.survey).whole
    assert (found.answered, found.waiting) == (1, 0)
    seen = trust.trust(town.store, town.lead, town.survey)
    assert (seen.done, [(one.login, one.same, one.pairs) for one in seen.agreements]) == (
        1,
        [("", 0, 1), ("lead", 0, 1)],
    )
    with pytest.raises(DeniedError, match=r"survey.not_lead"):
        trust.trust(town.store, town.worker, town.survey)
    # A second opinion elsewhere is a conflict that the lead decides on.
    other = next(one for one in range(20) if one != place)
    town.visit(other)
    town.visit(other, actor=town.worker)
    assert survey_figures(town.store, town.eye, town.survey).whole.waiting == 1
