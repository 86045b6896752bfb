"""The lives of projects, demands and estates: what may follow what, by which act, and what that does to neighbours.

Services ask here and nowhere else; the help page and ``docs/lives.md`` are drawn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from renovation.model.demands import DemandStatus
from renovation.model.places import RenovationStatus
from renovation.model.projects import ProjectStatus

Status = TypeVar("Status", bound=StrEnum)
Act = TypeVar("Act", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Step(Generic[Status, Act]):
    """One row of a life: from which status, by which act, to which."""

    before: Status
    act: Act
    after: Status


@dataclass(frozen=True, slots=True)
class Life(Generic[Status, Act]):
    """All steps of a noun, the status it begins in, and the act that makes one."""

    begins: Status
    born: Act
    steps: tuple[Step[Status, Act], ...]

    def before(self, act: Act) -> frozenset[Status]:
        """Return the statuses in which an act exists."""
        return frozenset(step.before for step in self.steps if step.act is act)

    def after(self, before: Status, act: Act) -> frozenset[Status]:
        """Return what an act can make of a status; nothing where it does not exist there."""
        return frozenset(step.after for step in self.steps if step.before is before and step.act is act)

    def follows(self, before: Status) -> frozenset[Status]:
        """Return the statuses that may come next, by any act."""
        return frozenset(step.after for step in self.steps if step.before is before)

    def is_over(self, status: Status) -> bool:
        """Tell whether nothing can follow any more."""
        return not self.follows(status)


def _life(begins: Status, born: Act, *steps: tuple[tuple[Status, ...], Act, tuple[Status, ...]]) -> Life[Status, Act]:
    return Life(
        begins,
        born,
        tuple(Step(one, act, other) for befores, act, afters in steps for one in befores for other in afters),
    )


class ProjectAct(StrEnum):
    """What moves a project on."""

    CREATE = "create"
    EDIT = "edit"
    RECORD_FIGURE = "record_figure"
    OPEN_POLL = "open_poll"
    WIN = "win"
    LOSE = "lose"
    CANCEL_POLL = "cancel_poll"
    ADOPT = "adopt"
    TAKE_BACK = "take_back"
    BEGIN_WORKS = "begin_works"
    FINISH_WORKS = "finish_works"
    WITHDRAW = "withdraw"


_P = ProjectStatus
_FREE = (_P.PRICED, _P.NOT_CHOSEN)
_PLANNABLE = (*_FREE, _P.CHOSEN)
#: A review comes when it comes, as a rule after the vote; only while residents are voting the cost they see stands.
_REVIEWED = (*_PLANNABLE, _P.IN_PROGRAMME, _P.IN_WORKS)

PROJECT_LIFE = _life(
    _P.PRICED,
    ProjectAct.CREATE,
    ((_P.PRICED,), ProjectAct.EDIT, (_P.PRICED,)),
    ((_P.NOT_CHOSEN,), ProjectAct.EDIT, (_P.NOT_CHOSEN,)),
    *(((one,), ProjectAct.RECORD_FIGURE, (one,)) for one in _REVIEWED),
    (_FREE, ProjectAct.OPEN_POLL, (_P.IN_POLL,)),
    ((_P.IN_POLL,), ProjectAct.WIN, (_P.CHOSEN,)),
    ((_P.IN_POLL,), ProjectAct.LOSE, (_P.NOT_CHOSEN,)),
    ((_P.IN_POLL,), ProjectAct.CANCEL_POLL, (_P.PRICED,)),
    (_PLANNABLE, ProjectAct.ADOPT, (_P.IN_PROGRAMME,)),
    # Taking an adoption back restores what each project was before.
    ((_P.IN_PROGRAMME,), ProjectAct.TAKE_BACK, _PLANNABLE),
    ((_P.CHOSEN, _P.IN_PROGRAMME), ProjectAct.BEGIN_WORKS, (_P.IN_WORKS,)),
    ((_P.IN_WORKS,), ProjectAct.FINISH_WORKS, (_P.DONE,)),
    ((*_PLANNABLE, _P.IN_PROGRAMME), ProjectAct.WITHDRAW, (_P.WITHDRAWN,)),
)

#: Projects in these statuses hold nobody's demand: it waits in the queue unless another project answers it.
LETS_GO = frozenset({_P.NOT_CHOSEN, _P.WITHDRAWN})


class DemandAct(StrEnum):
    """What moves a demand on."""

    TAKE_IN = "take_in"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    REFUSE = "refuse"
    DISOWN = "disown"
    BEGIN = "begin"
    TAKE_UP = "take_up"
    LET_GO = "let_go"
    ANSWER = "answer"
    SOLVE = "solve"
    DISPUTE = "dispute"
    MERGE = "merge"
    BRING_BACK = "bring_back"


_D = DemandStatus

DEMAND_LIFE = _life(
    _D.RECEIVED,
    DemandAct.TAKE_IN,
    ((_D.RECEIVED, _D.REFUSED, _D.NO_OWNER, _D.NOT_SOLVED), DemandAct.DISPATCH, (_D.DISPATCHED,)),
    ((_D.DISPATCHED,), DemandAct.ACCEPT, (_D.ACCEPTED,)),
    ((_D.DISPATCHED,), DemandAct.REFUSE, (_D.REFUSED,)),
    ((_D.REFUSED,), DemandAct.DISOWN, (_D.NO_OWNER,)),
    ((_D.ACCEPTED,), DemandAct.BEGIN, (_D.IN_PROGRESS,)),
    (
        (_D.RECEIVED, _D.DISPATCHED, _D.NO_OWNER, _D.ACCEPTED, _D.IN_PROGRESS, _D.NOT_SOLVED),
        DemandAct.TAKE_UP,
        (_D.IN_PROJECT,),
    ),
    ((_D.IN_PROJECT,), DemandAct.LET_GO, (_D.RECEIVED,)),
    (
        (_D.RECEIVED, _D.REFUSED, _D.NO_OWNER, _D.ACCEPTED, _D.IN_PROGRESS, _D.IN_PROJECT, _D.NOT_SOLVED),
        DemandAct.ANSWER,
        (_D.ANSWERED,),
    ),
    ((_D.ANSWERED,), DemandAct.SOLVE, (_D.CLOSED,)),
    ((_D.ANSWERED,), DemandAct.DISPUTE, (_D.NOT_SOLVED,)),
    ((_D.RECEIVED,), DemandAct.MERGE, (_D.MERGED,)),
    # What was taken out with a flood.
    ((_D.MERGED,), DemandAct.BRING_BACK, (_D.RECEIVED,)),
)


class EstateAct(StrEnum):
    """What moves an estate's 改造进度 on."""

    ENTER = "enter"
    RECORD = "record"
    FAIL_GATE = "fail_gate"
    LIST = "list"
    RELEASE = "release"
    BEGIN_WORKS = "begin_works"
    FINISH_WORKS = "finish_works"


_E = RenovationStatus
#: What an estate can be while neither a batch, a programme nor works hold it.
_OWN = (_E.SURVEYED, _E.WILLING, _E.EXCLUDED, _E.DONE)

ESTATE_LIFE = _life(
    _E.SURVEYED,
    EstateAct.ENTER,
    # By hand, in the estate's file, anything goes as long as nothing of the tool's own holds the estate.
    *(((one,), EstateAct.RECORD, tuple(other for other in _E if other is not one)) for one in _E),
    ((_E.LISTED,), EstateAct.FAIL_GATE, (_E.WILLING,)),
    (_OWN, EstateAct.LIST, (_E.LISTED,)),
    # Let go, an estate is again what it was before it was taken; after works on a part of it, done.
    ((_E.LISTED,), EstateAct.RELEASE, _OWN),
    ((_E.IN_WORKS,), EstateAct.RELEASE, (_E.DONE,)),
    ((*_OWN, _E.LISTED), EstateAct.BEGIN_WORKS, (_E.IN_WORKS,)),
    ((_E.IN_WORKS,), EstateAct.FINISH_WORKS, (_E.DONE,)),
)

#: What an act on a project does to its estate; an estate is let go when nothing else there holds it.
ESTATE_FOLLOWS: Mapping[ProjectAct, EstateAct] = {
    ProjectAct.ADOPT: EstateAct.LIST,
    ProjectAct.TAKE_BACK: EstateAct.RELEASE,
    ProjectAct.WITHDRAW: EstateAct.RELEASE,
    ProjectAct.BEGIN_WORKS: EstateAct.BEGIN_WORKS,
    ProjectAct.FINISH_WORKS: EstateAct.FINISH_WORKS,
}
#: Projects in these statuses hold their estate: its progress follows them and cannot be written by hand.
HOLDS_ESTATE = frozenset({_P.IN_PROGRAMME, _P.IN_WORKS})


def demand_follows(after: ProjectStatus) -> DemandAct:
    """Return what a project that reaches a status does to the demands it answers."""
    return DemandAct.LET_GO if after in LETS_GO else DemandAct.TAKE_UP


def neighbours(act: ProjectAct, before: ProjectStatus, after: ProjectStatus) -> tuple[DemandAct | EstateAct, ...]:
    """Return what an act on a project does to the demands it answers and to its estate."""
    found: list[DemandAct | EstateAct] = []
    if act is ProjectAct.EDIT:
        found += [DemandAct.TAKE_UP, DemandAct.LET_GO]
    elif act is PROJECT_LIFE.born or (before in LETS_GO) is not (after in LETS_GO):
        found.append(demand_follows(after))
    return (*found, *(one for one in (ESTATE_FOLLOWS.get(act),) if one is not None))
