"""What is written past the services before a poll is sealed is named by poll and table; so is a store put back."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, InvalidError
from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.polls import Channel, PollStage
from renovation.services.house import backups, log, verification
from renovation.services.outcome import publishing
from renovation.services.polls import codes, paper, polls, voting
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, heads, open_store
from renovation.store.house import backups as stored
from renovation.store.polls import running
from renovation.text import Language, fault_text

STATION = Actor(role=Role.STATION)


def vote(held: Any, count: int = 5, first: int = 0) -> None:
    for code in held.codes[first : first + count]:
        voting.cast_ballot(held.store, STATION, code, ("P1", "P2"), channel=Channel.STATION)


def named(faults: Any) -> set[str]:
    return {fault.code.removeprefix("store.") for fault in faults}


#: What an attacker with the database does before sealing → the table that is named.
CHANGES = {
    "a ballot is changed": ("ballot", "UPDATE ballot SET choices = '[\"P3\"]' WHERE id = (SELECT min(id) FROM ballot)"),
    "a ballot is removed, and its code made fresh": (
        "ballot",
        "DELETE FROM ballot WHERE id = (SELECT min(id) FROM ballot);"
        "UPDATE voter_code SET state = 'unused', channel = NULL, spent_on = NULL, attempt = ''"
        " WHERE code_hmac = (SELECT min(code_hmac) FROM voter_code WHERE state = 'spent')",
    ),
    "a ballot is added, and a code spent": (
        "ballot",
        "INSERT INTO ballot SELECT 'ffffffffffffffffffffffffffffffff', poll_id, channel, venue_id, paper_batch_id, day,"
        " choices, points, weight, test, superseded FROM ballot WHERE id = (SELECT min(id) FROM ballot);"
        "UPDATE voter_code SET state = 'spent', channel = 'station', spent_on = (SELECT day FROM ballot LIMIT 1)"
        " WHERE code_hmac = (SELECT min(code_hmac) FROM voter_code WHERE state = 'unused')",
    ),
    "ballots move to another channel": (
        "ballot",
        "UPDATE ballot SET channel = 'phone'; UPDATE voter_code SET channel = 'phone' WHERE state = 'spent'",
    ),
    "ballots move to another venue": ("ballot", "UPDATE ballot SET venue_id = NULL"),
    "ballots move to another day": ("ballot", "UPDATE ballot SET day = '2026-01-01'"),
    "a code's state is turned back": (
        "voter_code",
        "UPDATE voter_code SET state = 'unused' WHERE code_hmac = (SELECT min(code_hmac) FROM voter_code"
        " WHERE state = 'spent')",
    ),
    "a voided code is fresh again": ("voter_code", "UPDATE voter_code SET state = 'unused' WHERE state = 'void'"),
    "a test becomes real": ("code_batch", "UPDATE code_batch SET test = false; UPDATE ballot SET test = false"),
    "a receipt is swapped": (
        "receipt",
        "UPDATE receipt SET commitment = 'f' WHERE commitment = (SELECT min(commitment) FROM receipt)",
    ),
    "the settings of an open poll change": ("poll", "UPDATE poll SET max_choices = 2"),
    "a cost on the ballot changes": ("poll_project", "UPDATE poll_project SET cost = cost + 1 WHERE number = 1"),
    "a venue is renamed": ("venue", "UPDATE venue SET name = 'x'"),
    "the digest itself is emptied": ("ballot", "DELETE FROM running_digest"),
    "the digest itself is changed": ("ballot", "UPDATE running_digest SET digest = nonce || nonce"),
}


@pytest.mark.parametrize("what", list(CHANGES))
def test_changes_before_sealing_are_named_by_table(voting_poll: Any, admin: Actor, what: str) -> None:
    held = voting_poll
    vote(held)
    codes.void_code(held.store, admin, held.batch_id, 9, "试")
    tested = codes.make_batch(held.store, admin, held.poll.id, None, 1, "试投", test=True).slips[0].code
    voting.cast_ballot(held.store, STATION, tested, (), channel=Channel.STATION)
    assert verification.check_store(held.store, admin) == ()
    table, statements = CHANGES[what]
    with held.store.write() as unit:
        for statement in statements.split(";"):
            unit.connection.execute(sa.text(statement))
        unit.commit()
    found = verification.check_store(held.store, admin)
    assert table in named(found), found
    assert all("糖厂三号小区改造投票" in fault_text(fault, language) for fault in found for language in Language)


def test_ballots_swapped_between_polls_are_named_in_both(make_open_poll: Any, admin: Actor) -> None:
    one, other = make_open_poll(), make_open_poll(title="另一场")
    vote(one)
    vote(other)
    with one.store.write() as unit:
        first = sa.text("SELECT min(id) FROM ballot WHERE poll_id = :poll")
        chosen = [(unit.connection.execute(first, {"poll": held.poll.id}).scalar_one(), held) for held in (one, other)]
        for (ballot, _held), to in zip(chosen, (other, one), strict=True):
            move = sa.text("UPDATE ballot SET poll_id = :to WHERE id = :id")
            unit.connection.execute(move, {"to": to.poll.id, "id": ballot})
        unit.commit()
    found = [fault for fault in verification.check_store(one.store, admin) if fault.code == "store.ballot"]
    assert {fault.fields["poll"] for fault in found} == {one.poll.title, "另一场"}


def test_a_changed_reading_of_paper_is_named_and_stops_the_sealing(voting_poll: Any, admin: Actor) -> None:
    held = voting_poll
    clerk, _ = accounts.create_account(
        held.store, admin, AccountDraft(login="wang", name="王", role=Role.SOCIAL_WORKER)
    )
    first = accounts.as_actor(clerk)
    codes.hand_out_paper(held.store, admin, held.poll.id, held.codes[5])
    made = paper.make_batch(held.store, first, held.poll.id, held.venue.id, "1 号票箱", today(), 1)
    paper.key_ballot(held.store, first, made.id, 1, ("P1",))
    vote(held)
    assert verification.check_store(held.store, admin) == ()
    with held.store.write() as unit:
        unit.connection.execute(sa.text("UPDATE paper_reading SET choices = '[\"P2\"]'"))
        unit.commit()
    assert named(verification.check_store(held.store, admin)) == {"paper_reading"}
    polls.close_poll(held.store, admin, held.poll.id)
    with pytest.raises(ConflictError, match=r"poll\.rows_changed") as stopped:
        publishing.reconcile_poll(held.store, admin, held.poll.id)
    assert stopped.value.fields["tables"] == ("paper_reading",)
    # Two people may sign for it all the same, and say why; it stays named.
    second = Actor(role=Role.OBSERVER, login="li")
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        publishing.reconcile_poll(held.store, admin, held.poll.id, reason="已查明")
    publishing.reconcile_poll(held.store, admin, held.poll.id, reason="已查明", second=second)
    assert polls.get_poll(held.store, admin, held.poll.id).stage is PollStage.RECONCILED
    assert log.read_log(held.store, admin)[0].detail["changed"] == ["paper_reading"]
    assert "paper_reading" in named(verification.check_store(held.store, admin))


def test_every_act_of_a_poll_keeps_the_digest(voting_poll: Any, admin: Actor) -> None:
    """Parallel votes, re-issues and handed-out paper; then the order is forgotten and each sum lies in one row."""
    held = voting_poll
    more = codes.make_batch(held.store, admin, held.poll.id, held.venue.id, 40, "第二批").slips
    threads = [
        threading.Thread(
            target=lambda part=part: [
                voting.cast_ballot(held.store, STATION, slip.code, ("P1",), channel=Channel.STATION) for slip in part
            ]
        )
        for part in (more[:10], more[10:20], more[20:30], more[30:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes.reissue_code(held.store, admin, held.batch_id, 3, "丢了")
    codes.spoil_slip(held.store, admin, held.batch_id, 4, "印坏")
    codes.hand_out_paper(held.store, admin, held.poll.id, held.codes[5])
    codes.take_back_paper(held.store, admin, held.batch_id, 6, "错发")
    voting.cast_ballot(held.store, STATION, held.codes[5], ("P1",), channel=Channel.STATION)
    assert verification.check_store(held.store, admin) == ()
    with held.store.read() as connection:
        before = running.head(connection, held.poll.id)
    polls.close_poll(held.store, admin, held.poll.id)
    assert verification.check_store(held.store, admin) == ()
    with held.store.read() as connection:
        assert running.head(connection, held.poll.id) != before
        rows = connection.execute(sa.text("SELECT about, count(*) FROM running_digest GROUP BY about")).all()
        assert {row[1] for row in rows if row[0] in ("ballot", "receipt", "voter_code")} == {1}


def test_a_row_written_twice_under_other_masks_gives_nothing_away(voting_poll: Any, admin: Actor) -> None:
    """Two sums side by side do not tell what a ballot adds: the mask is drawn anew at every turn."""
    held = voting_poll
    sums = []
    for code in held.codes[:3]:
        voting.cast_ballot(held.store, STATION, code, ("P1",), channel=Channel.STATION)
        with held.store.read() as connection:
            rows = connection.execute(sa.text("SELECT nonce, digest FROM running_digest WHERE about = 'ballot'")).all()
        sums.append(rows)
    assert len({row.nonce for rows in sums for row in rows}) >= 3
    # A ballot taken out with the difference of two sums does not come out even.
    with held.store.write() as unit:
        (ballot,) = unit.connection.execute(sa.text("SELECT min(id) FROM ballot")).one()
        unit.connection.execute(sa.text("DELETE FROM ballot WHERE id = :id"), {"id": ballot})
        changed = unit.connection.execute(
            sa.text("SELECT shard, digest FROM running_digest WHERE about = 'ballot'")
        ).all()
        gap = (int(sums[-1][0].digest, 16) - int(sums[-2][0].digest, 16)) % (1 << 256)
        forged = f"{(int(changed[0].digest, 16) - gap) % (1 << 256):064x}"
        unit.connection.execute(
            sa.text("UPDATE running_digest SET digest = :d WHERE about = 'ballot' AND shard = :s"),
            {"d": forged, "s": changed[0].shard},
        )
        unit.commit()
    assert "ballot" in named(verification.check_store(held.store, admin))


def entries(store: Store, admin: Actor) -> int:
    return log.check_log(store, admin).entries


@pytest.mark.parametrize("how", ["cut", "cut by one", "rewritten", "longer", "head gone"])
def test_the_end_of_the_log_is_held_outside(voting_poll: Any, admin: Actor, how: str) -> None:
    store: Store = voting_poll.store
    codes.void_code(store, admin, voting_poll.batch_id, 9, "试")
    codes.void_code(store, admin, voting_poll.batch_id, 10, "试")
    assert verification.at_start(store) == ()
    count = entries(store, admin)
    with store.write() as unit:
        if how in ("cut", "cut by one"):
            left = count - (1 if how == "cut by one" else 2)
            unit.connection.execute(sa.text("DELETE FROM audit WHERE seq > :left"), {"left": left})
        elif how == "rewritten":
            unit.connection.execute(sa.text("DELETE FROM audit WHERE seq = :last"), {"last": count})
        unit.commit()
    if how == "head gone":
        (store.keys / "log.head").unlink()
    if how in ("rewritten", "longer"):
        # The chain fits, as somebody with the database alone could write it; what is held outside does not.
        aside = store.keys.parent / "aside"
        shutil.copytree(store.keys, aside)
        strange = open_store(store.engine.url.render_as_string(hide_password=False), aside)
        codes.void_code(strange, admin, voting_poll.batch_id, 8, "别人")
        strange.close()
    expected = {"cut": "log_cut", "cut by one": "log_cut", "rewritten": "log_other", "longer": "log_longer"}
    want = expected.get(how, "head_gone")
    assert log.check_log(store, admin).first_broken is None
    assert want in named(verification.at_start(store))
    assert want in named(verification.check_store(store, admin))
    # Going on does not make it right; saying so does, and it stands in the log.
    codes.void_code(store, admin, voting_poll.batch_id, 7, "试")
    assert named(verification.at_start(store)) & {"log_cut", "log_other", "log_longer", "head_gone"}
    with pytest.raises(InvalidError, match=r"backup\.reason_missing"):
        backups.accept_store(store, admin, " ")
    if how in ("cut", "cut by one"):
        # What the log no longer tells of, the codes still show; nobody can sign that away.
        return
    backups.accept_store(store, admin, "从备份恢复")
    assert named(verification.at_start(store)) == set()
    assert log.read_log(store, admin)[0].act == "backup.accept"


def test_an_old_database_copied_back_is_named_though_only_votes_lie_between(
    make_held: Any, sqlite_store: Store, admin: Actor, tmp_path: Path
) -> None:
    held = make_held(sqlite_store, admin)
    vote(held, 3)
    made = tmp_path / "made.sqlite"
    stored.copy_to(held.store, made)
    vote(held, 2, first=3)
    file = Path(str(held.store.engine.url.database))
    held.store.close()
    file.with_name(f"{file.name}-wal").unlink(missing_ok=True)
    shutil.copyfile(made, file)
    assert named(verification.at_start(held.store)) == {"poll_back"}
    assert named(verification.check_store(held.store, admin)) == {"poll_back"}
    backups.accept_store(held.store, admin, "磁盘坏了，从备份恢复")
    assert verification.check_store(held.store, admin) == ()
    vote(held, 2, first=3)
    assert verification.check_store(held.store, admin) == ()


def test_a_restore_moves_the_heads_and_says_from_where(
    make_held: Any, sqlite_store: Store, admin: Actor, tmp_path: Path
) -> None:
    held = make_held(sqlite_store, admin)
    vote(held, 3)
    made = tmp_path / "made.sqlite"
    stored.copy_to(held.store, made)
    vote(held, 2, first=3)
    codes.void_code(held.store, admin, held.batch_id, 9, "试")
    count = entries(held.store, admin)
    backups.restore_backup(held.store, admin, made, tmp_path)
    assert verification.check_store(held.store, admin) == ()
    last = log.read_log(held.store, admin)[0]
    assert (last.act, last.detail["entries"]) == ("backup.restore", count)
    vote(held, 2, first=3)
    assert verification.check_store(held.store, admin) == ()


def test_a_backup_whose_open_poll_was_changed_is_not_restored(
    make_held: Any, sqlite_store: Store, admin: Actor, tmp_path: Path
) -> None:
    held = make_held(sqlite_store, admin)
    vote(held)
    made = tmp_path / "made.sqlite"
    stored.copy_to(held.store, made)
    copy = open_store(f"sqlite:///{made}", held.store.keys)
    with copy.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ballot SET choices = '[\"P3\"]'"))
    copy.close()
    with pytest.raises(ImportRefusedError) as refused:
        backups.restore_backup(held.store, admin, made, tmp_path)
    assert named(refused.value.faults) == {"ballot"}
    assert log.read_log(held.store, admin)[0].act == "backup.refused"
    assert verification.check_store(held.store, admin) == ()


def test_a_commit_killed_before_it_said_so_is_no_fault(store: Store, admin: Actor) -> None:
    accounts.create_account(store, admin, AccountDraft(login="wang", name="王", role=Role.OBSERVER))
    head = heads.log_head(store.keys)
    assert head is not None
    # Killed before the commit: noted as coming, never come.
    heads.prepare(store.keys, head.held, (head.held[0] + 1, "f" * 64))
    assert verification.at_start(store) == ()
    accounts.create_account(store, admin, AccountDraft(login="li", name="李", role=Role.OBSERVER))
    assert verification.at_start(store) == ()
    after = heads.log_head(store.keys)
    assert after is not None
    # Killed after the commit, before the note: the end that was noted as coming is there.
    heads._write(store.keys, heads.LogHead(head.held, after.held))
    assert verification.at_start(store) == ()


def test_a_row_that_its_index_does_not_fit_is_named(sqlite_store: Store, admin: Actor) -> None:
    """One bit of a disk: asked for by its poll the row is there, read in turn it belongs to none."""
    file = Path(str(sqlite_store.engine.url.database))
    with sqlite_store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE seen (id TEXT PRIMARY KEY, poll TEXT) WITHOUT ROWID"))
        connection.execute(sa.text("CREATE INDEX seen_poll ON seen (poll)"))
        connection.execute(sa.text("INSERT INTO seen VALUES ('zzzzzzzz', 'qqqqqqqq')"))
    assert verification.check_store(sqlite_store, admin) == ()
    sqlite_store.close()
    content = file.read_bytes()
    assert content.count(b"zzzzzzzzqqqqqqqq") == 1
    file.write_bytes(content.replace(b"zzzzzzzzqqqqqqqq", b"zzzzzzzzqqqqqqqp"))
    again = open_store(f"sqlite:///{file}", sqlite_store.keys)
    try:
        assert named(verification.check_store(again, admin)) == {"damaged"}
    finally:
        again.close()
