"""Documents of a scenario: which one, what stands on them, and their downloads."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from renovation.exports.programme.source import MOST_NOTICE_DAYS, PaperDetails, ProgrammeFile
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.jobs import JobKind, LongWork
from renovation.model.scenarios import Scenario, ScenarioState, WorkPlan
from renovation.services.house import jobs
from renovation.services.house.work.kinds import PaperTask, Written
from renovation.services.programme import programme, work_plans
from renovation.services.programme.documents import (
    ProgrammeDocument,
    city_name,
    export_estate_map,
    export_programme,
)
from renovation.text.formats import wan_digits
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.grid import TEXT, WHOLE, editor
from renovation.ui.frame.offer import issuer, offer
from renovation.ui.frame.state import store
from renovation.ui.jobs import begin, under_way
from renovation.ui.programme.scenarios import of_year
from renovation.ui.words import language, say, told

_PACKAGE, _ASKED = "programme_documents.written", "programme_documents.asked"
_PLANNED = ("starts", "ends", "builder", "note")
_ICONS = {
    ProgrammeDocument.LIST: "table",
    ProgrammeDocument.ROLL_UP: "functions",
    ProgrammeDocument.NOTICE: "campaign",
    ProgrammeDocument.MEMO: "description",
    ProgrammeDocument.LAYERS: "map",
    ProgrammeDocument.PACKAGE: "folder_zip",
}


def choose_scenario(actor: Actor, year: int) -> Scenario | None:
    """Let the person choose one of a year's scenarios, adopted ones first; ``None`` when there is none."""
    known = of_year(actor, year)
    if not known:
        return None
    return st.selectbox(
        say("programme_documents.scenario"),
        known,
        format_func=lambda one: say(
            "programme_documents.adopted" if one.state is ScenarioState.ADOPTED else "programme_documents.draft",
            name=one.name,
        ),
        key="programme_documents.scenario",
    )


def details_form(actor: Actor, scenario: Scenario) -> PaperDetails:
    """Ask for what a person decides of a scenario's documents: who issues them, when, how long the notice hangs."""
    with draft(actor, f"programme_documents.{scenario.id}") as form:
        return _details(actor, form)


def _details(actor: Actor, form: Draft) -> PaperDetails:
    left, right = st.columns(2)
    issued = issuer()
    office = left.text_input(say("programme_documents.office"), max_chars=60, **form.field("office", issued.name))
    phone = right.text_input(say("programme_documents.phone"), max_chars=40, **form.field("phone", issued.phone))
    first, second, third = st.columns(3)
    day = first.date_input(say("programme_documents.day"), format="YYYY-MM-DD", **form.field("day", today()))
    start = second.date_input(say("programme_documents.start"), format="YYYY-MM-DD", **form.field("start", today()))
    days = third.number_input(
        say("programme_documents.days"), 1, MOST_NOTICE_DAYS, help=say("programme_documents.days_note"),
        **form.field("days", 7),
    )  # fmt: skip
    with st.expander(say("programme_documents.details")):
        one, two = st.columns(2)
        city = one.text_input(
            say("programme_documents.city"), max_chars=20, **form.field("city", city_name(store(), actor))
        )
        review = two.text_input(
            say("programme_documents.review"), max_chars=40, help=say("programme_documents.review_note"),
            **form.field("review", ""),
        )  # fmt: skip
        basis = st.text_area(say("programme_documents.basis"), max_chars=2000, **form.field("basis", ""))
    return PaperDetails(
        day=day,
        office=office.strip(),
        phone=phone.strip(),
        city=city.strip(),
        notice_start=start,
        notice_days=int(days),
        basis=tuple(line.strip() for line in basis.splitlines() if line.strip()),
        map_review_number=review.strip(),
    )


def sums(paper: ProgrammeFile) -> None:
    """Say in one line what the documents add up to."""
    st.markdown(
        told(
            "programme_documents.sums",
            span=paper.span,
            works=len(paper.works),
            estates=len(paper.estates),
            households=paper.households,
            cost=wan_digits(paper.investment, language()),
        )
    )
    if paper.gap:
        st.warning(
            told("programme_documents.gap", money=wan_digits(paper.gap, language())), icon=":material/error_outline:"
        )


def work_plan_editor(actor: Actor, scenario: Scenario, paper: ProgrammeFile) -> None:
    """Let the person write when each work is done and by whom; the list and the notice say it."""
    numbers = {code: place.project_id for code, place in programme.scenario(store(), actor, scenario.id).places.items()}
    kept = work_plans.work_plans(store(), actor)
    lines = [line for line in paper.works if line.facts.id in numbers]
    if not lines:
        return
    plans = [kept.get(numbers[line.facts.id], WorkPlan(project_id=numbers[line.facts.id])) for line in lines]
    name = f"programme_documents.plan.{scenario.id}"
    with (
        st.expander(say("programme_documents.plan.title"), icon=":material/event:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        st.caption(say("programme_documents.plan.lead"))
        month = partial(TEXT, validate=r"^(20\d\d-(0[1-9]|1[0-2]))?$", max_chars=7)
        table = pd.DataFrame(
            {
                "number": [line.number for line in lines],
                "estate": [line.estate.name for line in lines],
                "work": [line.facts.name for line in lines],
                **{name: [getattr(plan, name) for plan in plans] for name in _PLANNED},
            },
            index=[line.facts.id for line in lines],
        )
        edited = editor(
            table,
            words="programme_documents.plan",
            fixed=["number", "estate", "work"],
            kinds={
                "number": WHOLE,
                "starts": month,
                "ends": month,
                "builder": partial(TEXT, max_chars=80),
                "note": partial(TEXT, max_chars=200),
            },
            key="plan",
            draft=form,
        )
        if not st.button(say("programme_documents.plan.keep"), icon=":material/save:"):
            return
        asked = [
            WorkPlan(
                project_id=plan.project_id,
                **{name: row[name] if isinstance(row[name], str) else "" for name in _PLANNED},
            )
            for plan, row in zip(plans, edited.to_dict("records"), strict=True)
        ]
        with form.saving():
            count = work_plans.keep_work_plans(store(), actor, asked)
            form.done(told("programme_documents.plan.kept", count=count))


def downloads(actor: Actor, scenario: Scenario, details: PaperDetails) -> None:
    """Offer each document; it is made when it is asked for, and all of them together beside the page."""
    here, tongue = store(), language()
    columns = st.columns(2)
    for at, (document, icon) in enumerate(_ICONS.items()):
        label = say(f"enum.ProgrammeDocument.{document.value}")
        with columns[at % 2]:
            if document is ProgrammeDocument.PACKAGE:
                task = PaperTask(scenario_id=scenario.id, document=document, details=details, language=str(tongue))
                _package(actor, task, label, icon)
                continue
            offer(
                label,
                partial(export_programme, here, actor, scenario.id, document, details=details, language=tongue),
                name=f"{scenario.name}_{say(f'programme_documents.file.{document.value}')}",
                icon=icon,
                width="stretch",
                key=f"programme_documents.{document.value}",
            )


def _package(actor: Actor, task: PaperTask, label: str, icon: str) -> None:
    """Have the package of all documents written, and offer it."""

    def keep(answer: Written) -> None:
        st.session_state[_PACKAGE] = st.session_state.get(_ASKED), answer

    if under_way(actor, JobKind.DOCUMENTS, _gathering, keep):
        return
    asked, made = st.session_state.get(_PACKAGE, (None, None))
    if made is not None and asked in (task, None):
        offer(
            say("programme_documents.package_take"),
            (made.name, made.mime, made.data),
            icon=icon,
            width="stretch",
            primary=True,
            key="programme_documents.package",
        )
    elif st.button(label, icon=f":material/{icon}:", type="primary", width="stretch", key="programme_documents.make"):
        st.session_state[_ASKED] = task
        begin(actor, lambda: jobs.ask_documents(store(), actor, task))


def _gathering(known: LongWork) -> str:
    return say("programme_documents.package_made", done=known.done, of=known.whole)


def estate_map_choice(actor: Actor, scenario: Scenario, paper: ProgrammeFile, details: PaperDetails) -> None:
    """Show the map of one estate's works as it will print, and offer it."""
    if not paper.estates:
        return
    st.subheader(say("programme_documents.map"), anchor=False)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    estate = left.selectbox(
        say("programme_documents.map_estate"),
        paper.estates,
        format_func=lambda one: f"{one.name}　{one.street}",
        key="programme_documents.estate",
    )
    drawn = export_estate_map(store(), actor, scenario.id, estate.key, details=details, language=language())
    if drawn is None:
        st.info(say("programme_documents.no_map"), icon=":material/location_off:")
        return
    with right:
        offer(say("programme_documents.map_download"), drawn, width="stretch", key="programme_documents.map")
    st.caption(say("programme_documents.printing"))
    st.image(drawn[2].decode(), width=520)
