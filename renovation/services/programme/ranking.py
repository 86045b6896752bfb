"""Rank estates or projects: the criteria there are, weightings under a name, own columns, and the list as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from renovation.errors import Fault, ImportRefusedError
from renovation.exports.files.tables import Exported
from renovation.exports.programme.ranking import RankingSheet, ranking_file
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import CellChange
from renovation.imports.programme.ranking import read_own_columns
from renovation.imports.projects.catalogue import DATA, read_default_weights, read_standard_criteria
from renovation.model.accounts import Action, Actor, require
from renovation.model.names import name_key
from renovation.model.ranking import Criterion, Method, MissingPolicy, OwnColumn, SavedWeighting, Subject, Weighting
from renovation.rules.programme.ranking import Ranking, Table, rank, table_of
from renovation.rules.programme.sensitivity import Firmness, examine
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.programme.ranking_figures import RankingBasis, ranking_basis
from renovation.store import Store
from renovation.store.programme import rankings
from renovation.store.projects import projects
from renovation.store.register import estates

#: What a subject can be ranked by, in the order it is offered; the rest of the standard criteria says nothing of it.
_CODES = {
    Subject.ESTATES: (
        "willingness",
        "safety_deficit",
        "age_deficit",
        "contribution",
        "vulnerable",
        "readiness",
        "demand_density",
        "households",
        "age",
        "service_deficit",
        "cost_per_household",
    ),
    Subject.PROJECTS: (
        "vote_share",
        "demand_density",
        "safety_deficit",
        "vulnerable",
        "households",
        "readiness",
        "cost_per_household",
        "contribution",
        "coverage_gain",
        "service_deficit",
        "willingness",
        "age",
    ),
}
_WEIGHTS = {Subject.ESTATES: "default-weights.csv", Subject.PROJECTS: "default-weights-projects.csv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A ranking by the chosen method, the other method beside it, and how firm it is."""

    table: Table
    ranking: Ranking
    second: Ranking
    firmness: Firmness


def criteria_for(basis: RankingBasis) -> tuple[Criterion, ...]:
    """Return the standard criteria of the subject, then its own columns."""
    standard = {criterion.code: criterion for criterion in read_standard_criteria()}
    return (*(standard[code] for code in _CODES[basis.subject]), *(column.criterion for column in basis.own))


def example_weightings(subject: Subject) -> tuple[Weighting, ...]:
    """Return the shipped weightings; every one is marked as an example, the first is where a ranking begins."""
    return read_default_weights((DATA / _WEIGHTS[subject]).read_bytes())[1]


def ranking_table(basis: RankingBasis, criteria: Sequence[Criterion], missing: MissingPolicy) -> Table:
    """Normalise the figures once; what a slider moves comes after.

    Raises
    ------
    InvalidError
        ``ranking.empty``.
    """
    values = basis.values([criterion.code for criterion in criteria])
    return table_of([one.id for one in basis.alternatives], values, criteria, missing=missing)


def work_out(
    table: Table,
    weighting: Weighting,
    *,
    method: Method,
    cut: int,
    bypass: frozenset[str] = frozenset(),
) -> Ranked:
    """Rank a table, and say how firm the order is at the cut line."""
    bypass = bypass & frozenset(table.ids)
    second = Method.TOPSIS if method is Method.WEIGHTED_SUM else Method.WEIGHTED_SUM
    return Ranked(
        table=table,
        ranking=rank(table, weighting, method=method, bypass=bypass),
        second=rank(table, weighting, method=second, bypass=bypass),
        firmness=examine(table, weighting, cut=cut, method=method, bypass=bypass),
    )


def scores(store: Store, actor: Actor, saved: SavedWeighting) -> dict[str, float]:
    """Return code → score of everything a saved weighting ranks; what it leaves unranked has none."""
    basis = ranking_basis(store, actor, saved.subject)
    known = {criterion.code for criterion in criteria_for(basis)}
    # An own column that has been taken away since is a criterion nobody has a value for.
    criteria = [criterion for criterion in saved.criteria if criterion.code in known]
    weights = {code: weight for code, weight in saved.weighting.weights.items() if code in known}
    if not criteria or not any(weights.values()) or not basis.alternatives:
        return {}
    table = ranking_table(basis, criteria, saved.missing)
    found = rank(table, Weighting(weights=weights), method=saved.method)
    return {score.id: score.score for score in found.scores if score.score is not None}


def weightings(store: Store, actor: Actor, subject: Subject) -> tuple[SavedWeighting, ...]:
    """Return the weightings saved for a subject, by name."""
    with reading(store, actor, Action.RANK) as door:
        return rankings.listed(door.connection, subject)


def save_weighting(store: Store, actor: Actor | None, saved: SavedWeighting) -> None:
    """Keep a weighting under its name, in the place of an earlier one of that name."""
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        one = replace(saved, name=saved.name.strip(), weighting=replace(saved.weighting, is_example=False))
        rankings.save(unit.connection, one, at=unit.at, login=unit.actor.login)
        unit.log("weighting.save", "weighting", one.name, subject=one.subject.value)
        unit.commit()


def remove_weighting(store: Store, actor: Actor | None, subject: Subject, name: str) -> None:
    """Forget a weighting.

    Raises
    ------
    NotFoundError
        ``weighting.unknown``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        rankings.remove(unit.connection, subject, name)
        unit.log("weighting.remove", "weighting", name, subject=subject.value)
        unit.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsTaken:
    """What an import of own columns came to.

    Attributes
    ----------
    unmatched
        The ids nobody on file goes by.
    changes
        What was taken differently from how it stands in the file.
    """

    headings: tuple[str, ...]
    matched: int
    unmatched: tuple[str, ...]
    changes: tuple[CellChange, ...]


def import_columns(
    store: Store,
    actor: Actor | None,
    subject: Subject,
    data: bytes,
    *,
    filename: str,
    corrections: Corrections = AS_IT_STANDS,
    dry_run: bool = False,
) -> ColumnsTaken:
    """Take every column of numbers in a table as a criterion of its own; a column of the same heading is replaced.

    Parameters
    ----------
    corrections
        What somebody decided about cells that cannot be read.
    dry_run
        Say what would be taken and keep nothing.

    Raises
    ------
    ImportRefusedError
        With every fault; ``planning.nobody_known`` when no id in the file is on file.
    """
    changes: list[CellChange] = []
    found = read_own_columns(data, notes=changes, corrections=corrections)
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        if subject is Subject.ESTATES:
            known = set(estates.existing_codes(unit.connection))
        else:
            known = projects.codes(unit.connection)
        by_key = {name_key(code): code for code in known}
        ids = {name for column in found.values() for name in column}
        matched = {name: by_key[name_key(name)] for name in ids if name_key(name) in by_key}
        if not matched:
            raise ImportRefusedError([Fault("planning.nobody_known")])
        for heading, values in found.items():
            column = OwnColumn(
                subject=subject,
                criterion=Criterion(code=f"own:{heading[:50]}", name_zh=heading[:60], source=filename[:120]),
                values={matched[name]: value for name, value in values.items() if name in matched},
                source=filename[:120],
            )
            rankings.save_column(unit.connection, column, at=unit.at, login=unit.actor.login)
        unit.log("ranking.columns", "ranking", subject.value, columns=len(found), file=filename[:120])
        if not dry_run:
            unit.commit()
    return ColumnsTaken(
        headings=tuple(found),
        matched=len(matched),
        unmatched=tuple(sorted(ids.difference(matched))),
        changes=tuple(changes),
    )


def remove_column(store: Store, actor: Actor | None, subject: Subject, code: str) -> None:
    """Forget an own column.

    Raises
    ------
    NotFoundError
        ``ranking.column_unknown``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        rankings.remove_column(unit.connection, subject, code)
        unit.log("ranking.column_remove", "ranking", code, subject=subject.value)
        unit.commit()


def export_ranking(
    actor: Actor, basis: RankingBasis, ranked: Ranked, saved: SavedWeighting, *, format_: str, language: str
) -> Exported:
    """Return a ranking as ``xlsx`` (list, weights, how firm) or ``csv`` (the list)."""
    require(actor, Action.RANK)
    sheet = RankingSheet(
        alternatives=basis.alternatives,
        table=ranked.table,
        ranking=ranked.ranking,
        second=ranked.second,
        firmness=ranked.firmness,
        saved=saved,
    )
    return ranking_file(sheet, format_=format_, language=language)
