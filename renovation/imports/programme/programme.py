"""A project list with its pots and rules, as planners keep them: one workbook with three sheets, or three files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from renovation.errors import Fault, ImportRefusedError, InvalidError
from renovation.imports.files.cells import Cells, Spellings
from renovation.imports.files.columns import Field, ReadTable, understood
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.costs import COST_FIELDS, SOURCE_FIELDS, own_cost
from renovation.imports.files.files import read_file
from renovation.imports.files.results import CellChange, Findings
from renovation.imports.files.sheets import Sheet
from renovation.imports.files.values.classes import CLASS_NAMES
from renovation.imports.files.values.levels import LEVELS, LEVELS_SAID
from renovation.model.funding import Pot, SourceKind
from renovation.model.names import name_key
from renovation.model.programme import Capacity, Exclusion, GroupRule, Lock, Objective, Order, PlannedProject, Problem

PROJECT_SHEET, POT_SHEET, RULE_SHEET = "项目", "资金", "规则"
#: What a problem is read from; pots and rules may be sheets of the file of projects.
TABLES = ("projects", "pots", "rules")

PROJECT_FIELDS = (
    Field("id", ("项目编号", "编号", "project"), required=True),
    *COST_FIELDS,
    *SOURCE_FIELDS,
    Field("name", ("项目名称", "名称", "改造内容")),
    Field("votes", ("票数", "得票")),
    Field("score", ("得分", "评分")),
    Field("households", ("户数", "受益户数", "惠及户数")),
    Field("item_class", ("类别", "class")),
    Field("items", ("内容编码", "编码")),
    Field("district", ("县（区）", "县区", "区县", "区（县）")),
    Field("street", ("街道", "镇街")),
    Field("community", ("社区",)),
    Field("groups", ("分组", "组别", "category")),
    Field("sites", ("工点数", "工点")),
    Field("mandatory", ("必做",)),
    Field("promised_year", ("承诺年份", "承诺年度")),
    Field("years", ("可实施年份", "年份", "year")),
    Field("after", ("先做", "须先完成")),
    Field("requires", ("必须配套", "依赖")),
    Field("excludes", ("二选一", "互斥")),
    Field("lock", ("人工列入/剔除", "人工确定", "锁定")),
    Field("lock_year", ("人工列入年份", "人工确定年份")),
    Field("lock_reason", ("人工列入/剔除理由", "人工确定理由", "理由")),
)
POT_FIELDS = (
    Field("pot", ("资金编号", "编号", "id"), required=True),
    Field("amount", ("金额", "金额（万元）", "预算"), required=True),
    Field("pot_year", ("年度", "年份", "year"), required=True),
    Field("pot_name", ("资金名称", "名称", "name")),
    Field("level", ("级别", "来源")),
    Field("owner", ("主管部门", "归口")),
    Field("purpose", ("用途",)),
    Field("classes", ("支持类别", "类别")),
    Field("items", ("支持内容", "内容编码")),
    Field("areas", ("支持地区", "地区", "范围")),
    Field("project_cap", ("单项上限",)),
)
RULE_FIELDS = (
    Field("group", ("对象", "分组", "地区"), required=True),
    Field("min_cost", ("最低金额",)),
    Field("max_cost", ("最高金额",)),
    Field("min_count", ("最少项数",)),
    Field("max_count", ("最多项数",)),
    Field("max_sites", ("最多工点", "工点上限")),
    Field("rule_year", ("年度", "年份", "year")),
    Field("source", ("依据", "来源")),
)

_CHOSEN = {
    **dict.fromkeys(("人工列入", "列入", "入选", "in", "是"), True),
    **dict.fromkeys(("人工剔除", "剔除", "不列入", "不入选", "out", "否"), False),
}


class ProblemRefusedError(ImportRefusedError):
    """Up to three tables were read to the end; ``by_table`` tells whose fault is whose: projects, pots, rules."""

    def __init__(self, by_table: Mapping[str, Sequence[Fault]]) -> None:
        super().__init__([fault for found in by_table.values() for fault in found])
        self.by_table = {name: tuple(found) for name, found in by_table.items() if found}


def read_problem(
    projects: bytes,
    *,
    pots: bytes | None = None,
    rules: bytes | None = None,
    objective: Objective = Objective.VOTES,
    blend: dict[Objective, Fraction] | None = None,
    notes: list[CellChange] | None = None,
    others: dict[str, Mapping[SourceKind, int]] | None = None,
    corrections: Mapping[str, Corrections] | None = None,
) -> Problem:
    """Read a problem.

    Parameters
    ----------
    projects
        A workbook with sheets 项目, 资金 and 规则, or a table of projects alone.
    pots, rules
        Tables of their own, where ``projects`` is one table.
    notes
        Gets what was taken differently from how it stands in the files.
    others
        Gets what others than the pots bring to each project, in fen.
    corrections
        What somebody decided about cells of the tables ``projects``, ``pots`` and ``rules``.

    Raises
    ------
    ProblemRefusedError
        With every fault of every file.
    InvalidError
        ``programme.no_pots`` when no table of pots is given.
    """
    by_table = {
        name: Findings(can_ask=False, corrections=(corrections or {}).get(name, AS_IT_STANDS)) for name in TABLES
    }
    findings, of_pots, of_rules = by_table.values()
    sheets = read_file(projects, findings)
    by_name = {sheet.name: sheet for sheet in sheets}
    project_table = understood([by_name.get(PROJECT_SHEET) or sheets[0]], PROJECT_FIELDS, findings) if sheets else None
    pot_sheets = read_file(pots, of_pots) if pots is not None else _named(by_name, POT_SHEET)
    rule_sheets = read_file(rules, of_rules) if rules is not None else _named(by_name, RULE_SHEET)
    if not pot_sheets and not any(one.faulty for one in by_table.values()):
        raise InvalidError("programme.no_pots")
    pot_table = understood(list(pot_sheets), POT_FIELDS, of_pots) if pot_sheets else None
    rule_table = understood(list(rule_sheets), RULE_FIELDS, of_rules) if rule_sheets else None
    spelled = Spellings()
    made = None if project_table is None else _Projects(project_table, findings, spelled)
    found_pots = () if pot_table is None else _pots(pot_table, of_pots, spelled)
    known = frozenset(name for project in made.projects for name in project.memberships) if made else frozenset()
    group_rules, capacities = _rules(rule_table, of_rules, known, spelled) if rule_table is not None else ((), ())
    if made is None or any(one.faulty for one in by_table.values()):
        raise ProblemRefusedError({name: one.all_faults() for name, one in by_table.items()})
    if others is not None:
        others |= made.others
    if notes is not None:
        notes += [change for one in by_table.values() for change in one.all_changes()]
    return Problem(
        years=tuple(sorted({pot.year for pot in found_pots})),
        projects=tuple(made.projects),
        pots=found_pots,
        group_rules=group_rules,
        orders=tuple(made.orders),
        exclusions=tuple(made.exclusions),
        capacities=capacities,
        locks=tuple(made.locks),
        objective=objective,
        blend=blend or {},
    )


def _named(sheets: dict[str | None, Sheet], name: str) -> list[Sheet]:
    return [sheets[name]] if name in sheets else []


def _pots(table: ReadTable, findings: Findings, spelled: Spellings) -> tuple[Pot, ...]:
    pots: list[Pot] = []
    first: dict[str, int] = {}
    for row in table.rows:
        cells = Cells(table, row, findings)
        before = findings.count
        name, amount, year = cells.needed("pot"), cells.money("amount"), cells.whole("pot_year", 9999)
        if name:
            cells.once(first, name_key(name), "pot", "planning.twice", name)
        if amount is None and findings.count == before:
            cells.fault("planning.needed", "amount")
        if year is None and findings.count == before:
            cells.fault("planning.year_of_pot", "pot_year")
        classes = cells.classes("classes")
        level = cells.choice("level", LEVELS, LEVELS_SAID) or SourceKind.DISTRICT
        cap = cells.money("project_cap")
        if findings.count == before and amount is not None and year is not None:
            pots.append(
                Pot(
                    id=name,
                    name=cells.text("pot_name") or name,
                    year=year,
                    amount=amount,
                    level=level,
                    owner=cells.text("owner"),
                    purpose=cells.text("purpose"),
                    classes=classes,
                    items=frozenset(spelled.of(cells, "items", part) for part in cells.parts("items")),
                    areas=frozenset(spelled.of(cells, "areas", part) for part in cells.parts("areas")),
                    project_cap=cap,
                )
            )
    return tuple(pots)


class _Projects:
    """The projects of a table, and the rules that stand in their rows."""

    def __init__(self, table: ReadTable, findings: Findings, spelled: Spellings) -> None:
        self._spelled = spelled
        for name in CLASS_NAMES.values():
            spelled.add(name)
        self.projects: list[PlannedProject] = []
        self.others: dict[str, Mapping[SourceKind, int]] = {}
        self.orders: list[Order] = []
        self.exclusions: list[Exclusion] = []
        self.locks: list[Lock] = []
        first: dict[str, int] = {}
        ids: dict[str, str] = {}
        named: list[tuple[str, Cells]] = []
        for row in table.rows:
            cells = Cells(table, row, findings)
            name = cells.needed("id")
            named.append((name, cells))
            if name:
                cells.once(first, name_key(name), "id", "planning.twice", name)
                ids.setdefault(name_key(name), name)
            self._project(cells, name)
        pairs: set[frozenset[str]] = set()
        for name, cells in named:
            for column, is_required in (("after", False), ("requires", True)):
                for other in self._others(cells, column, ids, name):
                    self.orders.append(Order(first=other, then=name, is_required=is_required))
            for other in self._others(cells, "excludes", ids, name):
                if frozenset((name, other)) not in pairs:
                    pairs.add(frozenset((name, other)))
                    self.exclusions.append(Exclusion(projects=(name, other)))

    def _others(self, cells: Cells, column: str, ids: dict[str, str], name: str) -> list[str]:
        found = []
        for written in cells.parts(column):
            other = ids.get(name_key(written))
            if other is None or other == name:
                cells.fault("planning.unknown_project", column, value=written[:40])
            else:
                found.append(other)
        return found

    def _project(self, cells: Cells, name: str) -> None:
        before = cells.findings.count
        cost, score = own_cost(cells), cells.number("score")
        if score is not None and score < 0:
            cells.fault("value.negative", "score", value=str(score))
        sites = cells.whole("sites", 10_000)
        years = self._years(cells)
        is_chosen = cells.choice("lock", _CHOSEN, "人工列入、人工剔除")
        if is_chosen is not None:
            reason = cells.text("lock_reason", 500)
            if reason:
                lock_year = cells.whole("lock_year", 9999)
                self.locks.append(Lock(project=name, is_chosen=is_chosen, reason=reason, year=lock_year))
            else:
                cells.fault("planning.lock_without_reason", "lock_reason")
        classes = cells.classes("item_class")
        made: dict[str, Any] = {
            "name": cells.text("name"),
            "votes": cells.whole("votes") or 0,
            "score": Fraction(score or 0),
            "households": cells.whole("households") or 0,
            "item_classes": classes,
            "items": self._all(cells, "items"),
            "areas": frozenset(
                self._spelled.of(cells, one, area)
                for one in ("district", "street", "community")
                if (area := cells.text(one))
            ),
            # A floor or cap may name a class, as on the planners' screen.
            "groups": self._all(cells, "groups") | {CLASS_NAMES[one] for one in classes},
            "sites": 1 if sites is None else sites,
            "mandatory": cells.yes("mandatory"),
            "promised_year": cells.whole("promised_year", 9999),
            "years": years,
        }
        if cells.findings.count == before and cost is not None:
            self.others[name] = cost.sources
            self.projects.append(PlannedProject(id=name, cost=cost.for_pots, whole=cost.whole, **made))

    def _all(self, cells: Cells, name: str) -> frozenset[str]:
        return frozenset(self._spelled.of(cells, name, part) for part in cells.parts(name))

    def _years(self, cells: Cells) -> frozenset[int]:
        found = set()
        for part in cells.parts("years"):
            if part.isascii() and part.isdecimal() and len(part) <= 4:
                found.add(int(part))
            else:
                cells.fault("planning.not_list", "years", value=part[:40])
        return frozenset(found)


def _rules(
    table: ReadTable, findings: Findings, known: frozenset[str], spelled: Spellings
) -> tuple[tuple[GroupRule, ...], tuple[Capacity, ...]]:
    """Read floors, caps and capacity; ``known`` are the names that projects are grouped by."""
    rules: list[GroupRule] = []
    capacities: list[Capacity] = []
    for row in table.rows:
        cells = Cells(table, row, findings)
        before = findings.count
        year, sites = cells.whole("rule_year", 9999), cells.whole("max_sites")
        low_cost, high_cost = cells.money("min_cost"), cells.money("max_cost")
        low_count, high_count = cells.whole("min_count"), cells.whole("max_count")
        if sites is not None and year is None:
            cells.fault("planning.needed", "rule_year")
        limits = any(limit is not None for limit in (low_cost, high_cost, low_count, high_count))
        # A year's capacity is everybody's.
        group = cells.needed("group") if limits or sites is None else ""
        group = spelled.of(cells, "group", group) if group else ""
        if limits and group and known and group not in known:
            cells.fault("planning.unknown_group", "group", value=group[:40])
        if low_cost is not None and high_cost is not None and low_cost > high_cost:
            cells.fault("planning.low_above_high", "min_cost")
        if low_count is not None and high_count is not None and low_count > high_count:
            cells.fault("planning.low_above_high", "min_count")
        if findings.count > before:
            continue
        if sites is not None and year is not None:
            capacities.append(Capacity(year=year, sites=sites))
        if limits:
            rules.append(
                GroupRule(
                    group=group,
                    min_cost=low_cost or 0,
                    max_cost=high_cost,
                    min_count=low_count or 0,
                    max_count=high_count,
                    year=year,
                    source=cells.text("source", 500),
                )
            )
    return tuple(rules), tuple(capacities)
