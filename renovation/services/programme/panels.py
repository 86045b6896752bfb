"""Panels: set one up, give points, step out for a conflict of interest, add residents' votes, read the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from renovation.errors import ConflictError, InvalidError, NotFoundError
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.accounts import Action, Actor
from renovation.model.names import known_as
from renovation.model.panels import Conflict, Panel, PanelSetup, PanelState, ScoreSheet, VoteChannel
from renovation.model.projects import ProjectFilter
from renovation.rules.programme.panel import result_of, score_panel
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.outcome.votes import votes_of_projects
from renovation.services.typed import one_line
from renovation.store import Store
from renovation.store.programme import panels
from renovation.store.projects import projects
from renovation.text import Language, text
from renovation.text.formats import format_list

_REASON_LIMIT = 200


def list_panels(store: Store, actor: Actor | None) -> tuple[Panel, ...]:
    """Return every panel without its sheets, the newest first."""
    with reading(store, actor, Action.SEE_PANELS) as door:
        return panels.listed(door.connection)


def get_panel(store: Store, actor: Actor | None, panel_id: int) -> Panel:
    """Return a panel with every sheet.

    Raises
    ------
    NotFoundError
        ``panel.unknown``.
    """
    with reading(store, actor, Action.SEE_PANELS) as door:
        return door.panel(panel_id)


def create_panel(store: Store, actor: Actor | None, setup: PanelSetup) -> Panel:
    """Set a panel up.

    Raises
    ------
    ConflictError
        ``panel.name_taken``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        made = panels.add(unit.connection, setup, at=unit.at, login=unit.actor.login)
        unit.log("panel.create", "panel", made, name=setup.name, entries=len(setup.entries))
        unit.commit()
        return unit.panel(made)


def edit_panel(store: Store, actor: Actor | None, panel_id: int, setup: PanelSetup, *, version: int) -> Panel:
    """Change what a panel goes by. Points already given stay, so what they name and are counted by must too.

    Raises
    ------
    ConflictError
        ``panel.closed``, ``panel.changed_meanwhile``, ``panel.has_points`` when points would lose their place, or
        ``panel.shares_fixed`` when residents' share would change after points or votes are in.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        given = {*(one.assessor for one in held.sheets), *(one.assessor for one in held.conflicts)}
        setup = replace(setup, assessors=tuple(known_as(one, given) for one in setup.assessors))
        has_lost = not all(_has_place(one, setup) for one in held.sheets) or not all(
            _has_place(one, setup) for one in held.conflicts
        )
        # Whoever has seen the points could turn the result by changing what they are counted by.
        before, after = ((one.criteria, one.drop_highest_and_lowest) for one in (held.setup, setup))
        if has_lost or (held.sheets and before != after):
            raise ConflictError("panel.has_points")
        _require_same_shares(held, setup)
        panels.rewrite(unit.connection, panel_id, setup, version=version)
        unit.log("panel.edit", "panel", panel_id, name=setup.name)
        unit.commit()
        return unit.panel(panel_id)


def _has_place(one: ScoreSheet | Conflict, setup: PanelSetup) -> bool:
    return one.assessor in setup.assessors and one.entry in {entry.code for entry in setup.entries}


def shares_are_fixed(panel: Panel) -> bool:
    """Tell whether residents' share of the score can no longer change: points or votes are in."""
    return bool(panel.sheets) or any(any(channel.votes.values()) for channel in panel.setup.channels)


def _require_same_shares(held: Panel, setup: PanelSetup) -> None:
    """Whoever has seen points or votes could turn the result by weighing the two anew."""
    before, after = (
        (one.public_share, {channel.kind: channel.share for channel in one.channels} if one.public_share else {})
        for one in (held.setup, setup)
    )
    if before != after and shares_are_fixed(held):
        raise ConflictError("panel.shares_fixed")


def _open(unit: ActingUnit, panel_id: int) -> Panel:
    held = unit.panel(panel_id)
    if held.state is PanelState.CLOSED:
        raise ConflictError("panel.closed", name=held.name)
    return held


def give_points(
    store: Store, actor: Actor | None, panel_id: int, assessor: str, points: Mapping[str, Mapping[str, Fraction]]
) -> Panel:
    """Keep an assessor's points: entry → criterion → points. An entry without any is emptied.

    Raises
    ------
    InvalidError
        ``panel.out_of_range`` and the like; nothing is kept then.
    ConflictError
        ``panel.closed``, or ``panel.stepped_out`` for an entry the assessor has a conflict of interest with.
    NotFoundError
        ``panel.assessor_unknown``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        assessor = known_as(assessor, held.setup.assessors)
        if assessor not in held.setup.assessors:
            raise NotFoundError("panel.assessor_unknown", assessor=assessor[:60])
        out = {one.entry for one in held.conflicts if one.assessor == assessor}
        if crossed := [entry for entry in points if entry in out]:
            raise ConflictError("panel.stepped_out", assessor=assessor, entry=crossed[0])
        sheets = [ScoreSheet(assessor=assessor, entry=entry, points=dict(given)) for entry, given in points.items()]
        score_panel([entry.code for entry in held.setup.entries], held.setup.criteria, sheets)
        panels.keep_sheets(unit.connection, panel_id, sheets, at=unit.at, login=unit.actor.login)
        unit.log("panel.points", "panel", panel_id, assessor=assessor, entries=len(sheets))
        unit.commit()
        return unit.panel(panel_id)


def step_out(store: Store, actor: Actor | None, panel_id: int, conflict: Conflict) -> Panel:
    """Note that an assessor steps out for an entry, with the reason; points already given for it are dropped.

    Raises
    ------
    NotFoundError
        ``panel.assessor_unknown``.
    """
    conflict = replace(conflict, reason=one_line(conflict.reason, _REASON_LIMIT))
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        conflict = replace(conflict, assessor=known_as(conflict.assessor, held.setup.assessors))
        if not _has_place(conflict, held.setup):
            raise NotFoundError("panel.assessor_unknown", assessor=conflict.assessor[:60])
        panels.keep_conflict(unit.connection, panel_id, conflict, at=unit.at, login=unit.actor.login)
        unit.log("panel.step_out", "panel", panel_id, assessor=conflict.assessor, entry=conflict.entry)
        unit.commit()
        return unit.panel(panel_id)


def step_in(store: Store, actor: Actor | None, panel_id: int, assessor: str, entry: str) -> Panel:
    """Let an assessor give points for an entry again.

    Raises
    ------
    NotFoundError
        ``panel.assessor_unknown``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        assessor = known_as(assessor, held.setup.assessors)
        if not any((one.assessor, one.entry) == (assessor, entry) for one in held.conflicts):
            raise NotFoundError("panel.assessor_unknown", assessor=assessor[:60])
        panels.forget_conflict(unit.connection, panel_id, assessor, entry)
        unit.log("panel.step_in", "panel", panel_id, assessor=assessor, entry=entry)
        unit.commit()
        return unit.panel(panel_id)


def set_votes(
    store: Store,
    actor: Actor | None,
    panel_id: int,
    *,
    public_share: Fraction,
    channels: Iterable[VoteChannel],
    version: int,
) -> Panel:
    """Keep the residents' votes by channel, and what share of the score they make.

    Raises
    ------
    InvalidError
        ``panel.shares``: the channels' shares do not add up to one, or votes are negative.
    ConflictError
        ``panel.shares_fixed``: the shares are others than those points or votes were given under.
    """
    kept = tuple(channels)
    if any(votes < 0 for channel in kept for votes in channel.votes.values()):
        raise InvalidError("panel.shares")
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        setup = replace(held.setup, public_share=public_share, channels=kept)
        _require_same_shares(held, setup)
        panels.rewrite(unit.connection, panel_id, setup, version=version)
        unit.log("panel.votes", "panel", panel_id, share=str(public_share))
        unit.commit()
        return unit.panel(panel_id)


def votes_by_code(store: Store, actor: Actor) -> dict[str, int]:
    """Return what projects got in the polls, by project code, to fill a channel with."""
    found = votes_of_projects(store, actor)
    with reading(store, actor, Action.SEE_RESULTS) as door:
        rows = projects.listed(door.connection, ProjectFilter(), scopes=[door.scope])
    return {row.project.code: int(found[row.project.id].votes) for row in rows if row.project.id in found}


def close_panel(store: Store, actor: Actor | None, panel_id: int, *, version: int) -> Panel:
    """Close a panel: nothing in it changes any more.

    Raises
    ------
    ConflictError
        ``panel.incomplete`` while points are missing, ``panel.closed``, ``panel.changed_meanwhile``.
    """
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        if missing := result_of(held).missing:
            raise ConflictError("panel.incomplete", count=len(missing), assessor=missing[0][0])
        panels.set_state(unit.connection, panel_id, PanelState.CLOSED, version=version)
        unit.log("panel.close", "panel", panel_id, name=held.name)
        unit.commit()
        return unit.panel(panel_id)


def reopen_panel(store: Store, actor: Actor | None, panel_id: int, *, reason: str, version: int) -> Panel:
    """Open a closed panel again, with a reason that stays in the log.

    Raises
    ------
    InvalidError
        ``panel.reason_missing``.
    """
    reason = one_line(reason, _REASON_LIMIT)
    if not reason:
        raise InvalidError("panel.reason_missing")
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        unit.panel(panel_id)
        panels.set_state(unit.connection, panel_id, PanelState.OPEN, version=version)
        unit.log("panel.reopen", "panel", panel_id, reason=reason)
        unit.commit()
        return unit.panel(panel_id)


def remove_panel(store: Store, actor: Actor | None, panel_id: int) -> None:
    """Forget a panel that is not closed."""
    with acting(store, actor, Action.SET_CRITERIA) as unit:
        held = _open(unit, panel_id)
        panels.remove(unit.connection, panel_id)
        unit.log("panel.remove", "panel", panel_id, name=held.name)
        unit.commit()


def export_panel(store: Store, actor: Actor | None, panel_id: int, language: Language | str) -> Exported:
    """Return a panel as a workbook: result, every assessor's points, and what it goes by."""
    panel = get_panel(store, actor, panel_id)
    setup, result = panel.setup, result_of(panel)

    def word(key: str, /, **fields: Any) -> str:
        return text(f"panel.{key}", language, **fields)

    names = {entry.code: entry.name for entry in setup.entries}
    by_entry = {line.entry: line for line in result.lines}
    final = [
        [
            line.rank, line.entry, names[line.entry], _hundred(line.score), _hundred(line.panel), _hundred(line.public),
            by_entry[line.entry].points, format_list(by_entry[line.entry].dropped, str(language)),
            format_list((one.assessor for one in panel.conflicts if one.entry == line.entry), str(language)),
            *(channel.votes.get(line.entry, 0) for channel in setup.channels),
        ]
        for line in result.combined
    ]  # fmt: skip
    columns = ("rank", "code", "entry", "score", "panel_part", "public_part", "points", "dropped", "stepped_out")
    headings = [word(f"column.{name}") for name in columns]
    headings += [word("column.votes", name=word(f"channel.{channel.kind}")) for channel in setup.channels]
    points = [
        [sheet.entry, names[sheet.entry], sheet.assessor, *(sheet.points.get(one.code) for one in setup.criteria),
         sum(sheet.points.values(), Fraction(0))]
        for sheet in panel.sheets
    ]  # fmt: skip
    point_headings = [word(f"column.{name}") for name in ("code", "entry", "assessor")]
    point_headings += [word("criterion_max", name=one.name, points=one.max_points) for one in setup.criteria]
    about: list[list[Any]] = [
        [word("field.name"), setup.name],
        [word("field.drop"), word("yes" if setup.drop_highest_and_lowest else "no")],
        [word("field.public_share"), setup.public_share],
        *([word("field.channel", name=word(f"channel.{channel.kind}")), channel.share] for channel in setup.channels),
        *([word("field.conflict", name=one.assessor, entry=names[one.entry]), one.reason] for one in panel.conflicts),
    ]
    return workbook(
        setup.name,
        [
            TableSheet(name=word("sheet.result"), headings=headings, rows=final),
            TableSheet(name=word("sheet.points"), headings=[*point_headings, word("column.total")], rows=points),
            TableSheet(name=word("sheet.about"), headings=[word("column.what"), word("column.value")], rows=about),
        ],
    )


def _hundred(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100
