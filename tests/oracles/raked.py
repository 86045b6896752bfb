"""Raking as a table that is scaled row by row and column by column: another way to the weights of the rules."""

from __future__ import annotations

import numpy as np
import pandas as pd


def raked_by_table(first: list[str], second: list[str], rows: dict[str, int], columns: dict[str, int]) -> list[float]:
    """Return the weight of each answer from the fitted table of two classes."""
    table = pd.crosstab(pd.Series(first, name="a"), pd.Series(second, name="b")).astype(float)
    fitted = table.to_numpy().copy()
    wanted_rows = np.array([rows[name] for name in table.index], dtype=float)
    wanted_columns = np.array([columns[name] for name in table.columns], dtype=float)
    for _ in range(5_000):
        fitted *= (wanted_rows / fitted.sum(axis=1))[:, None]
        fitted *= (wanted_columns / fitted.sum(axis=0))[None, :]
    each = pd.DataFrame(fitted / table.to_numpy().clip(min=1), index=table.index, columns=table.columns)
    return [float(each.loc[one, other]) for one, other in zip(first, second, strict=True)]
