"""Digests that a result sheet carries: what was frozen at opening, and what lies in the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from renovation.model.polls import Poll, StoredBallot


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def instance_digest(poll: Poll) -> str:
    """Return the SHA-256 over everything a voter was promised: settings, projects, order and costs."""
    settings = {name: getattr(poll.settings, name) for name in type(poll.settings).__dataclass_fields__}
    projects = [{name: getattr(entry, name) for name in type(entry).__slots__} for entry in poll.projects]
    settings["rule_settings"] = dict(poll.settings.rule_settings)
    for entry in projects:
        entry["extra"] = dict(entry["extra"])
    return hashlib.sha256(_canonical([poll.id, settings, projects])).hexdigest()


def ballot_digest(ballot: StoredBallot) -> str:
    """Return the SHA-256 over one row of the ledger."""
    return hashlib.sha256(
        _canonical(
            [
                ballot.id,
                ballot.poll_id,
                ballot.channel.value,
                ballot.venue_id,
                ballot.batch_id,
                ballot.day.isoformat(),
                list(ballot.choices),
                [str(value) for value in ballot.points],
                str(ballot.weight),
                ballot.test,
            ]
        )
    ).hexdigest()


def ledger_root(ballots: Iterable[StoredBallot], receipts: Iterable[str]) -> str:
    """Return one hash over all ballots and all receipts, whatever their order."""
    rows = sorted(ballot_digest(ballot) for ballot in ballots)
    return hashlib.sha256(_canonical([rows, sorted(receipts)])).hexdigest()
