"""The ranking on screen: weights on the left, what they come to on the right, the list below; one slider redraws it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from renovation.errors import RenovationError
from renovation.exports.tables import csv_table
from renovation.model.accounts import Actor
from renovation.model.planning import Criterion, MissingPolicy
from renovation.model.scenarios import Subject
from renovation.rules.ranking import Table
from renovation.services import ranking
from renovation.services.ranking import Ranked
from renovation.services.ranking_figures import RankingBasis
from renovation.text.ranking import place_text, reason_text, share_text, swap_text
from renovation.ui.ranking_chart import counts, range_chart
from renovation.ui.ranking_weights import Chosen, controls, save_form
from renovation.ui.state import store
from renovation.ui.words import language, plain, say, show_error

_NAMED = 6


@st.fragment
def board(actor: Actor, basis: RankingBasis) -> None:
    """Draw everything that a slider changes; the figures themselves are read once per visit."""
    top = st.container()
    left, right = st.columns([1, 2], gap="medium")
    with left:
        chosen = controls(actor, basis)
    if chosen is None:
        return
    try:
        table = _table(basis, chosen.criteria, chosen.missing)
        ranked = ranking.work_out(table, chosen.weighting, method=chosen.method, cut=chosen.cut, bypass=chosen.bypass)
    except RenovationError as error:
        with right:
            show_error(error)
        return
    with left:
        save_form(actor, basis.subject, chosen)
    names = _names(basis)
    with right:
        _headline(basis, ranked)
        one, other = st.columns(2)
        everything = one.toggle(say("page_ranking.all_lines"), key=f"rank.{basis.subject.value}.all")
        is_large = other.toggle(say("page_ranking.large"), key=f"rank.{basis.subject.value}.large")
        if not is_large:
            range_chart(ranked.firmness, names, everything=everything)
        _sentences(names, chosen, ranked)
    if is_large:
        with top:
            range_chart(ranked.firmness, names, everything=everything, is_large=True)
    _list(basis, chosen, ranked)
    _files(actor, basis, chosen, ranked)


def _table(basis: RankingBasis, criteria: tuple[Criterion, ...], missing: MissingPolicy) -> Table:
    """Normalise once; moving a slider leaves the table as it is."""
    key = (basis, criteria, missing)
    kept = st.session_state.get("rank.table")
    if kept is None or kept[0][0] is not basis or kept[0][1:] != key[1:]:
        kept = (key, ranking.ranking_table(basis, criteria, missing))
        st.session_state["rank.table"] = kept
    table: Table = kept[1]
    return table


def _names(basis: RankingBasis) -> dict[str, str]:
    if basis.subject is Subject.ESTATES:
        return {one.id: one.name for one in basis.alternatives}
    return {one.id: f"{one.estate} {one.name}" for one in basis.alternatives}


def _headline(basis: RankingBasis, ranked: Ranked) -> None:
    found = counts(ranked.firmness)
    unranked = len(basis.alternatives) - sum(found.values()) - sum(one.bypasses for one in ranked.ranking.scores)
    columns = st.columns(4)
    columns[0].metric(say("page_ranking.firm_in"), found["in"], help=say("page_ranking.firm_help"))
    columns[1].metric(say("page_ranking.in_doubt"), found["doubt"], help=say("page_ranking.doubt_help"))
    same = share_text(ranked.firmness.agreement.same_in_cut, language())
    columns[2].metric(say("page_ranking.methods_agree"), same, help=say("page_ranking.methods_help"))
    swap = ranked.firmness.smallest_swap
    change = "—" if swap is None else say("page_ranking.points", change=f"{100 * abs(swap.change):.2f}")
    columns[3].metric(say("page_ranking.smallest_change"), change, help=say("page_ranking.swap_help"))
    if unranked:
        st.caption(say("page_ranking.unranked", count=unranked))


def _sentences(names: dict[str, str], chosen: Chosen, ranked: Ranked) -> None:
    tongue = language()
    criteria = {one.code: one.name(tongue) for one in chosen.criteria}
    st.markdown(f":material/balance: {plain(swap_text(ranked.firmness.smallest_swap, criteria, names, tongue))}")
    for one in ranked.firmness.comparisons:
        if one.enters or one.leaves:
            said = say("firmness.cash", enters=_some(one.enters, names), leaves=_some(one.leaves, names))
        else:
            said = say("firmness.cash_same")
        st.markdown(f":material/payments: {plain(said)}")


def _some(ids: tuple[str, ...], names: dict[str, str]) -> str:
    if not ids:
        return "—"
    said = say("ranking_reason.joint").join(names[one] for one in ids[:_NAMED])
    return said if len(ids) <= _NAMED else say("page_ranking.and_more", names=said, count=len(ids) - _NAMED)


def _list(basis: RankingBasis, chosen: Chosen, ranked: Ranked) -> None:
    tongue = language()
    known = {one.id: one for one in basis.alternatives}
    by_id, second = ranked.ranking.by_id(), ranked.second.by_id()
    ranges = {one.id: one for one in ranked.firmness.ranges}
    yes = say("page_ranking.yes")
    rows = []
    for name in ranked.ranking.order:
        one, score, span = known[name], by_id[name], ranges.get(name)
        is_in = score.bypasses or (score.rank is not None and score.rank <= chosen.cut)
        rows.append(
            {
                "above": yes if is_in else "",
                "rank": place_text(score, tongue),
                "name": one.name,
                "estate": one.estate,
                "street": one.street,
                "score": score.score,
                "range": "" if span is None or span.best is None else f"{span.best}–{span.worst}",
                "in_cut": None if span is None or span.in_cut is None else 100 * span.in_cut,
                "other_rank": second[name].rank,
                "reason": reason_text(score, chosen.criteria, ranked.ranking.shares, tongue),
            }
        )
    frame = pd.DataFrame(rows)
    if basis.subject is Subject.ESTATES:
        frame = frame.drop(columns="estate")
    st.dataframe(frame, hide_index=True, width="stretch", height=420, column_config=_columns(ranked))


def _columns(ranked: Ranked) -> dict[str, Any]:
    method = say(f"ranking_method.{ranked.second.method.value}")
    return {
        "above": st.column_config.TextColumn(say("page_ranking.above"), width=60),
        "rank": st.column_config.TextColumn(say("ranking_file.column.rank"), width=70),
        "name": st.column_config.TextColumn(say("ranking_file.column.name")),
        "estate": st.column_config.TextColumn(say("ranking_file.column.estate")),
        "street": st.column_config.TextColumn(say("ranking_file.column.street")),
        "score": st.column_config.ProgressColumn(
            say("ranking_file.column.score"), min_value=0, max_value=1, format="%.3f", width="small"
        ),
        "range": st.column_config.TextColumn(say("page_ranking.range"), width=85),
        "in_cut": st.column_config.NumberColumn(say("page_ranking.in_cut"), format="%.0f%%", width=85),
        "other_rank": st.column_config.NumberColumn(
            say("page_ranking.other_rank"), help=say("page_ranking.other_rank_help", method=method), width=85
        ),
        "reason": st.column_config.TextColumn(say("ranking_file.column.reason"), width="large"),
    }


def _files(actor: Actor, basis: RankingBasis, chosen: Chosen, ranked: Ranked) -> None:
    saved = chosen.saved(say("page_ranking.unnamed"), basis.subject)
    columns = st.columns([1, 1, 3])
    for column, format_, icon in ((columns[0], "xlsx", "table"), (columns[1], "csv", "csv")):
        name = say("ranking_file.name", subject=say(f"enum.Subject.{basis.subject.value}"))

        def make(format_: str = format_) -> bytes:
            return ranking.export_ranking(actor, basis, ranked, saved, format_=format_, language=language().value)[2]

        column.download_button(
            say(f"page_ranking.{format_}"),
            data=make,
            file_name=f"{name}.{format_}",
            icon=f":material/{icon}:",
            width="stretch",
            key=f"rank.{basis.subject.value}.{format_}",
            on_click="ignore",
        )


def own_columns(actor: Actor, basis: RankingBasis) -> None:
    """Take own columns in from a file, and let them go again."""
    subject = basis.subject
    with st.expander(say("page_ranking.own"), icon=":material/add_chart:"):
        st.caption(say("page_ranking.own_lead"))
        template = csv_table(
            say("page_ranking.template"),
            [say("ranking_file.column.id"), say("ranking_file.column.name"), say("page_ranking.own_example")],
            [[one.id, one.name, None] for one in basis.alternatives],
        )
        st.download_button(
            say("page_ranking.template"),
            data=template[2],
            file_name=template[0],
            mime=template[1],
            icon=":material/download:",
            on_click="ignore",
        )
        # The key changes once a file is in, so that the same file is not taken twice.
        turn = st.session_state.setdefault("rank.own.turn", 0)
        file = st.file_uploader(say("page_ranking.own_file"), type=["xlsx", "csv"], key=f"rank.own.{turn}")
        if file is not None and st.button(say("page_ranking.own_take"), type="primary"):
            try:
                taken = ranking.import_columns(store(), actor, subject, file.getvalue(), filename=file.name)
            except RenovationError as error:
                show_error(error)
            else:
                st.session_state["rank.own.turn"] = turn + 1
                said = say("page_ranking.own_taken", names=", ".join(taken.headings), matched=taken.matched)
                if taken.unmatched:
                    said += say(
                        "page_ranking.own_unmatched",
                        ids=_some(taken.unmatched, dict(zip(taken.unmatched, taken.unmatched, strict=True))),
                    )
                st.session_state["rank.said"] = said
                st.rerun()
        for column in basis.own:
            words, button = st.columns([4, 1], vertical_alignment="center")
            words.text(f"{column.criterion.name_zh}（{column.source}）")
            if button.button(say("page_ranking.own_remove"), key=f"rank.own.remove.{column.criterion.code}"):
                try:
                    ranking.remove_column(store(), actor, subject, column.criterion.code)
                except RenovationError as error:
                    show_error(error)
                else:
                    st.rerun()
