"""Panels in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from renovation.errors import ConflictError, NotFoundError
from renovation.model.canonical import from_plain, plain
from renovation.model.names import name_key
from renovation.model.panels import Conflict, Panel, PanelSetup, PanelState, ScoreSheet
from renovation.store.rows import change_row, keys_of, new_id, the_row
from renovation.store.schema.panels import panel, panel_sheet


def _panel(row: Any, sheets: Iterable[Any] = ()) -> Panel:
    held = list(sheets)
    return Panel(
        id=row.id,
        setup=from_plain(PanelSetup, row.setup),
        state=PanelState(row.state),
        created_at=row.created_at,
        version=row.version,
        sheets=tuple(
            ScoreSheet(
                assessor=one.assessor,
                entry=one.entry,
                points={code: Fraction(value) for code, value in one.points.items()},
            )
            for one in held
            if not one.conflict
        ),
        conflicts=tuple(
            Conflict(assessor=one.assessor, entry=one.entry, reason=one.conflict) for one in held if one.conflict
        ),
    )


def listed(connection: sa.Connection) -> tuple[Panel, ...]:
    """Return every panel without its sheets, the newest first."""
    return tuple(_panel(row) for row in connection.execute(sa.select(panel).order_by(panel.c.id.desc())))


def get(connection: sa.Connection, panel_id: int) -> Panel:
    """Return a panel with its sheets.

    Raises
    ------
    NotFoundError
        ``panel.unknown``.
    """
    row = the_row(connection, sa.select(panel).where(panel.c.id == panel_id), "panel.unknown", id=panel_id)
    query = sa.select(panel_sheet).where(panel_sheet.c.panel_id == panel_id)
    return _panel(row, connection.execute(query.order_by(panel_sheet.c.entry, panel_sheet.c.assessor)))


def _require_name(connection: sa.Connection, name: str, besides: int = 0) -> None:
    query = sa.select(panel.c.name).where(panel.c.name_key == name_key(name), panel.c.id != besides)
    if same := connection.execute(query).scalar():
        raise ConflictError("panel.name_taken", name=same)


def add(connection: sa.Connection, setup: PanelSetup, *, at: datetime, login: str) -> int:
    """Keep a new panel and return its id.

    Raises
    ------
    ConflictError
        ``panel.name_taken``.
    """
    _require_name(connection, setup.name)
    values = {"name": setup.name, "setup": plain(setup), "state": PanelState.OPEN.value}
    return new_id(connection, panel.insert().values(**values, created_at=at, login=login))


def rewrite(connection: sa.Connection, panel_id: int, setup: PanelSetup, *, version: int) -> None:
    """Change what a panel goes by, if nobody else has meanwhile.

    Raises
    ------
    ConflictError
        ``panel.changed_meanwhile`` or ``panel.name_taken``.
    """
    values = {"name": setup.name, "setup": plain(setup)}
    _require_name(connection, setup.name, besides=panel_id)
    _write(connection, panel_id, version, values | keys_of(panel, values))


def set_state(connection: sa.Connection, panel_id: int, state: PanelState, *, version: int) -> None:
    """Close a panel or open it again, if nobody else has changed it meanwhile.

    Raises
    ------
    ConflictError
        ``panel.changed_meanwhile``.
    """
    _write(connection, panel_id, version, {"state": state.value})


def _write(connection: sa.Connection, panel_id: int, version: int, values: Mapping[str, Any]) -> None:
    change_row(connection, panel, panel_id, version, "panel.changed_meanwhile", values=values)


def keep_sheets(
    connection: sa.Connection, panel_id: int, sheets: Iterable[ScoreSheet], *, at: datetime, login: str
) -> None:
    """Keep sheets in the place of earlier ones; one without any points is removed."""
    for sheet in sheets:
        _forget(connection, panel_id, sheet.assessor, sheet.entry)
        if sheet.points:
            _insert(connection, panel_id, sheet.assessor, sheet.entry, points=plain(sheet.points), at=at, login=login)


def keep_conflict(connection: sa.Connection, panel_id: int, one: Conflict, *, at: datetime, login: str) -> None:
    """Note that an assessor steps out for an entry; a sheet already given no longer exists."""
    _forget(connection, panel_id, one.assessor, one.entry)
    _insert(connection, panel_id, one.assessor, one.entry, conflict=one.reason, at=at, login=login)


def forget_conflict(connection: sa.Connection, panel_id: int, assessor: str, entry: str) -> None:
    """Let an assessor in again."""
    _forget(connection, panel_id, assessor, entry)


def _forget(connection: sa.Connection, panel_id: int, assessor: str, entry: str) -> None:
    connection.execute(
        panel_sheet.delete().where(
            panel_sheet.c.panel_id == panel_id, panel_sheet.c.assessor == assessor, panel_sheet.c.entry == entry
        )
    )


def _insert(
    connection: sa.Connection,
    panel_id: int,
    assessor: str,
    entry: str,
    *,
    at: datetime,
    login: str,
    points: Any = None,
    conflict: str = "",
) -> None:
    connection.execute(
        panel_sheet.insert().values(
            panel_id=panel_id, assessor=assessor, entry=entry, points=points or {}, conflict=conflict, login=login,
            saved_at=at,
        )
    )  # fmt: skip


def remove(connection: sa.Connection, panel_id: int) -> None:
    """Forget a panel with its sheets.

    Raises
    ------
    NotFoundError
        ``panel.unknown``.
    """
    connection.execute(panel_sheet.delete().where(panel_sheet.c.panel_id == panel_id))
    if connection.execute(panel.delete().where(panel.c.id == panel_id)).rowcount == 0:
        raise NotFoundError("panel.unknown", id=panel_id)
