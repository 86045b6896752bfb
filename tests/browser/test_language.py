"""One language on a screen: no English words between Chinese ones, and none the other way round; data apart."""

from __future__ import annotations

import csv
import re
import socket
from collections.abc import Callable, Iterator

import pytest
from browser_harness import Staff, Visit, viewer
from playwright.sync_api import Browser, Page

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.text import Language, catalogue, text
from renovation.ui.frame.navigation import PAGES, Entry

pytestmark = pytest.mark.browser

ENTRIES = [entry for entry in PAGES if (CHECKOUT / entry.path).is_file()]
#: Names of formats, measures, methods and programs; whatever else is English between Chinese words is somebody's slip.
NAMES = frozenset(
    re.findall(
        r"\w+",
        """BD BOX CGCS CSV DOCX EJR EPSG Edge Chrome Chromium English Excel GCJ GPS GeoJSON GeoPackage HTTP HTTPS JPG
        JPEG KB KIT Kendall Linux MB MES PB Pabulib PNG Phragmén Python PostgreSQL PostGIS QGIS QR RENOVATION SHA SHP
        SQ SQLite SVG Shapefile TOPSIS WEBP WGS Word XLS XLSX XXX XXXX ZIP make pb run serve
        shegong erlu guihua guanli guancha zhujian demo
        resident worker planner admin observer department
        """,
    )
)
#: What the machine is called, by which the settings say how it is reached.
MACHINE = frozenset({"localhost", "local", *re.findall(r"[A-Za-z]+", socket.gethostname())})
#: What people see and what is read to them; not maps and charts, whose words are data, nor code and digests.
SAID = """skip => {
  const said = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node; (node = walk.nextNode()); ) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node
    if (!element || element.closest(skip)) continue
    if (node.nodeType === Node.TEXT_NODE) { if (node.data.trim()) said.push(node.data.trim()) }
    else for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (element.getAttribute(name)?.trim()) said.push(element.getAttribute(name).trim())
  }
  return said
}"""
SKIPPED = (
    'style, script, noscript, svg, code, pre, [translate="no"], [data-testid="stIconMaterial"], '
    '[data-testid="stVegaLiteChart"]'
)
#: Codes, digests and paths, which are nobody's words.
CODES = re.compile(r"\b[0-9a-f]{8,}\b|\S*[/\\]\S*|\w+\.\w+|\b[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}\b")
#: What the catalogue counts its items in is a word of price books.
with (CHECKOUT / "data" / "items-catalogue.csv").open(encoding="utf-8") as _items:
    UNITS = frozenset(row["unit"] for row in csv.DictReader(_items))
#: Sentences of the program, as it says them in Chinese alone.
CHINESE = frozenset(
    entry[Language.ZH]
    for key, entry in catalogue().items()
    # What the demonstration is filled with is data.
    if not key.startswith("demo.")
    and "{" not in entry[Language.ZH]
    and re.search(r"[一-鿿]", entry[Language.ZH])
    and entry[Language.EN] not in entry[Language.ZH]
)


def foreign(page: Page, language: Language) -> list[str]:
    """Return what stands on a page in the other language."""
    shown = page.evaluate(SAID, SKIPPED)
    if language is Language.EN:
        return [said for said in shown if said in CHINESE - UNITS and said != "中文"]
    known = {name.lower() for name in NAMES | MACHINE}
    return [
        said for said in shown if {word.lower() for word in re.findall(r"[A-Za-zÀ-ÿ]{2,}", CODES.sub("", said))} - known
    ]


@pytest.fixture(scope="module", params=list(Language), ids=lambda one: one.value)
def walk(
    request: pytest.FixtureRequest, browser: Browser, app: str, staff: Staff
) -> Iterator[tuple[Language, Callable[[Entry], Visit]]]:
    """A window per role, in one language, in which pages are opened one after the other."""
    windows: dict[Role | None, Visit] = {}

    def find(entry: Entry) -> Visit:
        role = None if entry.public else viewer(entry)
        if role not in windows:
            windows[role] = Visit.begin(browser, app)
            if role is not None:
                windows[role].sign_in(staff.token(role))
            windows[role].context.add_cookies(
                [{"name": "renovation_language", "value": request.param.value, "url": app}]
            )
            windows[role].open()
        return windows[role]

    yield request.param, find
    for window in windows.values():
        window.close()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_a_page_speaks_one_language(entry: Entry, walk: tuple[Language, Callable[[Entry], Visit]]) -> None:
    language, find = walk
    page = find(entry).go("" if entry.file == "home" else entry.file)
    # What the framework writes is exchanged just after it appears.
    page.wait_for_function(f"({SAID})('style').length > 3 && window.renovationSaid")
    assert page.get_by_text(text("shell.unexpected", language, number="")[:20]).count() == 0, "the page failed"
    # What a place has put into its lists is in whatever language it was put in, and in both where it names things so.
    assert entry.file == "lists" or foreign(page, language) == []


def test_what_opens_on_a_press_speaks_chinese_too(visit: Callable[..., Visit], app: str, staff: Staff) -> None:
    window = visit(app)
    window.sign_in(staff.token(Role.ADMIN))
    page = window.open("exports")
    page.get_by_test_id("stDateInputCalendarButton").first.click()
    page.get_by_role("dialog").wait_for()
    assert foreign(page, Language.ZH) == []
    page = window.open("gates")
    grid = page.get_by_test_id("stDataFrame").first
    box = grid.bounding_box()
    assert box is not None
    # The menu of a column stands behind three dots at the right end of its heading.
    page.mouse.move(box["x"] + 200, box["y"] + 17)
    page.mouse.click(box["x"] + 208, box["y"] + 17)
    page.get_by_text("从小到大排序").wait_for()
    for said in ("从大到小排序", "隐藏这一列", "固定这一列"):
        page.get_by_text(said).wait_for()
