"""The demonstration city's places: real district boundaries, everything inside them invented."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import numpy as np
import shapely
import shapely.geometry

from renovation.config import settings
from renovation.geo.crs import metric_crs, to_metric, to_store
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, moment_on
from renovation.model.places import AreaDraft, AreaLevel, BuildingDraft, EstateDraft, EstateType, Road
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.blocks import Block, draw_blocks
from renovation.services.demo.facts import draw_facts, draw_type, draw_year
from renovation.services.demo.geography import Fabric, weave
from renovation.services.demo.names import Names
from renovation.store import Store
from renovation.store.register import areas, buildings, estates

#: Called with the part's name, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]

#: Where each district's demonstration town stands (degrees, about the county seat) and how many estates it has.
_TOWNS: dict[str, tuple[float, float, int]] = {
    "441302": (114.416, 23.087, 30),
    "441303": (114.462, 22.795, 14),
    "441322": (114.285, 23.170, 12),
    "441323": (114.720, 22.985, 11),
    "441324": (114.250, 23.725, 9),
}
ESTATES = sum(town[2] for town in _TOWNS.values())
#: Source of the district boundaries, shown with the map.
BOUNDARIES = "boundaries/huizhou_districts.geojson"


def morning(unit: ActingUnit) -> datetime:
    """Return when today began: what is past here was over by then, so that the city is the same at every hour."""
    return moment_on(day_of(unit.at), time())


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build areas, roads, estates, buildings and doors; the same from the same ``rng``."""
    names = Names(rng)
    features = json.loads((settings().data_dir / BOUNDARIES).read_text(encoding="utf-8"))["features"]
    outlines = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        (city,) = areas.add_areas(
            unit.connection,
            [
                AreaDraft(
                    level=AreaLevel.CITY,
                    code=features[0]["properties"]["city_adcode"],
                    name=features[0]["properties"]["city_zh"],
                    geometry=_wkb(shapely.union_all(outlines)),
                )
            ],
        )
        progress("places", 0, ESTATES)
        done = 0
        for feature, outline in zip(features, outlines, strict=True):
            county = _County(unit, names, rng, city, feature["properties"], outline)
            done += county.settle(lambda built, before=done: progress("places", before + built, ESTATES))  # type: ignore[misc]
        areas.add_roads(unit.connection, _highways(rng))
        unit.log("demo.places", "store", "demo", estates=done)
        unit.commit()


def _highways(rng: random.Random) -> list[Road]:
    """Return winding roads from the city's town to the others, for the overview."""
    (lon, lat, _), *others = _TOWNS.values()
    roads = []
    for number, (to_lon, to_lat, _) in enumerate(others, start=1):
        bends = [(lon, lat)]
        for step in (0.2, 0.4, 0.6, 0.8):
            drift = 0.012 * math.sin(math.pi * step)
            bends.append(
                (
                    lon + (to_lon - lon) * step + rng.uniform(-drift, drift),
                    lat + (to_lat - lat) * step + rng.uniform(-drift, drift),
                )
            )
        line = shapely.LineString(np.round([*bends, (to_lon, to_lat)], 6))
        roads.append(Road(name=f"演示公路 {number} 号", rank=1, geometry=_wkb(line)))
    return roads


def _wkb(shape: Any) -> bytes:
    return bytes(shapely.to_wkb(shape))


class _County:
    """One district being filled."""

    def __init__(
        self, unit: ActingUnit, names: Names, rng: random.Random, city: int, properties: dict[str, Any], outline: Any
    ) -> None:
        self.unit, self.names, self.rng = unit, names, rng
        self.adcode = properties["adcode"]
        lon, lat, self.wanted = _TOWNS[self.adcode]
        self.crs = metric_crs(lon, lat)
        district = to_metric(np.array([outline], dtype=object), crs=self.crs)[0][0]
        centre = to_metric(np.array([shapely.Point(lon, lat)], dtype=object), crs=self.crs)[0][0]
        self.fabric: Fabric = weave(district, (centre.x, centre.y), rng)
        self.id = self._add_areas(city, properties["name_zh"], outline)

    def _stored(self, shapes: Any) -> list[bytes]:
        """Return metres as WKB in EPSG:4490, to a tenth of a metre."""
        degrees = to_store(np.asarray(shapes, dtype=object), datum=self.crs)
        return [_wkb(shape) for shape in shapely.transform(degrees, lambda c: np.round(c, 6))]

    def _add_areas(self, city: int, name: str, outline: Any) -> int:
        fabric, connection = self.fabric, self.unit.connection
        (county,) = areas.add_areas(
            connection,
            [AreaDraft(level=AreaLevel.COUNTY, code=self.adcode, name=name, parent_id=city, geometry=_wkb(outline))],
        )
        core_streets = int(fabric.street_of[fabric.community_of[: fabric.core]].max()) + 1
        core_communities = int(fabric.community_of[: fabric.core].max()) + 1
        self.street_names = [self.names.street(rural=s >= core_streets) for s in range(fabric.street_of.max() + 1)]
        # "S" keeps these codes apart from the official twelve digits.
        self.streets = areas.add_areas(
            connection,
            [
                AreaDraft(
                    level=AreaLevel.STREET, code=f"{self.adcode}S{s + 1:02}", name=name, parent_id=county, geometry=wkb
                )
                for s, (name, wkb) in enumerate(zip(self.street_names, self._stored(fabric.streets()), strict=True))
            ],
        )
        self.community_names = [
            self.names.community(rural=c >= core_communities) for c in range(fabric.community_of.max() + 1)
        ]
        self.communities = areas.add_areas(
            connection,
            [
                AreaDraft(
                    level=AreaLevel.COMMUNITY,
                    code=f"{self.adcode}S{fabric.street_of[c] + 1:02}C{c + 1:02}",
                    name=name,
                    parent_id=self.streets[fabric.street_of[c]],
                    geometry=wkb,
                )
                for c, (name, wkb) in enumerate(
                    zip(self.community_names, self._stored(fabric.communities()), strict=True)
                )
            ],
        )
        numbers: dict[int, int] = {}
        drafts = []
        for community, wkb in zip(fabric.community_of, self._stored(fabric.grids), strict=True):
            c = int(community)
            numbers[c] = numbers.get(c, 0) + 1
            drafts.append(
                AreaDraft(
                    level=AreaLevel.GRID,
                    code=f"{self.adcode}S{fabric.street_of[c] + 1:02}C{c + 1:02}G{numbers[c]:02}",
                    name=f"{self.community_names[c]}第 {numbers[c]} 网格",
                    parent_id=self.communities[c],
                    geometry=wkb,
                )
            )
        self.grids = areas.add_areas(connection, drafts)
        self._add_roads()
        return county

    def _add_roads(self) -> None:
        stems = [name.removesuffix("街道").removesuffix("镇") for name in self.street_names]
        lines = self._stored([line for _, line in self.fabric.edges])
        kinds = {1: "大道", 2: "路", 3: "巷"}
        roads = [
            Road(name=f"{stems[position % len(stems)]}{kinds[rank]}", rank=rank, geometry=wkb)
            for position, ((rank, _), wkb) in enumerate(zip(self.fabric.edges, lines, strict=True))
        ]
        areas.add_roads(self.unit.connection, roads)

    def settle(self, tell: Callable[[int], None]) -> int:
        """Build the county's estates in grids drawn by chance; return how many."""
        drafts: list[EstateDraft] = []
        blocks: list[Block] = []
        order = list(range(self.fabric.core))
        self.rng.shuffle(order)
        for grid in order:
            if len(drafts) == self.wanted:
                break
            year = draw_year(self.rng)
            halves = self.rng.random() < 0.25 and len(drafts) + 1 < self.wanted
            floors = self.rng.choice((5, 6, 7)) if year < 1990 else self.rng.choice((7, 8, 9))
            for block in draw_blocks(self.fabric.grids[grid], self.rng, floors=floors, halves=halves):
                blocks.append(block)
                drafts.append(self._estate(block, grid, year, len(drafts) + 1))
        ids = estates.add_estates(self.unit.connection, drafts, collected_on=day_of(self.unit.at), collector="示例社工")
        for done, (estate_id, block) in enumerate(zip(ids, blocks, strict=True), start=1):
            buildings.add_buildings(self.unit.connection, self._buildings(estate_id, block))
            tell(done)
        return len(ids)

    def _estate(self, block: Block, grid: int, year: int, number: int) -> EstateDraft:
        community = int(self.fabric.community_of[grid])
        street = int(self.fabric.street_of[community])
        kind: EstateType = draw_type(year, self.rng)
        stem = self.street_names[street].removesuffix("街道").removesuffix("镇")
        address = f"{stem}路 {self.rng.randint(1, 180)} 号"
        return EstateDraft(
            code=f"{self.adcode}-{number:03}",
            name=self.names.estate(kind),
            facts=draw_facts(block, year, kind, address, self.rng),
            county_id=self.id,
            street_id=self.streets[street],
            community_id=self.communities[community],
            grid_id=self.grids[grid],
            geometry=self._stored([block.outline])[0],
            synthetic=True,
        )

    def _buildings(self, estate_id: int, block: Block) -> list[BuildingDraft]:
        outlines = self._stored([slab.outline for slab in block.slabs])
        return [
            BuildingDraft(
                estate_id=estate_id,
                name=f"{number} 栋",
                floors=slab.floors,
                has_lift=False,
                geometry=wkb,
                doors={
                    f"{stair} 单元": tuple(
                        f"{floor}{door:02}"
                        for floor in range(1, slab.floors + 1)
                        for door in range(1, slab.per_landing + 1)
                    )
                    for stair in range(1, slab.stairs + 1)
                },
            )
            for number, (slab, wkb) in enumerate(zip(block.slabs, outlines, strict=True), start=1)
        ]
