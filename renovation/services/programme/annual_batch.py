"""The annual batch: willing and eligible estates under a budget, the waiting list carried over, a band for each."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from renovation.errors import ConflictError, NotFoundError
from renovation.exports.files.geodata import PlaceLayer, geopackage
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.accounts import Action, Actor, may, require
from renovation.model.clock import today
from renovation.model.gates import GateResult, Threshold
from renovation.model.lives import EstateAct
from renovation.model.places import Estate, EstateFilter, RenovationStatus
from renovation.model.programme import AnnualBatch, Band, BatchLine, BatchSettings, BatchStanding
from renovation.model.ranking import Method, MissingPolicy, SavedWeighting, Score, Subject, Weighting
from renovation.model.scenarios import ScenarioState
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.books import Books
from renovation.rules.programme.annual_batch import (
    band_of,
    build_batch,
    outside_batches,
    placed_before,
    waiting_since,
)
from renovation.rules.programme.criteria import OPEN_PROJECTS
from renovation.rules.programme.ranking import rank
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.services.money.books import read_books
from renovation.services.money.gates import gates_of, thresholds
from renovation.services.programme.ranking import (
    criteria_for,
    example_weightings,
    ranking_basis,
    ranking_table,
    weightings,
)
from renovation.services.programme.ranking_figures import RankingBasis
from renovation.services.register.estates import release_estate, take_estate
from renovation.store import Connection, Store
from renovation.store.programme import annual_batch, scenarios
from renovation.store.projects import projects as projects_store
from renovation.store.register import estates
from renovation.text import Language, text
from renovation.text.formats import sum_unit
from renovation.text.planning import planning_reason_text

#: Works have begun or are over: no candidate any more.
_OVER = frozenset({RenovationStatus.IN_WORKS, RenovationStatus.DONE})
#: What of the shipped weights speaks of need and risk; will, money and readiness do not make a place worse off.
NEED_CRITERIA = ("safety_deficit", "age_deficit", "vulnerable")
#: So many estates are named in a refusal.
_NAMED = 8
BANDS = (Band.RED, Band.ORANGE, Band.YELLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBasis:
    """What a batch is made from, read once; a slider then moves nothing but the rule.

    Attributes
    ----------
    costs
        What the estates' open projects still need, in fen, by estate id, year for year: what the programme adopted for
        a year pays does not count for that year's batch, which comes before it. Key 0 stands for all other years.
    budgets
        What the pots of each year can still spend, in fen, seen in the same way.
    need
        Need score 0 … 100 by estate code.
    need_weights
        What the need score is made of, as shares.
    kept
        Kept batches, the newest year first.
    """

    estates: tuple[Estate, ...]
    gates: Mapping[int, tuple[GateResult, ...]]
    costs: Mapping[int, Mapping[int, int]]
    budgets: Mapping[int, int]
    ranking: RankingBasis
    need: Mapping[str, float]
    need_weights: Weighting
    thresholds: Mapping[str, Threshold]
    saved: tuple[SavedWeighting, ...]
    kept: tuple[AnnualBatch, ...]

    def costs_in(self, year: int) -> Mapping[int, int]:
        """Return what the estates' open projects need in a year's batch, in fen by estate id."""
        return self.costs.get(year, self.costs[0])

    def usual_settings(self, year: int, *, weighting: str = "") -> BatchSettings:
        """Return what a year's batch is asked with unless somebody says otherwise.

        What is kept of the year, or else what its pots can spend.

        Raises
        ------
        NotFoundError
            ``weighting.unknown``.
        """
        if weighting and weighting not in {one.name for one in self.saved}:
            raise NotFoundError("weighting.unknown", name=weighting[:60])
        kept = next((one.settings for one in self.kept if one.settings.year == year), None)
        return BatchSettings(
            year=year,
            budget=kept.budget if kept else self.budgets.get(year, 0),
            max_estates=kept.max_estates if kept else None,
            weighting=weighting,
        )


def batch_basis(store: Store, actor: Actor, scope: Scope = EVERYWHERE) -> BatchBasis:
    """Read estates, gates, money, ranking figures and earlier batches."""
    with reading(store, actor, Action.SEE_RESULTS) as door:
        found = estates.find(door.connection, EstateFilter(scope=scope), allowed=door.scope)
        kept = _seen(door, annual_batch.listed(door.connection))
        years = (0, *sorted(scenarios.adopted_years(door.connection)))
        books = {year: read_books(door.connection, today(), besides=year) for year in years}
    live = tuple(one for one in found if one.facts.status not in _OVER)
    pot_years = {pot.year for pot in books[0].pots.values()}
    basis = ranking_basis(store, actor, Subject.ESTATES, scope)
    examples = {one.name: one for one in example_weightings(Subject.ESTATES)}
    need_first = examples["need_first"]
    need_weights = need_first.without(*(code for code in need_first.weights if code not in NEED_CRITERIA))
    may_rank = may(actor, Action.RANK)
    return BatchBasis(
        estates=live,
        gates=gates_of(store, actor, [one.id for one in live]),
        costs={year: _costs(one) for year, one in books.items()},
        budgets={year: sum(books.get(year, books[0]).spendable(year).values()) for year in pot_years},
        ranking=basis,
        need={
            code: score.score * 100 for code, score in _scores(basis, need_weights).items() if score.score is not None
        },
        need_weights=need_weights,
        thresholds=thresholds(store, actor),
        saved=weightings(store, actor, Subject.ESTATES) if may_rank else (),
        kept=kept,
    )


def _costs(books: Books) -> dict[int, int]:
    """Add up what the open projects of each estate still need, in fen."""
    found: dict[int, int] = {}
    for place in books.projects.values():
        if place.status in OPEN_PROJECTS:
            found[place.estate.id] = found.get(place.estate.id, 0) + books.funding(place).gap
    return found


def _scores(
    basis: RankingBasis,
    weighting: Weighting,
    *,
    method: Method = Method.WEIGHTED_SUM,
    missing: MissingPolicy = MissingPolicy.KNOWN_ONLY,
    bypass: frozenset[str] = frozenset(),
) -> dict[str, Score]:
    known = [one for one in criteria_for(basis) if weighting.weights.get(one.code)]
    if not known or not basis.alternatives:
        return {}
    kept = Weighting(weights={one.code: weighting.weights[one.code] for one in known})
    table = ranking_table(basis, known, missing)
    found = rank(table, kept, method=method, bypass=bypass & frozenset(table.ids))
    return {score.id: score for score in found.scores}


def work_out_batch(basis: BatchBasis, settings: BatchSettings) -> AnnualBatch:
    """Take estates from the pool under a budget; the rest wait, since when and why."""
    saved = next((one for one in basis.saved if one.name == settings.weighting), None)
    if saved is None:
        scores = _scores(basis.ranking, example_weightings(Subject.ESTATES)[0])
    else:
        scores = _scores(
            basis.ranking, saved.weighting, method=saved.method, missing=saved.missing, bypass=saved.bypass
        )
    since, placed = waiting_since(basis.kept, settings.year), placed_already(basis, settings.year)
    names, costs = {one.id: one for one in basis.ranking.alternatives}, basis.costs_in(settings.year)
    cases = []
    for one in basis.estates:
        if one.code in placed:
            continue
        place, need, score = names.get(one.code), basis.need.get(one.code), scores.get(one.code)
        line = BatchLine(
            estate_id=one.id,
            code=one.code,
            name=one.name,
            county=place.county if place else "",
            street=place.street if place else "",
            households=one.facts.households,
            is_urgent=score is not None and score.bypasses,
            need=need,
            band=None if need is None else band_of(need, basis.thresholds),
            rank=score.rank if score else None,
            cost=costs.get(one.id) or None,
            waiting_since=since.get(one.code),
        )
        cases.append((line, basis.gates.get(one.id, ())))
    return build_batch(cases, settings)


def placed_already(basis: BatchBasis, year: int) -> frozenset[str]:
    """Return the codes of estates that an earlier year's batch holds."""
    return placed_before(basis.kept, {one.code: basis.gates.get(one.id, ()) for one in basis.estates}, year)


def _seen(door: Door, kept: tuple[AnnualBatch, ...]) -> tuple[AnnualBatch, ...]:
    seen = door.estates_in_sight(line.estate_id for one in kept for line in one.lines)
    return tuple(replace(one, lines=tuple(line for line in one.lines if line.estate_id in seen)) for one in kept)


def keep_batch(store: Store, actor: Actor | None, batch: AnnualBatch) -> tuple[str, ...]:
    """Keep a year's batch with its waiting list, in the place of an earlier one of that year.

    Returns the names of draft programmes that build in an estate which the batch does not hold: they cannot be adopted
    as they are.

    Raises
    ------
    DeniedError
        ``account.whole_town``: a year has one batch, and the account sees a part of town.
    ConflictError
        ``batch.adopted_holds``: the programme adopted for the year builds in an estate that would wait.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        touched = _touched(unit.connection, batch)
        year = batch.settings.year
        before = {line.estate_id for kept in annual_batch.listed(unit.connection, year) for line in kept.chosen}
        replaced = annual_batch.save(unit.connection, batch, at=unit.at, login=unit.actor.login)
        _move_estates(unit, batch, before)
        unit.log(
            "batch.save",
            "batch",
            batch.settings.year,
            chosen=len(batch.chosen),
            waiting=len(batch.waiting),
            replaced=replaced,
        )
        unit.commit()
    return touched


def _touched(connection: Connection, batch: AnnualBatch) -> tuple[str, ...]:
    """Return the drafts that a batch gets in the way of; refuse it where it gets in that of the adopted programme."""
    year, waiting = batch.settings.year, {line.estate_id for line in batch.waiting}
    kept = [batch, *(one for one in annual_batch.listed(connection) if one.settings.year != year)]
    kept.sort(key=lambda one: -one.settings.year)
    touched = []
    for held in scenarios.planning(connection, year):
        outside = outside_batches(kept, held)
        if held.scenario.state is not ScenarioState.ADOPTED:
            touched += [held.name] if outside else []
        # Estates in works are no candidates of a batch any more, and wait for nothing.
        elif names := [name for estate_id, name in outside.items() if estate_id in waiting]:
            raise ConflictError("batch.adopted_holds", year=year, name=held.name, estates=tuple(names[:_NAMED]))
    return tuple(touched)


def _move_estates(unit: ActingUnit, batch: AnnualBatch, before: AbstractSet[int]) -> None:
    """List the estates of a batch, and let go those that it held before and nothing else holds."""
    now = {line.estate_id for line in batch.chosen}
    where = str(batch.settings.year)
    for estate_id in sorted(now - before):
        take_estate(unit, estate_id, EstateAct.LIST, where=where)
    for estate_id in sorted(before - now):
        if not (projects_store.holding(unit.connection, estate_id) or annual_batch.holds(unit.connection, estate_id)):
            release_estate(unit, estate_id, where=where)


_COLUMNS = (
    "standing", "county", "street", "name", "households", "band", "need", "rank", "cost", "willing", "eligible",
    "waiting_since", "reasons",
)  # fmt: skip


def batch_rows(batch: AnnualBatch, language: Language | str) -> tuple[list[str], list[list[Any]]]:
    """Return headings and rows of a batch, in words; costs in the unit of the language."""
    headings = [text(f"batch.column.{name}", language) for name in _COLUMNS]
    unit = sum_unit(str(language))

    def yes(is_so: bool) -> str:
        return text("panel.yes" if is_so else "panel.no", language)

    rows: list[list[Any]] = [
        [
            text(f"batch_standing.{line.standing.value}", language),
            line.county,
            line.street,
            line.name,
            line.households,
            "" if line.band is None else text(f"band.{line.band.value}", language),
            None if line.need is None else round(line.need, 1),
            line.rank,
            None if line.cost is None else Decimal(line.cost) / unit,
            yes(line.is_willing),
            yes(line.is_eligible),
            line.waiting_since,
            " ".join(planning_reason_text(reason, language) for reason in line.reasons),
        ]
        for line in batch.lines
    ]
    return headings, rows


def export_batch(
    store: Store, actor: Actor | None, batch: AnnualBatch, *, format_: str, language: Language | str
) -> Exported:
    """Return a batch as ``xlsx`` (in the batch, waiting list, what it rests on) or ``gpkg``."""
    require(actor, Action.SEE_RESULTS)
    headings, rows = batch_rows(batch, language)
    name = text("batch.export_name", language, year=batch.settings.year)
    if format_ == "gpkg":
        with reading(store, actor, Action.SEE_RESULTS) as door:
            found = estates.find(door.connection, EstateFilter(), allowed=door.scope)
        shapes = {one.id: one.geometry for one in found}
        places = [shapes.get(line.estate_id) for line in batch.lines]
        return geopackage(PlaceLayer(name=name, headings=headings, rows=rows, geometries=places), datum="cgcs2000")
    known, unit = thresholds(store, actor), sum_unit(str(language))
    about: list[list[Any]] = [
        [text("batch.year", language), batch.settings.year],
        [text("batch.budget", language), Decimal(batch.settings.budget) / unit],
        [text("batch.spent", language), Decimal(batch.spent) / unit],
        [text("batch.left", language), Decimal(batch.left) / unit],
        [text("batch.pool", language), batch.pool_size],
        [text("batch.weighting", language), batch.settings.weighting or text("weighting.example", language)],
        *(
            [
                text("batch.threshold", language, band=text(f"band.{band.value}", language)),
                known[f"band.{band.value}"].value,
            ]
            for band in BANDS
        ),
    ]
    standing = [line.standing for line in batch.lines]
    return workbook(
        name,
        [
            TableSheet(
                name=text(f"batch_standing.{kind.value}", language),
                headings=headings,
                rows=[row for row, at in zip(rows, standing, strict=True) if at is kind],
            )
            for kind in (BatchStanding.IN_BATCH, BatchStanding.WAITING)
        ]
        + [TableSheet(name=text("batch.about", language), headings=_two(language), rows=about)],
    )


def _two(language: Language | str) -> list[str]:
    return [text("panel.column.what", language), text("panel.column.value", language)]
