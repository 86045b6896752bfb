"""What a planner asks of a programme: years, objective, rules, floors and caps, capacity, decisions by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.money import FEN_PER_WAN, fen_in, wan
from renovation.model.programme import Capacity, GroupRule, Lock, Objective
from renovation.model.ranking import Subject
from renovation.model.scenarios import MAX_YEARS, ProgrammeInput, ProgrammeSettings
from renovation.model.scope import Scope
from renovation.rules.programme.basis import first_year
from renovation.services.money import pots
from renovation.services.programme import ranking
from renovation.services.programme.input import group_names
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.grid import CHOICE, TENTHS, WHOLE, editor
from renovation.ui.frame.state import store
from renovation.ui.words import say

SETTINGS = "programme.settings"
_TURN = "programme.turn"
_SWITCHES = ("only_passing", "with_promises", "with_order", "with_conflicts", "basic_first", "counts_pledges")
_MOST_SITES = 10_000


def begin_with(settings: ProgrammeSettings) -> None:
    """Fill the form with what a scenario asked."""
    st.session_state[SETTINGS] = settings
    # New keys: widgets that remember something else must not win.
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _key(name: str) -> str:
    return f"programme.{st.session_state.get(_TURN, 0)}.{name}"


def first_settings(actor: Actor) -> ProgrammeSettings:
    """Return what the form begins with: the first year that has money; votes of several polls do not compare."""
    first = first_year((pot.year for pot in pots.pots(store(), actor)), today().year)
    return ProgrammeSettings(years=(first,), objective=Objective.HOUSEHOLDS)


def settings_form(actor: Actor, scope: Scope) -> ProgrammeSettings | None:
    """Draw the form and return what it asks; ``None`` while something in it cannot be."""
    kept: ProgrammeSettings = st.session_state.get(SETTINGS) or first_settings(actor)
    now = today().year
    offered = sorted({pot.year for pot in pots.pots(store(), actor)} | {now + n for n in range(4)} | set(kept.years))
    years = st.multiselect(
        say("page_programme.years"),
        offered,
        default=list(kept.years),
        max_selections=MAX_YEARS,
        key=_key("years"),
        select_all=False,
    )
    objective = st.selectbox(
        say("page_programme.objective"),
        list(Objective),
        index=list(Objective).index(kept.objective),
        format_func=lambda one: say(f"objective.{one.value}"),
        key=_key("objective"),
    )
    blend: dict[Objective, Fraction] = _blend(kept) if objective is Objective.BLEND else {}
    weighting = _weighting(actor, kept) if objective in (Objective.SCORE, Objective.BLEND) else ""
    with st.expander(say("page_programme.rules"), icon=":material/rule:"):
        switches = {
            name: st.toggle(
                say(f"page_programme.switch.{name}"),
                value=getattr(kept, name),
                key=_key(name),
                help=say(f"page_programme.switch_help.{name}"),
            )
            for name in _SWITCHES
        }
    capacities = _capacities(kept, years)
    with refusals():
        # Locks and floors name projects and places, so they are asked once the candidates are known.
        return ProgrammeSettings(
            years=tuple(sorted(years)),
            objective=objective or Objective.VOTES,
            blend=blend,
            weighting=weighting,
            scope=scope,
            group_rules=kept.group_rules,
            capacities=capacities,
            locks=kept.locks,
            **switches,
        )
    return None


def _blend(kept: ProgrammeSettings) -> dict[Objective, Fraction]:
    parts = (Objective.VOTES, Objective.SCORE, Objective.HOUSEHOLDS)
    found = {}
    for part in parts:
        before = int(100 * kept.blend.get(part, Fraction(1, 3)))
        found[part] = Fraction(
            st.slider(say(f"objective.{part.value}"), 0, 100, before, key=_key(f"blend.{part.value}"))
        )
    return {part: share / 100 for part, share in found.items() if share}


def _weighting(actor: Actor, kept: ProgrammeSettings) -> str:
    names = [one.name for one in ranking.weightings(store(), actor, Subject.PROJECTS)]
    if not names:
        st.info(say("page_programme.no_weighting"), icon=":material/info:")
        return ""
    index = names.index(kept.weighting) if kept.weighting in names else 0
    return str(st.selectbox(say("page_programme.weighting"), names, index=index, key=_key("weighting")))


def _capacities(kept: ProgrammeSettings, years: Sequence[int]) -> tuple[Capacity, ...]:
    before = {one.year: one.sites for one in kept.capacities}
    found = []
    for year in sorted(years):
        sites = st.number_input(
            say("page_programme.capacity", year=year),
            min_value=0,
            max_value=_MOST_SITES,
            value=before.get(year),
            placeholder=say("page_programme.no_limit"),
            key=_key(f"capacity.{year}"),
        )
        if sites is not None:
            found.append(Capacity(year=year, sites=int(sites)))
    return tuple(found)


def rules_editor(settings: ProgrammeSettings, basis: ProgrammeInput) -> ProgrammeSettings:
    """Edit floors and caps, and the decisions by hand; return the settings with them."""
    with st.expander(
        say("page_programme.floors", count=len(settings.group_rules)), icon=":material/align_vertical_center:"
    ):
        st.caption(say("page_programme.floors_lead"))
        rules = _floors(settings, basis)
    with st.expander(say("page_programme.locks", count=len(settings.locks)), icon=":material/lock:"):
        locks = _locks(settings, basis)
    changed = replace(settings, group_rules=rules, locks=locks)
    st.session_state[SETTINGS] = changed
    return changed


def _floors(settings: ProgrammeSettings, basis: ProgrammeInput) -> tuple[GroupRule, ...]:
    limits = ("min_count", "max_count", "min", "max")
    if _key("floors.rows") not in st.session_state:
        st.session_state[_key("floors.rows")] = pd.DataFrame(
            [
                {
                    "group": rule.group,
                    "min_count": rule.min_count or None,
                    "max_count": rule.max_count,
                    "min": float(wan(rule.min_cost)) or None,
                    "max": None if rule.max_cost is None else float(wan(rule.max_cost)),
                    "source": rule.source,
                }
                for rule in settings.group_rules
            ],
            columns=["group", *limits, "source"],
        ).astype(dict.fromkeys(limits, "float64"))
    whole, money = partial(WHOLE, min_value=0, step=1), partial(TENTHS, min_value=0.0)
    edited = editor(
        st.session_state[_key("floors.rows")],
        words="page_programme.floor",
        kinds={
            "group": partial(CHOICE, options=list(group_names(basis)), required=True),
            "min_count": whole,
            "max_count": whole,
            "min": money,
            "max": money,
        },
        grows=True,
        key=_key("floors"),
    )
    found = []
    for row in edited.to_dict("records"):
        group = row["group"]
        least, most, low, high = (_given(row[name]) for name in limits)
        if not isinstance(group, str) or not group or all(one is None for one in (least, most, low, high)):
            continue
        source = row["source"]
        found.append(
            GroupRule(
                group=group,
                min_count=int(least or 0),
                max_count=None if most is None else int(most),
                min_cost=fen_in(low or 0, FEN_PER_WAN),
                max_cost=None if high is None else fen_in(high, FEN_PER_WAN),
                source=source if isinstance(source, str) else "",
            )
        )
    return tuple(found)


def _given(value: object) -> float | None:
    return None if value is None or value != value else float(value)  # type: ignore[arg-type]


def _locks(settings: ProgrammeSettings, basis: ProgrammeInput) -> tuple[Lock, ...]:
    names = {project.id: f"{project.id} {project.name}" for project in basis.problem.projects}
    locks = list(settings.locks)
    for lock in settings.locks:
        words, button = st.columns([5, 1], vertical_alignment="center")
        verdict = say(f"page_programme.lock.{'in' if lock.is_chosen else 'out'}")
        words.text(f"{verdict} · {names.get(lock.project, lock.project)} · {lock.reason}")
        if button.button(
            "", icon=":material/delete:", key=_key(f"unlock.{lock.project}"), help=say("page_programme.lock.remove")
        ):
            locks.remove(lock)
            begin_with(replace(settings, locks=tuple(locks)))
            st.rerun()
    free = [code for code in names if code not in {lock.project for lock in locks}]
    with st.form(_key("lock"), border=False):
        project = st.selectbox(
            say("page_programme.lock.project"),
            free,
            index=None,
            format_func=lambda code: names[code],
            placeholder=say("page_programme.lock.choose"),
        )
        first, second = st.columns(2)
        verdict_of = first.selectbox(
            say("page_programme.lock.verdict"),
            [True, False],
            format_func=lambda one: say(f"page_programme.lock.{'in' if one else 'out'}"),
        )
        year = second.selectbox(
            say("page_programme.lock.year"),
            [None, *settings.years],
            format_func=lambda one: say("page_programme.lock.any_year") if one is None else str(one),
        )
        reason = st.text_input(say("page_programme.lock.reason"), max_chars=200)
        if st.form_submit_button(say("page_programme.lock.add"), icon=":material/lock:") and project:
            with refusals():
                lock = Lock(project=project, is_chosen=verdict_of, reason=reason.strip(), year=year)
                begin_with(replace(settings, locks=(*locks, lock)))
                st.rerun()
    return tuple(locks)
