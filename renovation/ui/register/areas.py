"""The hierarchy of areas on screen: the list, and acts by hand that say by names what they would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from renovation.model.accounts import PUBLIC, Actor
from renovation.model.areas import LEVELS, MAX_CODE, MAX_NAME, AreaEffects, is_wider
from renovation.model.names import finds
from renovation.model.places import AreaLevel
from renovation.services.house.updates import effect_lines
from renovation.services.register.areas import areas
from renovation.services.register.areas.areas import AreaLine
from renovation.services.register.places import list_areas
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.state import store
from renovation.ui.map import PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.register.estates import enum_label
from renovation.ui.words import language, plain, say, told

_CHOSEN = "areas.chosen"
_OUTLINE = Style(fill="#14606E", line="#14606E", opacity=0.2)
#: Outlines drawn at once.
_DRAWN = 500


def undo_offer(actor: Actor) -> None:
    """Offer to take the last act by hand back."""
    last = areas.last_area_act(store(), actor)
    if last is None:
        return
    words = say("areas.undo", act=say(f"act.area.{last.act}"), name=plain(last.name))
    if st.button(words, icon=":material/undo:", key="areas.undo"):
        with refusals():
            areas.undo_area_act(store(), actor, last.id)
            done(say("areas.undone"))


def hierarchy(actor: Actor) -> None:
    """Show every area with what lies in it, and the forms."""
    lines = areas.list_hierarchy(store(), actor)
    if not lines:
        st.info(say("areas.none"), icon=":material/map:")
        _create(actor, lines)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        shown = _listed(lines)
    with right:
        chosen = next((line for line in shown if line.area.id == st.session_state.get(_CHOSEN)), None)
        _create(actor, lines)
        if chosen is None:
            st.caption(say("areas.choose"))
        else:
            _edit(actor, lines, chosen)
            _merge(actor, lines, chosen)
            _delete(actor, chosen)
    _outlines(lines)


def _listed(lines: Sequence[AreaLine]) -> list[AreaLine]:
    query = st.text_input(say("areas.search"), key="areas.query", icon=":material/search:")
    shown = [line for line in lines if finds(query, line.area.name, line.area.code, *line.trail)]
    grid(
        {
            "name": ["\u3000" * len(line.trail) + line.area.name for line in shown],
            "level": [enum_label(line.area.level) for line in shown],
            "estates": [line.counts.estates for line in shown],
            "areas": [line.counts.areas for line in shown],
            "accounts": [line.counts.accounts for line in shown],
            "outline": [say("areas.drawn") if line.has_outline else "" for line in shown],
        },
        words="areas",
        kinds=dict.fromkeys(("estates", "areas", "accounts"), COUNT),
        ids=[line.area.id for line in shown],
        pick="one",
        keep=_CHOSEN,
        key="areas",
    )
    return shown


def _title(line: AreaLine) -> str:
    return " › ".join((*line.trail, line.area.name))


def _parent_choice(form: Draft, lines: Sequence[AreaLine], level: AreaLevel, default: int | None) -> int | None:
    wider = {line.area.id: _title(line) for line in lines if is_wider(line.area.level, level)}
    options = [0, *wider]
    picked = st.selectbox(
        say("areas.parent"),
        options,
        format_func=lambda one: wider.get(one, say("areas.no_parent")),
        **form.field(f"parent.{level.value}", default or 0, among=options),
    )
    return picked or None


def _create(actor: Actor, lines: Sequence[AreaLine]) -> None:
    name = "areas.new"
    with (
        st.expander(say("areas.new"), icon=":material/add:", expanded=not lines or begun(actor, name)),
        draft(actor, name) as form,
    ):
        level = st.selectbox(
            say("areas.level"),
            list(LEVELS),
            format_func=enum_label,
            **form.field("level", AreaLevel.STREET if lines else AreaLevel.COUNTY, among=LEVELS),
        )
        assert level is not None
        counties = [line.area.id for line in lines if line.area.level is AreaLevel.COUNTY]
        called = st.text_input(say("areas.name"), max_chars=MAX_NAME, **form.field("name", ""))
        parent = None
        if any(is_wider(line.area.level, level) for line in lines):
            only = counties[0] if len(counties) == 1 and level is not AreaLevel.COUNTY else None
            parent = _parent_choice(form, lines, level, only)
        code = st.text_input(say("areas.code"), max_chars=MAX_CODE, **form.field("code", ""))

        def act(*, dry_run: bool) -> AreaEffects:
            return areas.create_area(store(), actor, level, called, parent_id=parent, code=code, dry_run=dry_run)

        # What makes nothing but the area itself needs no second thoughts.
        _act(form, act, "create", called, ask=lambda effects: bool(effects.moved or effects.estates))


def _edit(actor: Actor, lines: Sequence[AreaLine], line: AreaLine) -> None:
    one = line.area
    with (
        st.container(border=True),
        draft(actor, f"areas.edit.{one.id}", base=one) as form,
    ):
        st.markdown(f"**{told('areas.edit', name=one.name)}**")
        called = st.text_input(say("areas.name"), max_chars=MAX_NAME, **form.field("name", one.name))
        others = [other for other in lines if other.area.id != one.id]
        parent = None
        if any(is_wider(other.area.level, one.level) for other in others):
            parent = _parent_choice(form, others, one.level, one.parent_id)
        code = st.text_input(say("areas.code"), max_chars=MAX_CODE, **form.field("code", one.code))

        def act(*, dry_run: bool) -> AreaEffects:
            return areas.edit_area(store(), actor, one.id, name=called, code=code, parent_id=parent, dry_run=dry_run)

        _act(form, act, "edit", called, ask=lambda effects: bool(effects.moved))


def _merge(actor: Actor, lines: Sequence[AreaLine], line: AreaLine) -> None:
    others = {
        other.area.id: _title(other)
        for other in lines
        if other.area.level is line.area.level and other.area.id != line.area.id
    }
    if not others:
        return
    name = f"areas.merge.{line.area.id}"
    with (
        st.expander(say("areas.merge"), icon=":material/merge:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        into = st.selectbox(
            say("areas.merge_into", name=plain(line.area.name)),
            list(others),
            index=None,
            format_func=lambda one: others[one],
            placeholder=say("framework.choose"),
            **form.field("into", among=list(others)),
        )
        if into is None:
            return

        def act(*, dry_run: bool) -> AreaEffects:
            return areas.merge_areas(store(), actor, line.area.id, into, dry_run=dry_run)

        _act(form, act, "merge", line.area.name, ask=lambda effects: True)


def _delete(actor: Actor, line: AreaLine) -> None:
    with st.expander(say("areas.delete"), icon=":material/delete:"):
        st.caption(say("areas.delete_what"))
        if st.button(
            say("areas.delete_do"), disabled=not line.counts.is_empty, icon=":material/delete:", key="areas.delete"
        ):
            with refusals():
                areas.delete_area(store(), actor, line.area.id)
                done(told("areas.saved", name=line.area.name))


def _act(
    form: Draft,
    act: Callable[..., AreaEffects],
    word: str,
    name: str,
    *,
    ask: Callable[[AreaEffects], bool],
) -> None:
    """Offer an act: at once where nothing but the area itself changes, else after what would change was shown."""
    asked = form.key("asked")
    if st.session_state.get(asked) is None:
        if st.button(say(f"areas.{word}_do"), type="primary", key=form.key("do"), icon=":material/task_alt:"):
            with form.saving():
                effects = act(dry_run=True)
                if ask(effects):
                    st.session_state[asked] = effects
                    st.rerun()
                act(dry_run=False)
                form.done(told("areas.saved", name=name))
        return
    with form.saving() as met:
        effects = act(dry_run=True)
    if met.error:
        st.session_state.pop(asked)
        return
    st.warning(say("areas.would"), icon=":material/help:")
    for line in effect_lines(effects, language()):
        st.text(f"· {line}")
    with st.container(horizontal=True):
        goes = st.button(say(f"areas.{word}_do"), type="primary", key=form.key("go"), icon=":material/task_alt:")
        stops = st.button(say("poll.confirm.cancel"), key=form.key("stop"))
    if stops:
        st.session_state.pop(asked)
        st.rerun()
    if goes:
        st.session_state.pop(asked)
        with form.saving():
            act(dry_run=False)
            form.done(told("areas.saved", name=name))


def _outlines(lines: Sequence[AreaLine]) -> None:
    """Draw the outlines of the level of the area chosen, or of the widest that anybody has drawn."""
    drawn = [line for line in lines if line.has_outline]
    if not drawn:
        return
    chosen = next((line for line in lines if line.area.id == st.session_state.get(_CHOSEN)), None)
    levels = [line.area.level for line in drawn]
    level = chosen.area.level if chosen is not None and chosen.area.level in levels else min(levels, key=LEVELS.index)
    shown = [one for one in list_areas(store(), PUBLIC, level=level, outlines=True) if one.geometry][:_DRAWN]
    draw_map(
        [
            *base_layers(),
            PolygonLayer(
                name="areas",
                ids=[str(one.id) for one in shown],
                geometries=[one.geometry for one in shown if one.geometry is not None],
                labels=[one.name for one in shown],
                tooltips=[one.name for one in shown],
                styles={"": _OUTLINE},
            ),
        ],
        key="areas.map",
        view=f"{level.value}",
        fit=("areas",),
        selected=None if chosen is None else str(chosen.area.id),
        height=360,
        legend=False,
    )
