"""Lists of projects: new ones with their own budgets, reviews and sources of known ones, and all of it taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from renovation.errors import ConflictError, ImportRefusedError
from renovation.imports.projects.projects import parse_projects
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.funding import Pot, SourceKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.programme import Objective
from renovation.model.projects import CostBasis, Project, ProjectFilter, ProjectStatus
from renovation.model.scenarios import ProgrammeInput, ProgrammeSettings
from renovation.rules.programme.programme import plan_programme
from renovation.services.house.updates import update_text
from renovation.services.money import funding, payments, pots
from renovation.services.money.project_lists import import_project_list
from renovation.services.programme import programme as programmes
from renovation.services.programme.input import programme_input
from renovation.services.programme.own_lists import list_input
from renovation.services.projects import projects
from renovation.services.projects.budgets import project_budget
from renovation.services.projects.items import catalogue
from renovation.services.register import imports
from renovation.store import Store
from renovation.store.schema.places import estate

WAN = 1_000_000
NEW = """\
小区,项目名称,内容,类别,工程量,单位,财评（万元）,财评日期,财评文号,概算（万元）,费用（万元）,自筹比例,产权单位,理由
糖厂,东门路灯,W02,,8,盏,7,2026-03-15,区财评〔2026〕12号,9,,20%,10000,晚上太黑
糖厂,百年榕树围护,榕树围护,完善类,2,处,,,,,3.5,,,
东湖,智慧井盖,智慧井盖监测,提升类,,,,,,12,,,,
"""
YEAR = today().year + 1


def take(store: Store, actor: Actor, words: str, **options: bool) -> ImportRecord:
    data = words.encode()
    return import_project_list(
        store, actor, parse_projects(data), source=ImportSource.of("项目清单.csv", data), **options
    )


def held(store: Store, actor: Actor) -> dict[str, Project]:
    return {row.project.name: row.project for row in projects.list_projects(store, actor, ProjectFilter())}


def lay_estates(store: Store) -> None:
    with store.write() as unit:
        for number, name in ((1, "糖厂"), (2, "东湖")):
            unit.connection.execute(
                estate.insert().values(
                    id=number, code=f"E{number}", name=name, name_key=name, status="surveyed", households=100
                )
            )
        unit.commit()


@pytest.fixture
def town(store: Store) -> Store:
    lay_estates(store)
    return store


def test_a_list_makes_projects_with_their_own_budgets_and_works_of_its_own(town: Store, planner: Actor) -> None:
    assert take(town, planner, NEW, dry_run=True).imported == 3
    assert held(town, planner) == {}
    record = take(town, planner, NEW)
    made = held(town, planner)
    lamps, tree, covers = made["东门路灯"], made["百年榕树围护"], made["智慧井盖"]
    assert [(one.cost, str(one.quantity), one.unit) for one in (lamps, tree, covers)] == [
        (7 * WAN, "8.00", "盏"),
        (35 * WAN // 10, "2.00", "处"),
        (12 * WAN, "1", "项"),
    ]
    budget = project_budget(town, planner, lamps.id)
    assert (budget.basis, len(budget.figures), budget.book is not None) == (CostBasis.REVIEWED, 2, True)
    own = project_budget(town, planner, tree.id)
    assert own.counts is not None
    assert (own.basis, own.book, own.counts.document) == (CostBasis.LIST, None, "项目清单.csv")
    money = funding.project_money(town, planner, lamps.id)
    assert {one.kind: one.pledged for one in money.contributions} == {
        SourceKind.RESIDENTS: 14 * WAN // 10,
        SourceKind.OWNER_UNIT: WAN,
    }
    assert [(item.code, item.name_zh, item.unit) for item in catalogue(town, planner) if item.own] == [
        ("Z01", "榕树围护", "处"),
        ("Z02", "智慧井盖监测", "项"),
    ]
    # The same list again brings nothing.
    with pytest.raises(ConflictError, match=r"import\.nothing_new"):
        take(town, planner, NEW)
    assert record.id is not None
    imports.undo_import(town, planner, record.id)
    assert held(town, planner) == {}
    assert not any(item.own for item in catalogue(town, planner))


def test_every_row_of_a_list_asks_the_store_as_much_as_the_first_ones(sqlite_store: Store, planner: Actor) -> None:
    lay_estates(sqlite_store)
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1

    event.listen(sqlite_store.engine, "before_cursor_execute", count)
    spent = []
    for rows in (5, 15, 25):
        before = asked
        lines = [f"糖厂,路灯{n},{'W02' if n % 2 else f'长廊{n}'},,1,,7,,,,,20%,10000," for n in range(rows)]
        take(sqlite_store, planner, NEW.splitlines()[0] + "\n" + "\n".join(lines), dry_run=True)
        spent.append(asked - before)
    assert spent[2] - spent[1] == spent[1] - spent[0]


def test_reviews_of_many_projects_come_by_one_list_and_go_again(town: Store, planner: Actor) -> None:
    first = take(town, planner, NEW)
    made = held(town, planner)
    codes = made["东门路灯"].code, made["智慧井盖"].code
    words = f"""项目编号,财评（元）,财评日期,财评文号,居民出资
{codes[0]},65000.01,2026-04-01,财评13,
{codes[1]},118000,,,6000
"""
    trial = take(town, planner, words, dry_run=True)
    assert (trial.imported, trial.updated, [sorted(one.fields) for one in trial.updates]) == (
        2,
        2,
        [["cost", "reviewed"], ["cost", "residents", "reviewed"]],
    )
    with pytest.raises(ConflictError, match=r"import\.update_needs_yes"):
        take(town, planner, words)
    record = take(town, planner, words, update=True)
    now = held(town, planner)
    assert [now[name].cost for name in ("东门路灯", "智慧井盖")] == [6_500_001, 11_800_000]
    assert record.id is not None
    imports.undo_import(town, planner, record.id)
    back = held(town, planner)
    assert [back[name].cost for name in ("东门路灯", "智慧井盖")] == [7 * WAN, 12 * WAN]
    assert funding.project_money(town, planner, back["智慧井盖"].id).contributions == ()
    # What the later list left as it was, the earlier one may still take back.
    assert first.id is not None
    imports.undo_import(town, planner, first.id)
    assert held(town, planner) == {}


def test_an_import_stays_once_something_hangs_on_it(town: Store, planner: Actor) -> None:
    record = take(town, planner, NEW)
    lamps = held(town, planner)["东门路灯"]
    payments.record_payment(
        town,
        planner,
        payments.PaymentDraft(
            project=lamps.id, amount=100, paid_on=today(), document="回单", kind=SourceKind.RESIDENTS
        ),
    )
    assert record.id is not None
    with pytest.raises(ConflictError) as refused:
        imports.undo_import(town, planner, record.id)
    assert (refused.value.code, refused.value.fields["names"]) == ("import.projects_in_use", (lamps.code,))


def test_every_fault_of_a_list_is_named_by_row_and_nothing_is_kept(town: Store, planner: Actor) -> None:
    words = """项目编号,小区名称,项目名称,改造内容,工程量,单位,财评,居民出资
P9999,,,,,,,
,南湖,长椅,,,,100,
,糖厂,路灯,W99,3,,100,
,糖厂,路灯,W02,3,米,100,
,糖厂,路灯,W02,,,,
,糖厂,戏台,,,,,
,糖厂,雨棚,雨棚,,,100,101
,,,,,,100,
"""
    with pytest.raises(ImportRefusedError) as refused:
        take(town, planner, words)
    assert [(fault.row, fault.code.removeprefix("project.list_")) for fault in refused.value.faults] == [
        (2, "unknown"),
        (3, "building.estate_unknown"),
        (4, "item"),
        (5, "unit"),
        (6, "quantity"),
        (7, "own_cost"),
        (8, "more_than_lacks"),
        (9, "estate"),
        (9, "name"),
    ]
    assert held(town, planner) == {}


def test_a_programme_keeps_what_it_adopted_when_a_review_comes(town: Store, planner: Actor) -> None:
    take(town, planner, NEW)
    pots.keep_pot(town, planner, Pot(id="", name="区级", year=YEAR, amount=90 * WAN))
    basis = programme_input(town, planner, ProgrammeSettings(years=(YEAR,), objective=Objective.HOUSEHOLDS))
    made = programmes.save_scenario(town, planner, name="甲", basis=basis, programme=plan_programme(basis.problem))
    programmes.adopt_scenario(town, planner, made.id)
    tree = held(town, planner)["百年榕树围护"]
    assert tree.status is ProjectStatus.IN_PROGRAMME
    take(town, planner, f"项目编号,财评（万元）\n{tree.code},4\n", update=True)
    (apart,) = programmes.costs_apart(town, planner)
    assert (apart.code, apart.adopted, apart.now, apart.above) == (tree.code, 3_500_000, 4 * WAN, 500_000)
    assert funding.project_money(town, planner, tree.id).funding.gap == 500_000
    assert programmes.scenario(town, planner, made.id).programme == plan_programme(basis.problem)


def test_a_list_plans_to_the_fen_alike_as_a_file_and_from_the_register(town: Store, planner: Actor) -> None:
    rows = [
        f"{n},糖厂,项目{n},W02,1,{20 + n}.{n:02}0137,{f'18.00{n:02}09' if n % 3 == 0 else ''},"
        f"{f'0.3{n:02}011' if n % 2 else ''},{'' if n % 2 else '10%'},{'1000.01' if n % 5 == 0 else ''}"
        for n in range(1, 18)
    ]
    money = "概算（万元）,财评价（万元）,居民出资（万元）,自筹比例,专营单位出资"
    of_file = "\n".join((f"编号,小区名称,项目名称,改造内容编码,工程量,{money}", *rows)).encode()
    take(town, planner, "\n".join((f"序号,小区,项目名称,内容,工程量,{money}", *rows)))
    pots.keep_pot(town, planner, Pot(id="", name="区级", year=YEAR, amount=90 * WAN))
    kept = programme_input(town, planner, ProgrammeSettings(years=(YEAR,), only_passing=False))
    own = list_input(planner, of_file, pots=f"资金编号,年度,金额\n区级,{YEAR},900000\n".encode()).basis

    def figures(basis: ProgrammeInput) -> dict[str, object]:
        costs = {one.id: one.cost for one in basis.problem.projects}
        return {
            place.name: (costs[code], place.whole_cost, {one.kind: one.amount for one in place.other_money})
            for code, place in basis.places.items()
        }

    assert figures(own) == figures(kept)
    assert len(figures(own)) == 17


def test_what_a_list_changes_is_said_in_words_and_yuan(town: Store, planner: Actor) -> None:
    take(town, planner, NEW)
    lamps = held(town, planner)["东门路灯"]
    trial = take(town, planner, f"编号,财评\n{lamps.code},65000\n", dry_run=True)
    said = update_text(town, planner, ImportKind.PROJECTS, trial.updates[0], "zh-CN")
    assert "财评价" in said
    assert "65,000" in said
