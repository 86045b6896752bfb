"""The catalogue as price books: lines to edit, whole books as files, and an estate's package beside known cases."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.ui.frame.guard import guard
from renovation.ui.projects import catalogue, package, price_books
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, which, out = st.columns([3, 3, 2], vertical_alignment="bottom")
heading.title(say("page.catalogue"), anchor=False)
with which:
    book = catalogue.choose_book(actor)
with out:
    price_books.download(actor, book)
sections = ["lines", *(["files"] if may(actor, Action.EDIT_PRICES) else []), "package"]
section = st.segmented_control(
    say("page.catalogue"),
    sections,
    default="lines",
    required=True,
    format_func=lambda name: say(f"prices.section.{name}"),
    key="catalogue.section",
    label_visibility="collapsed",
)
if section == "package":
    package.package_section(actor)
elif section == "files":
    price_books.book_files(actor, book)
else:
    catalogue.price_table(actor, book)
