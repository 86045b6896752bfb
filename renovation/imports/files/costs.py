"""What a project costs by a planner's own list: reviewed before estimated before other figures, less other money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.model.funding import SourceKind
from renovation.model.projects import CostBasis

COST_FIELDS = (
    Field("reviewed", ("财评价", "财评金额", "财评", "评审金额", "财政评审金额", "审定金额", "reviewed cost")),
    Field("estimate", ("概算", "概算金额", "概算投资", "设计概算", "estimated cost")),
    Field("cost", ("费用", "投资", "费用（万元）", "费用（元）", "总投资", "估算", "cost")),
    Field("self_raised", ("居民出资", "自筹", "自筹资金", "居民自筹", "居民出资金额", "self-raised")),
    Field("self_share", ("自筹比例", "居民出资比例", "居民出资占比", "self-raised share")),
)
SOURCE_FIELDS = (
    Field("owner_unit", ("产权单位出资", "产权单位", "owner unit")),
    Field("utility", ("专营单位出资", "专营单位", "utilities")),
    Field("special", ("专项资金", "专项债券", "special funds")),
    Field("maintenance_fund", ("维修资金", "专项维修资金", "maintenance fund")),
    Field("common_income", ("公共收益", "common income")),
    Field("private", ("社会资本", "社会资本出资", "private capital")),
    Field("charity", ("慈善资金", "慈善", "charity")),
)
#: Columns of what others than residents and the pots bring.
SOURCES = {one.name: SourceKind(one.name) for one in SOURCE_FIELDS}
#: In the order in which they count.
COST_FIGURES = (("reviewed", CostBasis.REVIEWED), ("estimate", CostBasis.ESTIMATE), ("cost", CostBasis.LIST))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCost:
    """A project's cost in fen with the figure that counts, and what others than the pots bring of it."""

    basis: CostBasis
    whole: int
    sources: Mapping[SourceKind, int] = field(default_factory=dict)

    @property
    def for_pots(self) -> int:
        """What is left for the pots."""
        return self.whole - sum(self.sources.values())


def residents_part(cells: Cells) -> tuple[int | None, Fraction | None]:
    """Return what residents bring, in fen or as a share: an amount counts before a share, which is then said."""
    raised, share = cells.money("self_raised"), cells.share("self_share")
    if raised is not None and share is not None:
        headings = cells.table.headings
        place = cells.table.place(cells.row, "self_share")
        cells.findings.change(
            "planning.amount_counts", place, before=headings["self_share"], after=headings["self_raised"]
        )
        share = None
    return raised, share


def own_cost(cells: Cells) -> OwnCost | None:
    """Read what a row says a project costs; ``None`` where it says nothing or a fault is noted.

    The reviewed cost 财评 counts before the estimate 概算, and that before any other figure of the list.
    """
    before = cells.findings.count
    figures = {basis: cells.money(name) for name, basis in COST_FIGURES}
    sources = {name: cells.money(name) or 0 for name in SOURCES}
    raised, share = residents_part(cells)
    if cells.findings.count > before:
        return None
    basis = next((basis for basis, figure in figures.items() if figure is not None), None)
    if basis is None:
        cells.fault(
            "planning.cost_missing", next((name for name, _ in COST_FIGURES if name in cells.table.columns), None)
        )
        return None
    whole = figures[basis] or 0
    if share is not None:
        sources["self_share"] = int(Fraction(whole) * share + Fraction(1, 2))
    else:
        sources["self_raised"] = raised or 0
    sources = {name: amount for name, amount in sources.items() if amount}
    if sum(sources.values()) > whole:
        cells.fault("planning.raised_more", next(reversed(sources)))
        return None
    column = next(name for name, one in COST_FIGURES if one is basis)
    others = [cells.table.headings[name] for name, one in COST_FIGURES if one is not basis and figures[one] is not None]
    if others:
        place = cells.table.place(cells.row, column)
        cells.findings.change("planning.cost_counts", place, before=tuple(others), after=cells.table.headings[column])
    for name in sources:
        cells.findings.change("planning.brought", cells.table.place(cells.row, name))
    given = {SOURCES.get(name, SourceKind.RESIDENTS): amount for name, amount in sources.items()}
    return OwnCost(basis=basis, whole=whole, sources=given)
