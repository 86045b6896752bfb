"""Serve the app, tell what is wrong with this installation, and delete what tells of persons in time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renovation.cli.answers import (
    OPERATOR,
    Format,
    FormatOption,
    LanguageOption,
    opened_store,
    print_json,
    refusals,
    tell_progress,
    terminal_language,
)
from renovation.cli.health import Check, State, examine, port_taken
from renovation.config import CHECKOUT, Configuration, DoorKind, ProcessRole, read_settings
from renovation.errors import InvalidError
from renovation.model.accounts import Actor
from renovation.text import Language, both, fault_text, text

if TYPE_CHECKING:
    from renovation.store import Store
    from renovation.town.watch import WatchedProcess

DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what is due")]


def streamlit_command(settings: Configuration) -> list[str]:
    """Return the command line that serves the app with these settings."""
    options = {
        "server.address": settings.address,
        "server.port": str(settings.port),
        "browser.serverAddress": "localhost" if settings.address in {"0.0.0.0", "::"} else settings.address,  # noqa: S104
        "browser.serverPort": str(settings.port),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(CHECKOUT / "renovation" / "server.py")]
    if settings.has_tls:
        options["server.sslCertFile"] = str(settings.tls_cert)
        options["server.sslKeyFile"] = str(settings.tls_key)
    if settings.door is DoorKind.RESIDENT:
        # Streamlit takes uploads even on pages without an uploader; residents send nothing but photos.
        options["server.maxUploadSize"] = "10"
    return command + [f"--{name}={value}" for name, value in options.items()]


def prepare(settings: Configuration, language: Language) -> None:
    """Copy the map's files and bring the store to the newest schema, saying each step.

    Raises
    ------
    RenovationError
        The store cannot be opened, was moved elsewhere, or was written by a newer program.
    """
    # Heavy, and needed by nobody who only asks for --help.
    from renovation.bootstrap.assets import prepare_assets
    from renovation.services.house.verification import at_start
    from renovation.store import start_store
    from renovation.store.forward import forward_to
    from renovation.store.house import grants

    forward_to(settings.syslog)
    if settings.role not in (ProcessRole.WEB, ProcessRole.JOBS) and (copied := prepare_assets()):
        typer.echo(text("system.serve.assets", language, count=copied))
    store, upgraded = start_store(settings.database_url, settings.key_dir)
    try:
        if settings.role is ProcessRole.WEB:
            # Its role in the database reads no more than its pages show.
            return
        if upgraded:
            typer.echo(text("system.serve.store", language))
            grants.grant_again(store)
        # Serving goes on: the hall votes, and what is wrong stands on the administrator's first page too.
        for fault in at_start(store):
            typer.echo(fault_text(fault, language), err=True)
    finally:
        store.close()


TownOption = Annotated[bool, typer.Option("--town", help="run and watch all processes of a town on this machine")]
RoleOption = Annotated[ProcessRole, typer.Option("--role", help="run one of a town's processes: web, staff or jobs")]


def serve(town: TownOption = False, role: RoleOption = ProcessRole.ALL) -> None:
    """Prepare the store and serve the app at RENOVATION_ADDRESS:RENOVATION_PORT, or the processes of a town.

    Raises
    ------
    InvalidError
        ``config.port_taken``, ``config.tls`` or ``config.town_sqlite``.
    """
    language = terminal_language()
    with refusals(language, status=1):
        if role is not ProcessRole.ALL:
            os.environ["RENOVATION_ROLE"] = role.value
        settings = read_settings()
        if (town or role is not ProcessRole.ALL) and settings.is_sqlite:
            raise InvalidError("config.town_sqlite", home=str(settings.home))
        tasks = town_tasks(settings) if town else []
        for taken in [task.port for task in tasks if task.port] or [settings.port]:
            if role is not ProcessRole.JOBS and port_taken(settings, taken):
                raise InvalidError("config.port_taken", port=taken, next=taken % 65535 + 1)
        _check_tls(settings)
        prepare(settings, language)
    if town:
        _watch(tasks, settings, language)
        return
    if role is not ProcessRole.JOBS:
        typer.echo(text("system.serve.ready", language, url=_shown(settings, settings.port)))
    command = role_command(settings)
    sys.stdout.flush()
    os.chdir(CHECKOUT)
    if os.name == "nt":
        raise typer.Exit(subprocess.call(command))  # noqa: S603 (our own command line)
    os.execv(command[0], command)  # noqa: S606 (our own command line)


def _shown(settings: Configuration, port: int) -> str:
    host = "localhost" if settings.address in {"0.0.0.0", "::"} else settings.address  # noqa: S104
    return f"{'https' if settings.has_tls else 'http'}://{host}:{port}"


def role_command(settings: Configuration) -> list[str]:
    """Return the command line of the process that these settings ask for."""
    if settings.role in (ProcessRole.WEB, ProcessRole.JOBS):
        return [sys.executable, "-m", f"renovation.town.{settings.role.value}"]
    return streamlit_command(settings)


def town_tasks(settings: Configuration) -> list[WatchedProcess]:
    """Return the processes of a town on one machine: residents' pages, the staff's app, and the one for long work."""
    from renovation.town.watch import WatchedProcess

    def task(name: str, role: ProcessRole, port: int) -> WatchedProcess:
        said = {"RENOVATION_ROLE": role.value, **({"RENOVATION_PORT": str(port)} if port else {})}
        own = settings.model_copy(update={"role": role, **({"port": port} if port else {})})
        return WatchedProcess(
            name=name, command=role_command(own), environment=said, port=0 if settings.has_tls else port
        )

    return [
        *(
            task(f"{role.value} {at}", role, port)
            for role, ports in zip((ProcessRole.WEB, ProcessRole.STAFF), settings.town_ports, strict=True)
            for at, port in enumerate(ports, 1)
        ),
        task("jobs", ProcessRole.JOBS, 0),
    ]


def _watch(tasks: list[WatchedProcess], settings: Configuration, language: Language) -> None:
    from renovation.town.watch import watch

    web, staff = (tuple(_shown(settings, port) for port in ports) for ports in settings.town_ports)
    typer.echo(text("system.serve.town", language, staff=staff, web=web))
    sys.stdout.flush()
    watch(tasks, lambda name, code: typer.echo(text("system.serve.died", language, name=name, code=code), err=True))
    typer.echo(text("system.serve.ended", language))


def _check_tls(settings: Configuration) -> None:
    """Refuse half of a certificate: nobody is to believe that the way is closed while it is open."""
    named = {"RENOVATION_TLS_CERT": settings.tls_cert, "RENOVATION_TLS_KEY": settings.tls_key}
    if any(named.values()) and not all(file is not None and file.is_file() for file in named.values()):
        raise InvalidError("config.tls", **{name.lower(): str(file or "–") for name, file in named.items()})


def _as_json(check: Check) -> dict[str, object]:
    return {"check": check.name, "state": check.state, "text": both(f"system.doctor.{check.says}", **check.fields)}


TownCheck = Annotated[bool, typer.Option("--town", help="look at what a town's server needs too")]


def doctor(format_: FormatOption = Format.TABLE, town: TownCheck = False) -> None:
    """Check configuration, versions, map files, fonts and store, and print what to mend."""
    language = terminal_language()
    checks = examine(town=town)
    if format_ is Format.JSON:
        print_json([_as_json(check) for check in checks])
    else:
        for check in checks:
            state = text(f"system.state.{check.state}", language)
            typer.echo(f"{state}  {text(f'system.doctor.{check.says}', language, **check.fields)}")
    if any(check.state is State.BROKEN for check in checks):
        raise typer.Exit(1)


SecondOption = Annotated[str, typer.Option(help="login of a second member of staff", show_default=False)]


def _second(store: Store, login: str, lang: Language) -> Actor | None:
    """Ask a second member of staff for their password."""
    from renovation.services.staff.accounts import confirm_as_second

    if not login:
        return None
    password = typer.prompt(text("second.password", lang), hide_input=True)
    return confirm_as_second(store, OPERATOR, login, password)


def accept_store(
    reason: Annotated[str, typer.Option(help="why this store is the right one; kept in the log")],
    second: SecondOption = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Let a store that was put back on purpose be the right one: move the log's head, with an entry in the log."""
    from renovation.services.house import backups

    with refusals(lang), opened_store() as store:
        backups.accept_store(store, OPERATOR, reason, second=_second(store, second, lang))
        typer.echo(text("backup.accepted", lang))


ScratchOption = Annotated[
    str, typer.Option(help="an empty database to rehearse in; else the one in use with _drill behind its name")
]


def backup(
    dump: Annotated[bool, typer.Option("--dump", help="write pg_dump's custom format beside it")] = False,
    scratch: ScratchOption = "",
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Back the store up while everybody goes on working, and look through the copy; keys stay apart."""
    from renovation.services.house import backups, drills

    folder = read_settings().backup_dir
    with refusals(lang), opened_store() as store:
        made = backups.make_backup(store, OPERATOR, folder)
        files = [folder / made.name]
        if dump:
            files.append(drills.dump_backup(store, OPERATOR, files[0], scratch_url=scratch))
    if format_ is Format.JSON:
        print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        typer.echo(text("backup.written", lang, file=str(file)))


def restore(
    file: Annotated[Path, typer.Argument(help="a backup, of either form", show_default=False)],
    drill: Annotated[
        bool, typer.Option("--drill", "--dry-run", help="put it into a scratch store, check it, and leave nothing")
    ] = False,
    second: SecondOption = "",
    moved: Annotated[bool, typer.Option("--moved", help="another installation's data move here on purpose")] = False,
    scratch: ScratchOption = "",
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Put a backup in the store's place, after keeping what is there now; or rehearse that."""
    from renovation.services.house import backups, drills

    folder = read_settings().backup_dir
    with refusals(lang), opened_store() as store:
        if drill:
            found = asdict(drills.drill_backup(store, OPERATOR, file, scratch_url=scratch))
            said = text("backup.drilled", lang, **found)
        else:
            two = _second(store, second, lang)
            with drills.backup_of(store, OPERATOR, file, scratch_url=scratch) as plain:
                put = backups.restore_backup(store, OPERATOR, plain, folder, second=two, moved=moved)
            found = {"name": file.name, "ballots": put.ballots, "log_entries": put.log_entries}
            said = text("backup.restored", lang, ballots=put.ballots, entries=put.log_entries)
    if format_ is Format.JSON:
        print_json(found)
    else:
        typer.echo(said)


def let_in(
    login: Annotated[str, typer.Argument(help="whose password, telephone and recovery codes are lost")],
    reason: Annotated[str, typer.Option(help="what happened; kept in the log")],
    second: SecondOption = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Give an account a new first password and take its second factor off, with an entry in the log."""
    from renovation.services.staff import recovery

    with refusals(lang), opened_store() as store:
        password = recovery.let_in(store, OPERATOR, login, reason, second=_second(store, second, lang))
        typer.echo(text("system.let_in", lang, login=login, password=password))


def grant_web(
    role: Annotated[str, typer.Argument(help="a role of the database's server that residents' processes sign in as")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Let a database role do what residents' pages need and nothing else; done anew after every upgrade.

    Raises
    ------
    InvalidError
        ``config.town_sqlite``: a file knows no roles.
    """
    from renovation.store.house import grants

    with refusals(lang), opened_store() as store:
        if store.is_sqlite:
            raise InvalidError("config.town_sqlite", home=str(read_settings().home))
        grants.grant(store, role)
        typer.echo(text("system.granted", lang, role=role))


def move(
    to: Annotated[str, typer.Option(help="address of the new, empty database: postgresql+psycopg://user@host/name")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="copy and compare, and keep nothing of it")] = False,
    format_: FormatOption = Format.TABLE,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Move everything to another database, compare both, and leave the old one for good; keys stay in their folder."""
    from renovation.services.house import moving

    def told(table: str, copied: int, whole: int) -> None:
        tell_progress(text("demo.progress", lang, part=table, done=copied, total=whole), last=copied == whole)

    settings = read_settings()
    with refusals(lang), moving.opened_alone(settings.database_url, settings.key_dir) as store:
        moved = moving.move_store(store, OPERATOR, to, rehearse=dry_run, told=told)
    if format_ is Format.JSON:
        print_json(asdict(moved))
        return
    figures = {"to": moved.to, "tables": moved.tables, "rows": moved.rows, "polls": moved.polls}
    typer.echo(text("move.moved" if moved.kept else "move.rehearsed", lang, **figures, keys=str(settings.key_dir)))


def delete_personal_data(dry_run: DryRun = False, format_: FormatOption = Format.TABLE) -> None:
    """Mask contact details and delete photos of demands, and delete answers of surveys, whose term is over."""
    from renovation.services.house import retention

    language = terminal_language()
    with refusals(language), opened_store() as store:
        if dry_run:
            held = retention.read_retention(store, OPERATOR)
            report = {"days": held.days, "demands": held.demands, "photos": held.photos, "surveys": held.surveys}
            said = text("retention.due", language, demands=held.demands, photos=held.photos, surveys=held.surveys)
        else:
            done = retention.delete_due(store, OPERATOR)
            report = {"demands": done.demands, "texts": done.texts, "photos": done.photos, "surveys": done.surveys}
            said = text("retention.deleted", language, **report)
            if not done.swept:
                said += text("retention.not_swept", language)
    if format_ is Format.JSON:
        print_json(report)
    else:
        typer.echo(said)


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(accept_store)
    app.command()(backup)
    app.command()(restore)
    app.command()(let_in)
    app.command()(move)
    app.command()(grant_web)
    app.command()(serve)
    app.command()(doctor)
    app.command("delete-personal-data")(delete_personal_data)
