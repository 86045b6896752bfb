"""Where it hurts: grids in which demands gather more than chance would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from renovation.exports.files.geodata import PlaceLayer
from renovation.exports.files.tables import Exported
from renovation.exports.register.places import PlaceFormat, place_file
from renovation.geo.hotspots import Spot, gi_star, shared_vertex_neighbours
from renovation.model.accounts import Action, Actor, require
from renovation.model.demands import DemandFilter
from renovation.model.places import Datum
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.demands import figures as demand_figures
from renovation.text import Language, text


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSpot:
    """A grid 网格 with its demands and its standard score; ``outline`` is WKB, EPSG:4490."""

    id: int
    name: str
    outline: bytes
    demands: int
    z: float
    spot: Spot


def grid_spots(store: Store, actor: Actor, wanted: DemandFilter) -> tuple[GridSpot, ...]:
    """Return Getis-Ord Gi* of every grid in the filter's scope over the demands the filter keeps.

    The hottest first; those that are hot through their neighbours alone, without demands of their own, last.

    Binary weights, each grid among its own neighbours; hot and cold after false-discovery control at 5 %.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        grids = demand_figures.grids_with_counts(door.connection, wanted, scopes=[door.scope])
    if not grids:
        return ()
    outlines = np.array([shapely.from_wkb(grid.outline) for grid in grids], dtype=object)
    found = gi_star([grid.demands for grid in grids], shared_vertex_neighbours(outlines))
    named = zip(grids, found.z, found.spots, strict=True)
    return tuple(
        GridSpot(id=grid.id, name=grid.name, outline=grid.outline, demands=grid.demands, z=float(z), spot=spot)
        for grid, z, spot in sorted(named, key=lambda one: (one[0].demands == 0, -one[1]))
    )


def export_spots(
    actor: Actor,
    spots: Sequence[GridSpot],
    format_: PlaceFormat,
    *,
    datum: str = Datum.CGCS2000,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the grids with their demands, standard score and verdict as a file, the hottest first."""
    require(actor, Action.SEE_REGISTER)
    layer = PlaceLayer(
        name=text("demand.spot.layer", language),
        headings=[text(f"demand.spot.{name}", language) for name in ("grid", "demands", "z", "verdict")],
        rows=[
            [spot.name, spot.demands, round(spot.z, 6), text(f"demand.spot.{spot.spot.value}", language)]
            for spot in spots
        ],
        geometries=[spot.outline for spot in spots],
    )
    return place_file(layer, format_, datum=str(datum), language=language, outlines=True)
