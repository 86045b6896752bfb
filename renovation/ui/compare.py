"""Rules side by side on the same ballots, and the outcome as the budget moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from renovation.config import settings
from renovation.model.elections import Allocation
from renovation.model.money import FEN_PER_WAN
from renovation.rules.budget_sweep import Sweep, sweep
from renovation.rules.comparison import SMALLEST_GROUP, Comparison, Measures, compare
from renovation.rules.profile import Profile
from renovation.rules.registry import REGISTRY
from renovation.rules.settings import Add1, Settings, settings_from
from renovation.services import results
from renovation.services.instances import settings_of
from renovation.services.results import Election
from renovation.text.formats import format_count, format_money, format_percent
from renovation.text.rules import rule_label
from renovation.ui.words import language, say

#: Okabe and Ito's palette, told apart by the colour-blind.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
_ANNOUNCED = "announced"
_ADD1 = "mes-add1"
_MOST = 4


def _options() -> list[str]:
    return [_ANNOUNCED, *(name for name in REGISTRY if name != "mes"), "mes", _ADD1]


def _name(held: Election, option: str) -> str:
    if option == _ANNOUNCED:
        announced = settings_of(held.poll).as_dict()
        return say("page_compare.announced", rule=rule_label(held.poll.settings.rule, announced, language().value))
    return say(f"rule_name.{option}")


def _same_as_announced(held: Election) -> str:
    rule = held.poll.settings.rule
    raised = rule == "mes" and settings_of(held.poll).add1 is not Add1.OFF
    return _ADD1 if raised else rule


def choose_rules(held: Election) -> list[str]:
    """Let the person choose two to four rules; the announced one stands first."""
    same = _same_as_announced(held)
    options = [option for option in _options() if option != same]
    usual = [_ANNOUNCED, *(option for option in ("greedy", _ADD1) if option != same)]
    chosen = st.multiselect(
        say("page_compare.variants"),
        options,
        default=usual,
        format_func=lambda option: _name(held, option),
        max_selections=_MOST,
        key=f"compare.rules.{held.poll.id}",
    )
    for option in chosen:
        if option != _ANNOUNCED:
            st.caption(f"{_name(held, option)}: {say(f'rule_help.{option}')}")
    return chosen


def _settings(held: Election, option: str) -> tuple[str, Settings | None]:
    if option == _ANNOUNCED:
        return held.poll.settings.rule, None
    if option in ("mes", _ADD1):
        add1 = Add1.OVERSPEND if option == _ADD1 else Add1.OFF
        return "mes", settings_from(results.settings_for(held, "mes").as_dict() | {"add1": add1.value})
    return option, results.settings_for(held, option)


@st.cache_data(max_entries=64, show_spinner=False)
def _allocation(digest: str, rules_version: str, option: str, _held: Election) -> Allocation:
    del digest, rules_version  # they only tell cached outcomes apart
    rule, chosen = _settings(_held, option)
    return results.allocate(_held, rule, chosen)


def allocations(held: Election, options: Sequence[str]) -> list[Allocation]:
    """Return what each rule makes of the ballots."""
    from renovation.rules import RULES_VERSION

    with st.spinner(say("page_results.computing")):
        return [_allocation(held.digest, RULES_VERSION, option, held) for option in options]


def side_by_side(held: Election, options: Sequence[str], found: Sequence[Allocation]) -> None:
    """Show the measures, the chart a hall can read, and the projects on which the rules differ."""
    names = [_name(held, option) for option in options]
    compared = compare(held.instance, held.profile, found, groups=_groups(held))
    _measures(held, names, compared)
    _chart(names, compared)
    _group_table(names, compared)
    _differences(held, names, compared)


def _groups(held: Election) -> Mapping[str, Profile]:
    by_channel = {say(f"enum.Channel.{channel.value}"): profile for channel, profile in held.channels.items()}
    groups: dict[str, Profile] = {**by_channel, **held.venues}
    return groups if len(by_channel) + len(held.venues) > 1 else {}


def _measures(held: Election, names: Sequence[str], compared: Comparison) -> None:
    def money(amount: int) -> str:
        return format_money(amount, held.instance.currency, held.instance.scale, language())

    tongue = language()
    rows = {
        "chosen": [format_count(len(column.allocation.winners), tongue) for column in compared.columns],
        "money": [money(column.allocation.total_cost) for column in compared.columns],
        "money_share": [format_percent(column.money_used, tongue) for column in compared.columns],
        "at_least_one": [format_percent(column.overall.at_least[0], tongue) for column in compared.columns],
        "satisfaction": [format_count(column.overall.average_chosen, tongue) for column in compared.columns],
        "exclusion": [format_percent(column.overall.excluded, tongue) for column in compared.columns],
        "ejr": [
            say(f"page_compare.metric.{'ejr_no' if column.complaints else 'ejr_yes'}") for column in compared.columns
        ],
    }
    _table([say("page_compare.metric.name"), *names], [[say(f"page_compare.metric.{k}"), *v] for k, v in rows.items()])


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<table class="outcome"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    st.html(f'<div class="outcome-scroll">{table}</div>')


def _chart(names: Sequence[str], compared: Comparison) -> None:
    frame = pd.DataFrame(
        [
            {
                "rule": name,
                "k": say("page_compare.at_least", k=k),
                "share": float(share),
                "shown": format_percent(share, language()),
            }
            for name, column in zip(names, compared.columns, strict=True)
            for k, share in enumerate(column.overall.at_least, 1)
        ]
    )
    st.subheader(say("page_compare.chart"), anchor=False)
    base = alt.Chart(frame).encode(
        x=alt.X("k:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelFontSize=16, labelColor="#1C2529")),
        xOffset=alt.XOffset("rule:N", sort=list(names)),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", labelFontSize=14), scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "rule:N",
            sort=list(names),
            scale=alt.Scale(domain=list(names), range=list(PALETTE[: len(names)])),
            legend=alt.Legend(title=None, orient="top", labelFontSize=16, labelLimit=420, columns=2),
        )
    )
    figures = base.mark_text(dy=-8, fontSize=15, color="#1C2529").encode(text="shown:N")
    st.altair_chart((bars + figures).properties(height=340), width="stretch")


def _group_table(names: Sequence[str], compared: Comparison) -> None:
    groups = list(compared.columns[0].groups) if compared.columns else []
    if not groups:
        return

    def cell(measures: Measures | None) -> str:
        return "—" if measures is None else format_percent(measures.at_least[0], language())

    st.subheader(say("page_compare.groups"), anchor=False)
    st.caption(say("page_compare.groups_note", least=SMALLEST_GROUP))
    _table(
        [say("page_compare.group"), *names],
        [[group, *(cell(column.groups[group]) for column in compared.columns)] for group in groups],
    )


def _differences(held: Election, names: Sequence[str], compared: Comparison) -> None:
    st.subheader(say("page_compare.differences"), anchor=False)
    if not compared.disputed:
        st.write(say("page_compare.same"))
        return
    projects = {project.id: project for project in held.instance.projects}
    rows = []
    for project_id, columns in compared.disputed.items():
        project = projects[project_id]
        number = str(project.number) if project.number else project.id
        marks = [say(f"page_compare.{'yes' if place in columns else 'no'}") for place in range(len(names))]
        money = format_money(project.cost, held.instance.currency, held.instance.scale, language())
        rows.append([f"{number} {project.name}", money, *marks])
    _table([say("page_results.column.name"), say("notice.column.cost"), *names], rows)


def budget_slider(held: Election) -> None:
    """Move the budget and see who enters and leaves; every outcome is worked out before the slider shows."""
    st.subheader(say("page_compare.budget"), anchor=False)
    announced = settings_of(held.poll).as_dict()
    st.caption(say("page_compare.budget_lead", rule=rule_label(held.poll.settings.rule, announced, language().value)))
    found = _swept(held)
    if found is None:
        return
    unit = FEN_PER_WAN if held.instance.currency == "CNY" else 1000 * held.instance.scale
    label = "budget_slider" if held.instance.currency == "CNY" else "budget_slider_other"
    budget = unit * st.slider(
        say(f"page_compare.{label}", currency=held.instance.currency),
        min_value=found.least / unit,
        max_value=found.most / unit,
        value=held.instance.budget / unit,
        step=round((found.most - found.least) / unit / 200, 2) or 0.01,
        key=f"compare.budget.{held.poll.id}",
    )
    step = found.at(min(max(round(budget), found.least), found.most))

    def money(amount: int) -> str:
        return format_money(amount, held.instance.currency, held.instance.scale, language())

    st.markdown(
        say(
            "page_compare.chosen_at",
            budget=money(round(budget)),
            chosen=len(step.winners),
            cost=money(step.total_cost),
        )
    )
    names = {project.id: project.name or project.id for project in held.instance.projects}
    order = [project.id for project in held.instance.projects if project.id in step.winners]
    st.text("、".join(names[project] for project in order) or "—")
    with st.expander(say("page_compare.points")):
        st.caption(say("page_compare.exact" if found.exact else "page_compare.sampled"))
        _table(
            [say("page_compare.at_budget"), say("page_compare.enters"), say("page_compare.leaves")],
            [
                [
                    money(one.budget),
                    "、".join(names[project] for project in sorted(one.entered)),
                    "、".join(names[project] for project in sorted(one.left)),
                ]
                for one in found.steps[1:]
            ],
        )


def _swept(held: Election) -> Sweep | None:
    from renovation.rules import RULES_VERSION

    kept = _sweeps()
    key = (settings().database_url, held.digest, RULES_VERSION)
    if key not in kept:
        shown = st.progress(0.0)
        least = sum(project.cost for project in held.instance.projects if project.mandatory)
        whole = sum(project.cost for project in held.instance.projects)
        most = max(held.instance.budget, min(whole, 2 * held.instance.budget))

        def report(done: int, of: int) -> None:
            shown.progress(done / of, say("page_compare.sweep", done=done, total=of))

        kept[key] = sweep(
            held.poll.settings.rule,
            held.instance,
            held.profile,
            settings_of(held.poll),
            least=max(least, 1),
            most=most,
            points=40,
            on_progress=report,
        )
        shown.empty()
    return kept[key]


@st.cache_resource(max_entries=1)
def _sweeps() -> dict[tuple[str, str, str], Sweep]:
    return {}
