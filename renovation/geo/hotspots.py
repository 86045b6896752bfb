"""Where demands gather more than chance would have it: Getis-Ord Gi* with false-discovery control."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from renovation.geo.crs import Floats, Geometries

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class Spot(StrEnum):
    """What an area is after false-discovery control."""

    HOT = "hot"
    COLD = "cold"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Gi* of every area, in the order of the input.

    Attributes
    ----------
    z
        Standard score; 0 where every area has the same value.
    p
        Two-sided probability under the normal approximation.
    spots
        ``Spot`` values: hot or cold where the false-discovery rate stays below the limit.
    """

    z: Floats
    p: Floats
    spots: NDArray[np.object_]


def shared_vertex_neighbours(polygons: Geometries, *, digits: int = 7) -> csr_array:
    """Return queen contiguity: areas that share at least one vertex, as a symmetric 0/1 matrix without the diagonal.

    Coordinates are rounded to ``digits`` decimals first (7 in degrees: a centimetre). Layers whose borders do not share
    vertices need :func:`close_neighbours`.
    """
    from scipy.sparse import csr_array

    polygons = np.asarray(polygons, dtype=object)
    coordinates, area = shapely.get_coordinates(polygons, return_index=True)
    rounded = np.round(coordinates * 10.0**digits).astype(np.int64)
    order = np.lexsort((rounded[:, 1], rounded[:, 0]))
    sorted_points = rounded[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (sorted_points[1:] != sorted_points[:-1]).any(axis=1)
    vertex = np.empty(len(order), dtype=np.int64)
    vertex[order] = np.cumsum(new) - 1
    count = len(polygons)
    touches = csr_array((np.ones(len(area), dtype=np.int32), (area, vertex)), shape=(count, int(new.sum())))
    return _binary(touches @ touches.T)


def _binary(matrix: Any) -> csr_array:
    from scipy.sparse import csr_array

    found = matrix.tocoo()
    apart = (found.row != found.col) & (found.data != 0)
    ones = np.ones(int(apart.sum()), dtype=float)
    return csr_array((ones, (found.row[apart], found.col[apart])), shape=found.shape)


#: Of areas called hot or cold, this share may be so by chance.
_FALSE_DISCOVERIES = 0.05


def gi_star(values: ArrayLike, neighbours: csr_array) -> HotSpots:
    r"""Return Getis-Ord Gi* with binary weights, each area counted among its own neighbours.

    .. math:: G_i^* = \frac{\sum_j w_{ij} x_j - \bar X W_i}{S \sqrt{(n \sum_j w_{ij}^2 - W_i^2) / (n - 1)}}

    with :math:`W_i = \sum_j w_{ij}`, :math:`w_{ii} = 1` and :math:`S^2` the variance over n areas.

    Notes
    -----
    Ord and Getis (1995), Local spatial autocorrelation statistics, *Geographical Analysis* 27(4), eq. 14.
    Weights stay binary: standardising rows before the own weight is set changes the statistic and hides hot spots.
    Hot and cold are decided after Benjamini and Hochberg (1995), because thousands of areas are tested at once.
    """
    from scipy.sparse import eye_array
    from scipy.special import erfc
    from scipy.stats import false_discovery_control

    x = np.asarray(values, dtype=float)
    n = len(x)
    z = np.zeros(n)
    if n > 1 and x.min() != x.max():
        weights = (neighbours + eye_array(n, format="csr")).tocsr()
        total = np.asarray(weights.sum(axis=1)).reshape(-1)
        mean = x.mean()
        deviation = np.sqrt((x * x).mean() - mean * mean)
        # Binary weights: the sum of squares is the sum.
        spread = np.sqrt(np.maximum(n * total - total * total, 0.0) / (n - 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(spread > 0, (weights @ x - mean * total) / (deviation * spread), 0.0)
    p = np.asarray(erfc(np.abs(z) / np.sqrt(2.0)), dtype=float)
    significant = false_discovery_control(p) <= _FALSE_DISCOVERIES if n else np.zeros(0, dtype=bool)
    kinds = np.array([Spot.ORDINARY, Spot.HOT, Spot.COLD], dtype=object)
    spots = kinds[np.where(significant, np.where(z > 0, 1, 2), 0)]
    return HotSpots(z=z, p=p, spots=spots)
