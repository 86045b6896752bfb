"""Gates before any score: what is known of each estate, from where and since when, and how the answers moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from renovation.errors import ConflictError, InvalidError
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import refuse_ahead
from renovation.model.clock import today as china_today
from renovation.model.consents import ConsentDraft, ConsentRecord
from renovation.model.gates import Gate, GateFact, GateNote, GateResult, GateState, Threshold, written
from renovation.model.lists import ListKind
from renovation.model.localities import thresholds_of
from renovation.model.places import Estate, EstateFilter, EstatePlace, RenovationStatus
from renovation.model.scope import Scope
from renovation.rules.money.books import DoubleFunding, paid_twice
from renovation.rules.money.consent import ConsentResult, decide
from renovation.rules.money.gates import GateChange, overall
from renovation.rules.money.on_file import OnFile, answer_gates, changes_since, counting_consent, went_back
from renovation.services import lists
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.estates import fail_gate
from renovation.services.typed import one_line
from renovation.store import Connection, Store
from renovation.store.money import gates as gates_store
from renovation.store.money import planning_places, pots
from renovation.store.projects import projects
from renovation.store.register import estates
from renovation.store.surveys import campaigns
from renovation.text import Language, text
from renovation.text.planning import gate_text

#: Where an estate stands as long as its owners' consent still has to hold.
_TO_BEGIN = (RenovationStatus.SURVEYED, RenovationStatus.WILLING, RenovationStatus.LISTED)
_TEXT_LIMIT = 200
_NAME_LIMIT = 60
_SUBJECT_LIMIT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """An estate with its answers.

    Attributes
    ----------
    standing
        One fail fails, else one unknown leaves it unknown, else it passes.
    went_back
        Gates that were noted as passed and no longer are; the estate waits for them.
    moved
        Answers that differ from what was noted last, most often because a consent has run out since.
    """

    place: EstatePlace
    status: RenovationStatus
    results: tuple[GateResult, ...]
    standing: GateState
    went_back: tuple[Gate, ...]
    moved: tuple[GateChange, ...]

    @property
    def consent_ran_out(self) -> bool:
        """Tell whether its owners agreed too long ago, and its works have not begun."""
        return self.status in _TO_BEGIN and any(one.reason == "consent_expired" for one in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateGates:
    """Everything behind an estate's answers; consents with the decision under 民法典 第278条, facts, history."""

    row: GateRow
    consents: tuple[tuple[ConsentRecord, ConsentResult], ...]
    facts: tuple[GateFact, ...]
    notes: tuple[GateNote, ...]


def thresholds(store: Store, actor: Actor | None) -> dict[str, Threshold]:
    """Return the thresholds in force, by code, each with its source."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return lists.thresholds_in_force(door.connection)


def set_threshold(store: Store, actor: Actor | None, code: str, value: Fraction, *, source: str) -> Threshold:
    """Put this locality's own number in the place of a shipped one, with the rule it comes from.

    Raises
    ------
    InvalidError
        ``threshold.fixed`` (law), ``threshold.range``, ``threshold.bands`` or ``threshold.source_missing``.
    """
    require(actor, Action.SET_CRITERIA)
    why = one_line(source, _TEXT_LIMIT)
    if not why:
        raise InvalidError("threshold.source_missing")
    held = lists.read_list(store, actor, ListKind.THRESHOLDS)
    lines = [{**line, "value": str(value), "source": why} if line["code"] == code else line for line in held.lines]
    if lines == list(held.lines):
        raise InvalidError("threshold.fixed", code=code)
    after = lists.save_list(store, actor, ListKind.THRESHOLDS, lines, version=held.version)
    return thresholds_of(after.lines)[code]


class _Files:
    """What is on file about the gates of some estates, read once."""

    def __init__(self, connection: Connection, ids: Sequence[int] | None, scopes: Sequence[Scope], day: date) -> None:
        wanted = None if ids is None else set(ids)
        self.day = day
        only = EstateFilter(scope=Scope(estate_id=ids[0])) if ids is not None and len(ids) == 1 else EstateFilter()
        self.estates: dict[int, Estate] = {}
        self.places = planning_places.estates(connection, scopes=scopes)
        for estate in estates.find(connection, only):
            if estate.id in self.places and (wanted is None or estate.id in wanted):
                self.estates[estate.id] = estate
        asked = None if ids is None else list(self.estates)
        self.thresholds = lists.thresholds_in_force(connection)
        self.facts = gates_store.facts(connection, asked)
        self.consents = gates_store.consents(connection, asked)
        self.notes = gates_store.notes(connection, asked)
        self.taken = campaigns.taken(connection, asked)
        lines, kept = pots.contributions(connection), {pot.id: pot for pot in pots.pots(connection)}
        funded = planning_places.projects(connection, lines.keys()).values()
        self.twice: dict[int, list[DoubleFunding]] = {}
        for one in paid_twice(funded, lines, kept):
            self.twice.setdefault(one.estate_id, []).append(one)

    def results(self, estate_id: int) -> tuple[GateResult, ...]:
        """Answer every gate of an estate, each with where its fact comes from."""
        known = OnFile(
            facts=self.estates[estate_id].facts,
            found_out={fact.gate: fact for fact in self.facts.get(estate_id, ())},
            consent=counting_consent(self.consents.get(estate_id, ())),
            paid_twice=self.twice.get(estate_id, ()),
            taken=self.taken.get(estate_id),
        )
        return answer_gates(known, self.thresholds, today=self.day)

    def moved(self, estate_id: int, results: Sequence[GateResult]) -> tuple[GateChange, ...]:
        """Return the answers that differ from the last note."""
        return changes_since([note.result for note in self.notes.get(estate_id, ())], results)

    def row(self, estate_id: int) -> GateRow:
        """Return an estate's line."""
        results = self.results(estate_id)
        noted = [note.result for note in self.notes.get(estate_id, ())]
        return GateRow(
            place=self.places[estate_id],
            status=self.estates[estate_id].facts.status,
            results=results,
            standing=overall(results),
            went_back=went_back(noted, results),
            moved=self.moved(estate_id, results),
        )


def gates_of(
    store: Store, actor: Actor | None, estate_ids: Iterable[int] | None = None, today: date | None = None
) -> dict[int, tuple[GateResult, ...]]:
    """Return every gate's answer by estate; estates outside the actor's scope are left out."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        files = _Files(door.connection, _ids(estate_ids), (door.scope,), today or china_today())
        return {estate_id: files.results(estate_id) for estate_id in files.estates}


def _ids(estate_ids: Iterable[int] | None) -> list[int] | None:
    return None if estate_ids is None else list(estate_ids)


def gate_rows(store: Store, actor: Actor | None, scope: Scope | None = None) -> tuple[GateRow, ...]:
    """Return every estate of a scope with its answers, by code."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        files = _Files(door.connection, None, (door.scope, scope) if scope else (door.scope,), china_today())
        return tuple(files.row(estate_id) for estate_id in files.estates)


def consents_run_out(store: Store, actor: Actor | None) -> int:
    """Count the estates whose owners' consent has run out before the works have begun."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        day = china_today()
        last = day - timedelta(days=int(lists.thresholds_in_force(door.connection)["consent.valid_days"].value))
        old = gates_store.run_out(door.connection, today=day, decided_before=last, scopes=(door.scope,))
        if not old:
            return 0
        files = _Files(door.connection, old, (door.scope,), day)
        return sum(files.row(estate_id).consent_ran_out for estate_id in files.estates)


def estate_gates(store: Store, actor: Actor | None, estate_id: int) -> EstateGates:
    """Return everything behind an estate's answers.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        files = _Files(door.connection, [door.estate(estate_id).id], (), china_today())
    return EstateGates(
        row=files.row(estate_id),
        consents=tuple((one, _decided(one, files.thresholds)) for one in reversed(files.consents.get(estate_id, []))),
        facts=tuple(reversed(files.facts.get(estate_id, []))),
        notes=tuple(reversed(files.notes.get(estate_id, []))),
    )


def _decided(one: ConsentRecord, known: Mapping[str, Threshold]) -> ConsentResult:
    return decide(one.draft.count, matter=one.draft.matter, scope=one.draft.vote_scope, thresholds=known)


def record_fact(store: Store, actor: Actor | None, fact: GateFact) -> tuple[GateChange, ...]:
    """Keep what was found out about a gate and return the answers that moved.

    An estate that is listed and fails a gate it had passed goes back to the waiting list in the same act.

    Raises
    ------
    InvalidError
        ``day.ahead``: the day lies in the future.
    """
    refuse_ahead(fact.day)
    names = tuple(dict.fromkeys(one_line(name, _NAME_LIMIT) for name in fact.names))
    kept = replace(fact, names=tuple(name for name in names if name), source=one_line(fact.source, _TEXT_LIMIT))
    with acting(store, actor, Action.RECORD_GATE) as unit:
        unit.estate(fact.estate_id)
        kept = replace(kept, login=unit.actor.login)
        gates_store.add_fact(unit.connection, kept, at=unit.at)
        unit.log("gate.record", "estate", fact.estate_id, gate=fact.gate.value, day=fact.day.isoformat())
        moved = note_in(unit, [fact.estate_id])
        unit.commit()
    return moved[fact.estate_id]


def record_consent(store: Store, actor: Actor | None, draft: ConsentDraft) -> tuple[ConsentRecord, ConsentResult]:
    """Keep a vote of the owners in counts and return it with its decision.

    Raises
    ------
    InvalidError
        ``day.ahead``: decided in the future.
    """
    refuse_ahead(draft.decided_on)
    kept = replace(
        draft,
        subject=one_line(draft.subject, _SUBJECT_LIMIT),
        evidence=one_line(draft.evidence, _TEXT_LIMIT),
        part=one_line(draft.part, _NAME_LIMIT),
    )
    with acting(store, actor, Action.RECORD_GATE) as unit:
        unit.estate(draft.estate_id)
        consent_id = gates_store.add_consent(unit.connection, kept, login=unit.actor.login, at=unit.at)
        record = unit.consent(consent_id)
        result = _decided(record, lists.thresholds_in_force(unit.connection))
        unit.log("consent.record", "estate", draft.estate_id, consent=consent_id, passed=result.passed)
        note_in(unit, [draft.estate_id])
        unit.commit()
    return record, result


def withdraw_consent(store: Store, actor: Actor | None, consent_id: int, *, day: date, why: str) -> None:
    """Mark a vote as withdrawn, with its reason; a listed estate that rests on it goes back to the waiting list.

    Raises
    ------
    InvalidError
        ``consent.why_missing`` or ``day.ahead``.
    ConflictError
        ``consent.withdrawn`` already.
    """
    reason = one_line(why, _TEXT_LIMIT)
    if not reason:
        raise InvalidError("consent.why_missing")
    refuse_ahead(day)
    with acting(store, actor, Action.RECORD_GATE) as unit:
        record = unit.consent(consent_id)
        if not gates_store.withdraw_consent(unit.connection, consent_id, day=day, why=reason):
            raise ConflictError("consent.withdrawn", subject=record.draft.subject)
        unit.log("consent.withdraw", "estate", record.draft.estate_id, consent=consent_id)
        note_in(unit, [record.draft.estate_id])
        unit.commit()


def note_changes(store: Store, actor: Actor | None) -> dict[int, tuple[GateChange, ...]]:
    """Note every answer that time has moved (a consent that ran out) and send listed estates back to the waiting list.

    Returns
    -------
    dict
        Estate → the answers that moved; estates without a change are left out.
    """
    with acting(store, actor, Action.RECORD_GATE) as unit:
        moved = note_in(unit)
        found = {estate_id: changes for estate_id, changes in moved.items() if changes}
        if found:
            unit.log("gate.note", "gate", "all", estates=len(found), changes=sum(map(len, found.values())))
            unit.commit()
    return found


def note_in(unit: ActingUnit, ids: Sequence[int] | None = None) -> dict[int, tuple[GateChange, ...]]:
    """Note what moved; a listed estate that fails what it had passed is "willing" again, the reason in its file."""
    day = china_today()
    files = _Files(unit.connection, ids, (unit.scope,), day)
    found = {estate_id: files.moved(estate_id, files.results(estate_id)) for estate_id in files.estates}
    notes = [
        GateNote(estate_id=estate_id, result=change.after, noted_on=day, login=unit.actor.login)
        for estate_id, changes in found.items()
        for change in changes
    ]
    gates_store.add_notes(unit.connection, notes)
    for estate_id, changes in found.items():
        back = [change for change in changes if change.went_back]
        if back and fail_gate(
            unit,
            estate_id,
            why=written(change.after for change in back),
            held_by_projects=projects.holding(unit.connection, estate_id),
        ):
            unit.log("gate.went_back", "estate", estate_id, gates=[change.after.gate.value for change in back])
    return found


def export_gates(store: Store, actor: Actor | None, language: Language, scope: Scope | None = None) -> Exported:
    """Return every estate's answers as a workbook: state, sentence, day and source of each gate."""
    rows = gate_rows(store, actor, scope)
    headings = [text(f"gates.column.{name}", language) for name in ("county", "street", "estate", "standing")]
    for gate in Gate:
        name = text(f"gate.{gate.value}", language)
        headings += [name, *(f"{name} · {text(f'gates.column.{part}', language)}" for part in ("why", "day", "source"))]
    lines = []
    for row in rows:
        line: list[object] = [row.place.county, row.place.street, row.place.name]
        line.append(text(f"gate_state.{row.standing.value}", language))
        for one in row.results:
            why = gate_text(one, language)
            line += [text(f"gate_state.{one.state.value}", language), why, one.day, one.evidence or one.source]
        lines.append(line)
    name = text("gates.export_name", language)
    return workbook(name, [TableSheet(name=name, headings=headings, rows=lines)])
