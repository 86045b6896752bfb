"""The lives of projects and demands: what may follow what, and by which act; services ask here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from renovation.model.demands import DemandStatus
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
    """All steps of a noun, and the status it begins in."""

    begins: Status
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


def _life(begins: Status, *steps: tuple[tuple[Status, ...], Act, tuple[Status, ...]]) -> Life[Status, Act]:
    return Life(
        begins,
        tuple(Step(one, act, other) for befores, act, afters in steps for one in befores for other in afters),
    )


class ProjectAct(StrEnum):
    """What moves a project on."""

    EDIT = "edit"
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

PROJECT_LIFE = _life(
    _P.PRICED,
    ((_P.PRICED,), ProjectAct.EDIT, (_P.PRICED,)),
    ((_P.NOT_CHOSEN,), ProjectAct.EDIT, (_P.NOT_CHOSEN,)),
    (_FREE, ProjectAct.OPEN_POLL, (_P.IN_POLL,)),
    ((_P.IN_POLL,), ProjectAct.WIN, (_P.CHOSEN,)),
    ((_P.IN_POLL,), ProjectAct.LOSE, (_P.NOT_CHOSEN,)),
    ((_P.IN_POLL,), ProjectAct.CANCEL_POLL, (_P.PRICED,)),
    (_PLANNABLE, ProjectAct.ADOPT, (_P.IN_PROGRAMME,)),
    # Taking an adoption back restores what each project was before.
    ((_P.IN_PROGRAMME,), ProjectAct.TAKE_BACK, _PLANNABLE),
    ((_P.CHOSEN, _P.IN_PROGRAMME), ProjectAct.BEGIN_WORKS, (_P.IN_WORKS,)),
    ((_P.IN_WORKS,), ProjectAct.FINISH_WORKS, (_P.DONE,)),
    (_PLANNABLE, ProjectAct.WITHDRAW, (_P.WITHDRAWN,)),
)

#: Projects in these statuses hold nobody's demand: it waits in the queue unless another project answers it.
LETS_GO = frozenset({_P.NOT_CHOSEN, _P.WITHDRAWN})


class DemandAct(StrEnum):
    """What moves a demand on."""

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
