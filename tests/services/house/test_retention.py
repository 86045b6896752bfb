"""Personal information goes when its term is over; on both engines."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import shapely
import sqlalchemy as sa
from PIL import Image

from renovation.errors import DeniedError, InvalidError
from renovation.model.accounts import Actor
from renovation.model.clock import now, today
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.places import EstateDraft, EstateFacts
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.services.house import retention
from renovation.services.register.photos import photos_of
from renovation.store import Store, audit
from renovation.store.register import estates as estate_store
from renovation.store.schema.demands import demand

TEXT = "3栋路灯坏了，请打13812345678找王先生"


def test_words_are_masked_and_photos_deleted_once_the_term_is_over(
    store: Store, admin: Actor, social_worker: Actor
) -> None:
    outline = shapely.to_wkb(shapely.box(114.40, 23.10, 114.402, 23.102))
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    with store.write() as unit:
        [estate_id] = estate_store.add_estates(
            unit.connection,
            [EstateDraft(code="E1", name="甲", facts=EstateFacts(), geometry=outline)],
            collected_on=today(),
            collector="x",
        )
        unit.commit()
    draft = DemandDraft(
        estate_id=estate_id, category=DemandCategory.LIGHTING, text=TEXT, channel=DemandChannel.PHONE,
        lon=114.401, lat=23.101,
    )  # fmt: skip
    old, new = (demands.take_demand(store, social_worker, draft, pictures=[("a.png", out.getvalue())]) for _ in "ab")
    demand_work.answer_demand(store, social_worker, old.id, "已给王先生回电13812345678")
    demand_work.judge_answer(store, old.receipt, solved=True, rating=5)
    assert retention.read_retention(store, admin).demands == 0
    long_ago = now() - timedelta(days=400)
    with store.write() as unit:
        unit.connection.execute(
            sa.update(demand).where(demand.c.id == old.id).values(closed_at=long_ago, answered_at=long_ago)
        )
        unit.commit()
    assert retention.read_retention(store, admin) == retention.Retention(days=365, demands=1, photos=1)
    done = retention.delete_due(store, admin)
    assert done == retention.Deleted(demands=1, texts=3, photos=1, swept=True)
    with store.read() as connection:
        searched = connection.scalars(sa.select(demand.c.text_key).where(demand.c.id == old.id)).one()
    assert "13812345678" not in searched
    file = demands.demand_file(store, social_worker, old.id)
    assert file.demand.text == "3栋路灯坏了，请打＊＊＊＊＊＊＊＊＊＊＊找＊先生"
    everything = file.demand.reply + "".join(event.note for event in file.events)
    assert "138" not in everything
    assert file.events[-1].step == "cleaned"
    assert file.demand.rating == 5
    owners = [PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=one.id) for one in (old, new)]
    assert [len(photos_of(store, social_worker, owner)) for owner in owners] == [0, 1]
    assert retention.delete_due(store, admin) == retention.Deleted(demands=0, texts=0, photos=0, swept=True)
    with store.read() as connection:
        (entry,) = audit.entries(connection, act="retention.")
    assert (entry.detail["demands"], entry.detail["photos"]) == (1, 1)


def test_only_an_administrator_sets_the_term(sqlite_store: Store, admin: Actor, planner: Actor) -> None:
    retention.set_retention(sqlite_store, admin, 90)
    assert retention.read_retention(sqlite_store, admin).days == 90
    with pytest.raises(InvalidError):
        retention.set_retention(sqlite_store, admin, 3)
    with pytest.raises(DeniedError):
        retention.delete_due(sqlite_store, planner)
