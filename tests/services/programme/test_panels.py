"""Panels: points, stepping out, votes in shares, closing, and the workbook."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import openpyxl
import pytest

from renovation.errors import ConflictError, DeniedError, InvalidError
from renovation.model.accounts import Actor
from renovation.model.panels import (
    Conflict,
    PanelChannel,
    PanelCriterion,
    PanelEntry,
    PanelSetup,
    PanelState,
    VoteChannel,
)
from renovation.rules.programme.panel import result_of
from renovation.services.programme import panels
from renovation.store import Store

SETUP = PanelSetup(
    name="微改造方案评审",
    criteria=(
        PanelCriterion(code="c1", name="需求", max_points=Fraction(60)),
        PanelCriterion(code="c2", name="预算", max_points=Fraction(40)),
    ),
    entries=(PanelEntry(code="P0001", name="甲"), PanelEntry(code="P0002", name="乙")),
    assessors=("张工", "李工", "王老师", "赵老师"),
    drop_highest_and_lowest=True,
)


def _points(need: str, budget: str) -> dict[str, Fraction]:
    return {"c1": Fraction(need), "c2": Fraction(budget)}


def _channels(online: dict[str, int] | None = None, onsite: dict[str, int] | None = None) -> tuple[VoteChannel, ...]:
    return (
        VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(2, 5), votes=online or {}),
        VoteChannel(kind=PanelChannel.ONSITE, share=Fraction(3, 5), votes=onsite or {}),
    )


@pytest.mark.parametrize("first", ["points", "votes"])
def test_shares_stay_as_announced_once_points_or_votes_are_in(store: Store, planner: Actor, first: str) -> None:
    half = Fraction(1, 2)
    held = panels.create_panel(store, planner, SETUP)
    held = panels.edit_panel(
        store, planner, held.id, replace(SETUP, public_share=half, channels=_channels()), version=held.version
    )
    if first == "points":
        held = panels.give_points(store, planner, held.id, "张工", {"P0001": _points("1", "1")})
    else:
        voted = _channels({"P0001": 3})
        held = panels.set_votes(store, planner, held.id, public_share=half, channels=voted, version=held.version)
    other = tuple(replace(channel, share=half) for channel in _channels())
    for share, channels in ((Fraction(1, 3), _channels()), (half, other), (Fraction(0), ())):
        with pytest.raises(ConflictError, match="shares_fixed"):
            panels.set_votes(store, planner, held.id, public_share=share, channels=channels, version=held.version)
        setup = replace(held.setup, public_share=share, channels=channels)
        with pytest.raises(ConflictError, match="shares_fixed"):
            panels.edit_panel(store, planner, held.id, setup, version=held.version)
    more = _channels({"P0001": 7}, {"P0002": 9})
    held = panels.set_votes(store, planner, held.id, public_share=half, channels=more, version=held.version)
    assert held.setup.channels == more


def test_a_panel_from_points_to_a_closed_result(store: Store, planner: Actor, observer: Actor) -> None:
    made = panels.create_panel(store, planner, replace(SETUP, public_share=Fraction(1, 2), channels=_channels()))
    for assessor, one, other in (
        ("张工", ("50.5", "30"), ("40", "30")),
        ("李工", ("60", "40"), ("30", "20")),
        ("王老师", ("55", "35"), ("50", "40")),
    ):
        panels.give_points(store, planner, made.id, assessor, {"P0001": _points(*one), "P0002": _points(*other)})
    panels.give_points(store, planner, made.id, "赵 老师", {"P0001": _points("10", "10")})
    with pytest.raises(ConflictError, match="incomplete"):
        panels.close_panel(store, planner, made.id, version=made.version)
    held = panels.step_out(
        store, planner, made.id, Conflict(assessor="「赵老师」", entry="P0002", reason="住在这个小区")
    )
    held = panels.set_votes(
        store,
        planner,
        made.id,
        public_share=Fraction(1, 2),
        channels=_channels({"P0001": 50, "P0002": 100}, {"P0001": 30, "P0002": 10}),
        version=held.version,
    )
    closed = panels.close_panel(store, planner, made.id, version=held.version)
    assert closed.state is PanelState.CLOSED
    result = result_of(panels.get_panel(store, observer, made.id))
    first, second = result.lines
    # 100 and 20 dropped: the mean of 80.5 and 90; three sheets of 70, 50, 90: 70 stays.
    assert (first.points, second.points) == (Fraction("85.25"), Fraction(70))
    assert first.dropped == ("赵老师", "李工")
    scores = {line.entry: line.score for line in result.combined}
    public = Fraction(2, 5) * Fraction(1, 2) + Fraction(3, 5)
    assert scores["P0001"] == public / 2 + Fraction("85.25") / 200
    assert scores["P0002"] == (Fraction(2, 5) + Fraction(3, 5) * Fraction(1, 3)) / 2 + Fraction(35, 100)
    with pytest.raises(ConflictError, match="closed"):
        panels.give_points(store, planner, made.id, "张工", {})
    book = openpyxl.load_workbook(io.BytesIO(panels.export_panel(store, observer, made.id, "zh-CN")[2]))
    head, *rows = ([cell.value for cell in row] for row in book.worksheets[0])
    best = dict(zip(head, rows[0], strict=True))
    assert (best["名次"], best["编号"]) == (1, "P0001")
    assert best["总分"] == pytest.approx(float(scores["P0001"] * 100))
    assert best["线上票数"] == 50
    assert rows[1][head.index("回避的评委")] == "赵老师"
    again = panels.reopen_panel(store, planner, made.id, reason="补一位评委", version=closed.version)
    assert again.state is PanelState.OPEN


def test_what_a_panel_refuses_changes_nothing(store: Store, planner: Actor, observer: Actor) -> None:
    made = panels.create_panel(store, planner, SETUP)
    with pytest.raises(ConflictError, match="name_taken"):
        panels.create_panel(store, planner, SETUP)
    with pytest.raises(DeniedError):
        panels.give_points(store, observer, made.id, "张工", {})
    with pytest.raises(InvalidError, match="out_of_range"):
        panels.give_points(store, planner, made.id, "张工", {"P0001": _points("10", "10"), "P0002": _points("61", "0")})
    panels.step_out(store, planner, made.id, Conflict(assessor="张工", entry="P0001", reason="参与过设计"))
    with pytest.raises(ConflictError, match="stepped_out"):
        panels.give_points(store, planner, made.id, "张工", {"P0001": _points("10", "10")})
    channel = VoteChannel(kind=PanelChannel.ONLINE, share=Fraction(1, 2), votes={})
    with pytest.raises(InvalidError, match="shares"):
        panels.set_votes(store, planner, made.id, public_share=Fraction(1), channels=[channel], version=made.version)
    held = panels.get_panel(store, planner, made.id)
    assert held.sheets == ()
    assert held.version == made.version
    panels.give_points(store, planner, made.id, "李工", {"P0001": _points("1", "1")})
    panels.give_points(store, planner, made.id, "李工", {"P0001": {}})
    assert panels.get_panel(store, planner, made.id).sheets == ()
    panels.remove_panel(store, planner, made.id)
    assert panels.list_panels(store, planner) == ()


def test_a_panel_changes_until_the_first_points(store: Store, planner: Actor) -> None:
    made = panels.create_panel(store, planner, SETUP)
    other = replace(SETUP.criteria[0], max_points=Fraction(40))
    wider = replace(SETUP, criteria=(other, *SETUP.criteria[1:]), assessors=(*SETUP.assessors, "周工"))
    changed = panels.edit_panel(store, planner, made.id, wider, version=made.version)
    assert changed.setup.assessors[-1] == "周工"
    with pytest.raises(ConflictError, match="changed_meanwhile"):
        panels.edit_panel(store, planner, made.id, SETUP, version=made.version)
    panels.give_points(store, planner, made.id, "周工", {"P0001": _points("1", "1")})
    now = panels.get_panel(store, planner, made.id)
    for after in (
        replace(wider, criteria=SETUP.criteria),
        replace(wider, drop_highest_and_lowest=not wider.drop_highest_and_lowest),
        replace(wider, assessors=SETUP.assessors),
        replace(wider, entries=wider.entries[1:]),
    ):
        with pytest.raises(ConflictError, match="has_points"):
            panels.edit_panel(store, planner, made.id, after, version=now.version)
    joined = replace(wider, assessors=(*wider.assessors, "吴工"))
    assert panels.edit_panel(store, planner, made.id, joined, version=now.version).sheets == now.sheets
