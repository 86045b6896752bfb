"""Choose an election file, read it, and show how its recount compares."""

from __future__ import annotations

import streamlit as st

from renovation.config import CHECKOUT
from renovation.imports.polls.pabulib import PabulibFile, read_pabulib
from renovation.imports.polls.pabulib_rules import not_applied
from renovation.services.polls.elections import recount
from renovation.text.formats import money_writer
from renovation.ui.uploads import file_field
from renovation.ui.words import language, listed, say, told

#: A real election that comes along: Wieliczka's Green Budget 2023, from an MIT-licensed repository.
SAMPLE = CHECKOUT / "data" / "elections" / "poland_wieliczka_2023_green-budget.pb"
_NAMED = 10


def choose_file() -> tuple[str, bytes] | None:
    """Return (name, bytes) of the file the person chose, or of the one that comes along."""
    uploaded = file_field(say("page_import_election.file"), type=["pb"], key="election.file")
    if uploaded is not None:
        return uploaded.name, uploaded.getvalue()
    if SAMPLE.is_file() and st.checkbox(say("page_import_election.sample"), key="election.sample"):
        return SAMPLE.name, SAMPLE.read_bytes()
    return None


@st.cache_data(max_entries=2, show_spinner=False)
def _read(content: bytes) -> PabulibFile:
    return read_pabulib(content, voters=True)


def read(content: bytes) -> PabulibFile:
    """Read a file, saying so while it lasts.

    Raises
    ------
    ImportRefusedError
        With every fault by line and field.
    """
    with st.spinner(say("page_import_election.reading")):
        return _read(content)


def show_recount(election: PabulibFile) -> None:
    """Say what the file holds, and whether counting again gives the votes it states."""
    instance = election.instance
    st.write(
        told(
            "page_import_election.found",
            projects=len(instance.projects),
            ballots=election.profile.size,
            budget=money_writer(instance, language())(instance.budget),
        )
    )
    counted = recount(election)
    if counted.differing:
        names = listed(counted.differing[:_NAMED])
        st.warning(
            told("page_import_election.differs", count=len(counted.differing), projects=names),
            icon=":material/difference:",
        )
    elif counted.compared:
        st.success(say("page_import_election.agrees"), icon=":material/check:")
    for key, value in not_applied(instance).items():
        st.warning(told("page_import_election.not_applied", name=key, value=value), icon=":material/rule:")
    if comment := instance.meta.get("comment"):
        with st.expander(say("page_import_election.comment")):
            st.text(comment)
