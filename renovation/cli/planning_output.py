"""How the commands of planning answer: JSON as plain values, tables as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from renovation.exports.outcome.allocations import in_units, number
from renovation.model.canonical import plain
from renovation.model.elections import Reason
from renovation.model.programme import Constraint, PlanLine, Problem, Programme
from renovation.model.ranking import MissingPolicy
from renovation.text import Language, text
from renovation.text.formats import format_money
from renovation.text.planning import MONEY_FIELDS, constraint_text, planning_reason_text
from renovation.text.programme import rule_text

if TYPE_CHECKING:
    from renovation.imports.programme.ranking import RankingTable
    from renovation.rules.programme.advice import ConstraintPrice, PotGain
    from renovation.rules.programme.ranking import Ranking
    from renovation.rules.programme.sensitivity import Firmness


def ranking_json(
    file: Path, found: RankingTable, ranking: Ranking, second: Ranking, firmness: Firmness, missing: MissingPolicy
) -> dict[str, Any]:
    """Return a ranking and how firm it is as plain JSON values."""
    names = dict(zip(found.ids, found.names, strict=True))
    by_id, second_by_id = ranking.by_id(), second.by_id()
    ranges = {one.id: plain(one) for one in firmness.ranges}
    swaps = {one: plain(one) | {"change": one.change} for one in firmness.swaps}
    smallest = firmness.smallest_swap
    return {
        "file": str(file),
        "rules_version": ranking.rules_version,
        "method": ranking.method,
        "missing": missing,
        "shares": ranking.shares,
        "alternatives": [
            plain(by_id[name])
            | {
                "name": names[name],
                f"rank_{second.method.value}": second_by_id[name].rank,
                "rank_range": ranges.get(name),
            }
            for name in ranking.order
        ],
        **{name: getattr(firmness, name) for name in ("cut", "runs", "spread", "seed", "comparisons", "agreement")},
        "swaps": list(swaps.values()),
        "smallest_swap": None if smallest is None else swaps[smallest],
    }


def ranking_table(file: Path, found: RankingTable, ranking: Ranking, firmness: Firmness, lang: Language) -> None:
    """Print a ranking as lines."""
    method = text(f"ranking_method.{ranking.method.value}", lang)
    typer.echo(
        text("command.planning.rank_line", lang, file=file, count=len(found.ids), method=method, cut=firmness.cut)
    )
    typer.echo(text("command.planning.rank_head", lang))
    names, by_id = dict(zip(found.ids, found.names, strict=True)), ranking.by_id()
    ranges = {one.id: one for one in firmness.ranges}
    for name in ranking.order:
        score, span = by_id[name], ranges.get(name)
        place = str(score.rank or text(f"command.planning.{'bypass' if score.bypasses else 'unranked'}", lang))
        shown = "" if score.score is None else f"{score.score:.4f}"
        between = "" if span is None or span.best is None else f"{span.best}-{span.worst}"
        typer.echo("\t".join([place, name, shown, between, ",".join(score.missing), names[name]]))


def programme_json(file: Path, problem: Problem, found: Programme, currency: str, scale: int) -> dict[str, Any]:
    """Return a programme as plain JSON values; money in units of the currency."""

    def money(value: Any, *names: str) -> dict[str, int | float | None]:
        held = {name: getattr(value, name) for name in names}
        return {name: None if amount is None else in_units(amount, scale) for name, amount in held.items()}

    def with_reason(project: str, reason: Reason) -> dict[str, Any]:
        fields = {name: _said(name, value, scale) for name, value in reason.fields.items()}
        line = _line(problem, project, reason, currency, scale)
        return line | {"reason": {"code": reason.code} | fields}

    return {
        "file": str(file),
        "rules_version": found.rules_version,
        "state": found.state,
        "objective_kind": problem.objective,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "currency": currency,
        **money(found, "total_cost"),
        "chosen": [
            with_reason(line.project, line.reason)
            | {
                "year": line.year,
                "payments": [{"pot": pot, "amount": in_units(amount, scale)} for pot, amount in line.payments],
            }
            for line in found.chosen
        ],
        "left_out": [with_reason(one.project, one.reason) for one in found.left_out],
        "pots": [{"id": use.pot} | money(use, "amount", "spent", "left") for use in found.pots],
        "groups": [
            plain(use.rule) | money(use.rule, "min_cost", "max_cost") | money(use, "cost") | {"count": use.count}
            for use in found.groups
        ],
        "baseline": plain(found.baseline) | {"chosen": list(found.baseline.chosen)},
    }


def _line(problem: Problem, project: str, reason: Reason, currency: str, scale: int) -> dict[str, Any]:
    """Return a project with the sentence that says why it stands where it does."""
    one = next(one for one in problem.projects if one.id == project)
    said = {
        language.value: planning_reason_text(reason, language, currency=currency, scale=scale) for language in Language
    }
    return {"id": one.id, "name": one.name, "cost": in_units(one.cost, scale), "votes": one.votes, "text": said}


def programme_table(file: Path, problem: Problem, found: Programme, currency: str, scale: int, lang: Language) -> None:
    """Print a programme as lines."""

    def money(amount: int) -> str:
        return format_money(amount, currency, scale, lang)

    by_id = {project.id: project for project in problem.projects}
    typer.echo(
        text(
            "command.planning.programme_line",
            lang,
            file=file,
            state=text(f"solve_state.{found.state.value}", lang),
            count=len(found.chosen),
            total=money(found.total_cost),
            objective=found.objective,
            gap=found.gap,
            baseline=found.baseline.objective,
        )
    )
    typer.echo(text("command.planning.programme_head", lang))
    rows: list[tuple[str, str, Reason]] = [(str(one.year), one.project, one.reason) for one in found.chosen]
    rows += [("-", one.project, one.reason) for one in found.left_out]
    for year, name, reason in rows:
        said = planning_reason_text(reason, lang, currency=currency, scale=scale)
        shown = " ".join(by_id[name].name.split())
        typer.echo("\t".join([year, name, str(in_units(by_id[name].cost, scale)), shown, said]))
    for use in found.pots:
        pot = next(one for one in problem.pots if one.id == use.pot)
        typer.echo(
            text(
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
            text("command.planning.group_line", lang, name=group.rule.group, count=group.count, cost=money(group.cost))
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

    money = sum(use.left for use in found.pots)
    lines = leftover.lines or ()
    funded = [_line(problem, line.project, line.reason, currency, scale) for line in lines]
    return {
        "leftover": {
            "rule": leftover.rule,
            "money": in_units(money, scale),
            "funded": None if leftover.lines is None else funded,
            "left": in_units(money - sum(line.cost for line in lines), scale),
        }
    }


def leftover_table(
    problem: Problem, found: Programme, leftover: Leftover, currency: str, scale: int, lang: Language
) -> None:
    """Print what the money left funds."""

    if leftover.lines is None:
        typer.echo(text("command.planning.leftover_unread", lang, rule=leftover.rule))
        return
    by_id = {project.id: project for project in problem.projects}
    money = sum(use.left for use in found.pots)
    left = money - sum(line.cost for line in leftover.lines)
    typer.echo(
        text(
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
        typer.echo("\t".join([str(line.year), line.project, str(in_units(line.cost, scale)), shown, said]))


def advice_json(
    collisions: Sequence[Constraint],
    prices: Sequence[ConstraintPrice] | None,
    gains: Sequence[PotGain] | None,
    scale: int,
) -> dict[str, Any]:
    """Return what collides, and what was asked of prices and more money, as plain JSON values."""
    answer: dict[str, Any] = {"collisions": [{"kind": one.kind, "name": one.name} for one in collisions]}
    if prices is not None:
        answer["prices"] = plain(prices)
    if gains is not None:
        answer["next_money"] = [plain(gain) | {"added": in_units(gain.added, scale)} for gain in gains]
    return answer


def advice_table(
    problem: Problem,
    collisions: Sequence[Constraint],
    prices: Sequence[ConstraintPrice],
    gains: Sequence[PotGain],
    currency: str,
    scale: int,
    lang: Language,
) -> None:
    """Print what collides, what rules cost and what more money buys."""
    if collisions:
        typer.echo(text("programme.collide", lang))
    for one in collisions:
        typer.echo(f"- {rule_text(problem, one, lang)}")
    for price in prices:
        if price.name:
            named = constraint_text(Constraint(price.kind, price.name, 0), lang)
        else:
            named = text(f"constraint_all.{price.kind.value}", lang, count=price.count)
        typer.echo(text("programme.price", lang, constraint=named, price=price.price))
    pots = {pot.id: pot.name for pot in problem.pots}
    for gain in gains:
        added = format_money(gain.added, currency, scale, lang)
        typer.echo(
            text("programme.next_money", lang, pot=pots[gain.pot], added=added, gain=gain.gain, enters=len(gain.enters))
        )


def _said(name: str, value: Any, scale: int) -> Any:
    if name in MONEY_FIELDS and isinstance(value, int):
        return in_units(value, scale)
    return number(value) if isinstance(value, Fraction) else value
