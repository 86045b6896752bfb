"""Campaigns of a survey, the versions of their forms, and who collects where."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.surveys import Form, Survey, SurveyDraft, SurveyQuestion, TakenFigures, Worker
from renovation.store.rows import new_id, read_row, the_row, values_of
from renovation.store.schema.surveys import survey, survey_estate, survey_form, survey_poll, survey_worker


def _survey(row: Any, estate_ids: Iterable[int]) -> Survey:
    return read_row(Survey, row, draft=read_row(SurveyDraft, row, estate_ids=tuple(estate_ids)))


def add(connection: sa.Connection, draft: SurveyDraft, *, at: datetime) -> int:
    """Keep a campaign and return its id."""
    made = new_id(connection, survey.insert().values(**values_of(survey, draft), created_at=at))
    connection.execute(survey_estate.insert(), [{"survey_id": made, "estate_id": one} for one in draft.estate_ids])
    return made


def change(connection: sa.Connection, survey_id: int, **values: Any) -> None:
    """Write columns of a campaign."""
    connection.execute(survey.update().where(survey.c.id == survey_id).values(**values))


def get(connection: sa.Connection, survey_id: int) -> Survey:
    """Return a campaign.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    row = the_row(connection, sa.select(survey).where(survey.c.id == survey_id), "survey.not_found", id=survey_id)
    return _survey(row, _estates(connection, [survey_id]).get(survey_id, ()))


def names(connection: sa.Connection, survey_ids: Collection[int]) -> dict[int, str]:
    """Return what campaigns are called."""
    query = sa.select(survey.c.id, survey.c.name).where(survey.c.id.in_(survey_ids))
    return {row.id: row.name for row in connection.execute(query)}


def surveys(connection: sa.Connection) -> tuple[Survey, ...]:
    """Return every campaign, the newest first."""
    rows = connection.execute(sa.select(survey).order_by(survey.c.begins_on.desc(), survey.c.id.desc())).all()
    estates = _estates(connection, [row.id for row in rows])
    return tuple(_survey(row, estates.get(row.id, ())) for row in rows)


def _estates(connection: sa.Connection, survey_ids: Iterable[int]) -> dict[int, list[int]]:
    query = sa.select(survey_estate).where(survey_estate.c.survey_id.in_(list(survey_ids)))
    found: dict[int, list[int]] = {}
    for row in connection.execute(query.order_by(survey_estate.c.estate_id)):
        found.setdefault(row.survey_id, []).append(row.estate_id)
    return found


def take(connection: sa.Connection, estate_id: int, taken: TakenFigures) -> None:
    """Note what a campaign brought into an estate's file."""
    connection.execute(
        survey_estate.update()
        .where(survey_estate.c.survey_id == taken.survey_id, survey_estate.c.estate_id == estate_id)
        .values(taken_on=taken.taken_on, willingness=taken.willingness, coverage=taken.coverage)
    )


def taken(connection: sa.Connection, estate_ids: Collection[int] | None = None) -> dict[int, TakenFigures]:
    """Return what the last campaign brought into each estate's file, of these estates or all."""
    query = (
        sa.select(survey_estate, survey.c.name)
        .join(survey, survey.c.id == survey_estate.c.survey_id)
        .where(survey_estate.c.taken_on.is_not(None))
        .order_by(survey_estate.c.taken_on, survey_estate.c.survey_id)
    )
    if estate_ids is not None:
        query = query.where(survey_estate.c.estate_id.in_(list(estate_ids)))
    return {row.estate_id: read_row(TakenFigures, row) for row in connection.execute(query)}


def kept_figures(connection: sa.Connection, survey_id: int) -> Any:
    """Return what the doors of a campaign added up to when its answers went."""
    return connection.execute(sa.select(survey.c.figures).where(survey.c.id == survey_id)).scalar_one()


def forms(connection: sa.Connection, survey_id: int) -> tuple[Form, ...]:
    """Return the versions of a campaign's form, the newest last."""
    query = sa.select(survey_form).where(survey_form.c.survey_id == survey_id).order_by(survey_form.c.version)
    return tuple(read_row(Form, row) for row in connection.execute(query))


def asked(connection: sa.Connection, survey_id: int) -> tuple[SurveyQuestion, ...]:
    """Return every question that any version of a campaign's form asks, as the newest of them says it."""
    return tuple({one.code: one for form in forms(connection, survey_id) for one in form.questions}.values())


def add_form(connection: sa.Connection, survey_id: int, questions: Iterable[SurveyQuestion]) -> int:
    """Keep the next version of a form and return its number."""
    version = len(forms(connection, survey_id)) + 1
    connection.execute(
        survey_form.insert().values(survey_id=survey_id, version=version, questions=plain(list(questions)))
    )
    return version


def add_poll(connection: sa.Connection, survey_id: int, poll_id: str) -> None:
    """Note that a poll's menu was drafted from a campaign."""
    connection.execute(survey_poll.insert().values(survey_id=survey_id, poll_id=poll_id))


def survey_of_poll(connection: sa.Connection, poll_id: str) -> int | None:
    """Return the campaign that a poll's menu was drafted from."""
    return connection.scalar(sa.select(survey_poll.c.survey_id).where(survey_poll.c.poll_id == poll_id))


def polls_of(connection: sa.Connection, survey_id: int) -> frozenset[str]:
    """Return the polls whose menus were drafted from a campaign."""
    query = sa.select(survey_poll.c.poll_id).where(survey_poll.c.survey_id == survey_id)
    return frozenset(connection.scalars(query))


def workers(connection: sa.Connection, survey_id: int) -> tuple[Worker, ...]:
    """Return who collects where."""
    query = sa.select(survey_worker).where(survey_worker.c.survey_id == survey_id).order_by(survey_worker.c.id)
    return tuple(from_plain(Worker, {**row._mapping}) for row in connection.execute(query))


def set_workers(connection: sa.Connection, survey_id: int, given: Iterable[Worker]) -> None:
    """Write who collects where, as a whole."""
    connection.execute(survey_worker.delete().where(survey_worker.c.survey_id == survey_id))
    rows = [{"survey_id": survey_id, **values_of(survey_worker, one)} for one in given]
    if rows:
        connection.execute(survey_worker.insert(), rows)


def due(connection: sa.Connection, day: date) -> tuple[Survey, ...]:
    """Return the campaigns whose single answers were to be kept until before a day, and still are."""
    return tuple(one for one in surveys(connection) if one.draft.keep_until < day and one.cleared_on is None)
