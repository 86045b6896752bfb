"""Drive the real app in Debian's Chromium, with every request that would leave the machine written down and refused."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Locator,
    Page,
    Playwright,
    Response,
    Route,
    WebSocket,
    expect,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role, may
from renovation.services.demo import load_demo
from renovation.services.staff import accounts
from renovation.store import Store, migrate, open_store
from renovation.text import Language, text
from renovation.ui.frame.navigation import Entry

#: The lists below the address bar, which nobody opens here: every window would start a process that draws two of them.
_LISTS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
#: What Playwright switches off itself; of two such flags the last one counts.
_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
CHROMIUM_FLAGS = (
    "--no-sandbox",
    f"--disable-features={','.join((*_BY_PLAYWRIGHT, *_LISTS))}",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
_FOREIGN = re.compile(r"^(?!(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:|about:)")
_PROBE = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RUN_AXE = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})).violations.map(one => one.id + ": " + one.nodes.map(node => node.target + " " + node.failureSummary).join(" | "))"""
#: How long anything may take before a test gives up: a guard against what never comes, not a measure.
PATIENCE = 300
#: Chromium drops what is pressed before it has painted a page, which nobody can see yet.
_TAKES_KEYS = (
    "step => document.documentElement.dataset.ready === step && performance.getEntriesByType('paint').length > 0"
)


def chromium_path() -> str | None:
    """Return the system's Chromium."""
    return next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


#: A phone of 2015 in WeChat's own browser, and what its browser did not have yet.
_OLD_PHONE = (
    "Mozilla/5.0 (Linux; Android 5.1; m2 note Build/LMY47D; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/37.0.0.0 Mobile MQQBrowser/6.2 TBS/036548 Safari/537.36 MicroMessenger/6.3.22"
)
_CUT = """(() => {
  const gone = [[window, "fetch Request Response Headers AbortController URLSearchParams customElements BarcodeDetector"
      + " IntersectionObserver ResizeObserver queueMicrotask structuredClone visualViewport"],
    [Element.prototype, "closest append prepend after before replaceWith replaceChildren remove toggleAttribute"],
    [NodeList.prototype, "forEach entries keys values"], [Array.prototype, "includes flat flatMap at findLast"],
    [Object, "entries values fromEntries assign"], [Array, "from of"], [SubmitEvent.prototype, "submitter"],
    [String.prototype, "includes startsWith endsWith padStart padEnd replaceAll matchAll repeat at"],
    [HTMLFormElement.prototype, "requestSubmit"], [Navigator.prototype, "mediaDevices sendBeacon serviceWorker"]]
  for (const [where, names] of gone) for (const name of names.split(" ")) delete where[name]
})()"""


def make_phone(browser: Browser, *, old: bool) -> BrowserContext:
    """Open a phone's window: an old one, whose browser lacks much, or one that runs no scripts at all."""
    if old:
        context = browser.new_context(viewport=PHONE, locale="zh-CN", user_agent=_OLD_PHONE)
        context.add_init_script(_CUT)
        # No browser of ours can be told to know no modules.
        context.route("**/*.mjs", lambda route: route.abort())
    else:
        context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    context.set_default_timeout(PATIENCE * 1000)
    return context


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without anything that phones home."""
    expect.set_options(timeout=PATIENCE * 1000)
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))


def vote_step(page: Page, step: str) -> None:
    """Wait until a screen of the ballot is loaded and its script has done what it adds."""
    page.wait_for_load_state()
    page.wait_for_function(_TAKES_KEYS, arg=step, polling=25)


def vote_key(page: Page, key: str, step: str) -> None:
    """Press a key on a screen of the ballot, once the page itself says that this step takes keys."""
    vote_step(page, step)
    page.keyboard.press(key)


def open_list(box: Locator, typed: str) -> None:
    """Open a list of choices and type into it until the one wanted is offered."""
    offered = box.page.get_by_role("option").filter(has_text=typed).first
    limit = time.monotonic() + PATIENCE
    while not offered.is_visible():
        # A page that is drawn anew just then closes its open list.
        assert time.monotonic() < limit, f"{typed} is not offered"
        box.click()
        box.fill(typed)
        box.page.wait_for_timeout(1000)


def violations(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 A and AA on the page as it stands."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_AXE)
    return list(page.evaluate(_RUN_AXE))


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare_home(home: Path) -> None:
    """Fill ``home`` with the demonstration city."""
    with opened(home) as store:
        load_demo(store)


@contextlib.contextmanager
def opened(home: Path, url: str = "") -> Iterator[Store]:
    """Open the store in ``home``, or another one that has its keys there."""
    store = open_store(url or f"sqlite:///{(home / 'store.sqlite').as_posix()}", home / "keys")
    try:
        migrate(store)
        yield store
    finally:
        store.close()


def enter(store: Store, role: Role) -> str:
    """Return the token of a new session of somebody with that role in the demonstration city."""
    return accounts.enter_demonstration(store, role).token


class Staff:
    """Sessions of the demonstration city's staff, each kept awake, and begun anew once it has run out."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tokens: dict[Role, str] = {}

    def token(self, role: Role) -> str:
        """Return the token of a session that is good for another while."""
        held = self._tokens.get(role)
        # Asking also counts as a click.
        if held is None or accounts.session_account(self._store, held) is None:
            self._tokens[role] = enter(self._store, role)
        return self._tokens[role]


def viewer(entry: Entry) -> Role:
    """Return the first role, planners before others, that may open a page."""
    if entry.action is None:
        return Role.PLANNER
    roles = (Role.PLANNER, Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.ADMIN, Role.DEPARTMENT)
    return next(role for role in roles if may(Actor(role=role, login="viewer", name="viewer"), entry.action))


@contextlib.contextmanager
def serve(command: list[str], folder: Path, port: int, log: Path, **variables: str) -> Iterator[str]:
    """Run a server until the block ends, and yield its address once it answers."""
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT
        )
        address = f"http://localhost:{port}"
        try:
            _await_health(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_health(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')[-4000:]}")


@contextlib.contextmanager
def serve_app(home: Path, log: Path, url: str = "", **variables: str) -> Iterator[str]:
    """Run the real app on the store in ``home``, or another one that has its keys there, as ``make run`` does."""
    port = free_port()
    with serve(
        [sys.executable, "-m", "renovation.cli", "serve"],
        CHECKOUT,
        port,
        log,
        RENOVATION_HOME=str(home),
        RENOVATION_DATABASE_URL=url,
        RENOVATION_PORT=str(port),
        **variables,
    ) as address:
        yield address


@dataclass
class Visit:
    """One browser window and everything that went wrong in it."""

    context: BrowserContext
    page: Page
    address: str
    token: str | None = None
    #: Tabs that asked something of the server which has not answered in full.
    unanswered: set[Page] = field(default_factory=set)
    #: Seconds that each wait for the window's answer took.
    waited: list[float] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, browser: Browser, address: str, *, viewport: dict[str, int] | None = None) -> Visit:
        """Open a fresh window that cannot reach any other machine."""
        context = browser.new_context(viewport=viewport or LAPTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
        context.set_default_timeout(PATIENCE * 1000)
        visit = cls(context=context, page=context.new_page(), address=address)
        visit._follow(visit.page)
        context.on("page", visit._follow)
        context.route(_FOREIGN, visit._refuse)
        visit.page.on("response", visit._note_response)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.on("console", visit._note_console)
        return visit

    def _follow(self, page: Page) -> None:
        """Note what a tab asks of the server and when that is answered; what is on screen tells the latter only."""

        def asked(frame: str | bytes) -> None:
            if isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script":
                self.unanswered.add(page)

        def told(frame: str | bytes) -> None:
            # What ends an answer is short.
            if isinstance(frame, bytes) and len(frame) < 1000:
                message = ForwardMsg.FromString(frame)
                if message.WhichOneof("type") == "script_finished" and (
                    message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
                ):
                    self.unanswered.discard(page)

        def connected(link: WebSocket) -> None:
            link.on("framesent", asked)
            link.on("framereceived", told)
            link.on("close", lambda _: self.unanswered.discard(page))

        page.on("websocket", connected)

    def _refuse(self, route: Route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def _note_response(self, response: Response) -> None:
        # On a deep link Streamlit first looks for its server below the page's own path.
        if response.status >= 400 and not _PROBE.search(response.url):
            self.refused.append(f"{response.status} {response.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        # What fails to load is in `refused` and `foreign` already.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def sign_in(self, token: str) -> None:
        """Carry a staff session, as a browser does that has signed in."""
        self.token = token
        self.context.add_cookies([{"name": "renovation_session", "value": token, "url": self.address}])

    def _assert_signed_in(self) -> None:
        said = self.page.get_by_text(text("shell.sign_in_first", Language.ZH), exact=True)
        assert self.token is None or said.count() == 0, "the session is over"

    def open(self, path: str = "") -> Page:
        """Open a page of the app and wait until it has been drawn."""
        self.page.goto(f"{self.address}/{path}")
        self.idle()
        self._assert_signed_in()
        return self.page

    def go(self, path: str = "") -> Page:
        """Turn to another page inside the app, as the navigation does, and wait until it has been drawn."""
        # Residents' plain pages are no part of the app.
        if self.page.url.split("?")[0] == f"{self.address}/{path}" or "/r/" in self.page.url:
            return self.open(path)
        turn = """path => {
          const before = document.title
          history.pushState({}, "", path)
          dispatchEvent(new PopStateEvent("popstate"))
          return before
        }"""
        before = self.page.evaluate(turn, f"/{path}")
        # Not the script's state: a run whose beginning and end are drawn at once never changes it.
        self.page.wait_for_function("before => document.title !== before", arg=before, polling=50)
        self.idle()
        self._assert_signed_in()
        return self.page

    def idle(self) -> None:
        """Wait until the page's script has run and everything it sent is on screen."""
        begun = time.monotonic()
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.page.wait_for_function(
            """() => document.querySelector('[data-testid="stMain"] [data-testid="stElementContainer"]')
                  && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')"""
        )
        # The script may begin again at once (a component answers, a page calls rerun).
        self.page.wait_for_timeout(250)
        limit = time.monotonic() + PATIENCE
        while self.page in self.unanswered:
            assert time.monotonic() < limit, "the server did not answer"
            self.page.wait_for_timeout(25)
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.waited.append(time.monotonic() - begun)

    def map_frame(self, index: int = 0) -> Frame:
        """Return the frame of a map once all its layers are drawn."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            frames = [frame for frame in self.page.frames if "streamlit_folium.st_folium" in frame.url]
            if len(frames) > index:
                state = frames[index].evaluate(
                    "() => window.map && document.body ? document.body.dataset.shapes : null"
                )
                if state == "drawn":
                    return frames[index]
                if state == "failed":
                    raise AssertionError("the map's data did not arrive")
            self.page.wait_for_timeout(50)
        raise AssertionError("no map was drawn")

    def click_map(self, lon: float, lat: float, index: int = 0) -> None:
        """Click the place on the map."""
        x, y = self.point_on_map(lon, lat, index)
        self.page.mouse.click(x, y)
        # streamlit-folium waits 250 ms for a second click.
        self.page.wait_for_timeout(400)
        self.idle()

    def point_on_map(self, lon: float, lat: float, index: int = 0) -> tuple[float, float]:
        """Return where on the screen a place of the map is."""
        frame = self.map_frame(index)
        frame.frame_element().scroll_into_view_if_needed()
        x, y = frame.evaluate(
            "([lon, lat]) => { const p = map.latLngToContainerPoint([lat, lon]); return [p.x, p.y] }", [lon, lat]
        )
        box = frame.frame_element().bounding_box()
        assert box is not None
        return box["x"] + x, box["y"] + y

    def resize(self, size: dict[str, int]) -> None:
        """Give the window another size and wait until the page is laid out in it."""
        self.page.set_viewport_size(size)
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.wait_for_timeout(300)

    def picture(self, path: Path) -> None:
        """Save what the page holds, from top to bottom."""
        path.parent.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or LAPTOP
        # Streamlit scrolls inside the window, so the window itself is made as tall as its content.
        height = self.page.evaluate("""() => document.querySelector('[data-testid="stMain"]').scrollHeight""")
        self.page.set_viewport_size({"width": size["width"], "height": min(max(height, size["height"]), 3000)})
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=str(path))
        self.page.set_viewport_size(size)

    def assert_clean(self) -> None:
        """Check that nothing left the machine, nothing was missing, and no error is on screen or in the console."""
        assert not self.foreign, self.foreign
        assert not self.refused, self.refused
        assert not self.errors, self.errors
        assert self.page.locator('[data-testid="stException"]').count() == 0
        assert self.page.get_by_text("请把编号").count() == 0, "app.py caught an unexpected error"

    def forget(self) -> None:
        """Begin a new list of what goes wrong."""
        for told in (self.foreign, self.refused, self.errors):
            told.clear()

    def overflow(self) -> int:
        """Return how many pixels the page is wider than the window."""
        found = self.page.evaluate(
            """() => {
              const main = document.querySelector('[data-testid="stMain"]')
              return Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth)
            }"""
        )
        return int(found)

    def close(self) -> None:
        """Close the window."""
        self.context.close()
