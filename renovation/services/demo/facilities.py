"""The demonstration city's facilities: invented, beside its streets, too few for everybody."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from renovation.config import settings
from renovation.geo.crs import metric_crs, to_metric, to_store
from renovation.model.accounts import Action, Actor
from renovation.model.places import EstateFilter, FacilityDraft
from renovation.services.acts import acting
from renovation.services.demo.places import Progress
from renovation.store import Store
from renovation.store.register import areas, estates, facilities

#: How many there are of each kind and how far they keep from each other; invented, see the file.
KINDS = "demo/facilities.csv"
#: Metres: facilities stand this far beside a street, on streets no further from an estate than this; the winding
#: roads between towns are longer than any street of a town.
_BESIDE_M, _NEAR_M, _LONGEST_STREET_M = 16.0, 350.0, 1_500.0
_TRIES = 400


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: str
    wanted: int
    stem: str
    apart_m: float


def _kinds(estate_count: int) -> list[_Kind]:
    with (settings().data_dir / KINDS).open(encoding="utf-8", newline="") as file:
        return [
            _Kind(
                row["kind"],
                max(1, round(int(row["per_100_estates"]) * estate_count / 100)),
                row["stem"],
                float(row["apart_m"]),
            )
            for row in csv.DictReader(file)
        ]


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build facilities of every kind beside the streets; the same from the same ``rng``."""
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        homes = [e.geometry for e in estates.find(unit.connection, EstateFilter()) if e.geometry is not None]
        roads = areas.list_roads(unit.connection)
        kinds = _kinds(len(homes))
        drafts: list[FacilityDraft] = []
        if homes and roads:
            town = _Town(homes, [(road.name, road.geometry) for road in roads], rng)
            for number, kind in enumerate(kinds, start=1):
                drafts += town.place(kind, number)
                progress("facilities", number, len(kinds))
        facilities.add_facilities(unit.connection, drafts)
        unit.log("demo.facilities", "store", "demo", facilities=len(drafts))
        unit.commit()


class _Town:
    """Streets near estates, in metres, and places found beside them."""

    def __init__(self, homes: list[bytes], roads: list[tuple[str, bytes]], rng: random.Random) -> None:
        self.rng = rng
        middle = shapely.from_wkb(homes[0]).centroid
        self.crs = metric_crs(middle.x, middle.y)
        outlines, _ = to_metric(shapely.from_wkb(np.array(homes, dtype=object)), crs=self.crs)
        lines, _ = to_metric(shapely.from_wkb(np.array([wkb for _, wkb in roads], dtype=object)), crs=self.crs)
        self.estates = shapely.STRtree(outlines)
        near = np.zeros(len(lines), dtype=bool)
        near[self.estates.query(lines, predicate="dwithin", distance=_NEAR_M)[0]] = True
        near &= shapely.length(lines) < _LONGEST_STREET_M
        self.streets = [(roads[at][0], lines[at]) for at in np.flatnonzero(near)]

    def place(self, kind: _Kind, number: int) -> list[FacilityDraft]:
        """Find places for a kind; fewer than wanted where the town is full."""
        found: list[tuple[str, Any]] = []
        for _ in range(_TRIES):
            if len(found) == kind.wanted:
                break
            name, street = self.rng.choice(self.streets)
            side = self.rng.choice((-_BESIDE_M, _BESIDE_M))
            beside = shapely.line_interpolate_point(
                shapely.offset_curve(street, side), self.rng.uniform(0.1, 0.9), normalized=True
            )
            in_the_way = len(self.estates.query(beside, predicate="intersects"))
            if not in_the_way and all(shapely.distance(beside, other) >= kind.apart_m for _, other in found):
                found.append((name, beside))
        degrees = shapely.get_coordinates(to_store(np.array([p for _, p in found], dtype=object), datum=self.crs))
        return [
            FacilityDraft(
                kind=kind.kind,
                name=f"{street}{kind.stem}",
                code=f"DEMO-{number:02}-{position:03}",
                lon=round(float(lon), 6),
                lat=round(float(lat), 6),
                synthetic=True,
            )
            for position, ((street, _), (lon, lat)) in enumerate(zip(found, degrees, strict=True), start=1)
        ]
