"""Commands of planning: rank a table, choose a programme.

One JSON object per file and line with ``--format json``; a bad file is named on stderr and the exit status is 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from renovation.errors import ImportRefusedError, InvalidError, RenovationError
from renovation.model.elections import Reason
from renovation.model.planning import Method, MissingPolicy
from renovation.model.programme import Constraint, Objective, Problem, Programme, SolveState

if TYPE_CHECKING:
    from renovation.imports.ranking import RankingTable
    from renovation.rules.programme_advice import ConstraintPrice, PotGain
    from renovation.rules.ranking import Ranking
    from renovation.rules.sensitivity import Comparison, Firmness


class Format(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"


class Lang(StrEnum):
    """The language of tables and of messages on stderr."""

    ZH = "zh-CN"
    EN = "en"


FormatOption = Annotated[Format, typer.Option("--format", help="table, or one JSON object per line")]
LanguageOption = Annotated[Lang, typer.Option("--lang", help="language of tables and messages")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("rank")(rank_file)
    app.command("programme")(programme_file)


def rank_file(
    file: Annotated[Path, typer.Argument(help="table to rank, .xlsx or .csv: one alternative per row")],
    criteria: Annotated[Path, typer.Option(help="criteria with weights, .xlsx or .csv: one criterion per row")],
    method: Annotated[Method, typer.Option(help="what decides the order")] = Method.WEIGHTED_SUM,
    missing: Annotated[MissingPolicy, typer.Option(help="what a missing value means")] = MissingPolicy.KNOWN_ONLY,
    cut: Annotated[int | None, typer.Option(help="how many stand above the line; a third by default")] = None,
    runs: Annotated[int, typer.Option(help="random weightings")] = 2000,
    spread: Annotated[float, typer.Option(help="how far each weight moves, as a share of itself")] = 0.5,
    seed: Annotated[int, typer.Option(help="seed of the random weightings")] = 20261121,
    bypass: Annotated[list[str] | None, typer.Option(help="ids of safety matters, taken first")] = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Lang.ZH,
) -> None:
    """Rank estates or projects by weighted criteria, with the range of their ranks."""
    from renovation.imports.ranking import read_criteria, read_ranking_table
    from renovation.rules.ranking import rank, table_of
    from renovation.rules.sensitivity import examine

    try:
        asked, weighting = read_criteria(criteria.read_bytes())
        found = read_ranking_table(file.read_bytes(), asked)
        table = table_of(found.ids, found.values, asked, missing=missing)
        ranking = rank(table, weighting, method=method, bypass=found.bypass | set(bypass or ()))
        line = max(1, len(found.ids) // 3) if cut is None else cut
        firmness = examine(table, weighting, cut=line, method=method, runs=runs, spread=spread, seed=seed)
        other = Method.TOPSIS if method is Method.WEIGHTED_SUM else Method.WEIGHTED_SUM
        second = rank(table, weighting, method=other, bypass=found.bypass | set(bypass or ()))
    except (RenovationError, OSError) as error:
        _fail(file, error, lang)
    if format_ is Format.JSON:
        _print_json(_ranking_json(file, found, ranking, second, firmness, missing))
    else:
        _ranking_table(file, found, ranking, firmness, lang)


def _ranking_json(
    file: Path, found: RankingTable, ranking: Ranking, second: Ranking, firmness: Firmness, missing: MissingPolicy
) -> dict[str, Any]:
    names = dict(zip(found.ids, found.names, strict=True))
    by_id, second_by_id = ranking.by_id(), second.by_id()
    ranges = {one.id: one for one in firmness.ranges}
    swap = firmness.smallest_swap

    def swap_json(one: Any) -> dict[str, Any]:
        return {
            "criterion": one.criterion,
            "share": one.share,
            "share_after": one.share_after,
            "change": one.change,
            "entering": one.entering,
            "leaving": one.leaving,
        }

    def comparison_json(one: Comparison) -> dict[str, Any]:
        return {"name": one.name, "enters": list(one.enters), "leaves": list(one.leaves), "ranks": dict(one.ranks)}

    return {
        "file": str(file),
        "rules_version": ranking.rules_version,
        "method": ranking.method.value,
        "missing": missing.value,
        "shares": dict(ranking.shares),
        "alternatives": [
            {
                "id": name,
                "name": names[name],
                "rank": by_id[name].rank,
                "score": by_id[name].score,
                "score_low": by_id[name].score_low,
                "score_high": by_id[name].score_high,
                "bypasses": by_id[name].bypasses,
                "contributions": dict(by_id[name].contributions),
                "missing": list(by_id[name].missing),
                f"rank_{second.method.value}": second_by_id[name].rank,
                "rank_range": {
                    "best": ranges[name].best,
                    "low": ranges[name].low,
                    "median": ranges[name].median,
                    "high": ranges[name].high,
                    "worst": ranges[name].worst,
                    "in_cut": ranges[name].in_cut,
                },
            }
            for name in ranking.order
        ],
        "cut": firmness.cut,
        "runs": firmness.runs,
        "spread": firmness.spread,
        "seed": firmness.seed,
        "swaps": [swap_json(one) for one in firmness.swaps],
        "smallest_swap": None if swap is None else swap_json(swap),
        "comparisons": [comparison_json(one) for one in firmness.comparisons],
        "agreement": {
            "kendall": firmness.agreement.kendall,
            "spearman": firmness.agreement.spearman,
            "same_in_cut": firmness.agreement.same_in_cut,
        },
    }


def _ranking_table(file: Path, found: RankingTable, ranking: Ranking, firmness: Firmness, lang: Lang) -> None:
    method = _text(f"ranking_method.{ranking.method.value}", lang)
    typer.echo(
        _text("command.planning.rank_line", lang, file=file, count=len(found.ids), method=method, cut=firmness.cut)
    )
    typer.echo(_text("command.planning.rank_head", lang))
    names, by_id = dict(zip(found.ids, found.names, strict=True)), ranking.by_id()
    ranges = {one.id: one for one in firmness.ranges}
    for name in ranking.order:
        score, span = by_id[name], ranges[name]
        place = str(score.rank or _text(f"command.planning.{'bypass' if score.bypasses else 'unranked'}", lang))
        shown = "" if score.score is None else f"{score.score:.4f}"
        between = "" if span.best is None else f"{span.best}-{span.worst}"
        typer.echo("\t".join([place, name, shown, between, ",".join(score.missing), names[name]]))


def programme_file(
    file: Annotated[Path, typer.Argument(help=".pb with budgets, or a project list (.xlsx, .csv)")],
    pots: Annotated[Path | None, typer.Option(help="table of pots, beside a project list without one")] = None,
    rules: Annotated[Path | None, typer.Option(help="table of floors, caps and capacity")] = None,
    objective: Annotated[Objective, typer.Option(help="what to make large (project lists)")] = Objective.VOTES,
    blend: Annotated[str | None, typer.Option(help="weights of a blend: votes=2,households=1")] = None,
    gap: Annotated[float, typer.Option(help="relative gap at which the search may end")] = 0.001,
    time_limit: Annotated[float, typer.Option(help="seconds")] = 60.0,
    prices: Annotated[bool, typer.Option("--prices", help="also solve with each rule relaxed")] = False,
    next_money: Annotated[float | None, typer.Option(help="what this much more in each pot would buy")] = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Lang.ZH,
) -> None:
    """Choose the programme that brings most under all pots and rules."""
    from renovation.rules import programme_advice
    from renovation.rules.programme import plan_programme

    try:
        problem, currency, scale = _problem(file, pots, rules, objective, blend)
        # A watched search runs apart, so that nothing the solver prints reaches standard output.
        found = plan_programme(problem, gap=gap, time_limit=time_limit, cancel=lambda: False)
        collisions: Sequence[Constraint] = ()
        priced: Sequence[ConstraintPrice] = ()
        gains: Sequence[PotGain] = ()
        if found.state is SolveState.INFEASIBLE:
            collisions = programme_advice.collisions(problem, time_limit=time_limit) or ()
        else:
            if prices:
                priced = programme_advice.price_constraints(problem, found, gap=gap, time_limit=time_limit)
            if next_money is not None:
                added = round(next_money * scale)
                gains = programme_advice.next_money(problem, found, added=added, gap=gap, time_limit=time_limit)
    except (RenovationError, OSError) as error:
        _fail(file, error, lang)
    if format_ is Format.JSON:
        answer = _programme_json(file, problem, found, currency, scale)
        answer["collisions"] = [{"kind": one.kind.value, "name": one.name} for one in collisions]
        if prices:
            answer["prices"] = [
                {
                    "kind": one.kind.value,
                    "name": one.name,
                    "count": one.count,
                    "objective": one.objective,
                    "price": one.price,
                }
                for one in priced
            ]
        if next_money is not None:
            answer["next_money"] = [
                {
                    "pot": gain.pot,
                    "added": _units(gain.added, scale),
                    "gain": gain.gain,
                    "enters": list(gain.enters),
                    "leaves": list(gain.leaves),
                }
                for gain in gains
            ]
        _print_json(answer)
    else:
        _programme_table(file, problem, found, currency, scale, lang)
        _advice_table(problem, collisions, priced, gains, currency, scale, lang)


def _problem(
    file: Path, pots: Path | None, rules: Path | None, objective: Objective, blend: str | None
) -> tuple[Problem, str, int]:
    """Read a problem, its currency, and how many of its money units make one of the currency."""
    if file.suffix.lower() == ".pb":
        from renovation.imports.pabulib import declared_rule, read_pabulib
        from renovation.rules.programme_election import problem_of
        from renovation.rules.tally import tally

        election = read_pabulib(file)
        instance = election.instance
        _, settings = declared_rule(instance)
        begin = instance.meta.get("date_begin", "")[-4:]
        problem = problem_of(
            instance,
            tally(instance, election.profile).scores,
            category_budgets=settings.category_budgets,
            area_budgets=settings.area_budgets,
            year=int(begin) if begin.isdecimal() else 1,
        )
        return problem, instance.currency, instance.scale
    from renovation.imports.programme import read_problem

    problem = read_problem(
        file.read_bytes(),
        pots=None if pots is None else pots.read_bytes(),
        rules=None if rules is None else rules.read_bytes(),
        objective=objective,
        blend=_blend(blend),
    )
    return problem, "CNY", 100


def _blend(given: str | None) -> dict[Objective, Fraction]:
    try:
        pairs = [part.split("=") for part in given.split(",")] if given else []
        return {Objective(name.strip()): Fraction(weight.strip()) for name, weight in pairs}
    except (ValueError, ZeroDivisionError):
        raise InvalidError("programme.blend_empty") from None


def _programme_json(file: Path, problem: Problem, found: Programme, currency: str, scale: int) -> dict[str, Any]:
    from renovation.text import Language
    from renovation.text.planning import planning_reason_text

    by_id = {project.id: project for project in problem.projects}

    def reason_json(reason: Reason) -> dict[str, Any]:
        return {
            "reason": {"code": reason.code}
            | {name: _plain(name, value, scale) for name, value in reason.fields.items()},
            "text": {
                language.value: planning_reason_text(reason, language, currency=currency, scale=scale)
                for language in Language
            },
        }

    return {
        "file": str(file),
        "rules_version": found.rules_version,
        "state": found.state.value,
        "objective_kind": problem.objective.value,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "currency": currency,
        "total_cost": _units(found.total_cost, scale),
        "chosen": [
            {
                "id": line.project,
                "name": by_id[line.project].name,
                "year": line.year,
                "cost": _units(line.cost, scale),
                "votes": by_id[line.project].votes,
                "payments": [{"pot": pot, "amount": _units(amount, scale)} for pot, amount in line.payments],
                **reason_json(line.reason),
            }
            for line in found.chosen
        ],
        "left_out": [
            {
                "id": one.project,
                "name": by_id[one.project].name,
                "cost": _units(by_id[one.project].cost, scale),
                "votes": by_id[one.project].votes,
                **reason_json(one.reason),
            }
            for one in found.left_out
        ],
        "pots": [
            {
                "id": use.pot,
                "amount": _units(use.amount, scale),
                "spent": _units(use.spent, scale),
                "left": _units(use.left, scale),
            }
            for use in found.pots
        ],
        "groups": [
            {
                "group": use.rule.group,
                "year": use.rule.year,
                "cost": _units(use.cost, scale),
                "count": use.count,
                "min_cost": _units(use.rule.min_cost, scale),
                "max_cost": None if use.rule.max_cost is None else _units(use.rule.max_cost, scale),
                "min_count": use.rule.min_count,
                "max_count": use.rule.max_count,
            }
            for use in found.groups
        ],
        "baseline": {
            "objective": found.baseline.objective,
            "is_feasible": found.baseline.is_feasible,
            "chosen": list(found.baseline.chosen),
        },
    }


def _programme_table(file: Path, problem: Problem, found: Programme, currency: str, scale: int, lang: Lang) -> None:
    from renovation.text.formats import format_money
    from renovation.text.planning import planning_reason_text

    def money(amount: int) -> str:
        return format_money(amount, currency, scale, lang)

    by_id = {project.id: project for project in problem.projects}
    typer.echo(
        _text(
            "command.planning.programme_line",
            lang,
            file=file,
            state=_text(f"solve_state.{found.state.value}", lang),
            count=len(found.chosen),
            total=money(found.total_cost),
            objective=found.objective,
            gap=found.gap,
            baseline=found.baseline.objective,
        )
    )
    typer.echo(_text("command.planning.programme_head", lang))
    rows: list[tuple[str, str, Reason]] = [(str(one.year), one.project, one.reason) for one in found.chosen]
    rows += [("-", one.project, one.reason) for one in found.left_out]
    for year, name, reason in rows:
        said = planning_reason_text(reason, lang, currency=currency, scale=scale)
        shown = " ".join(by_id[name].name.split())
        typer.echo("\t".join([year, name, str(_units(by_id[name].cost, scale)), shown, said]))
    for use in found.pots:
        pot = next(one for one in problem.pots if one.id == use.pot)
        typer.echo(
            _text(
                "command.planning.pot_line",
                lang,
                name=pot.name,
                amount=money(use.amount),
                spent=money(use.spent),
                left=money(use.left),
            )
        )
    for group in found.groups:
        typer.echo(
            _text("command.planning.group_line", lang, name=group.rule.group, count=group.count, cost=money(group.cost))
        )


def _advice_table(
    problem: Problem,
    collisions: Sequence[Constraint],
    prices: Sequence[ConstraintPrice],
    gains: Sequence[PotGain],
    currency: str,
    scale: int,
    lang: Lang,
) -> None:
    from renovation.text.formats import format_money
    from renovation.text.planning import constraint_text

    if collisions:
        typer.echo(_text("programme.collide", lang))
    for one in collisions:
        typer.echo(f"- {constraint_text(one, lang)}")
    for price in prices:
        if price.name:
            named = constraint_text(Constraint(price.kind, price.name, 0), lang)
        else:
            named = _text(f"constraint_all.{price.kind.value}", lang, count=price.count)
        typer.echo(_text("programme.price", lang, constraint=named, price=price.price))
    pots = {pot.id: pot.name for pot in problem.pots}
    for gain in gains:
        added = format_money(gain.added, currency, scale, lang)
        typer.echo(
            _text(
                "programme.next_money", lang, pot=pots[gain.pot], added=added, gain=gain.gain, enters=len(gain.enters)
            )
        )


def _plain(name: str, value: Any, scale: int) -> Any:
    from renovation.text.planning import MONEY_FIELDS

    if name in MONEY_FIELDS and isinstance(value, int):
        return _units(value, scale)
    return _number(value) if isinstance(value, Fraction) else value


def _number(value: int | Fraction) -> int | float:
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else round(float(exact), 6)


def _units(amount: int, scale: int) -> int | float:
    return _number(Fraction(amount, scale))


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _text(key: str, lang: Lang, **fields: Any) -> str:
    from renovation.text import text

    return text(key, lang, **fields)


def _fail(file: Path, error: RenovationError | OSError, lang: Lang) -> NoReturn:
    """Say on stderr what is wrong with a file, and leave with 2."""
    from renovation.text import error_text, fault_text

    if isinstance(error, ImportRefusedError):
        lines = [fault_text(fault, lang) for fault in error.faults]
    elif isinstance(error, RenovationError):
        lines = [error_text(error, lang)]
    else:
        code = "file.missing" if isinstance(error, FileNotFoundError) else "file.unreadable"
        lines = [error_text(RenovationError(code), lang)]
    for line in lines:
        print(f"{file}: {line}", file=sys.stderr)
    raise typer.Exit(2)
