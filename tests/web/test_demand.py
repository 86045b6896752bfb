"""A resident says what is needed without scripts: which estate, where in it, what, and a number to follow it by."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image

from renovation.model import addresses
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft, DemandFilter
from renovation.model.photos import PhotoOwner, PhotoOwnerKind
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.services.house import floods
from renovation.services.register import photos
from renovation.services.staff import uploads
from renovation.store import Store

CLERK = Actor(role=Role.SOCIAL_WORKER, login="worker")
ALL = DemandFilter(scope=EVERYWHERE)
HERE = f"{addresses.DEMAND}?estate=1&step=what"
SAID = {"category": "lighting", "text": "3栋楼下路灯**坏了**<b>，晚上看不清路"}


def hidden(page: str) -> dict[str, str]:
    """Return what the form's own hidden fields hold."""
    return dict(re.findall(r'type="hidden" name="(once)" value="([^"]+)"', page))


def checked(resident: Any, said: dict[str, str] = SAID, path: str = HERE) -> dict[str, str]:
    """Say it, and return the fields of the screen that follows."""
    answer = resident.post_form(path, hidden(resident.get(path).text) | said | {"act": "words"})
    assert answer.status_code == 200
    return hidden(answer.text) | said | {"act": "save", "notice": "1"}


def picture() -> bytes:
    """Return a photo of one colour."""
    held = io.BytesIO()
    Image.new("RGB", (640, 480), "#884422").save(held, "JPEG")
    return held.getvalue()


def test_without_estates_the_page_says_so(resident: Any) -> None:
    assert "还没有登记小区" in resident.get(addresses.DEMAND).text
    assert resident.get(f"{addresses.DEMAND}/sketch").headers["content-type"].startswith("image/svg+xml")


def test_an_estate_is_found_by_name_by_code_and_on_the_map(resident: Any, estate: int) -> None:
    assert "糖厂三号" in resident.get(addresses.DEMAND).text
    by_name = resident.get(addresses.DEMAND, params={"find": "东江"}).text
    assert "东江二号" in by_name
    assert "糖厂三号" not in by_name
    assert "没有找到" in resident.get(addresses.DEMAND, params={"find": "没有的"}).text
    # Pressed to the east, the other estate comes first, and the map comes closer.
    east = resident.get(addresses.DEMAND, params={"at.x": "305", "at.y": "160", "level": "0"}).text
    assert east.index("东江二号") < east.index("糖厂三号")
    window = dict(re.findall(r'name="(lon|lat|level)" value="([^"]+)"', east))
    assert window["level"] == "1"
    closer = resident.get(f"{addresses.DEMAND}/sketch", params=window)
    assert "东江二号" in closer.text
    assert "糖厂三号" not in closer.text
    # A poster's code names the estate.
    assert "换一个小区" in resident.get(f"{addresses.DEMAND}?estate=1").text
    for odd in ("estate=999", "estate=x", "lon=nan&lat=inf&level=99999", "at.x=0&at.y=0", "lon=1e400&at.x=5&at.y=5"):
        assert resident.get(f"{addresses.DEMAND}?{odd}").status_code == 200
        assert resident.get(f"{addresses.DEMAND}/sketch?{odd}").status_code == 200


def test_a_place_is_pressed_on_the_sketch(store: Store, resident: Any, estate: int) -> None:
    # The building stands in the south-west of its estate.
    pressed = {"estate": "1", "pin.x": "90", "pin.y": "230"}
    page = resident.get(addresses.DEMAND, params=pressed).text
    assert "已点在3栋" in page
    assert "M90,230" in resident.get(f"{addresses.DEMAND}/sketch", params=pressed).text
    assert "已点出位置" in resident.get(addresses.DEMAND, params=pressed | {"pin.x": "300", "pin.y": "20"}).text
    path = f"{addresses.DEMAND}?estate=1&step=what&pin.x=90&pin.y=230"
    assert resident.post_form(path, checked(resident, path=path)).status_code == 200
    (row,) = demands.list_demands(store, CLERK, ALL)
    assert row.demand.building_id == 1
    assert 114.4004 < row.demand.lon < 114.4008


@pytest.mark.parametrize(("given", "building"), [("building=1", 1), ("building=", None), ("building=77", None)])
def test_or_a_building_is_chosen_or_none(
    store: Store, resident: Any, estate: int, given: str, building: int | None
) -> None:
    path = f"{HERE}&{given}"
    sent = resident.post_form(path, checked(resident, path=path))
    rows = demands.list_demands(store, CLERK, ALL)
    if given == "building=77":
        assert (sent.status_code, rows) == (422, ())
    else:
        assert [row.demand.building_id for row in rows] == [building]


def test_a_demand_is_kept_once_with_its_photo_and_followed(store: Store, resident: Any, estate: int) -> None:
    fields = checked(resident)
    files = {"photos": ("a.jpg", picture(), "image/jpeg")}
    sent = resident.post_form(HERE, fields, files=files, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, addresses.DEMAND)
    page = resident.get(addresses.DEMAND).text
    (row,) = demands.list_demands(store, CLERK, ALL)
    assert row.demand.receipt in page
    assert row.demand.receipt not in str(sent.headers)
    assert (row.demand.text, row.demand.channel) == (SAID["text"], DemandChannel.QR_FORM)
    assert len(photos.photos_of(store, CLERK, PhotoOwner(kind=PhotoOwnerKind.DEMAND, id=row.demand.id))) == 1
    # Pressed twice, it is one; begun anew, another.
    assert row.demand.receipt in resident.post_form(HERE, fields, files=files).text
    assert len(demands.list_demands(store, CLERK, ALL)) == 1
    resident.post_form(HERE, checked(resident))
    assert len(demands.list_demands(store, CLERK, ALL)) == 2
    assert row.demand.receipt not in resident.post_form(addresses.DEMAND, {"act": "again"}).text
    followed = resident.post_form(addresses.MY_DEMAND, {"act": "look", "receipt": row.demand.receipt}).text
    assert "路灯**坏了**&lt;b&gt;" in followed


def test_one_that_says_the_same_is_joined(store: Store, resident: Any, estate: int) -> None:
    draft = DemandDraft(
        estate_id=1, category=DemandCategory.LIGHTING, text="3栋楼下路灯坏了，晚上看不清路", lon=114.4005, lat=23.1005,
        channel=DemandChannel.WALK_IN,
    )  # fmt: skip
    first = demands.take_demand(store, CLERK, draft)
    answer = resident.post_form(HERE, hidden(resident.get(HERE).text) | SAID | {"act": "words"})
    assert f'value="join:{first.id}"' in answer.text
    # Nobody reads what another wrote.
    assert "3栋楼下路灯坏了，" not in answer.text
    fields = hidden(answer.text) | SAID
    joined = resident.post_form(HERE, fields | {"act": f"join:{first.id}"}).text
    assert "2 位居民" in joined
    number = re.search(r"SQ-[0-9A-Z-]{12}", joined)
    assert number
    # Pressed twice, it is the same joining with the same number; pressed anew, it is refused.
    assert number[0] in resident.post_form(HERE, fields | {"act": f"join:{first.id}"}).text
    again = resident.post_form(HERE, checked(resident) | {"act": f"join:{first.id}"})
    assert (again.status_code, "已经附议过" in again.text) == (409, True)
    (row,) = demands.list_demands(store, CLERK, ALL)
    assert row.demand.supporters == 2
    assert demands.follow_demand(store, number[0], actor=PUBLIC).text == ""
    for odd in ("x", "", "9" * 30, "999999"):
        assert resident.post_form(HERE, checked(resident) | {"act": f"join:{odd}"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"category": ""}, "类别"),
        ({"category": "<b>"}, "类别"),
        ({"text": " 　"}, "诉求内容"),
        ({"text": "灯" * 2001}, "2000"),
        ({"notice": ""}, "告知"),
        ({"subtype": "没有这种"}, "没有这种"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays(
    store: Store, resident: Any, estate: int, wrong: dict[str, str], said: str
) -> None:
    fields = checked(resident)
    answer = resident.post_form(HERE, fields | wrong)
    assert answer.status_code == 422
    alert = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    assert alert
    assert said in alert[1]
    assert hidden(answer.text) == hidden(f'type="hidden" name="once" value="{fields["once"]}"')
    if "text" not in wrong:
        assert "路灯**坏了**&lt;b&gt;" in answer.text
    assert demands.list_demands(store, CLERK, ALL) == ()


def test_numbers_of_persons_are_warned_of(resident: Any, estate: int) -> None:
    said = {"category": "lighting", "text": "路灯坏了，请打 13800138000 找我"}
    answer = resident.post_form(HERE, hidden(resident.get(HERE).text) | said | {"act": "words"})
    assert "13800138000" in answer.text.split('class="note warn"')[1].split("</p>")[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jpg", b""), ("a.jpg", b"\xff\xd8 not a picture"), ("b.exe", b"MZ" * 500), ("c", b"\0" * 11 * 2**20)],
)
def test_what_is_no_photo_keeps_nothing(store: Store, resident: Any, estate: int, name: str, content: bytes) -> None:
    sent = resident.post_form(HERE, checked(resident), files={"photos": (name, content, "image/jpeg")})
    assert sent.status_code == 422
    assert 'role="alert"' in sent.text
    assert demands.list_demands(store, CLERK, ALL) == ()


def test_more_photos_than_a_demand_takes_are_refused(store: Store, resident: Any, estate: int) -> None:
    four = [("photos", (f"{turn}.jpg", picture(), "image/jpeg")) for turn in range(4)]
    assert "最多附 3 张" in resident.post_form(HERE, checked(resident), files=four).text
    assert demands.list_demands(store, CLERK, ALL) == ()


def test_a_browser_sends_so_much_an_hour(resident: Any, estate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "FROM_BROWSER", 300_000)
    resident.post_form(HERE, checked(resident))
    large = {"photos": ("a.jpg", picture() + b"\0" * 200_000, "image/jpeg")}
    assert resident.post_form(HERE, checked(resident), files=large).status_code == 200
    refused = resident.post_form(HERE, checked(resident), files=large)
    assert (refused.status_code, "照片太多" in refused.text) == (429, True)
    # Words are taken all the same.
    assert resident.post_form(HERE, checked(resident)).status_code == 200


def test_a_browser_sends_so_many_an_hour_and_a_flood_is_told(
    store: Store, resident: Any, estate: int, admin: Actor
) -> None:
    said = [
        resident.post_form(HERE, checked(resident, SAID | {"text": f"第 {turn} 件：门坏了"})).status_code
        for turn in range(12)
    ]
    assert said[:10] == [200] * 10
    assert said[-1] == 503
    assert len(demands.list_demands(store, CLERK, ALL)) == 10
    flood = floods.find_flood(store, admin, floods.FloodFilter())
    assert len(flood.rows) == 10
