"""What money a project has, what is missing, and what would unlock it. Exact fen throughout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from renovation.model.elections import Reason
from renovation.model.funding import Contribution, MatchingRule, Pledge, PledgeState, Pot, SourceKind
from renovation.model.items import ItemClass
from renovation.model.money import MAX_FEN, Fen, fen
from renovation.model.names import name_key, name_keys


def match(rule: MatchingRule, raised: int) -> Fen:
    """Return what a rule adds to ``raised`` fen, rounded down, never above its cap."""
    if raised < rule.minimum or raised <= 0:
        return Fen(0)
    return fen(min(rule.cap, raised * rule.ratio.numerator // rule.ratio.denominator))


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """A project's money on a day, in fen.

    Attributes
    ----------
    received, promised
        Arrived, and live promises not yet arrived. Expired and withdrawn promises stand in ``lapsed``.
    matched
        What matching rules add.
    planned
        What adopted programmes pay out of their pots and nobody has recorded as a source yet.
    gap
        What nobody pays yet, see :func:`gap_of`: cost less received, promised, matched and planned.
    gap_received
        Cost less what has arrived or a programme pays: the gap if every promise failed.
    hours
        Work in kind; never turned into money.
    """

    cost: int
    received: int
    promised: int
    lapsed: int
    matched: int
    planned: int
    gap: int
    gap_received: int
    by_kind: Mapping[SourceKind, int]
    hours: Fraction

    @property
    def beyond(self) -> int:
        """What comes to more than the cost, as after a review that lowered it, in fen."""
        return max(0, self.received + self.promised + self.matched + self.planned - self.cost)

    @property
    def there(self) -> int:
        """What of the cost is there, promised or matched."""
        return self.cost - self.gap

    @property
    def share_there(self) -> Fraction:
        """What is there as a share of the cost."""
        return Fraction(self.there, self.cost) if self.cost else Fraction(1)

    def is_matched_by(self, raised: int) -> bool:
        """Tell whether rules would add to what closes the gap: fewer fen than it has to be raised."""
        return raised < self.gap


def gap_of(cost: int, *covered: int) -> int:
    """Return what of a cost nobody pays yet, in fen; never negative. Nobody works a gap out in another way."""
    return max(0, cost - sum(covered))


def _raised(
    rule: MatchingRule, contributions: Iterable[Contribution], live: Iterable[Pledge], arrived: Iterable[Pledge]
) -> int:
    total = sum(pledge.received for pledge in arrived if pledge.kind in rule.kinds)
    for line in contributions:
        if line.kind in rule.kinds:
            total += max(line.pledged, line.received) if rule.counts_pledges else line.received
    if rule.counts_pledges:
        total += sum(pledge.amount - pledge.received for pledge in live if pledge.kind in rule.kinds)
    return total


def funding_of(
    cost: int,
    contributions: Sequence[Contribution],
    pledges: Sequence[Pledge] = (),
    rules: Sequence[MatchingRule] = (),
    *,
    today: date,
    planned: Mapping[SourceKind, int] | None = None,
) -> Funding:
    """Add up a project's money as it stands on ``today``.

    Parameters
    ----------
    planned
        What adopted programmes still pay, in fen by the level of their pots.
    """
    open_pledges = [pledge for pledge in pledges if pledge.state(today) is PledgeState.OPEN]
    by_kind: dict[SourceKind, int] = {}
    received = promised = 0
    for line in contributions:
        received += line.received
        promised += max(0, line.pledged - line.received)
        by_kind[line.kind] = by_kind.get(line.kind, 0) + max(line.pledged, line.received)
    for pledge in pledges:
        received += pledge.received
        open_part = max(0, pledge.amount - pledge.received) if pledge in open_pledges else 0
        promised += open_part
        by_kind[pledge.kind] = by_kind.get(pledge.kind, 0) + pledge.received + open_part
    lapsed = sum(
        max(0, pledge.amount - pledge.received)
        for pledge in pledges
        if not pledge.offered and pledge.state(today) in (PledgeState.EXPIRED, PledgeState.WITHDRAWN)
    )
    for kind, amount in (planned or {}).items():
        by_kind[kind] = by_kind.get(kind, 0) + amount
    in_programme = sum((planned or {}).values())
    matched = sum(match(rule, _raised(rule, contributions, open_pledges, pledges)) for rule in rules)
    return Funding(
        cost=cost,
        received=received,
        promised=promised,
        lapsed=lapsed,
        matched=matched,
        planned=in_programme,
        gap=gap_of(cost, received, promised, matched, in_programme),
        gap_received=gap_of(cost, received, in_programme),
        by_kind={kind: amount for kind, amount in by_kind.items() if amount},
        hours=sum((line.hours for line in contributions), Fraction(0))
        + sum((pledge.hours for pledge in open_pledges), Fraction(0)),
    )


def unlocked_if_raised(
    cost: int,
    contributions: Sequence[Contribution],
    pledges: Sequence[Pledge] = (),
    rules: Sequence[MatchingRule] = (),
    *,
    today: date,
    planned: Mapping[SourceKind, int] | None = None,
    kind: SourceKind = SourceKind.RESIDENTS,
) -> Fen:
    """Return the least sum in fen that, raised by ``kind``, closes the gap together with what it is matched by.

    Zero when there is no gap. More raised never closes less, so halving the interval finds the exact fen.
    """
    now = funding_of(cost, contributions, pledges, rules, today=today, planned=planned)
    if not now.gap:
        return Fen(0)
    project = contributions[0].project if contributions else pledges[0].project if pledges else ""

    def is_closed(sum_raised: int) -> bool:
        extra = Contribution(project=project, kind=kind, received=sum_raised)
        return not funding_of(cost, [*contributions, extra], pledges, rules, today=today, planned=planned).gap

    low, high = 0, min(now.gap, MAX_FEN)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_closed(middle) else (middle, high)
    return fen(high)


def pot_refusal(
    pot: Pot,
    *,
    cost: int,
    item_classes: Collection[ItemClass] = (),
    items: Collection[str] = (),
    areas: Collection[str] = (),
    year: int | None = None,
) -> Reason | None:
    """Say why a pot may not pay for a project, or ``None`` when it may.

    Parameters
    ----------
    cost
        The whole project, in fen, whoever pays the rest: what a cap per project looks at.
    areas
        All the places the project lies in, from district down to community.
    """
    if year is not None and year != pot.year:
        return Reason("pot.year", {"pot": pot.name, "year": pot.year})
    if pot.classes and not set(item_classes) <= pot.classes:
        return Reason("pot.item_class", {"pot": pot.name})
    if pot.items and not set(items) <= pot.items:
        return Reason("pot.item", {"pot": pot.name})
    if pot.areas and name_keys(pot.areas).isdisjoint(map(name_key, areas)):
        return Reason("pot.area", {"pot": pot.name})
    if pot.project_cap is not None and cost > pot.project_cap:
        return Reason("pot.cap", {"pot": pot.name, "cost": cost, "cap": pot.project_cap})
    return None
