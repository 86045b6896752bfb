"""The digest of what was frozen when a poll opened."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from renovation.model.polls import Poll


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
