"""Sealing and publishing: the bundle anybody recounts, receipts on its list, and every changed byte or row named."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, StageError, UnavailableError
from renovation.exports.outcome import verify_bundle as stand_alone
from renovation.imports.polls.bundle import verify_bundle
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.canonical import pack
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollStage
from renovation.services import lists
from renovation.services.house import backups, verification
from renovation.services.outcome import publishing, receipts, results
from renovation.services.outcome.notices import NoticeDetails, make_notice
from renovation.services.polls import codes, polls, voting
from renovation.services.staff import accounts, guesses, second_person
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, audit
from renovation.text import Language, fault_text
from renovation.text.formats import format_date

STATION = Actor(role=Role.STATION)
VOTES = {
    BallotKind.APPROVAL: [("P1", "P2"), ("P2",), (), ("P6", "P1"), ("P2", "P3")],
    BallotKind.RANKING: [("P2", "P1"), ("P1", "P2"), (), ("P6", "P1", "P3"), ("P3",)],
    BallotKind.POINTS: [("P2", "P1"), ("P1",), (), ("P6", "P1"), ("P3",)],
}


def voted(held: Any, kind: BallotKind = BallotKind.APPROVAL) -> list[str]:
    """Cast five ballots on screen and return the receipts."""
    given = []
    for code, choices in zip(held.codes, VOTES[kind], strict=False):
        points = tuple(range(1, len(choices) + 1)) if kind is BallotKind.POINTS else ()
        cast = voting.cast_ballot(held.store, STATION, code, choices, points, channel=Channel.STATION)
        given.append(cast.code)
    return given


def published(held: Any, admin: Actor, kind: BallotKind = BallotKind.APPROVAL) -> tuple[bytes, list[str]]:
    given = voted(held, kind)
    polls.close_poll(held.store, admin, held.poll.id)
    publishing.reconcile_poll(held.store, admin, held.poll.id)
    publishing.publish_poll(held.store, admin, held.poll.id)
    return publishing.bundle_file(held.store, PUBLIC, held.poll.id)[2], given


def files_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", list(VOTES))
def test_two_programs_recount_the_bundle_and_find_the_signed_root(
    make_open_poll: Callable[..., Any], admin: Actor, tmp_path: Path, kind: BallotKind
) -> None:
    held = make_open_poll(kind, rule="mes", rule_settings={"add1": "overspend", "step": 1_000_000})
    if not held.store.is_sqlite and kind is not BallotKind.APPROVAL:
        pytest.skip("one kind of ballot on the other engine is enough")
    bundle, given = published(held, admin, kind)
    sealed = polls.get_poll(held.store, PUBLIC, held.poll.id)
    assert sealed.stage is PollStage.PUBLISHED
    found = verify_bundle(bundle)
    assert found.differences == ()
    assert found.ledger_root == sealed.meta["ledger_root"]
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle)
    problems, summary = stand_alone.verify(path)
    assert problems == []
    assert (summary["ballots"], summary["ledger_root"]) == (5, sealed.meta["ledger_root"])
    assert len(files_of(bundle)["receipts.txt"].split()) == len(given)
    script = [sys.executable, "-I", "-S", "-c", files_of(bundle)["verify_bundle.py"].decode(), str(path)]
    assert subprocess.run(script, capture_output=True, check=False).returncode == 0
    assert verification.check_store(held.store, admin) == ()


def test_every_changed_byte_is_named(voting_poll: Any, admin: Actor, tmp_path: Path) -> None:
    if not voting_poll.store.is_sqlite:
        pytest.skip("the bundle is the same on both engines")
    bundle, _ = published(voting_poll, admin)
    files = files_of(bundle)
    path = tmp_path / "bundle.zip"
    # In every file: resealed by the zip's own checksum, so that only the manifest can tell.
    for name, content in files.items():
        for place in range(0, len(content), max(len(content) // 3, 1)):
            changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            found = _named(path, pack(files | {name: changed}))
            assert found, (name, place)
            if name != "manifest.json":
                assert any(name in words for words in found[0]), (name, place, found)
                assert name in found[1], (name, place, found)
    # In the zip itself, between the files too.
    for place in [*range(0, len(bundle), len(bundle) // 20), *range(len(bundle) - 110, len(bundle), 5)]:
        assert _named(path, bundle[:place] + bytes([bundle[place] ^ 1]) + bundle[place + 1 :]), place


def _named(path: Path, bundle: bytes) -> tuple[list[str], str] | None:
    """Return what both verifiers say of a bundle; ``None`` when either finds it good."""
    path.write_bytes(bundle)
    try:
        faults = verify_bundle(bundle).differences
    except ImportRefusedError as refused:
        faults = refused.faults
    try:
        said = "; ".join(stand_alone.verify(path)[0])
    except stand_alone.UnreadableError as refused:
        said = str(refused)
    assert all(fault_text(fault, language) for fault in faults for language in Language)
    return ([fault_text(fault, Language.ZH) for fault in faults], said) if faults and said else None


def test_a_bundle_sealed_anew_does_not_have_the_signed_root(voting_poll: Any, admin: Actor, tmp_path: Path) -> None:
    bundle, _ = published(voting_poll, admin)
    root = verify_bundle(bundle).ledger_root
    files = files_of(bundle)
    ledger = json.loads(files["ledger.json"])
    ledger["announced"]["rule"] = "greedy-stop"
    changed = files | {"ledger.json": json.dumps(ledger).encode()}
    codes_found = {fault.code for fault in verify_bundle(pack(changed)).differences}
    assert {"bundle.changed", "bundle.ledger_root", "bundle.announced", "bundle.form"} <= codes_found
    other = tmp_path / "other.zip"
    other.write_bytes(pack({name: data for name, data in files.items() if name != "ledger.json"}))
    from renovation.cli import app
    from renovation.cli import elections as command

    command.register(app)
    done = CliRunner().invoke(app, ["verify", str(other), "--root", root, "--lang", "en"])
    assert done.exit_code == 1
    assert "the root hash is —" in done.stdout
    (found,) = verification.compare_with_store(voting_poll.store, admin, pack(files | {"extra": b""}))
    assert found.code == "bundle.not_as_published"
    assert verification.compare_with_store(voting_poll.store, admin, bundle) == ()


CHANGES = {
    "ballot": "UPDATE ballot SET channel = 'phone' WHERE id = (SELECT min(id) FROM ballot)",
    "receipt": "DELETE FROM receipt WHERE commitment = (SELECT min(commitment) FROM receipt)",
    "voter_code": "UPDATE voter_code SET reason = 'x' WHERE serial = 7",
    "code_batch": "UPDATE code_batch SET label = 'x'",
    "venue": "UPDATE venue SET name = 'x'",
    "poll_project": "UPDATE poll_project SET cost = cost + 1 WHERE number = 1",
    "poll": "UPDATE poll SET budget = budget + 1",
    "allocation": "UPDATE allocation SET rules_version = 'x'",
    "publication": "DELETE FROM publication",
    "log": "UPDATE audit SET login = 'somebody' WHERE seq = 3",
}


def test_every_changed_row_is_named_by_its_table(voting_poll: Any, admin: Actor) -> None:
    """H088: a changed value is found by its digest although the database itself is sound."""
    held = voting_poll
    published(held, admin)
    assert verification.check_store(held.store, admin) == ()
    for table, statement in CHANGES.items():
        # The services would find it in the same way; rolled back, so that each change stands alone.
        with held.store.write() as unit:
            unit.connection.execute(sa.text(statement))
            found = verification.faults(unit.connection)
        named = {fault.code.removeprefix("store.") for fault in found if fault.code.startswith("store.")}
        expected = {"poll_project"} if table == "poll" else {table}
        assert expected <= named, (table, named)
        assert len(named) <= 3, (table, named)
        assert all(fault_text(fault, language) for fault in found for language in Language)
    for table, statement in {
        "poll": "UPDATE poll SET source = 'x'",
        "publication": "UPDATE publication SET sha256 = 'x'",
        "allocation": "UPDATE allocation SET login = 'somebody'",
        "poll_gone": "DELETE FROM poll",
    }.items():
        with held.store.write() as unit:
            unit.connection.execute(sa.text(statement))
            found = verification.faults(unit.connection)
        assert f"store.{table}" in {fault.code for fault in found}, (table, found)
    assert verification.check_store(held.store, admin) == ()


def test_a_backup_with_a_changed_choice_is_not_restored(
    make_held: Callable[..., Any], sqlite_store: Store, admin: Actor, tmp_path: Path
) -> None:
    """H088: SQLite finds nothing wrong; the digest of the sealed ballots does, and what is there stays."""
    held = make_held(sqlite_store, admin)
    published(held, admin)
    made = tmp_path / backups.make_backup(held.store, admin, tmp_path).name
    with sqlite3.connect(made) as altered:
        altered.execute("UPDATE ballot SET choices = replace(choices, 'P1', 'P2') WHERE choices LIKE '%P1%'")
        assert altered.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    altered.close()
    with pytest.raises(ImportRefusedError) as refused:
        backups.restore_backup(held.store, admin, made, tmp_path)
    assert "store.ballot" in {fault.code for fault in refused.value.faults}
    assert verification.check_store(held.store, admin) == ()


def test_open_poll_with_a_lost_ballot_is_named(voting_poll: Any, admin: Actor) -> None:
    """H089: confirmed ballots that a copy of the store lacks are counted."""
    held = voting_poll
    voted(held)
    assert verification.check_store(held.store, admin) == ()
    with held.store.write() as unit:
        unit.connection.execute(sa.text("DELETE FROM ballot WHERE id = (SELECT min(id) FROM ballot)"))
        unit.commit()
    row, found = verification.check_store(held.store, admin)
    assert (row.code, found.code) == ("store.ballot", "store.line_screen")
    assert (found.fields["left"], found.fields["right"]) == (5, 4)


def test_nothing_is_published_that_is_not_what_was_sealed(voting_poll: Any, admin: Actor) -> None:
    held = voting_poll
    voted(held)
    polls.close_poll(held.store, admin, held.poll.id)
    with pytest.raises(StageError):
        publishing.publish_poll(held.store, admin, held.poll.id)
    publishing.reconcile_poll(held.store, admin, held.poll.id)
    with pytest.raises(StageError):
        codes.void_code(held.store, admin, held.batch_id, 9, "测试")
    with held.store.write() as unit:
        unit.connection.execute(sa.text("UPDATE ballot SET choices = '[]'"))
        unit.commit()
    with pytest.raises(ConflictError, match=r"poll\.ledger_changed"):
        publishing.publish_poll(held.store, admin, held.poll.id)
    assert polls.get_poll(held.store, admin, held.poll.id).stage is PollStage.RECONCILED
    with pytest.raises(DeniedError):
        publishing.bundle_file(held.store, PUBLIC, held.poll.id)


def test_receipts_are_checked_against_the_published_list(voting_poll: Any, admin: Actor) -> None:
    held = voting_poll
    test_code = codes.make_batch(held.store, admin, held.poll.id, None, 1, "试投", test=True).slips[0].code
    tried = voting.cast_ballot(held.store, STATION, test_code, (), channel=Channel.STATION).code
    _, given = published(held, admin)
    for receipt in given:
        found = receipts.check_receipt(held.store, receipt)
        assert found is not None
        assert found.published
    found = receipts.check_receipt(held.store, tried)
    assert found is not None
    assert (found.test, found.published) == (True, False)
    # A receipt written into the store afterwards is on no published list.
    with held.store.write() as unit:
        unit.connection.execute(sa.text("DELETE FROM receipt"))
        unit.commit()
    assert receipts.check_receipt(held.store, given[0]) is not None
    assert receipts.check_receipt(held.store, tried) is None


def test_two_persons_open_close_and_seal(store: Store, admin: Actor, make_poll_draft: Callable[..., str]) -> None:
    worker, password = accounts.create_account(store, admin, AccountDraft(login="wang", name="王", role=Role.OBSERVER))
    poll_id = make_poll_draft()
    second_person.set_two_persons(store, admin, True)
    for alone in (None, admin, Actor(role=Role.RESIDENT)):
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            polls.open_poll(store, admin, poll_id, second=alone)
    with pytest.raises(DeniedError, match=r"account\.second_failed"):
        accounts.confirm_as_second(store, admin, "wang", "wrong")
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        accounts.confirm_as_second(store, accounts.as_actor(worker), "wang", password)
    with pytest.raises(DeniedError, match=r"poll\.second_new_password"):
        accounts.confirm_as_second(store, admin, "wang", password)
    token = accounts.sign_in(store, "wang", password).token
    accounts.change_own_password(store, accounts.as_actor(worker), token, password, "老街的梧桐树 1987")
    second = accounts.confirm_as_second(store, admin, "wang", "老街的梧桐树 1987")
    polls.open_poll(store, admin, poll_id, second=second)
    code = codes.make_batch(store, admin, poll_id, None, 1, "门岗").slips[0].code
    voting.cast_ballot(store, STATION, code, ("P1",), channel=Channel.STATION)
    with pytest.raises(DeniedError):
        polls.close_poll(store, admin, poll_id)
    polls.close_poll(store, admin, poll_id, second=second)
    with pytest.raises(DeniedError):
        publishing.reconcile_poll(store, admin, poll_id)
    publishing.reconcile_poll(store, admin, poll_id, second=second)
    with store.read() as connection:
        noted = {entry.act: entry.detail for entry in audit.entries(connection)}
    assert {noted[act]["second"] for act in ("poll.open", "poll.close", "poll.reconcile")} == {"wang"}
    assert noted["settings.two_persons"] == {"wanted": True}


def test_looking_up_receipts_nobody_has_is_slowed_down(voting_poll: Any) -> None:
    for _ in range(guesses.FREE):
        assert receipts.check_receipt(voting_poll.store, "松树-海鸥-482-739-1560") is None
    with pytest.raises(UnavailableError, match=r"code\.wait"):
        receipts.check_receipt(voting_poll.store, "松树-海鸥-482-739-1560")
    # Voters at a station have a door of their own.
    assert len(voted(voting_poll)) == 5


@pytest.mark.parametrize("votes", [[], ["test"], [(), ()]], ids=["no_ballots", "only_tests", "only_blank"])
def test_nothing_is_sealed_where_nobody_has_said_anything(
    voting_poll: Any, admin: Actor, planner: Actor, votes: list[Any], request: pytest.FixtureRequest
) -> None:
    held = voting_poll
    batch = codes.make_batch(held.store, admin, held.poll.id, None, 1, "试投", test=True)
    for code, choices in zip(held.codes, votes, strict=False):
        tested = choices == "test"
        code, choices = (batch.slips[0].code, ("P1",)) if tested else (code, choices)
        voting.cast_ballot(held.store, STATION, code, choices, channel=Channel.STATION)
    polls.close_poll(held.store, admin, held.poll.id, reason="没有人来", second=planner)
    with pytest.raises(ConflictError) as stopped:
        publishing.reconcile_poll(held.store, admin, held.poll.id)
    assert stopped.value.code == f"outcome.{request.node.callspec.id.split('-')[-1]}"
    assert polls.get_poll(held.store, admin, held.poll.id).stage is PollStage.CLOSED


def test_an_outcome_in_which_nothing_wins_is_not_published(make_open_poll: Callable[..., Any], admin: Actor) -> None:
    held = make_open_poll(rule_settings={"floor": 9})
    voted(held)
    polls.close_poll(held.store, admin, held.poll.id)
    publishing.reconcile_poll(held.store, admin, held.poll.id)
    with pytest.raises(ConflictError, match=r"outcome\.nothing_funded"):
        publishing.publish_poll(held.store, admin, held.poll.id)
    assert polls.get_poll(held.store, admin, held.poll.id).stage is PollStage.RECONCILED


def test_winners_that_nobody_voted_for_are_sealed_with_a_reason_and_by_two(
    make_open_poll: Callable[..., Any], admin: Actor
) -> None:
    held = make_open_poll(rule_settings={"floor": 0})
    voting.cast_ballot(held.store, STATION, held.codes[0], ("P1",), channel=Channel.STATION)
    polls.close_poll(held.store, admin, held.poll.id)
    with pytest.raises(ConflictError, match=r"outcome\.unvoted") as stopped:
        publishing.reconcile_poll(held.store, admin, held.poll.id)
    assert stopped.value.fields["count"] == len(stopped.value.fields["projects"]) >= 1
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        publishing.reconcile_poll(held.store, admin, held.poll.id, reason="预算有余")
    second = Actor(role=Role.OBSERVER, login="zweite")
    publishing.reconcile_poll(held.store, admin, held.poll.id, reason="预算有余", second=second)
    with held.store.read() as connection:
        (noted,) = [entry.detail for entry in audit.entries(connection) if entry.act == "poll.reconcile"]
    assert (noted["reason"], noted["second"], len(noted["unvoted"])) == (
        "预算有余",
        "zweite",
        stopped.value.fields["count"],
    )


def test_the_last_day_of_a_notice_is_a_working_day_by_the_announced_holidays(
    make_open_poll: Callable[..., Any], admin: Actor
) -> None:
    held = make_open_poll()
    voted(held)
    polls.close_poll(held.store, admin, held.poll.id)
    publishing.reconcile_poll(held.store, admin, held.poll.id)
    election = results.election(held.store, admin, held.poll.id)
    # The holidays of October 2026 run from the 1st to the 7th; seven working days begin on the day after.
    details = NoticeDetails(day=date(2026, 9, 30), calendar=lists.work_calendar(held.store))
    assert details.calendar.is_working(details.ends)
    assert not any(details.calendar.is_working(date(2026, 10, day)) for day in range(1, 8))
    notice = make_notice(election, results.allocate(election), details, "zh-CN")
    said = " ".join(sentence for _, sentences in notice.after for sentence in sentences)
    assert format_date(details.ends, "zh-CN") in said
    assert NoticeDetails(day=date(2026, 9, 30)).ends < details.ends
