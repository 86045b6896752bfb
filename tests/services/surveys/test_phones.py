"""A collector's phone against the store: sent twice, sent late, brought as a file, altered, or another survey's."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from surveys.test_surveys import Town

from renovation.errors import InvalidError
from renovation.model.clock import now
from renovation.services.surveys import campaigns, phones, visits
from renovation.services.surveys.figures import survey_figures
from renovation.services.surveys.phones import VisitArrival
from renovation.store import Store
from renovation.store.keys import keyed
from renovation.text.surveys import read_questions


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def said(town: Town, place: int, **more: Any) -> dict[str, Any]:
    visit = {"id": f"phone-{place:06}", "door": town.doors[place], "outcome": "answered", "version": 1}
    return {**visit, "at": now().isoformat(), "answers": {"renew": ["yes"]}, **more}


def send(town: Town, *visits: dict[str, Any]) -> Counter[VisitArrival]:
    brought = [phones.read_visit(one) for one in visits]
    return Counter(one.arrival for one in phones.send_visits(town.store, town.lead, town.survey, brought))


def signed(town: Town, *visits: dict[str, Any], **more: Any) -> bytes:
    pack = phones.phone_pack(town.store, town.lead, town.survey)
    words = json.dumps({"survey": town.survey, "login": "lead", "visits": visits, **more})
    return json.dumps({"signed": words, "sign": keyed(bytes.fromhex(pack.sign), words).hex()}).encode()


def test_what_is_sent_twice_is_kept_once_and_what_cannot_be_is_said(town: Town) -> None:
    brought = [said(town, place) for place in range(20)]
    assert send(town, *brought) == {VisitArrival.KEPT: 20}
    assert send(town, *brought) == {VisitArrival.KEPT: 20}
    ahead = said(town, 1, id="phone-clock", at=(now() + timedelta(days=3)).isoformat())
    answered = phones.send_visits(town.store, town.lead, town.survey, [phones.read_visit(ahead)])
    assert [(one.arrival, one.error and one.error.code) for one in answered] == [(VisitArrival.REFUSED, "survey.clock")]
    found = survey_figures(town.store, town.eye, town.survey).whole
    assert (found.answered, found.waiting) == (20, 0)
    # A collector's phone takes along the own buildings alone, and no answers.
    pack = phones.phone_pack(town.store, town.worker, town.survey)
    assert [one.id for one in pack.doors] == town.doors[10:]


def test_late_visits_wait_for_a_yes_and_are_then_counted_once(town: Town) -> None:
    send(town, said(town, 0))
    campaigns.close_survey(town.store, town.lead, town.survey)
    assert send(town, said(town, 0), said(town, 1), said(town, 2)) == {VisitArrival.KEPT: 1, VisitArrival.LATE: 2}
    assert send(town, said(town, 1)) == {VisitArrival.LATE: 1}
    assert phones.late_visits(town.store, town.eye, town.survey) == 2
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 1
    assert phones.decide_late(town.store, town.lead, town.survey, take=True) == 2
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 3
    assert phones.decide_late(town.store, town.lead, town.survey, take=True) == 0


def test_a_phone_that_left_with_an_older_form_brings_its_answers_home(town: Town) -> None:
    before = said(town, 0, answers={"renew": ["no"]})
    (shed,) = read_questions("要不要建车棚 | 单选 | 要、不要")
    assert campaigns.change_form(town.store, town.lead, town.survey, (shed,)) == 2
    campaigns.word_question(town.store, town.lead, town.survey, "renew", campaigns.Wording(words="您同意改造吗？"))
    assert send(town, before, said(town, 1, version=2, answers={shed.code: ["1"]})) == {VisitArrival.KEPT: 2}
    # What the older form did not ask nobody can have answered on it.
    stray = said(town, 2, answers={shed.code: ["1"]})
    assert send(town, stray, said(town, 3, version=9)) == {VisitArrival.REFUSED: 2}
    kept = visits.visits_at(town.store, town.lead, town.survey, town.doors[0])
    assert [(one.draft.form_version, one.draft.answers) for one in kept] == [(1, {"renew": ("no",)})]


def test_a_door_found_on_the_way_joins_the_register_with_its_visit(town: Town) -> None:
    found = {"building": town.first, "stairwell": "1单元", "number": "302", "at": "1栋 1单元"}
    visit = said(town, 0, door=0, found=found)
    for again in (visit, visit, said(town, 1, door=0, found=found)):
        assert send(town, again) == {VisitArrival.KEPT: 1}
    stairs = dict(visits.doors_of(town.store, town.lead, town.survey, town.first))
    assert [(one.number, one.visits) for one in stairs["1单元"] if one.visits] == [("302", 2)]
    before = len(town.at(town.first)), len(town.at(town.second))
    for other, code in (
        ({"number": "501-604"}, "building.doors_unreadable"),
        ({"stairwell": " "}, "survey.stairwell_missing"),
        ({"building": 10**6}, "estate.building_not_found"),
    ):
        brought = phones.read_visit(said(town, 2, door=0, found=found | other))
        (arrived,) = phones.send_visits(town.store, town.lead, town.survey, [brought])
        assert arrived.error is not None
        assert arrived.error.code == code
    # What is wrong with the visit leaves the register as it was, and nobody adds doors to another's building.
    refused = phones.read_visit(said(town, 2, door=0, found=found | {"number": "303"}, answers={}))
    strange = phones.read_visit(said(town, 2, door=0, found=found | {"number": "304"}))
    for who, one in ((town.lead, refused), (town.worker, strange)):
        (arrived,) = phones.send_visits(town.store, who, town.survey, [one])
        assert arrived.arrival is VisitArrival.REFUSED
    assert (len(town.at(town.first)), len(town.at(town.second))) == before
    campaigns.close_survey(town.store, town.lead, town.survey)
    assert send(town, said(town, 3, door=0, found=found | {"number": "305"})) == {VisitArrival.LATE: 1}
    assert phones.decide_late(town.store, town.lead, town.survey, take=True) == 1
    campaigns.reopen_survey(town.store, town.lead, town.survey)
    stairs = dict(visits.doors_of(town.store, town.lead, town.survey, town.first))
    assert [one.visits for one in stairs["1单元"] if one.number == "305"] == [1]


def test_a_file_counts_as_its_phone_wrote_it(town: Town) -> None:
    held = signed(town, said(town, 3), said(town, 4))
    for _ in range(2):
        taken = phones.take_file(town.store, town.lead, town.survey, held)
        assert [one.arrival for one in taken] == [VisitArrival.KEPT, VisitArrival.KEPT]
    altered = held.replace(b"yes", b"no")
    for data, code in (
        (altered, "survey.file_altered"),
        (signed(town, survey=town.survey + 1), "survey.file_other"),
        (b"[]", "survey.file_unreadable"),
        (b'{"signed": "{}", "sign": "", "more": [' + b"{}," * 2_000_000 + b"{}]}", "survey.file_unreadable"),
        (signed(town, {"id": "x"}), "survey.visit_unreadable"),
    ):
        with pytest.raises(InvalidError, match=code):
            phones.take_file(town.store, town.lead, town.survey, data)
    key = bytes.fromhex(phones.phone_pack(town.store, town.lead, town.survey).sign)
    for half in ({"login": "\ud800"}, {"visits": [said(town, 5, id="phone-\ud800-1")]}):
        words = json.dumps({"survey": town.survey, "login": "lead", "visits": [], **half})
        for sign in (keyed(key, words).hex(), "é", "\ud800"):
            with pytest.raises(InvalidError):
                phones.take_file(
                    town.store, town.lead, town.survey, json.dumps({"signed": words, "sign": sign}).encode()
                )
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 2
    with pytest.raises(InvalidError, match=r"survey.file_not_yours"):
        phones.take_file(town.store, town.worker, town.survey, signed(town, said(town, 3)))


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_whatever_a_phone_says_is_kept_or_refused_by_name(town: Town) -> None:
    numbers: tuple[Any, ...] = (10**30, -(2**63), True, 1.5, "1", "１", "²", None, float("inf"), "\ud800")
    moments = ("0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "²", "2026-13-01")
    hostile = [
        *({name: one} for name in ("door", "version") for one in numbers),
        *({"at": one} for one in moments),
        *({"found": one} for one in (1, "x", [], {}, {"building": "1", "stairwell": "1", "number": "1"})),
        *({"found": {"building": n, "stairwell": "\ud800", "number": "1"}} for n in (1, 10**30, True)),
        *({"id": one} for one in ("\ud800", "phone-１２３４５６", "a" * 10**5, "phone-000001\n", None, {})),
        *({"answers": one} for one in ({"renew": ["\ud800"]}, {"\ud800": ["yes"]}, {"renew": ["ｙｅｓ"]}, [1], "x")),
    ]
    for more in hostile:
        try:
            brought = phones.read_visit(said(town, 0, **more))
        except InvalidError:
            continue
        [arrived] = phones.send_visits(town.store, town.lead, town.survey, [brought])
        assert arrived.arrival is VisitArrival.REFUSED, more
        assert arrived.error is not None
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 0
    # A moment without a zone was read from a clock on a Chinese wall.
    here = now().replace(tzinfo=None).isoformat()
    assert send(town, said(town, 0, at=here)) == {VisitArrival.KEPT: 1}
