"""Second visits by another worker at doors drawn by a published seed, and what a lead is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.errors import ConflictError, InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.surveys import DoorVisit, SurveyDoor
from renovation.rules.surveys.trust import AnswerAgreement, LeadQuestion, agreements, doubts, drawn
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.surveys.campaigns import led
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.surveys import campaigns, visits

_SEED_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What speaks for and against a survey's answers.

    Attributes
    ----------
    seed
        What the doors were drawn with; empty as long as nobody has drawn any.
    drawn
        The doors of a second visit.
    done
        At how many of them another worker has asked again.
    """

    seed: str
    drawn: tuple[SurveyDoor, ...]
    done: int
    agreements: tuple[AnswerAgreement, ...]
    questions: tuple[LeadQuestion, ...]


def draw_doors(store: Store, actor: Actor | None, survey_id: int, seed: str) -> int:
    """Draw one door in twenty for a second visit by a seed that is published, once, and return how many there are.

    Raises
    ------
    InvalidError
        ``survey.seed``: none is given.
    ConflictError
        ``survey.drawn``: doors are drawn already.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    given = one_line(seed, _SEED_LIMIT)
    if not given:
        raise InvalidError("survey.seed")
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        if held.seed:
            raise ConflictError("survey.drawn", seed=held.seed)
        campaigns.change(unit.connection, survey_id, seed=given)
        found = drawn(visits.door_ids(unit.connection, survey_id), given)
        unit.log("survey.draw", "survey", survey_id, seed=given, doors=len(found))
        unit.commit()
    return len(found)


def trust(store: Store, actor: Actor | None, survey_id: int) -> Trust:
    """Return what speaks for and against a survey's answers, for its lead alone.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with reading(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        doors = {one.household_id: one for one in visits.doors(unit.connection, survey_id)}
        made = visits.answered(unit.connection, survey_id)
        questions = campaigns.asked(unit.connection, survey_id)
    chosen = drawn(doors, held.seed) if held.seed else ()
    pairs = {one: pair for one in chosen if (pair := _pair(made.get(one, ()))) is not None}
    return Trust(
        seed=held.seed,
        drawn=tuple(doors[one] for one in chosen),
        done=len(pairs),
        agreements=agreements(
            [(first.login, first.draft.answers, second.draft.answers) for first, second in pairs.values()], questions
        ),
        questions=doubts(one for visited in made.values() for one in visited),
    )


def _pair(made: tuple[DoorVisit, ...] | list[DoorVisit]) -> tuple[DoorVisit, DoorVisit] | None:
    """Return the first answers of a door, and the first that another worker took down there."""
    for other in made[1:]:
        if other.login != made[0].login:
            return made[0], other
    return None
