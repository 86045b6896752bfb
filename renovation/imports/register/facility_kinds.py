"""The kinds of facilities a city speaks of, and the catalogue items that build one, from CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache

from renovation.config import CHECKOUT

#: The shipped list; a locality may put its own file in its place.
FILE = CHECKOUT / "data" / "facility-kinds.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityKind:
    """A kind of facility; ``items`` are codes of catalogue items whose projects build one."""

    kind: str
    name_en: str
    items: tuple[str, ...] = ()


def read_facility_kinds(content: bytes) -> tuple[FacilityKind, ...]:
    """Read the kinds in the order of the file."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return tuple(
        FacilityKind(
            kind=row["kind"].strip(),
            name_en=row["name_en"].strip(),
            items=tuple(code.strip() for code in row["items"].split(";") if code.strip()),
        )
        for row in rows
    )


@cache
def known_facility_kinds() -> dict[str, FacilityKind]:
    """Return the shipped kinds by name."""
    return {known.kind: known for known in read_facility_kinds(FILE.read_bytes())}
