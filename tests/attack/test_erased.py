"""What was deleted is nowhere in the store's files: neither in pages, nor in the write-ahead log, nor in old rows."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from datetime import timedelta

import linking
import pytest
import shapely
import sqlalchemy as sa
from PIL import Image

from renovation.model.accounts import Actor
from renovation.model.clock import now, today
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.places import EstateDraft, EstateFacts
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.services.house import retention
from renovation.services.register import photos
from renovation.store import Store
from renovation.store.register import estates as estate_store
from renovation.store.schema.demands import demand

TABLES = ("demand", "demand_event", "demand_task", "photo")


@pytest.fixture
def files(store: Store) -> Callable[[], bytes]:
    """The bytes of everything that may hold words: ``files()``."""

    def read() -> bytes:
        if store.is_sqlite:
            return linking.whole_file(store)
        with store.read() as connection:
            content = linking.whole_heap(connection, TABLES)
        if content is None:
            pytest.skip("the server's files are for its superuser alone")
        return content

    return read


def picture() -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (80, 60), secrets.token_bytes(80 * 60 * 3)).save(out, "PNG")
    return out.getvalue()


def test_words_and_pictures_are_gone_from_the_files(
    store: Store, admin: Actor, social_worker: Actor, files: Callable[[], bytes]
) -> None:
    outline = shapely.to_wkb(shapely.box(114.40, 23.10, 114.402, 23.102))
    with store.write() as unit:
        drafts = [EstateDraft(code="E1", name="甲", facts=EstateFacts(), geometry=outline)]
        [estate_id] = estate_store.add_estates(unit.connection, drafts, collected_on=today(), collector="x")
        unit.commit()

    def take(said: str) -> int:
        draft = DemandDraft(
            estate_id=estate_id, category=DemandCategory.LIGHTING, text=said, channel=DemandChannel.PHONE,
            lon=114.401, lat=23.101,
        )  # fmt: skip
        return demands.take_demand(store, social_worker, draft, pictures=[("a.png", picture())]).id

    old, new = take("路灯坏了，请打13800010001，微信 marker_word1"), take("路灯坏了，13800010009")
    receipt = demands.demand_file(store, social_worker, old).demand.receipt
    demand_work.answer_demand(store, social_worker, old, "已回电13800010002")
    demand_work.judge_answer(store, receipt, solved=True, rating=5)
    jpegs = {}
    for name, number in (("old", old), ("new", new)):
        [one] = photos.photos_of(store, admin, PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=number))
        # Random pixels: any part of the picture is found nowhere else.
        jpegs[name] = (one.id, photos.photo_bytes(store, admin, one.id)[-300:-20])
    markers = [b"13800010001", b"marker_word1", b"13800010002", jpegs["old"][1]]
    content = files()
    assert all(marker in content for marker in markers), "the search must find what is there"
    assert b"13800010009" in content

    with store.write() as unit:
        long_ago = now() - timedelta(days=400)
        there = sa.update(demand).where(demand.c.id == old)
        unit.connection.execute(there.values(closed_at=long_ago, answered_at=long_ago))
        unit.commit()
    photos.remove_photo(store, admin, jpegs["new"][0])
    if store.is_sqlite:
        assert jpegs["new"][1] not in files(), "a photo is gone at once"
    done = retention.delete_due(store, admin)
    assert done.swept
    content = files()
    assert [marker for marker in (*markers, jpegs["new"][1]) if marker in content] == []
    assert b"13800010009" in content
