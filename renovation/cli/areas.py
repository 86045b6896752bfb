"""The hierarchy of areas by hand, as on screen: list, create, edit, merge, delete, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from renovation.cli.answers import OPERATOR, Format, FormatOption, opened_store, print_json, refusals, terminal_language
from renovation.text import text

if TYPE_CHECKING:
    from renovation.model.areas import AreaEffects
    from renovation.store import Store

group = typer.Typer(no_args_is_help=True, help="Districts, subdistricts, communities and grids.")

Named = Annotated[str, typer.Argument(help="name (District/Subdistrict where needed) or code of the area")]
LevelOption = Annotated[Literal["city", "county", "street", "community", "grid"], typer.Option("--level")]
ParentOption = Annotated[str | None, typer.Option("--parent", help="the area it lies in")]
CodeOption = Annotated[str, typer.Option("--code", help="official code")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would change")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group.command("list")(list_areas)
    group.command("create")(create)
    group.command("edit")(edit)
    group.command("merge")(merge)
    group.command("delete")(delete)
    group.command("undo")(undo)
    app.add_typer(group, name="areas")


def list_areas(format_: FormatOption = Format.TABLE) -> None:
    """List every area below the one that holds it, with the estates in it."""
    from renovation.services.register.areas.areas import list_hierarchy

    language = terminal_language()
    with refusals(language), opened_store() as store:
        lines = list_hierarchy(store, OPERATOR)
    report = [
        {
            "level": line.area.level.value,
            "code": line.area.code,
            "name": line.area.name,
            "in": list(line.trail),
            "areas": line.counts.areas,
            "estates": line.counts.estates,
            "accounts": line.counts.accounts,
            "outline": line.has_outline,
        }
        for line in lines
    ]
    if format_ is Format.JSON:
        print_json(report)
        return
    for line in lines:
        level = text(f"enum.AreaLevel.{line.area.level.value}", language)
        typer.echo("  " * len(line.trail) + f"{line.area.name}  {level}  {line.area.code}  {line.counts.estates}")


def _change(act: Callable[[Store, Any], AreaEffects], format_: Format) -> None:
    """Do an act and say what it has changed, or would."""
    from renovation.services.house.updates import effect_lines
    from renovation.services.register.areas import areas

    language = terminal_language()
    with refusals(language), opened_store() as store:
        effects = act(store, areas)
    lines = effect_lines(effects, language) or [text("areas.would_nothing", language)]
    if format_ is Format.JSON:
        print_json({"effects": lines})
    else:
        typer.echo("\n".join(lines))


def create(
    name: Annotated[str, typer.Argument()],
    level: LevelOption,
    parent: ParentOption = None,
    code: CodeOption = "",
    dry_run: DryRun = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Make an area."""
    from renovation.model.places import AreaLevel

    def act(store: Store, areas: Any) -> AreaEffects:
        above = areas.find_area(store, OPERATOR, parent).id if parent else None
        made: AreaEffects = areas.create_area(
            store, OPERATOR, AreaLevel(level), name, parent_id=above, code=code, dry_run=dry_run
        )
        return made

    _change(act, format_)


def edit(
    area: Named,
    name: Annotated[str | None, typer.Option("--name", help="its new name")] = None,
    code: CodeOption = "",
    parent: ParentOption = None,
    dry_run: DryRun = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Rename an area, or move it into another one, with all that lies in it."""

    def act(store: Store, areas: Any) -> AreaEffects:
        held = areas.find_area(store, OPERATOR, area)
        above = areas.find_area(store, OPERATOR, parent).id if parent else held.parent_id
        changed: AreaEffects = areas.edit_area(
            store, OPERATOR, held.id, name=name or held.name, code=code, parent_id=above, dry_run=dry_run
        )
        return changed

    _change(act, format_)


def merge(
    area: Named,
    into: Annotated[str, typer.Option("--into", help="the area that stays")],
    dry_run: DryRun = False,
    format_: FormatOption = Format.TABLE,
) -> None:
    """Make one area of two."""

    def act(store: Store, areas: Any) -> AreaEffects:
        one, other = (areas.find_area(store, OPERATOR, words) for words in (area, into))
        merged: AreaEffects = areas.merge_areas(store, OPERATOR, one.id, other.id, dry_run=dry_run)
        return merged

    _change(act, format_)


def delete(area: Named, dry_run: DryRun = False, format_: FormatOption = Format.TABLE) -> None:
    """Delete an area in which nothing lies."""

    def act(store: Store, areas: Any) -> AreaEffects:
        held = areas.find_area(store, OPERATOR, area)
        gone: AreaEffects = areas.delete_area(store, OPERATOR, held.id, dry_run=dry_run)
        return gone

    _change(act, format_)


def undo() -> None:
    """Take the last act by hand on the hierarchy back."""
    from renovation.services.register.areas import areas

    language = terminal_language()
    with refusals(language), opened_store() as store:
        last = areas.last_area_act(store, OPERATOR)
        if last is not None:
            areas.undo_area_act(store, OPERATOR, last.id)
    typer.echo(text("areas.undone" if last is not None else "areas.nothing_to_undo", language))
