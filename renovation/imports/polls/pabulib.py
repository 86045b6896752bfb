"""Pabulib ``.pb`` files in: one pass over the text, every fault with its line and field.

The format: UTF-8, ``;`` between fields, CSV quoting, three parts each opened by its title line (``META``,
``PROJECTS``, ``VOTES``) and a heading line. See Faliszewski et al., *Participatory Budgeting: Data, Tools, and
Analysis*, IJCAI 2023. What this tool does not know is kept: ``Instance.meta``, ``Candidate.extra``, voter columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from renovation.imports.polls.pabulib_votes import (
    BESIDE,
    FilePass,
    count_lines,
    fitted,
    read_answers,
    read_ballot,
    read_choices,
    read_points,
    read_weights,
)
from renovation.model.elections import (
    AGAINST,
    OWN_KIND,
    OWN_RULE,
    BallotKind,
    Candidate,
    Instance,
    Voter,
)
from renovation.model.names import name_key
from renovation.rules.election.profile import Profile, profile_from_arrays
from renovation.text.hidden import reorders

#: Vote types of the format, and the ballots they are.
KINDS: Mapping[str, BallotKind] = {
    "approval": BallotKind.APPROVAL,
    "choose-1": BallotKind.CHOOSE_ONE,
    "ordinal": BallotKind.RANKING,
    "cumulative": BallotKind.POINTS,
    "scoring": BallotKind.POINTS,
}

_PARTS = ("META", "PROJECTS", "VOTES")
#: META keys that fields of the instance hold (or that can be counted); they are not kept twice.
_IN_FIELDS = frozenset(
    {"budget", "currency", "vote_type", "max_length", "min_length", "max_sum_points", "num_votes", "num_projects"}
) | {OWN_KIND}
#: A vote type that is read as points and would otherwise be written back under the other name.
_SCORING = ("vote_type", "scoring")
#: Columns of PROJECTS that hold a result, not the election.
_RESULTS = ("votes", "score", "selected")
#: META key of the votes a project needs.
FLOOR = "min_project_score_threshold"
_MONEY = re.compile(r"\d{1,15}(?:\.(\d{1,6}))?", re.ASCII)
_DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
WHOLE = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PabulibFile:
    """A file read.

    Attributes
    ----------
    declared
        Per project, the file's own ``votes``, ``score`` and ``selected``, verbatim, where it has them.
    voters
        Line by line, if asked for; the profile alone tells nobody apart.
    """

    instance: Instance
    profile: Profile
    declared: Mapping[str, Mapping[str, str]]
    voters: tuple[Voter, ...] = ()


def read_pabulib(source: str | Path | bytes | TextIO, *, voters: bool = False) -> PabulibFile:
    """Read a ``.pb`` file: a path, its bytes, or open text.

    Parameters
    ----------
    voters
        Also keep the voters line by line (to write the file again); otherwise ballots are merged as they are read.

    Raises
    ------
    ImportRefusedError
        With every fault (the first 50), each with its line and field; nothing is returned of such a file.
    """
    if isinstance(source, bytes):
        return _read(io.TextIOWrapper(io.BytesIO(source), encoding="utf-8-sig", newline=""), keep=voters)
    if isinstance(source, (str, Path)):
        with open(source, encoding="utf-8-sig", newline="", buffering=1 << 18) as lines:
            return _read(lines, keep=voters)
    return _read(source, keep=voters)


def _read(lines: TextIO, *, keep: bool) -> PabulibFile:
    reading = FilePass(lines)
    try:
        title = _meta(reading)
        instance_fields = _instance_fields(reading)
        candidates, declared = _projects(reading, title, instance_fields)
        instance = Instance(projects=tuple(candidates), **instance_fields)
        return _votes(reading, instance, declared, keep=keep)
    except csv.Error:
        reading.fault("broken_quotes", line=reading.rows.line_num)
    except UnicodeDecodeError:
        reading.fault("not_utf8", line=reading.rows.line_num + 1)
    reading.refuse()


def _trimmed(row: list[str] | None) -> list[str]:
    """Return a row without the empty cells that spreadsheets put behind it when they save the file."""
    cells = list(row or [])
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return cells


def _title(row: list[str] | None) -> str | None:
    row = _trimmed(row)
    if len(row) != 1:
        return None
    name = row[0].strip().upper()
    return name if name in _PARTS else None


def _meta(reading: FilePass) -> str | None:
    """Read META up to the next title, and return that title."""
    first = reading.next()
    if first is not None and re.match(r"\s*META[,\t]", first[0], re.IGNORECASE):
        # Opened and saved by a spreadsheet that parts columns with commas or tabs, no line is what it was.
        reading.fault("resaved", line=reading.rows.line_num)
        reading.refuse()
    if _title(first) != "META":
        reading.fault("no_meta", line=reading.rows.line_num or 1)
        reading.refuse()
    heading = reading.next()
    if heading is None or [cell.strip().lower() for cell in heading[:2]] != ["key", "value"]:
        reading.fault("meta_heading", line=reading.rows.line_num)
    while (row := reading.next()) is not None:
        if title := _title(row):
            return title
        key = row[0].strip()
        if key in reading.meta:
            reading.fault("meta_twice", line=reading.rows.line_num, column=key)
        reading.meta[key] = ";".join(_trimmed(row)[1:]).strip()
        reading.meta_line[key] = reading.rows.line_num
    return None


def amount_of(value: str) -> Fraction | None:
    """Return what a file writes as money, ``None`` for anything else."""
    return Fraction(value) if _MONEY.fullmatch(value) else None


def _instance_fields(reading: FilePass) -> dict[str, Any]:
    meta = reading.meta
    own_kind = meta.get(OWN_KIND)
    for key in ("budget",) if own_kind else ("budget", "vote_type"):
        if not meta.get(key):
            reading.fault("meta_missing", line=reading.meta_line.get(key), column=key)
    kind = KINDS.get(meta.get("vote_type", "").lower())
    if own_kind:
        try:
            kind = BallotKind(own_kind)
        except ValueError:
            reading.fault("ballot_kind", line=reading.meta_line[OWN_KIND], column=OWN_KIND, value=own_kind[:40])
    elif kind is None and (label := meta.get("vote_type")):
        reading.fault("vote_type", line=reading.meta_line["vote_type"], column="vote_type", value=label[:40])
    if (budget := meta.get("budget")) and amount_of(budget) is None:
        reading.fault("budget", line=reading.meta_line["budget"], column="budget", value=budget[:40])
    limits: dict[str, int | None] = {}
    for name, key in (("max_choices", "max_length"), ("min_choices", "min_length"), ("max_points", "max_sum_points")):
        value = meta.get(key)
        if value and not WHOLE.fullmatch(value):
            reading.fault("whole_number", line=reading.meta_line[key], column=key, value=value[:40])
            value = None
        limits[name] = int(value) if value else None
    if reading.faults:
        reading.refuse()
    return {
        "ballot_kind": kind,
        "budget": meta["budget"],
        "currency": meta.get("currency", ""),
        "meta": {key: value for key, value in meta.items() if key not in _IN_FIELDS or (key, value) == _SCORING},
        **limits,
    }


def _scale(amounts: Iterator[str]) -> int:
    """Return how many smallest units make one unit of the currency: as fine as the file writes its amounts.

    A single ``.0`` (as spreadsheets write whole numbers) is no decimal place.
    """
    places = max(
        (len(found.group(1) or "") for a in amounts if a[-2:] != ".0" and (found := _MONEY.fullmatch(a))), default=0
    )
    return 1 if not places else 100 if places <= 2 else 10**6


def _projects(
    reading: FilePass, title: str | None, instance_fields: dict[str, Any]
) -> tuple[list[Candidate], dict[str, dict[str, str]]]:
    if title != "PROJECTS":
        reading.fault("no_projects", line=reading.rows.line_num)
        reading.refuse()
    heading = [cell.strip() for cell in _trimmed(reading.next())]
    for required in ("project_id", "cost"):
        if required not in heading:
            reading.fault("column_missing", line=reading.rows.line_num, column=required)
    for name in {name for name in heading if heading.count(name) > 1}:
        reading.fault("column_twice", line=reading.rows.line_num, column=name)
    if reading.faults:
        reading.refuse()
    rows: list[tuple[int, dict[str, str]]] = []
    lines: dict[str, tuple[int, str]] = {}
    while (row := reading.next()) is not None and _title(row) != "VOTES":
        line = reading.rows.line_num
        row = fitted(row, len(heading))
        if len(row) != len(heading):
            reading.fault("cells", line=line, expected=len(heading), found=len(row))
            continue
        record = dict(zip(heading, row, strict=True))
        name = record["project_id"] = record["project_id"].strip()
        record["cost"] = record["cost"].strip()
        if not name or "," in name:
            reading.fault("project_id", line=line, column="project_id", value=name[:40])
        elif (first := lines.setdefault(name_key(name), (line, name)))[0] != line:
            code = "project_twice" if first[1] == name else "project_alike"
            reading.fault(code, line=line, column="project_id", value=name[:40], first=first[0], other=first[1][:40])
        for key, value in record.items():
            if reorders(value):
                reading.fault("hidden", line=line, column=key)
        if amount_of(record["cost"]) is None:
            reading.fault("cost", line=line, column="cost", value=record["cost"][:40])
        rows.append((line, record))
    if row is None:
        reading.fault("no_votes", line=reading.rows.line_num)
    if not rows:
        reading.fault("projects_empty", line=reading.rows.line_num)
    if reading.faults:
        reading.refuse()
    costs = [record["cost"] for _, record in rows]
    full = [record["full_cost"].strip() for _, record in rows if record.get("full_cost", "").strip()]
    scale = _scale(chain([instance_fields["budget"]], costs, full))
    instance_fields["scale"] = scale
    instance_fields["budget"] = int(Fraction(instance_fields["budget"]) * scale)
    results = (*_RESULTS, AGAINST) if instance_fields["ballot_kind"] is BallotKind.YES_NO else _RESULTS
    declared: dict[str, dict[str, str]] = {
        record["project_id"]: {key: record.pop(key) for key in results if key in record} for _, record in rows
    }
    candidates = [_candidate(reading, line, dict(record), scale) for line, record in rows]
    if reading.faults:
        reading.refuse()
    return candidates, declared


def _candidate(reading: FilePass, line: int, record: dict[str, str], scale: int) -> Candidate:
    known: dict[str, Any] = {
        "id": record.pop("project_id"),
        "cost": int(Fraction(record.pop("cost")) * scale),
        "name": record.pop("name", ""),
    }
    if "category" in record:
        known["categories"] = tuple(part.strip() for part in record.pop("category").split(",") if part.strip())
    if "neighborhood" in record:
        known["area"] = record.pop("neighborhood") or None
    for key, name, least, most in (("longitude", "lon", -180, 180), ("latitude", "lat", -90, 90)):
        value = record.pop(key, "").strip()
        if value:
            known[name] = _degrees(value, least, most)
            if known[name] is None:
                reading.fault("degrees", line=line, column=key, value=value[:40])
    for key in ("number", "full_cost", "mandatory"):
        value = record.pop(key, "").strip()
        if not value:
            continue
        if key == "full_cost" and (amount := amount_of(value)) is not None:
            known[key] = int(amount * scale)
        elif key != "full_cost" and WHOLE.fullmatch(value):
            known[key] = int(value) if key == "number" else value != "0"
        else:
            reading.fault("whole_number", line=line, column=key, value=value[:40])
    if known.get("full_cost", known["cost"]) < known["cost"]:
        reading.fault("full_cost", line=line, column="full_cost")
        del known["full_cost"]
    return Candidate(**known, extra=record)


def _degrees(value: str, least: int, most: int) -> float | None:
    return degrees if _DEGREES.fullmatch(value) and least <= (degrees := float(value)) <= most else None


def _votes(reading: FilePass, instance: Instance, declared: dict[str, dict[str, str]], *, keep: bool) -> PabulibFile:
    heading = [cell.strip() for cell in _trimmed(reading.next())]
    if "vote" not in heading:
        reading.fault("column_missing", line=reading.rows.line_num, column="vote")
        reading.refuse()
    beside = BESIDE.get(instance.ballot_kind, "")
    if beside and beside not in heading:
        reading.fault("column_missing", line=reading.rows.line_num, column=beside)
        reading.refuse()
    wanted = [heading.index("vote")]
    if beside:
        wanted.append(heading.index(beside))
    if "weight" in heading:
        wanted.append(heading.index("weight"))
    counts, order = count_lines(reading, heading, wanted, keep=keep)
    texts = [key if isinstance(key, tuple) else (key,) for key in counts]
    lines = [entry[1] for entry in counts.values()]
    starts, choices = read_choices(reading, instance, [text[0] for text in texts], lines)
    values, value_scale = None, 1
    if beside == AGAINST:
        starts, choices, values = read_answers(reading, instance, [text[1] for text in texts], lines, (starts, choices))
    elif beside:
        values, value_scale = read_points(reading, [text[1] for text in texts], lines, starts)
    instance = _with_floor_of_the_outcome(instance, declared, choices if values is None else choices[values > 0])
    number = np.array([entry[0] for entry in counts.values()], dtype=np.int64)
    weights, weight_scale = None, 1
    if "weight" in heading:
        each, weight_scale = read_weights(reading, [text[-1] for text in texts], lines)
        weights = each * number
    if reading.faults:
        reading.refuse()
    profile = profile_from_arrays(
        instance,
        starts=starts,
        choices=choices,
        values=values,
        counts=number,
        weights=weights,
        value_scale=value_scale,
        weight_scale=weight_scale,
    )
    expected = reading.meta.get("num_votes", "")
    if WHOLE.fullmatch(expected) and int(expected) != profile.size:
        reading.fault(
            "num_votes", line=reading.meta_line["num_votes"], column="num_votes", value=expected, found=profile.size
        )
        reading.refuse()
    kept: tuple[Voter, ...] = ()
    if keep:
        others = {name: at for at, name in enumerate(heading) if name not in ("vote", beside, "weight")}
        kept = tuple(
            Voter(read_ballot(row, heading, beside), {name: row[at] for name, at in others.items()}) for row in order
        )
    return PabulibFile(instance=instance, profile=profile, declared=declared, voters=kept)


def _with_floor_of_the_outcome(
    instance: Instance, declared: Mapping[str, Mapping[str, str]], named: np.ndarray
) -> Instance:
    """Say the floor of 0 that a file leaves unsaid where its own outcome takes a project that nobody named."""
    if FLOOR in instance.meta or OWN_RULE in instance.meta:
        return instance
    places = set(np.unique(named).tolist())
    if any(
        declared[project.id].get("selected") == "1" and index not in places and not project.mandatory
        for index, project in enumerate(instance.projects)
    ):
        return replace(instance, meta={**instance.meta, FLOOR: "0"})
    return instance
