"""The QR code on a printed slip: read from a picture, and by the voting page through a camera."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from browser_harness import CHROMIUM_FLAGS, Visit, chromium_path, opened, serve_app
from kiosk_run import prepare
from PIL import Image
from playwright.sync_api import Browser, expect

from renovation.exports.print.pages import code_slips
from renovation.imports.files.pictures.qr import read_qr
from renovation.model import addresses
from renovation.services.polls.stations import poll_of

pytestmark = pytest.mark.browser

_WIDTH, _HEIGHT = 640, 480


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of its own for the store."""
    return tmp_path / "home"


def _printed_code(browser: Browser, page: bytes) -> Image.Image:
    """Return the first slip's QR as it looks on the printed sheet, on a desk that is not quite white."""
    window = browser.new_page(device_scale_factor=3)
    window.set_content(page.decode("utf-8"))
    printed = Image.open(io.BytesIO(window.locator("svg.qr").first.screenshot())).convert("L")
    window.close()
    desk = Image.new("L", (_WIDTH, _HEIGHT), 170)
    turned = printed.resize((260, 260)).rotate(8, expand=True, fillcolor=170)
    desk.paste(turned, (180, 90))
    return desk


def _as_video(picture: Image.Image, file: Path) -> None:
    """Write ten frames of a picture as Chromium's stand-in for a camera takes them."""
    colour = bytes([128]) * (_WIDTH * _HEIGHT // 2)
    frame = b"FRAME\n" + picture.tobytes() + colour
    file.write_bytes(f"YUV4MPEG2 W{_WIDTH} H{_HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)


def test_a_slip_is_read_from_its_picture_and_opens_the_ballot_by_camera(
    browser: Browser, home: Path, tmp_path: Path
) -> None:
    poll_id, token, codes = prepare(home, 1)
    with opened(home) as store:
        poll = poll_of(store, poll_id)
    _, _, page = code_slips(poll, [(1, codes[0], "")], label="批次")
    picture = _printed_code(browser, page)
    assert read_qr(picture.tobytes(), _WIDTH, _HEIGHT) == codes[0]
    assert read_qr(Image.new("L", (_WIDTH, _HEIGHT), 170).tobytes(), _WIDTH, _HEIGHT) is None
    _as_video(picture, tmp_path / "camera.y4m")
    flags = [
        *CHROMIUM_FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}",
    ]
    with serve_app(home, tmp_path / "server.log") as address:
        seeing = browser.browser_type.launch(executable_path=chromium_path(), args=flags)
        window = Visit.begin(seeing, address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        window.page.goto(address)
        window.page.get_by_role("button", name="用摄像头扫一扫").click()
        window.page.get_by_role("heading", name="怎么投").wait_for()
        window.assert_clean()
        seeing.close()


def test_without_a_camera_a_scanners_keys_find_the_box(browser: Browser, home: Path, tmp_path: Path) -> None:
    _, token, codes = prepare(home, 1)
    with serve_app(home, tmp_path / "server.log") as address:
        window = Visit.begin(browser, address)
        window.context.add_cookies([{"name": "renovation_station", "value": token, "url": address}])
        page = window.page
        page.goto(address)
        box = page.get_by_label("投票码")
        expect(page.locator("#camera .open")).to_be_hidden()
        expect(box).to_be_focused()
        # One wrong key, in small letters and with spaces, is caught before anything is asked.
        wrong = codes[0][:-1] + ("2" if codes[0][-1] != "2" else "3")
        page.keyboard.type(wrong.lower().replace("-", " ") + "\n")
        page.get_by_role("alert").wait_for()
        box.fill("")
        page.locator("h1").click()
        expect(box).not_to_be_focused()
        page.keyboard.type(codes[0] + "\n")
        page.get_by_role("heading", name="怎么投").wait_for()
        assert window.refused == [f"422 {address}{addresses.VOTE}"]
        window.forget()
        window.assert_clean()
        window.close()
