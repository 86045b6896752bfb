"""A survey's form as XLSForm, for KoboToolbox and ODK: its questions, numbered alike, and the campaign's doors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.surveys import POINTS, DoorOutcome, Form, FormKind, QuestionKind, SurveyQuestion
from renovation.text import Language, text
from renovation.text.surveys import numbered, option_said, question_said

_TONGUES = ((Language.ZH, "中文 (zh)"), (Language.EN, "English (en)"))
_LABELS = [f"label::{name}" for _, name in _TONGUES]
_SURVEY = (
    "type", "name", *_LABELS, "required", "relevant", "constraint", "choice_filter", "appearance", "calculation",
    "parameters",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDoor:
    """A door that may be chosen: its id and what it is called, its building's, and the stairwell."""

    id: int
    number: str
    building_id: int
    building: str
    stairwell: str


def xlsform(survey_id: int, name: str, kind: FormKind, form: Form, doors: Sequence[FieldDoor]) -> Exported:
    """Return the form as a workbook of the sheets ``survey``, ``choices`` and ``settings``."""
    rows = [
        _row(type="start", name="start"),
        _row(type="calculate", name="campaign", calculation=f"'{survey_id}'"),
        _row(type="calculate", name="form_version", calculation=f"'{form.version}'"),
        *_places(kind),
        _asked("select_one outcomes", "outcome", _both("survey.xlsform.outcome"), required="yes"),
        _asked("begin group", "answers", _both(f"enum.FormKind.{kind.value}"), relevant="${outcome}='answered'"),
        *(_question(place, kind, one) for place, one in enumerate(form.in_order, 1)),
        _row(type="end group"),
        _asked("text", "come_back", _both("survey.door.when"), relevant="${outcome}='come_back'"),
        _asked("image", "photo", _both("survey.xlsform.photo"), parameters="max-pixels=1600"),
    ]
    settings = TableSheet(
        name="settings",
        headings=("form_title", "form_id", "version", "default_language"),
        rows=[(name, f"renovation_{survey_id}", str(form.version), _TONGUES[0][1])],
    )
    choices = TableSheet(
        name="choices",
        headings=("list_name", "name", *_LABELS, "building"),
        rows=list(_choices(form, doors)),
    )
    return workbook(
        text("survey.xlsform.file", Language.ZH, name=name),
        [TableSheet(name="survey", headings=_SURVEY, rows=rows), choices, settings],
    )


def _places(kind: FormKind) -> list[list[str]]:
    """Return what asks where a visit was: the building and its door, or the building that is asked about."""
    if kind is FormKind.BUILDING:
        return [_asked("select_one doors", "door", _both("survey.papers.building"), required="yes")]
    return [
        _asked("select_one buildings", "building", _both("survey.papers.building"), required="yes"),
        _asked(
            "select_one doors",
            "door",
            _both("survey.list.number"),
            required="yes",
            choice_filter="building=${building}",
            appearance="minimal",
        ),
    ]


def _row(**said: str) -> list[str]:
    return [said.get(name, "") for name in _SURVEY]


def _asked(type_: str, name: str, words: Sequence[str], **more: str) -> list[str]:
    return _row(type=type_, name=name, **dict(zip(_LABELS, words, strict=True)), **more)


def _both(key: str) -> list[str]:
    return [text(key, tongue) for tongue, _ in _TONGUES]


def _question(place: int, kind: FormKind, question: SurveyQuestion) -> list[str]:
    words = [f"{place}. {question_said(kind, question, tongue)}" for tongue, _ in _TONGUES]
    if question.kind is QuestionKind.WORDS:
        return _asked("text", question.code, words, appearance="multiline")
    if question.kind is QuestionKind.NUMBER:
        band = f". >= {question.low} and . <= {question.high}"
        return _asked("integer", question.code, words, constraint=band)
    options = "points" if question.kind is QuestionKind.SCALE else question.code
    if not question.takes_several:
        return _asked(f"select_one {options}", question.code, words)
    capped = {"constraint": f"count-selected(.) <= {question.most}"} if question.is_capped else {}
    return _asked(f"select_multiple {options}", question.code, words, **capped)


def _choices(form: Form, doors: Sequence[FieldDoor]) -> Iterable[list[str]]:
    for number, name in {one.building_id: one.building for one in doors}.items():
        yield ["buildings", f"b{number}", name, name, ""]
    for one in doors:
        said = f"{one.stairwell} {one.number}".strip()
        yield ["doors", f"d{one.id}", said, said, f"b{one.building_id}"]
    for outcome in DoorOutcome:
        yield ["outcomes", outcome.value, *_both(f"enum.DoorOutcome.{outcome.value}"), ""]
    if any(one.kind is QuestionKind.SCALE for one in form.questions):
        for point in POINTS:
            yield ["points", point, point, point, ""]
    for question in form.questions:
        if question.kind in (QuestionKind.SINGLE, QuestionKind.SEVERAL):
            for at, option in enumerate(question.choices, 1):
                said_in = [numbered(at, option_said(question, option, tongue)) for tongue, _ in _TONGUES]
                yield [question.code, option, *said_in, ""]
