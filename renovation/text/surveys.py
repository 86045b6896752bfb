"""The questions that a locality adds to a survey, as people write them down: one a line, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterable

from renovation.errors import InvalidError
from renovation.model.names import is_blank, name_key
from renovation.model.surveys import MOST_OWN, FormKind, QuestionKind, SurveyQuestion, own_question
from renovation.text import Language, text
from renovation.text.formats import format_list

_PARTS = re.compile(r"[、，,;；]")
_BAND = re.compile(r"(\d{1,6})\s*[-–—~至到]\s*(\d{1,6})")


def read_questions(words: str) -> tuple[SurveyQuestion, ...]:
    """Return the questions that somebody wrote, one a line: "要不要建车棚 | 单选 | 要、不要".

    Raises
    ------
    InvalidError
        ``survey.question_unreadable``: a line that names no kind, or not the options or the band that it needs;
        ``survey.questions_many``.
    """
    lines = [line.replace("｜", "|") for line in words.splitlines() if not is_blank(line)]
    if len(lines) > MOST_OWN:
        raise InvalidError("survey.questions_many", most=MOST_OWN)
    return tuple(dict.fromkeys(map(_read, lines)))


def _read(line: str) -> SurveyQuestion:
    asked, called, more = (part.strip() for part in (*line.split("|"), "", "")[:3])
    kinds = {name_key(_kind(one, tongue)): one for one in QuestionKind for tongue in Language}
    kind = kinds.get(name_key(called))
    if kind is None:
        raise InvalidError("survey.question_unreadable", value=line.strip()[:40])
    if kind is QuestionKind.NUMBER and more:
        band = _BAND.fullmatch(more)
        if band is None:
            raise InvalidError("survey.question_unreadable", value=line.strip()[:40])
        return own_question(asked, kind, band=(int(band[1]), int(band[2])))
    options = tuple(dict.fromkeys(part.strip() for part in _PARTS.split(more) if part.strip()))
    return own_question(asked, kind, options)


def _kind(kind: QuestionKind, language: Language) -> str:
    return text(f"enum.QuestionKind.{kind.value}", language)


def questions_text(questions: Iterable[SurveyQuestion], language: Language) -> str:
    """Return the questions that a locality has added as :func:`read_questions` reads them."""
    lines = []
    for one in questions:
        if one.is_own:
            number = one.kind is QuestionKind.NUMBER
            more = f"{one.low}-{one.high}" if number else format_list(one.option_words, language)
            lines.append(" | ".join(filter(None, (one.words, _kind(one.kind, language), more))))
    return "\n".join(lines)


def question_said(kind: FormKind, question: SurveyQuestion, language: Language | str) -> str:
    """Return what a question asks."""
    in_english = Language(language) is Language.EN
    own = (question.words_en or (question.words if question.is_own else "")) if in_english else question.words
    return own or text(f"survey.question.{kind.value}.{question.code}", language)


def numbered(at: int, said: str) -> str:
    """Write an option behind the number it is keyed by, well apart: many an option begins with a figure itself."""
    return f"{at}\N{EM SPACE}{said}"


def option_said(question: SurveyQuestion, option: str, language: Language | str) -> str:
    """Return what an option says."""
    if question.kind is QuestionKind.SCALE:
        return option
    in_english = Language(language) is Language.EN
    said = question.option_words_en if in_english else question.option_words
    place = question.options.index(option)
    if own := (said[place] if said else "") or (question.option_words[place] if question.is_own else ""):
        return own
    if question.code == "broken":
        return text(f"enum.Deficit.{option}", language)
    return text(f"survey.option.{question.code}.{option}", language)


def answer_said(question: SurveyQuestion, said: Iterable[str], language: Language | str) -> str:
    """Return an answer in words."""
    return format_list(
        (option_said(question, one, language) if question.choices else one for one in said), str(language)
    )
