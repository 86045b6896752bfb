"""Files to take home: one button for all of them, what places are asked for, and the page to print."""

from __future__ import annotations

from collections.abc import Callable
from mimetypes import guess_type
from typing import Literal

import streamlit as st

from renovation.exports.files.imprint import marked
from renovation.exports.files.tables import Exported
from renovation.exports.print.pages import Page
from renovation.exports.register.places import PlaceFormat
from renovation.model.accounts import Actor
from renovation.model.localities import Office
from renovation.model.places import Datum
from renovation.model.scope import EVERYWHERE
from renovation.services import lists
from renovation.ui.frame.state import current_actor, store
from renovation.ui.words import label, language, say, told

#: Projected systems are chosen on the command line; on screen these four are what people ask for.
_DATUMS = (Datum.CGCS2000, Datum.WGS84, Datum.GCJ02, Datum.BD09)


def offer(
    words: str,
    made: Exported | Callable[[], Exported],
    *,
    key: str,
    name: str = "",
    icon: str = "download",
    primary: bool = False,
    hint: str | None = None,
    width: Literal["content", "stretch"] = "content",
    issued: Office | None = None,
) -> None:
    """Offer a file.

    Parameters
    ----------
    words
        What stands on the button.
    made
        The file, or what writes it: then it is written when somebody fetches it, and the button shows that it is busy.
        Such a file is written beside the page's thread and so must not touch Streamlit.
    name
        What a file that is yet to be written will be called.
    hint
        What the button says when pointed at.
    issued
        Who issues it; the office of the reader's part of town unless it belongs to another place.
    """
    issued, spoken = issued or issuer(), language()
    content: bytes | Callable[[], bytes]
    if callable(made):
        make, mime = made, guess_type(name)[0]
        content = lambda: marked(make(), issued, spoken)[2]  # noqa: E731
    else:
        name, mime, content = marked(made, issued, spoken)
    st.download_button(
        words,
        content,
        file_name=name,
        mime=mime,
        key=key,
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        help=hint,
        width=width,
        on_click="ignore",
    )


def issuer() -> Office:
    """Return who issues what this person takes home: the office of their part of town."""
    actor = current_actor()
    return lists.office(store(), actor.scope if actor else EVERYWHERE)


def issuer_at(estate_id: int | None) -> Office:
    """Return who issues the papers of an estate, its polls included; of a poll of no estate, the town's office."""
    return lists.office_at(store(), estate_id)


def offer_filter(noun: str, export: Callable[..., Exported], actor: Actor, wanted: object, count: int) -> None:
    """Offer what a filter of demands, estates or projects keeps, as a file of places."""
    here, tongue = store(), language()
    st.caption(told(f"{noun}.export.what", count=count))
    offer_places(
        f"{noun}s",
        say(f"{noun}.export.layer"),
        lambda format_, datum: export(here, actor, wanted, format_, datum=datum, language=tongue),
    )


def offer_places(key: str, name: str, make: Callable[[PlaceFormat, Datum], Exported]) -> None:
    """Ask for format and datum, and offer the file.

    Parameters
    ----------
    key
        Begins the widgets' keys.
    name
        The file's name without its ending.
    """
    format_ = st.selectbox(
        say("estate.export.format"),
        list(PlaceFormat),
        format_func=lambda kind: say(f"estate.export.kind.{kind.value}"),
        key=f"{key}.export_format",
    )
    datum = st.selectbox(
        say("estate.export.datum"), _DATUMS, format_func=lambda one: label("enum.Datum", one), key=f"{key}.export_datum"
    )
    assert format_ is not None
    assert datum is not None
    offer(
        say("estate.export.download"),
        lambda: make(format_, datum),
        name=f"{name}.{format_.suffix}",
        key=f"{key}.download",
        primary=True,
    )


def show_page(page: Page, issued: Office, *, key: str, height: int = 620) -> None:
    """Show a printable page, whose own button opens the print dialogue, and offer it.

    The page is made by ``exports.print``, which escapes every text in it.
    """
    st.iframe(marked(page, issued, language())[2].decode("utf-8"), height=height)
    offer(say("code.slips_file"), page, key=key, issued=issued)
