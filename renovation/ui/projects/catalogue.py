"""The catalogue as an editable price book: search, change lines, see which prices are still assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import day_of
from renovation.model.items import Item, ItemClass, PriceBook, PriceEntry, is_source
from renovation.model.money import fen_from_yuan, yuan
from renovation.model.names import finds
from renovation.services.projects import items, prices
from renovation.services.projects.prices import BookRef
from renovation.text.units import unit_label
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.filters import search_field
from renovation.ui.frame.grid import COUNT, DAY, TEXT, TICK, Kind, editor, grid
from renovation.ui.frame.state import store
from renovation.ui.words import language, listed, say, told

_MONEY = ("low", "likely", "high")
_WORDS, _PINNED = "catalogue.column", ("code", "name")
_EDITED = (*_MONEY, "price_source", "day", "confirmed")


def choose_book(actor: Actor) -> BookRef:
    """Draw the choice of a price book and return it."""
    known = prices.books(store(), actor)
    chosen = st.selectbox(
        say("prices.book"),
        known,
        format_func=lambda one: say(
            "prices.book_in_force" if one.in_force else "prices.book_other", locality=one.locality, year=one.year
        ),
        key="catalogue.book",
        label_visibility="collapsed",
    )
    return chosen or known[0]


def price_table(actor: Actor, ref: BookRef) -> None:
    """Show the book's lines that a search keeps; who may edit prices changes them in place."""
    listed = items.catalogue(store(), actor)
    book = prices.book(store(), actor, ref.locality, ref.year)
    if book.unconfirmed:
        words = say("price.count_assumed", count=len(book.unconfirmed), total=len(book.entries))
        st.warning(words, icon=":material/help:")
    search, which, only = st.columns([3, 3, 2], vertical_alignment="center")
    query = search_field(say("catalogue.search"), search, key="catalogue.query")
    classes = which.segmented_control(
        say("catalogue.class"),
        list(ItemClass),
        selection_mode="multi",
        format_func=lambda one: say(f"item_class.{one.value}"),
        key="catalogue.classes",
        label_visibility="collapsed",
    )
    unconfirmed = only.toggle(say("prices.only_assumed"), key="catalogue.only_assumed")
    kept = [
        item
        for item in listed
        if item.code in book.by_code
        and (not classes or item.item_class in classes)
        and finds(query, item.code, item.name_zh, item.name_en)
        and not (unconfirmed and book.by_code[item.code].confirmed)
    ]
    if not kept:
        st.info(say("catalogue.nothing"), icon=":material/search_off:")
        return
    shown = _frame(kept, book, {item.code: item.name(language()) for item in listed})
    if not may(actor, Action.EDIT_PRICES):
        grid(shown, words=_WORDS, kinds=_kinds(), pinned=_PINNED, tall=520, key="catalogue.table")
        st.caption(say("catalogue.rules"))
        return
    with draft(actor, f"catalogue.{ref.locality}.{ref.year}", base=book) as form:
        above = st.container()
        # What is typed is a change of the book as it was then, and stays where another search hides its line.
        typed: dict[str, dict[str, Any]] = dict(form.get("lines", {}))
        then = [item for item in kept if item.code in form.base.by_code]
        shown = _frame(then, form.base, {item.code: item.name(language()) for item in listed})
        given = shown.copy()
        for code, cells in typed.items():
            if code in given.index:
                for name, value in cells.items():
                    given.at[code, name] = value
        # A new search is a new table.
        seen = f"{query}.{'.'.join(classes)}.{unconfirmed}"
        edited = editor(
            given,
            words=_WORDS,
            kinds=_kinds(),
            pinned=_PINNED,
            height=420,
            fixed=[name for name in shown.columns if name not in _EDITED],
            key=f"prices.{seen}",
            draft=form,
        )
        typed = {code: cells for code, cells in typed.items() if code not in shown.index} | _changed(shown, edited)
        form.put("lines", typed, by_hand=False)
        with above:
            _offer_to_save(actor, form, typed)
    st.caption(say("catalogue.rules"))


def _frame(kept: Sequence[Item], book: PriceBook, names: Mapping[str, str]) -> pd.DataFrame:
    entries = [book.by_code[item.code] for item in kept]
    return pd.DataFrame(
        {
            "code": [item.code for item in kept],
            "name": [names[item.code] for item in kept],
            "class": [say(f"item_class.{item.item_class.value}") for item in kept],
            "unit": [unit_label(item.unit, language()) for item in kept],
            "low": [float(yuan(entry.low)) for entry in entries],
            "likely": [float(yuan(entry.likely)) for entry in entries],
            "high": [float(yuan(entry.high)) for entry in entries],
            "confirmed": [entry.confirmed for entry in entries],
            "price_source": [_basis(entry) for entry in entries],
            "day": pd.Series([entry.day for entry in entries], dtype="object"),
            "first": [listed(names.get(code, code) for code in item.depends_on) for item in kept],
            "conflicts": [listed(names.get(code, code) for code in item.conflicts_with) for item in kept],
            "beneficiaries": [listed(say(f"beneficiary.{one.value}") for one in item.beneficiaries) for item in kept],
            "departments": [listed(item.departments) for item in kept],
            "source": [item.source for item in kept],
        },
        index=[item.code for item in kept],
    )


def _basis(entry: PriceEntry) -> str:
    """Return a source as people read it; the shipped catalogue marks what nobody has looked up with one word."""
    return say("catalogue.assumed") if entry.source and not is_source(entry.source) else entry.source


def _kinds() -> dict[str, Kind]:
    return {
        **dict.fromkeys(_MONEY, partial(COUNT, min_value=0.0, step=0.01)),
        "confirmed": partial(TICK, help=say("prices.confirmed_help")),
        "day": DAY,
        "price_source": partial(TEXT, max_chars=200, width="medium"),
    }


def _changed(shown: pd.DataFrame, edited: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the lines that somebody has changed, by code."""
    return {
        str(code): dict(zip(_EDITED, after, strict=True))
        for code, before, after in zip(
            shown.index, shown[list(_EDITED)].values.tolist(), edited[list(_EDITED)].values.tolist(), strict=True
        )
        if [_plain(value) for value in before] != [_plain(value) for value in after]
    }


def _offer_to_save(actor: Actor, form: Draft, changed: Mapping[str, Mapping[str, Any]]) -> None:
    label = say("prices.save", count=len(changed)) if changed else say("prices.save_none")
    if st.button(label, type="primary", icon=":material/save:", disabled=not changed, key="catalogue.save"):
        with form.saving():
            lines = [_entry(form.base.by_code[code], cells) for code, cells in changed.items()]
            prices.change_prices(store(), actor, form.base, lines)
            form.done(told("prices.saved", count=len(lines)))


def _plain(value: Any) -> Any:
    """Return a cell for comparing: nothing is ``None`` however the table writes it."""
    return None if value is None or pd.isna(value) else value


def _entry(before: PriceEntry, row: Mapping[str, Any]) -> PriceEntry:
    low, likely, high = (fen_from_yuan(str(Decimal(str(row[name])))) for name in _MONEY)
    source = str(_plain(row["price_source"]) or "").strip()
    day = _plain(row["day"])
    return PriceEntry(
        code=before.code,
        low=low,
        likely=likely,
        high=high,
        source=before.source if source == _basis(before) else source,
        day=day if day is None or type(day) is date else day_of(pd.Timestamp(day)),
        confirmed=bool(row["confirmed"]),
    )
