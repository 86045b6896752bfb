"""The log of staff acts on screen."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.house import log, verification
from renovation.services.house.log import LogFilter
from renovation.text import fault_text, has_text
from renovation.text.formats import format_moment
from renovation.ui.frame.grid import grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.words import language, plain, say, told


def chain_check(actor: Actor) -> None:
    """Recompute the chain on request and say whether it is whole; or check everything the log vouches for."""
    chain, whole, _ = st.columns([1, 1, 2])
    with_store = whole.button(say("log.check_store"), icon=":material/fact_check:", width="stretch")
    if not chain.button(say("log.check"), icon=":material/verified:", width="stretch") and not with_store:
        return
    found = log.check_log(store(), actor)
    if found.first_broken is not None:
        st.error(told("log.broken", entry=found.first_broken), icon=":material/error:")
    else:
        st.success(told("log.whole", count=found.entries), icon=":material/check:")
        st.code(found.head, language=None)
        st.caption(say("log.head_what"))
    if with_store:
        with st.spinner(say("log.checking")):
            faults = verification.check_store(store(), actor)
        if not faults:
            st.success(say("log.store_agrees"), icon=":material/check:")
        for fault in faults:
            st.error(plain(fault_text(fault, language())), icon=":material/error:")


def filters(actor: Actor) -> LogFilter:
    """Ask which part of the log is wanted."""
    nouns, logins = log.log_choices(store(), actor)
    noun_column, login_column, days_column, words_column = st.columns([4, 4, 5, 4])
    noun = noun_column.selectbox(
        say("log.noun"),
        ["", *nouns],
        format_func=lambda value: (
            say("shell.scope.all") if not value else say(f"noun.{value}") if has_text(f"noun.{value}") else value
        ),
    )
    login = login_column.selectbox(
        say("log.column.login"), ["", *logins], format_func=lambda value: value or say("shell.scope.all")
    )
    days = days_column.date_input(say("log.days"), value=[], format="YYYY-MM-DD")
    chosen = days if isinstance(days, tuple) else (days,)
    return LogFilter(
        noun=noun,
        login=login,
        first_day=chosen[0] if chosen else None,
        last_day=chosen[-1] if len(chosen) > 1 else None,
        words=words_column.text_input(say("log.search"), max_chars=80, key="renovation.log.words"),
    )


def table(actor: Actor, wanted: LogFilter) -> None:
    """Show the entries and offer them as files."""
    entries = log.read_log(store(), actor, wanted)
    if not entries:
        st.info(say("log.none"), icon=":material/info:")
        return
    headings = log.log_headings(language())
    rows = log.log_rows(entries[: log.SHOWN], language())
    moments = [format_moment(entry.at, language()) for entry in entries[: log.SHOWN]]
    shown = pd.DataFrame([[row[0], at, *row[2:]] for row, at in zip(rows, moments, strict=True)], columns=headings)
    st.caption(told("log.count", count=len(entries), shown=min(len(entries), log.SHOWN)))
    # What was done and its details take the room; the rest is short.
    widths = dict(zip(headings, (60, 180, 100, 110, 150, 150, 420), strict=False))
    kinds = {name: partial(st.column_config.Column, width=width) for name, width in widths.items()}
    grid(shown, kinds=kinds, tall=480, key="log")
    here, tongue = store(), language()
    for kind, column in zip(("xlsx", "csv"), st.columns([1, 1, 4]), strict=False):
        with column:
            offer(
                say(f"log.download_{kind}"),
                partial(log.export_log, here, actor, wanted, tongue, as_csv=kind == "csv"),
                name=f"{say('log.file_name')}.{kind}",
                key=f"log.{kind}",
            )
