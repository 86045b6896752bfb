"""Visits from KoboToolbox or ODK: their exports (CSV, XLSX), with repeat groups and names of photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.files.files import read_file
from renovation.imports.files.results import Findings, Place, UnreadableError
from renovation.imports.files.sheets import Sheet
from renovation.imports.files.values.values import refuse_special
from renovation.model.clock import read_moment
from renovation.model.surveys import QuestionKind, SurveyQuestion
from renovation.text.hidden import half_sign

#: Column of an export → what it is here; names of groups before the last "/" are passed over.
_KNOWN = {
    "_uuid": "uuid",
    "meta/instanceID": "uuid",
    "instanceID": "uuid",
    "KEY": "uuid",
    "_submission__uuid": "parent",
    "PARENT_KEY": "parent",
    "_index": "index",
    "_parent_index": "parent_index",
    "campaign": "campaign",
    "form_version": "version",
    "building": "building",
    "stairwell": "stairwell",
    "door": "door",
    "outcome": "outcome",
    "come_back": "come_back",
    "start": "at",
    "_submission_time": "sent",
    "_submitted_by": "login",
    "username": "login",
    "photo": "photo",
}

#: What stands in a column of its own for an option.
_CHOSEN = {"1": True, "true": True, "0": False, "false": False, "": False}
#: Rows of an export, all its sheets together; the answers of each are kept in memory until the file is taken.
MAX_ROWS = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldVisit:
    """A visit as a row of an export says it; everything is still as it was written.

    Attributes
    ----------
    uuid
        The submission's, with the number of the row where a repeat group holds several visits.
    door
        ``d`` and the number of a known door, or what stands on it beside ``building`` and ``stairwell``.
    answers
        Question → options, a number or words.
    """

    sheet: str | None
    row: int
    uuid: str
    door: str
    building: str = ""
    stairwell: str = ""
    outcome: str = ""
    version: str = ""
    campaign: str = ""
    at: datetime | None = None
    login: str = ""
    come_back: str = ""
    photos: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def parse_visits(data: bytes, questions: Sequence[SurveyQuestion]) -> tuple[FieldVisit, ...]:
    """Read an export to its end.

    Raises
    ------
    ImportRefusedError
        The file cannot be read, or has no column ``_uuid`` and ``door``; ``text.too_many_rows``.
    """
    findings = Findings(can_ask=False)
    sheets = [_Table(sheet, questions, findings) for sheet in read_file(data, findings)]
    _refuse(findings)
    if sum(one.height for one in sheets) > MAX_ROWS:
        raise ImportRefusedError([Fault("text.too_many_rows", fields={"limit": MAX_ROWS})])
    mains = [one for one in sheets if "uuid" in one.columns]
    if not mains or not any("door" in one.columns for one in sheets):
        raise ImportRefusedError([Fault("survey.file_no_columns")])
    parents: dict[str, _Line] = {}
    for table in mains:
        for line in table.lines():
            parents[line.said.get("uuid", "")] = line
            parents.setdefault(f"#{line.said.get('index', '')}", line)
    found = [line.visit(None) for table in mains if "door" in table.columns for line in table.lines()]
    for table in sheets:
        if table not in mains and "door" in table.columns:
            found += [line.visit(_parent(line, parents)) for line in table.lines()]
    _refuse(findings)
    return tuple(found)


def _refuse(findings: Findings) -> None:
    """Refuse a file with faults, and one that hides something: exports hide nothing, so somebody sorted out by hand."""
    hidden = [name for change in findings.all_changes() if change.code == "sheet.hidden" for name in change.before]
    if hidden:
        findings.fault("survey.file_hidden", name=hidden[0])
    if faults := findings.all_faults():
        raise ImportRefusedError(faults)


def _parent(line: _Line, parents: Mapping[str, _Line]) -> _Line | None:
    return parents.get(line.said.get("parent", "")) or parents.get(f"#{line.said.get('parent_index', '')}")


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with what stands in each column that is known here."""

    sheet: str | None
    row: int
    said: Mapping[str, str]
    at: datetime | None
    answers: Mapping[str, tuple[str, ...]]
    photos: tuple[str, ...]

    def visit(self, parent: _Line | None) -> FieldVisit:
        held = {**(parent.said if parent else {}), **{name: one for name, one in self.said.items() if one}}
        uuid = held.get("uuid", "")
        if parent is not None:
            uuid = f"{parent.said.get('uuid', '')}-{self.said.get('index') or self.row}"
        return FieldVisit(
            sheet=self.sheet,
            row=self.row,
            uuid=uuid.removeprefix("uuid:").lower(),
            door=held.get("door", ""),
            building=held.get("building", ""),
            stairwell=held.get("stairwell", ""),
            outcome=held.get("outcome", ""),
            version=held.get("version", ""),
            campaign=held.get("campaign", ""),
            at=self.at or (parent.at if parent else None),
            login=held.get("login", ""),
            come_back=held.get("come_back", ""),
            photos=self.photos or (parent.photos if parent else ()),
            answers={**(parent.answers if parent else {}), **self.answers},
        )


class _Table:
    """A sheet of an export, with what its columns are."""

    def __init__(self, sheet: Sheet, questions: Sequence[SurveyQuestion], findings: Findings) -> None:
        self._sheet = sheet
        self._findings = findings
        self._by_code = {one.code: one for one in questions}
        self.columns: dict[str, int] = {}
        self._answers: list[tuple[int, SurveyQuestion, str]] = []
        self._photos: list[int] = []
        heads = [_text(one) for one in sheet.rows[0].cells] if sheet.rows else []
        for place, head in enumerate(heads):
            parts = head.split("/")
            name = _KNOWN.get(head) or _KNOWN.get(parts[-1])
            question = self._by_code.get(parts[-1])
            if len(parts) > 1 and (split := self._by_code.get(parts[-2])) and parts[-1] in split.choices:
                self._answers.append((place, split, parts[-1]))
            elif question is not None:
                self._answers.append((place, question, ""))
            elif name == "photo":
                self._photos.append(place)
            elif name is not None:
                self.columns.setdefault(name, place)
        self._heads = heads
        asked = Counter((question.code, option) for _, question, option in self._answers)
        for (code, option), count in asked.items():
            if count > 1:
                findings.fault("survey.file_column_twice", Place(sheet=sheet.name), name=option or code)
        if sheet.hidden_rows or sheet.hidden_columns:
            findings.fault("survey.file_hidden", Place(sheet=sheet.name), name=sheet.name)

    @property
    def height(self) -> int:
        """How many rows stand below the heading."""
        return max(len(self._sheet.rows) - 1, 0)

    def lines(self) -> Iterator[_Line]:
        for row in self._sheet.rows[1:]:
            cells = [self._sound(row.number, place, one) for place, one in enumerate(row.cells)]
            said = {name: _text(cells[place]) for name, place in self.columns.items() if place < len(cells)}
            if not any(said.values()):
                continue
            yield _Line(
                self._sheet.name,
                row.number,
                said,
                read_moment(said.get("at") or said.get("sent", "")),
                self._said(row.number, cells),
                tuple(name for place in self._photos if place < len(cells) and (name := _text(cells[place]))),
            )

    def _sound(self, number: int, place: int, value: object) -> object:
        try:
            refuse_special(value)
            if isinstance(value, str) and half_sign(value):
                raise UnreadableError("value.half_sign")
        except UnreadableError as error:
            column = self._heads[place] if place < len(self._heads) else None
            self._findings.fault(error.code, Place(sheet=self._sheet.name, row=number, column=column), **error.fields)
            return None
        return value

    def _said(self, number: int, cells: Sequence[object]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for place, question, option in self._answers:
            words = _text(cells[place]) if place < len(cells) else ""
            if option:
                # A column of its own for each option: 1 where it was chosen, 0 or nothing where not.
                chosen = _CHOSEN.get(words.lower())
                if chosen is None:
                    where = Place(sheet=self._sheet.name, row=number, column=self._heads[place])
                    self._findings.fault("survey.file_chosen", where, value=words[:20])
                elif chosen and option not in found.get(question.code, ()):
                    found[question.code] = (*found.get(question.code, ()), option)
            elif words:
                several = question.kind is QuestionKind.SEVERAL
                found[question.code] = tuple(words.split()) if several else (words,)
        return found


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip()
