"""What is written down comes back, equal things are equal bytes, and what cannot come back is refused."""

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from renovation.errors import InvalidError
from renovation.model.canonical import digest_of, from_json, from_plain, pack, plain, to_json
from renovation.model.elections import Outcome, Reason
from renovation.model.funding import Pot
from renovation.model.items import ItemClass
from renovation.model.programme import AnnualBatch, Objective, PlannedProject, Problem
from renovation.model.ranking import SavedWeighting

PROJECT = PlannedProject(
    id="a",
    cost=60,
    score=Fraction(2, 3),
    item_classes=frozenset(ItemClass),
    areas=frozenset({"西", "东"}),
    years=frozenset({2028, 2027}),
)
PROBLEM = Problem(
    years=(2027, 2028),
    projects=(PROJECT,),
    pots=(Pot(id="p", name="市级", year=2027, amount=10**15),),
    objective=Objective.BLEND,
    blend={Objective.VOTES: Fraction(1, 3), Objective.SCORE: Fraction(2, 3)},
)


@given(score=st.fractions(min_value=0), cost=st.integers(0, 10**15), areas=st.frozensets(st.text()), name=st.text())
def test_what_is_written_comes_back_exactly(score, cost, areas, name):
    problem = replace(PROBLEM, projects=(replace(PROJECT, score=score, cost=cost, areas=areas, name=name),))
    assert from_plain(Problem, plain(problem)) == problem
    assert from_json(Problem, to_json(problem)) == problem


def test_numbers_and_moments_keep_their_kind():
    line = Outcome(project="a", votes=3, score=Fraction(7, 2), rank=1, selected=True, reason=Reason("won"))
    back = from_plain(Outcome, plain(line))
    assert (type(back.votes), type(back.score)) == (int, Fraction)
    moment = datetime(2027, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert from_plain(tuple[datetime, date], plain((moment, moment.date()))) == (moment, moment.date())


def test_what_an_earlier_program_wrote_still_opens():
    held = plain(PROBLEM)
    del held["locks"]
    assert from_plain(Problem, held | {"gone": 1}) == PROBLEM
    with pytest.raises(ValidationError):
        from_plain(AnnualBatch, {"settings": {}})
    with pytest.raises(ValidationError):
        from_plain(SavedWeighting, {**held, "subject": "moon"})


def test_the_digest_is_stable_and_sees_every_change():
    assert digest_of(PROBLEM) == digest_of(from_plain(Problem, plain(PROBLEM)))
    assert digest_of(PROBLEM) != digest_of(replace(PROBLEM, blend={Objective.VOTES: Fraction(1)}))
    digest = digest_of(frozenset({"x", "y"}), {"k": date(2027, 1, 1), "a": 1})
    assert digest == digest_of({"y", "x"}, {"a": 1, "k": "2027-01-01"})
    assert digest_of({"小": 1.5}) == hashlib.sha256('[{"小":1.5}]'.encode()).hexdigest()
    for foreign in (object(), float("nan")):
        with pytest.raises((TypeError, InvalidError)):
            digest_of(foreign)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_zip_file_knows_no_clock_and_no_order(compressed):
    files = {"b.txt": b"2" * 99, "a.txt": b"1"}
    content = pack(files, compressed=compressed)
    assert content == pack(dict(reversed(files.items())), compressed=compressed)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
