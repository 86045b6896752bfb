"""Keys of paper ballots: whatever is typed, what is kept is what the screen said before Enter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from renovation.model.elections import BallotKind
from renovation.text import text
from renovation.ui.polls.paper import keyboard

_SCRIPT = Path(keyboard.__file__).with_suffix(".js").read_text(encoding="utf-8")
_MOUNT = """async ([script, html, data]) => {
  const mount = (await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))).default
  const place = document.createElement("div")
  place.innerHTML = html
  document.body.replaceChildren(place)
  place.hidden = true  // nothing is drawn for nobody
  window.outbox = []
  mount({ data, parentElement: place, setStateValue: (name, value) => { window.outbox = value } })
  window.press = (key) => place.querySelector("#paper").onkeydown(
    { key, preventDefault() {}, stopPropagation() {} })
  window.said = () => place.querySelector(".reading").textContent
}"""
_KEY = """(rows) => rows.map((keys) => {
  window.press("Escape")
  const before = window.outbox.length
  for (const key of keys) window.press(key)
  const said = window.said()
  window.press("Enter")
  return [said, window.outbox.length > before ? window.outbox.at(-1) : null]
})"""
#: Rough weights of what comes under a clerk's fingers.
_KEYS = ["1", "2", "3", "4", "5", "7", "0", "*", "*", "*", " ", "-", "b", "+", "Backspace"]


@dataclass
class Sheet:
    """The sheet of keys of one kind of ballot, mounted in a page."""

    page: Page

    def mount(self, kind: BallotKind, projects: int = 7, **limits: int) -> None:
        fields = {one: f"{{{one}}}" for one in keyboard._FILLED}
        words = {name: text(f"paper.keys.{name}", "zh-CN", **fields) for name in keyboard._WORDS}
        data = {
            "desk": f"{kind.value}{projects}{limits}",
            "counted": 100_000,
            "position": 1,
            "acked": 0,
            "readings": {},
            "refused": [],
            "projects": [{"number": n, "key": f"p{n}", "name": "", "cost": 1} for n in range(1, projects + 1)],
            "serials": bool(limits.get("serials")),
            "limit": limits.get("limit"),
            "budget": limits.get("budget"),
            "points": limits.get("points"),
            "kind": kind.value,
            "words": words | {"help": text(f"paper.keys.help.{kind.value}", "zh-CN")},
        }
        self.page.evaluate(_MOUNT, [_SCRIPT, keyboard._HTML, data])

    def key(self, rows: Sequence[Sequence[str]]) -> list[tuple[str, dict[str, Any] | None]]:
        """Key each row and Enter; return what the screen said before, and what was kept."""
        return [(said, kept) for said, kept in self.page.evaluate(_KEY, [list(row) for row in rows])]

    def kept(self, keys: str) -> Any:
        """Return the ballot that these keys and Enter keep: a mapping for points and answers, else a list."""
        ((_, kept),) = self.key([keys])
        if kept is None:
            return None
        if kept["spoiled"] or not kept["choices"]:
            return "spoiled" if kept["spoiled"] else "blank"
        numbers = [int(key[1:]) for key in kept["choices"]]
        return dict(zip(numbers, kept["points"], strict=True)) if kept["points"] else numbers


def _typed(random: Random, kind: BallotKind, projects: int) -> list[str]:
    """Return what somebody types who means something and hits any key now and then."""
    keys = []
    for _ in range(random.randint(1, 5)):
        if random.random() < 0.25:
            keys.append(random.choice(_KEYS))
        elif kind is BallotKind.YES_NO:
            keys.append(random.choice("120"))
        else:
            keys += str(random.randint(1, projects))
            keys += f"*{random.randint(1, 12)}" if kind is BallotKind.POINTS else ""
            keys += random.choice(["", " "])
    return keys


@pytest.fixture(scope="module")
def sheet(browser: Browser) -> Iterator[Sheet]:
    page = browser.new_page()
    page.set_default_timeout(600_000)
    yield Sheet(page)
    page.close()


def _as_said(said: str, kind: BallotKind) -> tuple[list[str], list[int], bool]:
    """Read the words on the screen as a ballot."""
    if said in (text("paper.keys.blank", "zh-CN"), text("paper.keys.spoiled", "zh-CN")):
        return [], [], said == text("paper.keys.spoiled", "zh-CN")
    if kind is BallotKind.POINTS:
        found = re.findall(r"(\d+) 号 (\d+) 分", said)
        return [f"p{n}" for n, _ in found], [int(score) for _, score in found], False
    if kind is BallotKind.YES_NO:
        given = {}
        for part in said.split("；"):
            value = {"同": 1, "不": -1}.get(part[:1])
            given |= {int(n): value for n in re.findall(r"(\d+) 号", part) if value}
        return [f"p{n}" for n in sorted(given)], [given[n] for n in sorted(given)], False
    return [f"p{n}" for n in re.findall(r"(\d+) 号", said)], [], False


@pytest.mark.parametrize(
    ("kind", "projects", "limits"),
    [
        (BallotKind.POINTS, 7, {"points": 10}),
        (BallotKind.POINTS, 12, {"points": 25}),
        (BallotKind.APPROVAL, 12, {"limit": 3}),
        (BallotKind.RANKING, 5, {"limit": 3}),
        (BallotKind.YES_NO, 3, {}),
    ],
)
def test_any_keys_keep_what_the_screen_said(
    sheet: Sheet, kind: BallotKind, projects: int, limits: dict[str, int]
) -> None:
    sheet.mount(kind, projects, **limits)
    random = Random(kind.value)
    rows = [_typed(random, kind, projects) for _ in range(2000)]
    counted = 0
    for row, (said, kept) in zip(rows, sheet.key(rows), strict=True):
        if kept is None:
            continue
        choices, points, spoiled = _as_said(said, kind)
        assert (kept["choices"], kept["points"], kept["spoiled"]) == (choices, points, spoiled), (row, said)
        counted += bool(choices)
        if kept["overwritten"] or "Backspace" in row or not choices or kind is BallotKind.YES_NO:
            continue
        # No digit is lost, and none is made up.
        digits = [key[1:] + (str(points[at]) if points else "") for at, key in enumerate(choices)]
        assert "".join(digits) == "".join(key for key in row if key.isdigit()), (row, said)
    assert counted > 100


def test_a_row_of_keys_reads_one_way_or_none(sheet: Sheet) -> None:
    sheet.mount(BallotKind.POINTS, points=10)
    assert sheet.kept("1*52*3") == {1: 5, 2: 3}
    assert sheet.kept("1*5 2*3") == {1: 5, 2: 3}
    assert sheet.kept("1*10") == {1: 10}
    assert sheet.kept("1**12 ") == {1: 12}
    assert sheet.kept("1*51*3") is None  # number 1 has a score already, and the sheet asks
    assert sheet.kept("1*51+3") == {1: 3}
    assert sheet.kept("1*0") is None
    assert sheet.kept("12*3") is None
    assert sheet.kept("1*5b") is None
    sheet.mount(BallotKind.POINTS, points=20)
    assert sheet.kept("1*12*3") is None  # twelve, or one and then number 2
    assert sheet.kept("1*1 2*3") == {1: 1, 2: 3}
    sheet.mount(BallotKind.APPROVAL, projects=12)
    assert sheet.kept("3311") is None
    assert sheet.kept("1 2") == [1, 2]
    assert sheet.kept("12") == [12]
    assert sheet.kept("30") is None  # something is keyed already, and 0 would be a blank
    assert sheet.kept("0") == "blank"
    assert sheet.kept("-") == "spoiled"
    assert sheet.kept("") is None
    sheet.mount(BallotKind.YES_NO, projects=3)
    assert sheet.kept("120") == {1: 1, 2: -1}
    assert sheet.kept("000") == "blank"
    assert sheet.kept("12") is None


def test_a_sheet_with_a_serial_is_kept_with_it_and_not_without(sheet: Sheet) -> None:
    sheet.mount(BallotKind.APPROVAL, limit=3, serials=1)
    assert sheet.kept("12") is None
    typed = """(serial) => {
      const box = document.querySelector(".serial input")
      box.value = serial
      const keep = window.press
      for (const key of ["1", "2", "Enter"]) keep(key)
      return [window.outbox.at(-1).serial, box.value, document.querySelector(".serial").hidden]
    }"""
    sheet.page.evaluate("() => window.press('Escape')")
    assert sheet.page.evaluate(typed, "0007") == ["0007", "", False]
    sheet.mount(BallotKind.APPROVAL, limit=3)
    assert sheet.kept("12") == [1, 2]


#: Seconds that a clerk looks at the next sheet, and takes for a key of the number pad.
LOOK, KEY = 1.5, 0.45


def test_keys_per_ballot(sheet: Sheet) -> None:
    """Of what people write, with Enter; nothing is waited for between two sheets."""
    sheet.mount(BallotKind.APPROVAL, limit=3)
    ballots = ["1", "3", "15", "24", "267", "4", "b", "35", "1", "125"]
    assert all(sheet.kept(keys) is not None for keys in ballots)
    keys = sum(len(keys) + 1 for keys in ballots) / len(ballots)
    assert keys <= 3.0
    assert 60 / (LOOK + keys * KEY) >= 20
    for kind, limits, typed, read, most in (
        (BallotKind.POINTS, {"points": 10}, "1*52*34*2", {1: 5, 2: 3, 4: 2}, 10),
        (BallotKind.RANKING, {"limit": 3}, "312", [3, 1, 2], 4),
        (BallotKind.YES_NO, {}, "1212101", {1: 1, 2: -1, 3: 1, 4: -1, 5: 1, 7: 1}, 8),
    ):
        sheet.mount(kind, **limits)
        assert sheet.kept(typed) == read
        assert len(typed) + 1 <= most
