"""What a project costs by a planner's own list: reviewed before estimated before other figures, less other money."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.model.projects import CostBasis

COST_FIELDS = (
    Field("reviewed", ("财评价", "财评金额", "财评", "评审金额", "财政评审金额", "审定金额", "reviewed cost")),
    Field("estimate", ("概算", "概算金额", "概算投资", "设计概算", "estimated cost")),
    Field("cost", ("费用", "投资", "费用（万元）", "费用（元）", "总投资", "估算", "cost")),
    Field("self_raised", ("居民出资", "自筹", "自筹资金", "居民自筹", "居民出资金额", "self-raised")),
    Field("self_share", ("自筹比例", "居民出资比例", "居民出资占比", "self-raised share")),
)
#: In the order in which they count.
COST_FIGURES = (("reviewed", CostBasis.REVIEWED), ("estimate", CostBasis.ESTIMATE), ("cost", CostBasis.LIST))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCost:
    """A project's cost in fen with the figure that counts, and what residents bring of it."""

    basis: CostBasis
    whole: int
    self_raised: int = 0

    @property
    def for_pots(self) -> int:
        """What is left for the pots."""
        return self.whole - self.self_raised


def own_cost(cells: Cells) -> OwnCost | None:
    """Read what a row says a project costs; ``None`` where it says nothing or a fault is noted.

    The reviewed cost 财评 counts before the estimate 概算, and that before any other figure of the list.
    """
    before = cells.findings.count
    figures = {basis: cells.money(name) for name, basis in COST_FIGURES}
    raised, share = cells.money("self_raised"), cells.share("self_share")
    if cells.findings.count > before:
        return None
    basis = next((basis for basis, figure in figures.items() if figure is not None), None)
    if basis is None:
        cells.fault(
            "planning.cost_missing", next((name for name, _ in COST_FIGURES if name in cells.table.columns), None)
        )
        return None
    whole = figures[basis] or 0
    if raised is None and share is not None:
        raised = int(Fraction(whole) * share + Fraction(1, 2))
    if (raised or 0) > whole:
        cells.fault("planning.raised_more", "self_raised")
        return None
    column = next(name for name, one in COST_FIGURES if one is basis)
    others = [cells.table.headings[name] for name, one in COST_FIGURES if one is not basis and figures[one] is not None]
    if others:
        place = cells.table.place(cells.row, column)
        cells.findings.change("planning.cost_counts", place, before=tuple(others), after=cells.table.headings[column])
    if raised:
        place = cells.table.place(cells.row, "self_raised" if "self_raised" in cells.table.columns else "self_share")
        cells.findings.change("planning.self_raised", place)
    return OwnCost(basis=basis, whole=whole, self_raised=raised or 0)
