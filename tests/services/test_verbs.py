"""Every public verb walked: by role, by part of town, by stage, on both engines; and nothing that no verb reaches."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import verbs
from verbs import Outside, Scene, Verb
from verbs.laid import Place
from verbs.rehearsal import Town
from verbs.world import grow

from renovation.errors import DeniedError, ImportRefusedError, NotFoundError, RenovationError, StageError
from renovation.model import accounts as permissions
from renovation.model import polls as timetable
from renovation.model.accounts import PERMISSIONS, STAFF_ROLES, Action, Actor, Role
from renovation.model.ballots import PaperState, Round, Verdict
from renovation.model.clock import today
from renovation.model.demands import DemandStatus
from renovation.model.funding import PledgeState, SourceKind
from renovation.model.gates import GateState
from renovation.model.lives import DEMAND_LIFE, PROJECT_LIFE, DemandAct, ProjectAct
from renovation.model.panels import PanelState
from renovation.model.places import RenovationStatus
from renovation.model.polls import TIMETABLE, Channel, CodeState, PollAct, PollStage
from renovation.model.projects import ProjectStatus
from renovation.model.scenarios import ScenarioState
from renovation.services.money import pledges
from renovation.services.register import photos
from renovation.store.polls import sealing
from renovation.store.schema.demands import demand
from renovation.store.schema.panels import panel
from renovation.store.schema.places import estate
from renovation.store.schema.planning import gate_history
from renovation.store.schema.polls import ballot, paper_batch, paper_reading, poll, voter_code
from renovation.store.schema.projects import project
from renovation.store.schema.scenarios import scenario

TABLE = verbs.table()
every_verb = pytest.mark.parametrize("verb", TABLE.values(), ids=TABLE)
#: Verbs that change nothing but rows; what touches the file itself runs in ``tests/services/house``.
ON_ROWS = {name: verb for name, verb in TABLE.items() if not verb.alone}
every_verb_on_rows = pytest.mark.parametrize("verb", ON_ROWS.values(), ids=ON_ROWS)
#: Roles and stages are asked for before a store is, and what comes after them runs on both engines in other tests.
on_one_engine = pytest.mark.parametrize("town", ["sqlite"], indirect=True, scope="session")
#: Who makes the example call, the first of them that may.
FIRST_ASKED = (
    Role.ADMIN,
    Role.PLANNER,
    Role.SOCIAL_WORKER,
    Role.SECOND_CLERK,
    Role.OBSERVER,
    Role.DEPARTMENT,
    Role.RESIDENT,
)


@pytest.fixture(autouse=True)
def nothing_squeezed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the files alone in the tests of this module, and in no others of the run."""
    monkeypatch.setattr(sealing, "squeeze", lambda *_: True)
    monkeypatch.setattr(photos, "empty_wal", lambda _store: True)


def test_the_table_is_complete() -> None:
    found = set(verbs.public_verbs())
    assert found - set(TABLE) == set(), "these verbs have no row"
    assert set(TABLE) - found == set(), "these rows have no verb"


def _with_all(actions: Iterable[Action]) -> frozenset[Role]:
    """Return the roles that the table of permissions lets do all of this; staff, where it is nothing."""
    return frozenset(Role if actions else STAFF_ROLES).intersection(*(PERMISSIONS[action] for action in actions))


def may_ask(verb: Verb) -> frozenset[Role]:
    """Return the roles that a verb is for."""
    return _with_all(verb.asks) | (PERMISSIONS[verb.or_asks] if verb.or_asks else frozenset())


def who_asks(town: Town, verb: Verb) -> Actor:
    """Return who makes the example call."""
    return town.world.staff[next(role for role in FIRST_ASKED if role in _with_all(verb.asks))]


class _Asked(dict[Any, Any]):
    """A table that notes what it was asked."""

    def __init__(self, table: Any) -> None:
        super().__init__(table)
        self.asked: set[Any] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


def prepared(town: Town, verb: Verb, stage: PollStage | None = None, differs: Any = None) -> dict[str, Any]:
    """Do what has to happen before an example call, and return what it says."""
    scene = Scene(town.world, town.world.one, stage or verb.stage)
    if verb.before is not None:
        verb.before(scene)
    arguments = verb.arguments(scene, differs)
    town.rehearsal.begin()
    return arguments


@every_verb_on_rows
def test_its_example_runs_and_asks_what_the_table_says(town: Town, verb: Verb) -> None:
    actions, acts = _Asked(PERMISSIONS), _Asked(TIMETABLE)
    for differs in ({}, *verb.also):
        with town.rehearsal.call():
            arguments = prepared(town, verb, differs=differs)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(permissions, "PERMISSIONS", actions)
                patch.setattr(timetable, "TIMETABLE", acts)
                verb.ask(town.store, who_asks(town, verb), arguments)
    assert verb.asks <= actions.asked
    assert set(verb.acts) <= acts.asked


@every_verb
@on_one_engine
def test_roles_without_its_permission_are_denied_and_change_nothing(town: Town, verb: Verb) -> None:
    with town.rehearsal.call() as scene:
        arguments = prepared(town, verb)
        for role in [None, *(role for role in Role if role not in may_ask(verb))]:
            actor = None if role is None else town.world.staff[role]
            with pytest.raises(DeniedError) as denied:
                verb.ask(town.store, actor, arguments)
            assert denied.value.code in ("account.not_allowed", "account.sign_in_first"), role
            assert not scene.changed, role


@every_verb_on_rows
def test_other_roles_with_its_permission_are_not_denied(town: Town, verb: Verb) -> None:
    with town.rehearsal.call() as scene:
        arguments = prepared(town, verb)
        for role in sorted(may_ask(verb) - {who_asks(town, verb).role}):
            with scene.aside():
                verb.ask(town.store, town.world.staff[role], arguments)


acting_on_polls = pytest.mark.parametrize("verb", [one for one in TABLE.values() if one.acts], ids=lambda one: one.name)


@acting_on_polls
@on_one_engine
def test_stages_agree_with_the_timetable(town: Town, verb: Verb) -> None:
    for stage in PollStage:
        with town.rehearsal.call() as scene:
            arguments = prepared(town, verb, stage)
            try:
                verb.ask(town.store, who_asks(town, verb), arguments)
            except StageError:
                assert not all(stage in TIMETABLE[act][0] for act in verb.acts), stage
                assert not scene.changed, stage
            except RenovationError:
                assert stage is not verb.stage, stage
            else:
                assert all(stage in TIMETABLE[act][0] for act in verb.acts), stage


def words(found: Any) -> str:
    """Return all that an answer tells, files unpacked."""
    if isinstance(found, bytes):
        if found[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(found)) as packed:
                return " ".join(words(packed.read(name)) for name in packed.namelist())
        return found.decode("utf-8", errors="ignore")
    if hasattr(found, "to_csv"):
        return str(found.to_csv())
    if dataclasses.is_dataclass(found):
        return " ".join(f"{one.name}={words(getattr(found, one.name))}" for one in dataclasses.fields(found))
    if isinstance(found, dict):
        return " ".join(f"{words(key)}: {words(value)}" for key, value in found.items())
    if isinstance(found, list | tuple):
        return " ".join(words(one) for one in found)
    # An object that does not say what it holds says where it lies.
    return re.sub(r" at 0x[0-9a-f]+", "", str(found))


def seen_of(town: Town, told: str) -> set[str]:
    """Return what an answer tells of the first estate, besides what is published and therefore everybody's."""
    here = town.world.one
    published = here.polls[PollStage.PUBLISHED]
    marks = here.marks - {published.id, *published.keys}
    return {mark for mark in marks if re.search(rf"(?<![0-9A-Za-z]){re.escape(mark)}(?!(?<=[0-9])[0-9])", told)}


#: A refusal of what is out of sight; what an import refuses, it refuses for its rows.
REFUSALS = (NotFoundError, DeniedError, ImportRefusedError)
#: Files and pins that lie outside.
AWAY = ("kit.foreign", "estate.leaves_scope")
#: Of which there is nothing to be told of either estate here.
QUIET = frozenset(
    {
        "programme.programme.stay_when_taken_back",
        "programme.programme.costs_apart",
        "house.set_up.read_unknowns",
        # Nothing runs out within a test's day.
        "money.gates.consents_run_out",
    }
)
STAFFED = {name: verb for name, verb in ON_ROWS.items() if may_ask(verb) & frozenset(STAFF_ROLES)}
PARTED = {name: verb for name, verb in STAFFED.items() if verb.outside is Outside.PART}


def staff_of(town: Town, verb: Verb, place: Place, *, by_street: bool) -> Actor:
    """Return an account that sees the part of town around an estate and nothing else."""
    role = next(role for role in FIRST_ASKED if role in may_ask(verb) & frozenset(STAFF_ROLES))
    return replace(town.world.staff[role], scope=town.world.part(place, by_street=by_street))


@pytest.mark.parametrize("verb", STAFFED.values(), ids=STAFFED)
def test_an_account_reaches_nothing_outside_its_part_of_town(town: Town, verb: Verb) -> None:
    world = town.world
    for by_street in (False, True):
        elsewhere, here = (staff_of(town, verb, place, by_street=by_street) for place in (world.two, world.one))
        with town.rehearsal.call() as scene:
            arguments = prepared(town, verb)
            if verb.outside in (Outside.REFUSED, Outside.TOWN_ONLY):
                for actor in (elsewhere, here) if verb.outside is Outside.TOWN_ONLY else (elsewhere,):
                    with pytest.raises(RenovationError) as refused:
                        verb.ask(town.store, actor, arguments)
                    assert isinstance(refused.value, REFUSALS) or refused.value.code in AWAY
                    assert not scene.changed
            else:
                told = words(verb.ask(town.store, elsewhere, arguments))
                assert verb.outside is Outside.SAME or seen_of(town, told) == set()
    if verb.outside is not Outside.TOWN_ONLY:
        with town.rehearsal.call():
            verb.ask(town.store, here, prepared(town, verb))


def test_what_happens_out_of_sight_does_not_show(town: Town) -> None:
    world = town.world
    told: dict[str, list[str]] = {name: [] for name in PARTED}
    shown: dict[str, list[str]] = {name: [] for name in PARTED}
    with town.rehearsal.call() as scene:
        arguments = {name: prepared(town, verb) for name, verb in PARTED.items()}
        for _before_and_after in range(2):
            for name, verb in PARTED.items():
                for place, into in ((world.two, told), (world.one, shown)):
                    with scene.aside():
                        into[name].append(
                            words(verb.ask(town.store, staff_of(town, verb, place, by_street=True), arguments[name]))
                        )
            grow(world, world.one)
    moved = [name for name, (before, after) in told.items() if before != after]
    assert not moved, moved
    blind = [name for name, (before, after) in shown.items() if before == after == told[name][0] and name not in QUIET]
    assert not blind, f"these would show nothing to anybody: {blind}"


#: Where the store keeps the states of things. Every one of them has to be reached by some verb.
STATES = {
    DemandStatus: demand.c.status,
    ProjectStatus: project.c.status,
    PollStage: poll.c.stage,
    CodeState: voter_code.c.state,
    Channel: ballot.c.channel,
    PaperState: paper_batch.c.state,
    Round: paper_reading.c.round,
    Verdict: paper_reading.c.verdict,
    RenovationStatus: estate.c.status,
    GateState: gate_history.c.state,
    ScenarioState: scenario.c.state,
    PanelState: panel.c.state,
}


#: Lives whose acts move something on, each of which some verb has to perform.
LIVES = {project: (PROJECT_LIFE, ProjectAct), demand: (DEMAND_LIFE, DemandAct)}


def states_now(connection: sa.Connection) -> Counter[tuple[str, str]]:
    """Count what is in which state."""
    found: Counter[tuple[str, str]] = Counter()
    for kind, column in STATES.items():
        for value, count in connection.execute(sa.select(column, sa.func.count()).group_by(column)):
            found[kind.__name__, str(value)] += count
    return found


def lives_now(connection: sa.Connection) -> dict[tuple[sa.Table, int], str]:
    """Return the status of everything that has a life."""
    return {
        (table, number): status
        for table in LIVES
        for number, status in connection.execute(sa.select(table.c.id, table.c.status))
    }


def test_nothing_exists_that_no_verb_reaches(town: Town) -> None:
    assert set(Action) - {asked for verb in TABLE.values() for asked in (*verb.asks, verb.or_asks)} == set()
    assert set(PollAct) - {act for verb in TABLE.values() for act in verb.acts} == set()
    if not town.store.is_sqlite:
        return
    reached: set[tuple[str, str]] = set()
    moves: set[tuple[sa.Table, str, str]] = set()
    for verb in ON_ROWS.values():
        for differs in ({}, *verb.also):
            with town.rehearsal.call() as scene:
                arguments = prepared(town, verb, differs=differs)
                states, lives = states_now(scene.connection), lives_now(scene.connection)
                verb.ask(town.store, who_asks(town, verb), arguments)
                if scene.changed:
                    reached |= set(states_now(scene.connection) - states)
                    later = lives_now(scene.connection)
                    moves |= {(one[0], lives[one], later[one]) for one in lives.keys() & later.keys()}
    unreached = {(kind.__name__, member.value) for kind in STATES for member in kind} - reached
    assert not unreached, " ".join(map(str, sorted(unreached)))
    for table, (life, acts) in LIVES.items():
        # A verb may take two steps at once: the third refusal leaves a demand without an owner.
        pairs = [(one, other) for one in life.steps for other in life.steps if one.after is other.before]
        done = {step.act for step in life.steps if (table, step.before, step.after) in moves}
        done |= {step.act for pair in pairs if (table, pair[0].before, pair[1].after) in moves for step in pair}
        undone = set(acts) - done - {ProjectAct.EDIT, life.born}
        assert not undone, f"no verb performs {' '.join(undone)} on a {table.name}"


def test_pledges_come_into_every_state(town: Town) -> None:
    world, held = town.world, town.world.one.pledges
    with town.rehearsal.call():
        pledges.receive(
            town.store, world.admin, int(held.open.id), held.open.version, amount=held.open.amount, document="回单"
        )
        given_back = pledges.record_pledge(
            town.store,
            world.admin,
            world.one.projects.small.id,
            supporter="好心人",
            kind=SourceKind.PRIVATE,
            amount=100,
        )
        pledges.withdraw_pledge(town.store, world.admin, int(given_back.id))
        rows = pledges.list_pledges(town.store, world.admin)
        later = pledges.list_pledges(town.store, world.admin, day=today() + timedelta(days=400))
    assert {row.state for row in (*rows, *later)} == set(PledgeState)
