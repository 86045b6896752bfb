"""Verbs of demands: from the pin to the reply."""

from __future__ import annotations

from typing import Any

from renovation.exports.register.places import PlaceFormat
from renovation.imports.demands.demands import parse_demands
from renovation.model.accounts import Action
from renovation.model.clock import today
from renovation.model.demands import DemandCategory, DemandFilter, DemandKind, DemandStatus, Grouping
from renovation.model.imports import ImportSource
from renovation.model.intake import MeetingDraft, Part
from renovation.model.places import Deficit
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands, desk, exports, hotspots, imports, trends, wishes, work
from renovation.services.surveys import visits
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import DEPARTMENTS, demand_draft, picture
from verbs.surveys import answered

ALL = {"wanted": DemandFilter(scope=EVERYWHERE)}
SEE, TAKE, HANDLE = Action.SEE_REGISTER, Action.TAKE_DEMAND, Action.HANDLE_DEMAND
WORK, DESK = Action.DO_WORK, Action.SEE_DESK
FIRST, SECOND = DEPARTMENTS
TABLE = {"format_": PlaceFormat.CSV}


def _listed(scene: Scene) -> bytes:
    return f"小区,内容,经度,纬度\n{scene.estate.name},{scene.mark}路灯又坏了,{scene.lon},{scene.lat}\n".encode()


def _stairwell(scene: Scene) -> int:
    found = visits.doors_of(scene.world.store, scene.world.admin, scene.survey, scene.building.id)
    return found[0][1][0].unit_id


def _at(name: str) -> dict[str, Any]:
    return {"demand_id": getattr(here.demands, name).id}


def _parts(scene: Scene) -> tuple[Part, ...]:
    return tuple(Part(department=office, task="修好") for office in (FIRST, SECOND))


ROWS = (
    row(
        demands.take_demand,
        TAKE,
        Kind.DEMAND,
        example={"draft": lambda s: demand_draft(s.place, "又坏了"), "pictures": (("a.jpg", picture(9)),)},
    ),
    row(demands.join_demand, TAKE, Kind.DEMAND, example={"number": here.demands.received.id}),
    row(
        demands.similar_demands,
        TAKE,
        Kind.DEMAND,
        Outside.PART,
        example={"category": DemandCategory.LIGHTING, "text": lambda s: f"{s.mark}楼下路灯坏了"},
    ),
    row(demands.place_at, TAKE, Kind.ESTATE, Outside.PART, example={"lon": here.lon, "lat": here.lat}),
    row(demands.subtypes, TAKE, Kind.TOWN),
    row(demands.estate_choices, TAKE, Kind.ESTATE, Outside.PART),
    row(demands.building_choices, TAKE, Kind.ESTATE, Outside.PART),
    row(demands.estate_outlines, TAKE, Kind.ESTATE, Outside.PART, example={"scope": EVERYWHERE}),
    row(demands.point_in_estate, TAKE, Kind.ESTATE, Outside.PART),
    row(demands.estate_drawing, TAKE, Kind.ESTATE, Outside.PART),
    row(demands.list_demands, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(demands.count_demands, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(demands.demand_points, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(demands.figures, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(demands.demands_stamp, SEE, Kind.TOWN),
    row(demands.demand_file, SEE, Kind.DEMAND),
    row(demands.by_receipt, Action.SEE_PUBLIC, Kind.SELF, example={"typed": here.demands.received.receipt}),
    row(demands.follow_demand, Action.SEE_PUBLIC, Kind.SELF, example={"typed": here.demands.received.receipt}),
    row(exports.export_demands, SEE, Kind.DEMAND, Outside.PART, example={**ALL, **TABLE}),
    row(
        exports.demand_bulletin,
        SEE,
        Kind.DEMAND,
        Outside.PART,
        example={
            "scope": EVERYWHERE,
            "month": lambda s: f"{today():%Y-%m}",
            "format_": exports.BulletinFormat.XLSX,
        },
    ),
    row(hotspots.grid_spots, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(hotspots.export_spots, SEE, Kind.SELF, example={"spots": (), **TABLE}),
    row(
        imports.import_demands,
        Action.IMPORT_PLACES,
        Kind.DEMAND,
        example={
            "parsed": lambda s: parse_demands(_listed(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("诉求.csv", _listed(s)),
        },
    ),
    row(trends.demand_trends_by, SEE, Kind.DEMAND, Outside.PART, example={**ALL, "by": Grouping.ESTATE}),
    row(trends.demand_density, SEE, Kind.DEMAND, Outside.PART, example=ALL),
    row(work.suggest_department, HANDLE, Kind.DEMAND),
    row(work.department_names, SEE, Kind.TOWN, also=({"demand_id": here.demands.received.id},)),
    row(work.reply_templates, WORK, Kind.DEMAND, example=_at("dispatched")),
    row(work.dispatch_demand, HANDLE, Kind.DEMAND, example={"department": FIRST}),
    row(
        work.dispatch_by_rules,
        HANDLE,
        Kind.DEMAND,
        example={"seen": lambda scene: {scene.demands.received.id: scene.demands.received.version}},
    ),
    row(work.accept_demand, WORK, Kind.DEMAND, example=_at("dispatched")),
    row(work.begin_demand, WORK, Kind.DEMAND, example=_at("accepted")),
    row(
        work.refuse_demand,
        WORK,
        Kind.DEMAND,
        example=_at("dispatched"),
        also=({"demand_id": here.demands.refused_twice.id},),
    ),
    row(work.split_demand, HANDLE, Kind.DEMAND, example={**_at("dispatched"), "parts": _parts}),
    row(
        work.hold_meeting,
        HANDLE,
        Kind.DEMAND,
        example={
            **_at("no_owner"),
            "draft": lambda s: MeetingDraft(
                held_on=today(), present=("居委会",), decision="一起修", parts=_parts(s)[:1]
            ),
        },
    ),
    row(
        work.reassign_task,
        HANDLE,
        Kind.DEMAND,
        example={"department": SECOND},
        before=lambda s: work.move_task(
            s.world.store, s.world.admin, s.tasks.first.id, DemandStatus.REFUSED, note="不归我们"
        ),
    ),
    row(desk.read_desk, DESK, Kind.DEMAND, Outside.PART),
    row(desk.read_desk_file, DESK, Kind.DEMAND, example=_at("dispatched")),
    row(desk.export_desk, DESK, Kind.DEMAND, Outside.PART),
    row(
        work.move_task,
        WORK,
        Kind.DEMAND,
        example={"status": DemandStatus.ACCEPTED},
        also=({"status": DemandStatus.REFUSED, "note": "不归我们"},),
    ),
    row(work.answer_demand, WORK, Kind.DEMAND, example={**_at("in_progress"), "reply": "修好了"}),
    row(work.merge_demand, HANDLE, Kind.DEMAND, example={**_at("twin"), "into_id": here.demands.received.id}),
    row(work.change_kind, HANDLE, Kind.DEMAND, example={"kind": DemandKind.RECORD_ONLY}),
    row(
        work.judge_answer,
        TAKE,
        Kind.SELF,
        example={"typed": here.demands.answered.receipt, "solved": True, "rating": 5},
        also=({"solved": False, "rating": None},),
    ),
    row(wishes.wishes, SEE, Kind.ESTATE, example={"survey_id": here.survey}, before=answered),
    row(
        wishes.demand_from_wish,
        Action.RUN_SURVEY,
        Kind.ESTATE,
        example={
            "survey_id": here.survey,
            "unit_id": lambda s: _stairwell(s),
            "wish": Deficit.PIPES,
            "words": "换水管",
        },
        before=answered,
    ),
)
