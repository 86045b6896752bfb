"""What a campaign's doors add up to, for everybody; the doors themselves are for their collector and the lead."""

from __future__ import annotations

from renovation.model.accounts import Action, Actor
from renovation.model.canonical import from_plain
from renovation.model.surveys import Survey, SurveyQuestion
from renovation.rules.surveys.figures import SurveyFigures, figures
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.surveys import campaigns, visits


def survey_figures(store: Store, actor: Actor | None, survey_id: int) -> SurveyFigures:
    """Return what the doors of a campaign add up to, or added up to on the day its single answers went.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return figures_of(door.connection, door.survey(survey_id))


def figures_of(connection: Connection, held: Survey) -> SurveyFigures:
    """Return the figures of a campaign."""
    if held.cleared_on is not None:
        return from_plain(SurveyFigures, campaigns.kept_figures(connection, held.id))
    return figures(visits.doors(connection, held.id), asked(connection, held.id), held.draft.tenants)


def asked(connection: Connection, survey_id: int) -> tuple[SurveyQuestion, ...]:
    """Return every question that any version of a campaign's form asks."""
    forms = campaigns.forms(connection, survey_id)
    return tuple({one.code: one for form in forms for one in form.questions}.values())
