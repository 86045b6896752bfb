"""Two backups of a vote, whichever two, differ by no ballot or by ten, and nobody goes without one."""

from __future__ import annotations

import itertools
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from renovation.errors import ConflictError, UnavailableError
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings
from renovation.services.house import backups, moving
from renovation.services.outcome import publishing
from renovation.services.polls import codes, polls, voting
from renovation.store import Store, start_store
from renovation.store.polls import polls as poll_store

LEAST = 10


@pytest.fixture
def poll(store: Store, admin: Actor, clock: Any) -> tuple[str, list[str]]:
    """An open poll, and its codes."""
    slips = _opened(store, admin)
    (opened,) = polls.list_polls(store, admin)
    return opened.id, slips


def _opened(store: Store, admin: Actor) -> list[str]:
    settings = PollSettings(title="改造投票", ballot_kind=BallotKind.APPROVAL, budget=60_000, max_choices=1)
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings, at=now())
        entries = [PollProject(number=1, key="P1", name="电梯", cost=9000)]
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    made = codes.make_batch(store, admin, poll_id, None, 300, "一批")
    polls.open_poll(store, admin, poll_id, denominator=300)
    return [slip.code for slip in made.slips]


def vote(store: Store, code: str) -> None:
    voting.cast_ballot(store, Actor(role=Role.STATION), code, ("P1",), channel=Channel.STATION)


def spent(file: Path) -> tuple[frozenset[str], int]:
    """Return what a thief of the file reads: the codes that voted, and how many ballots there are."""
    with closing(sqlite3.connect(file)) as copy:
        voted = copy.execute("SELECT code_hmac FROM voter_code WHERE state = 'spent'")
        return frozenset(row[0] for row in voted), copy.execute("SELECT count(*) FROM ballot").fetchone()[0]


def test_no_two_backups_of_two_weeks_differ_by_few(
    store: Store, admin: Actor, clock: Any, poll: tuple[str, list[str]], tmp_path: Path
) -> None:
    poll_id, slips = poll
    store, rng, folder = store, random.Random(5), tmp_path / "backups"
    left, made, missing = iter(slips[:283]), 0, []

    backups.make_backup(store, admin, folder)
    for _day, hour in itertools.product(range(14), range(24)):
        clock.pass_time(hours=1)
        if not 6 <= hour < 20:
            # Nobody votes at night, and the fourth backup of the same says no more than the second.
            continue
        for _ in range(rng.choice((0, 0, 1, 2, 5)) if 8 <= hour < 18 else 0):
            if code := next(left, None):
                vote(store, code)
        try:
            backups.make_backup(store, admin, folder)
            made += 1
        except ConflictError as error:
            missing.append(error.fields["missing"])
    for code in (*left, *slips[-3:]):
        vote(store, code)
    polls.close_poll(store, admin, poll_id)
    clock.pass_time(minutes=1)
    newest = [backups.make_backup(store, admin, folder)]
    publishing.reconcile_poll(store, admin, poll_id)
    clock.pass_time(minutes=1)
    newest.append(backups.make_backup(store, admin, folder))
    assert set(missing) == set(range(1, LEAST))
    assert made > 20
    kept = {one.name: spent(folder / one.name) for one in backups.list_backups(store, admin, folder)}
    assert len(kept) > 20
    assert kept[newest[-1].name][1] == 286, "the last one holds every ballot"
    for (codes_one, ballots_one), (codes_two, ballots_two) in itertools.combinations(kept.values(), 2):
        assert len(codes_one ^ codes_two) == abs(ballots_one - ballots_two)
        assert abs(ballots_one - ballots_two) not in range(1, LEAST)


def test_a_backup_that_closing_leaves_too_close_is_replaced(
    store: Store, admin: Actor, clock: Any, poll: tuple[str, list[str]], tmp_path: Path
) -> None:
    store, (poll_id, slips) = store, poll
    for code in slips[:3]:
        vote(store, code)
    first = backups.make_backup(store, admin, tmp_path)
    vote(store, slips[3])
    with pytest.raises(ConflictError, match=r"backup\.too_few_ballots") as refused:
        backups.make_backup(store, admin, tmp_path)
    assert refused.value.fields == {"least": LEAST, "poll": "改造投票", "missing": 9}
    polls.close_poll(store, admin, poll_id)
    clock.pass_time(minutes=1)
    made = backups.make_backup(store, admin, tmp_path)
    assert made.instead_of == first.name
    assert [one.name for one in backups.list_backups(store, admin, tmp_path)] == [made.name]


def test_ballots_that_come_while_a_copy_is_made_count(
    store: Store,
    admin: Actor,
    clock: Any,
    poll: tuple[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, slips = store, poll[1]
    first = backups.make_backup(store, admin, tmp_path)
    clock.pass_time(minutes=1)
    copy_to = backups.backups.copy_to

    def late(opened: Store, target: Path, *told: object) -> None:
        vote(opened, slips[0])
        copy_to(opened, target, *told)

    with monkeypatch.context() as patch:
        patch.setattr(backups.backups, "copy_to", late)
        with pytest.raises(ConflictError, match=r"backup\.too_few_ballots"):
            backups.make_backup(store, admin, tmp_path)
    assert [one.name for one in backups.list_backups(store, admin, tmp_path)] == [first.name]
    for code in slips[1:10]:
        vote(store, code)
    with monkeypatch.context() as patch:
        patch.setattr(backups.backups, "copy_to", _full)
        with pytest.raises(UnavailableError):
            backups.make_backup(store, admin, tmp_path)
    assert backups.make_backup(store, admin, tmp_path).instead_of == "", "what failed holds nobody up"


def _full(_store: Store, target: Path, *_told: object) -> None:
    raise UnavailableError("backup.not_written", folder=str(target.parent))


def test_what_was_restored_is_what_the_next_one_stands_apart_from(
    store: Store, admin: Actor, clock: Any, poll: tuple[str, list[str]], tmp_path: Path
) -> None:
    store, slips = store, poll[1]
    names = []
    for start in (0, 10):
        for code in slips[start : start + 10]:
            vote(store, code)
        clock.pass_time(minutes=1)
        names.append(backups.make_backup(store, admin, tmp_path).name)
    clock.pass_time(minutes=1)
    vote(store, slips[299])
    outlook = backups.compare_backup(store, admin, tmp_path / names[1])
    assert outlook.lost == (("改造投票", 1),), "whoever restores reads what it takes back"
    assert not outlook.is_kept
    backups.restore_backup(store, admin, tmp_path / names[1], tmp_path)
    assert [one.name for one in backups.list_backups(store, admin, tmp_path)] == names[::-1]
    again = backups.compare_backup(store, admin, tmp_path / names[1])
    assert again.lost == ()
    assert again.is_kept
    with pytest.raises(ConflictError, match=r"code\.spent"):
        voting.start_ballot(store, slips[19], actor=PUBLIC)
    for code in slips[20:23]:
        vote(store, code)
    with pytest.raises(ConflictError, match=r"backup\.too_few_ballots"):
        backups.make_backup(store, admin, tmp_path)


def test_what_is_kept_before_a_restore_lies_beside_no_backup_that_differs_by_few(
    store: Store, admin: Actor, clock: Any, poll: tuple[str, list[str]], tmp_path: Path
) -> None:
    slips = poll[1]
    first = backups.make_backup(store, admin, tmp_path)
    for start, kept in ((0, 1), (10, 2)):
        for code in slips[start : start + 10]:
            vote(store, code)
        clock.pass_time(minutes=1)
        backups.restore_backup(store, admin, tmp_path / first.name, tmp_path)
        assert sum("before" in one.name for one in backups.list_backups(store, admin, tmp_path)) == kept
    # As many ballots, of others: what a count does not show, the codes do.
    last = next(one.name for one in backups.list_backups(store, admin, tmp_path) if "before" in one.name)
    for code in (*slips[10:17], *slips[20:23]):
        vote(store, code)
    outlook = backups.compare_backup(store, admin, tmp_path / last)
    assert outlook.lost == ()
    assert not outlook.is_kept


def test_a_store_that_was_left_is_a_copy_too(
    sqlite_store: Store, admin: Actor, clock: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store, slips = sqlite_store, _opened(sqlite_store, admin)
    backups.make_backup(store, admin, tmp_path)
    new = f"sqlite:///{tmp_path / 'new' / 'store.sqlite'}"
    for code in slips[:9]:
        vote(store, code)
        with pytest.raises(ConflictError, match=r"backup\.too_few_ballots"):
            moving.move_store(store, admin, new)
    vote(store, slips[9])
    moving.move_store(store, admin, new)
    arrived, _ = start_store(new, store.keys)
    request.addfinalizer(arrived.close)
    clock.pass_time(minutes=1)
    vote(arrived, slips[10])
    with pytest.raises(ConflictError, match=r"backup\.too_few_ballots"):
        backups.make_backup(arrived, admin, tmp_path)
    for code in slips[11:20]:
        vote(arrived, code)
    assert backups.make_backup(arrived, admin, tmp_path).instead_of == ""
