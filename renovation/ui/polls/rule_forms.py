"""The part of a poll's settings that decides who wins: rule, what happens to the rest, ties, floors and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import streamlit as st

from renovation.model.elections import BallotKind
from renovation.model.money import FEN_PER_WAN, FEN_PER_YUAN, fen_in, yuan
from renovation.model.polls import PollProject, PollSettings
from renovation.rules.allocation.add1 import usual_step
from renovation.rules.allocation.registry import REGISTRY
from renovation.rules.election.settings import HALF, Add1, Completion, TieBreak, Utility
from renovation.text.rules import category_label
from renovation.ui.frame.drafts import Draft
from renovation.ui.words import language, say, shown_sum, sum_key, told, typed_sum

#: What a street office can choose from; the order of a file is for conformance checks only.
TIES = (TieBreak.CHEAPEST, TieBreak.MORE_SUPPORTERS, TieBreak.DEAREST, TieBreak.ID, TieBreak.LOT, TieBreak.REFUSE)
#: What happens to money left over, by rule: name in words → settings. The first is the rule as it stands.
RESTS: Mapping[str, Mapping[str, dict[str, str]]] = {
    "mes": {
        "none": {},
        "add1-overspend": {"add1": Add1.OVERSPEND.value},
        "add1-exhaustive": {"add1": Add1.EXHAUSTIVE.value},
        "greedy": {"completion": Completion.GREEDY.value},
        "add1-overspend+greedy": {"add1": Add1.OVERSPEND.value, "completion": Completion.GREEDY.value},
        "add1-exhaustive+greedy": {"add1": Add1.EXHAUSTIVE.value, "completion": Completion.GREEDY.value},
    },
    "phragmen": {"none": {}, "greedy": {"completion": Completion.GREEDY.value}},
}
#: Settings that need to know what stands on the ballot.
LIMITS = ("exclusive", "category_budgets", "area_budgets", "area_caps")
_MOST_GROUPS = 20


def rest_of(rule: str, settings: Mapping[str, Any]) -> str:
    """Return the name of what settings do with money left over."""
    said = {
        name: settings[name] for name in ("add1", "completion") if settings.get(name, "none") not in ("none", "off")
    }
    return next((name for name, wanted in RESTS.get(rule, {}).items() if wanted == said), "none")


def rule_fields(
    form: Draft, held: PollSettings | None, projects: Sequence[PollProject], *, budget: int, kind: BallotKind
) -> dict[str, Any]:
    """Show the fields and return the poll's ``rule``, ``rule_settings`` and ``tie_break``.

    Parameters
    ----------
    budget, kind
        In fen, and what voters write down; the step offered for Add1 follows from it.
    projects
        What stands on the ballot; empty while a poll is being made, which leaves out what needs them.
    """
    kept: Mapping[str, Any] = held.rule_settings if held else {}
    st.markdown(f"**{say('rule_form.heading')}**")
    rule, tie_break, settings = basic_fields(
        form, held.rule if held else "greedy", held.tie_break if held else "", kept, step=usual_step(budget)
    )
    settings |= floor_fields(form, kept, kind)
    if not projects:
        st.caption(say("rule_form.later"))
        return {"rule": rule, "rule_settings": settings, "tie_break": tie_break}
    with st.expander(say("rule_form.limits"), expanded=any(name in kept for name in LIMITS), icon=":material/rule:"):
        settings |= _exclusive(form, kept, projects)
        settings |= _category_budgets(form, kept, projects)
        settings |= _area_limits(form, kept, projects)
    return {"rule": rule, "rule_settings": settings, "tie_break": tie_break}


def basic_fields(
    form: Draft,
    rule_now: str,
    tie_now: str,
    kept: Mapping[str, Any],
    *,
    cny: bool = True,
    step: int = FEN_PER_YUAN,
) -> tuple[str, str, dict[str, Any]]:
    """Show rule, rest and tie-break with what belongs to them; return rule, tie-break and settings.

    ``cny=False``: amounts are in another currency, and no step is asked for. ``step`` (fen) stands in the field until
    somebody sets one.
    """
    settings: dict[str, Any] = {}
    one, two, three = st.columns(3)
    rules = list(REGISTRY)
    rule = one.selectbox(
        say("poll.field.rule"),
        rules,
        format_func=lambda name: say(f"rule_name.{name}"),
        help=say("poll.field.rule_help"),
        **form.field("rule", rule_now if rule_now in rules else rules[0]),
    )
    one.caption(say(f"rule_help.{rule}"))
    if rule in RESTS:
        names = list(RESTS[rule])
        # Add1 is what makes Equal Shares spend its money, so a new poll starts with it.
        usual = rest_of(rule, kept) if rule == rule_now else names[1] if rule == "mes" else "none"
        rest = two.selectbox(
            say("rule_form.rest"),
            names,
            format_func=lambda name: say(f"rule_form.rest_of.{name}"),
            help=say("rule_form.rest_help"),
            **form.field(f"rest.{rule}", usual),
        )
        settings |= RESTS[rule][rest]
    else:
        two.selectbox(
            say("rule_form.rest"), [say(f"rule_form.rest_fixed.{rule}")], disabled=True, key=form.key(f"rest.{rule}")
        )
    ties = [member.value for member in TIES]
    tie_break = three.selectbox(
        say("poll.field.tie_break"),
        ties,
        format_func=lambda name: say(f"poll.tie.{name}"),
        help=say("rule_form.tie_help"),
        **form.field("tie", tie_now if tie_now in ties else ties[0]),
    )
    if tie_break == TieBreak.LOT:
        seed = three.text_input(
            say("rule_form.seed"),
            max_chars=80,
            help=say("rule_form.seed_help"),
            **form.field("seed", kept.get("seed", "")),
        )
        settings |= {"seed": seed.strip()} if seed.strip() else {}
    if tie_break == TieBreak.REFUSE:
        three.caption(say("rule_form.refuse"))
    if rule == "mes":
        settings |= _shares(form, kept, settings, cny=cny, usual=step)
    return rule, tie_break, settings


def _shares(
    form: Draft, kept: Mapping[str, Any], chosen: Mapping[str, Any], *, cny: bool, usual: int
) -> dict[str, Any]:
    one, two, _ = st.columns(3)
    utilities = [member.value for member in Utility]
    utility = one.selectbox(
        say("rule_form.utility"),
        utilities,
        format_func=lambda name: say(f"rule_form.utility_of.{name}"),
        help=say("rule_form.utility_help"),
        **form.field("utility", kept.get("utility", Utility.COST.value)),
    )
    settings: dict[str, Any] = {} if utility == Utility.COST else {"utility": utility}
    if "add1" in chosen and cny:
        step = two.number_input(
            say("rule_form.step"),
            min_value=0.01,
            max_value=100_000.0,
            step=1.0,
            format="%.2f",
            help=say("rule_form.step_help"),
            **form.field("step", float(yuan(kept.get("step", usual)))),
        )
        fen = fen_in(step)
        settings |= {} if fen == usual == FEN_PER_YUAN else {"step": fen}
    return settings


def floor_fields(form: Draft, kept: Mapping[str, Any], kind: BallotKind) -> dict[str, Any]:
    """Show the absolute and the relative floor, and of yes/no ballots the share of yes; return those that are set."""
    settings: dict[str, Any] = {}
    one, two, three = st.columns(3)
    floor = one.number_input(
        say("rule_form.floor"),
        min_value=0,
        max_value=1_000_000,
        step=1,
        help=say("rule_form.floor_help"),
        **form.field("floor", int(Fraction(kept.get("floor", 1)))),
    )
    share = two.number_input(
        say("rule_form.relative_floor"),
        min_value=0.0,
        max_value=100.0,
        step=1.0,
        format="%.1f",
        help=say("rule_form.relative_floor_help"),
        **form.field("relative_floor", float(Fraction(kept.get("relative_floor", 0)) * 100)),
    )
    if floor != 1:
        settings["floor"] = int(floor)
    if share:
        exact = Fraction(str(round(share, 1))) / 100
        settings["relative_floor"] = 1 if exact == 1 else str(exact)
    return settings | (_yes_share(form, kept, three) if kind is BallotKind.YES_NO else {})


def _yes_share(form: Draft, kept: Mapping[str, Any], place: Any) -> dict[str, Any]:
    share = place.number_input(
        say("rule_form.yes_share"),
        min_value=0.0,
        max_value=99.9,
        step=1.0,
        format="%.1f",
        help=say("rule_form.yes_share_help"),
        **form.field("yes_share", float(Fraction(kept.get("yes_share", HALF)) * 100)),
    )
    exact = Fraction(str(round(share, 1))) / 100
    return {} if exact == HALF else {"yes_share": str(exact) if exact else 0}


def _exclusive(form: Draft, kept: Mapping[str, Any], projects: Sequence[PollProject]) -> dict[str, Any]:
    names = {entry.key: f"{entry.number} {entry.name}" for entry in projects}
    groups = [[one for one in group if one in names] for group in kept.get("exclusive", ())]
    count = st.number_input(
        say("rule_form.groups"),
        min_value=0,
        max_value=_MOST_GROUPS,
        step=1,
        help=say("rule_form.groups_help"),
        **form.field("groups", len(groups)),
        width=320,
    )
    found = []
    for place in range(int(count)):
        chosen = st.multiselect(
            say("rule_form.group", number=place + 1),
            list(names),
            format_func=names.__getitem__,
            placeholder=say("rule_form.group_hint"),
            **form.field(f"group.{place}", groups[place] if place < len(groups) else [], among=names),
            select_all=False,
        )
        if chosen:
            found.append(chosen)
    return {"exclusive": found} if found else {}


def _amount(form: Draft, label: str, now: int | None, name: str, place: Any) -> int | None:
    value = place.number_input(
        label,
        min_value=0.0,
        value=None,
        step=shown_sum(FEN_PER_WAN),
        format="%.2f",
        placeholder=say("rule_form.no_limit"),
        **form.field(sum_key(name), None if now is None else shown_sum(now)),
    )
    return None if value is None else typed_sum(value)


def _category_budgets(form: Draft, kept: Mapping[str, Any], projects: Sequence[PollProject]) -> dict[str, Any]:
    categories = list(dict.fromkeys(part for entry in projects for part in entry.category.split(",") if part))
    if not categories:
        return {}
    st.markdown(say("rule_form.categories"), help=say("rule_form.categories_help"))
    columns = st.columns(max(len(categories), 3)) if len(categories) < 6 else [st.container()] * len(categories)
    held = kept.get("category_budgets", {})
    found = {
        category: amount
        for place, category in zip(columns, categories, strict=False)
        if (
            amount := _amount(
                form,
                told("rule_form.budget_of", what=category_label(category, language())),
                held.get(category),
                f"category.{category}",
                place,
            )
        )
        is not None
    }
    return {"category_budgets": found} if found else {}


def _area_limits(form: Draft, kept: Mapping[str, Any], projects: Sequence[PollProject]) -> dict[str, Any]:
    areas = list(dict.fromkeys(entry.area for entry in projects if entry.area))
    st.markdown(say("rule_form.areas"), help=say("rule_form.areas_help"))
    if not areas:
        st.caption(say("rule_form.no_areas"))
        return {}
    budgets, caps = kept.get("area_budgets", {}), kept.get("area_caps", {})
    found: dict[str, dict[str, int]] = {"area_budgets": {}, "area_caps": {}}
    for area in areas:
        one, two, _ = st.columns(3)
        amount = _amount(form, told("rule_form.budget_of", what=area), budgets.get(area), f"area.{area}", one)
        if amount is not None:
            found["area_budgets"][area] = amount
        cap = two.number_input(
            told("rule_form.cap_of", what=area),
            min_value=0,
            max_value=200,
            value=None,
            step=1,
            placeholder=say("rule_form.no_limit"),
            **form.field(f"cap.{area}", caps.get(area)),
        )
        if cap is not None:
            found["area_caps"][area] = int(cap)
    return {name: limits for name, limits in found.items() if limits}
