"""Facilities 设施 that serve households, existing ones: what coverage is measured to."""

from __future__ import annotations

from dataclasses import dataclass

from renovation.errors import InvalidError


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityDraft:
    """A facility before the store has given it an id.

    Attributes
    ----------
    kind
        What it is, as the locality calls it (养老服务站, 充电棚 …).
    code
        The locality's own code; may be empty.
    lon, lat
        Degrees, EPSG:4490.
    synthetic
        Invented for the demonstration.
    """

    kind: str
    name: str = ""
    code: str = ""
    lon: float
    lat: float
    synthetic: bool = False

    def __post_init__(self) -> None:
        if not self.kind.strip():
            raise InvalidError("facility.kind_missing")
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise InvalidError("facility.place", name=self.name or self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A facility in the store; see :class:`FacilityDraft`."""

    id: int
    kind: str
    name: str
    code: str
    lon: float
    lat: float
    synthetic: bool = False
