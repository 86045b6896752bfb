"""Long work in a town: asked for, done once by the queue's worker, watched, called off; nothing of it on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from procrastinate import PsycopgConnector

from renovation.errors import ConflictError, DeniedError, NotFoundError
from renovation.model.accounts import Actor, Role
from renovation.model.jobs import JobState
from renovation.services.house import backups, jobs
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, start_store
from renovation.store.house import queue


@pytest.fixture
def town(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with a queue."""
    store, _ = start_store(postgres_url, tmp_path / "keys")
    queue.lay(store)
    queue.lay(store)
    yield store
    store.close()


def run_queue(store: Store, work: Callable[[int], object]) -> None:
    """Do what is in the queue, as the process for long work does."""
    app = queue.app(PsycopgConnector(conninfo=queue.conninfo(store)))
    app.task(work, name=queue.TASK, queue=queue.QUEUE)
    app.run_worker(queues=[queue.QUEUE], wait=False, install_signal_handlers=False)


def test_a_backup_is_asked_for_done_watched_and_called_off(town: Store, admin: Actor, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    asked = jobs.ask_backup(town, admin)
    assert jobs.list_jobs(town, admin)[0].state is JobState.WAITING
    with pytest.raises(ConflictError, match=r"job\.asked"):
        jobs.ask_backup(town, admin)
    told: list[tuple[int, int]] = []
    run_queue(town, lambda number: jobs.do_job(town, number, folder))
    (made,) = backups.list_backups(town, admin, folder)
    (ended,) = jobs.list_jobs(town, admin)
    assert (ended.state, ended.result["name"], ended.login) == (JobState.DONE, made.name, admin.login)
    assert 0 < ended.done <= ended.whole
    # Taken out of the queue twice, it is done once.
    assert jobs.do_job(town, asked.id, folder) is JobState.CANCELLED
    with pytest.raises(NotFoundError, match=r"job\.unknown"):
        jobs.cancel_job(town, admin, asked.id)

    called_off = jobs.ask_backup(town, admin)
    jobs.cancel_job(town, admin, called_off.id)
    run_queue(town, lambda number: told.append((number, 0)) or jobs.do_job(town, number, folder))
    assert told == [(called_off.id, 0)]
    assert jobs.list_jobs(town, admin)[0].state is JobState.CANCELLED

    running = jobs.ask_backup(town, admin)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jobs.jobs, "note", lambda *_: False)
        run_queue(town, lambda number: jobs.do_job(town, number, folder))
    assert next(one.id for one in jobs.list_jobs(town, admin) if one.state is JobState.CANCELLED) == running.id
    assert len(backups.list_backups(town, admin, folder)) == 1
    assert list(folder.glob("*.unfinished")) == []


def test_who_is_switched_off_meanwhile_has_nothing_done_and_a_death_is_told(
    town: Store, admin: Actor, tmp_path: Path
) -> None:
    accounts.create_account(town, admin, AccountDraft(login="li", name="李静", role=Role.ADMIN))
    account, _ = accounts.create_account(town, admin, AccountDraft(login="wang", name="王敏", role=Role.ADMIN))
    with pytest.raises(DeniedError):
        jobs.ask_backup(town, Actor(role=Role.PLANNER, login="planner"))
    jobs.ask_backup(town, accounts.as_actor(account))
    accounts.set_active(town, admin, account.id, False)
    run_queue(town, lambda number: jobs.do_job(town, number, tmp_path))
    failed = jobs.list_jobs(town, admin)[0]
    assert (failed.state, failed.result["code"]) == (JobState.FAILED, "account.sign_in_first")
    # A process that is killed says nothing; the next one that begins says it.
    jobs.ask_nightly(town)

    def killed(number: int) -> None:
        with town.write() as unit:
            assert jobs.jobs.take_up(unit.connection, number)
            unit.commit()

    run_queue(town, killed)
    assert jobs.end_broken_off(town) == 1
    assert jobs.list_jobs(town, admin)[0].result["code"] == "job.broken_off"


def test_on_a_laptop_there_is_no_queue(sqlite_store: Store, admin: Actor) -> None:
    assert not jobs.has_queue(sqlite_store)
    with pytest.raises(ConflictError, match=r"job\.no_queue"):
        jobs.ask_backup(sqlite_store, admin)
