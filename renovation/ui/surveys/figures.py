"""What a campaign's doors add up to: coverage and willingness by place, answers by group, and who is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.surveys import BY_FLOOR, GROUPS, RENEW, DoorOutcome, FormKind, SurveyQuestion
from renovation.rules.surveys.figures import OTHERS, GroupShare, OptionFigures, PlaceFigures, SurveyFigures
from renovation.rules.surveys.margins import Portion
from renovation.services.surveys.campaigns import SurveyFile
from renovation.services.surveys.figures import survey_figures
from renovation.ui.frame.grid import COUNT, SHARE, grid
from renovation.ui.frame.state import store
from renovation.ui.surveys.trust import trust_part
from renovation.ui.surveys.words import option_words, question_words
from renovation.ui.words import percent, plain, say, told

_LEVELS = ("estate", "building", "unit")


def figures_tab(actor: Actor, file: SurveyFile) -> None:
    """Show the figures of a campaign."""
    found = survey_figures(store(), actor, file.survey.id)
    _head(file, found.whole)
    if not found.whole.answered:
        st.info(say("survey.figure.nobody_yet"), icon=":material/bar_chart:")
        return
    names = place_names(file)
    _missing(found, names)
    level = st.segmented_control(
        say("survey.figure.level"),
        _LEVELS,
        default="building",
        required=True,
        format_func=lambda one: say(f"survey.figure.by_{one}"),
        key="surveys.level",
    )
    parts = {"estate": found.estates, "building": found.buildings, "unit": found.units}[level or "building"]
    _places(file, parts, names[level or "building"])
    st.caption(say("survey.figure.method"))
    _answers(file, found.options)
    trust_part(actor, file, names["unit"])


def _head(file: SurveyFile, whole: PlaceFigures) -> None:
    with st.container(horizontal=True):
        st.metric(say("survey.figure.answered"), say("survey.figure.of", answered=whole.answered, doors=whole.doors))
        target = percent(file.survey.draft.target)
        st.metric(say("survey.figure.coverage", target=target), percent(whole.coverage))
        if whole.willing is not None:
            st.metric(say("survey.figure.willing"), percent(whole.willing.share))
    if whole.willing is not None:
        low, high = percent(whole.willing.low), percent(whole.willing.high)
        st.caption(told("survey.figure.margin", low=low, high=high))
    if whole.waiting:
        st.warning(told("survey.figure.waiting", count=whole.waiting), icon=":material/call_split:")


def place_names(file: SurveyFile) -> dict[str, Mapping[int, str]]:
    """Return how places of each level are called, the estate named where there are several."""
    several = len(file.estates) > 1
    homes = {one.id: f"{file.estates[one.estate_id]} {one.name}" if several else one.name for one in file.buildings}
    units = {one.id: f"{homes[one.building_id]} {one.name}" for one in file.units}
    return {"estate": file.estates, "building": homes, "unit": units}


def _missing(found: SurveyFigures, names: Mapping[str, Mapping[int, str]]) -> None:
    st.markdown(f"**{say('survey.figure.missing')}**")
    if not found.missing:
        st.markdown(say("survey.figure.nobody_missing"))
    for one in found.missing:
        counts = {"answered": one.answered, "doors": one.doors}
        if one.group is not None:
            st.warning(told(f"survey.figure.missing_{one.group}", **counts), icon=":material/person_search:")
        else:
            place = names["unit"].get(one.unit_id or 0, "")
            st.warning(told("survey.figure.missing_unit", place=place, **counts), icon=":material/person_search:")


def _places(file: SurveyFile, parts: Sequence[PlaceFigures], names: Mapping[int, str]) -> None:
    willing: dict[str, list[object]] = {}
    if file.survey.draft.kind is FormKind.OPINION:
        willing["willing"] = [None if one.willing is None else float(one.willing.share) for one in parts]
        willing["margin"] = [_between(one.willing) for one in parts]
    grid(
        {
            "place": [names.get(one.id, "") for one in parts],
            "doors": [one.doors for one in parts],
            "answered": [one.answered for one in parts],
            "refused": [one.outcomes.get(DoorOutcome.REFUSED, 0) for one in parts],
            "not_home": [
                one.outcomes.get(DoorOutcome.NOT_HOME, 0) + one.outcomes.get(DoorOutcome.COME_BACK, 0) for one in parts
            ],
            "empty": [one.outcomes.get(DoorOutcome.EMPTY, 0) for one in parts],
            "not_yet": [one.doors - sum(one.outcomes.values()) for one in parts],
            "coverage": [float(one.coverage) for one in parts],
            **willing,
        },
        words="survey.column",
        kinds={
            **dict.fromkeys(("doors", "answered", "refused", "not_home", "empty", "not_yet"), COUNT),
            **dict.fromkeys(("coverage", *willing.keys() & {"willing"}), SHARE),
        },
        pinned=["place"],
        key=f"surveys.places.{file.survey.id}",
    )


def _between(one: Portion | None) -> str:
    return say("survey.figure.few") if one is None else _margin(one)


def _margin(one: Portion) -> str:
    return say("survey.figure.between", low=percent(one.low), high=percent(one.high))


def _answers(file: SurveyFile, found: Sequence[OptionFigures]) -> None:
    told_of = {one.question for one in found}
    asked = {one.code: one for form in file.forms for one in form.questions if one.code in told_of}
    if not asked:
        return
    kind = file.survey.draft.kind
    left, right = st.columns(2)
    code = left.selectbox(
        say("survey.figure.question"),
        list(asked),
        format_func=lambda one: question_words(kind, asked[one]),
        key="surveys.question",
    )
    apart = (*(one for one in file.form.questions if one.code in GROUPS), BY_FLOOR)
    groups = {one.code: one for one in apart if one.code != code}
    group = right.selectbox(
        say("survey.figure.group"),
        ["", *groups],
        format_func=lambda one: question_words(kind, groups[one]) if one else say("survey.figure.no_group"),
        key="surveys.group",
    )
    lines = [one for one in found if one.question == code]
    if code == RENEW:
        shares = {one.option: percent(one.portion.share) for one in lines}
        st.markdown(told("survey.figure.camps", yes=shares["yes"], only_if=shares["only_if"], no=shares["no"]))
    _options(asked[code], lines, groups.get(group or ""))


def _options(question: SurveyQuestion, lines: Sequence[OptionFigures], group: SurveyQuestion | None) -> None:
    columns: dict[str, list[object]] = {
        "option": [option_words(question, one.option) for one in lines],
        "found": [one.portion.found for one in lines],
        "asked": [one.portion.asked for one in lines],
        "share": [float(one.portion.share) for one in lines],
        "margin": [_margin(one.portion) for one in lines],
    }
    kinds = {"found": COUNT, "asked": COUNT, "share": SHARE}
    if any(one.weighted is not None for one in lines):
        columns["weighted"] = [one.weighted for one in lines]
        kinds["weighted"] = SHARE
    headings: dict[str, str] = {}
    for option, words, shares in _apart(group, lines) if group else ():
        columns[f"group_{option}"] = shares
        headings[f"group_{option}"] = plain(words)
        kinds[f"group_{option}"] = SHARE
    grid(columns, words="survey.column", headings=headings, kinds=kinds, pinned=["option"], key="surveys.options")
    if "weighted" in columns:
        st.caption(say("survey.figure.weighted_hint"))


def _apart(group: SurveyQuestion, lines: Sequence[OptionFigures]) -> Iterator[tuple[str, str, list[object]]]:
    """Yield each group that is told of with its words, and its share of each line."""
    for option in (*group.choices, OTHERS):
        shares = [
            next((float(held.portion.share) for held in one.groups if _is(held, group, option)), None) for one in lines
        ]
        if any(one is not None for one in shares):
            yield option, say("survey.figure.others") if option == OTHERS else option_words(group, option), [*shares]


def _is(held: GroupShare, group: SurveyQuestion, option: str) -> bool:
    return (held.question, held.option) == (group.code, option)
