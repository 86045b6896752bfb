"""Four surveyed estates: one done, one half way, one without its tenants, and one that said no."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.places import Estate, EstateFilter, RenovationStatus
from renovation.model.surveys import (
    AGE,
    OLD_AGES,
    Answers,
    DoorOutcome,
    FormKind,
    SurveyDraft,
    SurveyQuestion,
    VisitChannel,
    VisitDraft,
    Worker,
    fixed_form,
)
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.places import Progress, morning
from renovation.services.surveys.facts import take_into_files
from renovation.store import Store
from renovation.store.register import estates
from renovation.store.surveys import campaigns, visits

#: Who leads the surveys.
LEAD = "shegong"
_COLLECTOR = "guihua"
#: Days that a survey takes, and for how many its answers are kept.
_LASTS, _KEPT = 30, 210
#: Minutes before midnight at which the last door is gone to.
_EVENING = 120
_VAIN = (DoorOutcome.REFUSED, DoorOutcome.NOT_HOME, DoorOutcome.NOT_HOME, DoorOutcome.EMPTY, DoorOutcome.COME_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How a survey went.

    Attributes
    ----------
    reached, answered
        The shares of doors gone to, and of those that answered.
    skips
        Whether the last staircase was forgotten.
    """

    began: int
    reached: float
    answered: float
    willing: float
    tenants: float
    tenants_answer: float = 1.0
    skips: bool = False
    closed: bool = False

    @property
    def stands(self) -> RenovationStatus:
        """Where an estate stands whose survey went so."""
        return RenovationStatus.WILLING if self.willing > 0.5 else RenovationStatus.SURVEYED


_COURSES = (
    _Course(began=75, reached=1.0, answered=0.86, willing=0.88, tenants=0.22, closed=True),
    _Course(began=12, reached=0.55, answered=0.8, willing=0.8, tenants=0.2, skips=True),
    _Course(began=26, reached=0.9, answered=0.75, willing=0.83, tenants=0.4, tenants_answer=0.25),
    _Course(began=90, reached=1.0, answered=0.84, willing=0.38, tenants=0.15, closed=True),
)


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build the campaigns and every visit; the same from the same ``rng``."""
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        found = sorted(
            estates.find(unit.connection, EstateFilter()), key=lambda one: (one.facts.households or 0, one.id)
        )
        # What the doors say agrees with where the estate stands.
        homes = {
            status: iter([one for one in found if one.facts.status is status])
            for status in (RenovationStatus.WILLING, RenovationStatus.SURVEYED)
        }
        counted = []
        for number, course in enumerate(_COURSES, start=1):
            made = _survey(unit, rng, next(homes[course.stands]), course)
            if course.closed:
                counted.append(made)
            progress("surveys", number, len(_COURSES))
        unit.log("demo.surveys", "store", "demo", estates=len(_COURSES))
        unit.commit()
    for made in counted:
        take_into_files(store, actor, made)


def _survey(unit: ActingUnit, rng: random.Random, estate: Estate, course: _Course) -> int:
    begins = day_of(unit.at) - timedelta(days=course.began)
    ends = begins + timedelta(days=_LASTS)
    draft = SurveyDraft(
        name=f"{estate.name}入户调查",
        kind=FormKind.OPINION,
        estate_ids=(estate.id,),
        begins_on=begins,
        ends_on=ends,
        keep_until=begins + timedelta(days=_KEPT),
    )
    made = campaigns.add(unit.connection, draft, at=unit.at)
    questions = fixed_form(draft.kind, estate.facts.deficits)
    campaigns.add_form(unit.connection, made, questions)
    campaigns.set_workers(unit.connection, made, [Worker(login=LEAD, leads=True), Worker(login=_COLLECTOR)])
    doors = visits.doors(unit.connection, made)
    brought = []
    tenants = elders = 0
    forgotten = doors[-1].unit_id if course.skips else None
    for place, door in enumerate(doors):
        rents = rng.random() < course.tenants
        gone_to = rng.random() < course.reached
        tells = rng.random() < course.answered * (course.tenants_answer if rents else 1)
        answers = _answers(rng, questions, course, rents=rents)
        tenants, elders = tenants + rents, elders + any(one in OLD_AGES for one in answers[AGE])
        back = timedelta(days=rng.randint(0, min(course.began, _LASTS) - 1), minutes=_EVENING + rng.randint(0, 500))
        at = morning(unit) - back
        vain = rng.choice(_VAIN)
        if door.unit_id == forgotten or not gone_to:
            continue
        outcome = DoorOutcome.ANSWERED if tells else vain
        visit = VisitDraft(
            id=f"demo-{made}-{place:05}",
            household_id=door.household_id,
            outcome=outcome,
            form_version=1,
            visited_at=at - timedelta(days=max(course.began - _LASTS, 0)),
            channel=VisitChannel.PAPER if place % 3 == 0 else VisitChannel.SCREEN,
            answers=answers if tells else {},
            come_back="周六上午" if outcome is DoorOutcome.COME_BACK else "",
        )
        brought.append((visit, LEAD if place % 2 else _COLLECTOR))
    visits.add_many(unit.connection, made, brought, at=unit.at)
    # What the community knows of its doors, whoever of them answered.
    campaigns.change(unit.connection, made, tenants=tenants, elders=elders)
    if course.closed:
        campaigns.change(unit.connection, made, closed_on=ends)
    return made


def _answers(rng: random.Random, questions: tuple[SurveyQuestion, ...], course: _Course, *, rents: bool) -> Answers:
    asked = {one.code: one for one in questions}

    def some(code: str, most: int) -> tuple[str, ...]:
        options = asked[code].options
        return tuple(sorted(rng.sample(options, min(most, len(options))), key=options.index))

    willing = rng.random() < course.willing
    return {
        "renew": ("yes",) if willing else (rng.choice(("only_if", "no", "no", "undecided")),),
        "wishes": some("wishes", 3),
        "keep": some("keep", rng.randint(1, 2)),
        "contribute": (rng.choice(("nothing", "nothing", "labour", "below_500", "below_2000")),),
        "watch": (rng.choice(("yes", "no", "no", "no")),),
        "tenure": ("tenant" if rents else "owner",),
        "ages": some("ages", 2),
        "step_free": (rng.choice(("yes", "no", "no", "no")),),
    }
