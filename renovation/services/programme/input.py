"""What a year's programme is chosen from, read from the store as a planner asks."""

from __future__ import annotations

from fractions import Fraction

from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.gates import GateState
from renovation.model.items import ItemClass
from renovation.model.places import EstateFilter
from renovation.model.programme import Objective
from renovation.model.projects import ProjectFilter
from renovation.model.ranking import Subject
from renovation.model.scenarios import ProgrammeInput, ProgrammeSettings
from renovation.rules.programme.basis import Facts, candidates
from renovation.rules.programme.criteria import OPEN_PROJECTS
from renovation.rules.programme.ledger import SCORE_POINTS
from renovation.services.doors import reading
from renovation.services.money.books import read_books
from renovation.services.money.gates import gates_of
from renovation.services.outcome.votes import votes_of_projects
from renovation.services.programme.ranking import scores
from renovation.services.projects.items import kept_catalogue
from renovation.store import Store
from renovation.store.programme import annual_batch, rankings, scenarios
from renovation.store.projects import projects
from renovation.store.register import areas, estates


def programme_input(
    store: Store, actor: Actor, settings: ProgrammeSettings, *, besides: int | None = None
) -> ProgrammeInput:
    """Read what a programme is chosen from; see :func:`renovation.rules.programme.basis.candidates`.

    Parameters
    ----------
    besides
        The first year of an adopted programme to be thought away: the question asked as if it had not been adopted.

    Raises
    ------
    InvalidError
        ``programme.…`` for settings that contradict each other.
    """
    with reading(store, actor, Action.SEE_RESULTS) as door:
        wanted = ProjectFilter(scope=settings.scope, statuses=OPEN_PROJECTS)
        rows = projects.listed(door.connection, wanted, scopes=[door.scope])
        found = estates.find(door.connection, EstateFilter(scope=settings.scope), allowed=door.scope)
        names = areas.list_areas(door.connection)
        items = kept_catalogue(door.connection)
        adopted = tuple(one for one in scenarios.adopted(door.connection) if one.settings.years[0] != besides)
        batches = annual_batch.listed(door.connection)
        books = read_books(door.connection, today(), besides=besides)
    facts = Facts(
        rows=tuple(sorted(rows, key=lambda row: row.project.id)),
        estates={one.id: one for one in found},
        names={one.id: one for one in names},
        items={item.code: item for item in items},
        books=books,
        batches=batches,
        adopted=adopted,
        votes={number: counted.votes for number, counted in votes_of_projects(store, actor).items()},
        points=_scores(store, actor, settings),
        failing=_failing(store, actor, [one.id for one in found]) if settings.only_passing else (),
    )
    return candidates(facts, settings)


def _failing(store: Store, actor: Actor, known: list[int]) -> set[int]:
    found = gates_of(store, actor, known)
    return {estate_id for estate_id, gates in found.items() if any(gate.state is GateState.FAIL for gate in gates)}


def _scores(store: Store, actor: Actor, settings: ProgrammeSettings) -> dict[str, Fraction]:
    if settings.objective not in (Objective.SCORE, Objective.BLEND) or not settings.weighting:
        return {}
    with store.read() as connection:
        saved = [one for one in rankings.listed(connection, Subject.PROJECTS) if one.name == settings.weighting]
    if not saved:
        return {}
    # Millionths are what a programme counts scores in; finer digits would only make the digest fragile.
    found = scores(store, actor, saved[0])
    return {code: Fraction(round(score * SCORE_POINTS), SCORE_POINTS) for code, score in found.items()}


def group_names(basis: ProgrammeInput) -> tuple[str, ...]:
    """Return what a floor or cap can speak of: classes by their code, then counties and streets by name."""
    counties = sorted({place.county for place in basis.places.values()} - {""})
    streets = sorted({place.street for place in basis.places.values()} - {""})
    return (*ItemClass, *counties, *streets)
