"""Rules or settings side by side on the same ballots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from renovation.model.elections import Allocation
from renovation.rules.allocation.comparison import MOST_K, SMALLEST_GROUP, Comparison, Measures, compare
from renovation.rules.election.profile import Profile
from renovation.services.outcome.results import Election
from renovation.text.formats import format_count, format_percent, money_writer
from renovation.ui.charts import INK, colour_of, show_chart
from renovation.ui.frame.grid import table
from renovation.ui.words import language, listed, say, told


def side_by_side(held: Election, found: Sequence[tuple[str, Allocation]]) -> None:
    """Show the measures, the chart a hall can read, and the projects on which the variants differ."""
    names = [name for name, _ in found]
    compared = compare(held.instance, held.profile, [outcome for _, outcome in found], divisions=_divisions(held))
    _measures(held, names, compared)
    _chart(names, compared)
    _differences(held, names, compared)
    _group_table(held, names, compared)
    _complaints(held, names, compared)


def _divisions(held: Election) -> list[Mapping[str, Profile]]:
    by_channel = {say(f"enum.Channel.{channel.value}"): profile for channel, profile in held.channels.items()}
    by_group = [
        {_group_name(attribute, name): profile for name, profile in named.items()}
        for attribute, named in held.groups.items()
    ]
    return [division for division in (by_channel, held.venues, *by_group) if len(division) > 1]


def _group_name(attribute: str, name: str) -> str:
    value = say(f"page_compare.group_sex.{name}") if attribute == "sex" else name
    return say(f"page_compare.group_by.{attribute}", group=value)


def _measures(held: Election, names: Sequence[str], compared: Comparison) -> None:
    money = money_writer(held.instance, language(), unbroken=True)
    tongue = language()
    rows = {
        "chosen": [format_count(len(column.allocation.winners), tongue) for column in compared.columns],
        "money": [money(column.allocation.total_cost) for column in compared.columns],
        "money_share": [format_percent(column.money_used, tongue) for column in compared.columns],
        "at_least_one": [format_percent(column.overall.at_least[0], tongue) for column in compared.columns],
        "at_least_two": [format_percent(column.overall.at_least[1], tongue) for column in compared.columns],
        "satisfaction": [format_count(column.overall.average_chosen, tongue) for column in compared.columns],
        "satisfaction_money": [money(round(column.overall.average_money)) for column in compared.columns],
        "exclusion": [format_percent(column.overall.excluded, tongue) for column in compared.columns],
        "ejr": [
            say(f"page_compare.metric.{'ejr_no' if column.complaints else 'ejr_yes'}") for column in compared.columns
        ],
    }
    table([say("page_compare.metric.name"), *names], [[say(f"page_compare.metric.{k}"), *v] for k, v in rows.items()])


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
        x=alt.X("k:N", sort=None, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(paddingInner=0.12)),
        xOffset=alt.XOffset("rule:N", sort=list(names), scale=alt.Scale(paddingInner=0.12)),
        y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(color=colour_of("rule", names))
    # Figures are as large as their bars are wide; where that is too small to read, they stand in the table alone.
    slots = len(names) * frame["k"].nunique()
    largest = {1: 20, 2: 18, 3: 15}.get(len(names), 12)
    size = f"min({largest}, width / {slots} / 3.2)"
    figures = base.mark_text(dy=-8, fontSize=alt.ExprRef(f"{size} < 9 ? 0 : {size}"), color=INK).encode(text="shown:N")
    show_chart(bars + figures, height=360)


@st.fragment
def _group_table(held: Election, names: Sequence[str], compared: Comparison) -> None:
    groups = list(compared.columns[0].groups)
    st.subheader(say("page_compare.groups"), anchor=False)
    if not groups:
        # Where somebody would look for figures per building, the screen says why there are none.
        st.caption(say("page_compare.groups_none"))
        return
    st.caption(told("page_compare.groups_note", least=SMALLEST_GROUP))
    wanted = st.segmented_control(
        say("page_compare.groups_k"),
        range(1, MOST_K + 1),
        default=1,
        format_func=lambda k: say("page_compare.at_least", k=k),
        key=f"compare.k.{held.poll.id}",
    )
    k = wanted or 1

    def cell(measures: Measures | None) -> str:
        return "—" if measures is None else format_percent(measures.at_least[k - 1], language())

    table(
        [say("page_compare.group"), *names],
        [[group, *(cell(column.groups[group]) for column in compared.columns)] for group in groups],
    )


def _complaints(held: Election, names: Sequence[str], compared: Comparison) -> None:
    """Name the projects whose supporters EJR+ up to one project says were passed over."""
    money = money_writer(held.instance, language(), unbroken=True)
    titles = {project.id: project.name or project.id for project in held.instance.projects}
    rows = [
        [name, titles[one.project], format_count(one.supporters, language()), money(round(one.due))]
        for name, column in zip(names, compared.columns, strict=True)
        for one in column.complaints
    ]
    if not rows:
        return
    with st.expander(say("page_compare.complaints")):
        st.caption(say("page_compare.complaints_note"))
        headings = ("complaint_rule", "complaint_project", "complaint_voters", "complaint_due")
        table([say(f"page_compare.{heading}") for heading in headings], rows)


def _differences(held: Election, names: Sequence[str], compared: Comparison) -> None:
    money = money_writer(held.instance, language(), unbroken=True)
    st.subheader(say("page_compare.differences"), anchor=False)
    projects = {project.id: project for project in held.instance.projects}
    if not compared.disputed:
        st.write(say("page_compare.same"))
    rows = []
    for project_id, columns in compared.disputed.items():
        project = projects[project_id]
        number = str(project.number) if project.number else project.id
        marks = [say(f"page_compare.{'yes' if place in columns else 'no'}") for place in range(len(names))]
        rows.append([f"{number} {project.name}", money(project.cost), *marks])
    if rows:
        table([say("page_results.column.name"), say("notice.column.cost"), *names], rows)
    if compared.chosen_by_all:
        with st.expander(say("page_compare.by_all", count=len(compared.chosen_by_all))):
            st.text(listed(projects[one].name or one for one in compared.chosen_by_all))
