"""Polls whose menus were drafted from what doors wish for, and the survey behind each."""

from __future__ import annotations

from renovation.errors import NotFoundError
from renovation.model.accounts import Action, Actor
from renovation.model.polls import Poll
from renovation.model.surveys import Survey
from renovation.services.acts import ActingUnit
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.surveys import campaigns


def note_survey(unit: ActingUnit, survey_id: int | None, poll_id: str, count: int) -> None:
    """Note that a menu of so many projects was drafted from a survey, if it was. For services inside a transaction.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    if survey_id is not None:
        campaigns.add_poll(unit.connection, unit.survey(survey_id).id, poll_id)
        unit.log("survey.menu", "survey", survey_id, poll=poll_id, projects=count)


def survey_behind(store: Store, actor: Actor | None, poll_id: str) -> Survey | None:
    """Return the survey whose wishes a poll's menu was drafted from, where there is one in sight.

    Raises
    ------
    NotFoundError
        ``poll.unknown``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        number = campaigns.survey_of_poll(door.connection, door.poll(poll_id).id)
        try:
            return None if number is None else door.survey(number)
        except NotFoundError:
            return None


def polls_from(store: Store, actor: Actor | None, survey_id: int) -> tuple[Poll, ...]:
    """Return the polls in sight whose menus were drafted from a survey, the newest first.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        made = campaigns.polls_of(door.connection, door.survey(survey_id).id)
        return tuple(one for one in door.polls() if one.id in made)
