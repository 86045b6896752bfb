"""A real election through the house: taken in, recounted, decided, written out, read back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from renovation.config import CHECKOUT
from renovation.errors import DeniedError, StageError
from renovation.imports.polls.pabulib import PabulibFile, read_pabulib
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll, PollSettings, PollStage
from renovation.services.outcome import results
from renovation.services.outcome.exports import ExportFormat, export_outcome, export_poll
from renovation.services.polls.elections import import_election, recount, suggested_title
from renovation.store import Store
from renovation.store.polls import polls as poll_store

WIELICZKA = CHECKOUT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"


@pytest.fixture(scope="module")
def election() -> PabulibFile:
    return read_pabulib(WIELICZKA, voters=True)


@pytest.fixture(scope="module")
def store(make_store: Callable[[Path], Store], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One SQLite store for the module: nothing here changes the imported poll."""
    return make_store(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def poll(store: Store, election: PabulibFile) -> Poll:
    operator = Actor(role=Role.ADMIN, login="admin")
    return import_election(store, operator, election, title=suggested_title(election.instance), source=WIELICZKA.name)


def test_recount_equals_the_files_own_votes(election: PabulibFile) -> None:
    counted = recount(election)
    assert counted.compared == 64
    assert counted.differing == ()


def test_the_announced_rule_gives_exactly_the_official_winners(
    store: Store, admin: Actor, poll: Poll, election: PabulibFile
) -> None:
    held = results.election(store, admin, poll.id)
    allocation = results.allocate(held)
    official = {project for project, columns in election.declared.items() if columns.get("selected") == "1"}
    assert set(allocation.winners) == official
    assert len(official) == 30
    assert held.profile.size == held.turnout.ballots == 6586
    greedy = results.allocate(held, "greedy")
    assert greedy.total_cost == 99_899_700
    assert set(greedy.winners) != official


def test_pb_reads_back_equal(store: Store, admin: Actor, poll: Poll, election: PabulibFile) -> None:
    _, _, content = export_poll(store, admin, poll.id, ExportFormat.PB)
    again = read_pabulib(content)
    assert again.instance == election.instance
    assert sorted(map(repr, again.profile.ballots())) == sorted(map(repr, election.profile.ballots()))


def test_workbook_holds_numbers_and_no_formula(store: Store, admin: Actor, poll: Poll) -> None:
    filename, _, content = export_poll(store, admin, poll.id, ExportFormat.XLSX)
    assert filename.endswith(".xlsx")
    book = openpyxl.load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    assert sheet.max_row == 1 + 64 + 1
    assert all(cell.data_type != "f" for page in book.worksheets for row in page.iter_rows() for cell in row)
    costs = [row[6].value for row in sheet.iter_rows(min_row=2, max_row=65)]
    assert all(isinstance(cost, (int, float)) for cost in costs)
    chosen = [row[6].value for row in sheet.iter_rows(min_row=2, max_row=65) if row[7].value == "入选"]
    assert sum(chosen) == sheet.cell(66, 7).value == 995_079
    assert all(row[8].value for row in sheet.iter_rows(min_row=2, max_row=65))


@pytest.mark.parametrize("format_", list(ExportFormat))
def test_equal_inputs_give_equal_files(store: Store, admin: Actor, poll: Poll, format_: ExportFormat) -> None:
    held = results.election(store, admin, poll.id)
    allocation = results.allocate(held)
    assert export_outcome(held, allocation, format_) == export_outcome(held, allocation, format_)


def test_geopackage_has_every_project_in_its_datum(
    store: Store, admin: Actor, pabulib_dir: Path, tmp_path: Path
) -> None:
    import pyogrio

    placed = read_pabulib(pabulib_dir / "files" / "Poland_Wieliczka_2023_Green_Budget.pb", voters=True)
    poll = import_election(store, admin, placed, title="=1+1", source="file")
    _, _, content = export_poll(store, admin, poll.id, ExportFormat.GPKG)
    path = tmp_path / "out.gpkg"
    path.write_bytes(content)
    info = pyogrio.read_info(path)
    assert info["features"] == 64
    assert info["crs"] == "EPSG:4490"
    assert info["geometry_type"] == "Point"


def test_notice_names_every_project_and_no_clock(store: Store, admin: Actor, poll: Poll) -> None:
    import docx

    _, _, page = export_poll(store, admin, poll.id, ExportFormat.NOTICE)
    held = results.election(store, admin, poll.id)
    for project in held.instance.projects:
        assert project.name.split('"')[0][:20] in page.decode()
    _, _, word = export_poll(store, admin, poll.id, ExportFormat.NOTICE_DOCX)
    document = docx.Document(BytesIO(word))
    assert sum(len(table.rows) - 1 for table in document.tables) == 64
    with zipfile.ZipFile(BytesIO(word)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_results_are_for_staff_until_published(store: Store, admin: Actor, poll: Poll) -> None:
    with pytest.raises(DeniedError):
        results.election(store, PUBLIC, poll.id)
    with pytest.raises(DeniedError):
        export_poll(store, None, poll.id, ExportFormat.CSV)


def test_nobody_sees_a_tally_while_voting_goes_on(store: Store, admin: Actor) -> None:
    settings = PollSettings(title="进行中", ballot_kind=BallotKind.APPROVAL, budget=100, max_choices=1)
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now(), stage=PollStage.OPEN)
        unit.commit()
    with pytest.raises(StageError):
        results.election(store, admin, poll_id)
