"""Pins: a decimetre is no move."""

from __future__ import annotations

from renovation.geo.pins import is_same_place


def test_what_lies_within_a_decimetre_has_not_moved() -> None:
    assert is_same_place((114.41, 23.11), (114.4100009, 23.1099991))
    assert not is_same_place((114.41, 23.11), (114.4100011, 23.11))
    assert not is_same_place((114.41, 23.11), (114.41, 23.1100011))
