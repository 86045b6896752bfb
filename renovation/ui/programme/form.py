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
from renovation.model.programme import Capacity, GroupRule, Lock, Objective
from renovation.model.ranking import Subject
from renovation.model.scenarios import MAX_YEARS, ProgrammeInput, ProgrammeSettings
from renovation.model.scope import Scope
from renovation.services.money import pots
from renovation.services.programme import ranking
from renovation.services.programme.input import group_names
from renovation.text.rules import category_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import Draft, begun, draft, forget_draft
from renovation.ui.frame.grid import CHOICE, SUM, WHOLE, editor
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import go_to_year
from renovation.ui.words import language, say, shown_sum, sum_key, typed_sum

#: What is asked before the candidates are known, what is said about them, and a decision that is being written.
_ASKED, _RULES, _LOCK = "programme.asked", "programme.rules", "programme.lock"
_SWITCHES = ("only_passing", "with_promises", "with_order", "with_conflicts", "basic_first", "counts_pledges")
#: What a scenario asked, for the form to begin with.
_BEGUN = "programme.begun"
_MOST_SITES = 10_000


def begin_with(actor: Actor, settings: ProgrammeSettings) -> None:
    """Fill the form with what a scenario asked."""
    year = settings.years[0]
    forget_draft(actor, f"{_ASKED}.{year}")
    forget_draft(actor, f"{_RULES}.{year}")
    st.session_state[f"{_BEGUN}.{year}"] = settings
    go_to_year(year)


def settings_form(actor: Actor, scope: Scope, year: int) -> ProgrammeSettings | None:
    """Draw the form of a year and return what it asks; ``None`` while something in it cannot be."""
    with draft(actor, f"{_ASKED}.{year}") as form:
        return _settings(actor, form, scope, year)


def _settings(actor: Actor, form: Draft, scope: Scope, year: int) -> ProgrammeSettings | None:
    # Votes of several polls do not compare.
    usual = ProgrammeSettings(years=(year,), objective=Objective.HOUSEHOLDS)
    kept: ProgrammeSettings = form.get("begun") or st.session_state.get(f"{_BEGUN}.{year}") or usual
    # What was begun with is part of what is written: its changes mean nothing without it.
    form.put("begun", kept, by_hand=False)
    now = today().year
    offered = sorted({pot.year for pot in pots.pots(store(), actor)} | {now + n for n in range(4)} | set(kept.years))
    years = st.multiselect(
        say("page_programme.years"),
        offered,
        max_selections=MAX_YEARS,
        select_all=False,
        **form.field("years", list(kept.years), among=offered),
    )
    objective = st.selectbox(
        say("page_programme.objective"),
        list(Objective),
        format_func=lambda one: say(f"objective.{one.value}"),
        **form.field("objective", kept.objective),
    )
    blend: dict[Objective, Fraction] = _blend(form, kept) if objective is Objective.BLEND else {}
    weighting = _weighting(actor, form, kept) if objective in (Objective.SCORE, Objective.BLEND) else ""
    with st.expander(say("page_programme.rules"), icon=":material/rule:"):
        switches = {
            name: st.toggle(
                say(f"page_programme.switch.{name}"),
                help=say(f"page_programme.switch_help.{name}"),
                **form.field(name, getattr(kept, name)),
            )
            for name in _SWITCHES
        }
    capacities = _capacities(form, kept, years)
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


def _blend(form: Draft, kept: ProgrammeSettings) -> dict[Objective, Fraction]:
    parts = (Objective.VOTES, Objective.SCORE, Objective.HOUSEHOLDS)
    found = {}
    for part in parts:
        before = int(100 * kept.blend.get(part, Fraction(1, 3)))
        found[part] = Fraction(
            st.slider(say(f"objective.{part.value}"), 0, 100, **form.field(f"blend.{part.value}", before))
        )
    return {part: share / 100 for part, share in found.items() if share}


def _weighting(actor: Actor, form: Draft, kept: ProgrammeSettings) -> str:
    names = [one.name for one in ranking.weightings(store(), actor, Subject.PROJECTS)]
    if not names:
        st.info(say("page_programme.no_weighting"), icon=":material/info:")
        return ""
    first = kept.weighting if kept.weighting in names else names[0]
    return str(st.selectbox(say("page_programme.weighting"), names, **form.field("weighting", first, among=names)))


def _capacities(form: Draft, kept: ProgrammeSettings, years: Sequence[int]) -> tuple[Capacity, ...]:
    before = {one.year: one.sites for one in kept.capacities}
    found = []
    for year in sorted(years):
        sites = st.number_input(
            say("page_programme.capacity", year=year),
            min_value=0,
            max_value=_MOST_SITES,
            value=None,
            placeholder=say("page_programme.no_limit"),
            **form.field(f"capacity.{year}", before.get(year)),
        )
        if sites is not None:
            found.append(Capacity(year=year, sites=int(sites)))
    return tuple(found)


def rules_editor(actor: Actor, settings: ProgrammeSettings, basis: ProgrammeInput, year: int) -> ProgrammeSettings:
    """Edit a year's floors and caps, and the decisions by hand; return the settings with them."""
    with draft(actor, f"{_RULES}.{year}") as form:
        locks: tuple[Lock, ...] = form.get("locks", settings.locks)
        # The count stands in the label, so the part is known by a name of its own.
        with st.expander(
            say("page_programme.floors", count=len(form.get("rules", settings.group_rules))),
            icon=":material/align_vertical_center:",
        ):
            st.caption(say("page_programme.floors_lead"))
            rules = _floors(form, settings, basis)
            form.put("rules", rules, by_hand=False)
        with st.expander(
            say("page_programme.locks", count=len(locks)), icon=":material/lock:", expanded=begun(actor, _LOCK)
        ):
            _locks(actor, form, locks, settings, basis)
    return replace(settings, group_rules=rules, locks=locks)


def _floors(form: Draft, settings: ProgrammeSettings, basis: ProgrammeInput) -> tuple[GroupRule, ...]:
    limits = ("min_count", "max_count", "min", "max")
    rows = pd.DataFrame(
        [
            {
                "group": rule.group,
                "min_count": rule.min_count or None,
                "max_count": rule.max_count,
                "min": shown_sum(rule.min_cost) or None,
                "max": None if rule.max_cost is None else shown_sum(rule.max_cost),
                "source": rule.source,
            }
            for rule in settings.group_rules
        ],
        columns=["group", *limits, "source"],
    ).astype(dict.fromkeys(limits, "float64"))
    whole, money = partial(WHOLE, min_value=0, step=1), partial(SUM, min_value=0.0)
    edited = editor(
        rows,
        words="page_programme.floor",
        kinds={
            "group": partial(
                CHOICE,
                options=list(group_names(basis)),
                format_func=lambda one: category_label(one, language()),
                required=True,
            ),
            "min_count": whole,
            "max_count": whole,
            "min": money,
            "max": money,
        },
        grows=True,
        key=sum_key("floors"),
        draft=form,
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
                min_cost=typed_sum(low or 0),
                max_cost=None if high is None else typed_sum(high),
                source=source if isinstance(source, str) else "",
            )
        )
    return tuple(found)


def _given(value: object) -> float | None:
    return None if value is None or value != value else float(value)  # type: ignore[arg-type]


def _locks(
    actor: Actor, form: Draft, locks: tuple[Lock, ...], settings: ProgrammeSettings, basis: ProgrammeInput
) -> None:
    names = {project.id: f"{project.id} {project.name}" for project in basis.problem.projects}
    for lock in locks:
        words, button = st.columns([5, 1], vertical_alignment="center")
        verdict = say(f"page_programme.lock.{'in' if lock.is_chosen else 'out'}")
        words.text(f"{verdict} · {names.get(lock.project, lock.project)} · {lock.reason}")
        if button.button(
            "", icon=":material/delete:", key=form.key(f"unlock.{lock.project}"), help=say("page_programme.lock.remove")
        ):
            form.put("locks", tuple(one for one in locks if one != lock))
            st.rerun()
    free = [code for code in names if code not in {lock.project for lock in locks}]
    with draft(actor, _LOCK) as lock_form:
        project = st.selectbox(
            say("page_programme.lock.project"),
            free,
            index=None,
            format_func=lambda code: names[code],
            placeholder=say("page_programme.lock.choose"),
            **lock_form.field("project", among=[None, *free]),
        )
        first, second = st.columns(2)
        verdict_of = first.selectbox(
            say("page_programme.lock.verdict"),
            [True, False],
            format_func=lambda one: say(f"page_programme.lock.{'in' if one else 'out'}"),
            **lock_form.field("verdict", True),
        )
        year = second.selectbox(
            say("page_programme.lock.year"),
            [None, *settings.years],
            format_func=lambda one: say("page_programme.lock.any_year") if one is None else str(one),
            placeholder=say("page_programme.lock.any_year"),
            **lock_form.field("year", among=[None, *settings.years]),
        )
        reason = st.text_input(say("page_programme.lock.reason"), max_chars=200, **lock_form.field("reason", ""))
        add = st.button(say("page_programme.lock.add"), icon=":material/lock:", key=lock_form.key("save"))
    if add and project:
        with lock_form.saving():
            lock = Lock(project=project, is_chosen=verdict_of, reason=reason.strip(), year=year)
            form.put("locks", (*locks, lock))
            lock_form.forget()
            st.rerun()
