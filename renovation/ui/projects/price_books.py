"""Price books as files: take a workbook in after a look at what it changes, undo it, copy a book, put one in force."""

from __future__ import annotations

import streamlit as st

from renovation.errors import RenovationError
from renovation.exports.files.tables import file_stem
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.imports import ImportSource
from renovation.model.money import yuan
from renovation.services.projects import items, prices
from renovation.services.projects.prices import BookRef, PriceImport
from renovation.text.formats import format_moment
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.findings import corrections_of, forget_corrections, may_be_taken
from renovation.ui.frame.grid import COUNT, TICK, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.uploads import file_field
from renovation.ui.words import language, say, told

_YEARS = (2000, 2100)


def book_files(actor: Actor, ref: BookRef) -> None:
    """Show everything that concerns whole books: import on the left; undo, copy and use on the right."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        _import(actor, ref)
    with right:
        _use(actor, ref)
        _copy(actor, ref)
        _undo(actor)


def download(actor: Actor, ref: BookRef) -> None:
    """Offer the book as a workbook that comes back by the import."""
    here = store()
    offer(
        say("prices.export"),
        lambda: prices.export_book(here, actor, ref.locality, ref.year),
        name=f"{file_stem(say('price.book_name', locality=ref.locality, year=ref.year))}.xlsx",
        width="stretch",
        key="prices.export",
    )


def _import(actor: Actor, ref: BookRef) -> None:
    st.subheader(say("prices.import"), anchor=False)
    st.caption(say("prices.import_how"))
    into = st.checkbox(
        told("prices.into_this", locality=ref.locality, year=ref.year), value=True, key="prices.into_this"
    )
    epoch = st.session_state.setdefault("prices.epoch", 0)
    file = file_field(say("import_page.file"), type=["xlsx", "csv"], key=f"prices.file.{epoch}")
    if file is None:
        return
    data = file.getvalue()
    source = ImportSource.of(file.name, data)
    with refusals():
        parsed = prices.read_workbook(
            store(),
            actor,
            data,
            locality=ref.locality if into else None,
            year=ref.year if into else None,
            corrections=corrections_of(source.sha256),
        )
        if not may_be_taken(actor, parsed, source.sha256, is_kept=True):
            return
        trial = prices.import_prices(store(), actor, parsed, source=source, dry_run=True)
        if _what_changes(actor, trial):
            with refusals():
                taken = prices.import_prices(store(), actor, parsed, source=source)
                st.session_state["prices.epoch"] = epoch + 1
                forget_corrections()
                done(told("prices.imported", count=len(taken.changed) + len(taken.added), file=file.name))


def _what_changes(actor: Actor, trial: PriceImport) -> bool:
    """Say what the file would change and tell whether the person wants it."""
    book = trial.book
    st.info(
        told(
            "prices.trial",
            locality=book.locality,
            year=book.year,
            changed=len(trial.changed),
            added=len(trial.added),
            same=trial.same,
        ),
        icon=":material/fact_check:",
    )
    codes = [*trial.changed, *trial.added]
    if not codes:
        return False
    try:
        old = prices.book(store(), actor, book.locality, book.year).by_code
    except RenovationError:
        old = {}
    names = {item.code: item.name(language()) for item in items.catalogue(store(), actor)}
    grid(
        {
            "code": codes,
            "name": [names[code] for code in codes],
            "likely_before": [float(yuan(old[code].likely)) if code in old else None for code in codes],
            "likely_after": [float(yuan(book.by_code[code].likely)) for code in codes],
            "confirmed": [book.by_code[code].confirmed for code in codes],
        },
        words="catalogue.column",
        headings={name: say(f"prices.{name}") for name in ("likely_before", "likely_after")},
        kinds={"likely_before": COUNT, "likely_after": COUNT, "confirmed": TICK},
        tall=260,
        key="prices.trial",
    )
    return st.button(say("prices.take"), type="primary", icon=":material/save:", key="prices.take")


def _use(actor: Actor, ref: BookRef) -> None:
    if ref.in_force:
        st.caption(told("prices.is_used", locality=ref.locality, year=ref.year))
        return
    if st.button(say("prices.use"), icon=":material/task_alt:", width="stretch", key="prices.use"):
        with refusals():
            prices.use_book(store(), actor, ref.locality, ref.year)
            done(told("prices.used", locality=ref.locality, year=ref.year))


def _copy(actor: Actor, ref: BookRef) -> None:
    with draft(actor, f"prices.copy.{ref.locality}.{ref.year}", border=True) as form:
        st.markdown(f"**{say('prices.copy')}**")
        st.caption(say("prices.copy_how"))
        place, when = st.columns([3, 2])
        locality = place.text_input(say("prices.locality"), max_chars=40, **form.field("place", ref.locality))
        year = when.number_input(say("prices.year"), *_YEARS, **form.field("year", max(ref.year, today().year) + 1))
        if st.button(say("prices.copy_now"), icon=":material/content_copy:", width="stretch", key=form.key("save")):
            with form.saving():
                made = prices.copy_book(store(), actor, ref, locality=locality, year=int(year))
                st.session_state.pop("catalogue.book", None)
                form.done(told("prices.copied", locality=made.locality, year=made.year))


def _undo(actor: Actor) -> None:
    last = prices.last_import(store(), actor)
    if last is None or last.id is None:
        return
    st.caption(
        told("prices.last", file=last.source.filename, when=format_moment(last.at, language()), count=last.imported)
    )
    if confirmed("prices.undo", say("prices.undo"), say("prices.undo_what"), icon="undo"):
        with refusals():
            prices.undo_import(store(), actor, last.id)
            st.session_state.pop("catalogue.book", None)
            done(told("prices.undone", file=last.source.filename))
