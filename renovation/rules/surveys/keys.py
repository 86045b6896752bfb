"""A sheet of answers keyed with number keys alone: which key answers which question."""

from __future__ import annotations

from renovation.errors import InvalidError
from renovation.model.surveys import Form, QuestionKind, SurveyQuestion

#: Options that a single key names.
_KEYS = 9
#: The key that answers nothing.
_NONE = "0"


def read_keys(form: Form, typed: str) -> dict[str, tuple[str, ...]]:
    """Return the answers of a sheet in the order of its questions; "+" goes to the next one.

    One answer of up to nine is a single key, and what follows belongs to the next question already: "+" is needed only
    after several answers and after a number. Several of more than nine are parted by ".". No answer is 0, or nothing
    where "+" went before; "+" after the last one does no harm. Questions of words are not keyed.

    Raises
    ------
    InvalidError
        ``survey.keys_many``, ``survey.keys_unknown``, and as for
        :meth:`renovation.model.surveys.SurveyQuestion.checked`.
    """
    asked = [one for one in form.questions if one.kind is not QuestionKind.WORDS]
    answers: dict[str, tuple[str, ...]] = {}
    place = 0
    for part in typed.strip().split("+"):
        left: str | None = part.strip()
        while left is not None:
            if place == len(asked):
                if not left:
                    break
                raise InvalidError("survey.keys_many", asked=len(asked), value=left[:20])
            question, place = asked[place], place + 1
            keys, left = _parted(question, left)
            if said := _read(question, keys, place):
                answers[question.code] = said
    return answers


def _is_short(question: SurveyQuestion) -> bool:
    return 0 < len(question.choices) <= _KEYS


def _parted(question: SurveyQuestion, typed: str) -> tuple[str, str | None]:
    """Part what was keyed into what answers this question, and what the next ones."""
    goes_on = _is_short(question) and not question.takes_several and typed[:2].isascii() and typed[:2].isdigit()
    return (typed[0], typed[1:]) if goes_on and len(typed) > 1 else (typed, None)


def _read(question: SurveyQuestion, keys: str, place: int) -> tuple[str, ...]:
    if keys == _NONE and (question.choices or question.low > 0):
        return ()
    if not question.choices:
        return question.checked([keys])
    numbers = [one for part in keys.split(".") for one in (part if _is_short(question) else [part]) if one]
    for one in numbers:
        if not (one.isascii() and one.isdigit() and len(one) < 4 and 1 <= int(one) <= len(question.choices)):
            raise InvalidError("survey.keys_unknown", place=place, value=one[:20])
    return question.checked([question.choices[int(one) - 1] for one in numbers])
