"""Gates on screen: every estate with its answers, one estate with day and source of each, and the forms behind them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.gates import RECORDED_GATES, Gate, GateFact, GateNote, GateResult, GateState
from renovation.model.names import finds
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.gates import LOCAL_THRESHOLDS
from renovation.services.money import funding, gates
from renovation.services.money.gates import EstateGates, GateRow
from renovation.services.projects import items
from renovation.services.register import estates
from renovation.text.formats import format_date
from renovation.text.planning import gate_text
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.filters import search_field
from renovation.ui.frame.grid import REASON, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.scope import set_scope
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import person, store
from renovation.ui.frame.ways import arrives, named_number, open_estate
from renovation.ui.money.consents import consents_part
from renovation.ui.words import language, listed, plain, say, told

_SELECTED = "gates.estate"
_MARKS = {GateState.PASS: ":green[:material/check_circle:]", GateState.FAIL: ":red[:material/cancel:]",
          GateState.UNKNOWN: ":gray[:material/help:]"}  # fmt: skip
#: What estates can be narrowed to besides how they stand.
_BESIDES = {"back": "gates.went_back", "run_out": "gates.run_out"}
_SHARES = ("coverage.households", "estate.consent")


def _gate(gate: Gate) -> str:
    return say(f"gate.{gate.value}")


def _state(state: GateState) -> str:
    return say(f"gate_state.{state.value}")


def begin() -> None:
    """Show the estate that the address names, wherever it lies, or those whose consent has run out."""
    if not arrives("gates"):
        return
    if (wanted := named_number("estate")) is not None:
        st.session_state[_SELECTED] = wanted
        set_scope(EVERYWHERE)
    if named_number("run_out"):
        st.session_state["gates.standing"] = "run_out"


def register(actor: Actor, scope: Scope) -> None:
    """Show the estates of a scope with their answers; the one chosen below."""
    rows = gates.gate_rows(store(), actor, scope)
    if not rows:
        st.info(
            say("estate.list.none_at_all" if scope == EVERYWHERE else "gates.no_estates"),
            icon=":material/location_city:",
        )
        page_link("imports", icon="upload_file")
        return
    _unnoted(actor, sum(bool(row.moved) for row in rows))
    kept = _filter(rows)
    _sums(rows)
    chosen = _table(kept)
    if chosen is None:
        st.caption(say("gates.choose" if may(actor, Action.RECORD_GATE) else "gates.choose_to_see"))
        return
    with refusals():
        estate_part(actor, gates.estate_gates(store(), actor, chosen))


def _unnoted(actor: Actor, count: int) -> None:
    """Offer to note what time has changed, so that the history and the waiting list are right."""
    if not count or not may(actor, Action.RECORD_GATE):
        return
    words, button = st.columns([4, 1], vertical_alignment="center")
    words.warning(told("gates.unnoted", count=count), icon=":material/update:")
    if button.button(say("gates.note"), key="gates.note", width="stretch"):
        with refusals():
            moved = gates.note_changes(store(), actor)
            done(told("gates.noted", count=len(moved)))


def _filter(rows: Sequence[GateRow]) -> list[GateRow]:
    search, which, of = st.columns([5, 11, 4], vertical_alignment="center")
    query = search_field(say("gates.search"), search, key="gates.query")
    standing = which.segmented_control(
        say("gates.column.standing"),
        [*(state.value for state in GateState), *_BESIDES],
        format_func=lambda one: say(_BESIDES.get(one, f"gate_state.{one}")),
        key="gates.standing",
        label_visibility="collapsed",
    )
    gate = of.selectbox(
        say("gates.gate"),
        list(Gate),
        index=None,
        format_func=_gate,
        placeholder=say("gates.any_gate"),
        key="gates.gate",
        label_visibility="collapsed",
    )
    return [
        row
        for row in rows
        if finds(query, row.place.name, row.place.street, row.place.county) and _stands(row, standing, gate)
    ]


def _stands(row: GateRow, standing: str | None, gate: Gate | None) -> bool:
    if standing is None:
        return True
    if standing == "run_out":
        return row.consent_ran_out and gate in (None, Gate.CONSENT)
    if standing == "back":
        return bool(row.went_back) if gate is None else gate in row.went_back
    if gate is None:
        return row.standing.value == standing
    return any(one.gate is gate and one.state.value == standing for one in row.results)


def _sums(rows: Sequence[GateRow]) -> None:
    counts = {state: sum(row.standing is state for row in rows) for state in GateState}
    parts = [f"{_state(state)} **{count:,}**" for state, count in counts.items()]
    back = sum(bool(row.went_back) for row in rows)
    st.markdown("　".join([say("gates.count", count=len(rows)), *parts, f"{say('gates.went_back')} **{back:,}**"]))


def _table(rows: Sequence[GateRow]) -> int | None:
    if not rows:
        st.info(say("gates.nothing"), icon=":material/search_off:")
        return None
    columns: dict[str, list[Any]] = {
        "estate": [row.place.name for row in rows],
        "street": [row.place.street for row in rows],
        "standing": [_state(row.standing) for row in rows],
        "why": [_why(row) for row in rows],
    }
    for number, gate in enumerate(Gate):
        columns[gate.value] = [_state(row.results[number].state) for row in rows]
    grid(
        columns,
        words="gates.column",
        headings={gate.value: _gate(gate) for gate in Gate},
        kinds={"why": REASON},
        pinned=["estate"],
        ids=[row.place.id for row in rows],
        pick="one",
        keep=_SELECTED,
        opens={"estate": ([row.place.id for row in rows], open_estate)},
        tall=460,
        colours=(["standing", *(gate.value for gate in Gate)], _colour),
        key="gates",
    )
    chosen: int | None = st.session_state.get(_SELECTED)
    return chosen if chosen in {row.place.id for row in rows} else None


def _colour(value: Any) -> str:
    """Give an answer its colour; the word beside it says the same."""
    colours = {
        _state(GateState.PASS): "#1B6B3A",
        _state(GateState.FAIL): "#A8201A",
        _state(GateState.UNKNOWN): "#5B6770",
    }
    return f"color: {colours.get(str(value), 'inherit')}"


def _why(row: GateRow) -> str:
    """Return why an estate does not pass, the gates that went back first; several not yet checked by name alone."""
    open_ = [one for one in row.results if one.state is not GateState.PASS]
    open_.sort(key=lambda one: one.gate not in row.went_back)
    unchecked = [one for one in open_ if one.state is GateState.UNKNOWN and one.gate not in row.went_back]
    if len(unchecked) < 2:
        unchecked = []
    said = [gate_text(one, language()) for one in open_ if one not in unchecked]
    if unchecked:
        said.append(say("gates.unchecked", gates=listed(_gate(one.gate) for one in unchecked)))
    return " ".join(said)


def estate_part(actor: Actor, seen: EstateGates) -> None:
    """Show one estate: each gate with day and source, then facts to record, consents and history."""
    row = seen.row
    st.subheader(f"{plain(row.place.name)} · {_state(row.standing)}", anchor=False)
    st.caption(" › ".join(plain(part) for part in (row.place.county, row.place.street, row.place.community) if part))
    for gate in row.went_back:
        st.warning(told("gates.is_back", gate=_gate(gate)), icon=":material/undo:")
    left, right = st.columns([3, 2], gap="large")
    with left:
        for one in row.results:
            _answer(one)
            _course([note for note in reversed(seen.notes) if note.result.gate is one.gate])
    with right:
        if may(actor, Action.RECORD_GATE):
            _fact_form(actor, row)
        _recorded(seen)
    consents_part(actor, seen)


def _answer(one: GateResult) -> None:
    source = one.evidence or (say("gates.from_file") if one.gate in (Gate.ELIGIBLE_YEAR, Gate.COVERAGE) else "")
    known = [format_date(one.day, str(language()))] if one.day else []
    known += [source] if source and one.state is not GateState.UNKNOWN else []
    rule = say("gates.rule", source=one.source) if one.source else ""
    st.markdown(f"{_MARKS[one.state]} **{_gate(one.gate)}**　{plain(gate_text(one, language()))}")
    st.caption(plain("　".join(part for part in (" · ".join(known), rule) if part)))


def _fact_form(actor: Actor, row: GateRow) -> None:
    estate_id = row.place.id
    # The first that does not pass is what somebody comes for.
    waits = (one.gate for one in row.results if one.gate in RECORDED_GATES and one.state is not GateState.PASS)
    with st.container(border=True):
        st.markdown(f"**{say('gates.record')}**")
        gate = st.selectbox(
            say("gates.gate"), RECORDED_GATES, RECORDED_GATES.index(next(waits, RECORDED_GATES[0])), format_func=_gate,
            key=f"gates.record.{estate_id}", label_visibility="collapsed",
        )  # fmt: skip
        with draft(actor, f"gates.fact.{estate_id}.{gate}") as form:
            values: dict[str, Any] = {}
            if gate is Gate.COVERAGE:
                values["number"] = int(st.number_input(say("gates.covered"), 0, 100_000, **form.field("number", 0)))
            elif gate is Gate.UPKEEP:
                values["holds"] = st.radio(
                    say("gates.upkeep_agreed"),
                    [True, False],
                    format_func=lambda one: say("gates.yes" if one else "gates.no"),
                    horizontal=True,
                    **form.field("holds", True),
                )
            else:
                named: list[str] = st.multiselect(
                    say(f"gates.names_{gate.value}"),
                    form.get("names", []),
                    accept_new_options=True,
                    placeholder=say("gates.names_hint"),
                    **form.field("names", []),
                )
                values["names"] = tuple(named)
            day = st.date_input(say("gates.day"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today()))
            source = st.text_input(
                say("gates.source"), max_chars=200, placeholder=say("gates.source_hint"), **form.field("source", "")
            )
            if st.button(say("gates.save"), icon=":material/save:", width="stretch", key=form.key("save")):
                with form.saving():
                    fact = GateFact(estate_id=estate_id, gate=gate, day=day, source=source, **values)
                    moved = gates.record_fact(store(), actor, fact)
                    back = any(change.went_back for change in moved)
                    form.done(told("gates.saved_back" if back else "gates.saved", gate=_gate(gate)))


def _course(notes: Sequence[GateNote]) -> None:
    """Say how an answer has moved, the oldest first; what went back carries its reason."""
    if len(notes) < 2:
        return
    steps = []
    for before, note in zip([None, *notes], notes, strict=False):
        when, state = format_date(note.noted_on, str(language())), _state(note.result.state)
        if before is not None and before.result.state is GateState.PASS:
            steps.append(told("gates.step_back", when=when, state=state, why=gate_text(note.result, language())))
        else:
            steps.append(told("gates.step", when=when, state=state))
    st.markdown(f":material/history: {say('gates.course', steps=' → '.join(steps))}")


def _recorded(seen: EstateGates) -> None:
    with st.expander(say("gates.facts", count=len(seen.facts))):
        for fact in seen.facts:
            said = listed(fact.names) or say("gates.none_found")
            if fact.gate is Gate.COVERAGE:
                said = say("gates.covered_is", count=fact.number)
            elif fact.gate is Gate.UPKEEP:
                said = say("gates.yes" if fact.holds else "gates.no")
            when = format_date(fact.day, str(language()))
            who = person(fact.login) or "–"
            st.text(say("gates.fact", day=when, gate=_gate(fact.gate), said=said, source=fact.source, name=who))


def double_part(actor: Actor) -> None:
    """List works that seem to be paid for twice, for somebody to look at."""
    found = funding.double_funding(store(), actor)
    if not found:
        return
    names = estates.estate_names(store(), actor, {one.estate_id for one in found})
    items_by_code = {item.code: item.name(language()) for item in items.catalogue(store(), actor)}
    with st.expander(say("gates.double", count=len(found)), icon=":material/content_copy:"):
        for one in found:
            words = told(
                "gates.double_line",
                estate=names[one.estate_id],
                codes=listed(one.codes),
                item=items_by_code.get(one.item_code, one.item_code),
            )
            st.markdown(words)


def thresholds_part(actor: Actor) -> None:
    """Show the numbers that decide with their source; who plans may put the locality's own in their place."""
    known = gates.thresholds(store(), actor)
    names = {code: f"gates.threshold.{code}" for code in LOCAL_THRESHOLDS}
    waits = any(begun(actor, name) for name in names.values())
    with st.expander(say("gates.thresholds"), icon=":material/tune:", expanded=waits):
        for code in LOCAL_THRESHOLDS:
            one = known[code]
            st.markdown(told("gates.threshold", name=say(f"gates.limit.{code}"), value=_number(code, one.value)))
            st.caption(plain(one.source))
        if not may(actor, Action.SET_CRITERIA):
            return
        code = st.selectbox(
            say("gates.change_threshold"),
            LOCAL_THRESHOLDS,
            format_func=lambda one: say(f"gates.limit.{one}"),
            key="gates.threshold.code",
        )
        now = float(known[code].value) * (100 if code in _SHARES else 1)
        with draft(actor, names[code], base=now, border=True) as form:
            value = st.number_input(
                say("gates.threshold_value"), 0.0, 10_000.0, step=1.0, **form.field("value", round(now, 2))
            )
            source = st.text_input(say("gates.threshold_source"), max_chars=200, **form.field("source", ""))
            if st.button(say("gates.save_threshold"), icon=":material/save:", key=form.key("save")):
                exact = Fraction(str(value)) / (100 if code in _SHARES else 1)
                with form.saving():
                    gates.set_threshold(store(), actor, code, exact, source=source)
                    form.done(say("gates.threshold_saved"))


def _number(code: str, value: Fraction) -> str:
    return say("gates.percent", share=value) if code in _SHARES else str(int(value))


def export(actor: Actor, scope: Scope) -> None:
    """Offer the answers of every estate of the scope as a workbook, written when somebody wants it."""
    here, spoken = store(), language()
    offer(
        say("gates.export"),
        lambda: gates.export_gates(here, actor, spoken, scope),
        name=f"{say('gates.export_name')}.xlsx",
        key="gates.export",
        width="stretch",
    )
