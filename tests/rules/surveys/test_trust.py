"""Agreement against an independent count, and what a lead is asked about a collector."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from renovation.model.surveys import DoorOutcome, DoorVisit, FormKind, VisitDraft, fixed_form
from renovation.rules.surveys.trust import Doubt, agreements, doubts, drawn, kappa

NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(20))
def test_kappa_is_what_a_cross_table_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    left = rng.choice(list("abcd"), 60)
    right = np.where(rng.random(60) < 0.7, left, rng.choice(list("abcd"), 60))
    table = pd.crosstab(pd.Categorical(left, list("abcd")), pd.Categorical(right, list("abcd")), dropna=False)
    shares = table.to_numpy() / 60
    chance = shares.sum(0) @ shares.sum(1)
    found = kappa(list(zip(left.tolist(), right.tolist(), strict=True)))
    assert found == pytest.approx((np.trace(shares) - chance) / (1 - chance), abs=1e-12)
    assert kappa([("a", "a")] * 9) is None


def test_one_door_in_twenty_is_drawn_alike_by_whoever_has_the_seed() -> None:
    assert len(drawn(range(1, 202), "开奖 0817")) == 11
    assert drawn(range(1, 202), "开奖 0817") == drawn(reversed(range(1, 202)), "开奖 0817")
    assert drawn(range(1, 202), "开奖 0817") != drawn(range(1, 202), "开奖 0818")


def visit(place: int, at: datetime, **answers: tuple[str, ...]) -> DoorVisit:
    draft = VisitDraft(
        id=f"visit-{place:04}",
        household_id=place,
        outcome=DoorOutcome.ANSWERED,
        form_version=1,
        visited_at=at,
        answers=answers or {"renew": ("yes",), "words": (str(place),)},
    )
    return DoorVisit(draft=draft, login="li", recorded_at=at)


def test_too_alike_too_fast_and_at_night_are_asked_about() -> None:
    calm = [visit(place, NOON + timedelta(minutes=5 * place)) for place in range(12)]
    assert doubts(calm) == ()
    alike = [visit(place, NOON + timedelta(minutes=5 * place), renew=("yes",)) for place in range(12)]
    fast = [visit(place, NOON + timedelta(seconds=20 * place)) for place in range(12)]
    night = [visit(place, NOON + timedelta(hours=12, minutes=5 * place)) for place in range(12)]
    assert [doubts(one)[0].doubt for one in (alike, fast, night)] == [Doubt.ALIKE, Doubt.FAST, Doubt.NIGHT]
    assert doubts(alike[:9]) == ()


def test_agreement_is_told_of_each_question_and_collector() -> None:
    pairs = [
        (login, {"renew": (first,), "wishes": ("pipes",)}, {"renew": (second,), "wishes": ("pipes", "cables")})
        for login in ("li", "wang")
        for first, second in (("yes", "yes"), ("no", "no"), ("yes", "no"), ("yes", "yes"), ("no", "no"))
    ]
    found = {(one.question, one.login): one for one in agreements(pairs, fixed_form(FormKind.OPINION))}
    assert (found["renew", ""].pairs, found["renew", ""].same) == (10, 8)
    assert found["renew", "li"].kappa == pytest.approx((0.8 - 0.48) / 0.52)
    assert found["wishes", ""].same == 0
