"""From an empty estate to its menu: 60 doors by three collectors on three channels, every figure counted by pandas."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import docx
import openpyxl
import pandas as pd
import pytest
import shapely

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.imports import ImportSource
from renovation.model.places import Deficit, EstateDraft, EstateFacts
from renovation.model.polls import PollSettings
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import Answers, DoorOutcome, FormKind, SurveyDraft, VisitChannel, VisitDraft, Worker
from renovation.rules.surveys.keys import read_keys
from renovation.services.demands import wishes
from renovation.services.money import forecasts
from renovation.services.polls import polls
from renovation.services.polls import wishes as menus_of_polls
from renovation.services.projects import menus, projects
from renovation.services.projects.items import keep_catalogue
from renovation.services.register import buildings
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, facts, fieldwork, papers, phones, trust, visits
from renovation.services.surveys.figures import survey_figures
from renovation.services.surveys.papers import PaperFormat, SurveyPaper
from renovation.store import Store
from renovation.store.keys import keyed
from renovation.store.register import estates as estate_store
from renovation.store.staff import accounts as account_store

BUDGET = 300_000_000
MARKER = "13912345678"


def _staff(store: Store) -> dict[str, Actor]:
    people = {
        "lead": Role.SOCIAL_WORKER,
        "phone": Role.SOCIAL_WORKER,
        "paper": Role.SOCIAL_WORKER,
        "boss": Role.PLANNER,
    }
    with store.write() as unit:
        made = {
            login: account_store.add(
                unit.connection,
                login=login,
                name=login,
                role=role,
                password_hash="x",
                created_at=now(),
                scope=EVERYWHERE,
            )
            for login, role in people.items()
        }
        keep_catalogue(unit.connection)
        unit.commit()
    return {login: accounts.as_actor(one) for login, one in made.items()}


def _said(chance: random.Random, questions: dict[str, tuple[str, ...]], place: int) -> Answers:
    said = {
        "renew": (chance.choice(("yes", "yes", "yes", "only_if", "no", "undecided")),),
        "wishes": tuple(one for one in questions["wishes"] if chance.random() < 0.3)[:3],
        "contribute": (chance.choice(questions["contribute"]),),
        "tenure": (chance.choice(("owner", "owner", "tenant")),),
        "ages": tuple(one for one in questions["ages"] if chance.random() < 0.4),
        "step_free": (chance.choice(("yes", "no")),),
    }
    return {code: one for code, one in said.items() if one and (code == "renew" or chance.random() < 0.95)}


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_estate_walks_from_its_first_door_to_its_menu(store: Store) -> None:
    staff = _staff(store)
    lead, boss = staff["lead"], staff["boss"]
    outline = shapely.to_wkb(shapely.box(114.40, 23.08, 114.41, 23.09))
    with store.write() as unit:
        draft = EstateDraft(code="E1", name="糖厂一号", facts=EstateFacts(households=60), geometry=outline)
        (estate,) = estate_store.add_estates(unit.connection, [draft], collected_on=today(), collector="摸底")
        unit.commit()
    stairs = {f"{one}单元": tuple(f"{floor}0{room}" for floor in range(1, 6) for room in (1, 2)) for one in (1, 2, 3)}
    homes = [
        buildings.create_building(store, lead, estate, name, floors=5, has_lift=name == "2栋", doors=stairs)
        for name in ("1栋", "2栋")
    ]
    survey = campaigns.create_survey(
        store,
        lead,
        SurveyDraft(
            name="糖厂一号入户",
            kind=FormKind.OPINION,
            estate_ids=(estate,),
            begins_on=today() - timedelta(days=2),
            ends_on=today() + timedelta(days=20),
            keep_until=today() + timedelta(days=90),
            tenants=18,
        ),
    )
    campaigns.set_workers(
        store,
        lead,
        survey,
        (Worker(login="lead", leads=True), Worker(login="phone", building_id=homes[0]), Worker(login="paper")),
    )
    assert papers.survey_paper(store, lead, survey, SurveyPaper.DOOR_NOTICE)[2][:2] == b"PK"
    form = campaigns.survey_file(store, lead, survey).form
    options = {one.code: one.choices for one in form.questions}
    doors = [
        (home, stair, one)
        for home in homes
        for stair, found in visits.doors_of(store, lead, survey, home)
        for one in found
    ]
    assert len(doors) == 60
    chance = random.Random(20270301)
    rows: list[dict[str, object]] = []
    brought: dict[str, list[tuple[int, DoorOutcome, Answers]]] = {"phone": [], "paper": [], "field": []}
    for place, (home, stair, one) in enumerate(doors):
        met = DoorOutcome.ANSWERED if chance.random() < 0.85 else chance.choice([*DoorOutcome][1:])
        answers = _said(chance, options, place) if met is DoorOutcome.ANSWERED else {}
        way = "phone" if home == homes[0] and place < 25 else "paper" if place < 42 else "field"
        brought[way].append((place, met, answers))
        rows.append({"home": home, "stair": f"{home}{stair}", "unit": one.unit_id, "met": met.value, **answers})
    frame = pd.DataFrame(rows)

    # A phone without a network: what it kept goes as a signed file, and once more over the network.
    kept = [
        {
            "id": f"phone-{place:06}",
            "door": doors[place][2].household_id,
            "outcome": met.value,
            "version": 1,
            "at": (now() - timedelta(minutes=place)).isoformat(),
            "answers": {code: [*said] for code, said in answers.items()}
            | {"words": [f"请找 {MARKER}"] if answers else []},
        }
        for place, met, answers in brought["phone"]
    ]
    pack = phones.phone_pack(store, staff["phone"], survey)
    words = json.dumps({"survey": survey, "login": "phone", "visits": kept})
    signed = json.dumps({"signed": words, "sign": keyed(bytes.fromhex(pack.sign), words).hex()}).encode()
    for arrived in (
        phones.take_file(store, lead, survey, signed),
        phones.send_visits(store, staff["phone"], survey, [phones.read_visit(one) for one in kept]),
    ):
        assert Counter(one.arrival for one in arrived) == {phones.VisitArrival.KEPT: len(kept)}
    # Sheets of paper, keyed with number keys alone.
    for place, met, answers in brought["paper"]:
        keyed_answers = "+".join(
            ".".join(str(one.choices.index(said) + 1) for said in answers.get(one.code, ()))
            for one in form.questions
            if one.choices
        )
        read = read_keys(form, keyed_answers) if met is DoorOutcome.ANSWERED else {}
        assert read == answers
        visit = VisitDraft(
            id=f"paper-{place:06}",
            household_id=doors[place][2].household_id,
            outcome=met,
            form_version=1,
            visited_at=now(),
            channel=VisitChannel.PAPER,
            answers=read,
        )
        visits.record_visit(store, staff["paper"], survey, visit)
    # A field team's file.
    into = io.StringIO()
    writer = csv.writer(into)
    codes = [code for code, choices in options.items() if choices]
    writer.writerow(["start", "form_version", "door", "outcome", *(f"answers/{code}" for code in codes), "_uuid"])
    for place, met, answers in brought["field"]:
        said = [" ".join(answers.get(code, ())) for code in codes]
        writer.writerow(
            [now().isoformat(), 1, f"d{doors[place][2].household_id}", met.value, *said, f"uuid-{place:08}"]
        )
    data = into.getvalue().encode()
    for recorded in (len(brought["field"]), 0):
        found = fieldwork.import_visits(
            store, lead, survey, fieldwork.read_visits(store, lead, survey, data), source=ImportSource.of("k.csv", data)
        )
        assert (found.recorded, found.asked_twice) == (recorded, 0)

    # Second visits at drawn doors change no figure.
    assert trust.draw_doors(store, lead, survey, "开奖 0817") == 3
    for number, door in enumerate(trust.trust(store, lead, survey).drawn):
        visit = VisitDraft(
            id=f"again-{number:06}",
            household_id=door.household_id,
            outcome=DoorOutcome.ANSWERED,
            form_version=1,
            visited_at=now(),
            answers={"renew": ("no",)},
        )
        if door.answered:
            visits.record_visit(store, lead, survey, visit)

    counted = survey_figures(store, boss, survey, by_place=None)
    answered = frame[frame.met == "answered"]
    assert (counted.whole.doors, counted.whole.answered, counted.whole.waiting) == (60, len(answered), 0)
    assert {key.value: count for key, count in counted.whole.outcomes.items()} == frame.met.value_counts().to_dict()
    for places, column in ((counted.buildings, "home"), (counted.units, "unit")):
        for one in places:
            here = answered[answered[column] == one.id]
            assert one.answered == len(here)
            if one.willing is not None:
                said = here.renew.dropna()
                assert one.willing.share == Fraction(int(said.map(lambda held: "yes" in held).sum()), len(said))
    told = {(one.question, one.option): one for one in counted.options}
    for code in codes:
        if code not in answered:
            continue
        said = answered[code].dropna()
        for option in options[code]:
            one = told[code, option]
            assert (one.portion.found, one.portion.asked) == (
                int(said.map(lambda held, o=option: o in held).sum()),
                len(said),
            )
            for group in (held for held in one.groups if held.question != "floor" and held.option):
                inside = answered[
                    answered[group.question].map(lambda held, g=group: isinstance(held, tuple) and g.option in held)
                ]
                inside = inside[code].dropna()
                assert group.portion.asked == len(inside)
                assert group.portion.found == int(inside.map(lambda held, o=option: o in held).sum())

    # Into the file, a demand with its doors, a project, a poll's draft that leads back, the forecast, the papers.
    assert facts.take_into_files(store, lead, survey) == 1
    willing = Fraction(int(answered.renew.map(lambda held: "yes" in held).sum()), len(answered))
    source = facts.where_from(store, boss, estate)
    assert (source.willingness, source.coverage, source.is_counted) == (willing, Fraction(len(answered), 60), True)
    wish = wishes.wishes(store, lead, survey)[0]
    demand = wishes.demand_from_wish(store, lead, survey, wish.unit_id, wish.wish, "三楼以上都想要车位")
    here = answered[answered.unit == wish.unit_id].wishes.dropna()
    assert demand.supporters == int(here.map(lambda held: wish.wish.value in held).sum())
    item = menus.mending(store, boss, Deficit.PARKING)[0]
    project = projects.draft_from_item(store, boss, estate_id=estate, item_code=item.code, quantity=Decimal(5))
    made = projects.create_project(store, boss, project, [demand.id])
    lines = menus.menu_of(store, boss, survey, estate, BUDGET)
    counts = answered.wishes.dropna().explode().value_counts()
    assert {one.wish.value: one.found for one in lines} == counts.to_dict()
    placed = [one.project.id for one in lines if one.project is not None and one.kept_off is None]
    assert placed == [made.id]
    settings = PollSettings(title="糖厂一号投票", ballot_kind=BallotKind.APPROVAL, budget=BUDGET, max_choices=1)
    poll = polls.create_poll(store, boss, settings, estate, placed, survey_id=survey)
    behind = menus_of_polls.survey_behind(store, boss, poll.id)
    assert behind is not None
    assert behind.id == survey
    assert [one.id for one in menus_of_polls.polls_from(store, boss, survey)] == [poll.id]
    (forecast,) = forecasts.forecasts(store, boss)
    gives = answered.contribute.dropna().map(lambda held: held[0]).value_counts()
    for band in forecast.bands:
        assert (band.portion.found, band.portion.asked) == (gives.get(band.band, 0), int(gives.sum()))

    # What goes out says the same, and tells nothing of anybody.
    report = docx.Document(io.BytesIO(papers.survey_paper(store, boss, survey, SurveyPaper.REPORT)[2]))
    assert f"已答 {len(answered)} 户" in "\n".join(one.text for one in report.paragraphs)
    book = openpyxl.load_workbook(io.BytesIO(papers.willingness_table(store, boss, survey)[2]))
    assert list(book.worksheets[0].iter_rows(values_only=True))[-1][1:3] == (60, len(answered))
    campaigns.close_survey(store, lead, survey)
    out = [papers.survey_paper(store, boss, survey, paper, PaperFormat.HTML)[2].decode() for paper in SurveyPaper]
    out += [str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    out += papers.words_said(store, lead, survey)
    assert not any(MARKER in page for page in out)
