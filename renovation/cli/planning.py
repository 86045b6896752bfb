"""Commands of planning: rank a table, choose a programme, work out a year's batch.

One JSON object per file and line with ``--format json``; a bad file is named on stderr and the exit status is 2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    LanguageOption,
    complain,
    opened_store,
    print_json,
    read_within,
    refusals,
    say_notes,
    write_file,
)
from renovation.cli.imports import LeaveEmpty, MeantOption, corrections_said
from renovation.cli.planning_output import (
    advice_json,
    advice_table,
    leftover_json,
    leftover_of,
    leftover_table,
    programme_json,
    programme_table,
    ranking_json,
    ranking_table,
)
from renovation.errors import ImportRefusedError, InvalidError
from renovation.model.money import FEN_PER_WAN, fen_in
from renovation.model.programme import AnnualBatch, BatchSettings, Constraint, Objective, Problem, SolveState
from renovation.model.ranking import Method, MissingPolicy
from renovation.text import Language, text
from renovation.text.formats import wan_digits

if TYPE_CHECKING:
    from renovation.imports.files.corrections import Corrections
    from renovation.imports.files.results import CellChange
    from renovation.rules.programme.advice import ConstraintPrice, PotGain


#: When an election began, as files of the collection write it: 05.03.2020, 2020-03-05, 2020.
_DAY_OF = re.compile(r"(?:\d{1,2}[./-]\d{1,2}[./-])?(?P<year>\d{4})|(?P<first>\d{4})[./-]\d{1,2}[./-]\d{1,2}", re.ASCII)


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("rank")(rank_file)
    app.command("programme")(programme_file)
    app.command("batch")(batch)


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
    leave_empty: LeaveEmpty = False,
    meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Rank estates or projects by weighted criteria, with the range of their ranks.

    Raises
    ------
    InvalidError
        ``ranking.bypass_unknown``.
    """
    from renovation.imports.programme.ranking import read_criteria
    from renovation.services.programme.own_lists import rank_list

    notes: list[CellChange] = []
    with refusals(lang, file=criteria):
        corrections = corrections_said(meant, leave_empty=leave_empty)
        asked, weighting = read_criteria(read_within(criteria), notes=notes, corrections=corrections)
        say_notes(notes, lang, criteria)
    with refusals(lang, file=file):
        ranked = rank_list(
            OPERATOR,
            read_within(file),
            asked,
            weighting,
            method=method,
            missing=missing,
            cut=cut,
            bypass=bypass or (),
            runs=runs,
            spread=spread,
            seed=seed,
            corrections=corrections,
        )
        say_notes(ranked.changes, lang, file)
    if format_ is Format.JSON:
        print_json(ranking_json(file, ranked.found, ranked.ranking, ranked.second, ranked.firmness, missing))
    else:
        ranking_table(file, ranked.found, ranked.ranking, ranked.firmness, lang)


def programme_file(
    file: Annotated[Path, typer.Argument(help=".pb with budgets, or a project list (.xlsx, .csv); docs/programme.md")],
    pots: Annotated[Path | None, typer.Option(help="table of pots, beside a project list without one")] = None,
    rules: Annotated[Path | None, typer.Option(help="table of floors, caps and capacity")] = None,
    objective: Annotated[Objective, typer.Option(help="what to make large (project lists)")] = Objective.VOTES,
    blend: Annotated[str | None, typer.Option(help="weights of a blend: votes=2,households=1")] = None,
    gap: Annotated[float, typer.Option(min=0, max=1, help="relative gap at which the search may end")] = 0.001,
    time_limit: Annotated[float, typer.Option(min=0.1, help="seconds")] = 60.0,
    prices: Annotated[bool, typer.Option("--prices", help="also solve with each rule relaxed")] = False,
    next_money: Annotated[
        float | None, typer.Option(min=0, max=1e12, help="what this much more in each pot would buy")
    ] = None,
    leave_empty: LeaveEmpty = False,
    meant: MeantOption = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Choose the programme that brings most under all pots and rules."""
    from renovation.rules.programme import advice as programme_advice
    from renovation.rules.programme.programme import plan_programme

    with refusals(lang, file=file):
        try:
            problem, currency, scale, leftover_rule = _problem(
                file, pots, rules, objective, blend, corrections_said(meant, leave_empty=leave_empty), lang
            )
        except ImportRefusedError as error:
            _fail(error, lang, projects=file, pots=pots, rules=rules)
        found = plan_programme(problem, gap=gap, time_limit=time_limit)
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
    leftover = leftover_of(problem, found, leftover_rule)
    if format_ is Format.JSON:
        answer = programme_json(file, problem, found, currency, scale)
        if leftover is not None:
            answer |= leftover_json(problem, found, leftover, currency, scale)
        answer |= advice_json(collisions, priced if prices else None, gains if next_money is not None else None, scale)
        print_json(answer)
    else:
        programme_table(file, problem, found, currency, scale, lang)
        if leftover is not None:
            leftover_table(problem, found, leftover, currency, scale, lang)
        advice_table(problem, collisions, priced, gains, currency, scale, lang)


def _problem(
    file: Path,
    pots: Path | None,
    rules: Path | None,
    objective: Objective,
    blend: str | None,
    corrections: Corrections,
    lang: Language,
) -> tuple[Problem, str, int, str]:
    """Read a problem, its currency, how many of its money units make one of the currency, and its leftover rule."""
    if file.suffix.lower() == ".pb":
        from renovation.imports.polls.pabulib import read_pabulib
        from renovation.imports.polls.pabulib_rules import declared_rule
        from renovation.rules.election.tally import tally
        from renovation.rules.programme.election import problem_of

        election = read_pabulib(read_within(file))
        instance = election.instance
        _, settings = declared_rule(instance)
        begin = _DAY_OF.fullmatch(instance.meta.get("date_begin", "").strip())
        problem = problem_of(
            instance,
            tally(instance, election.profile).scores,
            category_budgets=settings.category_budgets,
            area_budgets=settings.area_budgets,
            year=int(begin["year"] or begin["first"]) if begin else 1,
        )
        return problem, instance.currency, instance.scale, instance.meta.get("leftover_budget", "")
    from renovation.imports.programme.programme import TABLES, read_problem

    notes: list[CellChange] = []
    problem = read_problem(
        read_within(file),
        pots=None if pots is None else read_within(pots),
        rules=None if rules is None else read_within(rules),
        objective=objective,
        blend=_blend(blend),
        notes=notes,
        corrections=dict.fromkeys(TABLES, corrections),
    )
    say_notes(notes, lang, file)
    return problem, "CNY", 100, ""


def _blend(given: str | None) -> dict[Objective, Fraction]:
    from renovation.rules.election.settings import exact_number

    try:
        pairs = [part.split("=") for part in given.split(",")] if given else []
        return {Objective(name.strip()): exact_number(weight) for name, weight in pairs}
    except ValueError:
        raise InvalidError("programme.blend_unread", given=(given or "")[:60]) from None


def _fail(error: ImportRefusedError, lang: Language, **names: Path | None) -> NoReturn:
    """Say on stderr what is wrong in which of several files, and leave with 2."""
    for name, faults in (getattr(error, "by_table", None) or {"projects": error.faults}).items():
        complain(ImportRefusedError(faults), lang, names[name] or names["projects"])
    raise typer.Exit(2)


def batch(
    year: Annotated[int, typer.Argument(help="year of the batch")],
    budget: Annotated[
        float | None,
        typer.Option(min=0, max=1e7, help="in 10,000 yuan; as kept, or what the pots can spend"),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="most estates; 0 for no limit")] = None,
    weighting: Annotated[str, typer.Option(help="name of a saved weighting; the shipped example if absent")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="keep it with its waiting list as the year's batch")] = False,
    out: Annotated[Path | None, typer.Option(help="write it to a file, .xlsx or .gpkg")] = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Work out which estates a year takes under its budget, and which wait and why."""
    from renovation.exports.files.imprint import marked
    from renovation.services import lists
    from renovation.services.programme import annual_batch

    with refusals(lang), opened_store() as store:
        basis = annual_batch.batch_basis(store, OPERATOR)
        asked = basis.usual_settings(year, weighting=weighting)
        asked = BatchSettings(
            year=year,
            budget=asked.budget if budget is None else fen_in(budget, FEN_PER_WAN),
            max_estates=asked.max_estates if limit is None else limit or None,
            weighting=asked.weighting,
        )
        found = annual_batch.work_out_batch(basis, asked)
        touched = annual_batch.keep_batch(store, OPERATOR, found) if keep else ()
        content = b""
        if out is not None:
            kind = "gpkg" if out.suffix.lower() == ".gpkg" else "xlsx"
            made = annual_batch.export_batch(store, OPERATOR, found, format_=kind, language=lang)
            content = marked(made, lists.office(store), lang)[2]
    if out is not None:
        write_file(out, content, lang)
    if format_ is Format.JSON:
        print_json(_batch_json(found, touched, is_kept=keep))
        return
    _, rows = annual_batch.batch_rows(found, lang)
    typer.echo("\n".join("  ".join("" if cell is None else str(cell) for cell in row) for row in rows))
    typer.echo(
        text(
            "command.planning.batch", lang, chosen=len(found.chosen), waiting=len(found.waiting),
            spent=wan_digits(found.spent, lang), left=wan_digits(found.left, lang),
        )
    )  # fmt: skip
    if keep:
        fields = {"names": touched} if touched else {}
        typer.echo(text("batch.kept_touched" if touched else "batch.kept", lang, year=year, **fields))


def _batch_json(found: AnnualBatch, touched: Sequence[str], *, is_kept: bool) -> dict[str, object]:
    return {
        "year": found.settings.year,
        "budget_fen": found.settings.budget,
        "spent_fen": found.spent,
        "left_fen": found.left,
        "kept": is_kept,
        "touched": list(touched),
        "estates": [
            {
                "code": line.code,
                "name": line.name,
                "standing": line.standing.value,
                "band": line.band.value if line.band else None,
                "rank": line.rank,
                "cost_fen": line.cost,
                "waiting_since": line.waiting_since,
                "reasons": [reason.code for reason in line.reasons],
            }
            for line in found.lines
        ],
    }
