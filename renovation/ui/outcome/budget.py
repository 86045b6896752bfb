"""The outcome as the budget moves: a slider, where each project wins, and where it enters or leaves."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import perf_counter

import altair as alt
import pandas as pd
import streamlit as st

from renovation.config import settings
from renovation.rules.allocation.budget_sweep import Sweep, range_of_interest, sweep
from renovation.rules.polls.instances import settings_of
from renovation.services.outcome import results
from renovation.services.outcome.results import Election
from renovation.text.formats import money_writer, sum_unit_of
from renovation.text.rules import rule_label
from renovation.ui.charts import NOW, SELECTED, names_axis, show_chart
from renovation.ui.frame.grid import table
from renovation.ui.polls.deciding import kept_or_decided, was_stopped
from renovation.ui.words import language, listed, say, told

#: Where budgets cannot be found exactly, so many are run as take about this long, between the two numbers.
_SECONDS, _FEWEST, _MOST = 1.5, 12, 120
#: Seconds for finding every change, before budgets are tried instead.
_PATIENCE = 2.0
#: So many times more of them are run when somebody asks for a finer look.
_FINER = 5


def budget_slider(held: Election) -> None:
    """Move the budget and see who enters and leaves; every outcome is worked out before the slider shows."""
    st.subheader(say("page_compare.budget"), anchor=False)
    announced = settings_of(held.poll).as_dict()
    st.caption(told("page_compare.budget_lead", rule=rule_label(held.poll.settings.rule, announced, language())))
    key = f"compare.budget.{held.poll.id}"
    # Outside the fragment: a button pressed in one waits for its run to end, and could stop nothing.
    _slider(held, _swept(held, key), key)


@st.fragment
def _slider(held: Election, found: Sweep, key: str) -> None:
    money = money_writer(held.instance, language(), unbroken=True)
    unit = sum_unit_of(held.instance, language())
    name = "other" if held.instance.currency != "CNY" else "yuan" if unit == held.instance.scale else "wan"
    label = say(f"page_compare.budget_slider_{name}", currency=held.instance.currency)
    if found.exact:
        value = st.slider(
            label,
            min_value=found.least / unit,
            max_value=found.most / unit,
            value=held.instance.budget / unit,
            step=round((found.most - found.least) / unit / 200, 2) or 0.01,
            key=key,
        )
        budget = min(max(round(value * unit), found.least), found.most)
    else:
        # Only budgets that were run: what the slider shows is never a guess between two of them.
        budget = st.select_slider(
            label,
            found.tried,
            value=held.instance.budget if held.instance.budget in found.tried else found.tried[-1],
            format_func=lambda amount: f"{amount / unit:,.2f}",
            # Another choice of budgets is another slider.
            key=f"{key}.{len(found.tried)}",
        )
        st.caption(told("page_compare.tried", count=len(found.tried)))
        if f"{key}.finer" not in st.session_state and st.button(
            say("page_compare.finer"),
            icon=":material/zoom_in:",
            help=say("page_compare.finer_help"),
            key=f"{key}.ask_finer",
        ):
            st.session_state[f"{key}.finer"] = _FINER
            st.rerun()
    step = found.at(budget)
    st.markdown(
        told(
            "page_compare.chosen_at",
            budget=money(budget),
            chosen=len(step.winners),
            cost=money(step.total_cost),
        )
    )
    now = found.at(held.instance.budget).winners
    for which, projects in (("more", step.winners - now), ("fewer", now - step.winners)):
        names = listed(project.name or project.id for project in held.instance.projects if project.id in projects)
        if names:
            st.text(say(f"page_compare.{which}", projects=names))
    _ranges_chart(held, found, budget, unit)
    _points(held, found)


def _ranges_chart(held: Election, found: Sweep, budget: int, unit: int) -> None:
    """Draw, per project, the budgets at which it wins; those that win soonest stand on top."""
    ranges = {project.id: found.ranges(project.id) for project in held.instance.projects}
    order = found.soonest_first(held.instance)
    names = {project.id: f"{project.number or project.id} {project.name}" for project in order}
    frame = pd.DataFrame(
        [
            {"name": names[project.id], "from": start / unit, "to": end / unit}
            for project in order
            for start, end in ranges[project.id]
        ]
    )
    if frame.empty:
        return
    bars = (
        alt.Chart(frame)
        .mark_bar(color=SELECTED, height=15)
        .encode(
            y=names_axis("name", list(names.values())),
            x=alt.X(
                "from:Q",
                title=None,
                scale=alt.Scale(domain=[found.least / unit, found.most / unit], nice=False),
                axis=alt.Axis(orient="top"),
            ),
            x2="to:Q",
        )
    )
    line = alt.Chart(pd.DataFrame({"budget": [budget / unit]})).mark_rule(color=NOW, strokeWidth=3).encode(x="budget:Q")
    st.caption(say("page_compare.ranges"))
    with st.container(height=480 if len(order) > 18 else "content", border=False):
        show_chart(bars + line, height=alt.Step(24))


def _points(held: Election, found: Sweep) -> None:
    money = money_writer(held.instance, language(), unbroken=True)
    names = {project.id: project.name or project.id for project in held.instance.projects}
    with st.expander(say("page_compare.points")):
        st.caption(say("page_compare.exact") if found.exact else say("page_compare.sampled", count=len(found.tried)))
        by_project, by_budget = st.tabs(
            [say("page_compare.by_project"), say("page_compare.by_budget")], key="renovation.compare.tabs"
        )
        with by_project:
            table(
                [say("page_results.column.name"), say("page_compare.enters"), say("page_compare.leaves")],
                [
                    [
                        f"{project.number or project.id} {project.name}",
                        listed(money(budget) for budget in found.enters(project.id)) or say("page_compare.never"),
                        listed(money(budget) for budget in found.leaves(project.id)) or "—",
                    ]
                    for project in held.instance.projects
                ],
            )
        with by_budget:
            table(
                [say("page_compare.at_budget"), say("page_compare.enters"), say("page_compare.leaves")],
                [
                    [
                        money(one.budget),
                        listed(names[project] for project in sorted(one.entered)),
                        listed(names[project] for project in sorted(one.left)),
                    ]
                    for one in found.steps[1:]
                ],
            )


def _swept(held: Election, key: str) -> Sweep:
    from renovation.rules import RULES_VERSION

    finer = st.session_state.get(f"{key}.finer", 1)
    if finer > 1 and was_stopped(key):
        # Back to what was on screen before.
        st.session_state.pop(f"{key}.finer")
        finer = 1
    known = (settings().database_url, held.digest, RULES_VERSION, finer)

    def work(heard: Callable[[float], None]) -> Sweep:
        least, most = range_of_interest(held.poll.settings.rule, held.instance)
        begun = perf_counter()
        results.allocate(held)
        points = round(_SECONDS / max(perf_counter() - begun, 0.001))
        return sweep(
            held.poll.settings.rule,
            held.instance,
            held.profile,
            settings_of(held.poll),
            least=least,
            most=most,
            points=min(max(points, _FEWEST), _MOST) * finer,
            on_progress=lambda done, of: heard(done / of if of else 1.0),
            enough=lambda: perf_counter() - begun > _PATIENCE * finer,
        )

    return kept_or_decided(_sweeps(), known, work, key=key, words="deciding.budgets")


@st.cache_resource(max_entries=1)
def _sweeps() -> dict[tuple[Hashable, ...], Sweep]:
    return {}
