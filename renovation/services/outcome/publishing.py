"""Seal and publish a poll: the root hash for signature, the bundle for everybody, and the list receipts are checked in.

At sealing, one root hash covers what was frozen at opening, what anybody can work out from the published files, and
every row of the poll in the store. At publishing, the bundle is kept byte for byte: what was handed out stays what it
was, whatever a later program would write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from renovation.errors import ConflictError, NotFoundError
from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.outcome.allocations import allocation_json
from renovation.exports.outcome.bundle import MIME as ZIP
from renovation.exports.outcome.bundle import write_bundle
from renovation.imports.polls.bundle import read_bundle
from renovation.model.accounts import Action, Actor
from renovation.model.canonical import digest_of, plain, to_json
from renovation.model.elections import Allocation
from renovation.model.lives import ProjectAct
from renovation.model.polls import Poll, PollAct, PollStage, instance_digest
from renovation.rules.election.digests import ledger_root, public_digest
from renovation.rules.election.settings import settings_from
from renovation.rules.election.stops import require_votes, require_winner
from renovation.rules.polls.reconciliation import Reconciliation
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.outcome.results import Election, allocate, election_of
from renovation.services.polls import polls as poll_services
from renovation.services.polls.reconciliation import open_lines, reconciliation_of
from renovation.services.projects.lives import move_all
from renovation.services.staff.second_person import require_second, second_login
from renovation.store import Connection, Store
from renovation.store.polls import codes, forgetting, polls, running, sealing

#: Published lists that were asked for lately; what is published does not change.
_lists: dict[tuple[str, str, str], frozenset[str]] = {}
_MOST_LISTS = 32


def announced(poll: Poll) -> dict[str, Any]:
    """Return what was announced of the rule before the poll; a committee's later word on a tie is not in it."""
    settings = poll.settings
    return {
        "rule": settings.rule,
        **settings_from({"tie_break": settings.tie_break, **settings.rule_settings}).as_dict(),
    }


def ledger_of(
    connection: Connection, poll: Poll, held: Election | None = None, sealed: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the root hash of a poll is made of, and the root, as the store stands now.

    Parameters
    ----------
    sealed
        The ledger written down at sealing: a newer program may word what was announced otherwise, and seal more.
    """
    kept = sealed or {}
    found = held or election_of(connection, poll)
    told = dict(kept["announced"]) if "announced" in kept else announced(poll)
    frozen = instance_digest(poll)
    public = public_digest(found.instance, found.profile, codes.receipts(connection, poll.id), told)
    tables = sealing.table_digests(connection, poll.id, kept.get("tables"))
    return {
        "announced": told,
        "instance": frozen,
        "public": public,
        "tables": tables,
        "root": ledger_root(frozen, public, tables),
    }


def sealed_ledger(poll: Poll) -> dict[str, Any]:
    """Return the ledger written down at sealing; empty for a poll that is not sealed or whose record is damaged."""
    try:
        ledger = json.loads(poll.meta.get("ledger") or "{}")
    except ValueError:
        return {}
    return ledger if isinstance(ledger, dict) else {}


def reconcile_poll(store: Store, actor: Actor, poll_id: str, *, reason: str = "", second: Actor | None = None) -> Poll:
    """Declare the numbers reconciled and note the root hash of the ledger, for signature.

    Parameters
    ----------
    reason
        With lines still open, or rows that do not fit the running digest: why the poll is sealed all the same.
    second
        The second person who stands for it; with either always needed.

    Raises
    ------
    ConflictError
        ``poll.rows_changed`` or ``poll.lines_open``; ``outcome.no_ballots``, ``outcome.only_tests`` or
        ``outcome.only_blank``: there is nothing to seal.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``: the running digest cannot be checked.
    DeniedError
        ``poll.second_person``: the second person is missing, not staff, or the first one again.
    """
    with acting(store, actor, Action.OPEN_CLOSE_POLL) as unit:
        held = unit.poll(poll_id, PollAct.RECONCILE)
        _require_votes(unit.connection, held)
        lines = open_lines(unit.connection, held)
        if (changed := running.differing(unit.connection, poll_id)) and not reason.strip():
            raise ConflictError("poll.rows_changed", title=held.title, tables=changed)
        if lines and not reason.strip():
            raise ConflictError("poll.lines_open", count=len(lines))
        require_second(unit, second, poll=held, always=bool(lines or changed))
        forgetting.forget(unit.connection, poll_id, paper=True)
        sealing.rewrite(unit.connection, poll_id)
        ledger = ledger_of(unit.connection, held)
        polls.move_on(unit.connection, poll_id, held.stage, PollStage.RECONCILED)
        polls.put_meta(
            unit.connection,
            poll_id,
            ledger_root=ledger["root"],
            ledger=to_json(ledger),
            reconciled_with=reason.strip()[:200] if lines or changed else "",
        )
        unit.log(
            "poll.reconcile",
            "poll",
            poll_id,
            root=ledger["root"],
            open_lines=len(lines),
            changed=changed,
            reason=reason.strip()[:200],
            second=second_login(second),
        )
        unit.commit()
    poll_services.squeeze(store, poll_id)
    return poll_services.get_poll(store, actor, poll_id)


def check_votes(store: Store, actor: Actor, poll_id: str) -> None:
    """Refuse a poll whose ballots give nothing to seal, before anybody is asked to sign.

    Raises
    ------
    ConflictError
        ``outcome.no_ballots``, ``outcome.only_tests`` or ``outcome.only_blank``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(poll_id, PollAct.SEE_TALLY)
        _require_votes(door.connection, poll)


def _require_votes(connection: Connection, poll: Poll) -> None:
    counted = polls.turnout(connection, poll)
    tests = sum(count for *_, test, count in polls.ballots_by_place(connection, poll.id) if test)
    require_votes(ballots=counted.ballots, blank=counted.blank or 0, tests=tests)


def outcome_digest(
    rule: str, settings: Mapping[str, Any], rules_version: str, outcome: Mapping[str, Any], rests_on: str
) -> str:
    """Return the SHA-256 over a kept outcome, which the log carries too."""
    return digest_of(rule, settings, rules_version, outcome, rests_on)


def _declare(unit: ActingUnit, held: Election, allocation: Allocation) -> None:
    # As the store gives it back, so that its digest can be worked out again.
    outcome = plain(allocation_json(held.instance, allocation, ballots=held.profile.size))
    settings = plain(allocation.settings)
    polls.add_allocation(
        unit.connection,
        poll_id=held.poll.id,
        rule=allocation.rule,
        settings=settings,
        rules_version=allocation.rules_version,
        outcome=outcome,
        digest=held.digest,
        at=unit.at,
        login=unit.actor.login,
    )
    kept = outcome_digest(allocation.rule, settings, allocation.rules_version, outcome, held.digest)
    unit.log("result.declare", "poll", held.poll.id, rule=allocation.rule, digest=held.digest, outcome=kept)


def publish_poll(store: Store, actor: Actor, poll_id: str) -> Poll:
    """Declare the outcome by the announced rule, keep the bundle, and let everybody see both.

    Raises
    ------
    StageError
        The poll is not sealed, or published already.
    ConflictError
        ``poll.ledger_changed``: the store no longer holds what was sealed; ``outcome.no_ballots``,
        ``outcome.only_tests``, ``outcome.only_blank`` or ``outcome.nothing_funded``: there is nothing to
        publish; ``poll.changed_meanwhile``.
    """
    # Worked out before anything is written: a rule may take its time, and others vote meanwhile.
    with reading(store, actor, Action.PUBLISH) as door:
        poll = door.poll(poll_id, PollAct.PUBLISH)
        held = election_of(door.connection, poll)
        ledger = ledger_of(door.connection, poll, held, sealed_ledger(poll))
        if ledger["root"] != poll.meta.get("ledger_root"):
            raise ConflictError("poll.ledger_changed", title=poll.title)
        _require_votes(door.connection, poll)
        allocation = allocate(held)
        require_winner(held.instance, allocation)
        content = _bundle(door.connection, held, allocation, ledger)
    checksum = hashlib.sha256(content).hexdigest()
    with acting(store, actor, Action.PUBLISH) as unit:
        now_stands = unit.poll(poll_id, PollAct.PUBLISH)
        if now_stands != poll or sealing.table_digests(unit.connection, poll_id, ledger["tables"]) != ledger["tables"]:
            raise ConflictError("poll.changed_meanwhile")
        _declare(unit, held, allocation)
        polls.add_publication(unit.connection, poll_id, content, checksum, at=unit.at)
        polls.move_on(unit.connection, poll_id, poll.stage, PollStage.PUBLISHED)
        _free(unit, poll, allocation)
        unit.log("poll.publish", "poll", poll_id, title=poll.title, root=ledger["root"], bundle=checksum)
        unit.commit()
    return poll_services.get_poll(store, actor, poll_id)


def _free(unit: ActingUnit, poll: Poll, allocation: Allocation) -> None:
    """Move winners on and losers back, and tell the demands that they answer."""
    winners = set(allocation.winners)
    chosen = [entry.project_id for entry in poll.projects if entry.key in winners]
    move_all(unit, chosen, ProjectAct.WIN, where=poll.title)
    for entry in poll.projects:
        if entry.key not in winners:
            why = poll.impossible.get(entry.key)
            lost = [entry.project_id]
            move_all(unit, lost, ProjectAct.LOSE, where=poll.title, why=why.reason if why else "")


def _bundle(connection: Connection, held: Election, allocation: Allocation, ledger: Mapping[str, Any]) -> bytes:
    records = {
        "ledger.json": ledger,
        "reconciliation.json": _reconciliation_json(
            reconciliation_of(connection, held.poll), held.poll.meta.get("reconciled_with", "")
        ),
    }
    receipts = codes.receipts(connection, held.poll.id)
    return write_bundle(held.instance, held.profile, allocation, receipts=receipts, records=records)[2]


def _reconciliation_json(found: Reconciliation, reason: str) -> dict[str, Any]:
    return {
        "lines": [
            {
                "kind": line.kind,
                "venue": line.venue,
                "channel": line.channel.value if line.channel else "",
                "day": line.day.isoformat() if line.day else "",
                "label": line.label,
                "left": line.left,
                "right": line.right,
                "parts": dict(line.parts),
            }
            for line in found.lines
        ],
        "by_channel": {channel.value: count for channel, count in found.by_channel},
        "sealed_with_open_lines_because": reason,
    }


def bundle_sum(store: Store, actor: Actor | None, poll_id: str) -> str | None:
    """Return the checksum of a published poll's bundle; ``None`` where there is none."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return polls.publication_sum(door.connection, door.public_poll(poll_id, PollAct.SEE_TALLY).id)


def bundle_file(store: Store, actor: Actor | None, poll_id: str) -> Exported:
    """Return the bundle of a published poll, for everybody, as it was published.

    Raises
    ------
    NotFoundError
        ``poll.no_bundle``.
    """
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        poll = door.public_poll(poll_id, PollAct.SEE_TALLY)
        content = polls.published_bundle(door.connection, poll_id)
    if content is None:
        raise NotFoundError("poll.no_bundle", title=poll.title)
    return f"{file_stem(poll.title)}.zip", ZIP, content


def published_receipts(store: Store, poll_id: str) -> frozenset[str] | None:
    """Return the commitments on a poll's published list; ``None`` while nothing is published."""
    with store.read() as connection:
        checksum = polls.publication_sum(connection, poll_id)
    if checksum is None:
        return None
    name = (str(store.engine.url), poll_id, checksum)
    if name not in _lists:
        with store.read() as connection:
            content = polls.published_bundle(connection, poll_id) or b""
        if len(_lists) >= _MOST_LISTS:
            _lists.clear()
        _lists[name] = frozenset(read_bundle(content)["receipts.txt"].decode().split())
    return _lists[name]
