"""Commands of elections: tally, allocate, verify.

One JSON object per file and line with ``--format json``; a bad file is named on stderr, the others are still done,
and the exit status is 2.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    LanguageOption,
    complain,
    opened_store,
    print_json,
    read_stream,
    read_within,
    refusals,
)
from renovation.errors import Fault, InvalidError, RenovationError
from renovation.exports.outcome.allocations import allocation_json, in_units, number
from renovation.model.elections import AGAINST, Allocation, BallotKind, Instance
from renovation.text import Language, fault_text, text
from renovation.text.formats import money_writer
from renovation.text.reasons import reason_text, tie_text

if TYPE_CHECKING:
    from renovation.imports.polls.pabulib import PabulibFile
    from renovation.rules.election.settings import Settings


Files = Annotated[list[Path], typer.Argument(help=".pb files; - reads standard input", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("tally")(tally_files)
    app.command("allocate")(allocate_files)
    app.command("verify")(verify_file)


def tally_files(files: Files, format_: FormatOption = Format.TABLE, lang: LanguageOption = Language.ZH) -> None:
    """Count the ballots of .pb files."""

    def one(path: Path, election: PabulibFile) -> None:
        from renovation.rules.election.tally import tally

        instance = election.instance
        count = tally(instance, election.profile)
        rows = list(zip(instance.projects, count.votes, count.scores, count.against, strict=True))
        answers = instance.ballot_kind is BallotKind.YES_NO
        if format_ is Format.JSON:
            print_json(
                {
                    "file": str(path),
                    "ballots": count.ballots,
                    "blank": count.blank,
                    "budget": in_units(instance.budget, instance.scale),
                    "vote_type": instance.ballot_kind.value,
                    "projects": [
                        {
                            "id": project.id,
                            "name": project.name,
                            "cost": in_units(project.cost, instance.scale),
                            "votes": number(votes),
                            "score": number(score),
                            **({AGAINST: number(against)} if answers else {}),
                        }
                        for project, votes, score, against in rows
                    ],
                }
            )
            return
        _headline(path, instance, count.ballots, count.blank, lang)
        typer.echo(text("command.elections.answers_head" if answers else "command.elections.tally_head", lang))
        for project, votes, score, against in sorted(rows, key=lambda row: (-row[2], row[0].id)):
            cells = [
                project.id,
                number(votes),
                number(against if answers else score),
                in_units(project.cost, instance.scale),
                project.name,
            ]
            typer.echo("\t".join(str(cell) for cell in cells))

    _each(files, one, lang)


def allocate_files(
    files: Files,
    rule: Annotated[
        str,
        typer.Option(help="declared (by the file), greedy, greedy-stop, greedy-per-cost, mes, phragmen, max-welfare"),
    ] = "declared",
    utility: Annotated[str | None, typer.Option(help="cost or cardinality")] = None,
    add1: Annotated[str | None, typer.Option(help="off, exhaustive or overspend (Equal Shares)")] = None,
    step: Annotated[int | None, typer.Option(help="by how many currency units Add1 raises each share")] = None,
    completion: Annotated[
        str | None, typer.Option(help="none, greedy, add1 (= add1-exhaustive), add1-overspend; several with +")
    ] = None,
    tie_break: Annotated[
        str | None, typer.Option(help="id, cheapest, dearest, more-supporters, lot, refuse, file-order")
    ] = None,
    seed: Annotated[str | None, typer.Option(help="published seed of the lot order")] = None,
    floor: Annotated[
        str | None,
        typer.Option(help="least score to take part (0: even without a vote), or a share of ballots such as 5%"),
    ] = None,
    yes_share: Annotated[
        str | None, typer.Option(help="of yes/no ballots: yes must be more than this share of yes and no (1/2)")
    ] = None,
    exclusive: Annotated[
        list[str] | None, typer.Option(help="ids of which at most one may win, with commas; may be repeated")
    ] = None,
    budgets: Annotated[Path | None, typer.Option(help="JSON or CSV: budgets per category and area, caps")] = None,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Decide which projects of .pb files win, and why; exit status 1 where none does by its votes, 2 if unreadable."""
    options = {
        "utility": utility,
        "yes_share": yes_share,
        "add1": add1,
        "completion": completion,
        "tie_break": tie_break,
        "seed": seed,
        "exclusive": [tuple(part.strip() for part in group.split(",")) for group in exclusive or []] or None,
    }

    with refusals(lang, file=budgets):
        given = b"" if budgets is None else read_within(budgets)

    nothing_won = []

    def one(path: Path, election: PabulibFile) -> None:
        from renovation.imports.polls.limits import read_limits
        from renovation.imports.polls.pabulib_rules import declared_rule, not_applied
        from renovation.rules.allocation.registry import allocate
        from renovation.rules.election.settings import Settings, settings_from
        from renovation.rules.election.stops import has_winner, require_votes

        instance = election.instance
        require_votes(ballots=election.profile.size, blank=election.profile.blank)
        name, settings = declared_rule(instance) if rule == "declared" else (rule, Settings())
        settings = _merged(settings, options)
        if step is not None:
            settings = replace(settings, step=step * instance.scale)
        if floor is not None:
            settings = _with_floor(settings, floor)
        if budgets is not None:
            with refusals(lang, file=budgets):  # of the file of budgets, not of this one
                limits = read_limits(given, scale=instance.scale)
            settings = settings_from(settings.as_dict() | limits)
        for key, value in not_applied(instance).items():
            note = text("page_import_election.not_applied", lang, name=key, value=value)
            print(f"{path}: {note}", file=sys.stderr)
        allocation = allocate(name, instance, election.profile, settings)
        if format_ is Format.JSON:
            print_json({"file": str(path), **allocation_json(instance, allocation, ballots=election.profile.size)})
        else:
            _allocation_table(path, election, allocation, lang)
        if not has_winner(instance, allocation.winners):
            nothing_won.append(path)
            print(f"{path}: {text('command.elections.no_winner', lang)}", file=sys.stderr)

    _each(files, one, lang)
    if nothing_won:
        raise typer.Exit(1)


def verify_file(
    bundle: Annotated[
        Path | None, typer.Argument(help="a published bundle: zip file or folder", show_default=False)
    ] = None,
    store: Annotated[
        bool, typer.Option("--store", help="check this installation's store too: its log, ballots, codes, outcomes")
    ] = False,
    root: Annotated[
        str, typer.Option(help="the root hash on the signed reconciliation sheet", show_default=False)
    ] = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Recount a published election, or check the store; exit status 1 if anything differs, 2 if it cannot be read."""
    if bundle is None and not store:
        raise typer.BadParameter(text("command.elections.verify_what", lang))
    differs = False
    if bundle is not None:
        with refusals(lang, file=bundle):
            differs = _verify_bundle(bundle, "".join(root.split()).lower(), lang, with_store=store)
    if store:
        with refusals(lang):
            differs = _verify_store(lang) or differs
    if differs:
        raise typer.Exit(1)


def _verify_bundle(bundle: Path, root: str, lang: Language, *, with_store: bool) -> bool:
    from renovation.exports.outcome.bundle import verifier
    from renovation.imports.polls.bundle import MOST_BYTES, verify_bundle

    found = verify_bundle(bundle)
    size = found.election.profile.size
    rule = text(f"rule_name.{found.allocation.rule}", lang)
    typer.echo(text("command.elections.recounted", lang, ballots=size, rule=rule, root=found.root))
    if found.ledger_root:
        typer.echo(text("command.elections.ledger_root", lang, root=found.ledger_root))
        if root == found.ledger_root:
            typer.echo(text("command.elections.same_root", lang))
        typer.echo(text("command.elections.under_root", lang))
        typer.echo(text("command.elections.verifier", lang, sum=found.verifier))
    else:
        typer.echo(text("command.elections.no_root", lang, names=found.files))
    if found.verifier and found.verifier != hashlib.sha256(verifier()).hexdigest():
        typer.echo(text("command.elections.other_verifier", lang))
    typer.echo(text("command.elections.recount_winners", lang, winners=tuple(found.allocation.winners) or "—"))
    differences = list(found.differences)
    if root and root != found.ledger_root:
        differences.append(Fault("bundle.other_root", fields={"found": found.ledger_root or "—", "value": root}))
    if with_store and bundle.is_file():
        from renovation.services.house.verification import compare_with_store

        with opened_store() as store:
            differences += compare_with_store(store, OPERATOR, read_within(bundle, MOST_BYTES))
    for fault in differences:
        typer.echo(fault_text(fault, lang))
    typer.echo(text(f"command.elections.{'differs' if differences else 'agrees'}", lang))
    return bool(differences)


def _verify_store(lang: Language) -> bool:
    from renovation.services.house.verification import check_store

    with opened_store() as store:
        differences = check_store(store, OPERATOR)
    for fault in differences:
        typer.echo(fault_text(fault, lang))
    typer.echo(text(f"command.elections.{'store_differs' if differences else 'store_agrees'}", lang))
    return bool(differences)


def _merged(settings: Settings, options: dict[str, Any]) -> Settings:
    from renovation.rules.election.settings import settings_from

    given = {key: value for key, value in options.items() if value is not None}
    for part in given.pop("completion", "").split("+") if given.get("completion") else []:
        if part in ("none", "greedy"):
            given["completion"] = part
        elif part in ("add1", "add1-exhaustive", "add1-overspend"):
            given["add1"] = "overspend" if part.endswith("overspend") else "exhaustive"
        else:
            raise InvalidError("rules.bad_setting", name="completion", value=part[:80])
    return settings_from(settings.as_dict() | given)


def _with_floor(settings: Settings, floor: str) -> Settings:
    from renovation.rules.election.settings import exact_number

    try:
        if floor.endswith("%"):
            return replace(settings, relative_floor=exact_number(floor[:-1]) / 100, floor=None)
        return replace(settings, floor=exact_number(floor))
    except ValueError:
        raise InvalidError("rules.bad_setting", name="floor", value=floor[:80]) from None


def _headline(path: Path, instance: Instance, ballots: int, blank: int, lang: Language) -> None:
    budget = money_writer(instance, lang)(instance.budget)
    typer.echo(text("command.elections.ballots", lang, file=path, ballots=ballots, blank=blank, budget=budget))


def _allocation_table(path: Path, election: PabulibFile, allocation: Allocation, lang: Language) -> None:

    instance = election.instance
    _headline(path, instance, election.profile.size, election.profile.blank, lang)
    typer.echo(text(f"rule_name.{allocation.rule}", lang))
    total = money_writer(instance, lang)(allocation.total_cost)
    typer.echo(text("command.elections.winners", lang, count=len(allocation.winners), total=total))
    typer.echo(text("command.elections.head", lang))
    for outcome in allocation.outcomes:
        project = instance.project(outcome.project)
        cells = [
            outcome.rank,
            outcome.project,
            number(outcome.votes),
            in_units(project.cost, instance.scale),
            text("command.elections.selected" if outcome.selected else "command.elections.not_selected", lang),
            " ".join(project.name.split()),
            reason_text(outcome.reason, instance, lang),
        ]
        typer.echo("\t".join(str(cell) for cell in cells))
    for tie in allocation.ties:
        typer.echo(tie_text(tie, instance, lang))


def _each(files: list[Path], act: Callable[[Path, PabulibFile], None], lang: Language) -> None:
    """Read every file and act on it; name the bad ones on stderr and exit with 2 after the last."""
    from renovation.imports.polls.pabulib import read_pabulib

    failed = False
    for path in files:
        try:
            act(path, read_pabulib(read_stream(sys.stdin.buffer) if str(path) == "-" else read_within(path)))
        except BrokenPipeError:  # the reader of our output has seen enough (head)
            raise
        except (RenovationError, OSError) as error:
            failed = True
            complain(error, lang, path)
    if failed:
        raise typer.Exit(2)
