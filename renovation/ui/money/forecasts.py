"""What residents would give towards their estates, as their surveys let expect it."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.money.forecasts import forecasts
from renovation.text.formats import format_yuan
from renovation.ui.frame.grid import COUNT, DAY, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.words import language, say, told


def forecast_section(actor: Actor) -> None:
    """List the surveyed estates with what their households would give; choosing one leads to its survey."""
    found = forecasts(store(), actor)
    if not found:
        st.info(say("money.forecast.none"), icon=":material/door_front:")
        page_link("surveys")
        return
    st.caption(say("money.forecast.hint"))
    picked = grid(
        {
            "estate": [one.estate for one in found],
            "survey": [one.survey for one in found],
            "day": [one.day for one in found],
            "doors": [one.doors for one in found],
            "giving": [one.giving for one in found],
            "low": [format_yuan(one.low, language()) for one in found],
            "high": [format_yuan(one.high, language()) for one in found],
        },
        words="money.forecast.column",
        kinds={"day": DAY, "doors": COUNT, "giving": COUNT},
        pick="one",
        key="money.forecasts",
    )
    if picked:
        one = found[picked[0]]
        st.markdown(told("money.forecast.detail", name=one.estate, survey=one.survey, day=one.day, doors=one.doors))
        for band in one.bands:
            st.markdown(
                told("money.forecast.band", band=say(f"survey.option.contribute.{band.band}"), count=band.households)
            )
        page_link("surveys", label=say("survey.taken.open"), icon="door_front", query={"survey": str(one.survey_id)})
