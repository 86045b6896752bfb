"""Pabulib ``.pb`` files out: what :mod:`renovation.imports.polls.pabulib` reads back as an equal election.

The format knows no yes/no ballots. They are written as approval ballots of their yeses (so that every program counts
those rightly), with ``ballot_kind;yes-no`` in META and the noes in a column ``against`` of VOTES, parted by commas as
``vote`` is; in PROJECTS the column ``against`` has their number. Of a project in neither the voter has no opinion.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from renovation.errors import InvalidError
from renovation.model.elections import AGAINST, NO, OWN_KIND, YES, Allocation, BallotKind, Candidate, Instance, Voter
from renovation.rules.election.profile import Profile
from renovation.rules.election.tally import Tally

if TYPE_CHECKING:
    from _csv import Writer

MIME = "text/plain"

#: Vote types that the format knows by the same name.
_NAMED = (BallotKind.APPROVAL, BallotKind.CHOOSE_ONE, BallotKind.POINTS, BallotKind.RANKING)
_PLACES = {1: 0, 100: 2, 10**6: 6}


def write_pabulib(
    instance: Instance,
    ballots: Profile | Iterable[Voter],
    *,
    declared: Mapping[str, Mapping[str, str]] | None = None,
    filename: str = "election.pb",
) -> tuple[str, str, bytes]:
    """Write an election: ``(filename, MIME type, bytes)``.

    Parameters
    ----------
    ballots
        A profile (ballots then stand in an order that follows from their content alone, numbered from 1), or voters
        in the order they are to stand.
    declared
        Per project the columns ``votes``, ``score``, ``selected``; see :func:`declared_results`.

    Raises
    ------
    InvalidError
        ``pabulib.comma``: an id or category holds a comma (or an id begins or ends with a space), or
        ``pabulib.scale``: the money unit is not one of a file.
    """
    if instance.scale not in _PLACES:
        raise InvalidError("pabulib.scale", scale=instance.scale)
    out = io.StringIO(newline="")
    # A carriage return inside a name is quoted only where it is part of the line ending.
    rows = csv.writer(out, delimiter=";", quotechar='"', lineterminator="\r\n")
    voters = _numbered(ballots) if isinstance(ballots, Profile) else list(ballots)
    _write_meta(rows, instance, len(voters))
    _write_projects(rows, instance, declared or {})
    _write_votes(rows, instance, voters)
    return filename, MIME, out.getvalue().encode("utf-8")


def declared_results(
    instance: Instance, count: Tally, allocation: Allocation | None = None
) -> dict[str, dict[str, str]]:
    """Return a count (and an allocation) as the result columns of a file."""
    scored = instance.ballot_kind in (BallotKind.POINTS, BallotKind.RANKING)
    winners = set(allocation.winners) if allocation else set()
    found = {}
    counts = zip(instance.projects, count.votes, count.scores, count.against, strict=True)
    for project, votes, score, against in counts:
        columns = {"votes": _number(votes)}
        if scored:
            columns["score"] = _number(score)
        if instance.ballot_kind is BallotKind.YES_NO:
            columns[AGAINST] = _number(against)
        if allocation:
            columns["selected"] = "1" if project.id in winners else "0"
        found[project.id] = columns
    return found


def _number(value: int | Fraction) -> str:
    """Write a number as a decimal where it is one, else as a fraction."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    billionths = exact * 10**9
    if billionths.denominator == 1:
        return format((Decimal(billionths.numerator).scaleb(-9)).normalize(), "f")
    return f"{exact.numerator}/{exact.denominator}"


def _money(amount: int, scale: int) -> str:
    places = _PLACES[scale]
    return f"{Decimal(amount).scaleb(-places):.{places}f}"


def _numbered(profile: Profile) -> list[Voter]:
    # By content, so that the file tells nothing of the order in which ballots came in.
    kinds = sorted(profile.ballots(), key=lambda kind: (kind[0].choices, kind[0].points, kind[0].weight, kind[1]))
    return [Voter(ballot) for ballot, count in kinds for _ in range(count)]


def _write_meta(rows: Writer, instance: Instance, votes: int) -> None:
    kind = instance.ballot_kind
    meta = {
        "num_projects": str(len(instance.projects)),
        "num_votes": str(votes),
        "budget": _money(instance.budget, instance.scale),
        "vote_type": instance.meta.get("vote_type", kind.value if kind in _NAMED else BallotKind.APPROVAL.value),
    }
    for key, value in (
        ("currency", instance.currency),
        ("min_length", instance.min_choices),
        ("max_length", instance.max_choices),
        ("max_sum_points", instance.max_points),
        (OWN_KIND, None if kind in _NAMED else kind.value),
    ):
        if value is not None and value != "":
            meta[key] = str(value)
    rows.writerow(["META"])
    rows.writerow(["key", "value"])
    rows.writerows((dict(instance.meta) | meta).items())


def _write_projects(rows: Writer, instance: Instance, declared: Mapping[str, Mapping[str, str]]) -> None:
    columns: dict[str, dict[str, str]] = {}

    def put(column: str, project: Candidate, value: str) -> None:
        columns.setdefault(column, {})[project.id] = value

    for project in instance.projects:
        if "," in project.id or project.id != project.id.strip():
            raise InvalidError("pabulib.comma", value=project.id)
        put("project_id", project, project.id)
        put("cost", project, _money(project.cost, instance.scale))
        for column, value in declared.get(project.id, {}).items():
            put(column, project, value)
        put("name", project, project.name)
        if project.categories:
            for category in project.categories:
                if "," in category:
                    raise InvalidError("pabulib.comma", value=category)
            put("category", project, ",".join(project.categories))
        for column, given in (
            ("neighborhood", project.area),
            ("latitude", None if project.lat is None else repr(project.lat)),
            ("longitude", None if project.lon is None else repr(project.lon)),
            ("number", str(project.number) if project.number else None),
            ("full_cost", None if project.full_cost is None else _money(project.full_cost, instance.scale)),
            ("mandatory", "1" if project.mandatory else None),
        ):
            if given is not None:
                put(column, project, given)
        for column, value in project.extra.items():
            put(column, project, value)
    rows.writerow(["PROJECTS"])
    rows.writerow(list(columns))
    rows.writerows([column.get(project.id, "") for column in columns.values()] for project in instance.projects)


def _write_votes(rows: Writer, instance: Instance, voters: list[Voter]) -> None:
    kind = instance.ballot_kind
    points = kind is BallotKind.POINTS
    weighted = any(voter.ballot.weight != 1 for voter in voters)
    names = list(dict.fromkeys(name for voter in voters for name in voter.columns)) or ["voter_id"]
    before = names[:1]
    heading = [*before, "vote"]
    if points:
        heading.append("points")
    if kind is BallotKind.YES_NO:
        heading.append(AGAINST)
    if weighted:
        heading.append("weight")
    rows.writerow(["VOTES"])
    rows.writerow([*heading, *names[1:]])

    def lines() -> Iterator[list[str]]:
        for place, voter in enumerate(voters, start=1):
            cells = [voter.columns.get(name, str(place) if name == "voter_id" else "") for name in before]
            if kind is BallotKind.YES_NO:
                cells += [",".join(voter.ballot.answered(answer)) for answer in (YES, NO)]
            else:
                cells.append(",".join(voter.ballot.choices))
            if points:
                cells.append(",".join(_number(value) for value in voter.ballot.points))
            if weighted:
                cells.append(_number(voter.ballot.weight))
            yield cells + [voter.columns.get(name, "") for name in names[1:]]

    rows.writerows(lines())
