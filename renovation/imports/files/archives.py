"""Zip files from strangers, looked at before anything in them is unpacked. Nothing is ever written to disk by name."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import PurePosixPath

from renovation.imports.files.results import UnreadableError

MAX_ENTRIES = 2_000
MAX_UNPACKED = 300_000_000
#: Sheets of repeated text pack well; beyond this only bombs do.
MAX_RATIO = 150
_SMALL = 10_000_000
#: How the list of entries ends.
_END = b"PK\x05\x06"


def opened(data: bytes) -> zipfile.ZipFile:
    """Open a zip from memory after checking names, kinds and sizes of its entries.

    Raises
    ------
    UnreadableError
        ``archive.broken``, ``.truncated``, ``.empty``, ``.unsafe_name``, ``.encrypted``, ``.too_large``;
        ``archive.empty``, ``archive.encrypted``, ``archive.too_large``, ``archive.unsafe_name``.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        # The list of what is inside stands at the end: without it the file was not copied to its end.
        raise UnreadableError("archive.broken" if _END in data else "archive.truncated") from None
    if not entries:
        raise UnreadableError("archive.empty")
    if len(entries) > MAX_ENTRIES:
        raise UnreadableError("archive.too_large")
    names: set[str] = set()
    total = 0
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        unsafe = name.startswith("/") or ":" in name or ".." in name.split("/") or "\x00" in name or name in names
        if unsafe or (kind and kind not in (stat.S_IFREG, stat.S_IFDIR)):
            raise UnreadableError("archive.unsafe_name", name=name[:60])
        if entry.flag_bits & 1:
            raise UnreadableError("archive.encrypted")
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise UnreadableError("archive.too_large")
        names.add(name)
        total += entry.file_size
    # Entries that share packed bytes would count once on disk and many times unpacked.
    if total > MAX_UNPACKED or sum(e.compress_size for e in entries) > len(data):
        raise UnreadableError("archive.too_large")
    return archive


def kind_of(archive: zipfile.ZipFile) -> str:
    """Return the code of the refusal that says what an archive is that holds nothing to read."""
    inside = set(archive.namelist())
    if {"mimetype", "content.xml"} <= inside:
        return "archive.open_document"
    if "[Content_Types].xml" in inside:
        return "file.document"
    if any(name.endswith(".iwa") for name in inside):
        return "archive.numbers"
    endings = {PurePosixPath(name).suffix.lower() for name in inside}
    if endings & {".zip", ".rar", ".7z"}:
        return "archive.packed_twice"
    return "archive.nothing_known"


def names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the files of a zip as people read their names → as the zip knows them.

    Chinese Windows packs names in GBK without saying so, which would be read as box drawings; what macOS adds for
    itself is left out.
    """
    found: dict[str, str] = {}
    for entry in archive.infolist():
        shown = entry.filename
        if not entry.flag_bits & 0x800 and not shown.isascii():
            raw = shown.encode("cp437", errors="replace")
            try:
                shown = raw.decode("utf-8")
            except UnicodeDecodeError:
                shown = raw.decode("gb18030", errors="replace")
        path = PurePosixPath(shown.replace("\\", "/"))
        if not entry.is_dir() and not path.name.startswith(("._", ".DS_Store")) and "__MACOSX" not in path.parts:
            found.setdefault(str(path), entry.filename)
    return found


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one entry, unpacked.

    Raises
    ------
    UnreadableError
        ``archive.broken``.
    """
    import zlib

    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, ValueError):
        raise UnreadableError("archive.broken") from None
