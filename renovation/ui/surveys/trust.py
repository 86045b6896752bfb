"""Second visits on screen, for a lead: the doors that are drawn, how far answers agree, and what to ask collectors."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.surveys import trust
from renovation.services.surveys.campaigns import SurveyFile
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.state import person, store
from renovation.ui.surveys.words import question_words
from renovation.ui.words import label, listed, say, told


def trust_part(actor: Actor, file: SurveyFile, units: Mapping[int, str]) -> None:
    """Let a lead draw doors for a second visit, and show what comparing brings.

    Parameters
    ----------
    units
        Staircase → its name with its building's.
    """
    if not file.leads or file.survey.gone_on is not None:
        return
    with st.expander(say("survey.trust.title"), icon=":material/fact_check:"):
        st.caption(say("survey.trust.how"))
        found = trust.trust(store(), actor, file.survey.id)
        if not found.seed:
            _draw(actor, file)
        else:
            st.markdown(told("survey.trust.state", seed=found.seed, doors=len(found.drawn), done=found.done))
            named = [f"{units.get(one.unit_id, '')} {one.number}" for one in found.drawn]
            st.markdown(told("survey.trust.doors", doors=listed(named)))
        asked = {one.code: one for form in file.forms for one in form.questions}
        if found.agreements:
            grid(
                {
                    "question": [
                        question_words(file.survey.draft.kind, asked[one.question]) for one in found.agreements
                    ],
                    "login": [
                        person(one.login) if one.login else say("survey.trust.everybody") for one in found.agreements
                    ],
                    "pairs": [one.pairs for one in found.agreements],
                    "same": [one.same for one in found.agreements],
                    "kappa": ["—" if one.kappa is None else f"{one.kappa:.2f}" for one in found.agreements],
                },
                words="survey.trust.column",
                kinds={"pairs": COUNT, "same": COUNT},
                key=f"surveys.trust.{file.survey.id}",
            )
        for one in found.questions:
            words = {"name": person(one.login), "of": one.of, "count": one.visits}
            st.info(told("survey.trust.ask", doubt=label("enum.Doubt", one.doubt), **words), icon=":material/help:")
        if not found.questions:
            st.caption(say("survey.trust.no_doubts"))


def _draw(actor: Actor, file: SurveyFile) -> None:
    with draft(actor, f"survey.seed.{file.survey.id}") as form:
        seed = st.text_input(say("survey.trust.seed"), max_chars=40, **form.field("seed", ""))
        if st.button(say("survey.trust.draw"), icon=":material/casino:", key=form.key("save")):
            with form.saving():
                count = trust.draw_doors(store(), actor, file.survey.id, seed)
                form.done(told("survey.trust.drawn", count=count))
