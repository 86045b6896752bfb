"""Verbs of surveys: campaigns, doors and visits, figures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from renovation.model.accounts import Action
from renovation.model.clock import now, today
from renovation.model.imports import ImportSource
from renovation.model.surveys import DoorOutcome, FormKind, SurveyDraft, VisitDraft, Worker
from renovation.services.surveys import campaigns, facts, fieldwork, figures, papers, phones, sheets, trust, visits
from renovation.services.surveys.papers import SurveyPaper
from renovation.store.keys import keyed
from renovation.text.surveys import read_questions
from verbs import Kind, Outside, Scene, here, row

OWN = read_questions("要不要建车棚 | 单选 | 要、不要")


def survey_draft(place: Any, name: str = "入户") -> SurveyDraft:
    """Return a campaign of an estate."""
    return SurveyDraft(
        name=f"{place.mark}{name}",
        kind=FormKind.OPINION,
        estate_ids=(place.estate.id,),
        begins_on=today(),
        ends_on=today() + timedelta(days=30),
        keep_until=today() + timedelta(days=200),
        tenants=3,
    )


def visit_draft(place: Any, visit_id: str, door: int, renew: str = "yes") -> VisitDraft:
    """Return a visit to a door of an estate that brought answers."""
    return VisitDraft(
        id=visit_id,
        household_id=door,
        outcome=DoorOutcome.ANSWERED,
        form_version=1,
        visited_at=now(),
        answers={
            "renew": (renew,),
            "wishes": ("pipes",),
            "contribute": ("below_500",),
            "tenure": ("owner",),
            "words": (f"{place.mark}路灯太暗",),
        },
    )


def answered(scene: Scene) -> None:
    """Bring in so many answers that something may be told of the estate."""
    visits.add_door(scene.world.store, scene.world.admin, scene.survey, scene.building.id, "1单元", "301 302")
    found = visits.doors_of(scene.world.store, scene.world.admin, scene.survey, scene.building.id)
    for place, door in enumerate(found[0][1]):
        draft = visit_draft(scene, f"visit-1{place:03}", door.household_id)
        visits.record_visit(scene.world.store, scene.world.admin, scene.survey, draft)


def _exported(scene: Scene) -> bytes:
    """Return what a field team's app exports of one door."""
    heads = "start,campaign,form_version,building,door,outcome,answers/renew,answers/wishes,photo,_uuid"
    door = f"b{scene.building.id},d{scene.doors[1].id}"
    row = f"{now().isoformat()},{scene.survey},1,{door},answered,yes,pipes lighting,1.jpg,5f0c8b1e-0001"
    return f"{heads}\n{row}\n".encode()


def _late(scene: Scene) -> None:
    """Have a phone send a visit after the survey was closed."""
    _closed(scene)
    late = visit_draft(scene, "visit-0088", scene.doors[1].id)
    phones.send_visits(scene.world.store, scene.world.admin, scene.survey, (late,))


def _signed(scene: Scene) -> bytes:
    """Return a file as a phone signs it."""
    pack = phones.phone_pack(scene.world.store, scene.world.admin, scene.survey)
    visit = {"id": "visit-0099", "door": scene.doors[1].id, "outcome": "refused", "version": 1, "at": now().isoformat()}
    signed = json.dumps({"survey": scene.survey, "login": pack.login, "visits": [visit]})
    sign = keyed(bytes.fromhex(pack.sign), signed).hex()
    return json.dumps({"signed": signed, "sign": sign}).encode()


def _of_buildings(scene: Scene) -> None:
    """Begin a survey of buildings, and fill one sheet in."""
    store, actor = scene.world.store, scene.world.admin
    made = campaigns.create_survey(store, actor, replace(survey_draft(scene, "楼栋"), kind=FormKind.BUILDING))
    campaigns.set_workers(store, actor, made, campaigns.survey_file(store, actor, scene.survey).workers)
    answers = {"year": ("1986",), "floors": ("7",), "lift": ("none",), "households": ("9",), "fire": ("hydrant",)}
    draft = replace(visit_draft(scene, "sheet-0001", scene.building.id), answers=answers)
    visits.record_visit(store, actor, made, draft)


def _buildings(scene: Scene) -> int:
    """Return the survey of buildings, once there is one."""
    made = campaigns.surveys(scene.world.store, scene.world.admin, scene.estate.id)
    return next((one.id for one in made if one.draft.kind is FormKind.BUILDING), scene.survey)


def _closed(scene: Scene) -> None:
    campaigns.close_survey(scene.world.store, scene.world.admin, scene.survey)


RUN, VISIT, SEE = Action.RUN_SURVEY, Action.VISIT_DOOR, Action.SEE_REGISTER
HERE = {"survey_id": here.survey}
SHEETS = {"survey_id": _buildings}
DOOR = HERE | {"household_id": (lambda s: s.doors[0].id)}
ROWS = (
    row(campaigns.surveys, SEE, Kind.ESTATE, Outside.PART),
    row(campaigns.survey_file, SEE, Kind.ESTATE, example=HERE),
    row(
        campaigns.create_survey,
        RUN,
        Kind.ESTATE,
        example={"draft": lambda s: survey_draft(s, "再来"), "own": lambda s: OWN},
    ),
    row(
        campaigns.set_workers,
        RUN,
        Kind.ESTATE,
        example={
            **HERE,
            "workers": lambda s: (
                Worker(login="admin", leads=True),
                Worker(login="planner", building_id=s.building.id),
            ),
        },
    ),
    row(campaigns.change_form, RUN, Kind.ESTATE, example={**HERE, "own": lambda s: OWN}),
    row(
        campaigns.word_question,
        RUN,
        Kind.ESTATE,
        example={**HERE, "code": "renew", "wording": campaigns.Wording(words="同意改造吗？", words_en="For it?")},
    ),
    row(sheets.building_sheets, SEE, Kind.ESTATE, example=SHEETS, before=_of_buildings),
    row(sheets.building_facts, SEE, Kind.ESTATE),
    row(sheets.take_sheets, RUN, Kind.ESTATE, example=SHEETS, before=_of_buildings),
    row(sheets.building_table, SEE, Kind.ESTATE, example=SHEETS, before=_of_buildings),
    row(campaigns.close_survey, RUN, Kind.ESTATE, example=HERE),
    row(campaigns.reopen_survey, RUN, Kind.ESTATE, example=HERE, before=_closed),
    row(visits.doors_of, VISIT, Kind.ESTATE, example=HERE),
    row(visits.visits_at, VISIT, Kind.ESTATE, example=DOOR),
    row(
        visits.record_visit,
        VISIT,
        Kind.ESTATE,
        example={**HERE, "draft": lambda s: visit_draft(s, "visit-0009", s.doors[1].id)},
    ),
    row(visits.choose_visit, VISIT, Kind.ESTATE, example={**DOOR, "visit_id": "visit-0001"}),
    row(visits.add_door, VISIT, Kind.ESTATE, example={**HERE, "stairwell": "1单元", "number": "901"}),
    row(figures.survey_figures, SEE, Kind.ESTATE, example=HERE),
    row(figures.changes, SEE, Kind.ESTATE, example=HERE),
    row(facts.where_from, SEE, Kind.ESTATE),
    row(facts.take_into_files, RUN, Kind.ESTATE, example=HERE, before=answered),
    row(papers.willingness_table, SEE, Kind.ESTATE, example=HERE, before=answered),
    row(papers.survey_paper, SEE, Kind.ESTATE, example={**HERE, "paper": SurveyPaper.REPORT}, before=answered),
    row(papers.words_said, RUN, Kind.ESTATE, example=HERE),
    row(papers.sheets, VISIT, Kind.ESTATE, example=HERE),
    row(papers.door_list, VISIT, Kind.ESTATE, example=HERE),
    row(trust.draw_doors, RUN, Kind.ESTATE, example={**HERE, "seed": "2026 11 28"}),
    row(trust.trust, RUN, Kind.ESTATE, example=HERE),
    row(phones.phone_pack, VISIT, Kind.ESTATE, example=HERE),
    row(
        phones.send_visits,
        VISIT,
        Kind.ESTATE,
        Outside.PART,
        example={**HERE, "brought": lambda s: (visit_draft(s, "visit-0077", s.doors[1].id),)},
    ),
    row(phones.late_visits, SEE, Kind.ESTATE, example=HERE),
    row(phones.decide_late, RUN, Kind.ESTATE, example={**HERE, "take": True}, before=_late),
    row(phones.take_file, VISIT, Kind.ESTATE, example={**HERE, "data": lambda s: _signed(s)}),
    row(fieldwork.form_for_field, RUN, Kind.ESTATE, example=HERE),
    row(fieldwork.read_visits, RUN, Kind.ESTATE, example={**HERE, "data": lambda s: _exported(s)}),
    row(
        fieldwork.import_visits,
        RUN,
        Kind.ESTATE,
        example={
            **HERE,
            "rows": lambda s: fieldwork.read_visits(s.world.store, s.world.admin, s.survey, _exported(s)),
            "source": lambda s: ImportSource.of("kobo.csv", _exported(s)),
        },
    ),
)
