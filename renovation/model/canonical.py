"""The one form in which things are written down so that equal things are equal bytes: JSON, digests, zip files."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from renovation.model.polls import Poll

#: Zip entries carry a time; a fixed one keeps equal bundles equal.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the one zip file of these files, the same on every machine.

    Stored, not compressed: other versions of zlib write other bytes, and then a changed byte could not be told from
    another machine.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = _UNIX
            archive.writestr(entry, files[name])
    return out.getvalue()


def root_of(sums: Mapping[str, str]) -> str:
    """Return the checksum over all checksums."""
    return hashlib.sha256("".join(f"{name} {sums[name]}\n" for name in sorted(sums)).encode()).hexdigest()


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
