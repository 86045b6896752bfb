"""Paper: two people, a third for differences, nothing overwritten, and batches that add up."""

from __future__ import annotations

import itertools
import random
import re
from datetime import date, time, timedelta
from typing import Any

import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError, RenovationError, StageError
from renovation.exports.print import reconciliation_sheet, result_sheet
from renovation.exports.print.counts import count_table
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.ballots import PaperBatch, PaperState, Verdict
from renovation.model.clock import moment_on, today
from renovation.model.elections import NO, YES, BallotKind
from renovation.model.polls import Channel, PollStage
from renovation.rules.polls.paper import serial_of
from renovation.services.house import verification
from renovation.services.outcome import exports, publishing, results
from renovation.services.polls import codes, paper, polls, reconciliation, voting
from renovation.store.polls import paper as paper_store
from renovation.store.polls import polls as poll_store
from renovation.text.formats import grouped

DAY = today()


def batch_of(held: Any, actor: Actor, counted: int, **cover: int) -> PaperBatch:
    return paper.make_batch(held.store, actor, held.poll.id, held.venue.id, "一号箱", DAY, counted, **cover)


def test_second_clerk_is_another_person_and_sees_nothing_of_the_first(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    batch = batch_of(held, first, 2)
    paper.key_ballot(held.store, first, batch.id, 1, ("P2", "P1"))
    with pytest.raises(DeniedError, match=r"paper\.other_clerk"):
        paper.key_ballot(held.store, second, batch.id, 2, ())
    with pytest.raises(ConflictError, match=r"paper\.not_all_keyed"):
        paper.finish_round(held.store, first, batch.id)
    paper.key_ballot(held.store, first, batch.id, 2, (), spoiled=True)
    paper.finish_round(held.store, first, batch.id)
    with pytest.raises(DeniedError, match=r"paper\.same_clerk"):
        paper.desk(held.store, first, batch.id)
    assert paper.desk(held.store, second, batch.id).readings == {}
    for refused in (paper.differences, paper.counts):
        with pytest.raises(StageError, match=r"paper\.not_compared_yet"):
            refused(held.store, admin, batch.id)
    with pytest.raises(DeniedError):
        paper.key_ballot(held.store, admin, batch.id, 1, ())


def test_differences_go_to_a_third_person_and_the_ledger_gets_what_counts(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor], observer: Actor
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    batch = batch_of(held, first, 5)
    read = {
        1: (("P1", "P2"), False),
        2: ((), False),
        3: ((), True),
        4: (("P1", "P2", "P3", "P4"), False),
        5: (("P5",), False),
    }
    for position, (choices, spoiled) in read.items():
        paper.key_ballot(held.store, first, batch.id, position, choices, spoiled=spoiled)
    paper.finish_round(held.store, first, batch.id)
    for position, (choices, spoiled) in read.items():
        other = ("P6",) if position == 5 else tuple(reversed(choices))
        paper.key_ballot(held.store, second, batch.id, position, other, spoiled=spoiled)
    paper.finish_round(held.store, second, batch.id)
    # What both read as over-voted is looked at as well: the same slip of two would else cost somebody a vote.
    assert [one.position for one in paper.differences(held.store, observer, batch.id)] == [4, 5]
    paper.decide(held.store, admin, batch.id, 4, read[4][0], reason="票上确实勾了四项")
    with pytest.raises(ConflictError, match=r"paper\.differences_open"):
        paper.close_batch(held.store, first, batch.id)
    with pytest.raises(InvalidError, match=r"paper\.reason_missing"):
        paper.decide(held.store, admin, batch.id, 5, ("P6",), reason=" ")
    with pytest.raises(InvalidError, match=r"paper\.no_difference"):
        paper.decide(held.store, admin, batch.id, 1, ("P6",), reason="看错")
    paper.decide(held.store, admin, batch.id, 5, ("P6",), reason="第一遍看错一格")
    closed = paper.close_batch(held.store, admin, batch.id)
    assert closed.state is PaperState.CLOSED
    assert paper.counts(held.store, admin, batch.id) == {
        Verdict.VALID: 2, Verdict.BLANK: 1, Verdict.SPOILED: 1, Verdict.OVER: 1,
    }  # fmt: skip
    with pytest.raises(StageError, match=r"paper\.closed"):
        paper.key_ballot(held.store, first, batch.id, 1, ())
    polls.close_poll(held.store, admin, held.poll.id)
    ballots = polls.ballots(held.store, admin, held.poll.id)
    assert sorted(ballot.choices for ballot in ballots) == [(), ("P1", "P2"), ("P6",)]
    assert {ballot.channel for ballot in ballots} == {Channel.PAPER}
    paper.reopen_batch(held.store, admin, batch.id, "发现两张粘在一起")
    assert polls.ballots(held.store, admin, held.poll.id) == ()
    paper.close_batch(held.store, first, batch.id)
    assert len(polls.ballots(held.store, admin, held.poll.id)) == 3


def test_two_clerks_who_keyed_the_serials_of_two_sheets_differ(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    batch = batch_of(held, first, 3)
    one, two, three, four = (serial_of(held.poll.id, held.venue.room, number) for number in (1, 2, 3, 4))
    for clerk, serials in ((first, (one, two, "")), (second, (one.replace("-", ""), three, f" {four[1:]}"))):
        for position, serial in enumerate(serials, 1):
            paper.key_ballot(held.store, clerk, batch.id, position, ("P1",), serial=serial)
        paper.finish_round(held.store, clerk, batch.id)
    (found,) = paper.differences(held.store, admin, batch.id)
    assert (found.first.serial, found.second.serial) == (two, three)


def test_a_sheet_of_another_poll_or_venue_is_refused_by_name(
    voting_poll: Any, make_open_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, _, admin) = voting_poll, clerks
    elsewhere = make_open_poll(title="另一场")
    yard = polls.add_venue(held.store, admin, held.poll.id, "院子")
    batch = batch_of(held, first, 1)
    own, at_yard, foreign = (
        serial_of(poll_id, room, 7)
        for poll_id, room in (
            (held.poll.id, held.venue.room),
            (held.poll.id, yard.room),
            (elsewhere.poll.id, elsewhere.venue.room),
        )
    )
    misread = f"{own[:-1]}{(int(own[-1]) + 1) % 10}"
    for serial, code, fields in (
        (at_yard, "paper.serial_other_venue", {"serial": at_yard, "venue": "院子"}),
        (foreign, "paper.serial_other_poll", {"serial": foreign, "title": "另一场"}),
        (misread, "paper.serial_unknown", {"serial": misread}),
        ("七号", "paper.serial_unknown", {"serial": "七号"}),
    ):
        with pytest.raises(RenovationError) as met:
            paper.key_ballot(held.store, first, batch.id, 1, ("P1",), serial=serial)
        assert (met.value.code, met.value.fields) == (code, fields)
    assert paper.desk(held.store, first, batch.id).readings == {}
    paper.key_ballot(held.store, first, batch.id, 1, ("P1",), serial=own)
    # Two venues number their sheets alike, and both are keyed.
    other = paper.make_batch(held.store, first, held.poll.id, yard.id, "院子一箱", DAY, 1)
    paper.key_ballot(held.store, first, other.id, 1, ("P1",), serial=at_yard)


def test_papers_say_what_the_box_held_for_every_kind_of_ballot(
    make_open_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    """Six on screen (one blank), fifteen handed out and one replaced, twelve in the box: counted by hand here."""
    first, second, admin = clerks
    none: tuple[int, ...] = ()
    valid_and_over = {
        BallotKind.CHOOSE_ONE: ((("P1",), none), (("P1", "P2"), none)),
        BallotKind.APPROVAL: ((("P1", "P2"), none), (("P1", "P2", "P3", "P4"), none)),
        BallotKind.KNAPSACK: ((("P1", "P2"), none), (("P5", "P6"), none)),
        BallotKind.POINTS: ((("P1", "P2"), (6, 4)), (("P1",), (11,))),
        BallotKind.RANKING: ((("P1", "P2"), none), (("P1", "P2", "P3"), none)),
        BallotKind.YES_NO: ((("P1", "P2"), (YES, NO)), None),
    }
    assert set(valid_and_over) == set(BallotKind)
    for kind, (valid, over) in valid_and_over.items():
        held = make_open_poll(kind, 25, **({"max_choices": 2} if kind is BallotKind.RANKING else {}))
        for code in held.codes[:6]:
            choices, points = valid if code is not held.codes[0] else ((), none)
            voting.cast_ballot(
                held.store, PUBLIC, code, choices, points, channel=Channel.STATION, venue_id=held.venue.id
            )
        for code in held.codes[6:21]:
            codes.hand_out_paper(held.store, first, held.poll.id, code)
        batch = batch_of(held, first, 12, spoiled_at_desk=1, not_returned=3)
        sheets = [*[(*valid, False)] * 8, ((), none, False), ((), none, False), ((), none, True)]
        sheets.append((*over, False) if over else ((), none, True))
        for clerk in (first, second):
            for position, (choices, points, spoiled) in enumerate(sheets, 1):
                paper.key_ballot(held.store, clerk, batch.id, position, choices, points, spoiled=spoiled)
            paper.finish_round(held.store, clerk, batch.id)
        if over:
            paper.decide(held.store, admin, batch.id, 12, *over, reason="票上确实多选")
        paper.close_batch(held.store, first, batch.id)
        polls.close_poll(held.store, admin, held.poll.id)
        publishing.reconcile_poll(held.store, admin, held.poll.id)
        found = results.election(held.store, admin, held.poll.id)
        table = count_table(found.counts, found.turnout, "zh-CN")
        assert table is not None
        venue = "居民活动室"
        spoiled, overs = ("1", "1") if over else ("2", "0")
        assert table.rows == (
            (venue, "投票站电脑", "6", "", "", "6", "—", "—", "", "", "6"),
            (venue, "纸票", "16", "1", "3", "12", "8", "2", spoiled, overs, "10"),
            ("合计", "", "22", "1", "3", "18", "13", "3", spoiled, overs, "16"),
        )
        allocation = results.allocate(found)
        sheet = result_sheet(
            found.poll,
            [],
            turnout=found.turnout,
            counts=found.counts,
            spent=allocation.total_cost,
        )
        notice = exports.export_outcome(found, allocation, exports.ExportFormat.NOTICE)
        checked = reconciliation.reconcile(held.store, admin, held.poll.id)
        printed = reconciliation_sheet(found.poll, checked, turnout=found.turnout, day=DAY)
        assert not checked.open_lines
        for _, _, content in (sheet, notice, printed):
            cells = re.findall(r"<td[^>]*>([^<]*)</td>", content.decode())
            said = [tuple(cells[at : at + 11]) for at in range(len(cells) - 10)]
            assert all(row in said for row in table.rows)
            assert not any(code in content.decode() for code in held.codes)
            # The root is signed on one paper, and no leader reads it on the others.
            root = grouped(found.poll.meta["ledger_root"])
            assert (root in content.decode()) is (content is printed[2])


def test_a_score_that_both_put_in_anothers_place_is_looked_at(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    batch = batch_of(held, first, 2)
    for clerk in (first, second):
        paper.key_ballot(held.store, clerk, batch.id, 1, ("P1",), overwritten=True)
        paper.key_ballot(held.store, clerk, batch.id, 2, ("P1",), overwritten=clerk is first)
        paper.finish_round(held.store, clerk, batch.id)
    (found,) = paper.differences(held.store, admin, batch.id)
    assert (found.position, found.first.same_as(found.second)) == (1, True)
    paper.decide(held.store, admin, batch.id, 1, ("P1",), reason="对过票")
    assert paper.close_batch(held.store, admin, batch.id).state is PaperState.CLOSED


def test_correction_supersedes_and_keeps_the_first_reading(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, _second, _admin) = voting_poll, clerks
    batch = batch_of(held, first, 1)
    paper.key_ballot(held.store, first, batch.id, 1, ("P1",))
    paper.key_ballot(held.store, first, batch.id, 1, ("P2",))
    with held.store.read() as connection:
        kept = connection.execute(paper_store.paper_reading.select()).all()
    assert [(row.choices, row.superseded) for row in kept] == [(["P1"], True), (["P2"], False)]


@pytest.mark.slow
def test_planted_slips_almost_all_surface(voting_poll: Any, clerks: tuple[Actor, Actor, Actor]) -> None:
    held, (first, second, admin) = voting_poll, clerks
    size = 500 if held.store.is_sqlite else 60
    rng = random.Random(7)
    keys = [entry.key for entry in held.poll.projects]
    truth = [tuple(sorted(rng.sample(keys, rng.randint(0, 3)))) for _ in range(size)]

    def read(choices: tuple[str, ...]) -> tuple[str, ...]:
        if rng.random() >= 0.02:
            return choices
        return tuple(sorted({*choices[1:], rng.choice(keys)}))

    batch = batch_of(held, first, size)
    for actor in (first, second):
        for position, choices in enumerate(truth, 1):
            paper.key_ballot(held.store, actor, batch.id, position, read(choices))
        paper.finish_round(held.store, actor, batch.id)
    for one in paper.differences(held.store, admin, batch.id):
        paper.decide(held.store, admin, batch.id, one.position, truth[one.position - 1], reason="对照纸票")
    with held.store.read() as connection:
        final = paper_store.final_readings(connection, batch.id)
    wrong = sum(final[position].choices != choices for position, choices in enumerate(truth, 1))
    assert wrong / size <= 0.0005


def test_reconciliation_names_what_is_open_and_two_people_may_seal(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    for code in held.codes[:3]:
        codes.hand_out_paper(held.store, first, held.poll.id, code)
    batch = batch_of(held, first, 2)
    for actor in (first, second):
        for position in (1, 2):
            paper.key_ballot(held.store, actor, batch.id, position, ("P1",))
        paper.finish_round(held.store, actor, batch.id)
    paper.close_batch(held.store, first, batch.id)
    polls.close_poll(held.store, admin, held.poll.id)
    (line,) = reconciliation.reconcile(held.store, admin, held.poll.id).open_lines
    assert (line.kind, line.day, line.left, line.right) == ("paper", DAY, 3, 2)
    with pytest.raises(ConflictError, match=r"poll\.lines_open"):
        publishing.reconcile_poll(held.store, admin, held.poll.id)
    for alone in (None, admin):
        with pytest.raises(DeniedError, match=r"poll\.second_person"):
            publishing.reconcile_poll(held.store, admin, held.poll.id, reason="一张没有收回", second=alone)
    sealed = publishing.reconcile_poll(held.store, admin, held.poll.id, reason="一张没有收回", second=first)
    assert len(sealed.meta["ledger_root"]) == 64
    assert verification.check_store(held.store, admin) == ()
    with pytest.raises(StageError):
        batch_of(held, first, 1)


def test_paper_is_reconciled_by_day_and_a_wrong_cover_is_corrected(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    for code in held.codes[:3]:
        codes.hand_out_paper(held.store, first, held.poll.id, code)
    before = DAY - timedelta(days=1)
    with held.store.write() as unit:
        begun = {"opened_at": moment_on(before, time(8))}
        poll_store.move_on(unit.connection, held.poll.id, PollStage.OPEN, PollStage.OPEN, **begun)
        unit.commit()
    batch = paper.make_batch(
        held.store, first, held.poll.id, held.venue.id, "一号箱", before, 1, spoiled_at_desk=1, not_returned=1
    )

    def handed() -> list[tuple[date | None, int, int]]:
        found = reconciliation.reconcile(held.store, admin, held.poll.id).lines
        return [(line.day, line.left, line.right) for line in found if line.kind == "paper"]

    # The sum is right, the day is not.
    assert handed() == [(before, 1, 3), (DAY, 3, 0)]
    for actor in (first, second):
        paper.key_ballot(held.store, actor, batch.id, 1, ("P1",))
        paper.finish_round(held.store, actor, batch.id)
    with pytest.raises(InvalidError, match=r"paper\.reason_missing"):
        paper.correct_cover(held.store, first, batch.id, counted=2, spoiled_at_desk=1, not_returned=1, reason=" ")
    mended = paper.correct_cover(
        held.store, first, batch.id, counted=2, spoiled_at_desk=1, not_returned=1, day=DAY, reason="重新点数"
    )
    assert handed() == [(DAY, 4, 4)]
    # The ballot that nobody has keyed yet is keyed by both, the other one stays.
    assert mended.state is PaperState.FIRST
    for actor in (first, second):
        assert paper.desk(held.store, actor, batch.id).next_position == 2
        paper.key_ballot(held.store, actor, batch.id, 2, ())
        paper.finish_round(held.store, actor, batch.id)
    with pytest.raises(ConflictError, match=r"paper\.fewer_than_keyed"):
        paper.correct_cover(held.store, first, batch.id, counted=1, spoiled_at_desk=1, not_returned=1, reason="少一张")
    anew = paper.read_again(held.store, admin, batch.id, "录乱了", both=True)
    assert (anew.state, anew.first_clerk, anew.second_clerk) == (PaperState.FIRST, None, None)
    assert paper.desk(held.store, second, batch.id).readings == {}


def test_changed_ledger_no_longer_fits_its_root(voting_poll: Any, clerks: tuple[Actor, Actor, Actor]) -> None:
    held, (first, second, admin) = voting_poll, clerks
    codes.hand_out_paper(held.store, first, held.poll.id, held.codes[0])
    batch = batch_of(held, first, 1)
    for actor in (first, second):
        paper.key_ballot(held.store, actor, batch.id, 1, ("P1",))
        paper.finish_round(held.store, actor, batch.id)
    paper.close_batch(held.store, first, batch.id)
    polls.close_poll(held.store, admin, held.poll.id)
    publishing.reconcile_poll(held.store, admin, held.poll.id)
    with held.store.write() as unit:
        unit.connection.exec_driver_sql("UPDATE ballot SET choices = '[\"P2\"]'")
        unit.commit()
    assert [fault.code for fault in verification.check_store(held.store, admin)] == ["store.ballot"]


def test_sheets_that_never_came_back_are_told_by_an_empty_box(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, _second, admin) = voting_poll, clerks
    for code in held.codes[:2]:
        codes.hand_out_paper(held.store, first, held.poll.id, code)
    mistaken = batch_of(held, first, 5)
    empty = paper.make_batch(held.store, first, held.poll.id, held.venue.id, "空箱", DAY, 0, not_returned=2)
    assert paper.close_batch(held.store, first, empty.id).state is PaperState.CLOSED
    assert len(reconciliation.reconcile(held.store, admin, held.poll.id).open_lines) == 2
    assert paper.cancel_batch(held.store, first, mistaken.id, "重复建了").state is PaperState.CANCELLED
    polls.close_poll(held.store, admin, held.poll.id)
    found = reconciliation.reconcile(held.store, admin, held.poll.id)
    assert not found.open_lines
    assert not found.changed


def test_keyed_batch_is_cancelled_by_who_decides(voting_poll: Any, clerks: tuple[Actor, Actor, Actor]) -> None:
    held, (first, _second, admin) = voting_poll, clerks
    batch = batch_of(held, first, 1)
    paper.key_ballot(held.store, first, batch.id, 1, ("P1",))
    with pytest.raises(DeniedError, match=r"paper\.cancel_keyed"):
        paper.cancel_batch(held.store, first, batch.id, "建错了")
    paper.cancel_batch(held.store, admin, batch.id, "建错了")
    with pytest.raises(StageError, match=r"paper\.cancelled"):
        paper.key_ballot(held.store, first, batch.id, 1, ("P2",))


def test_serials_pair_sheets_in_whatever_order_they_lie_and_no_sheet_is_keyed_twice(
    voting_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    held, (first, second, admin) = voting_poll, clerks
    batch, other = batch_of(held, first, 3), batch_of(held, first, 1)
    one, two, three = numbered = [serial_of(held.poll.id, held.venue.room, number) for number in (1, 2, 3)]
    sheets = {one: ("P1",), two: ("P2",), three: ("P1", "P3")}
    for clerk, order, misread in ((first, numbered, None), (second, [three, one, two], two)):
        for position, serial in enumerate(order, 1):
            choices = ("P4",) if serial == misread else sheets[serial]
            paper.key_ballot(held.store, clerk, batch.id, position, choices, serial=serial)
        with pytest.raises(ConflictError, match=r"paper\.serial_twice"):
            paper.key_ballot(held.store, clerk, batch.id, 3, ("P1",), serial=order[0])
        if clerk is first:
            with pytest.raises(ConflictError, match=r"paper\.serial_elsewhere"):
                paper.key_ballot(held.store, clerk, other.id, 1, ("P1",), serial=two)
        paper.finish_round(held.store, clerk, batch.id)
    (found,) = paper.differences(held.store, admin, batch.id)
    assert (found.position, found.first.serial, found.second.serial) == (2, two, two)
    paper.decide(held.store, admin, batch.id, 2, ("P2",), reason="看了纸票")
    paper.close_batch(held.store, first, batch.id)
    polls.close_poll(held.store, admin, held.poll.id, reason="只录了一箱", second=second)
    assert sorted(ballot.choices for ballot in polls.ballots(held.store, admin, held.poll.id)) == sorted(
        sheets.values()
    )


def test_every_line_of_paper_closes_in_whatever_order_it_is_recorded(
    make_open_poll: Any, clerks: tuple[Actor, Actor, Actor]
) -> None:
    """Sheets out: one replaced and in the box, one lost, one taken back, in any order."""
    first, second, admin = clerks
    steps = ["make", "cover", "close_batch"]
    orders = [
        order
        for order in itertools.permutations([*steps, "close", "back"])
        if [one for one in order if one in steps] == steps
    ]
    assert len(orders) == 20
    for counted, order in [(1, order) for order in orders[::5]] + [(0, orders[-1])]:
        held = make_open_poll()
        for code in held.codes[: counted + 2]:
            codes.hand_out_paper(held.store, admin, held.poll.id, code)
        made: list[Any] = []
        for step in order:
            if step == "make":
                made.append(
                    paper.make_batch(
                        held.store, first, held.poll.id, held.venue.id, "一箱", today(), counted, not_returned=2
                    )
                )
            elif step == "cover":
                values = {
                    "counted": counted,
                    "spoiled_at_desk": bool(counted) * 1,
                    "not_returned": 1,
                    "reason": "收回一张",
                }
                paper.correct_cover(held.store, first, made[0].id, **values)
            elif step == "close_batch":
                for clerk in (first, second) if counted else ():
                    for position in range(1, counted + 1):
                        paper.key_ballot(held.store, clerk, made[0].id, position, ("P1",))
                    paper.finish_round(held.store, clerk, made[0].id)
                paper.close_batch(held.store, first, made[0].id)
            elif step == "close":
                polls.close_poll(held.store, admin, held.poll.id, reason="到时间", second=second)
            else:
                codes.take_back_paper(held.store, admin, held.batch_id, counted + 2, "没有填，交回")
        found = reconciliation.reconcile(held.store, admin, held.poll.id)
        assert found.lines
        assert not found.open_lines, (order, found.open_lines)


def test_no_paper_is_of_a_day_before_voting_began(voting_poll: Any, clerks: tuple[Actor, Actor, Actor]) -> None:
    held, (first, _second, _admin) = voting_poll, clerks
    early = today() - timedelta(days=1)
    with pytest.raises(InvalidError, match=r"paper\.day_before"):
        paper.make_batch(held.store, first, held.poll.id, held.venue.id, "一箱", early, 1)
    batch, why = batch_of(held, first, 1), {"counted": 1, "spoiled_at_desk": 0, "not_returned": 0, "reason": "日期"}
    with pytest.raises(InvalidError, match=r"paper\.day_before"):
        paper.correct_cover(held.store, first, batch.id, day=early, **why)
