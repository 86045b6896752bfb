"""What a form says on screen: a lead words a question and its options as people there say it."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.surveys import MAX_OPTION, MAX_QUESTION
from renovation.services.surveys import campaigns
from renovation.services.surveys.campaigns import SurveyFile, Wording
from renovation.text import Language
from renovation.text.surveys import option_said, question_said
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.state import store
from renovation.ui.surveys.words import question_words
from renovation.ui.words import say, told


def wording_form(actor: Actor, file: SurveyFile) -> None:
    """Let a lead choose a question and say it and its options otherwise, in either language."""
    asked = {one.code: one for one in file.form.in_order}
    kind, at = file.survey.draft.kind, f"survey.wording.{file.survey.id}"
    begins = any(begun(actor, f"{at}.{code}") for code in asked)
    with st.expander(say("survey.wording.title"), icon=":material/edit_note:", expanded=begins):
        st.caption(say("survey.wording.hint"))
        places = {code: place for place, code in enumerate(asked, 1)}
        code = st.selectbox(
            say("survey.wording.question"),
            list(asked),
            format_func=lambda one: f"{places[one]}. {question_words(kind, asked[one])}",
            key=f"{at}.question",
        )
        one = asked[code]
        with draft(actor, f"{at}.{code}", base=one) as form:
            says: dict[str, list[str]] = {}
            for column, (tongue, mark) in zip(
                st.columns(2, gap="medium"), ((Language.ZH, "zh"), (Language.EN, "en")), strict=True
            ):
                words, options = (one.words, one.option_words) if mark == "zh" else (one.words_en, one.option_words_en)
                typed = column.text_input(
                    say(f"survey.wording.words_{mark}"),
                    max_chars=MAX_QUESTION,
                    placeholder=question_said(kind, one, tongue),
                    **form.field(f"words_{mark}", words),
                )
                says[mark] = [typed]
                for place, option in enumerate(one.options):
                    said = option_said(one, option, tongue)
                    held = options[place] if options else ""
                    name = told(f"survey.wording.option_{mark}", option=f"{place + 1} {said}")
                    says[mark].append(
                        column.text_input(
                            name, max_chars=MAX_OPTION, placeholder=said, **form.field(f"{option}_{mark}", held)
                        )
                    )
            if st.button(say("survey.setup.save_form"), icon=":material/save:", key=form.key("save")):
                with form.saving():
                    wording = Wording(
                        words=says["zh"][0],
                        options=tuple(says["zh"][1:]),
                        words_en=says["en"][0],
                        options_en=tuple(says["en"][1:]),
                    )
                    version = campaigns.word_question(store(), actor, file.survey.id, code, wording)
                    form.done(told("survey.setup.form_saved", version=version))
