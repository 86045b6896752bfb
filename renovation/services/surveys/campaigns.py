"""Campaigns of a survey: begun for estates, with who collects where; closed, and opened again for late visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError
from renovation.model.accounts import PERMISSIONS, Action, Actor, Role, may
from renovation.model.clock import today
from renovation.model.places import Building, Stairwell
from renovation.model.surveys import (
    MOST_OWN,
    Form,
    FormKind,
    Survey,
    SurveyDraft,
    SurveyQuestion,
    Worker,
    fixed_form,
    own_question,
    reworded,
)
from renovation.services.acts import acting
from renovation.services.doors import Door, reading
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.register import buildings
from renovation.store.staff import accounts
from renovation.store.surveys import campaigns

_NAME_LIMIT = 80
#: Estates of one campaign.
_MOST_ESTATES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyFile:
    """A campaign with everything that belongs to it.

    Attributes
    ----------
    estates
        Estate → its name.
    mine
        The buildings in which this account collects.
    candidates
        Login → name of everybody who may collect; a lead alone is told.
    """

    survey: Survey
    forms: tuple[Form, ...]
    workers: tuple[Worker, ...]
    estates: dict[int, str]
    buildings: tuple[Building, ...]
    units: tuple[Stairwell, ...]
    mine: frozenset[int]
    leads: bool
    candidates: dict[str, str]

    @property
    def form(self) -> Form:
        """The newest version of the form."""
        return self.forms[-1]


def leads(door: Door, workers: Iterable[Worker]) -> bool:
    """Tell whether an account leads a campaign; whoever runs the machine may do what its lead may."""
    actor = door.actor
    runs_it = actor.role is Role.ADMIN and actor.account_id is None
    return runs_it or any(one.leads and one.login == actor.login for one in workers)


def buildings_for(door: Door, held: Survey, workers: Iterable[Worker]) -> tuple[tuple[Building, ...], frozenset[int]]:
    """Return the buildings of a campaign, and those in which an account collects."""
    found = buildings.buildings_of(door.connection, held.draft.estate_ids)
    own = [one.building_id for one in workers if one.login == door.actor.login]
    everywhere = None in own or leads(door, workers)
    return found, frozenset(one.id for one in found if everywhere or one.id in own)


def stairwells_of(door: Door, held: Survey, building_ids: Iterable[int]) -> tuple[Stairwell, ...]:
    """Return the stairwells of a campaign's buildings; one without a name stands for each building asked about."""
    if held.draft.kind is FormKind.BUILDING:
        return tuple(Stairwell(id=one, building_id=one, name="") for one in building_ids)
    return buildings.units_of(door.connection, building_ids)


def surveys(store: Store, actor: Actor | None, estate_id: int | None = None) -> tuple[Survey, ...]:
    """Return the campaigns in sight, of an estate or of all, the newest first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        if estate_id is not None:
            door.estate(estate_id)
        found = campaigns.surveys(door.connection)
        seen = door.estates_in_sight({home for one in found for home in one.draft.estate_ids})
        return tuple(
            one for one in found if seen.issuperset(one.draft.estate_ids) and estate_id in (None, *one.draft.estate_ids)
        )


def survey_file(store: Store, actor: Actor | None, survey_id: int) -> SurveyFile:
    """Return a campaign with its form, its workers and its buildings.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = door.survey(survey_id)
        workers = campaigns.workers(door.connection, survey_id)
        found, mine = buildings_for(door, held, workers)
        is_led = leads(door, workers)
        staff = accounts.everyone(door.connection) if is_led else ()
        return SurveyFile(
            survey=held,
            forms=campaigns.forms(door.connection, survey_id),
            workers=workers,
            estates={one: door.estate(one).name for one in held.draft.estate_ids},
            buildings=found,
            units=stairwells_of(door, held, [one.id for one in found]),
            mine=mine if held.gone_on is None and may(door.actor, Action.VISIT_DOOR) else frozenset(),
            leads=is_led,
            candidates={
                one.login: one.name or one.login
                for one in staff
                if one.active and one.role in PERMISSIONS[Action.VISIT_DOOR]
            },
        )


def create_survey(store: Store, actor: Actor | None, draft: SurveyDraft, own: tuple[SurveyQuestion, ...] = ()) -> int:
    """Begin a campaign with the questions a locality adds, and return its id; whoever begins it leads it.

    Raises
    ------
    InvalidError
        ``survey.name``; ``survey.estates_many``; ``survey.no_doors``: an estate has no doors to visit;
        ``survey.question_unreadable``, ``survey.questions_many``.
    NotFoundError
        ``estate.not_found``.
    """
    kept = replace(draft, name=one_line(draft.name, _NAME_LIMIT), estate_ids=tuple(dict.fromkeys(draft.estate_ids)))
    asked = _own(own)
    if len(kept.estate_ids) > _MOST_ESTATES:
        raise InvalidError("survey.estates_many", most=_MOST_ESTATES)
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        homes = [unit.estate(one) for one in kept.estate_ids]
        for home in homes:
            counts = buildings.household_counts(unit.connection, home.id)
            if not sum(doors for _, doors in counts.values()) and (kept.kind is not FormKind.BUILDING or not counts):
                raise InvalidError("survey.no_doors", name=home.name)
        made = campaigns.add(unit.connection, kept, at=unit.at)
        deficits = {one for home in homes for one in home.facts.deficits}
        campaigns.add_form(unit.connection, made, (*fixed_form(kept.kind, deficits), *asked))
        campaigns.set_workers(unit.connection, made, [Worker(login=unit.actor.login, leads=True)])
        unit.log("survey.create", "survey", made, name=kept.name, estates=len(homes))
        unit.commit()
    return made


def led(unit: Door, survey_id: int) -> Survey:
    """Return a campaign that this account leads, and that is not cleared.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    held = unit.survey(survey_id)
    if not leads(unit, campaigns.workers(unit.connection, survey_id)):
        raise DeniedError("survey.not_lead", name=held.draft.name)
    if held.gone_on is not None:
        raise StageError("survey.cleared", day=held.gone_on)
    return held


def set_workers(store: Store, actor: Actor | None, survey_id: int, workers: tuple[Worker, ...]) -> None:
    """Write who collects where, as a whole.

    Raises
    ------
    InvalidError
        ``survey.no_lead``: nobody would see the answers of all doors.
    NotFoundError
        ``survey.not_found``, ``account.unknown``, ``estate.building_not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        if not any(one.leads for one in workers):
            raise InvalidError("survey.no_lead")
        known = {one.id for one in buildings.buildings_of(unit.connection, held.draft.estate_ids)}
        for one in workers:
            if accounts.by_login(unit.connection, one.login) is None:
                raise NotFoundError("account.unknown")
            if one.building_id is not None and one.building_id not in known:
                raise NotFoundError("estate.building_not_found")
        given = tuple(dict.fromkeys(workers))
        campaigns.set_workers(unit.connection, survey_id, given)
        unit.log("survey.workers", "survey", survey_id, logins=sorted({one.login for one in given}))
        unit.commit()


def _own(asked: Iterable[SurveyQuestion]) -> tuple[SurveyQuestion, ...]:
    """Return the questions that a locality adds, each once and made anew from what it says."""
    made = (own_question(one.words, one.kind, one.option_words, (one.low, one.high)) for one in asked)
    kept = tuple(dict.fromkeys(made))
    if len(kept) > MOST_OWN:
        raise InvalidError("survey.questions_many", most=MOST_OWN)
    return kept


def change_form(store: Store, actor: Actor | None, survey_id: int, own: tuple[SurveyQuestion, ...]) -> int:
    """Make the next version of a form, with the fixed questions and these, and return its number.

    Answers that were given keep the version they were given to.

    Raises
    ------
    InvalidError
        ``survey.question_unreadable``, ``survey.questions_many``.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    ConflictError
        ``survey.form_unchanged``.
    """
    asked = _own(own)
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        led(unit, survey_id)
        newest = campaigns.forms(unit.connection, survey_id)[-1].questions
        # One that says what an own question has come to say is that one, English words and all.
        known = {(one.words, one.kind, one.option_words, one.low, one.high): one for one in newest if one.is_own}
        kept = (known.get((one.words, one.kind, one.option_words, one.low, one.high), one) for one in asked)
        questions = (*(one for one in newest if not one.is_own), *kept)
        if questions == newest:
            raise ConflictError("survey.form_unchanged")
        version = campaigns.add_form(unit.connection, survey_id, questions)
        unit.log("survey.form", "survey", survey_id, version=version, questions=len(asked))
        unit.commit()
    return version


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a question says in a locality, with its options in their order; empty for what it says anyway."""

    words: str = ""
    options: tuple[str, ...] = ()
    words_en: str = ""
    options_en: tuple[str, ...] = ()


def word_question(store: Store, actor: Actor | None, survey_id: int, code: str, wording: Wording) -> int:
    """Let a question say something else from the next version of the form on, and return that version's number.

    Answers that were given keep the version, and the words, they were given to.

    Raises
    ------
    InvalidError
        ``survey.words_long``, ``survey.words_alike``, ``survey.words_missing``; ``survey.answer_stray``: the form asks
        no such question.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.cleared``.
    ConflictError
        ``survey.form_unchanged``.
    """
    options, options_en = (
        tuple(" ".join(one.split()) for one in said) for said in (wording.options, wording.options_en)
    )
    words, words_en = (" ".join(one.split()) for one in (wording.words, wording.words_en))
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        led(unit, survey_id)
        newest = campaigns.forms(unit.connection, survey_id)[-1].questions
        held = next((one for one in newest if one.code == code), None)
        if held is None or any(len(said) not in (0, len(held.options)) for said in (options, options_en)):
            raise InvalidError("survey.answer_stray", value=code[:20])
        says = reworded(held, words, options, words_en, options_en)
        if says == held:
            raise ConflictError("survey.form_unchanged")
        questions = tuple(says if one.code == code else one for one in newest)
        version = campaigns.add_form(unit.connection, survey_id, questions)
        unit.log("survey.word", "survey", survey_id, version=version, question=code)
        unit.commit()
    return version


def close_survey(store: Store, actor: Actor | None, survey_id: int) -> None:
    """Take no more visits.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.closed`` already, or ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        if held.closed_on is not None:
            raise StageError("survey.closed", day=held.closed_on)
        campaigns.change(unit.connection, survey_id, closed_on=today())
        unit.log("survey.close", "survey", survey_id, name=held.draft.name)
        unit.commit()


def reopen_survey(store: Store, actor: Actor | None, survey_id: int) -> None:
    """Take visits again, for those that come late.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.open`` still, or ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        if held.closed_on is None:
            raise StageError("survey.open")
        campaigns.change(unit.connection, survey_id, closed_on=None)
        unit.log("survey.reopen", "survey", survey_id, name=held.draft.name)
        unit.commit()
