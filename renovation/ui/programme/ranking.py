"""The ranking on screen: the list it comes to, and the weights beside how firm that is; one slider redraws it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np
import streamlit as st

from renovation.errors import RenovationError
from renovation.exports.files.tables import csv_table
from renovation.model.accounts import Actor
from renovation.model.imports import ImportSource
from renovation.model.ranking import Criterion, Method, MissingPolicy, Subject
from renovation.rules.programme.ranking import Table
from renovation.rules.programme.sensitivity import counts
from renovation.services.programme import ranking
from renovation.services.programme.ranking import Ranked
from renovation.services.programme.ranking_figures import RankingBasis
from renovation.text.formats import format_percent
from renovation.text.ranking import doubt_texts, place_text, reason_text, share_text, swap_text
from renovation.ui.frame.answers import done, refusals, show_error
from renovation.ui.frame.findings import change_table, corrections_of, forget_corrections, mend_refused, say_mended
from renovation.ui.frame.grid import NOTHING, Leading, page_of, table_html
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.programme.ranking_chart import range_chart
from renovation.ui.programme.ranking_weights import Chosen, begin, chosen_now, controls, kept_settings, settled
from renovation.ui.uploads import file_field
from renovation.ui.words import aside, language, listed, plain, say, told

#: What the page shows: the order, the weights it follows from, or tables of one's own.
LIST, WEIGHTS, OWN = "list", "weights", "own"
_NAMED = 6
#: Lines of the list on one page.
_PAGE = 20


@st.fragment
def board(actor: Actor, basis: RankingBasis, view: str) -> None:
    """Draw a ranking; the figures are read once per visit."""
    keep = kept_settings(actor, basis)
    if view == WEIGHTS:
        begin(actor, basis)
    _weighed(actor, basis, view, keep)


@st.fragment
def _weighed(actor: Actor, basis: RankingBasis, view: str, keep: Callable[[], None]) -> None:
    """Draw everything that a slider changes.

    All of it is worked out before the first line is drawn: what trickles in makes the browser draw the page again and
    again, which takes longer than the ranking itself.
    """
    keep()
    chosen, ranked, refused = chosen_now(basis), None, None
    criteria = settled(basis) if chosen is None else chosen.criteria
    table = None
    try:
        table = _table(basis, criteria, MissingPolicy.KNOWN_ONLY if chosen is None else chosen.missing)
        if chosen is not None:
            ranked = ranking.work_out(
                table, chosen.weighting, method=chosen.method, cut=chosen.cut, bypass=chosen.bypass
            )
    except RenovationError as error:
        refused = error
    if view == LIST:
        if refused is not None:
            show_error(refused)
        elif chosen is None:
            st.warning(say("error.weight.all_zero"), icon=":material/balance:")
        elif ranked is not None:
            _doubts(table, ranked)
            _headline(ranked)
            _list(actor, basis, chosen, ranked)
        return
    subject, state = basis.subject.value, st.session_state
    is_large = bool(state.get(f"rank.{subject}.large")) and ranked is not None
    names = _names(basis)
    top = st.container()
    left, right = st.columns([1, 2], gap="medium")
    with right:
        if refused is not None:
            show_error(refused)
        elif chosen is not None and ranked is not None:
            _headline(ranked)
            one, other = st.columns(2)
            everything = one.toggle(say("page_ranking.all_lines"), key=f"rank.{subject}.all")
            other.toggle(say("page_ranking.large"), key=f"rank.{subject}.large")
            if not is_large:
                range_chart(ranked.firmness, names, everything=everything)
            _doubts(table, ranked)
            _sentences(names, chosen, ranked)
    if is_large and ranked is not None:
        with top:
            range_chart(ranked.firmness, names, everything=bool(state.get(f"rank.{subject}.all")), is_large=True)
    with left:
        controls(basis, criteria, {} if table is None else _unknown(table))


def _doubts(table: Table | None, ranked: Ranked) -> None:
    """Say where too little is known, or too little differs, for the order to be firm."""
    if table is not None and (doubted := doubt_texts(table, ranked.ranking.shares, language())):
        st.warning("  \n".join(map(plain, doubted)), icon=":material/help:")


def _table(basis: RankingBasis, criteria: tuple[Criterion, ...], missing: MissingPolicy) -> Table:
    """Normalise once; moving a slider leaves the table as it is."""
    key = (basis, criteria, missing)
    kept = st.session_state.get("rank.table")
    if kept is None or kept[0][0] is not basis or kept[0][1:] != key[1:]:
        kept = (key, ranking.ranking_table(basis, criteria, missing))
        st.session_state["rank.table"] = kept
    table: Table = kept[1]
    return table


def _unknown(table: Table) -> dict[str, int]:
    missing = np.isnan(table.values).sum(axis=0)
    return {one.code: int(count) for one, count in zip(table.criteria, missing, strict=True)}


def _names(basis: RankingBasis) -> dict[str, str]:
    if basis.subject is Subject.ESTATES:
        return {one.id: one.name for one in basis.alternatives}
    return {one.id: f"{one.estate} {one.name}" for one in basis.alternatives}


def _headline(ranked: Ranked) -> None:
    found = counts(ranked.firmness)
    unranked = ranked.ranking.unranked
    same = share_text(ranked.firmness.agreement.same_in_cut, language())
    swap = ranked.firmness.smallest_swap
    change = "—" if swap is None else say("page_ranking.points", change=f"{100 * abs(swap.change):.2f}")
    figures = (
        ("firm_in", "firm_help", f"{found['in']}"),
        ("in_doubt", "doubt_help", f"{found['doubt']}"),
        ("methods_agree", "methods_help", same),
        ("smallest_change", "swap_help", change),
    )
    # One element in the place of four with a bubble of help each: a slider that moves draws them all again.
    cells = "".join(
        f'<div title="{escape(say(f"page_ranking.{told}"))}"><span>{escape(say(f"page_ranking.{name}"))}</span>'
        f"<b>{escape(value)}</b></div>"
        for name, told, value in figures
    )
    said = escape(say("page_ranking.unranked", count=unranked)) if unranked else ""
    st.html(f'<div class="rank-figures">{cells}</div>' + (f'<p class="rank-note">{said}</p>' if said else ""))


def _sentences(names: dict[str, str], chosen: Chosen, ranked: Ranked) -> None:
    tongue = language()
    criteria = {one.code: one.name(tongue) for one in chosen.criteria}
    lines = [f":material/balance: {plain(swap_text(ranked.firmness.smallest_swap, criteria, names, tongue))}"]
    if chosen.method is not Method.WEIGHTED_SUM:
        lines[0] += " " + plain(say("page_ranking.swap_by_sum"))
    for one in ranked.firmness.comparisons:
        if one.enters or one.leaves:
            said = say("firmness.cash", enters=_some(one.enters, names), leaves=_some(one.leaves, names))
        else:
            said = say("firmness.cash_same")
        lines.append(f":material/payments: {plain(said)}")
    st.markdown("\n\n".join(lines))


def _some(ids: tuple[str, ...], names: dict[str, str]) -> str:
    if not ids:
        return "—"
    said = listed(names[one] for one in ids[:_NAMED])
    return said if len(ids) <= _NAMED else say("page_ranking.and_more", names=said, count=len(ids) - _NAMED)


def _list(actor: Actor, basis: RankingBasis, chosen: Chosen, ranked: Ranked) -> None:
    """Show the list as plain rows, a page at a time: a grid takes the browser longer to draw than all the rest."""
    saved = chosen.saved(say("page_ranking.unnamed"), basis.subject)
    name = say("ranking_file.name", subject=say(f"enum.Subject.{basis.subject.value}"))
    by_what, files = st.columns([5, 2], vertical_alignment="center")
    by_what.caption(_by_what(basis, chosen))
    with files, st.container(horizontal=True, horizontal_alignment="right"):
        for format_, icon in (("xlsx", "table"), ("csv", "csv")):
            offer(
                say(f"page_ranking.{format_}"),
                partial(
                    ranking.export_ranking, actor, basis, ranked, saved, format_=format_, language=language().value
                ),
                name=f"{name}.{format_}",
                icon=icon,
                key=f"rank.{basis.subject.value}.{format_}",
            )
    shown = page_of(len(ranked.ranking.order), f"rank.{basis.subject.value}.list", _PAGE)
    st.html(list_html(basis, chosen, ranked, shown))


def _by_what(basis: RankingBasis, chosen: Chosen) -> str:
    """Name the weights, heaviest first, the method and the line that the list follows from."""
    tongue, shares = language(), chosen.weighting.shares
    weighty = sorted((one for one in chosen.criteria if shares.get(one.code)), key=lambda one: -shares[one.code])
    weights = listed(f"{one.name(tongue)} {format_percent(shares[one.code], tongue)}" for one in weighty[:_NAMED])
    if len(weighty) > _NAMED:
        weights = say("page_ranking.and_more", names=weights, count=len(weighty) - _NAMED)
    said = told(
        "page_ranking.by_what",
        weights=weights,
        method=say(f"ranking_method.{chosen.method.value}"),
        cut=min(chosen.cut, len(basis.alternatives)),
    )
    return f"{said} {say('weighting.example_note')}" if chosen.weighting.is_example else said


def list_html(basis: RankingBasis, chosen: Chosen, ranked: Ranked, shown: slice) -> str:
    """Return these lines of the list, best first, as an HTML table; the lines above the cut stand out."""
    tongue = language()
    known = {one.id: one for one in basis.alternatives}
    by_id, second = ranked.ranking.by_id(), ranked.second.by_id()
    ranges = {one.id: one for one in ranked.firmness.ranges}
    has_estate = basis.subject is not Subject.ESTATES
    method = say(f"ranking_method.{ranked.second.method.value}")
    estate = ["estate"] if has_estate else []
    headings = {name: say(f"ranking_file.column.{name}") for name in ("rank", "name", *estate, "street", "score")} | {
        "range": say("page_ranking.range"),
        "in_cut": say("page_ranking.in_cut"),
        "other": say("page_ranking.other_rank"),
        "reason": say("ranking_file.column.reason"),
    }
    told = {
        "in_cut": say("page_ranking.doubt_help"),
        "other": say("page_ranking.other_rank_help", method=method),
    }
    way = "estate" if basis.subject is Subject.ESTATES else "projects"
    rows, marks = [], []
    for name in ranked.ranking.order[shown]:
        one, score, span, other = known[name], by_id[name], ranges.get(name), second[name].rank
        rows.append(
            [
                place_text(score, tongue),
                Leading(one.name, f"{way}?code={quote(one.id)}"),
                *([Leading(one.estate, f"estate?of={quote(one.id)}")] if has_estate else []),
                one.street,
                NOTHING if score.score is None else f"{score.score:.3f}",
                NOTHING if span is None or span.best is None else f"{span.best}–{span.worst}",
                share_text(None if span is None else span.in_cut, tongue),
                NOTHING if other is None else str(other),
                reason_text(score, chosen.criteria, ranked.ranking.shares, tongue),
            ]
        )
        marks.append("in" if score.is_above(chosen.cut) else "out")
    legend = f'<p class="rank-note"><i class="rank-in"></i>{escape(say("page_ranking.above_shown"))}</p>'
    # Only where lines stand as cards: there they say what decides, and all of it on demand.
    whole = escape(say("page_ranking.whole_lines"))
    legend += f'<label class="rank-more"><input type="checkbox"> {whole}</label>'
    drawn = table_html(list(headings.values()), rows, names=list(headings), marks=marks, told=told, kind="rank-list")
    return f'<div class="rank-box">{legend}{drawn}</div>'


def own_columns(actor: Actor, basis: RankingBasis) -> None:
    """Take own columns in from a file, and let them go again."""
    subject = basis.subject
    st.markdown(f"**{say('page_ranking.own')}**")
    st.caption(say("page_ranking.own_lead"))
    template = csv_table(
        say("page_ranking.template"),
        [say("ranking_file.column.id"), say("ranking_file.column.name"), say("page_ranking.own_example")],
        [[one.id, one.name, None] for one in basis.alternatives],
    )
    offer(say("page_ranking.template"), template, key="rank.own.template")
    # The key changes once a file is in, so that the same file is not taken twice.
    turn = st.session_state.setdefault("rank.own.turn", 0)
    file = file_field(say("page_ranking.own_file"), type=["xlsx", "csv"], key=f"rank.own.{turn}")
    if file is not None:
        _take_columns(actor, subject, file.name, file.getvalue())
    for column in basis.own:
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.text(aside(column.criterion.name_zh, column.source))
        if button.button(say("page_ranking.own_remove"), key=f"rank.own.remove.{column.criterion.code}"):
            with refusals():
                ranking.remove_column(store(), actor, subject, column.criterion.code)
                st.rerun()


def _take_columns(actor: Actor, subject: Subject, filename: str, data: bytes) -> None:
    """Say what a file of own columns holds, let it be mended, and take it in."""
    key = ImportSource.of(filename, data).sha256
    asked: dict[str, Any] = {"filename": filename, "corrections": corrections_of(key)}
    with refusals(about=filename, lists_faults=False) as met:
        trial = ranking.import_columns(store(), actor, subject, data, dry_run=True, **asked)
        say_mended(key, trial.changes)
        change_table(trial.changes)
        if st.button(say("page_ranking.own_take"), type="primary"):
            taken = ranking.import_columns(store(), actor, subject, data, **asked)
            st.session_state["rank.own.turn"] += 1
            forget_corrections()
            said = say("page_ranking.own_taken", names=tuple(taken.headings), matched=taken.matched)
            if taken.unmatched:
                known = dict(zip(taken.unmatched, taken.unmatched, strict=True))
                said += say("page_ranking.own_unmatched", ids=_some(taken.unmatched, known))
            done(said)
    mend_refused(actor, met.error, key)
