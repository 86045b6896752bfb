"""How the commands of planning answer: JSON as plain values, tables as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from renovation.model.canonical import to_json
from renovation.model.elections import Reason
from renovation.model.programme import Constraint, PlanLine, Problem, Programme
from renovation.model.ranking import MissingPolicy

if TYPE_CHECKING:
    from renovation.imports.programme.ranking import RankingTable
    from renovation.rules.programme.advice import ConstraintPrice, PotGain
    from renovation.rules.programme.ranking import Ranking
    from renovation.rules.programme.sensitivity import Comparison, Firmness, RankRange


class Lang(StrEnum):
    """The language of tables and of messages on stderr."""

    ZH = "zh-CN"
    EN = "en"


def ranking_json(
    file: Path, found: RankingTable, ranking: Ranking, second: Ranking, firmness: Firmness, missing: MissingPolicy
) -> dict[str, Any]:
    """Return a ranking and how firm it is as plain JSON values."""
    names = dict(zip(found.ids, found.names, strict=True))
    by_id, second_by_id = ranking.by_id(), second.by_id()
    ranges = {one.id: one for one in firmness.ranges}
    swap = firmness.smallest_swap

    def range_json(span: RankRange | None) -> dict[str, Any] | None:
        if span is None:
            return None
        return {
            "best": span.best,
            "low": span.low,
            "median": span.median,
            "high": span.high,
            "worst": span.worst,
            "in_cut": span.in_cut,
        }

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
                "rank_range": range_json(ranges.get(name)),
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


def ranking_table(file: Path, found: RankingTable, ranking: Ranking, firmness: Firmness, lang: Lang) -> None:
    """Print a ranking as lines."""
    method = _text(f"ranking_method.{ranking.method.value}", lang)
    typer.echo(
        _text("command.planning.rank_line", lang, file=file, count=len(found.ids), method=method, cut=firmness.cut)
    )
    typer.echo(_text("command.planning.rank_head", lang))
    names, by_id = dict(zip(found.ids, found.names, strict=True)), ranking.by_id()
    ranges = {one.id: one for one in firmness.ranges}
    for name in ranking.order:
        score, span = by_id[name], ranges.get(name)
        place = str(score.rank or _text(f"command.planning.{'bypass' if score.bypasses else 'unranked'}", lang))
        shown = "" if score.score is None else f"{score.score:.4f}"
        between = "" if span is None or span.best is None else f"{span.best}-{span.worst}"
        typer.echo("\t".join([place, name, shown, between, ",".join(score.missing), names[name]]))


def programme_json(file: Path, problem: Problem, found: Programme, currency: str, scale: int) -> dict[str, Any]:
    """Return a programme as plain JSON values; money in units of the currency."""
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


def programme_table(file: Path, problem: Problem, found: Programme, currency: str, scale: int, lang: Lang) -> None:
    """Print a programme as lines."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What a file says of the money left, and what it funds; ``lines`` is ``None`` where the rule is not understood."""

    rule: str
    lines: tuple[PlanLine, ...] | None


def leftover_of(problem: Problem, found: Programme, rule: str) -> Leftover | None:
    """Apply a file's leftover rule; ``None`` when it states none or nothing could be chosen."""
    from renovation.rules.programme.election import LEFTOVER_BY_SCORE, spend_leftover

    if not rule or not found.pots:
        return None
    is_known = rule.strip().casefold() == LEFTOVER_BY_SCORE
    return Leftover(rule=rule, lines=spend_leftover(problem, found) if is_known else None)


def leftover_json(problem: Problem, found: Programme, leftover: Leftover, currency: str, scale: int) -> dict[str, Any]:
    """Return what the money left funds beside the programme; ``funded`` is null where the rule is not understood."""
    from renovation.text import Language
    from renovation.text.planning import planning_reason_text

    by_id = {project.id: project for project in problem.projects}
    money = sum(use.left for use in found.pots)
    lines = leftover.lines or ()
    funded = [
        {
            "id": line.project,
            "name": by_id[line.project].name,
            "cost": _units(line.cost, scale),
            "votes": by_id[line.project].votes,
            "text": {
                language.value: planning_reason_text(line.reason, language, currency=currency, scale=scale)
                for language in Language
            },
        }
        for line in lines
    ]
    return {
        "leftover": {
            "rule": leftover.rule,
            "money": _units(money, scale),
            "funded": None if leftover.lines is None else funded,
            "left": _units(money - sum(line.cost for line in lines), scale),
        }
    }


def leftover_table(
    problem: Problem, found: Programme, leftover: Leftover, currency: str, scale: int, lang: Lang
) -> None:
    """Print what the money left funds."""
    from renovation.text.formats import format_money
    from renovation.text.planning import planning_reason_text

    if leftover.lines is None:
        typer.echo(_text("command.planning.leftover_unread", lang, rule=leftover.rule))
        return
    by_id = {project.id: project for project in problem.projects}
    money = sum(use.left for use in found.pots)
    left = money - sum(line.cost for line in leftover.lines)
    typer.echo(
        _text(
            "command.planning.leftover_head",
            lang,
            rule=leftover.rule,
            money=format_money(money, currency, scale, lang),
            count=len(leftover.lines),
            left=format_money(left, currency, scale, lang),
        )
    )
    for line in leftover.lines:
        said = planning_reason_text(line.reason, lang, currency=currency, scale=scale)
        shown = " ".join(by_id[line.project].name.split())
        typer.echo("\t".join([str(line.year), line.project, str(_units(line.cost, scale)), shown, said]))


def advice_json(
    collisions: Sequence[Constraint],
    prices: Sequence[ConstraintPrice] | None,
    gains: Sequence[PotGain] | None,
    scale: int,
) -> dict[str, Any]:
    """Return what collides, and what was asked of prices and more money, as plain JSON values."""
    answer: dict[str, Any] = {"collisions": [{"kind": one.kind.value, "name": one.name} for one in collisions]}
    if prices is not None:
        answer["prices"] = [
            {
                "kind": one.kind.value,
                "name": one.name,
                "count": one.count,
                "objective": one.objective,
                "price": one.price,
            }
            for one in prices
        ]
    if gains is not None:
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
    return answer


def advice_table(
    problem: Problem,
    collisions: Sequence[Constraint],
    prices: Sequence[ConstraintPrice],
    gains: Sequence[PotGain],
    currency: str,
    scale: int,
    lang: Lang,
) -> None:
    """Print what collides, what rules cost and what more money buys."""
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


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    typer.echo(to_json(value))


def _text(key: str, lang: Lang, **fields: Any) -> str:
    from renovation.text import text

    return text(key, lang, **fields)
