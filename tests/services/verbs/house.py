"""Verbs of the house: log, backups, verification, retention, the first page."""

from __future__ import annotations

from datetime import datetime

from renovation.exports.files.tables import TableSheet, workbook
from renovation.model.accounts import PUBLIC, Action
from renovation.model.imports import ImportKind, ImportSource, RecordUpdate
from renovation.model.jobs import JobKind
from renovation.services.demands import demands
from renovation.services.house import (
    backups,
    drills,
    estate_sheets,
    files,
    floods,
    jobs,
    log,
    moving,
    overview,
    retention,
    set_up,
    updates,
    verification,
    workbooks,
)
from renovation.services.house.files import FileTask
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import demand_draft

SEE = Action.SEE_REGISTER
FOLDER = {"folder": here.town.folder}
FILE = {"file": here.town.backup}


def _here(scene: Scene) -> floods.FloodFilter:
    return floods.FloodFilter(estate_id=scene.estate.id)


def _pour_in(scene: Scene) -> None:
    for _ in range(2):
        demands.take_demand(scene.world.store, PUBLIC, demand_draft(scene.place, "路灯不亮"), who="a browser")


def _take_out(scene: Scene) -> None:
    _pour_in(scene)
    floods.end_flood(scene.world.store, scene.world.admin, _here(scene), floods.FloodAct.DROP)


def _last_flood(scene: Scene) -> datetime:
    return floods.ended_floods(scene.world.store, scene.world.admin)[0].at


def _register(scene: Scene) -> bytes:
    sheets = [
        TableSheet(name="区域", headings=["级别", "名称"], rows=[["街道", f"{scene.mark}新街道"]]),
        TableSheet(name="小区", headings=["小区名称", "街道"], rows=[[f"{scene.mark}新村", f"{scene.mark}新街道"]]),
    ]
    return workbook("全部", sheets)[2]


def _register_task(scene: Scene) -> FileTask:
    return FileTask(kind=None, filename="全部.xlsx", datum="cgcs2000", data=_register(scene))


ROWS = (
    row(
        workbooks.import_workbook,
        (Action.EDIT_AREAS, Action.IMPORT_PLACES),
        Kind.TOWN,
        example={
            "parts": lambda s: workbooks.parse_workbook(_register(s), datum="cgcs2000"),
            "source": lambda s: ImportSource.of("全部.xlsx", _register(s)),
        },
    ),
    row(set_up.read_set_up, Action.EDIT_AREAS, Kind.TOWN),
    row(set_up.read_unknowns, Action.SEE_REGISTER, Kind.ESTATE, Outside.PART),
    row(set_up.place_name, Action.SEE_PUBLIC, Kind.TOWN),
    row(set_up.name_place, Action.EDIT_AREAS, Kind.TOWN, example={"name": "惠城区"}),
    row(set_up.put_off, Action.EDIT_AREAS, Kind.TOWN, example={"step": set_up.SetUpStep.ACCOUNTS, "later": True}),
    row(
        floods.find_flood,
        Action.HANDLE_DEMAND,
        Kind.DEMAND,
        Outside.PART,
        example={"wanted": floods.FloodFilter()},
        before=_pour_in,
    ),
    row(
        floods.end_flood,
        Action.HANDLE_DEMAND,
        Kind.DEMAND,
        example={"wanted": _here, "what": floods.FloodAct.DROP},
        also=({"what": floods.FloodAct.MERGE},),
        before=_pour_in,
    ),
    row(floods.ended_floods, Action.HANDLE_DEMAND, Kind.DEMAND, Outside.PART, before=_take_out),
    row(floods.undo_flood, Action.HANDLE_DEMAND, Kind.DEMAND, example={"at": _last_flood}, before=_take_out),
    row(backups.list_backups, Action.BACK_UP, Kind.TOWN, example=FOLDER),
    row(backups.make_backup, Action.BACK_UP, Kind.TOWN, example=FOLDER, alone=True),
    row(backups.examine_backup, Action.BACK_UP, Kind.TOWN, example=FILE, alone=True),
    row(backups.compare_backup, Action.BACK_UP, Kind.TOWN, example=FILE, alone=True),
    row(backups.takes_two, Action.BACK_UP, Kind.TOWN),
    row(backups.accept_store, Action.BACK_UP, Kind.TOWN, example={"reason": "从备份恢复"}, alone=True),
    row(backups.restore_backup, Action.BACK_UP, Kind.TOWN, example={**FOLDER, **FILE}, alone=True),
    row(drills.drill_backup, Action.BACK_UP, Kind.TOWN, example=FILE, alone=True),
    row(drills.dump_backup, Action.BACK_UP, Kind.TOWN, example=FILE, alone=True),
    row(files.area_of, Action.IMPORT_PLACES, Kind.TOWN, example={"kind": ImportKind.ESTATES}),
    row(files.take_file, (Action.EDIT_AREAS, Action.IMPORT_PLACES), Kind.TOWN, example={"task": _register_task}),
    row(jobs.ask_backup, Action.BACK_UP, Kind.TOWN, example=FOLDER, alone=True),
    row(jobs.ask_import, Action.IMPORT_PLACES, Kind.TOWN, example={"task": _register_task}, alone=True),
    row(jobs.ask_programme, Action.RANK, Kind.TOWN, example={"basis": None}, alone=True),
    row(jobs.ask_advice, Action.RANK, Kind.TOWN, example={"solved": None}, alone=True),
    row(jobs.ask_documents, Action.PUBLISH, Kind.TOWN, example={"task": None}, alone=True),
    row(jobs.last_job, (), Kind.SELF, example={"kind": JobKind.IMPORT}, alone=True),
    row(jobs.watch_job, (), Kind.SELF, example={"number": 1}, alone=True),
    row(jobs.answer_of, (), Kind.SELF, example={"number": 1}, alone=True),
    row(jobs.cancel_job, (), Kind.SELF, example={"number": 1}, alone=True),
    row(moving.move_store, Action.BACK_UP, Kind.TOWN, example={"database_url": "sqlite:///new.sqlite"}, alone=True),
    row(
        updates.update_text,
        Action.SEE_PUBLIC,
        Kind.SELF,
        example={
            "kind": ImportKind.ESTATES,
            "update": lambda s: RecordUpdate(
                record_id=s.estate.id,
                row=2,
                sheet=None,
                code=s.estate.code,
                name=s.estate.name,
                fields={"street_id": ("1", "2")},
            ),
        },
    ),
    row(estate_sheets.export_estate_sheet, SEE, Kind.ESTATE),
    row(log.read_log, Action.READ_LOG, Kind.TOWN),
    row(log.log_choices, Action.READ_LOG, Kind.TOWN),
    row(log.check_log, Action.VERIFY, Kind.TOWN),
    row(log.export_log, Action.READ_LOG, Kind.TOWN, example={"wanted": None}),
    row(overview.read_overview, SEE, Kind.ESTATE, Outside.PART),
    row(retention.read_retention, Action.CHANGE_SETTINGS, Kind.TOWN),
    row(retention.set_retention, Action.CHANGE_SETTINGS, Kind.TOWN, example={"days": 400}),
    row(retention.delete_due, Action.CHANGE_SETTINGS, Kind.TOWN),
    row(verification.check_store, Action.VERIFY, Kind.TOWN),
    row(verification.compare_with_store, Action.VERIFY, Kind.TOWN, example={"source": here.town.bundle}),
)
