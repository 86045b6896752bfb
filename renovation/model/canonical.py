"""The one form in which things are written down, so that equal things are equal bytes: JSON, digests, zip files."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from renovation.errors import InvalidError

_T = TypeVar("_T")
#: Zip entries carry a time and a system; fixed ones keep equal archives equal.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def to_json(value: Any, *, indent: int | None = None, sort_keys: bool = True) -> str:
    """Write a value as JSON, equal values alike: keys and sets in order, shares as "n/d", days as ISO 8601.

    For people's eyes keys may stand as they were given.

    Raises
    ------
    TypeError
        A kind of value that :func:`from_plain` could not bring back.
    InvalidError
        ``typed.unstorable``: a number that is none, or is beyond all bounds.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(
            value,
            default=_plain,
            ensure_ascii=False,
            sort_keys=sort_keys,
            indent=indent,
            separators=separators,
            allow_nan=False,
        )
    except ValueError:
        raise InvalidError("typed.unstorable") from None


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, AbstractSet):
        return sorted(value, key=to_json)
    if isinstance(value, Fraction | Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def plain(value: Any) -> Any:
    """Return what a JSON column holds of a value."""
    return json.loads(to_json(value))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def from_plain(kind: type[_T], held: Any) -> _T:
    """Return the object of a kind that :func:`plain` made plain.

    Fields that are absent take their defaults, so that what an earlier program wrote still opens.
    """
    found: _T = _adapter(kind).validate_python(held)  # type: ignore[arg-type]
    return found


def from_json(kind: type[_T], written: str) -> _T:
    """Return the object of a kind that :func:`to_json` wrote down."""
    found: _T = _adapter(kind).validate_json(written)  # type: ignore[arg-type]
    return found


def digest_of(*values: Any) -> str:
    """Return the SHA-256 of values as they are written down, the same on every machine.

    Order counts in lists and not in sets and mappings.

    Raises
    ------
    InvalidError
        ``typed.unstorable``: a text holds half a sign, which nothing can be written down with.
    """
    try:
        return hashlib.sha256(to_json(values).encode()).hexdigest()
    except UnicodeEncodeError:
        raise InvalidError("typed.unstorable") from None


def pack(files: Mapping[str, bytes], *, compressed: bool = False) -> bytes:
    """Return the one zip file of these files, the same on every machine.

    Stored unless asked otherwise: other versions of zlib write other bytes, and then a changed byte could not be told
    from another machine.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = archive.compression
            entry.external_attr = 0o644 << 16
            entry.create_system = _UNIX
            archive.writestr(entry, files[name])
    return out.getvalue()


def sums_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def root_of(sums: Mapping[str, str]) -> str:
    """Return the checksum over all checksums."""
    return hashlib.sha256("".join(f"{name} {sums[name]}\n" for name in sorted(sums)).encode()).hexdigest()
