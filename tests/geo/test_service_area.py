"""Coverage from places in degrees."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import shapely

from renovation.errors import InvalidError
from renovation.geo.service_area import Way, service_area, spread

METRE = 1 / 102_500


def test_shares_and_gains_in_degrees():
    homes = np.array([[114.41, 23.11], [114.41 + 400 * METRE, 23.11], [114.41 + 2000 * METRE, 23.11]])
    facility, candidate = np.array([[114.41, 23.11]]), np.array([[114.41 + 2100 * METRE, 23.11], [114.6, 23.3]])
    found = service_area(homes, [10, 20, 70], facility, candidate, metres=500)
    assert (found.covered, found.households, found.way) == (30, 100, Way.STRAIGHT)
    assert found.gains.tolist() == [70, 0]
    assert found.share == Fraction(3, 10)
    assert found.share_with(0) == 1
    assert found.choices.choose(0) == 70
    assert found.gains.tolist() == [70, 0]


def test_walking_is_longer_than_the_straight_line():
    bend = shapely.LineString([(114.41, 23.11), (114.41, 23.115), (114.41 + 400 * METRE, 23.115)])
    homes = np.array([[114.41 + 400 * METRE, 23.115]])
    facility = np.array([[114.41, 23.11]])
    straight = service_area(homes, [5], facility, np.empty((0, 2)), metres=700)
    walking = service_area(homes, [5], facility, np.empty((0, 2)), metres=700, streets=np.array([bend]))
    assert (straight.covered, walking.covered) == (5, 0)
    assert walking.way is Way.NETWORK


def test_nothing_at_all_and_impossible_distances():
    nothing = np.empty((0, 2))
    assert service_area(nothing, [], nothing, nothing, metres=300).share is None
    with pytest.raises(InvalidError):
        service_area(nothing, [], nothing, nothing, metres=-1)


def test_households_are_spread_whole():
    assert spread(np.array([10, 7]), np.array([0, 0, 0, 1])).tolist() == [4, 3, 3, 7]
