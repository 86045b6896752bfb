"""What a campaign's doors add up to, for everybody; the doors themselves are for their collector and the lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from renovation.model.accounts import Action, Actor
from renovation.model.canonical import from_plain
from renovation.model.surveys import FormKind, KnownGroup, Survey, SurveyDraft
from renovation.rules.surveys.columns import columns_of
from renovation.rules.surveys.figures import SurveyFigures, figures
from renovation.services.doors import reading
from renovation.store import Connection, Store
from renovation.store.register import buildings
from renovation.store.surveys import campaigns, parts, visits


def survey_figures(
    store: Store, actor: Actor | None, survey_id: int, *, by_place: Collection[str] | None = ()
) -> SurveyFigures:
    """Return what the doors of a campaign add up to, or added up to on the day its single answers went.

    Parameters
    ----------
    by_place
        The questions whose answers are told of buildings and staircases too; ``None`` for all.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return figures_of(door.connection, door.survey(survey_id), by_place)


def known_of(draft: SurveyDraft) -> Mapping[KnownGroup, int]:
    """Return what a campaign knows of how many its households are."""
    counts = {KnownGroup.TENANTS: draft.tenants, KnownGroup.ELDERS: draft.elders}
    return {group: count for group, count in counts.items() if count is not None}


def figures_of(connection: Connection, held: Survey, by_place: Collection[str] | None = ()) -> SurveyFigures:
    """Return the figures of a campaign."""
    if held.cleared_on is not None:
        return from_plain(SurveyFigures, campaigns.kept_figures(connection, held.id))
    questions = campaigns.asked(connection, held.id)
    if held.draft.kind is FormKind.BUILDING:
        columns = columns_of(visits.doors(connection, held.id), questions)
    else:
        columns = parts.columns(connection, held.id, questions)
    return figures(columns, questions, known_of(held.draft), by_place=by_place)


def option_counts(
    connection: Connection, held: Survey, found: SurveyFigures, question: str, estate_id: int
) -> tuple[int, Mapping[str, int]]:
    """Return how many of an estate answered a question of a campaign, and how often each option was chosen."""
    if held.draft.estate_ids == (estate_id,):
        lines = found.of(question)
        return (lines[0].portion.asked if lines else 0), {one.option: one.portion.found for one in lines}
    inside = {one.id for one in buildings.buildings_of(connection, [estate_id])}
    parts = [one for one in found.by_building if one.question == question and inside.issuperset(one.ids)]
    counts: Counter[str] = Counter()
    for one in parts:
        counts.update(one.counts)
    return sum(one.asked for one in parts), counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareChange:
    """A share as an earlier survey found it and as a later one does.

    Attributes
    ----------
    option
        Of a question; empty where it is the coverage.
    is_clear
        Whether chance alone explains the difference no more: the bounds of both lie apart.
    """

    question: str
    option: str
    before: Fraction
    after: Fraction
    is_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since an earlier survey of the same estates."""

    earlier: Survey
    lines: tuple[ShareChange, ...]


def changes(store: Store, actor: Actor | None, survey_id: int) -> Changes | None:
    """Return what changed since the last survey that asked the same estates with the same form; ``None`` without one.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = door.survey(survey_id)
        before = [
            one
            for one in campaigns.surveys(door.connection)
            if one.draft.kind is held.draft.kind
            and set(one.draft.estate_ids) == set(held.draft.estate_ids)
            and (one.draft.begins_on, one.id) < (held.draft.begins_on, held.id)
        ]
        if not before:
            return None
        then, now = figures_of(door.connection, before[0]), figures_of(door.connection, held)
    coverage = ShareChange(question="", option="", before=then.whole.coverage, after=now.whole.coverage, is_clear=True)
    known = {(one.question, one.option): one.portion for one in then.options}
    lines = [
        ShareChange(
            question=one.question,
            option=one.option,
            before=old.share,
            after=one.portion.share,
            is_clear=one.portion.low > old.high or one.portion.high < old.low,
        )
        for one in now.options
        if (old := known.get((one.question, one.option))) is not None
    ]
    return Changes(earlier=before[0], lines=(coverage, *lines))
