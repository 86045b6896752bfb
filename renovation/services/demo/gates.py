"""The demonstration city's gates: invented checks, votes of owners and what became of them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.consents import ConsentCount, ConsentDraft, Matter, VoteScope
from renovation.model.gates import Gate, GateFact, GateNote, GateResult, GateState
from renovation.model.places import Estate, EstateFilter, RenovationStatus
from renovation.services.acts import ActingUnit, acting
from renovation.services.demo.places import Progress
from renovation.services.money.gates import gates_of, note_in
from renovation.store import Store
from renovation.store.money import gates
from renovation.store.register import estates

_EXCLUSIONS = ("列入征收计划", "D级危房", "城中村自建房")
_OTHERS = ("“三供一业”分离移交改造", "燃气管道专项改造", "海绵城市试点")
#: Of the listed estates one in so many took its consent back.
_EVERY_LISTED = 5
#: Where nothing says when something was found out, somebody looked through the files so many days ago.
_LOOKED_DAYS = 200
_SETTLED = {RenovationStatus.LISTED, RenovationStatus.IN_WORKS, RenovationStatus.DONE}


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Build facts and consents for every estate and the history of its answers; the same from the same ``rng``."""
    with acting(store, actor, Action.RECORD_GATE) as unit:
        found = estates.find(unit.connection, EstateFilter())
        listed = [one.id for one in found if one.facts.status is RenovationStatus.LISTED]
        taken_back = set(listed[1::_EVERY_LISTED])
        for number, estate in enumerate(found, start=1):
            _Clerk(unit, rng, estate, takes_back=estate.id in taken_back).fill()
            progress("gates", number, len(found))
        unit.log("demo.gates", "store", "demo", estates=len(found))
        unit.commit()
    answers = gates_of(store, actor)
    with acting(store, actor, Action.RECORD_GATE) as unit:
        day = day_of(unit.at)
        notes = [
            GateNote(estate_id=estate_id, result=one, noted_on=_noted_on(one, day), login=actor.login)
            for estate_id, results in answers.items()
            for one in results
            # What went wrong with a listed estate is noted last, for that sends it back to the waiting list.
            if not (estate_id in taken_back and one.gate is Gate.CONSENT)
        ]
        gates.add_notes(unit.connection, notes)
        note_in(unit)
        unit.commit()


def _noted_on(answer: GateResult, day: date) -> date:
    """Return when an answer came about: a vote ran out the day after its last day."""
    if answer.reason == "consent_expired":
        return min(day, date.fromisoformat(str(answer.fields["expires"])) + timedelta(days=1))
    if answer.reason == "consent_withdrawn":
        return date.fromisoformat(str(answer.fields["withdrawn"]))
    return answer.day or day - timedelta(days=_LOOKED_DAYS)


class _Clerk:
    """Whoever checks one estate; of most estates the file is complete."""

    def __init__(self, unit: ActingUnit, rng: random.Random, estate: Estate, *, takes_back: bool) -> None:
        self.unit, self.rng, self.estate, self.takes_back = unit, rng, estate, takes_back
        self.today: date = day_of(unit.at)
        self.settled = estate.facts.status in _SETTLED
        self.is_complete = self.settled or rng.random() < 0.78

    def fill(self) -> None:
        """Record what is known; of estates already listed everything."""
        if self._known():
            excluded = self.estate.facts.status is RenovationStatus.EXCLUDED or self._chance(0.02)
            self._fact(
                Gate.NOT_EXCLUDED, "区征收计划与危房名录", names=(self.rng.choice(_EXCLUSIONS),) if excluded else ()
            )
        if self._known():
            self._fact(
                Gate.NO_DOUBLE_FUNDING,
                "市住建局项目库比对",
                names=(self.rng.choice(_OTHERS),) if self._chance(0.05) else (),
            )
        if self._known():
            self._fact(Gate.UPKEEP, "社区居委会议事会纪要", holds=not self._chance(0.05))
        if self._known():
            self._consent()
        if self.rng.random() < 0.15:
            self._lift_consent()

    def _known(self) -> bool:
        return self.rng.random() < 0.45 or self.is_complete

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share and not self.settled

    def _fact(self, gate: Gate, source: str, **values: object) -> None:
        day = self.today - timedelta(days=self.rng.randint(10, 300))
        fact = GateFact(estate_id=self.estate.id, gate=gate, day=day, source=source, synthetic=True, **values)  # type: ignore[arg-type]
        gates.add_fact(self.unit.connection, fact, at=self.unit.at)

    def _count(self, heads: int, area: Fraction, agree: int) -> ConsentCount:
        """Return a vote of which ``agree`` per cent of all agree; every household counts as one owner."""
        agreeing = heads * agree // 100
        objecting = min(heads - agreeing, heads * self.rng.randint(1, 9) // 100)
        moved = Fraction(self.rng.randint(-3, 3), 100)
        agreeing_area = min(area, max(Fraction(0), area * (Fraction(agreeing, heads) + moved)))
        return ConsentCount(
            total_heads=heads,
            total_area=area,
            agree_heads=agreeing,
            agree_area=Fraction(round(agreeing_area)),
            object_heads=objecting,
            object_area=min(area - round(agreeing_area), Fraction(round(area * Fraction(objecting, heads)))),
        )

    def _consent(self) -> None:
        households = self.estate.facts.households or 100
        area = Fraction(round(self.estate.facts.floor_area_m2 or 70 * households))
        # A vote comes out near what the survey said.
        asked = round(100 * (self.estate.facts.willingness or Fraction(3, 4)))
        agree = min(98, max(asked, 70) if self.settled else asked + self.rng.randint(0, 4))
        has_run_out = self._chance(0.06)
        ago = self.rng.choice((780, 900)) if has_run_out else self.rng.choice((40, 60, 150, 300, 450, 600, 690))
        decided = self.today - timedelta(days=ago)
        draft = ConsentDraft(
            estate_id=self.estate.id,
            matter=Matter.ORDINARY,
            subject="同意本小区列入改造并参与共建",
            count=self._count(households, area, agree),
            decided_on=decided,
            evidence=f"社区档案 {decided.year}-{self.estate.id:03}",
        )
        consent_id = gates.add_consent(
            self.unit.connection, draft, login=self.unit.actor.login, at=self.unit.at, synthetic=True
        )
        withdrawn = self.takes_back or self._chance(0.015)
        if withdrawn:
            gates.withdraw_consent(
                self.unit.connection,
                consent_id,
                day=self.today - timedelta(days=5 + 7 * (self.estate.id % 4)),
                why="业主大会另有决定（演示）",
            )
        if withdrawn or has_run_out:
            # It counted once, so the file shows that the gate went back.
            given = GateResult(gate=Gate.CONSENT, state=GateState.PASS, reason="consent_given")
            gates.add_notes(
                self.unit.connection,
                [GateNote(estate_id=self.estate.id, result=given, noted_on=decided, login=self.unit.actor.login)],
            )

    def _lift_consent(self) -> None:
        draft = ConsentDraft(
            estate_id=self.estate.id,
            matter=Matter.MAJOR,
            subject="1 栋加装电梯，占用共有部分",
            count=self._count(self.rng.choice((14, 16, 24)), Fraction(1_400), self.rng.randint(60, 95)),
            decided_on=self.today - timedelta(days=self.rng.randint(20, 400)),
            evidence=f"社区档案 电梯-{self.estate.id:03}",
            vote_scope=VoteScope.BUILDING,
            part="1 栋",
            for_gate=False,
        )
        gates.add_consent(self.unit.connection, draft, login=self.unit.actor.login, at=self.unit.at, synthetic=True)
