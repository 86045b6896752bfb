"""Works that no catalogue lists, in the form of a project: what they are, and what they cost by which document."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from renovation.model.items import Item, ItemClass, OwnItem
from renovation.ui.frame.drafts import Draft
from renovation.ui.words import language, say

_LUMP = "项"
#: The choice among the items of the catalogue that is none of them.
UNLISTED = OwnItem(name=_LUMP, unit=_LUMP).as_item("own")


def item_words(item: Item) -> str:
    """Return how an item stands in the list to choose from."""
    return say("project.own.choice") if item is UNLISTED else f"{item.code} {item.name(language())}"


def own_fields(form: Draft) -> Callable[[], OwnItem]:
    """Ask what the works are; what is returned makes the item of it when the form is saved."""
    one, two = st.columns([3, 1])
    name = one.text_input(say("project.own.name"), max_chars=60, **form.field("own_name", ""))
    unit = two.text_input(say("project.own.unit"), max_chars=20, **form.field("own_unit", _LUMP))
    kind = st.segmented_control(
        say("project.own.class"),
        list(ItemClass),
        required=True,
        format_func=lambda one: say(f"item_class.{one.value}"),
        **form.field("own_class", ItemClass.IMPROVEMENT),
    )
    return lambda: OwnItem(name=name.strip(), unit=unit.strip(), item_class=kind or ItemClass.IMPROVEMENT)
