"""What a form's questions and options, and a door's state, say on screen."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.model.surveys import Answers, DoorOutcome, FormKind, SurveyQuestion
from renovation.text.surveys import answer_said, option_said, question_said
from renovation.ui.words import language, listed

#: What a door of a state shows beside its number, and the colour of the number; neither tells it alone.
LOOKS: dict[DoorOutcome | None, tuple[str, str]] = {
    None: ("radio_button_unchecked", ""),
    DoorOutcome.ANSWERED: ("check_circle", "green"),
    DoorOutcome.REFUSED: ("block", "red"),
    DoorOutcome.NOT_HOME: ("door_front", "orange"),
    DoorOutcome.COME_BACK: ("schedule", "blue"),
    DoorOutcome.EMPTY: ("cottage", "gray"),
}


def question_words(kind: FormKind, question: SurveyQuestion) -> str:
    """Return what a question asks."""
    return question_said(kind, question, language())


def option_words(question: SurveyQuestion, option: str) -> str:
    """Return what an option says."""
    return option_said(question, option, language())


def answers_words(questions: Iterable[SurveyQuestion], answers: Answers) -> str:
    """Return answers one after the other, in the order they are asked."""
    said = (answer_said(one, answers[one.code], language()) for one in questions if one.code in answers)
    return listed(said, clauses=True)
