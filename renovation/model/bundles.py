"""How the files of a published bundle stand in one zip file, and the checksum over all of them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

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
