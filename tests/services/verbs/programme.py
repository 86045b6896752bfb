"""Verbs of the programme: ranking, panels, the annual batch, scenarios and their documents."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from renovation.exports.programme.source import EstateOnPaper, PaperDetails
from renovation.imports.programme.ranking import read_criteria
from renovation.model.accounts import Action
from renovation.model.clock import today
from renovation.model.panels import Conflict, PanelChannel, VoteChannel
from renovation.model.ranking import MissingPolicy, Subject
from renovation.model.scenarios import WorkPlan
from renovation.services.programme import (
    annual_batch,
    documents,
    own_lists,
    panels,
    programme,
    ranking,
    ranking_figures,
    work_plans,
    year_start,
)
from renovation.services.programme import (
    input as programme_inputs,
)
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import YEAR, panel_setup

SEE, RANK, RESULTS = Action.SEE_REGISTER, Action.RANK, Action.SEE_RESULTS
CRITERIA, PANELS = Action.SET_CRITERIA, Action.SEE_PANELS
PAPER = {"details": lambda s: PaperDetails(day=today())}
ADOPTED = {"scenario_id": here.town.adopted.id}
NAMED = {"subject": Subject.ESTATES}
POINTS = {"P0": {"need": Fraction(4)}, "P1": {"need": Fraction(6)}}


def _panel(name: str) -> dict[str, Any]:
    return {"panel_id": getattr(here.town, name).id, "version": getattr(here.town, name).version}


def _ranked(scene: Scene) -> Any:
    basis = ranking_figures.ranking_basis(scene.world.store, scene.world.admin, Subject.ESTATES)
    saved = scene.town.weighting
    table = ranking.ranking_table(basis, ranking.criteria_for(basis), MissingPolicy.MEDIAN)
    return ranking.work_out(table, ranking.example_weightings(Subject.ESTATES)[0], method=saved.method, cut=1)


CRITERIA_FILE = "编码,名称,权重,方向\nneed,需求,3,higher\ncost,成本,1,lower\n".encode()
RANKED_FILE = "编号,名称,需求,成本\nE1,麦迪,9,1000\nE2,糖厂,5,800\nE3,金沙,,900\n".encode()


ROWS = (
    row(
        own_lists.rank_list,
        RANK,
        Kind.SELF,
        example={
            "table": RANKED_FILE,
            "criteria": read_criteria(CRITERIA_FILE)[0],
            "weighting": read_criteria(CRITERIA_FILE)[1],
            "runs": 50,
        },
    ),
    row(
        own_lists.list_input,
        RANK,
        Kind.SELF,
        example={
            "projects": "编号,概算,财评,居民出资,户数\na,120,100,10,30\nb,80,,,20\n".encode(),
            "pots": "资金编号,年度,金额\nx,2030,100\n".encode(),
        },
    ),
    # What the town's pots can still spend is the same to all.
    row(annual_batch.batch_basis, (RESULTS, SEE), Kind.ESTATE, Outside.SAME),
    row(year_start.year_start, RESULTS, Kind.PLAN, Outside.PART, example={"year": YEAR + 1}),
    row(annual_batch.keep_batch, CRITERIA, Kind.TOWN, example={"batch": here.town.batch}),
    row(
        annual_batch.export_batch,
        RESULTS,
        Kind.SELF,
        example={"batch": here.town.batch, "format_": "xlsx"},
    ),
    row(
        programme_inputs.programme_input, RESULTS, Kind.PROJECT, Outside.PART, example={"settings": here.town.settings}
    ),
    row(programme.list_scenarios, RESULTS, Kind.PLAN, Outside.SAME),
    row(programme.scenario, RESULTS, Kind.PLAN, Outside.PART),
    row(programme.adopted, RESULTS, Kind.PLAN, Outside.PART),
    row(
        programme.save_scenario,
        RANK,
        Kind.PLAN,
        Outside.TOWN_ONLY,
        example={"name": "方案三", "basis": here.town.basis, "programme": here.town.programme},
    ),
    row(programme.copy_scenario, RANK, Kind.PLAN, Outside.TOWN_ONLY, example={"name": "方案四"}),
    row(programme.annotate_scenario, RANK, Kind.PLAN, Outside.TOWN_ONLY, example={"name": "方案五", "note": ""}),
    row(programme.remove_scenario, RANK, Kind.PLAN, Outside.TOWN_ONLY),
    row(programme.adopt_scenario, RANK, Kind.PLAN, Outside.TOWN_ONLY),
    row(programme.stay_when_taken_back, RESULTS, Kind.PLAN, Outside.PART, example=ADOPTED),
    row(programme.costs_apart, RESULTS, Kind.PLAN, Outside.PART),
    row(programme.take_back_scenario, RANK, Kind.PLAN, Outside.TOWN_ONLY, example=ADOPTED),
    row(documents.programme_paper, Action.PUBLISH, Kind.PLAN, Outside.PART, example=PAPER),
    row(
        documents.export_programme,
        Action.PUBLISH,
        Kind.PLAN,
        Outside.PART,
        example={"document": documents.ProgrammeDocument.MEMO},
        also=({"document": documents.ProgrammeDocument.PACKAGE},),
    ),
    row(
        documents.export_estate_map,
        Action.PUBLISH,
        Kind.PLAN,
        Outside.PART,
        example={"estate_code": here.estate.code},
    ),
    row(
        documents.surroundings_of,
        SEE,
        Kind.TOWN,
        example={"estate": lambda s: EstateOnPaper(key=s.estate.code, name=s.estate.name)},
    ),
    row(documents.city_name, SEE, Kind.TOWN),
    row(panels.list_panels, PANELS, Kind.TOWN),
    row(panels.get_panel, PANELS, Kind.TOWN),
    row(panels.create_panel, CRITERIA, Kind.TOWN, example={"setup": panel_setup("新评审")}),
    row(panels.edit_panel, CRITERIA, Kind.TOWN, example={**_panel("panel"), "setup": panel_setup("改名")}),
    row(panels.give_points, CRITERIA, Kind.TOWN, example={"assessor": "老张", "points": POINTS}),
    row(
        panels.step_out,
        CRITERIA,
        Kind.TOWN,
        example={"conflict": Conflict(assessor="老张", entry="P0", reason="住在那里")},
    ),
    row(
        panels.step_in,
        CRITERIA,
        Kind.TOWN,
        example={"panel_id": here.town.conflicted.id, "assessor": "老张", "entry": "P0"},
    ),
    row(
        panels.set_votes,
        CRITERIA,
        Kind.TOWN,
        example={
            **_panel("panel"),
            "public_share": Fraction(1, 2),
            "channels": (VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(1), votes={"P0": 3, "P1": 1}),),
        },
    ),
    row(panels.votes_by_code, RESULTS, Kind.PROJECT, Outside.PART),
    row(panels.close_panel, CRITERIA, Kind.TOWN, example=_panel("full_panel")),
    row(panels.reopen_panel, CRITERIA, Kind.TOWN, example=_panel("closed_panel")),
    row(panels.remove_panel, CRITERIA, Kind.TOWN),
    row(panels.export_panel, PANELS, Kind.TOWN),
    row(ranking.scores, SEE, Kind.ESTATE, Outside.PART, example={"saved": here.town.weighting}),
    row(ranking.weightings, RANK, Kind.TOWN, example=NAMED),
    row(ranking.save_weighting, CRITERIA, Kind.TOWN, example={"saved": here.town.weighting}),
    row(ranking.remove_weighting, CRITERIA, Kind.TOWN, example={**NAMED, "name": here.town.weighting.name}),
    row(
        ranking.import_columns,
        CRITERIA,
        Kind.TOWN,
        example={**NAMED, "data": here.town.columns, "filename": "走访.csv"},
    ),
    row(ranking.remove_column, CRITERIA, Kind.TOWN, example={**NAMED, "code": "own:走访"}),
    row(
        ranking.export_ranking,
        RANK,
        Kind.SELF,
        example={
            "basis": lambda s: ranking_figures.ranking_basis(s.world.store, s.world.admin, Subject.ESTATES),
            "ranked": _ranked,
            "saved": here.town.weighting,
            "format_": "csv",
            "language": "zh-CN",
        },
    ),
    row(
        ranking_figures.ranking_basis,
        SEE,
        Kind.ESTATE,
        Outside.PART,
        example=NAMED,
        also=({"subject": Subject.PROJECTS},),
    ),
    row(work_plans.work_plans, SEE, Kind.PROJECT, Outside.PART),
    row(
        work_plans.keep_work_plans,
        Action.PUBLISH,
        Kind.PROJECT,
        example={"plans": lambda s: [WorkPlan(project_id=s.projects.priced.id, starts=f"{YEAR}-05")]},
    ),
)
