"""A panel on screen: set it up, a grid to type points into, stepping out, residents' votes, the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import count
from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.panels import (
    ONLINE_SHARE,
    Conflict,
    Panel,
    PanelChannel,
    PanelCriterion,
    PanelEntry,
    PanelSetup,
    PanelState,
    VoteChannel,
)
from renovation.model.projects import ProjectFilter
from renovation.rules.programme.panel import result_of
from renovation.services.programme import panels
from renovation.services.projects.projects import list_projects
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.grid import COUNT, HUNDREDTHS, LONG, TEXT, WHOLE, editor, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.words import label, language, listed, pair, say, told

_EXAMPLE = (("need", 30), ("part", 20), ("feasible", 20), ("lasting", 15), ("budget", 15))


def choose_panel(actor: Actor) -> Panel | None:
    """Let the person choose a panel, the newest first; ``None`` when there is none."""
    known = panels.list_panels(store(), actor)
    if not known:
        return None
    chosen = st.selectbox(
        say("panel.choose"),
        [one.id for one in known],
        format_func={
            one.id: say("panel.choice", name=one.name, state=say(f"enum.PanelState.{one.state.value}")) for one in known
        }.__getitem__,
        key="panel.chosen",
    )
    return panels.get_panel(store(), actor, chosen)


def _exact(value: Any) -> Fraction:
    """Take a number as it was typed, not as a float holds it."""
    return Fraction(str(value))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def new_panel_form(actor: Actor) -> None:
    """Ask for what a panel goes by and set it up."""
    made = _ask(actor, None)
    if made is None:
        return
    form, asked = made
    with form.saving():
        panel = panels.create_panel(store(), actor, asked())
        st.session_state.pop("panel.chosen", None)
        form.done(told("panel.created", name=panel.name))


def setup_tab(actor: Actor, panel: Panel) -> None:
    """Show what a panel goes by and let somebody change it; once points are given, criteria stay as announced."""
    if panel.state is PanelState.CLOSED:
        _announced(panel)
        return
    if panel.sheets:
        st.info(say("panel.edit.has_points"), icon=":material/lock:")
    changed = _ask(actor, panel)
    if changed is None:
        return
    form, asked = changed
    with form.saving():
        panels.edit_panel(store(), actor, panel.id, asked(), version=form.base.version)
        form.done(say("panel.edit.saved"))


def _announced(panel: Panel) -> None:
    setup = panel.setup
    grid(
        {
            "criterion": [one.name for one in setup.criteria],
            "max_points": [float(one.max_points) for one in setup.criteria],
        },
        words="panel.field",
        kinds={"max_points": COUNT},
        width="content",
        key="panel.announced",
    )
    st.text(_shares_said(setup))
    drop = say("panel.yes" if setup.drop_highest_and_lowest else "panel.no")
    st.text(pair(say("panel.field.drop"), drop))
    st.text(pair(say("panel.points.assessor"), listed(setup.assessors)))


def _shares_said(setup: PanelSetup) -> str:
    """Say what share of the score residents' votes make, and each channel of them."""
    if not setup.public_share:
        return say("panel.votes.none_count")
    said = say("panel.votes.share", share=setup.public_share)
    return said + listed(
        say("panel.votes.channel", name=label("panel.channel", one.kind), share=one.share) for one in setup.channels
    )


def _ask(actor: Actor, panel: Panel | None) -> tuple[Draft, Callable[[], PanelSetup]] | None:
    """Ask for what a panel goes by; return the form and how to read the answer once it is to be saved."""
    with draft(actor, "panel.new" if panel is None else f"panel.edit.{panel.id}", base=panel) as form:
        read = _fields(actor, form)
    return None if read is None else (form, read)


def _fields(actor: Actor, form: Draft) -> Callable[[], PanelSetup] | None:
    panel: Panel | None = form.base
    setup = panel.setup if panel else None
    is_scored = bool(panel and panel.sheets)
    name = st.text_input(say("panel.field.name"), max_chars=60, **form.field("name", setup.name if setup else ""))
    if setup is None:
        st.caption(say("panel.example_note"))
        lines = [(say(f"panel.example.{code}"), float(points)) for code, points in _EXAMPLE]
    else:
        lines = [(one.name, float(one.max_points)) for one in setup.criteria]
    left, right = st.columns(2, gap="medium")
    with left:
        criteria = editor(
            pd.DataFrame(lines, columns=["criterion", "max_points"]),
            words="panel.field",
            kinds={
                "criterion": partial(TEXT, max_chars=60),
                "max_points": partial(COUNT, min_value=1, max_value=1000),
            },
            grows=not is_scored,
            fixed=is_scored,
            key="criteria",
            draft=form,
        )
        drop = st.checkbox(
            say("panel.field.drop"),
            help=say("panel.field.drop_note"),
            disabled=is_scored,
            **form.field("drop", setup.drop_highest_and_lowest if setup else True),
        )
        shares = _ask_shares(form)
    with right:
        rows = {row.project.code: row for row in list_projects(store(), actor, ProjectFilter())}
        held = {one.code: one for one in setup.entries} if setup else {}
        chosen = st.multiselect(
            say("panel.field.projects"),
            list(rows),
            format_func=lambda code: f"{code} {rows[code].project.name} · {rows[code].estate_name}",
            placeholder=say("panel.field.projects_hint"),
            select_all=False,
            **form.field("projects", [code for code in held if code in rows], among=rows),
        )
        others = st.text_area(
            say("panel.field.others"),
            height=80,
            **form.field("others", "\n".join(one.name for code, one in held.items() if code not in rows)),
        )
        assessors = st.text_area(
            say("panel.field.assessors"),
            height=110,
            **form.field("assessors", "\n".join(setup.assessors if setup else ())),
        )
    button, icon = ("panel.create", "grading") if setup is None else ("panel.edit.save", "save")
    if not st.button(say(button), type="primary", icon=f":material/{icon}:", key=form.key("save")):
        return None

    def read() -> PanelSetup:
        entries = [
            held.get(code) or PanelEntry(code=code, name=f"{rows[code].project.name} · {rows[code].estate_name}")
            for code in chosen
        ]
        asked = PanelSetup(
            name=name.strip(),
            criteria=setup.criteria if setup and is_scored else _criteria(criteria),
            entries=(*entries, *_others(_lines(others), {one.name: one for c, one in held.items() if c not in rows})),
            assessors=_lines(assessors),
            drop_highest_and_lowest=drop,
        )
        return replace(asked, public_share=shares[0], channels=shares[1])

    return read


def _ask_shares(form: Draft) -> tuple[Fraction, tuple[VoteChannel, ...]]:
    """Ask what share of the score residents' votes make; fixed as soon as points or votes are in."""
    panel: Panel | None = form.base
    setup = panel.setup if panel else None
    fixed = panel is not None and panels.shares_are_fixed(panel)
    known = {one.kind: one for one in setup.channels} if setup else {}
    left, right = st.columns(2)
    public = left.number_input(
        say("panel.field.public_percent"),
        0,
        100,
        disabled=fixed,
        help=say("panel.votes.how"),
        **form.field("public", round(setup.public_share * 100) if setup else 0),
    )
    online = right.number_input(
        say("panel.field.online_percent"),
        0,
        100,
        disabled=fixed or not public,
        **form.field(
            "online",
            round((known[PanelChannel.ONLINE].share if PanelChannel.ONLINE in known else ONLINE_SHARE) * 100),
        ),
    )
    if fixed and setup:
        return setup.public_share, setup.channels
    first = Fraction(int(online), 100)
    channels = (
        VoteChannel(kind=kind, share=share, votes=known[kind].votes if kind in known else {})
        for kind, share in ((PanelChannel.ONLINE, first), (PanelChannel.ONSITE, 1 - first))
    )
    return Fraction(int(public), 100), tuple(channels) if public else ()


def _criteria(typed: pd.DataFrame) -> tuple[PanelCriterion, ...]:
    return tuple(
        PanelCriterion(code=f"c{number}", name=str(row.criterion).strip(), max_points=_exact(row.max_points))
        for number, row in enumerate(typed.dropna().itertuples(), 1)
    )


def _others(lines: tuple[str, ...], held: Mapping[str, PanelEntry]) -> list[PanelEntry]:
    """Return what is assessed besides projects; who stood there before keeps the code points are kept under."""
    taken = {one.code for one in held.values()}
    free = (f"X{number}" for number in count(1) if f"X{number}" not in taken)
    return [held.get(line) or PanelEntry(code=next(free), name=line) for line in lines]


def points_tab(actor: Actor, panel: Panel) -> None:
    """Let somebody type an assessor's points into a grid: entries down, criteria across."""
    setup = panel.setup
    assessor = st.selectbox(say("panel.points.assessor"), setup.assessors, key=f"panel.assessor.{panel.id}")
    st.caption(say("panel.points.how"))
    out = {one.entry for one in panel.conflicts if one.assessor == assessor}
    entries = [entry for entry in setup.entries if entry.code not in out]
    given = {sheet.entry: sheet.points for sheet in panel.sheets if sheet.assessor == assessor}
    frame = pd.DataFrame(
        {
            "entry": [entry.name for entry in entries],
            **{
                one.code: [_shown(given.get(entry.code, {}).get(one.code)) for entry in entries]
                for one in setup.criteria
            },
        },
        index=[entry.code for entry in entries],
    ).astype({one.code: float for one in setup.criteria})
    closed = panel.state is PanelState.CLOSED
    with draft(actor, f"panel.points.{panel.id}.{assessor}", base=panel) as form:
        typed = _points_grid(frame, setup, form, closed=closed)
    if out:
        names = listed(entry.name for entry in setup.entries if entry.code in out)
        st.caption(told("panel.points.out", assessor=assessor, names=names))
    if closed or not st.button(
        say("panel.points.save"), type="primary", icon=":material/save:", key=f"panel.save.{panel.id}"
    ):
        return
    points = {
        entry.code: {one.code: _exact(row[one.code]) for one in setup.criteria if not pd.isna(row[one.code])}
        for entry, (_, row) in zip(entries, typed.iterrows(), strict=True)
    }
    with form.saving():
        panels.give_points(store(), actor, panel.id, assessor, points)
        form.done(told("panel.points.saved", assessor=assessor))


def _points_grid(frame: pd.DataFrame, setup: PanelSetup, form: Draft, *, closed: bool) -> pd.DataFrame:
    return editor(
        frame,
        words="panel.column",
        headings={
            one.code: say("panel.criterion_short", name=one.name, points=one.max_points) for one in setup.criteria
        },
        kinds={
            one.code: partial(
                st.column_config.NumberColumn,
                help=say("panel.criterion_max", name=one.name, points=one.max_points),
                min_value=0.0,
                max_value=float(one.max_points),
                step=0.5,
            )
            for one in setup.criteria
        },
        fixed=closed or ["entry"],
        key="points",
        draft=form,
    )


def _shown(points: Fraction | None) -> float | None:
    return None if points is None else float(points)


def conflicts_tab(actor: Actor, panel: Panel) -> None:
    """Show who steps out for what, and note another one."""
    names = {entry.code: entry.name for entry in panel.setup.entries}
    closed = panel.state is PanelState.CLOSED
    if not panel.conflicts:
        st.caption(say("panel.conflicts.none"))
    for one in panel.conflicts:
        words, button = st.columns([5, 1], vertical_alignment="center")
        words.write(told("panel.conflicts.line", assessor=one.assessor, entry=names[one.entry], reason=one.reason))
        key = f"panel.in.{panel.id}.{one.assessor}.{one.entry}"
        if not closed and button.button(say("panel.conflicts.undo"), key=key):
            with refusals():
                panels.step_in(store(), actor, panel.id, one.assessor, one.entry)
                st.rerun()
    if closed:
        return
    with draft(actor, f"panel.out.{panel.id}") as form:
        _step_out(actor, panel, form, names)


def _step_out(actor: Actor, panel: Panel, form: Draft, names: Mapping[str, str]) -> None:
    first, second, third = st.columns([1, 2, 2])
    assessors = panel.setup.assessors
    assessor = first.selectbox(
        say("panel.points.assessor"), assessors, **form.field("who", assessors[0], among=assessors)
    )
    entry = second.selectbox(
        say("panel.conflicts.entry"),
        list(names),
        format_func=names.__getitem__,
        **form.field("what", next(iter(names)), among=names),
    )
    reason = third.text_input(
        say("panel.conflicts.reason"),
        placeholder=say("panel.conflicts.reason_hint"),
        max_chars=200,
        **form.field("why", ""),
    )
    st.caption(say("panel.conflicts.add_note"))
    if st.button(say("panel.conflicts.add"), icon=":material/person_off:", key=form.key("save")):
        with form.saving():
            panels.step_out(store(), actor, panel.id, Conflict(assessor=assessor, entry=entry, reason=reason))
            form.forget()
            st.rerun()


def votes_tab(actor: Actor, panel: Panel) -> None:
    """Let somebody enter the residents' votes by channel; what share they make is part of the rules."""
    setup = panel.setup
    closed = panel.state is PanelState.CLOSED
    st.text(_shares_said(setup))
    if not setup.public_share:
        return
    st.caption(say("panel.votes.how"))
    polled = not closed and st.checkbox(
        say("panel.votes.from_polls"), help=say("panel.votes.from_polls_note"), key=f"panel.polls.{panel.id}"
    )
    found = panels.votes_by_code(store(), actor) if polled else {}
    frame = pd.DataFrame(
        {"entry": [entry.name for entry in setup.entries]}, index=[entry.code for entry in setup.entries]
    )
    for channel in setup.channels:
        votes = found if polled and channel.kind is PanelChannel.ONLINE else channel.votes
        frame[channel.kind.value] = [int(votes.get(entry.code, 0)) for entry in setup.entries]
    with draft(actor, f"panel.votes.{panel.id}", base=panel) as form:
        typed = editor(
            frame,
            words="panel.column",
            headings={
                one.kind.value: say("panel.column.votes", name=label("panel.channel", one.kind))
                for one in setup.channels
            },
            kinds={"entry": LONG, **{one.kind.value: partial(COUNT, min_value=0, step=1) for one in setup.channels}},
            fixed=closed or ["entry"],
            key=f"votes.{polled}",
            draft=form,
        )
    if closed or not st.button(
        say("panel.votes.save"), type="primary", icon=":material/save:", key=f"panel.votes.save.{panel.id}"
    ):
        return
    channels = [
        replace(
            channel,
            votes={
                entry.code: 0 if pd.isna(value) else int(value)
                for entry, value in zip(setup.entries, typed[channel.kind.value], strict=True)
            },
        )
        for channel in setup.channels
    ]
    with form.saving():
        panels.set_votes(
            store(), actor, panel.id, public_share=setup.public_share, channels=channels, version=form.base.version
        )
        form.done(say("panel.votes.saved"))


def result_tab(actor: Actor, panel: Panel, *, may_change: bool) -> None:
    """Show the result as it stands, offer it as a file, and close or open the panel."""
    result = result_of(panel)
    if result.missing:
        st.info(told("panel.points.missing", count=len(result.missing)), icon=":material/pending_actions:")
    silent = [
        label("panel.channel", one.kind) for one in panel.setup.channels if one.share and not any(one.votes.values())
    ]
    if silent and panel.setup.public_share:
        st.info(told("panel.votes.silent", names=listed(silent)), icon=":material/how_to_vote:")
    names = {entry.code: entry.name for entry in panel.setup.entries}
    lines = {line.entry: line for line in result.lines}
    st.caption(say("panel.result.table"))
    numbers = ("score", "panel_part", "public_part", "points")
    columns = ("rank", "entry", *numbers, "counted", "dropped", "stepped_out")
    out = {code: [one.assessor for one in panel.conflicts if one.entry == code] for code in names}
    rows = [
        (
            one.rank,
            names[one.entry],
            *(None if share is None else float(share * 100) for share in (one.score, one.panel, one.public)),
            _shown(lines[one.entry].points),
            len(lines[one.entry].counted),
            listed(lines[one.entry].dropped),
            listed(out[one.entry]),
        )
        for one in result.combined
    ]
    grid(
        pd.DataFrame(rows, columns=list(columns)),
        words="panel.column",
        kinds={"rank": WHOLE, "counted": WHOLE, **dict.fromkeys(numbers, HUNDREDTHS)},
        key="panel.result",
    )
    here, tongue = store(), language()
    left, right = st.columns(2)
    with left:
        offer(
            say("panel.result.download"),
            lambda: panels.export_panel(here, actor, panel.id, tongue),
            name=f"{panel.name}.xlsx",
            width="stretch",
            key=f"panel.download.{panel.id}",
        )
    if may_change:
        with right:
            _end(actor, panel)


def _end(actor: Actor, panel: Panel) -> None:
    with refusals():
        if panel.state is PanelState.OPEN:
            if st.button(
                say("panel.result.close"), icon=":material/lock:", width="stretch", key=f"panel.close.{panel.id}"
            ):
                panels.close_panel(store(), actor, panel.id, version=panel.version)
                st.rerun()
            question = say("panel.result.remove_sure", name=panel.name)
            if confirmed(f"panel.remove.{panel.id}", say("panel.result.remove"), question, icon="delete"):
                panels.remove_panel(store(), actor, panel.id)
                st.session_state.pop("panel.chosen", None)
                done(say("panel.result.removed"))
            return
        with draft(actor, f"panel.reopen.{panel.id}") as form:
            reason = st.text_input(say("panel.result.reopen_reason"), max_chars=200, **form.field("why", ""))
        if st.button(
            say("panel.result.reopen"), icon=":material/lock_open:", width="stretch", key=f"panel.reopen.{panel.id}"
        ):
            panels.reopen_panel(store(), actor, panel.id, reason=reason, version=panel.version)
            form.forget()
            st.rerun()
