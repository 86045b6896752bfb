"""The part VOTES of a ``.pb`` file: lines counted as they stand, and what they say as arrays.

Split from :mod:`renovation.imports.polls.pabulib`, which reads META and PROJECTS and puts an election together.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Any, NoReturn, TextIO

import numpy as np

from renovation.errors import Fault, ImportRefusedError
from renovation.imports.files.textfiles import MAX_CELL
from renovation.model.elections import AGAINST, NO, YES, Ballot, BallotKind, Instance
from renovation.model.names import name_key

#: At most this many faults are listed; a file of another kind would otherwise list every line.
MOST_FAULTS = 50
#: Columns that stand beside ``vote`` by the kind of ballot.
BESIDE: Mapping[BallotKind, str] = {BallotKind.POINTS: "points", BallotKind.YES_NO: AGAINST}
NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9}|/[1-9]\d{0,8})?", re.ASCII)


class FilePass:
    """The state of one pass."""

    def __init__(self, lines: TextIO) -> None:
        csv.field_size_limit(MAX_CELL)
        self.rows = csv.reader(lines, delimiter=";", quotechar='"')
        self.faults: list[Fault] = []
        self.meta: dict[str, str] = {}
        self.meta_line: dict[str, int] = {}

    def fault(self, code: str, *, line: int | None = None, column: str | None = None, **fields: Any) -> None:
        self.faults.append(Fault(f"pabulib.{code}", row=line, column=column, fields=fields))
        if len(self.faults) >= MOST_FAULTS:
            self.refuse()

    def refuse(self) -> NoReturn:
        raise ImportRefusedError(self.faults)

    def next(self) -> list[str] | None:
        """Return the next row that is not empty."""
        return next((row for row in self.rows if any(cell.strip() for cell in row)), None)


def fitted(row: list[str], width: int) -> list[str]:
    """Return a row of a table without the empty cells beyond its headings."""
    return row if any(cell.strip() for cell in row[width:]) else row[:width]


def count_lines(
    reading: FilePass, heading: list[str], wanted: list[int], *, keep: bool
) -> tuple[dict[Any, list[int]], list[list[str]]]:
    """Count equal ballots as they stand in the file: text -> [how many, line of the first]."""
    counts: dict[Any, list[int]] = {}
    order: list[list[str]] = []
    width, rows, single = len(heading), reading.rows, wanted[0]
    alone = len(wanted) == 1
    voter = heading.index("voter_id") if "voter_id" in heading else None
    ids: list[str] = []
    numbers: list[int] = []
    for row in rows:
        if len(row) != width:
            if not any(cell.strip() for cell in row):
                continue
            row = fitted(row, width)
            if len(row) != width:
                reading.fault("cells", line=rows.line_num, expected=width, found=len(row))
                continue
        key = row[single] if alone else tuple([row[place] for place in wanted])
        if key in counts:
            counts[key][0] += 1
        else:
            counts[key] = [1, rows.line_num]
        if voter is not None:
            ids.append(row[voter])
            numbers.append(rows.line_num)
        if keep:
            order.append(row)
    _refuse_voters_twice(reading, ids, numbers)
    return counts, order


def _refuse_voters_twice(reading: FilePass, ids: list[str], lines: list[int]) -> None:
    """Refuse a voter who stands twice, however the id is written; who has none is nobody in particular."""
    joined = "".join(ids)
    # Nearly every file has plain ids, which are their own keys.
    is_plain = joined.isascii() and joined.isalnum() and joined == joined.lower()
    if is_plain and len(set(ids)) == len(ids):
        return
    seen: dict[str, tuple[int, str]] = {}
    for name, line in zip(ids, lines, strict=True):
        key = name_key(name)
        if key and (first := seen.setdefault(key, (line, name.strip())))[0] != line:
            code = "voter_twice" if first[1] == name.strip() else "voter_alike"
            reading.fault(code, line=line, column="voter_id", value=name[:40], first=first[0], other=first[1][:40])


def read_choices(
    reading: FilePass, instance: Instance, texts: list[str], lines: list[int], *, column: str = "vote"
) -> tuple[np.ndarray, np.ndarray]:
    place = {project.id: index for index, project in enumerate(instance.projects)}
    lengths = [text.count(",") + 1 if text else 0 for text in texts]
    try:
        # One join and one split over all ballots: no Python step per vote.
        named = ",".join(text for text in texts if text).split(",") if any(lengths) else []
        choices = np.fromiter(map(place.__getitem__, named), dtype=np.int64, count=len(named))
    except KeyError:
        found: list[int] = []
        for number, (text, line) in enumerate(zip(texts, lines, strict=True)):
            names = [name for part in text.split(",") if (name := part.strip())]
            lengths[number] = len(names)
            for name in names:
                if name not in place:
                    reading.fault("unknown_project", line=line, column=column, value=name[:40])
                found.append(place.get(name, 0))
        choices = np.array(found, dtype=np.int64)
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64), choices


def read_answers(
    reading: FilePass,
    instance: Instance,
    texts: list[str],
    lines: list[int],
    yes: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay the noes of yes/no ballots behind their yeses; one that says both of a project is refused."""
    yes_starts, yes_choices = yes
    no_starts, no_choices = read_choices(reading, instance, texts, lines, column=AGAINST)
    owner = np.concatenate([np.repeat(np.arange(len(texts)), np.diff(starts)) for starts in (yes_starts, no_starts)])
    order = np.argsort(owner, kind="stable")
    choices = np.concatenate([yes_choices, no_choices])[order]
    values = np.repeat(np.array([YES, NO]), [len(yes_choices), len(no_choices)])[order]
    starts = yes_starts + no_starts
    for place, line in enumerate(lines):
        part = slice(int(starts[place]), int(starts[place + 1]))
        both = set(choices[part][values[part] > 0].tolist()) & set(choices[part][values[part] < 0].tolist())
        for index in sorted(both):
            reading.fault("yes_and_no", line=line, column=AGAINST, value=instance.projects[index].id[:40])
    return starts, choices, values


def read_points(reading: FilePass, texts: list[str], lines: list[int], starts: np.ndarray) -> tuple[np.ndarray, int]:
    values: list[Fraction] = []
    lengths = np.diff(starts).tolist()
    for text, line, length in zip(texts, lines, lengths, strict=True):
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        if len(parts) != length:
            reading.fault("points_count", line=line, column="points", expected=length, found=len(parts))
            parts = ["0"] * length
        for part in parts:
            if not NUMBER.fullmatch(part):
                reading.fault("points", line=line, column="points", value=part[:40])
                part = "0"
            values.append(Fraction(part))
    scale = _denominator(values)
    return np.array([int(value * scale) for value in values], dtype=np.int64), scale


def read_weights(reading: FilePass, texts: list[str], lines: list[int]) -> tuple[np.ndarray, int]:
    values: list[Fraction] = []
    for text, line in zip(texts, lines, strict=True):
        value = Fraction(text.strip()) if NUMBER.fullmatch(text.strip()) else Fraction(0)
        if value <= 0:
            reading.fault("weight", line=line, column="weight", value=text[:40])
        values.append(value)
    scale = _denominator(values)
    return np.array([int(value * scale) for value in values], dtype=np.int64), scale


def _denominator(values: list[Fraction]) -> int:
    return lcm(*{value.denominator for value in values}) if values else 1


def read_ballot(row: list[str], heading: list[str], beside: str) -> Ballot:
    def parts(name: str) -> list[str]:
        return [part.strip() for part in row[heading.index(name)].split(",") if part.strip()]

    weight = Fraction(row[heading.index("weight")].strip()) if "weight" in heading else Fraction(1)
    if beside == AGAINST:
        return Ballot.of_answers(parts("vote"), parts(AGAINST), weight)
    return Ballot(tuple(parts("vote")), tuple(Fraction(p) for p in parts("points")) if beside else (), weight)
