"""Photos of estates, demands and projects: who adds, sees and removes them; on both engines."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import shapely
from PIL import Image

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from renovation.model.accounts import PUBLIC, Actor
from renovation.model.clock import now, today
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandFilter
from renovation.model.elections import BallotKind
from renovation.model.photos import MAX_DEMAND_PHOTOS, PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import EVERYWHERE, EstateDraft, EstateFacts
from renovation.model.polls import PollProject, PollSettings, PollStage
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.services.house.estate_sheets import export_estate_sheet
from renovation.services.money import gates
from renovation.services.polls.ballot_map import ballot_faces
from renovation.services.polls.stations import poll_of
from renovation.services.projects import projects
from renovation.services.register import photos
from renovation.store import Store, audit
from renovation.store.polls import polls as poll_store
from renovation.store.register import estates as estate_store
from renovation.store.register import photos as photo_store


def jpeg(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (shade, 90, 90)).save(out, "JPEG")
    return out.getvalue()


def test_printed_sheet_shows_before_and_after_and_owners_votes(
    store: Store, estate: PhotoOwner, social_worker: Actor
) -> None:
    count = ConsentCount(total_heads=90, total_area=Fraction(6000), agree_heads=70, agree_area=Fraction(9001, 2))
    draft = ConsentDraft(
        estate_id=estate.id,
        matter=Matter.ORDINARY,
        subject="同意改造",
        count=count,
        decided_on=date(2026, 3, 4),
        evidence="社区档案",
    )
    gates.record_consent(store, social_worker, draft)
    for kind, shade in ((PhotoKind.BEFORE, 10), (PhotoKind.AFTER, 200), (PhotoKind.AFTER, 220)):
        photos.add_photos(store, social_worker, estate, [("", jpeg(shade))], kind=kind, caption=f"东门{shade}<b>")
    page = export_estate_sheet(store, social_worker, estate.id)[2].decode()
    assert page.count("data:image/jpeg;base64,") == 3
    assert all(word in page for word in ("同意改造", "2026-03-04", "70 / 90", "4,500 / 6,000", "通过"))
    assert page.index("改造前 · 东门10&lt;b&gt;") < page.index("改造后 · 东门2")


@pytest.fixture
def estate(store: Store) -> PhotoOwner:
    """An estate."""
    outline = shapely.to_wkb(shapely.box(114.40, 23.10, 114.402, 23.102))
    with store.write() as unit:
        [identity] = estate_store.add_estates(
            unit.connection,
            [EstateDraft(code="E1", name="糖厂一号", facts=EstateFacts(), geometry=outline)],
            collected_on=today(),
            collector="x",
        )
        unit.commit()
    return PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=identity)


def demand_draft(estate: PhotoOwner) -> DemandDraft:
    return DemandDraft(
        estate_id=estate.id,
        category=DemandCategory.LIGHTING,
        text="路灯不亮",
        channel=DemandChannel.WALK_IN,
        lon=114.401,
        lat=23.101,
    )


def test_photo_is_kept_once_logged_and_removed(store: Store, estate: PhotoOwner, social_worker: Actor) -> None:
    (one,) = photos.add_photos(store, social_worker, estate, [("a.jpg", jpeg())], PhotoKind.BEFORE, caption=" 3栋楼道 ")
    assert photos.photos_of(store, social_worker, estate) == (one,)
    assert (one.caption, one.width, one.height) == ("3栋楼道", 60, 40)
    content = photos.photo_bytes(store, social_worker, one.id)
    assert hashlib.sha256(content).hexdigest() == one.sha256
    assert len(content) == one.size
    assert photos.photo_bytes(store, social_worker, one.id, small=True).startswith(b"\xff\xd8")
    with pytest.raises(ConflictError, match=r"photo\.here_already"):
        photos.add_photos(store, social_worker, estate, [("b.jpg", jpeg(5)), ("a.jpg", jpeg())], PhotoKind.AFTER)
    # Of several, none is kept where one is refused.
    assert photos.photos_of(store, social_worker, estate) == (one,)
    photos.remove_photo(store, social_worker, one.id)
    assert photos.photos_of(store, social_worker, estate) == ()
    with store.read() as connection:
        acts = [(entry.act, entry.object_kind) for entry in audit.entries(connection, act="photo.")]
    assert acts == [("photo.add", "estate"), ("photo.remove", "estate")]


def test_strangers_observers_and_other_streets_are_refused(
    store: Store, estate: PhotoOwner, social_worker: Actor, observer: Actor
) -> None:
    (one,) = photos.add_photos(store, social_worker, estate, [("", jpeg())], PhotoKind.BEFORE)
    for stranger in (None, PUBLIC):
        with pytest.raises(DeniedError):
            photos.photo_bytes(store, stranger, one.id)
        with pytest.raises(DeniedError):
            photos.add_photos(store, stranger, estate, [("", b"is not even read")], PhotoKind.BEFORE)
    with pytest.raises(DeniedError):
        photos.remove_photo(store, observer, one.id)
    elsewhere = replace(social_worker, scope=Scope(estate_id=estate.id + 1))
    for act in (
        lambda: photos.photos_of(store, elsewhere, estate),
        lambda: photos.photo_bytes(store, elsewhere, one.id),
        lambda: photos.remove_photo(store, elsewhere, one.id),
        lambda: photos.add_photos(store, elsewhere, estate, [("", jpeg(9))], PhotoKind.BEFORE),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert photos.photos_of(store, social_worker, estate) == (one,)


def test_demand_and_its_photos_are_kept_together_or_not_at_all(
    store: Store, estate: PhotoOwner, social_worker: Actor
) -> None:
    one = demands.take_demand(store, PUBLIC, demand_draft(estate), pictures=[("a.jpg", jpeg()), ("b.jpg", jpeg())])
    owner = PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=one.id)
    assert [photo.by for photo in photos.photos_of(store, social_worker, owner)] == ["resident"]
    for pictures in ([("a.exe", b"MZ")], [("a.jpg", jpeg(n)) for n in range(MAX_DEMAND_PHOTOS + 1)]):
        with pytest.raises(InvalidError, match=r"photo\."):
            demands.take_demand(store, PUBLIC, demand_draft(estate), pictures=pictures)
    assert demands.count_demands(store, social_worker, DemandFilter(scope=EVERYWHERE)) == 1


def test_public_sees_a_projects_photo_once_its_poll_is_open(
    store: Store, estate: PhotoOwner, social_worker: Actor, planner: Actor
) -> None:
    draft = projects.draft_from_item(store, planner, estate_id=estate.id, item_code="W02", quantity=3)
    project = projects.create_project(store, planner, draft)
    owner = PhotoOwner(kind=PhotoOwnerKind.PROJECT, id=project.id)
    photos.add_photos(store, social_worker, owner, [("", jpeg(1))], PhotoKind.BEFORE, caption="现状")
    photos.add_photos(store, social_worker, owner, [("", jpeg(2))], PhotoKind.DURING)
    on_ballot = PollProject(number=1, key="P1", name="路灯", cost=100, project_id=project.id)
    with store.write() as unit:
        poll_id = poll_store.add(
            unit.connection, PollSettings(title="投票", ballot_kind=BallotKind.APPROVAL, budget=1000), at=now()
        )
        poll_store.set_projects(unit.connection, poll_id, [on_ballot])
        unit.commit()
    with store.write() as unit:
        poll_store.move_on(unit.connection, poll_id, PollStage.DRAFT, PollStage.OPEN)
        unit.commit()
    face = ballot_faces(store, PUBLIC, poll_of(store, poll_id))["P1"]
    assert face.photo.startswith(b"\xff\xd8")
    assert (face.caption, face.demands) == ("现状", 0)
    assert face.beneficiaries


def test_nothing_of_a_photo_is_left_without_its_owner(store: Store, estate: PhotoOwner, social_worker: Actor) -> None:
    (one,) = photos.add_photos(store, social_worker, estate, [("", jpeg())], PhotoKind.BEFORE)
    with store.write() as unit:
        unit.connection.exec_driver_sql("DELETE FROM estate")
        unit.commit()
    with store.read() as connection, pytest.raises(NotFoundError):
        photo_store.get(connection, one.id)
