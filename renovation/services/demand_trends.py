"""Where demands come from, whether they grow, and how thickly they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely

from renovation.geo.crs import metric_coordinates, metric_crs, to_store
from renovation.geo.density import bands, density
from renovation.model.accounts import Action, Actor, require
from renovation.model.demands import DemandFilter
from renovation.model.trends import Grouping, Trend
from renovation.services.acts import now
from renovation.services.demands import china_day
from renovation.store import Store, demand_trends

#: Months of the small chart of each group, and days of the two periods that are compared.
MONTHS = 12
DAYS = 90
#: A band begins at these shares of the greatest density, rounded to a figure a person can say.
_BANDS = (0.1, 0.25, 0.45, 0.7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityBand:
    """Where demands lie at least this thickly (per square kilometre); ``outline`` is WKB, EPSG:4490."""

    per_km2: float
    outline: bytes


def demand_trends_by(store: Store, actor: Actor, wanted: DemandFilter, by: Grouping) -> tuple[Trend, ...]:
    """Return the groups of a filter's demands, the most demands first."""
    require(actor, Action.SEE_REGISTER)
    today = china_day(now())
    months = _last_months(today)
    recent = today - timedelta(days=DAYS - 1)
    with store.read() as connection:
        counted = demand_trends.counts(connection, wanted, by, scopes=[actor.scope])
        rows = demand_trends.by_month(
            connection,
            wanted,
            by,
            since=min(date.fromisoformat(f"{months[0]}-01"), recent - timedelta(days=DAYS)),
            before=recent - timedelta(days=DAYS),
            recent=recent,
            scopes=[actor.scope],
        )
        names = demand_trends.names(connection, by)
    monthly: dict[Any, dict[str, int]] = {}
    periods: dict[Any, list[int]] = {}
    for key, month, received, before, lately in rows:
        monthly.setdefault(key, {})[month] = received
        sums = periods.setdefault(key, [0, 0])
        sums[0] += before
        sums[1] += lately
    return tuple(
        Trend(
            key=key,
            name=names.get(key, str(key)),
            demands=demands,
            supporters=supporters,
            months=tuple(monthly.get(key, {}).get(month, 0) for month in months),
            before=periods.get(key, [0, 0])[0],
            recent=periods.get(key, [0, 0])[1],
        )
        for key, (demands, supporters) in sorted(counted.items(), key=lambda pair: (-pair[1][0], str(pair[0])))
    )


def _last_months(today: date) -> list[str]:
    months = [today.replace(day=1)]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return [f"{month:%Y-%m}" for month in reversed(months)]


def demand_density(
    store: Store, actor: Actor, wanted: DemandFilter, *, bandwidth_m: float = 250.0
) -> tuple[DensityBand, ...]:
    """Return where a filter's demands lie thickly, the thinner bands first; empty without demands."""
    require(actor, Action.SEE_REGISTER)
    with store.read() as connection:
        lons, lats = demand_trends.positions(connection, wanted, scopes=[actor.scope])
    if not lons:
        return ()
    lon, lat = np.array(lons, dtype=float), np.array(lats, dtype=float)
    crs = metric_crs(float(np.median(lon)), float(np.median(lat)))
    found = density(*metric_coordinates(lon, lat, crs=crs), bandwidth_m=bandwidth_m)
    assert found is not None
    limits = sorted({_sayable(share * float(found.per_km2.max())) for share in _BANDS})
    outlines = to_store(bands(found, limits), datum=crs)
    return tuple(
        DensityBand(per_km2=limit, outline=bytes(shapely.to_wkb(shapely.transform(outline, lambda c: np.round(c, 6)))))
        for limit, outline in zip(limits, outlines, strict=True)
        if not outline.is_empty
    )


def _sayable(value: float) -> float:
    """Round to two figures: 137 becomes 140, 0.0342 becomes 0.034."""
    return float(f"{value:.1e}") if value > 0 else 0.0
