"""Long work in a town: asked for, done once by the queue's worker, watched, called off; a laptop answers alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from procrastinate import PsycopgConnector

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, NotFoundError
from renovation.model.accounts import Actor, Role
from renovation.model.funding import Pot
from renovation.model.imports import ImportKind
from renovation.model.jobs import JobKind, JobState
from renovation.model.scenarios import ProgrammeSettings
from renovation.services.house import backups, jobs
from renovation.services.house.files import FileTask
from renovation.services.house.work import kinds, runners
from renovation.services.money import pots
from renovation.services.programme.input import programme_input
from renovation.services.programme.solving import solve
from renovation.services.register.estates import find_estates
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, start_store
from renovation.store.house import queue, watched
from renovation.store.schema.staff import job, job_paper

LIST = "小区编码,小区名称,总户数\nA1,松园,120\nA2,柏园,80\n".encode()
TASK = FileTask(kind=ImportKind.ESTATES, filename="小区.csv", datum="cgcs2000", data=LIST)


@pytest.fixture
def town(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with a queue."""
    store, _ = start_store(postgres_url, tmp_path / "keys")
    queue.lay(store)
    queue.lay(store)
    yield store
    store.close()


def staff(store: Store, admin: Actor, login: str, role: Role) -> Actor:
    """Make an account."""
    return accounts.as_actor(accounts.create_account(store, admin, AccountDraft(login=login, name=login, role=role))[0])


def run_queue(store: Store, do: Callable[[int], object] | None = None) -> None:
    """Do what is in the queue, as the process for long work does."""
    app = queue.app(PsycopgConnector(conninfo=queue.conninfo(store)))
    app.task(do or (lambda number: runners.do_job(store, number)), name=queue.TASK, queue=queue.QUEUE)
    app.run_worker(queues=[queue.QUEUE], wait=False, install_signal_handlers=False)


def test_a_backup_is_asked_for_done_watched_and_called_off(town: Store, admin: Actor, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    boss = staff(town, admin, "li", Role.ADMIN)
    asked = jobs.ask_backup(town, boss, folder)
    assert jobs.watch_job(town, boss, asked.id).state is JobState.WAITING
    with pytest.raises(ConflictError, match=r"job\.asked"):
        jobs.ask_backup(town, boss, folder)
    run_queue(town)
    (made,) = backups.list_backups(town, boss, folder)
    ended = jobs.watch_job(town, boss, asked.id)
    assert ended.state is JobState.DONE
    assert 0 < ended.done <= ended.whole
    assert jobs.answer_of(town, boss, asked.id) == made
    # Taken out of the queue twice, it is done once.
    assert runners.do_job(town, asked.id) is JobState.CANCELLED
    with pytest.raises(NotFoundError, match=r"job\.unknown"):
        jobs.cancel_job(town, boss, asked.id)

    called_off = jobs.ask_backup(town, boss, folder)
    jobs.cancel_job(town, boss, called_off.id)
    run_queue(town)
    assert jobs.watch_job(town, boss, called_off.id).state is JobState.CANCELLED
    running = jobs.ask_backup(town, boss, folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runners.jobs, "note", lambda *_: False)
        run_queue(town)
    with pytest.raises(ConflictError, match=r"job\.cancelled"):
        jobs.answer_of(town, boss, running.id)
    assert len(backups.list_backups(town, boss, folder)) == 1
    assert list(folder.glob("*.unfinished")) == []
    # What comes at night is nobody's, and whoever makes backups learns how it ended.
    nightly = jobs.ask_nightly(town, folder)
    assert jobs.last_job(town, boss, JobKind.BACKUP) == nightly


def test_an_import_is_taken_in_whole_or_not_at_all(town: Store, admin: Actor) -> None:
    planner = staff(town, admin, "wang", Role.PLANNER)
    asked = jobs.ask_import(town, planner, TASK)
    rows = queue_rows(town)
    assert rows == [{"number": asked.id}]
    with town.read() as connection:
        (held,) = connection.execute(sa.select(job)).mappings()
        (paper,) = connection.execute(sa.select(job_paper.c.sealed)).scalars()
    assert {name for name, value in held.items() if isinstance(value, str) and value} == {"kind", "state"}
    assert LIST not in paper
    assert "小区.csv".encode() not in paper

    def stopped(number: int) -> None:
        with pytest.MonkeyPatch.context() as patched:
            # Called off behind the last row, before anything is kept.
            patched.setattr(watched._LastLook, "before", lambda *_: jobs.cancel_job(town, planner, number) or look(*_))
            runners.do_job(town, number)

    look = watched._LastLook.before
    run_queue(town, stopped)
    assert jobs.watch_job(town, planner, asked.id).state is JobState.CANCELLED
    assert find_estates(town, planner) == ()

    again = jobs.ask_import(town, planner, TASK)
    run_queue(town)
    assert jobs.answer_of(town, planner, again.id).counts == {ImportKind.ESTATES: 2}
    assert len(find_estates(town, planner)) == 2
    # A refusal brings every fault along, with the words of the file, and they lie sealed.
    wrong = FileTask(kind=ImportKind.ESTATES, filename="错.csv", datum="cgcs2000", data=LIST.replace(b"120", b"abc"))
    refused = jobs.ask_import(town, planner, wrong)
    run_queue(town)
    with pytest.raises(ImportRefusedError) as faults:
        jobs.answer_of(town, planner, refused.id)
    assert faults.value.faults[0].row == 2
    # Others' work can be called off by who makes backups, and is nobody else's to see.
    waiting = jobs.ask_import(town, planner, TASK)
    stranger, boss = staff(town, admin, "zhao", Role.PLANNER), staff(town, admin, "li", Role.ADMIN)
    for act in (jobs.watch_job, jobs.answer_of, jobs.cancel_job):
        with pytest.raises(NotFoundError):
            act(town, stranger, waiting.id)
    with pytest.raises(NotFoundError):
        jobs.answer_of(town, boss, waiting.id)
    jobs.cancel_job(town, boss, waiting.id)
    with town.read() as connection:
        kept = set(connection.execute(sa.select(job_paper.c.job_id)).scalars())
    assert kept == {again.id, refused.id}


def queue_rows(store: Store) -> list[dict[str, Any]]:
    """Return all that the queue says of its work."""
    with store.read() as connection:
        return list(connection.execute(sa.text("SELECT args FROM procrastinate_jobs")).scalars())


def test_who_is_switched_off_has_nothing_done_and_a_death_is_told(town: Store, admin: Actor, tmp_path: Path) -> None:
    staff(town, admin, "li", Role.ADMIN)
    boss = staff(town, admin, "wang", Role.ADMIN)
    with pytest.raises(DeniedError):
        jobs.ask_backup(town, Actor(role=Role.PLANNER, login="planner"), tmp_path)
    off = jobs.ask_backup(town, boss, tmp_path)
    assert boss.account_id is not None
    accounts.set_active(town, admin, boss.account_id, False)
    run_queue(town)
    with pytest.raises(DeniedError, match=r"account\.sign_in_first"):
        jobs.answer_of(town, boss, off.id)
    # A process that is killed says nothing; whoever looks next finds it, and so does the next one that begins.
    night = jobs.ask_nightly(town, tmp_path)

    def killed(number: int) -> None:
        with town.write() as unit:
            assert runners.jobs.take_up(unit.connection, number)
            unit.commit()
        with queue.holding(town, number):
            assert jobs.watch_job(town, boss, number).state is JobState.RUNNING
            assert runners.end_broken_off(town) == 0

    run_queue(town, killed)
    assert jobs.watch_job(town, boss, night.id).state is JobState.FAILED
    assert runners.end_broken_off(town) == 0
    with pytest.raises(Exception, match=r"job\.broken_off"):
        jobs.answer_of(town, boss, night.id)


def test_a_laptop_does_it_beside_the_page_and_a_programme_is_the_same_either_way(
    sqlite_store: Store, planner: Actor
) -> None:
    pots.keep_pot(sqlite_store, planner, Pot(id="", name="市级补助", year=2030, amount=30_000_000))
    basis = programme_input(sqlite_store, planner, ProgrammeSettings(years=(2030,)))
    asked = jobs.ask_programme(sqlite_store, planner, basis)
    while not jobs.watch_job(sqlite_store, planner, asked.id).state.is_over:
        time.sleep(0.01)
    found = jobs.answer_of(sqlite_store, planner, asked.id)
    assert found == solve(basis, lambda *_: None, lambda: False)
    # What a queue carries comes back as it was.
    assert kinds.task_of(JobKind.PROGRAMME, kinds.written(basis)) == basis
    assert kinds.answer_of(JobKind.PROGRAMME, kinds.written(found)) == found
    asked = jobs.ask_import(sqlite_store, planner, TASK)
    while not jobs.watch_job(sqlite_store, planner, asked.id).state.is_over:
        time.sleep(0.01)
    assert jobs.answer_of(sqlite_store, planner, asked.id).counts == {ImportKind.ESTATES: 2}
    assert jobs.last_job(sqlite_store, planner, JobKind.IMPORT) == jobs.watch_job(sqlite_store, planner, asked.id)
    with pytest.raises(NotFoundError):
        jobs.cancel_job(sqlite_store, planner, asked.id)
