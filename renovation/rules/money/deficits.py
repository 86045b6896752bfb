"""Which of an estate's deficits an item of the catalogue mends, and which of them are matters of safety.

After the city's health check 城市体检 of dwellings and estates: safety and utilities are its dwelling side, services
its estate side. What mends what is read off the catalogue's own names (J06 供水管网 mends pipes), nothing finer.
"""

from __future__ import annotations

from collections.abc import Mapping

from renovation.model.places import Deficit

SAFETY = frozenset(
    {
        Deficit.STAIR_HAZARD,
        Deficit.PIPES,
        Deficit.ROOF_LEAK,
        Deficit.FACADE,
        Deficit.FIRE_ACCESS,
        Deficit.DRAINAGE,
        Deficit.CABLES,
    }
)
SERVICE = frozenset(Deficit) - SAFETY

#: Items that end a danger: found, they are done at once 立查立改 and not weighed against others.
URGENT_ITEMS = frozenset({"J03"})

MENDS: Mapping[str, frozenset[Deficit]] = {
    "J01": frozenset({Deficit.ROOF_LEAK}),
    "J02": frozenset({Deficit.FACADE}),
    "J03": frozenset({Deficit.FACADE}),
    "J04": frozenset({Deficit.STAIR_HAZARD}),
    "J05": frozenset({Deficit.LIGHTING, Deficit.STAIR_HAZARD}),
    "J06": frozenset({Deficit.PIPES}),
    "J07": frozenset({Deficit.PIPES}),
    "J08": frozenset({Deficit.DRAINAGE, Deficit.PIPES}),
    "J09": frozenset({Deficit.DRAINAGE}),
    "J10": frozenset({Deficit.DRAINAGE}),
    "J11": frozenset({Deficit.CABLES}),
    "J12": frozenset({Deficit.CABLES}),
    "J13": frozenset({Deficit.CABLES}),
    "J14": frozenset({Deficit.PIPES}),
    "J17": frozenset({Deficit.FIRE_ACCESS}),
    "J18": frozenset({Deficit.FIRE_ACCESS}),
    "J21": frozenset({Deficit.WASTE_SORTING}),
    "J22": frozenset({Deficit.CABLES}),
    "W01": frozenset({Deficit.FIRE_ACCESS}),
    "W02": frozenset({Deficit.LIGHTING}),
    "W03": frozenset({Deficit.LIGHTING}),
    "W04": frozenset({Deficit.GREEN_SPACE}),
    "W06": frozenset({Deficit.GREEN_SPACE}),
    "W07": frozenset({Deficit.GREEN_SPACE}),
    "W08": frozenset({Deficit.CHILDREN_SPACE}),
    "W12": frozenset({Deficit.ACCESSIBILITY}),
    "W13": frozenset({Deficit.ACCESSIBILITY}),
    "W14": frozenset({Deficit.ACCESSIBILITY}),
    "W15": frozenset({Deficit.ACCESSIBILITY}),
    "W16": frozenset({Deficit.PARKING}),
    "W17": frozenset({Deficit.PARKING}),
    "W18": frozenset({Deficit.EBIKE_CHARGING}),
    "T02": frozenset({Deficit.ELDERLY_SERVICES}),
    "T03": frozenset({Deficit.ELDERLY_SERVICES}),
    "T04": frozenset({Deficit.ELDERLY_SERVICES}),
    "T05": frozenset({Deficit.CHILDREN_SPACE}),
    "T06": frozenset({Deficit.CHILDREN_SPACE}),
}


def mended(item_code: str, present: frozenset[Deficit]) -> frozenset[Deficit]:
    """Return which of an estate's deficits an item mends."""
    return MENDS.get(item_code, frozenset()) & present
