"""A planner's own lists, ranked and planned without taking them into the register: on screen as on the command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from renovation.errors import InvalidError
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import CellChange
from renovation.imports.programme.programme import read_problem
from renovation.imports.programme.ranking import RankingTable, read_ranking_table
from renovation.model.accounts import Action, Actor, require
from renovation.model.funding import SourceKind
from renovation.model.programme import Objective
from renovation.model.ranking import Criterion, Method, MissingPolicy, Weighting
from renovation.model.scenarios import OtherMoney, ProgrammeInput, ProgrammeSettings, ProjectPlace
from renovation.rules.programme.ranking import Ranking, rank, table_of, usual_cut
from renovation.rules.programme.sensitivity import RUNS, SEED, SPREAD, Firmness, examine


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedList:
    """A list in order, by both methods, how firm the order is, and what was understood of the file."""

    found: RankingTable
    ranking: Ranking
    second: Ranking
    firmness: Firmness
    changes: tuple[CellChange, ...]


def rank_list(
    actor: Actor | None,
    table: bytes,
    criteria: Sequence[Criterion],
    weighting: Weighting,
    *,
    method: Method = Method.WEIGHTED_SUM,
    missing: MissingPolicy = MissingPolicy.KNOWN_ONLY,
    cut: int | None = None,
    bypass: Collection[str] = (),
    runs: int = RUNS,
    spread: float = SPREAD,
    seed: int = SEED,
    corrections: Corrections = AS_IT_STANDS,
) -> RankedList:
    """Rank what a table lists by criteria that :func:`.read_criteria` has read from another.

    Parameters
    ----------
    cut
        How many stand above the line; a third where nobody says.
    bypass
        Ids of safety matters, taken first, besides those the table marks.
    corrections
        What somebody decided about cells that cannot be read.

    Raises
    ------
    ImportRefusedError
        The file has faults.
    InvalidError
        ``ranking.bypass_unknown``.
    """
    require(actor, Action.RANK)
    changes: list[CellChange] = []
    found = read_ranking_table(table, criteria, notes=changes, corrections=corrections)
    first = found.bypass | set(bypass)
    if unknown := sorted(first.difference(found.ids)):
        raise InvalidError("ranking.bypass_unknown", ids=tuple(unknown))
    figures = table_of(found.ids, found.values, criteria, missing=missing)
    line = usual_cut(len(found.ids)) if cut is None else cut
    other = Method.TOPSIS if method is Method.WEIGHTED_SUM else Method.WEIGHTED_SUM
    return RankedList(
        found=found,
        ranking=rank(figures, weighting, method=method, bypass=first),
        second=rank(figures, weighting, method=other, bypass=first),
        firmness=examine(
            figures, weighting, cut=line, method=method, bypass=first, runs=runs, spread=spread, seed=seed
        ),
        changes=tuple(changes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInput:
    """What a programme is chosen from when a planner brings the list, and what was understood of its files."""

    basis: ProgrammeInput
    changes: tuple[CellChange, ...]


def list_input(
    actor: Actor | None,
    projects: bytes,
    *,
    pots: bytes | None = None,
    rules: bytes | None = None,
    objective: Objective = Objective.VOTES,
    blend: Mapping[Objective, Fraction] | None = None,
    corrections: Mapping[str, Corrections] | None = None,
) -> ListInput:
    """Read what a programme is chosen from: projects, pots and rules as :func:`.read_problem` takes them.

    Raises
    ------
    ImportRefusedError
        One of the files has faults.
    InvalidError
        ``programme.no_pots``.
    """
    require(actor, Action.RANK)
    changes: list[CellChange] = []
    others: dict[str, Mapping[SourceKind, int]] = {}
    problem = read_problem(
        projects,
        pots=pots,
        rules=rules,
        objective=objective,
        blend=dict(blend or {}),
        notes=changes,
        others=others,
        corrections=corrections,
    )
    places = {
        one.id: ProjectPlace(
            project_id=0,
            code=one.id,
            name=one.name or one.id,
            estate_id=0,
            estate_code="",
            estate="",
            county="",
            street="",
            community="",
            item_code="",
            quantity="",
            unit="",
            whole_cost=one.whole_cost,
            households=one.households or None,
            other_money=tuple(OtherMoney(kind=kind, amount=amount) for kind, amount in others[one.id].items()),
        )
        for one in problem.projects
    }
    settings = ProgrammeSettings(years=problem.years, objective=objective, blend=blend or {})
    return ListInput(
        basis=ProgrammeInput(settings=settings, problem=problem, places=places, streets=()), changes=tuple(changes)
    )
