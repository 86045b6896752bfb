"""Tables of every kind: the grid that is scrolled, chosen from and edited, and the table of text that wraps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import partial
from html import escape
from typing import Any, Literal, Protocol

import pandas as pd
import streamlit as st

from renovation.text import Language, has_text
from renovation.ui.words import language, say, told

#: Lines of a page: more would make the browser, not the store, slow.
PAGE = 500
#: What stands in a cell that has nothing.
NOTHING = "—"
#: Pixels: a heading, a line, and the height from which a grid scrolls.
_HEADING, _LINE, _TALL = 38, 35, 440
#: From sixty-five pixels on the browser wraps text; so many take three lines of it.
_WRAPPED = 68
#: Pixels of the widest column that is as wide as its words.
_WIDEST = 320
#: Columns of a table of text that a phone is wide enough for.
_ON_A_PHONE = 4

#: Makes the configuration of a column under its heading.
Kind = Callable[..., Any]
TEXT: Kind = st.column_config.TextColumn
LONG: Kind = partial(TEXT, width="large")
#: A sentence that is read to its end: lines of a grid with one are so high that it wraps.
REASON: Kind = partial(TEXT, width=300)
WHOLE: Kind = partial(st.column_config.NumberColumn, format="%d")
COUNT: Kind = partial(st.column_config.NumberColumn, format="localized")
TENTHS: Kind = partial(st.column_config.NumberColumn, format="%.1f")
HUNDREDTHS: Kind = partial(st.column_config.NumberColumn, format="%.2f")

SHARE: Kind = partial(st.column_config.NumberColumn, format="percent")
#: Digits behind the point; a share is written in per cent, with one.
_PLACES: dict[Kind, int] = {TENTHS: 1, HUNDREDTHS: 2, SHARE: 3}
DAY: Kind = partial(st.column_config.DateColumn, format="YYYY-MM-DD")
TICK: Kind = st.column_config.CheckboxColumn
CHOICE: Kind = st.column_config.SelectboxColumn
BAR: Kind = partial(st.column_config.ProgressColumn, min_value=0, max_value=100, format="%d%%")


def SUM(*args: Any, **known: Any) -> Any:  # noqa: N802 - a kind like those beside it
    """Make a column of sums in the unit of the tab's language."""
    return (HUNDREDTHS if language() is Language.ZH else COUNT)(*args, **known)


def grid(
    columns: Mapping[str, Any] | pd.DataFrame,
    *,
    key: str,
    words: str = "",
    headings: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    pinned: Iterable[str] = (),
    ids: Sequence[Hashable] = (),
    pick: Literal["", "one", "many"] = "",
    keep: str = "",
    on_pick: Callable[[Sequence[Any]], None] | None = None,
    picked: Sequence[int] = (),
    opens: Mapping[str, tuple[Sequence[Any], Callable[[Any], None]]] | None = None,
    tall: int | None = _TALL,
    colours: tuple[Sequence[str], Callable[[Any], str]] | None = None,
    width: Literal["stretch", "content"] | int = "stretch",
) -> list[int]:
    """Draw a grid and return the places of the lines that are chosen in it.

    Parameters
    ----------
    columns
        Name of each column → its values.
    words
        Where the catalogue keeps the headings, by the columns' names; a name without one is its own heading.
    headings
        Headings that the catalogue cannot know.
    kinds
        How columns show that are not text.
    pinned
        Columns that stay where they are while the others scroll.
    ids
        What each line is: a choice made among others does not carry over.
    pick
        Whether one line, or several, can be chosen.
    keep
        Where the session keeps the id chosen last; it is there before the page runs again, so that what stands above
        the grid may show it.
    on_pick
        Told the chosen lines' ``ids``, likewise.
    picked
        The lines chosen at first.
    opens
        Column → what each of its cells stands for, and what opens it: a click, or Enter on the cell, goes there.
    tall
        Pixels from which the grid scrolls; ``None`` shows every line.
    colours
        Columns, and what the style sheet says of a cell in them.
    """
    key = table_key(key, ids) if len(ids) else key
    line = _WRAPPED if any(kind is REASON for kind in (kinds or {}).values()) else _LINE
    ways = _opening(key, kinds or {}, opens or {})
    frame, names, config = _headed(_rounded(columns, kinds or {}), words, headings or {}, ways, set(pinned))
    whole = _HEADING + line * max(len(frame), 1)
    shown: Any = frame
    if colours is not None:
        shown = frame.style.map(colours[1], subset=[names[name] for name in colours[0]])
    options: dict[str, Any] = {}
    if pick:
        options["selection_mode"] = "single-row" if pick == "one" else "multi-row"
        told = on_pick or (partial(_keep, keep) if keep else None)
        options["on_select"] = "rerun" if told is None else partial(_tell, key, tuple(ids), told)
        if picked:
            options["selection_default"] = {"selection": {"rows": list(picked)}}
    drawn = st.dataframe(
        shown,
        hide_index=True,
        placeholder=NOTHING,
        height=whole if tall is None else min(tall, whole),
        width=width,
        row_height=line,
        column_config=config,
        key=key,
        **options,
    )
    return [at for at in drawn["selection"]["rows"] if at < len(frame)] if pick else []


class Keeper(Protocol):
    """What keeps the changes of a grid that is not saved yet; see ``ui/frame/drafts.py``."""

    def key(self, name: str) -> str:
        """Return the key of a grid."""

    def sheet(self, name: str, given: pd.DataFrame) -> pd.DataFrame:
        """Return what a grid begins with."""

    def took(self, name: str, typed: pd.DataFrame) -> None:
        """Keep what stands in a grid."""


def editor(
    columns: Mapping[str, Any] | pd.DataFrame,
    *,
    key: str,
    words: str = "",
    headings: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
    pinned: Iterable[str] = (),
    fixed: Iterable[str] | bool = (),
    grows: bool = False,
    height: int | Literal["auto"] = "auto",
    line: int = _LINE,
    draft: Keeper | None = None,
) -> pd.DataFrame:
    """Draw a grid to type into and return what it holds now, under the columns' names.

    Parameters
    ----------
    key
        Of the grid; its name in the draft where it has one.
    fixed
        Columns that only show, or whether all do.
    grows
        Whether lines may be added and deleted.
    line
        Pixels of a line's height, where sentences in it wrap (:func:`wrapped_line`).
    draft
        Of the form the grid stands in.
    """
    given = columns if isinstance(columns, pd.DataFrame) else pd.DataFrame(dict(columns))
    begun = given if draft is None else draft.sheet(key, given)
    frame, names, config = _headed(begun, words, headings or {}, kinds or {}, set(pinned))
    typed: pd.DataFrame = st.data_editor(
        frame,
        hide_index=True,
        placeholder="",
        num_rows="dynamic" if grows else "fixed",
        disabled=fixed if isinstance(fixed, bool) else [names[name] for name in fixed],
        height=height,
        row_height=line,
        column_config=config,
        key=key if draft is None else draft.key(key),
    )
    typed = typed.rename(columns={words: name for name, words in names.items()})
    if draft is not None:
        draft.took(key, typed)
    return typed


def _headed(
    columns: Mapping[str, Any] | pd.DataFrame,
    words: str,
    headings: Mapping[str, str],
    kinds: Mapping[str, Kind],
    pinned: set[str],
) -> tuple[pd.DataFrame, dict[str, str], dict[str, Any]]:
    """Return the lines under the headings that people read, each name's heading, and how each column shows.

    The headings are the frame's own names, because the grid's own button for a CSV file writes those.
    """
    frame = columns if isinstance(columns, pd.DataFrame) else pd.DataFrame(dict(columns))

    def heading(name: str) -> str:
        kept = f"{words}.{name}"
        return headings.get(name) or (say(kept) if words and has_text(kept) else name)

    names: dict[str, str] = {}
    for name in map(str, frame.columns):
        said = heading(name)
        # Two columns called alike would be none: the framework refuses the whole grid.
        names[name] = said if said not in names.values() else f"{said} ({name})"
    shown = {
        said: kinds.get(name, TEXT)(**({"pinned": True} if name in pinned else {})) for name, said in names.items()
    }
    return frame.rename(columns=names), names, shown


def _rounded(columns: Mapping[str, Any] | pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Round as sentences do: the browser writes 4.35, which is a little less in binary, as 4.3."""
    frame = columns if isinstance(columns, pd.DataFrame) else pd.DataFrame(dict(columns))
    places = {name: _PLACES[kind] for name, kind in kinds.items() if name in frame and kind in _PLACES}
    return frame.assign(**{name: [_half_up(one, digits) for one in frame[name]] for name, digits in places.items()})


def _half_up(value: Any, digits: int) -> Any:
    if pd.isna(value):
        return value
    return float(Decimal(str(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _opening(
    key: str, kinds: Mapping[str, Kind], opens: Mapping[str, tuple[Sequence[Any], Callable[[Any], None]]]
) -> dict[str, Kind]:
    """Open what has been clicked; else return how columns show, those whose cells open something as buttons."""
    shown = dict(kinds)
    for name, (ids, go) in opens.items():
        at = f"{key}.open.{name}"
        clicked = st.session_state.get(at)
        if clicked is not None and clicked["row"] < len(ids) and ids[clicked["row"]] is not None:
            go(ids[clicked["row"]])
        shown[name] = partial(
            st.column_config.ButtonColumn, type="tertiary", alignment="left", key=at, help=say("shell.opens")
        )
    return shown


def _tell(key: str, ids: Sequence[Hashable], told: Callable[[Sequence[Any]], None]) -> None:
    told([ids[at] for at in st.session_state[key]["selection"]["rows"] if at < len(ids)])


def _keep(where: str, chosen: Sequence[Any]) -> None:
    if chosen:
        st.session_state[where] = chosen[-1]


def wide_enough(cells: Iterable[str]) -> int:
    """Return the pixels in which these words stand uncut; the grid itself measures a choice by its code."""
    return min(max(_longest(cells) + 24, 100), _WIDEST)


def wrapped_line(sentences: Iterable[str], width: int) -> int:
    """Return how high lines are in which each of these sentences is read to its end in a column so wide."""
    return max(_WRAPPED, 20 * -(-_longest(sentences) // (width - 24)) + 8)


def _longest(cells: Iterable[str]) -> int:
    """Return about how many pixels the longest of these words take in one line."""
    return max((sum(16 if sign > "\u2e7f" else 9 for sign in cell) for cell in cells), default=0)


def table_key(name: str, ids: Iterable[Hashable]) -> str:
    """Return the key of a grid with these lines: a choice by place must not mean others once the list is another."""
    return f"{name}.table.{hash(tuple(ids)):x}"


def page_of(total: int, key: str, size: int = PAGE) -> slice:
    """Draw the pages of a list where it has more than one, and return which of its lines stand on the chosen page.

    Parameters
    ----------
    key
        Of the list. A list that grows or shrinks, for instance by a filter, starts at its first page again.
    size
        Lines of a page.
    """
    if total <= size:
        return slice(0, total)
    where, which = st.columns([1, 2], vertical_alignment="center")
    with which:
        page = st.pagination(-(-total // size), key=f"{key}.page.{total}")
    lines = slice((page - 1) * size, min(page * size, total))
    where.caption(told("shell.lines", first=lines.start + 1, last=lines.stop, total=total))
    return lines


class Best(str):
    """A cell of a :func:`table` that stands out."""

    __slots__ = ()


class Leading(str):
    """A cell of a :func:`table` that leads to a page of the app."""

    __slots__ = ("to",)
    to: str

    def __new__(cls, words: str, to: str) -> Leading:
        """Make a cell that says ``words`` and leads to the address ``to``."""
        made = super().__new__(cls, words)
        made.to = to
        return made


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    names: Sequence[str] = (),
    marks: Sequence[str] = (),
    told: Mapping[str, str] | None = None,
    kind: str = "",
) -> None:
    """Show text that wraps, every cell escaped: a grid would cut the sentences that people come for."""
    st.html(table_html(headings, rows, names=names, marks=marks, told=told, kind=kind))


def table_html(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    names: Sequence[str] = (),
    marks: Sequence[str] = (),
    told: Mapping[str, str] | None = None,
    kind: str = "",
) -> str:
    """Return a table as HTML; one too wide for the screen scrolls in its own box.

    Parameters
    ----------
    names
        The columns' names for the style sheet.
    marks
        The lines' names for the style sheet.
    told
        Name of a column → what its heading says when pointed at.
    kind
        A further name of the table for the style sheet.
    """
    names = names or [""] * len(headings)
    told = told or {}
    head = "".join(
        f'<th scope="col" class="{name}"{_title(told.get(name, ""))}>{escape(heading)}</th>'
        for name, heading in zip(names, headings, strict=True)
    )
    body = "".join(
        f'<tr class="{marks[at] if marks else ""}">'
        + "".join(
            f'<td class="{name}" data-heading="{escape(heading)}">{_cell(cell)}</td>'
            for name, heading, cell in zip(names, headings, row, strict=True)
        )
        + "</tr>"
        for at, row in enumerate(rows)
    )
    head = f"<thead><tr>{head}</tr></thead>" if any(headings) else ""
    # On a phone so many columns would leave a name one sign a line: there each line stands as a card.
    if len(headings) > _ON_A_PHONE:
        kind = f"{kind} cards {'named' if 'name' in names else ''}"
    return f'<div class="outcome-scroll"><table class="outcome {kind}">{head}<tbody>{body}</tbody></table></div>'


def _title(words: str) -> str:
    return f' title="{escape(words)}"' if words else ""


def _cell(value: str) -> str:
    words = escape(value).replace("\n", "<br>")
    if isinstance(value, Leading):
        # Followed within the session by the script in ``ui/browser.py``.
        return f'<a class="way" href="{escape(value.to)}">{words}</a>'
    return f"<strong>{words}</strong>" if isinstance(value, Best) else words


def number(exact: Fraction | None) -> float | None:
    """Return an exact number as a table draws it; an unknown one leaves its cell empty."""
    return None if exact is None else float(exact)
