"""Colours of estates: each band begins where the legend says."""

from __future__ import annotations

import pytest

from renovation.rules.register.bands import Colouring, band_of


@pytest.mark.parametrize(
    ("by", "values"),
    [
        (Colouring.DEFICITS, [(0, 3), (4, 6), (7, 9), (10, 99)]),
        (Colouring.YEAR, [(2020, 2001), (2000, 1990), (1989, 1980), (1979, 1900)]),
        (Colouring.WILLINGNESS, [(1.0, 0.9), (0.89, 2 / 3), (0.66, 0.5), (0.49, 0.0)]),
    ],
)
def test_bands_begin_where_the_legend_says(by: Colouring, values: list[tuple[float, float]]) -> None:
    assert [tuple(band_of(by, value) for value in pair) for pair in values] == [(band, band) for band in range(4)]


def test_what_nobody_knows_has_no_band() -> None:
    assert {band_of(by, float("nan")) for by in Colouring} == {None}
