"""One copy in columns as a file: an Arrow file that carries the token it is good under."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = "estates.arrow"


def read_copy(folder: Path, columns: list[str]) -> tuple[str, pa.Table] | None:
    """Return (token, columns) of the copy in a folder; ``None`` where there is none that can be read."""
    import pyarrow as pa
    from pyarrow import feather

    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        # Not mapped into memory: on Windows a mapped file could not be replaced by the next one.
        table = feather.read_table(path, memory_map=False)
    except (OSError, pa.ArrowException):
        return None
    token = (table.schema.metadata or {}).get(b"token", b"").decode()
    return (token, table) if token and table.column_names == columns else None


def write_copy(folder: Path, token: str, table: pa.Table) -> None:
    """Put a copy in the place of the one before; where that is not possible, there simply is none."""
    from pyarrow import feather

    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=_NAME)
        with os.fdopen(handle, "wb") as file:
            feather.write_feather(table.replace_schema_metadata({"token": token}), file, compression="uncompressed")
        Path(temporary).replace(folder / _NAME)
    except OSError:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
