"""``.pb`` files out: what is written reads back equal, whatever stands in names."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import ImportRefusedError, InvalidError
from renovation.exports.outcome.pabulib import declared_results, write_pabulib
from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.elections import Ballot, BallotKind, Candidate, Instance, Voter
from renovation.model.names import name_key
from renovation.rules.allocation.registry import allocate
from renovation.rules.election.profile import profile_from_ballots
from renovation.rules.election.tally import tally

#: What never gets into a name: NUL, and what overrides the direction of writing.
REORDERING = "\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters=REORDERING), max_size=12)
HOSTILE = st.sampled_from(["a;b", 'x"y', "VOTES", "PROJECTS\nVOTES", "line\nline", "\r", '"', "=1+1", "", " "])
IDS = st.text("abc01/.-;\"'路", min_size=1, max_size=4)


def degrees(most: int) -> st.SearchStrategy[float]:
    """Draw degrees as maps have them: to a ten-thousandth, never in powers of ten."""
    return st.integers(-most * 10_000, most * 10_000).map(lambda one: one / 10_000)


@st.composite
def elections(draw: st.DrawFn) -> tuple[Instance, list[Voter]]:
    ids = draw(st.lists(IDS, min_size=1, max_size=5, unique_by=name_key))
    kind = draw(st.sampled_from(list(BallotKind)))
    rich = draw(st.booleans())
    projects = tuple(
        Candidate(
            id=id_,
            name=draw(TEXT | HOSTILE),
            cost=draw(st.integers(0, 10**6)),
            number=draw(st.integers(0, 99)),
            categories=tuple(draw(st.lists(st.sampled_from(["绿化", "停车;位"]), max_size=2, unique=True))),
            area=draw(st.sampled_from([None, "东区"])),
            mandatory=draw(st.booleans()),
            full_cost=draw(st.none() | st.integers(10**6, 10**7)),
            lon=draw(st.none() | degrees(180)),
            lat=draw(st.none() | degrees(90)),
            extra={"odd": draw(TEXT | HOSTILE)} if rich else {},
        )
        for id_ in ids
    )
    instance = Instance(
        projects=projects,
        budget=draw(st.integers(0, 10**8)),
        ballot_kind=kind,
        max_choices=draw(st.none() | st.integers(1, 9)),
        min_choices=draw(st.none() | st.integers(0, 3)),
        max_points=draw(st.none() | st.integers(1, 9)),
        currency=draw(st.sampled_from(["CNY", "PLN", ""])),
        scale=draw(st.sampled_from([1, 100])),
        meta={"description": draw(TEXT.map(str.strip))} if rich else {},
    )
    voters = []
    for place in range(draw(st.integers(0, 6))):
        chosen = tuple(draw(st.lists(st.sampled_from(ids), max_size=4, unique=True)))
        points = ()
        if kind is BallotKind.POINTS:
            points = tuple(draw(st.sampled_from([Fraction(1), Fraction(5, 2), Fraction(1, 3)])) for _ in chosen)
        weight = draw(st.sampled_from([Fraction(1), Fraction(3, 2)])) if rich else Fraction(1)
        if kind is BallotKind.YES_NO:
            answered = Ballot.of_answers(chosen[:2], chosen[2:], weight)
            chosen, points = answered.choices, answered.points
        columns = {"voter_id": str(place), "channel": draw(HOSTILE)} if rich else {"voter_id": str(place + 1)}
        voters.append(Voter(Ballot(chosen, points, weight), columns))
    return instance, voters


@given(elections())
def test_reads_back_equal(election: tuple[Instance, list[Voter]]) -> None:
    """H074: separators, quotes, line breaks and section titles in names survive, also for another reader."""
    instance, voters = election
    profile = profile_from_ballots(instance, [voter.ballot for voter in voters])
    declared = declared_results(instance, tally(instance, profile))
    _, _, data = write_pabulib(instance, voters, declared=declared)
    found = read_pabulib(data, voters=True)
    assert found.instance == instance
    assert list(found.voters) == voters
    assert found.declared == declared
    merged = read_pabulib(write_pabulib(instance, profile)[2])
    assert sorted(map(repr, merged.profile.ballots())) == sorted(map(repr, profile.ballots()))
    # An independent reader finds the same names.
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";"))
    at = rows.index(["PROJECTS"]) + 1
    place = rows[at].index("name")
    assert [row[place] for row in rows[at + 1 : at + 1 + len(instance.projects)]] == [p.name for p in instance.projects]


def test_yes_no_ballots_are_written_as_approval_with_the_noes_beside() -> None:
    instance = Instance(
        projects=tuple(Candidate(id=id_, name="", cost=1) for id_ in "abc"), budget=2, ballot_kind=BallotKind.YES_NO
    )
    voters = [Voter(Ballot.of_answers(("a", "b"), ("c",)), {"voter_id": "1"}), Voter(Ballot(()), {"voter_id": "2"})]
    count = tally(instance, profile_from_ballots(instance, [voter.ballot for voter in voters]))
    data = write_pabulib(instance, voters, declared=declared_results(instance, count))[2].decode()
    assert "vote_type;approval\r\n" in data
    assert "ballot_kind;yes-no\r\n" in data
    assert "project_id;cost;votes;against;name\r\na;0.01;1;0;\r\n" in data
    assert data.endswith("voter_id;vote;against\r\n1;a,b;c\r\n2;;\r\n")
    with pytest.raises(ImportRefusedError) as refused:
        read_pabulib(data.replace("a,b;c", "a,b;b").encode())
    assert [fault.code for fault in refused.value.faults] == ["pabulib.yes_and_no"]
    with pytest.raises(ImportRefusedError) as refused:
        read_pabulib(data.replace("vote;against", "vote;other").encode())
    assert [fault.code for fault in refused.value.faults] == ["pabulib.column_missing"]


def test_order_of_ballots_leaves_no_trace() -> None:
    projects = tuple(Candidate(id=id_, name=id_, cost=1) for id_ in "abc")
    instance = Instance(projects=projects, budget=2)
    ballots = [Ballot(("a",)), Ballot(("b", "c")), Ballot(()), Ballot(("a",))]
    one = write_pabulib(instance, profile_from_ballots(instance, ballots))
    assert one == write_pabulib(instance, profile_from_ballots(instance, ballots[::-1]))
    assert one[:2] == ("election.pb", "text/plain")


def test_writes_results() -> None:
    instance = Instance(projects=(Candidate(id="a", name="A", cost=1), Candidate(id="b", name="B", cost=5)), budget=2)
    profile = profile_from_ballots(instance, [Ballot(("a", "b"))])
    declared = declared_results(instance, tally(instance, profile), allocate("greedy", instance, profile))
    assert declared == {"a": {"votes": "1", "selected": "1"}, "b": {"votes": "1", "selected": "0"}}
    assert read_pabulib(write_pabulib(instance, profile, declared=declared)[2]).declared == declared


@pytest.mark.parametrize("bad", [{"id": "a,b"}, {"id": " a"}, {"categories": ("x,y",)}])
def test_refuses_what_the_format_cannot_hold(bad: dict[str, object]) -> None:
    project = Candidate(**({"id": "a", "name": "A", "cost": 1} | bad))
    with pytest.raises(InvalidError, match="comma"):
        write_pabulib(Instance(projects=(project,), budget=1), [])
