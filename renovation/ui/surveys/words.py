"""What a form's questions and options, and a door's state, say on screen."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.model.surveys import WISHES, Answers, DoorOutcome, FormKind, QuestionKind, SurveyQuestion
from renovation.ui.words import label, listed, say

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
    return question.words or say(f"survey.question.{kind.value}.{question.code}")


def option_words(question: SurveyQuestion, option: str) -> str:
    """Return what an option says."""
    if question.kind is QuestionKind.SCALE:
        return option
    if question.option_words:
        return question.option_words[question.options.index(option)]
    if question.code in (WISHES, "broken"):
        return label("enum.Deficit", option)
    return say(f"survey.option.{question.code}.{option}")


def answers_words(questions: Iterable[SurveyQuestion], answers: Answers) -> str:
    """Return answers one after the other, in the order they are asked."""
    said = (
        listed(option_words(one, option) if one.choices else option for option in answers[one.code])
        for one in questions
        if one.code in answers
    )
    return listed(said, clauses=True)
