"""The one book of money: what each pot has, has promised, has paid; what each project needs and who covers it.

Gap, pledges, matching, batch, programme and documents read it, and nothing adds up beside it. Exact fen throughout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TypeVar

from renovation.model.elections import Reason
from renovation.model.funding import (
    Contribution,
    FundedProject,
    MatchingRule,
    PlannedPayment,
    Pledge,
    PledgeState,
    Pot,
    SourceKind,
)
from renovation.model.items import ItemClass
from renovation.model.projects import ProjectStatus
from renovation.model.scenarios import OtherMoney
from renovation.rules.money.funding import Funding, funding_of, pot_refusal, unlocked_if_raised

K = TypeVar("K")

_SUMMED = ("cost", "received", "promised", "matched", "planned", "gap")


@dataclass(frozen=True, slots=True, kw_only=True)
class PotAccount:
    """A pot and what has become of it, in fen.

    Attributes
    ----------
    programme
        What adopted programmes pay from it, recorded as sources since or not.
    besides
        What sources promise or have paid out beyond that, whichever is more for each.
    matched
        What it adds by its matching rules.
    paid
        What has been paid out.
    projects
        How many projects it takes part in.
    """

    pot: Pot
    programme: int
    besides: int
    matched: int
    paid: int
    projects: int

    @property
    def promised(self) -> int:
        """Return all that is spoken for, paid out or not."""
        return self.programme + self.besides + self.matched

    @property
    def free(self) -> int:
        """Return what is not spoken for; negative when more was promised than there is."""
        return self.pot.amount - self.promised

    @property
    def share_used(self) -> Fraction:
        """Return what is spoken for as a share of the pot, the whole of it where more is."""
        return min(Fraction(1), Fraction(self.promised, self.pot.amount)) if self.pot.amount else Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleFunding:
    """Works that seem to be paid for twice: projects of one item in one estate, or one project from equal pots."""

    estate_id: int
    codes: tuple[str, ...]
    item_code: str


def worth(line: Contribution) -> int:
    """Return what a source binds: promised or arrived, whichever is more."""
    return max(line.pledged, line.received)


class Books:
    """The money of every project on a day: what a pot has left for one depends on all the others.

    Who keeps one source after the other writes each into the book (:meth:`know`, :meth:`keep`) instead of reading all
    of it again.

    Parameters
    ----------
    contributions, pledges
        By project.
    classes
        The class of each item of the catalogue.
    payments
        What adopted programmes pay.
    """

    def __init__(
        self,
        *,
        day: date,
        projects: Mapping[int, FundedProject],
        contributions: Mapping[int, Sequence[Contribution]],
        pledges: Mapping[int, Sequence[Pledge]],
        pots: Iterable[Pot],
        rules: Sequence[MatchingRule],
        classes: Mapping[str, ItemClass],
        payments: Sequence[PlannedPayment] = (),
    ) -> None:
        self.day = day
        self.projects = dict(projects)
        self.contributions = {number: list(lines) for number, lines in contributions.items()}
        self.pledges = pledges
        self.pots = {pot.id: pot for pot in pots}
        self.rules = rules
        self._classes = classes
        self._committed = dict.fromkeys(self.pots, 0)
        for line in (line for lines in contributions.values() for line in lines):
            if line.pot is not None:
                self._committed[line.pot] += worth(line)
        # What was withdrawn since is paid by nobody.
        gone = {number for number, one in projects.items() if one.status is ProjectStatus.WITHDRAWN}
        self.payments = tuple(one for one in payments if one.project not in gone)
        self._payments_to: dict[int, list[PlannedPayment]] = {}
        for one in sorted(self.payments, key=lambda one: one.year):
            self._payments_to.setdefault(one.project, []).append(one)
        #: By pot and project: what adopted programmes pay and nobody has recorded yet.
        self._planned: dict[str, dict[int, int]] = {}
        #: By pot, rule and project: what rules would add if their pot never ran dry.
        self._wanted: dict[str, dict[tuple[str, int], int]] = {pot: {} for pot in self.pots}
        #: What each of these comes to by pot.
        self._sums: dict[str, Counter[str]] = {pot: Counter() for pot in self.pots}
        self._short: dict[str, tuple[Mapping[tuple[str, int], int], int]] = {}
        for number in self._payments_to:
            self._plan(number)
        for number in self.contributions.keys() | self.pledges.keys():
            self._ask(number)

    def know(self, project: FundedProject) -> None:
        """Write a project into the book that is new, or costs something else now."""
        if self.projects.get(project.id) != project:
            self.projects[project.id] = project
            self._ask(project.id)

    def keep(self, line: Contribution, before: Contribution | None = None) -> None:
        """Write a source into the book as it stands now, ``before`` being what it was."""
        number = int(line.project)
        lines = self.contributions.setdefault(number, [])
        if before is None:
            lines.append(line)
        else:
            lines[:] = [line if one.id == before.id else one for one in lines]
        for one, sign in ((line, 1), (before, -1)):
            if one is not None and one.pot is not None:
                self._committed[one.pot] += sign * worth(one)
                self._short.pop(one.pot, None)
        self._plan(number)
        self._ask(number)

    def _plan(self, number: int) -> None:
        """Work out what adopted programmes pay to a project and nobody has recorded yet."""
        # What was recorded since counts once, for the payment of the earliest year.
        used: Counter[str] = Counter()
        still: Counter[str] = Counter()
        for one in self._payments_to.get(number, ()):
            now = sum(worth(line) for line in self.contributions.get(number, ()) if line.pot == one.pot)
            recorded = min(one.amount, max(0, now - one.before - used[one.pot]))
            used[one.pot] += recorded
            still[one.pot] += one.amount - recorded
        for pot, amount in still.items():
            self._write(self._planned.setdefault(pot, {}), pot, "planned", number, amount)

    def _ask(self, number: int) -> None:
        """Work out what the rules of pots that may pay for a project would add to it."""
        project = self.projects.get(number)
        for rule in self.rules:
            if rule.pot is not None and project is not None:
                may = self.refusal(project, self.pots[rule.pot]) is None
                amount = self._asked(project, rule) if may else 0
                self._write(self._wanted[rule.pot], rule.pot, "wanted", (rule.id, number), amount)

    def _write(self, found: dict[K, int], pot: str, name: str, key: K, amount: int) -> None:
        """Write an amount of a pot and what its like come to."""
        if before := found.pop(key, 0):
            self._sums[pot][name] -= before
        if amount:
            found[key] = amount
            self._sums[pot][name] += amount
        if before != amount:
            self._short.pop(pot, None)

    def _room(self, pot: str) -> int:
        """Return what a pot has left for its matching rules."""
        return max(0, self.pots[pot].amount - self._committed[pot] - self._sums[pot]["planned"])

    def _grants(self, pot: str) -> tuple[Mapping[tuple[str, int], int], int]:
        """Return what a pot's rules add to each project, and what the pot has left after that.

        A pot never matches with money it does not have, or that an adopted programme spends: where it is short,
        projects are served in the order of their numbers.
        """
        left = self._room(pot)
        wanted = self._wanted[pot]
        if self._sums[pot]["wanted"] <= left:
            return wanted, left - self._sums[pot]["wanted"]
        if pot not in self._short:
            granted = {}
            order = {rule.id: at for at, rule in enumerate(self.rules)}
            for key in sorted(wanted, key=lambda key: (order[key[0]], key[1])):
                granted[key] = min(wanted[key], left)
                left -= granted[key]
            self._short[pot] = granted, left
        return self._short[pot]

    def _asked(self, project: FundedProject, rule: MatchingRule) -> int:
        """Return what a rule would add if its pot never ran dry: the funding with the rule alone."""
        lines, promised = self._lines(project)
        return funding_of(project.cost, lines, promised, [rule], today=self.day).matched

    def planned(self, project_id: int) -> dict[str, int]:
        """Return what adopted programmes pay for a project and nobody has recorded yet, in fen by pot."""
        return {pot: found[project_id] for pot, found in self._planned.items() if found.get(project_id)}

    def _planned_by_kind(self, project: FundedProject) -> dict[SourceKind, int]:
        found: dict[SourceKind, int] = {}
        for pot, amount in self.planned(project.id).items():
            found[self.pots[pot].level] = found.get(self.pots[pot].level, 0) + amount
        return found

    def _lines(self, project: FundedProject) -> tuple[Sequence[Contribution], Sequence[Pledge]]:
        return self.contributions.get(project.id, ()), self.pledges.get(project.id, ())

    def refusal(self, project: FundedProject, pot: Pot) -> Reason | None:
        """Say why a pot may not pay for a project, or ``None``."""
        kind = self._classes.get(project.item_code)
        return pot_refusal(
            pot,
            cost=project.cost,
            item_classes=() if kind is None else (kind,),
            items=(project.item_code,),
            areas=project.estate.names,
        )

    def rules_for(self, project: FundedProject) -> list[MatchingRule]:
        """Return the matching rules of pots that may pay for a project, and those outside the pots.

        A rule's cap is no more than what its pot gives this project and has left besides.
        """
        found = []
        for rule in self.rules:
            if rule.pot is None:
                found.append(rule)
            elif self.refusal(project, self.pots[rule.pot]) is None:
                granted, left = self._grants(rule.pot)
                found.append(replace(rule, cap=min(rule.cap, granted.get((rule.id, project.id), 0) + left)))
        return found

    def funding(self, project: FundedProject) -> Funding:
        """Add up a project's money."""
        planned = self._planned_by_kind(project)
        return funding_of(project.cost, *self._lines(project), self.rules_for(project), today=self.day, planned=planned)

    def matches(self, project: FundedProject) -> list[tuple[MatchingRule, int]]:
        """Return what each rule adds."""
        return [(rule, self._asked(project, rule)) for rule in self.rules_for(project)]

    def unlocked(self, project: FundedProject, funding: Funding) -> int:
        """Return the least that residents would have to raise to close the gap."""
        rules = [rule for rule in self.rules_for(project) if rule.cap]
        if not rules:
            return funding.gap
        planned = self._planned_by_kind(project)
        return unlocked_if_raised(project.cost, *self._lines(project), rules, today=self.day, planned=planned)

    def account(self, pot: Pot) -> PotAccount:
        """Return what has become of a pot, over all projects."""
        lines = [(number, line) for number, found in self.contributions.items() for line in found if line.pot == pot.id]
        matched = [
            (number, added)
            for number in (self.contributions.keys() | self.pledges.keys()) & self.projects.keys()
            for rule, added in self.matches(self.projects[number])
            if rule.pot == pot.id and added
        ]
        payments = [one for one in self.payments if one.pot == pot.id]
        programme = sum(one.amount for one in payments)
        recorded = programme - self._sums[pot.id]["planned"]
        return PotAccount(
            pot=pot,
            programme=programme,
            besides=self._committed[pot.id] - recorded,
            matched=sum(added for _, added in matched),
            paid=sum(line.received for _, line in lines),
            projects=len({number for number, _ in [*lines, *matched]} | {one.project for one in payments}),
        )

    def spendable(self, year: int) -> dict[str, int]:
        """Return what each pot of a year can still spend, in fen: what a batch's budget and a programme begin with."""
        return {pot.id: max(0, self.account(pot).free) for pot in self.pots.values() if pot.year == year}

    def free_for(self, pot: str, project_id: int) -> int:
        """Return what a pot can still promise a project: not what it promised others, or adopted programmes plan."""
        _, left = self._grants(pot)
        matched = self._room(pot) - left
        others = self._sums[pot]["planned"] - self._planned.get(pot, {}).get(project_id, 0)
        return max(0, self.pots[pot].amount - self._committed[pot] - matched - others)

    def overdraft(self, line: Contribution, before: Contribution | None) -> int:
        """Return by how much a source takes more out of its pot than is free for it; 0 when it does not."""
        if line.pot is None:
            return 0
        more = worth(line) - (worth(before) if before is not None and before.pot == line.pot else 0)
        return max(0, more - self.free_for(line.pot, int(line.project))) if more > 0 else 0

    def may_still_pay(self, project: FundedProject, pot: Pot) -> bool:
        """Tell whether a pot pays for a project: it may, or has promised to before the cost rose."""
        promised = any(line.pot == pot.id for line in self.contributions.get(project.id, ()))
        return promised or pot.id in self.planned(project.id) or self.refusal(project, pot) is None

    def lacks(self, project: FundedProject, line: Contribution, before: Contribution | None = None) -> int:
        """Return the most a source may promise a project: what nobody covers, and what the source covers already.

        Part of what it promises may be what an adopted programme pays from its pot; that is covered once.
        """
        planned = self.planned(project.id).get(line.pot, 0) if line.pot is not None else 0
        return self.funding(project).gap + planned + (worth(before) if before is not None else 0)

    def beyond_need(self, project: FundedProject, line: Contribution, before: Contribution | None = None) -> int:
        """Return by how much a source promises more than a project lacks; what stands already may stay."""
        if before is not None and worth(line) <= worth(before):
            return 0
        return max(0, worth(line) - self.lacks(project, line, before))

    def given(self, project: FundedProject, *, counts_pledges: bool) -> tuple[OtherMoney, ...]:
        """Return what others and adopted programmes give a project; promises and matching count if asked for."""
        lines, pledges = self._lines(project)
        found = [
            OtherMoney(kind=one.kind, amount=worth(one) if counts_pledges else one.received, pot=one.pot)
            for one in lines
        ]
        for pledge in pledges:
            counts = counts_pledges and pledge.state(self.day) is PledgeState.OPEN
            amount = max(pledge.received, pledge.amount if counts else 0)
            found.append(OtherMoney(kind=pledge.kind, amount=amount))
        for rule, added in self.matches(project) if counts_pledges else ():
            kind = SourceKind.PRIVATE if rule.pot is None else self.pots[rule.pot].level
            found.append(OtherMoney(kind=kind, amount=added, pot=rule.pot, is_recorded=False))
        for pot, amount in self.planned(project.id).items():
            found.append(OtherMoney(kind=self.pots[pot].level, amount=amount, pot=pot, is_recorded=False))
        return tuple(one for one in found if one.amount)


def paid_twice(
    projects: Iterable[FundedProject], contributions: Mapping[int, Sequence[Contribution]], pots: Mapping[str, Pot]
) -> list[DoubleFunding]:
    """List works that seem to be paid for twice.

    Two live projects of one item in one estate with public money each; or one project with two pots of one year and
    level. People decide whether it is one work or two.
    """
    found: list[DoubleFunding] = []
    by_work: dict[tuple[int, str], list[str]] = {}
    for one in projects:
        public = [line for line in contributions.get(one.id, ()) if line.kind.is_public]
        if one.status is ProjectStatus.WITHDRAWN or not public:
            continue
        by_work.setdefault((one.estate.id, one.item_code), []).append(one.code)
        named = {line.pot for line in public if line.pot is not None}
        if len({(pots[pot].year, pots[pot].level) for pot in named}) < len(named):
            found.append(DoubleFunding(estate_id=one.estate.id, codes=(one.code,), item_code=one.item_code))
    return found + [
        DoubleFunding(estate_id=estate_id, codes=tuple(codes), item_code=item_code)
        for (estate_id, item_code), codes in by_work.items()
        if len(codes) > 1
    ]


def sum_of_pots(accounts: Iterable[PotAccount]) -> dict[str, int]:
    """Add up pots, in fen."""
    every = tuple(accounts)
    names = ("programme", "besides", "matched", "promised", "paid", "free")
    return {
        "amount": sum(one.pot.amount for one in every),
        "carried": sum(one.pot.carried for one in every),
        **{name: sum(getattr(one, name) for one in every) for name in names},
    }


def sum_of_fundings(fundings: Iterable[Funding]) -> dict[str, int]:
    """Add up the money of several projects, in fen."""
    every = tuple(fundings)
    return {name: sum(getattr(one, name) for one in every) for name in _SUMMED}


def leverage_of(fundings: Iterable[Funding]) -> Fraction | None:
    """Return the social money per yuan of public money over several projects; ``None`` without public money."""
    social = public = 0
    for funding in fundings:
        public += funding.matched
        for kind, amount in funding.by_kind.items():
            if kind.is_public:
                public += amount
            else:
                social += amount
    return Fraction(social, public) if public else None
