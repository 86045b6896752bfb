"""What a survey brings into an estate's file: willingness and coverage, counted from its doors and not typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.surveys import FormKind, TakenFigures
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.register.estates import difference_of
from renovation.services.surveys.campaigns import led
from renovation.services.surveys.figures import figures_of
from renovation.store import Store
from renovation.store.register import estates
from renovation.store.surveys import campaigns


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereFrom:
    """Willingness and coverage as an estate's file has them, and what the last survey brought into it."""

    taken: TakenFigures | None
    willingness: Fraction | None
    coverage: Fraction | None

    @property
    def is_counted(self) -> bool:
        """Whether they are those of the last survey's doors; somebody typed them where they are not."""
        return self.taken is not None and (self.willingness, self.coverage) == (
            self.taken.willingness,
            self.taken.coverage,
        )


def where_from(store: Store, actor: Actor | None, estate_id: int) -> WhereFrom:
    """Return where an estate's willingness and coverage come from.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        facts = door.estate(estate_id).facts
        return WhereFrom(
            taken=campaigns.taken(door.connection, [estate_id]).get(estate_id),
            willingness=facts.willingness,
            coverage=facts.survey_coverage,
        )


def take_into_files(store: Store, actor: Actor | None, survey_id: int) -> int:
    """Write the willingness and coverage of each estate of a survey into its file, and return how many files change.

    Raises
    ------
    InvalidError
        ``survey.not_opinion``: satisfaction tells nothing of them; ``survey.too_few``: of an estate fewer than five
        households said whether to renew.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        if held.draft.kind is not FormKind.OPINION:
            raise InvalidError("survey.not_opinion", name=held.draft.name)
        changed = 0
        for one in figures_of(unit.connection, held).estates:
            before = unit.estate(one.id)
            if one.willing is None:
                raise InvalidError("survey.too_few", name=before.name)
            facts = replace(before.facts, willingness=one.willing.share, survey_coverage=one.coverage)
            after = replace(before, facts=facts)
            taken = TakenFigures(
                survey_id=survey_id,
                name=held.draft.name,
                taken_on=today(),
                willingness=one.willing.share,
                coverage=one.coverage,
            )
            campaigns.take(unit.connection, one.id, taken)
            if fields := difference_of(before, after):
                estates.update(unit.connection, after)
                estates.add_change(unit.connection, one.id, at=unit.at, login=unit.actor.login, fields=fields)
                changed += 1
        unit.log("survey.take", "survey", survey_id, name=held.draft.name, changed=changed)
        unit.commit()
    return changed
