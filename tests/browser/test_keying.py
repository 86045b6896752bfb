"""Keys of paper ballots: whatever is typed, what is kept is what the screen said before Enter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from browser_harness import Visit, opened, serve_app
from playwright.sync_api import Browser, Page, expect
from test_polling_day import draft, open_at_once, staff

from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.elections import BallotKind
from renovation.services.polls import codes, paper
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
#: The highest number of one digit.
_ONE_DIGIT = 9
#: Rows of keys for each kind of ballot, and where numbers have two digits.
_RUN, _LONG_RUN = 2_000, 10_000
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
            "lists": {},
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
        return None if kept is None else _ballot(kept)


def _ballot(kept: dict[str, Any]) -> Any:
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
        (BallotKind.APPROVAL, 6, {"limit": 3}),
        (BallotKind.RANKING, 5, {"limit": 3}),
        (BallotKind.YES_NO, 3, {}),
        # Numbers of two digits, which one digit may begin.
        (BallotKind.APPROVAL, 12, {"limit": 3}),
        (BallotKind.APPROVAL, 25, {"limit": 5}),
        (BallotKind.RANKING, 12, {"limit": 3}),
    ],
)
def test_any_keys_keep_what_the_screen_said(
    sheet: Sheet, kind: BallotKind, projects: int, limits: dict[str, int]
) -> None:
    sheet.mount(kind, projects, **limits)
    random = Random(kind.value)
    rows = [_typed(random, kind, projects) for _ in range(_LONG_RUN if projects > _ONE_DIGIT else _RUN)]
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
    sheet.mount(BallotKind.APPROVAL, projects=25)
    assert sheet.kept("123") == [12, 3]
    assert sheet.kept("1 23") == [1, 23]
    assert sheet.kept("1 2 3") == [1, 2, 3]
    assert sheet.kept("312") == [3, 12]
    assert sheet.kept("26") is None  # there is no number 26, and 2 is not made of it
    assert sheet.kept("2 6") == [2, 6]
    assert sheet.kept("1010") is None
    assert sheet.kept("10 1") == [10, 1]
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


#: Shares of one, two and three projects named among 20,330 ballots of Gdynia’s green budget of 2023, at most 3 of 6
#: (pabulib.org).
_NAMED = (0.41, 0.17, 0.42)
#: What else lies in a box.
_EMPTY = _UNREADABLE = 0.03
_SHEETS = 2_000
#: Kind, its projects and limits, and the keys that a ballot may cost on average, Enter included. A number of two digits
#: is two keys, and one digit that may begin it is ended by a space: the more of these, the dearer.
_DEAR = [
    (BallotKind.APPROVAL, 6, {"limit": 3}, 3.0),
    (BallotKind.APPROVAL, 12, {"limit": 3}, 3.6),
    (BallotKind.APPROVAL, 25, {"limit": 3}, 4.3),
    (BallotKind.POINTS, 7, {"points": 10}, 10.0),
    (BallotKind.RANKING, 7, {"limit": 3}, 4.0),
    (BallotKind.YES_NO, 7, {}, 8.0),
]


def _shortest(chosen: Sequence[int], projects: int) -> str:
    """Return the fewest keys for these numbers: a space only behind a digit that may begin a longer number."""
    parts = [f"{one} " if one <= _ONE_DIGIT and one * 10 <= projects else str(one) for one in chosen]
    return "".join(parts).rstrip()


def _written(random: Random, kind: BallotKind, projects: int) -> tuple[str, Any]:
    """Return what a clerk types for one sheet of a box, and what it says."""
    at = random.random()
    if at < _EMPTY:
        return "0" * (projects if kind is BallotKind.YES_NO else 1), "blank"
    if at < _EMPTY + _UNREADABLE:
        return "-", "spoiled"
    if kind is BallotKind.YES_NO:
        given = {n: random.choices((1, -1, 0), (0.6, 0.25, 0.15))[0] for n in range(1, projects + 1)}
        meant = {n: value for n, value in given.items() if value}
        return "".join({1: "1", -1: "2", 0: "0"}[value] for value in given.values()), meant or "blank"
    # Whoever fills in points or places fills in what the sheet asks for: three.
    count = random.choices((1, 2, 3), _NAMED)[0] if kind is BallotKind.APPROVAL else 3
    chosen = random.sample(range(1, projects + 1), count)
    if kind is BallotKind.POINTS:
        cuts = sorted(random.sample(range(1, 10), 2))
        scores = (cuts[0], cuts[1] - cuts[0], 10 - cuts[1])
        return "".join(f"{n}*{score}" for n, score in zip(chosen, scores, strict=True)), dict(
            zip(chosen, scores, strict=True)
        )
    return _shortest(chosen, projects), chosen


@pytest.mark.parametrize(("kind", "projects", "limits", "most"), _DEAR)
def test_keys_per_ballot_of_a_box(
    sheet: Sheet, kind: BallotKind, projects: int, limits: dict[str, int], most: float
) -> None:
    """Every sheet is kept as it was written, at no more keys on average than a clerk is promised."""
    sheet.mount(kind, projects, **limits)
    random = Random(20_330)
    box = [_written(random, kind, projects) for _ in range(_SHEETS)]
    for (typed, meant), (_, kept) in zip(box, sheet.key([typed for typed, _ in box]), strict=True):
        assert kept is not None, typed
        assert _ballot(kept) == meant, typed
    keys = sum(len(typed) + 1 for typed, _ in box) / _SHEETS
    print(f"{kind.value} of {projects}: {keys:.2f} keys for a ballot")
    assert keys <= most


def test_what_is_typed_after_choosing_a_poll_lands_on_its_sheet(
    visit: Callable[..., Visit], lay_store: Callable[[Path], Path], tmp_path: Path
) -> None:
    """By keyboard or by mouse, another poll or the same one again; and on no sheet of the poll before."""
    home, clerk = lay_store(tmp_path / "office"), Actor(role=Role.SOCIAL_WORKER, login="li")
    with opened(home) as store, serve_app(home, home / "server.log") as address:
        token, held = staff(store)["li"], [draft(store, kind) for kind in ("approval", "choose-1")]
        for poll in held:
            open_at_once(store, poll)
            codes.hand_out_paper(store, clerk, poll.id, poll.codes[0])
            paper.make_batch(store, clerk, poll.id, poll.venue, f"{poll.title}一箱", today(), 1)
        window = visit(address)
        window.sign_in(token)
        window.open("paper")
        page = window.page
        box = page.get_by_role("combobox", name="选一场投票")
        said = page.locator("#paper .reading")
        for poll in (held[1], held[1], held[0]):
            box.fill(poll.title)
            line = page.get_by_role("option").filter(has_text=poll.title)
            line.wait_for()
            for key in ("Enter", "2", "3"):
                page.keyboard.press(key)
            expect(page.get_by_role("heading", name=f"{poll.title}一箱")).to_be_visible()
            expect(said).to_have_text("2 号、3 号")
            page.keyboard.press("Escape")
            expect(said).to_have_text("")
        for poll in (held[0], held[1]):
            box.click()
            page.get_by_role("option").filter(has_text=poll.title).click()
            page.keyboard.press("4")
            expect(page.get_by_role("heading", name=f"{poll.title}一箱")).to_be_visible()
            expect(said).to_have_text("4 号")
            page.keyboard.press("Escape")
        window.assert_clean()
