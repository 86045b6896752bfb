"""The words that answer a demand, begun from a template or by hand."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.demands import MAX_TEXT
from renovation.services.demands import work as demand_work
from renovation.ui.frame.answers import warn_of_contacts
from renovation.ui.frame.drafts import Draft
from renovation.ui.frame.state import store
from renovation.ui.words import language, say


def reply_field(actor: Actor, form: Draft, demand_id: int, *, most: int = MAX_TEXT, about: str | None = None) -> str:
    """Ask for the words of an answer, and warn of names and numbers in it; ``about`` helps beside the field."""
    templates = {one.code: one for one in demand_work.reply_templates(store(), actor, demand_id)}

    def fill() -> None:
        code = form.get("template")
        if code in templates:
            form.put("reply", templates[code].text(language()))

    st.selectbox(
        say("demand.field.template"),
        list(templates),
        index=None,
        format_func=lambda code: templates[code].title(language()),
        placeholder=say("demand.form.template_hint"),
        **form.field("template", among=[None, *templates], then=fill),
    )
    reply = st.text_area(say("demand.field.reply"), max_chars=most, height=110, help=about, **form.field("reply", ""))
    warn_of_contacts(reply)
    return reply
