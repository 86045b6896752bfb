"""Which items of the catalogue answer a demand of a category: proposed first when a project is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from renovation.model.demands import DemandCategory
from renovation.model.items import Item

_C = DemandCategory
#: A proposal and no more: the whole catalogue stays to choose from.
_ANSWERS: dict[DemandCategory, tuple[str, ...]] = {
    _C.ROAD: ("J15", "J16", "W25"),
    _C.LIGHTING: ("W03", "W02", "J05"),
    _C.PIPES: ("J08", "J10", "J06", "J07", "J09", "J14"),
    _C.ROOF_FACADE: ("J01", "J02", "J03", "J04"),
    _C.FIRE_SAFETY: ("J17", "J18"),
    _C.PARKING: ("W16", "W17", "T10"),
    _C.EBIKE: ("W18",),
    _C.GREENERY: ("W04", "W05", "W06", "W07"),
    _C.LIFT: ("W15", "W13"),
    _C.ACCESSIBILITY: ("W12", "W13", "W14"),
    _C.ELDERLY: ("T03", "T04", "W14", "W10"),
    _C.CHILDREN: ("W08", "T05", "T06"),
    _C.SPORTS: ("W09", "W22", "W21"),
    _C.WASTE: ("J21",),
    _C.CABLES: ("J12", "J13", "J11", "J22"),
    _C.SECURITY: ("J19", "J20", "T09"),
    _C.MANAGEMENT: ("W27", "J23"),
    _C.OTHER: (),
}


def proposed(categories: Iterable[DemandCategory], catalogue: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items of a catalogue that answer demands of these categories, the likeliest first."""
    by_code = {item.code: item for item in catalogue}
    codes = dict.fromkeys(code for category in categories for code in _ANSWERS[category])
    return tuple(by_code[code] for code in codes if code in by_code)
