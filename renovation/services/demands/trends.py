"""Where demands come from, whether they grow, and how thickly they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from renovation.geo.crs import metric_coordinates, metric_crs, to_store
from renovation.geo.density import bands, density, levels
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.demands import DemandFilter, Grouping, Trend
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.demands import trends as demand_trends

#: Months of the small chart of each group, and days of the two periods that are compared.
MONTHS = 12
DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityBand:
    """Where demands lie at least this thickly (per square kilometre); ``outline`` is WKB, EPSG:4490."""

    per_km2: float
    outline: bytes


def demand_trends_by(store: Store, actor: Actor, wanted: DemandFilter, by: Grouping) -> tuple[Trend, ...]:
    """Return the groups of a filter's demands, the most demands first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = demand_trends.counts(
            door.connection, wanted, by, months=MONTHS, today=today(), days=DAYS, scopes=[door.scope]
        )
        names = demand_trends.names(door.connection, by)
    most_first = sorted(
        zip(
            found.keys,
            found.demands.tolist(),
            found.supporters.tolist(),
            found.months.tolist(),
            found.before.tolist(),
            found.recent.tolist(),
            strict=True,
        ),
        key=lambda row: (-row[1], str(row[0])),
    )
    return tuple(
        Trend(
            key=key,
            name=names.get(key, str(key)),
            demands=demands,
            supporters=supporters,
            months=tuple(months),
            before=before,
            recent=recent,
        )
        for key, demands, supporters, months, before, recent in most_first
    )


def demand_density(store: Store, actor: Actor, wanted: DemandFilter) -> tuple[DensityBand, ...]:
    """Return where a filter's demands lie thickly, the thinner bands first; empty without demands."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        lons, lats = demand_trends.positions(door.connection, wanted, scopes=[door.scope])
    if not lons:
        return ()
    lon, lat = np.array(lons, dtype=float), np.array(lats, dtype=float)
    crs = metric_crs(float(np.median(lon)), float(np.median(lat)))
    found = density(*metric_coordinates(lon, lat, crs=crs))
    assert found is not None
    limits = levels(found)
    outlines = to_store(bands(found, limits), datum=crs)
    return tuple(
        DensityBand(per_km2=limit, outline=bytes(shapely.to_wkb(shapely.transform(outline, lambda c: np.round(c, 6)))))
        for limit, outline in zip(limits, outlines, strict=True)
        if not outline.is_empty
    )
