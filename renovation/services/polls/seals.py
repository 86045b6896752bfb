"""The seal of a poll: all that will be published, byte for byte under one root, and what was changed since.

The root covers every file of the bundle (names, texts, costs, ballots, receipts, the outcome with its reasons, the
reconciliation, the script that recounts) and every row of the poll in the store. A later word on the outcome (a tie
that the committee decides, a project that cannot be built) seals anew: the sheet is then printed and signed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from renovation.errors import ConflictError, ImportRefusedError
from renovation.exports.outcome.bundle import LEDGER, VERIFIER, bundle_files
from renovation.imports.polls.bundle import unpacked
from renovation.model.canonical import pack, plain, sums_of
from renovation.model.elections import Allocation
from renovation.model.polls import Poll, instance_digest
from renovation.rules.election.digests import ledger_root
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.settings import settings_from
from renovation.rules.polls.instances import ballots_of, decide, instance_of
from renovation.rules.polls.reconciliation import Reconciliation
from renovation.services.acts import ActingUnit
from renovation.services.polls.reconciliation import reconciliation_of
from renovation.store import Connection
from renovation.store.polls import codes, polls, sealing


def outcome_of(connection: Connection, poll: Poll) -> Allocation | None:
    """Return the outcome by the announced rule; ``None`` while the committee has a tie to decide."""
    try:
        return decide(poll, polls.ballots(connection, poll.id))
    except ConflictError as tie:
        if tie.code != "rules.tie_undecided":
            raise
        return None


def seal(unit: ActingUnit, poll: Poll, outcome: Allocation | None) -> str:
    """Keep what will be published of a poll, and return the root that covers it.

    Parameters
    ----------
    outcome
        What :func:`outcome_of` returns as this transaction sees the poll.
    """
    connection = unit.connection
    instance = instance_of(poll)
    counted = ballots_of(one for one in polls.ballots(connection, poll.id) if not one.test)
    files = bundle_files(
        instance,
        profile_from_ballots(instance, counted),
        outcome,
        receipts=codes.receipts(connection, poll.id),
        records={
            "poll.json": {"id": poll.id, "settings": poll.settings, "projects": poll.projects, **_told(poll)},
            "reconciliation.json": _written(reconciliation_of(connection, poll), poll.meta.get("reconciled_with", "")),
        },
        ledger={
            "announced": _announced(poll),
            "instance": instance_digest(poll),
            "tables": sealing.table_digests(connection, poll.id),
        },
    )
    content = pack(files)
    root = str(json.loads(files[LEDGER])["root"])
    polls.put_bundle(connection, poll.id, content, hashlib.sha256(content).hexdigest())
    polls.put_meta(connection, poll.id, ledger_root=root, verifier=hashlib.sha256(files[VERIFIER]).hexdigest())
    return root


def seal_anew(unit: ActingUnit, poll: Poll) -> None:
    """Seal a poll anew after a word on its outcome; one not sealed yet is left alone."""
    if "ledger_root" in poll.meta:
        unit.log("poll.seal_anew", "poll", poll.id, root=seal(unit, poll, outcome_of(unit.connection, poll)))


def sealed_files(connection: Connection, poll_id: str) -> dict[str, bytes]:
    """Return the files that were sealed; none where nothing was, or they can no longer be read."""
    try:
        return unpacked(polls.bundle(connection, poll_id) or b"")
    except ImportRefusedError:
        return {}


def changed_since(connection: Connection, poll: Poll, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the tables that no longer hold what was sealed; ``publication`` is the sealed bundle itself.

    Parameters
    ----------
    files
        :func:`sealed_files`.
    """
    try:
        ledger = json.loads(files[LEDGER])
        told = json.loads(files["poll.json"])
        sums = sums_of(files)
        listed = {*ledger["files"], LEDGER, "manifest.json"}
        whole = (
            set(files) == listed
            and all(sums[name] == digest for name, digest in ledger["files"].items())
            and ledger_root(ledger) == ledger["root"]
        )
        sealed = dict(ledger["tables"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return ("publication",)
    changed = [] if whole else ["publication"]
    current = sealing.table_digests(connection, poll.id, sealed)
    changed += [table for table in sealed if current.get(table) != sealed[table]]
    if poll.meta.get("ledger_root") != ledger["root"] or any(
        told.get(key) != said for key, said in _told(poll).items()
    ):
        changed.append("poll")
    return tuple(changed)


def _announced(poll: Poll) -> dict[str, Any]:
    """Return what was announced of the rule before the poll; a committee's later word on a tie is not in it."""
    settings = poll.settings
    return {
        "rule": settings.rule,
        **settings_from({"tie_break": settings.tie_break, **settings.rule_settings}).as_dict(),
    }


def _told(poll: Poll) -> dict[str, Any]:
    """Return what is said of a poll beside what was frozen at opening."""
    told: dict[str, Any] = plain(
        {
            "tie_decisions": poll.tie_decisions,
            "impossible": poll.impossible,
            "synthetic": poll.synthetic,
            "source": poll.source,
        }
    )
    return told


def _written(found: Reconciliation, reason: str) -> dict[str, Any]:
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
