"""A field team's form by its own app's reader, and its exports: taken once, all or none, each fault by its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from pyxform.xls2xform import convert
from surveys.test_surveys import Town

from renovation.errors import ImportRefusedError, StageError
from renovation.imports.surveys.visits import MAX_ROWS, FieldVisit, parse_visits
from renovation.model.clock import now
from renovation.model.imports import ImportSource
from renovation.model.surveys import QuestionKind, SurveyQuestion, VisitChannel
from renovation.services.surveys import campaigns, fieldwork, visits
from renovation.services.surveys.fieldwork import VisitsTaken
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store
from renovation.text import Language, fault_text
from renovation.text.surveys import read_questions

HEADS = (
    "start", "campaign", "form_version", "building", "door", "outcome", "answers/renew", "answers/wishes",
    "answers/wishes/pipes", "answers/wishes/lighting", "come_back", "photo", "_uuid", "_submitted_by",
)  # fmt: skip


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def row(town: Town, place: int, **said: str) -> dict[str, str]:
    held = dict.fromkeys(HEADS, "") | {
        "start": now().isoformat(),
        "campaign": str(town.survey),
        "form_version": "1",
        "building": f"b{town.first if place < 10 else town.second}",
        "door": f"d{town.doors[place]}",
        "outcome": "answered",
        "answers/renew": "yes",
        "answers/wishes": "pipes lighting",
        "photo": f"door-{place}.jpg",
        "_uuid": f"0000-{place:04}",
        "_submitted_by": "worker",
    }
    return held | said


def take(town: Town, *rows: dict[str, str], dry_run: bool = False) -> VisitsTaken:
    into = io.StringIO()
    writer = csv.DictWriter(into, HEADS)
    writer.writeheader()
    writer.writerows(rows)
    return taken(town, into.getvalue().encode(), dry_run=dry_run)


def taken(town: Town, data: bytes, *, dry_run: bool = False) -> VisitsTaken:
    found = fieldwork.read_visits(town.store, town.lead, town.survey, data)
    source = ImportSource.of("kobo.csv", data)
    return fieldwork.import_visits(town.store, town.lead, town.survey, found, source=source, dry_run=dry_run)


def test_the_form_is_one_that_the_app_s_own_reader_takes(town: Town) -> None:
    own = read_questions("要不要建车棚 | 单选 | 要、不要\n每月愿交多少元 | 数字 | 0-50\n满意吗 | 打分")
    campaigns.change_form(town.store, town.lead, town.survey, own)
    content = fieldwork.form_for_field(town.store, town.lead, town.survey)[2]
    made = convert(io.BytesIO(content), validate=False, file_type=".xlsx")
    assert made.warnings == []
    for name in ("renew", "wishes", "door", own[0].code):
        assert f"<{name}/>" in made.xform
    assert made.xform.count(f"b{town.first}</") == 11
    assert "9. 要不要建车棚" in made.xform


def test_an_export_is_taken_once_with_its_names_of_photos(town: Town) -> None:
    rows = [row(town, place) for place in range(10)]
    # Some exports give each option a column of its own.
    rows[1] |= {"answers/wishes": "", "answers/wishes/pipes": "1", "answers/wishes/lighting": "0"}
    assert take(town, *rows, dry_run=True).recorded == 10
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 0
    found = take(town, *rows, row(town, 3, _uuid="0000-0003"))
    assert (found.rows, found.recorded, found.recognised) == (11, 10, 1)
    assert take(town, *rows).recognised == 10
    (kept,) = visits.visits_at(town.store, town.lead, town.survey, town.doors[1])
    assert (kept.draft.channel, kept.draft.photos, kept.login) == (VisitChannel.FIELD_APP, ("door-1.jpg",), "worker")
    assert kept.draft.answers["wishes"] == ("pipes",)
    again = take(town, row(town, 2, _uuid="0000-9999", building=f"b{town.second}"))
    assert (again.recorded, again.asked_twice, again.moved) == (1, 1, 1)


def test_repeat_groups_hang_on_their_submission(town: Town) -> None:
    book = openpyxl.Workbook()
    main = book.active
    main.append(["start", "campaign", "form_version", "building", "_uuid", "_index"])
    main.append([now().isoformat(), str(town.survey), "1", f"b{town.first}", "aaaa-bbbb", 1])
    more = book.create_sheet("doors")
    more.append(["doors/door", "doors/outcome", "doors/renew", "_index", "_parent_index", "_submission__uuid"])
    for place in range(3):
        more.append([f"d{town.doors[place]}", "answered", "no", place + 1, 1, "aaaa-bbbb"])
    into = io.BytesIO()
    book.save(into)
    assert taken(town, into.getvalue()).recorded == 3
    assert taken(town, into.getvalue()).recognised == 3


def test_an_export_of_more_rows_than_fit_is_refused() -> None:
    with pytest.raises(ImportRefusedError) as refused:
        parse_visits(b"_uuid,door\n" + b"u,7\n" * (MAX_ROWS + 1), ())
    assert [one.code for one in refused.value.faults] == ["text.too_many_rows"]


def _formula(book: openpyxl.Workbook) -> None:
    book.active["D2"] = "=1+1"


def _error(book: openpyxl.Workbook) -> None:
    book.active["D2"] = "#N/A"
    book.active["D2"].data_type = "e"


def _row(book: openpyxl.Workbook) -> None:
    book.active.row_dimensions[2].hidden = True


def _column(book: openpyxl.Workbook) -> None:
    book.active.column_dimensions["D"].hidden = True


def _sheet(book: openpyxl.Workbook) -> None:
    book.create_sheet("h").sheet_state = "veryHidden"


def _twice(book: openpyxl.Workbook) -> None:
    book.active["E1"] = "group/words"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_formula, "value.formula_without_result"),
        (_error, "value.error_cell"),
        (_row, "survey.file_hidden"),
        (_column, "survey.file_hidden"),
        (_sheet, "survey.file_hidden"),
        (_twice, "survey.file_column_twice"),
    ],
)
def test_a_workbook_that_hides_something_or_holds_no_value_is_refused(
    spoil: Callable[[openpyxl.Workbook], None], code: str
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["_uuid", "door", "start", "words"])
    book.active.append(["U1", 7, "2026-05-01T08:00:00", "w"])
    words = (SurveyQuestion(code="words", kind=QuestionKind.WORDS),)

    def read() -> tuple[FieldVisit, ...]:
        into = io.BytesIO()
        book.save(into)
        return parse_visits(into.getvalue(), words)

    assert [(one.uuid, one.answers) for one in read()] == [("u1", {"words": ("w",)})]
    spoil(book)
    with pytest.raises(ImportRefusedError) as refused:
        read()
    assert [one.code for one in refused.value.faults] == [code]


def test_every_fault_is_named_by_its_row_and_nothing_is_kept(town: Town) -> None:
    rows = [
        row(town, 0),
        row(town, 1, door="d999999"),
        row(town, 2, campaign="77"),
        row(town, 3, form_version="9"),
        row(town, 4, start=(now() + timedelta(days=2)).isoformat()),
        row(town, 5, outcome="perhaps"),
        row(town, 6, **{"answers/renew": "maybe"}),
        row(town, 7, **{"answers/wishes": "pipes lighting cables drainage"}),
        row(town, 8, **{"answers/renew": "", "answers/wishes": ""}),
        row(town, 9, start=""),
    ]
    with pytest.raises(ImportRefusedError) as refused:
        take(town, *rows)
    assert [(one.row, one.code.partition(".")[2]) for one in refused.value.faults] == [
        (3, "row_door"),
        (4, "row_campaign"),
        (5, "row_version"),
        (6, "clock"),
        (7, "row_outcome"),
        (8, "answer_unknown"),
        (9, "answer_many"),
        (10, "no_answers"),
        (11, "row_moment"),
    ]
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 0
    with pytest.raises(ImportRefusedError, match=r"import.refused"):
        taken(town, b"a,b\n1,2\n")
    campaigns.close_survey(town.store, town.lead, town.survey)
    with pytest.raises(StageError, match=r"survey.closed"):
        take(town, row(town, 0))


HALF = "_xD83D_"  # as a workbook writes half a sign


def workbook_of(town: Town, **said: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(HEADS)
    book.active.append(list(row(town, 0, **said).values()))
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("head", [one for one in HEADS if one != "building"])
def test_no_odd_sign_is_read_as_another(town: Town, head: str) -> None:
    words = ("come_back", "photo", "_submitted_by")
    for odd in ("²", "①", "１", "٣", "x", "1.0", "d²", "Ｄ1", "1_0", f"d{town.doors[0]:018}99²", HALF):
        data = workbook_of(town, **{head: odd})
        if head in words and odd != HALF:
            assert taken(town, data, dry_run=True).recorded == 1
            continue
        with pytest.raises(ImportRefusedError) as refused:
            taken(town, data, dry_run=True)
        # What is said of it can be written down, whatever stood there.
        for fault in refused.value.faults:
            assert fault_text(fault, Language.ZH).encode()


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_door_s_number_is_read_to_its_end(town: Town) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        taken(town, workbook_of(town, door=f"d{town.doors[0]:018}99"))
    assert [one.code for one in refused.value.faults] == ["survey.row_door"]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_names_of_photos_are_all_kept_or_the_file_is_refused(town: Town) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        taken(town, workbook_of(town, photo="x" * 121))
    assert [one.code for one in refused.value.faults] == ["value.too_long"]
