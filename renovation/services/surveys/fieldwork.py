"""Field teams with KoboToolbox or ODK: the form they take along, and the visits that their exports bring back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from renovation.errors import Fault, ImportRefusedError, RenovationError
from renovation.exports.files.tables import Exported
from renovation.exports.surveys.xlsform import FieldDoor, xlsform
from renovation.imports.files.results import gathered
from renovation.imports.surveys.visits import FieldVisit, parse_visits
from renovation.model.accounts import Action, Actor
from renovation.model.imports import ImportSource
from renovation.model.names import name_key
from renovation.model.surveys import DoorOutcome, Form, Survey, SurveyDoor, SurveyQuestion, VisitChannel, VisitDraft
from renovation.services.acts import acting
from renovation.services.doors import Door, reading
from renovation.services.surveys.campaigns import led, stairwells_of
from renovation.services.surveys.visits import checked_visit, keep_all, require_open
from renovation.store import Store
from renovation.store.register import buildings
from renovation.store.surveys import campaigns, visits

#: Names of photos that one visit keeps, and signs of each.
_MOST_PHOTOS, _MOST_PHOTO_NAME = 9, 120
#: Signs of a door's own number with its ``d``; what is longer is none.
_LONGEST_DOOR = 20
_EVERY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsTaken:
    """What a file of visits brought.

    Attributes
    ----------
    recognised
        Visits that were there already, by their ``_uuid``.
    moved
        Doors that stand in another building than the file says; they are known by their own number.
    asked_twice
        Doors that have more than one set of answers now; a lead says which counts.
    """

    rows: int
    recorded: int
    recognised: int
    moved: int
    asked_twice: int


def form_for_field(store: Store, actor: Actor | None, survey_id: int) -> Exported:
    """Return the newest form of a survey as XLSForm, with the doors that this account collects at.

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
        return xlsform(
            survey_id,
            held.draft.name,
            held.draft.kind,
            campaigns.forms(unit.connection, survey_id)[-1],
            _Doors(unit, held).to_choose(),
        )


def read_visits(store: Store, actor: Actor | None, survey_id: int, data: bytes) -> tuple[FieldVisit, ...]:
    """Read an export of a field team (CSV, XLSX) to its end.

    Raises
    ------
    NotFoundError
        ``survey.not_found``.
    ImportRefusedError
        The file cannot be read, or has no doors.
    """
    with reading(store, actor, Action.RUN_SURVEY) as door:
        questions: tuple[SurveyQuestion, ...] = campaigns.asked(door.connection, door.survey(survey_id).id)
    return parse_visits(data, questions)


class _Doors:
    """The doors of a campaign, found by their own number or by what is written on them."""

    def __init__(self, door: Door, held: Survey) -> None:
        homes = buildings.buildings_of(door.connection, held.draft.estate_ids)
        several = len(held.draft.estate_ids) > 1
        names = {one: door.estate(one).name for one in held.draft.estate_ids}
        self.homes = {one.id: f"{names[one.estate_id]} {one.name}" if several else one.name for one in homes}
        self.units = {one.id: one.name for one in stairwells_of(door, held, list(self.homes))}
        self.by_id: dict[int, SurveyDoor] = {one.household_id: one for one in visits.doors(door.connection, held.id)}

    @cached_property
    def by_name(self) -> dict[tuple[str, str, str], SurveyDoor]:
        """The doors by what is written on them; a form with the campaign's doors in it asks for none."""
        homes = {number: name_key(name) for number, name in self.homes.items()}
        units = {number: name_key(name) for number, name in self.units.items()}
        numbers = {number: name_key(number) for number in {one.number for one in self.by_id.values()}}
        return {(homes[one.building_id], units[one.unit_id], numbers[one.number]): one for one in self.by_id.values()}

    def to_choose(self) -> list[FieldDoor]:
        """Return the doors as a form offers them."""
        return [
            FieldDoor(
                id=one.household_id,
                number=one.number,
                building_id=one.building_id,
                building=self.homes[one.building_id],
                stairwell=self.units[one.unit_id],
            )
            for one in self.by_id.values()
        ]

    def find(self, row: FieldVisit) -> SurveyDoor | None:
        """Return the door that a row is about."""
        if row.door[:1] == "d" and row.door[1:].isascii() and row.door[1:].isdigit():
            return self.by_id.get(int(row.door[1:])) if len(row.door) < _LONGEST_DOOR else None
        return self.by_name.get((name_key(row.building), name_key(row.stairwell), name_key(row.door)))

    def has_moved(self, row: FieldVisit, one: SurveyDoor) -> bool:
        """Tell whether the file has a door in another building than the register."""
        return row.building[:1] == "b" and row.building[1:] != str(one.building_id)


def import_visits(
    store: Store,
    actor: Actor | None,
    survey_id: int,
    rows: tuple[FieldVisit, ...],
    *,
    source: ImportSource,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda done, whole: None,
) -> VisitsTaken:
    """Take the visits of a file, all or none; those taken before are recognised by their ``_uuid``.

    Parameters
    ----------
    dry_run
        Say what would be taken and keep nothing.

    Raises
    ------
    ImportRefusedError
        With every row that names an unknown door, another campaign or version, or an answer that cannot be.
    NotFoundError
        ``survey.not_found``.
    DeniedError
        ``survey.not_lead``.
    StageError
        ``survey.closed``: late visits wait until a lead opens it again; ``survey.cleared``.
    """
    with acting(store, actor, Action.RUN_SURVEY) as unit:
        held = led(unit, survey_id)
        require_open(held)
        doors = _Doors(unit, held)
        forms = {one.version: one for one in campaigns.forms(unit.connection, survey_id)}
        logins = {one.login for one in campaigns.workers(unit.connection, survey_id)}
        known = visits.ids(unit.connection, survey_id)
        faults: list[Fault] = []
        taken: dict[str, tuple[VisitDraft, str]] = {}
        recognised = moved = 0
        for place, row in enumerate(rows, 1):
            if place % _EVERY == 0 or place == len(rows):
                progress(place, len(rows))
            one = doors.find(row)
            draft = _draft(row, one, forms, held, unit.at, faults)
            if draft is None or one is None:
                continue
            if draft.id in known or draft.id in taken:
                recognised += 1
                continue
            moved += doors.has_moved(row, one)
            taken[draft.id] = draft, row.login if row.login in logins else unit.actor.login
        if faults:
            raise ImportRefusedError(gathered(faults))
        keep_all(unit, held, list(taken.values()))
        answered = {draft.household_id for draft, _ in taken.values() if draft.outcome is DoorOutcome.ANSWERED}
        again = visits.asked_twice(unit.connection, survey_id, answered)
        found = VisitsTaken(rows=len(rows), recorded=len(taken), recognised=recognised, moved=moved, asked_twice=again)
        if taken and not dry_run:
            unit.log(
                "survey.import", "survey", survey_id, name=source.filename, sha256=source.sha256, visits=len(taken)
            )
            unit.commit()
    return found


def _draft(
    row: FieldVisit,
    one: SurveyDoor | None,
    forms: Mapping[int, Form],
    held: Survey,
    at: datetime,
    faults: list[Fault],
) -> VisitDraft | None:
    def refuse(code: str, column: str | None, **fields: object) -> None:
        faults.append(Fault(code, sheet=row.sheet, row=row.row, column=column, fields=fields))

    before = len(faults)
    if row.campaign and row.campaign != str(held.id):
        refuse("survey.row_campaign", "campaign", value=row.campaign[:20])
    if one is None:
        refuse("survey.row_door", "door", value=" ".join(filter(None, (row.building, row.stairwell, row.door)))[:60])
    if row.outcome not in set(DoorOutcome):
        refuse("survey.row_outcome", "outcome", value=row.outcome[:20])
    version = int(row.version) if row.version.isascii() and row.version.isdigit() and len(row.version) < 9 else None
    form = forms.get(version or max(forms)) if version is not None or not row.version else None
    if form is None:
        refuse("survey.row_version", "form_version", value=row.version[:20])
    if row.at is None:
        refuse("survey.row_moment", "start")
    if len(row.photos) > _MOST_PHOTOS:
        refuse("survey.row_photos", "photo", most=_MOST_PHOTOS)
    for name in row.photos:
        if len(name) > _MOST_PHOTO_NAME:
            refuse("value.too_long", "photo", value=f"{name[:20]}…", limit=_MOST_PHOTO_NAME)
    if len(faults) > before or one is None or form is None or row.at is None:
        return None
    try:
        return checked_visit(
            VisitDraft(
                id=row.uuid,
                household_id=one.household_id,
                outcome=DoorOutcome(row.outcome),
                form_version=form.version,
                visited_at=row.at,
                channel=VisitChannel.FIELD_APP,
                answers=row.answers if row.outcome == DoorOutcome.ANSWERED else {},
                come_back=row.come_back,
                photos=row.photos,
            ),
            held,
            form,
            at,
        )
    except RenovationError as error:
        refuse(error.code, _question_of(row, form), **error.fields)
        return None


def _question_of(row: FieldVisit, form: Form) -> str | None:
    """Return the question whose answer cannot be, of a row that has such a one."""
    for code, said in row.answers.items():
        try:
            form.checked({code: said})
        except RenovationError:
            return code
    return None
