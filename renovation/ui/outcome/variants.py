"""What is set side by side on the comparison page: the announced rule, the other rules, and settings of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from renovation.model.accounts import PUBLIC
from renovation.model.canonical import to_json
from renovation.model.elections import Allocation
from renovation.model.money import FEN_PER_YUAN
from renovation.rules.allocation.add1 import usual_step
from renovation.rules.allocation.registry import REGISTRY, check
from renovation.rules.election.settings import Add1, Settings, TieBreak, settings_from
from renovation.rules.polls.instances import settings_of
from renovation.services.outcome import results
from renovation.services.outcome.results import Election
from renovation.text.rules import rule_label, setting_sentences, tie_label
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.state import current_actor
from renovation.ui.polls.deciding import decided
from renovation.ui.polls.rule_forms import LIMITS, basic_fields, floor_fields
from renovation.ui.words import aside, language, listed, plain, say

_ANNOUNCED = "announced"
_ADD1 = "mes-add1"
MOST = 4
_NAME = 44


def variant_name(held: Election, option: str) -> str:
    """Return a variant's name as a heading."""
    if option == _ANNOUNCED:
        announced = settings_of(held.poll).as_dict()
        return say("page_compare.announced", rule=rule_label(held.poll.settings.rule, announced, language()))
    if not option.startswith("{"):
        return say(f"rule_name.{option}")
    rule, chosen = _read(option)
    return _own_name(held, rule, chosen.as_dict())


def _own_name(held: Election, rule: str, chosen: Mapping[str, Any]) -> str:
    """Name own settings by what sets them apart from the announced ones."""
    instance, announced = held.instance, settings_of(held.poll).as_dict()
    known = set(setting_sentences(held.poll.settings.rule, announced, instance, language()))
    differing = [said for said in setting_sentences(rule, chosen, instance, language()) if said not in known]
    if tie_label(chosen, language()) != tie_label(announced, language()):
        differing.append(say("page_compare.own_tie", tie_break=tie_label(chosen, language())))
    if any(name in announced for name in LIMITS) and not any(name in chosen for name in LIMITS):
        differing.append(say("page_compare.own_free"))
    label = rule_label(rule, chosen, language())
    return (aside(label, listed(differing, clauses=True)) if differing else label)[:_NAME]


def _read(option: str) -> tuple[str, Settings]:
    held = json.loads(option)
    return held["rule"], settings_from(held["settings"])


def _same_as_announced(held: Election) -> str:
    rule = held.poll.settings.rule
    raised = rule == "mes" and settings_of(held.poll).add1 is not Add1.OFF
    return _ADD1 if raised else rule


def choose_variants(held: Election) -> list[str]:
    """Let the person choose two to four variants; the announced one stands first."""
    same = _same_as_announced(held)
    own: list[str] = st.session_state.get(_own_key(held), [])
    rules = [*(name for name in REGISTRY if name != "mes"), "mes", _ADD1]
    usual = [_ANNOUNCED, *(option for option in ("greedy", _ADD1) if option != same)]
    key = f"compare.rules.{held.poll.id}"
    st.session_state.setdefault(key, usual)
    chosen = st.multiselect(
        say("page_compare.variants"),
        [_ANNOUNCED, *(option for option in rules if option != same), *own],
        format_func=lambda option: variant_name(held, option),
        max_selections=MOST,
        key=key,
        select_all=False,
    )
    _own_form(held)
    helped = [option for option in chosen if option in (*REGISTRY, _ADD1)]
    if helped:
        with st.expander(say("page_compare.explained")):
            for option in helped:
                st.markdown(f"**{plain(variant_name(held, option))}** {say(f'rule_help.{option}')}")
    return chosen


def _own_key(held: Election) -> str:
    return f"compare.own.{held.poll.id}"


def _new_key(held: Election) -> str:
    return f"compare.new.{held.poll.id}"


def _own_form(held: Election) -> None:
    key = f"compare.form.{held.poll.id}"
    announced = settings_of(held.poll).as_dict()
    actor = current_actor() or PUBLIC
    with (
        st.expander(say("page_compare.own"), icon=":material/add:", expanded=begun(actor, key)),
        draft(actor, key) as form,
    ):
        rule, tie_break, chosen = basic_fields(
            form,
            held.poll.settings.rule,
            held.poll.settings.tie_break,
            announced,
            cny=held.instance.currency == "CNY",
            step=FEN_PER_YUAN if held.poll.settings.rule == "mes" else usual_step(held.instance.budget),
        )
        chosen |= floor_fields(form, announced, held.instance.ballot_kind) | {"tie_break": tie_break}
        limits = {name: announced[name] for name in LIMITS if name in announced}
        if limits and st.checkbox(say("page_compare.own_free"), **form.field("free", False)):
            limits = {}
        # What cannot be built cannot be built under any rule.
        decided = ("impossible", *(("committee_orders",) if tie_break == TieBreak.REFUSE else ()))
        chosen |= {name: announced[name] for name in decided if name in announced}
        if not st.button(say("page_compare.own_add"), icon=":material/add:", key=form.key("add")):
            return
        with refusals():
            made = settings_from(chosen | limits)
            check(rule, held.instance, made)
            option = to_json({"rule": rule, "settings": made.as_dict()})
            own = st.session_state.setdefault(_own_key(held), [])
            if option not in own:
                own.append(option)
            st.session_state[_new_key(held)] = option
            form.forget()
            st.rerun()


def take_new(held: Election) -> None:
    """Choose the variant that was just made; before the list of variants is shown."""
    option = st.session_state.pop(_new_key(held), None)
    if option is None:
        return
    key = f"compare.rules.{held.poll.id}"
    chosen = [one for one in st.session_state.get(key, []) if one != option]
    st.session_state[key] = [*chosen[: MOST - 1], option]


def _settings(held: Election, option: str) -> tuple[str, Settings | None]:
    if option == _ANNOUNCED:
        return held.poll.settings.rule, None
    if option.startswith("{"):
        return _read(option)
    if option in ("mes", _ADD1):
        add1 = Add1.OVERSPEND if option == _ADD1 else Add1.OFF
        return "mes", settings_from(results.settings_for(held, "mes").as_dict() | {"add1": add1.value})
    return option, results.settings_for(held, option)


def allocations(held: Election, options: Sequence[str]) -> list[tuple[str, Allocation]]:
    """Return the name and outcome of each variant; one that cannot be decided says why and is left out."""
    found: list[tuple[str, Allocation]] = []
    for option in options:
        with refusals(about=variant_name(held, option)):
            outcome = decided(held, *_settings(held, option))
            found.append((_apart(variant_name(held, option), [name for name, _ in found]), outcome))
    return found


def _apart(name: str, taken: Sequence[str]) -> str:
    """Number a name that another variant has already."""
    return next(one for one in (name, *(f"{name} {number}" for number in range(2, MOST + 1))) if one not in taken)
