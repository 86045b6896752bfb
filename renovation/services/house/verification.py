"""Check the whole store against what was frozen, sealed, declared, published and logged, and name what differs.

Each fault names the table. The log's own chain comes first: what it says of the others counts only while it is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from renovation.errors import Fault, ImportRefusedError, RenovationError, UnavailableError
from renovation.imports.polls.bundle import verify_bundle
from renovation.model.accounts import Action, Actor, require
from renovation.model.polls import Poll, PollStage, instance_digest
from renovation.services.doors import reading
from renovation.services.outcome.publishing import outcome_digest
from renovation.services.polls.reconciliation import open_lines
from renovation.services.polls.seals import changed_since, sealed_files
from renovation.store import Connection, Store, audit, damage, heads
from renovation.store.polls import codekeys, forgetting, polls, running

#: What an act leaves a poll in.
_LEFT_IN = {
    "poll.create": PollStage.DRAFT,
    "poll.import": PollStage.CLOSED,
    "poll.open": PollStage.OPEN,
    "kit.install": PollStage.OPEN,
    "poll.close": PollStage.CLOSED,
    "kit.box": PollStage.CLOSED,
    "poll.reconcile": PollStage.RECONCILED,
    "poll.publish": PollStage.PUBLISHED,
    "poll.cancel": PollStage.CANCELLED,
}


def check_store(store: Store, actor: Actor | None) -> tuple[Fault, ...]:
    """Return one fault (``store.…``) per thing that was changed past the services; none where all agrees."""
    with reading(store, actor, Action.VERIFY) as door:
        found = _moved_back(store.keys, door.connection) + faults(door.connection)
    said = damage(store)
    return (*found, Fault("store.damaged", fields={"said": said})) if said else found


def at_start(store: Store) -> tuple[Fault, ...]:
    """Return what is wrong with the keys, and whether this is the store that was last written.

    Quick enough for every start: a log cut short or an old database in the place of this one shows here.
    """
    wrong = codekeys.key_fault(store)
    keys = () if wrong is None else (Fault("store.key", fields=wrong.fields),)
    with store.read() as connection:
        return keys + _moved_back(store.keys, connection)


def _moved_back(keys: Path, connection: Connection) -> tuple[Fault, ...]:
    end, held = audit.head(connection), heads.log_head(keys)
    found = []
    if held is None:
        if end[0]:
            found.append(Fault("store.head_gone", fields={"folder": str(keys)}))
    elif not held.fits(end):
        # Only an end further on, over the very entry that is held, is a longer log.
        longer = end[0] > held.held[0] and audit.digest_at(connection, held.held[0]) == held.held[1]
        code = "store.log_longer" if longer else "store.log_cut" if end[0] < held.held[0] else "store.log_other"
        found.append(Fault(code, fields={"held": held.held[0], "found": end[0]}))
    turns = running.turns(connection)
    behind = {one: count for one, count in heads.all_turns(keys).items() if turns.get(one, 0) < count}
    titles = {poll.id: poll.title for poll in polls.listed(connection)} if behind else {}
    for poll_id, count in behind.items():
        fields = {"poll": titles.get(poll_id, poll_id), "held": count, "found": turns.get(poll_id, 0)}
        found.append(Fault("store.poll_back", fields=fields))
    return tuple(found)


def faults(connection: Connection) -> tuple[Fault, ...]:
    """Return what was changed past the services, as this transaction sees the store."""
    broken = audit.first_broken(connection)
    found = [] if broken is None else [Fault("store.log", fields={"entry": broken})]
    noted: dict[str, list[audit.AuditEntry]] = {}
    for entry in audit.entries(connection):
        if entry.object_kind == "poll":
            noted.setdefault(entry.object_id, []).append(entry)
    listed = polls.listed(connection)
    found += list(_strays(connection, listed, noted))
    unkeyed = _unkeyed(connection) if listed else ()
    found += unkeyed
    for poll in listed:
        try:
            tables = () if unkeyed else running.differing(connection, poll.id)
            found += [_table(poll, table) for table in tables]
            more = _poll_faults(connection, poll, noted.get(poll.id, []))
            found += [fault for fault in more if fault.code.removeprefix("store.") not in tables]
        except (ValueError, TypeError, LookupError, ArithmeticError, RenovationError):
            # A row that cannot even be read was not written by the services.
            found.append(Fault("store.unreadable", fields={"poll": poll.title}))
    return tuple(found)


def _strays(
    connection: Connection, listed: Sequence[Poll], noted: dict[str, list[audit.AuditEntry]]
) -> Iterator[Fault]:
    """Name polls that the log knows and the store no longer holds, and bundles of polls that are not published."""
    titles = {poll.id: poll.title for poll in listed}
    for poll_id, entries in noted.items():
        if poll_id not in titles and any(entry.act in _LEFT_IN for entry in entries):
            named = [entry.detail["title"] for entry in entries if entry.detail.get("title")]
            yield Fault("store.poll_gone", fields={"poll": named[-1] if named else poll_id})
    published = {poll.id for poll in listed if poll.stage is PollStage.PUBLISHED}
    for poll_id in polls.publications(connection):
        if poll_id not in published:
            yield Fault("store.publication", fields={"poll": titles.get(poll_id, poll_id)})


def _unkeyed(connection: Connection) -> tuple[Fault, ...]:
    """Say where the running digests cannot be checked, because their key is not here."""
    try:
        codekeys.key_ring(connection).master()
    except UnavailableError as error:
        return (Fault("store.key", fields=error.fields),)
    return ()


def _table(poll: Poll, table: str) -> Fault:
    return Fault(f"store.{table}", fields={"poll": poll.title})


def _poll_faults(connection: Connection, poll: Poll, noted: list[audit.AuditEntry]) -> Iterator[Fault]:
    stages = [_LEFT_IN[entry.act] for entry in noted if entry.act in _LEFT_IN]
    if stages and stages[-1] is not poll.stage:
        yield _table(poll, "poll")
    if poll.stage is PollStage.DRAFT:
        return
    if poll.digest and instance_digest(poll) != poll.digest:
        yield _table(poll, "poll_project")
    yield from _outcomes(connection, poll, noted)
    if not forgetting.holds(connection, poll.id):
        yield _table(poll, "vote_count")
    if "ledger_root" not in poll.meta:
        # A venue's computer knows of codes whose ballots lie at the office.
        for line in () if "kit" in poll.meta else open_lines(connection, poll):
            # Paper is keyed and counted later; codes and screen ballots agree at every moment.
            if line.kind in ("codes", "screen"):
                fields = {"poll": poll.title, "left": line.left, "right": line.right}
                yield Fault(f"store.line_{line.kind}", fields=fields)
        return
    yield from _sealed(connection, poll, noted)


def _sealed(connection: Connection, poll: Poll, noted: list[audit.AuditEntry]) -> Iterator[Fault]:
    root = poll.meta["ledger_root"]
    logged = [entry.detail["root"] for entry in noted if entry.detail.get("root")]
    files = sealed_files(connection, poll.id)
    changed = dict.fromkeys(changed_since(connection, poll, files))
    if logged[-1:] != [root]:
        changed["poll"] = None
    for table in changed:
        yield _table(poll, table)
    if poll.stage is PollStage.PUBLISHED:
        yield from _published(connection, poll, noted, root)


def _published(connection: Connection, poll: Poll, noted: list[audit.AuditEntry], root: str) -> Iterator[Fault]:
    content = polls.bundle(connection, poll.id)
    logged = [(entry.detail.get("bundle"), entry.at) for entry in noted if entry.act == "poll.publish"]
    kept = polls.publications(connection).get(poll.id)
    checksum = None if content is None else hashlib.sha256(content).hexdigest()
    if kept is None or kept[0] != checksum or [kept] != logged:
        yield _table(poll, "publication")
    if content is None:
        return
    try:
        found = verify_bundle(content)
    except ImportRefusedError as refused:
        yield from refused.faults
    except RenovationError:
        yield Fault("bundle.damaged")
    else:
        yield from found.differences
        if found.ledger_root != root:
            yield Fault("bundle.other_root", fields={"found": found.ledger_root or "—", "value": root})


def _outcomes(connection: Connection, poll: Poll, noted: list[audit.AuditEntry]) -> Iterator[Fault]:
    kept = polls.allocations(connection, poll.id)
    declared = [
        (entry.detail.get("outcome"), entry.login, entry.at) for entry in noted if entry.act == "result.declare"
    ]
    found = [
        (outcome_digest(one.rule, one.settings, one.rules_version, one.outcome, one.digest), one.login, one.created_at)
        for one in kept
    ]
    if (
        found != declared
        or [one.declared for one in kept[:-1]] != [False] * (len(kept) - 1)
        or (kept and not kept[-1].declared)
    ):
        yield _table(poll, "allocation")


def compare_with_store(store: Store, actor: Actor | None, source: bytes) -> tuple[Fault, ...]:
    """Return what a bundle from elsewhere does not share with the one this store published.

    A bundle of a poll that this store does not hold is named as foreign.
    """
    require(actor, Action.VERIFY)
    root = verify_bundle(source).ledger_root
    with store.read() as connection:
        for poll in polls.listed(connection):
            if root and poll.meta.get("ledger_root") == root:
                checksum = polls.publication_sum(connection, poll.id)
                same = checksum in (None, hashlib.sha256(source).hexdigest())
                return () if same else (Fault("bundle.not_as_published", fields={"poll": poll.title}),)
    return (Fault("bundle.foreign"),)
