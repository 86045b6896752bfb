"""The catalogue of renovation items on screen, its assumed prices marked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.items import ItemClass
from renovation.model.money import yuan
from renovation.services import items
from renovation.ui.state import store
from renovation.ui.words import language, say


def catalogue_table(actor: Actor) -> None:
    """Show every item with its price range and what it rests on."""
    listed = items.catalogue(store(), actor)
    book = items.price_book(store(), actor)
    assumed = [item.code for item in listed if item.code in book.by_code and not book.by_code[item.code].confirmed]
    if assumed:
        st.warning(say("price.count_assumed", count=len(assumed), total=len(listed)), icon=":material/help:")
    st.caption(say("catalogue.book", locality=book.locality, year=book.year))
    search, which = st.columns([3, 2], vertical_alignment="bottom")
    words = search.text_input(
        say("catalogue.search"),
        key="catalogue.query",
        placeholder=say("catalogue.search"),
        label_visibility="collapsed",
        icon=":material/search:",
    )
    classes = which.segmented_control(
        say("catalogue.class"),
        list(ItemClass),
        selection_mode="multi",
        format_func=lambda one: say(f"item_class.{one.value}"),
        key="catalogue.classes",
        label_visibility="collapsed",
    )
    kept = [
        item
        for item in listed
        if (not classes or item.item_class in classes)
        and (not words or words.casefold() in f"{item.code}{item.name_zh}{item.name_en}".casefold())
    ]
    if not kept:
        st.info(say("catalogue.nothing"), icon=":material/search_off:")
        return
    names = {item.code: item.name(language()) for item in listed}
    entries = [book.by_code.get(item.code) for item in kept]
    shown = pd.DataFrame(
        {
            "code": [item.code for item in kept],
            "name": [names[item.code] for item in kept],
            "class": [say(f"item_class.{item.item_class.value}") for item in kept],
            "unit": [item.unit for item in kept],
            "low": [float(yuan(entry.low)) if entry else None for entry in entries],
            "likely": [float(yuan(entry.likely)) if entry else None for entry in entries],
            "high": [float(yuan(entry.high)) if entry else None for entry in entries],
            "basis": [
                say("catalogue.assumed") if entry is None or not entry.confirmed else entry.source for entry in entries
            ],
            "first": ["、".join(names.get(code, code) for code in item.depends_on) for item in kept],
            "conflicts": ["、".join(names.get(code, code) for code in item.conflicts_with) for item in kept],
            "beneficiaries": [
                "、".join(say(f"beneficiary.{one.value}") for one in item.beneficiaries) for item in kept
            ],
            "departments": ["、".join(item.departments) for item in kept],
            "source": [item.cost_basis for item in kept],
        }
    )
    config: dict[str, Any] = {}
    for name in shown.columns:
        heading = say(f"catalogue.column.{name}")
        config[name] = (
            st.column_config.NumberColumn(heading, format="localized")
            if name in ("low", "likely", "high")
            else st.column_config.TextColumn(heading)
        )
    st.dataframe(shown, hide_index=True, height=560, column_config=config, key="catalogue.table")
    st.caption(say("catalogue.rules"))
