"""Kill the server while people work with it: ``python tests/attack/web_kills.py [--kills 200] [--url URL]``.

The real server, a voter in Chromium on the plain pages (HTTP), and a member of staff who hands out a paper ballot on a
page of the app (web socket, spoken as the page speaks it). Kill -9 at a random moment after both pressed their button.
A receipt that anybody saw must be in the store; a code that is spent has its one ballot and its one receipt; whoever
saw none presses again and gets the receipt of what was counted, or is counted now. A paper ballot that the screen gave
out is noted once and once in the log; pressing again gives none for a slip that has had one.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web import cli as streamlit_cli
from websockets import ConnectionClosed, Subprotocol
from websockets.sync.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

import kiosk_run
from browser_harness import CHECKOUT, PATIENCE, Visit, _await_health, free_port, launch, opened

from renovation.cli import system
from renovation.config import settings
from renovation.errors import ConflictError
from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import codes, voting
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, audit
from renovation.store.polls import codes as stored_codes
from renovation.store.polls import polls as stored
from renovation.text import Language, text

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", "renovation.ui.polls.codes", "renovation.web.residents"])
STATION = Actor(role=Role.STATION)
CHECKER = Actor(role=Role.ADMIN, login="kills")
OFFICE = AccountDraft(login="office", name="办公室", role=Role.ADMIN)
PASSWORD = "wangjiang-17-louti"
_FIELD, _BUTTON = (text(f"code.hand_out_{part}", Language.ZH) for part in ("field", "button"))
#: What the screen says of every paper ballot that is given out.
_HANDED = text("code.handed", Language.ZH, title=kiosk_run.TITLE, venue="", batch="", serial=0).split("（")[0]


@dataclass
class Outcome:
    """What the kills left behind: of ballots cast over HTTP, and of paper handed out over the web socket."""

    kills: int = 0
    seen: int = 0
    saved_unseen: int = 0
    lost: int = 0
    other_receipt: int = 0
    miscounted: int = 0
    handed_seen: int = 0
    handed_unseen: int = 0
    handed_lost: int = 0
    handed_miscounted: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether no ballot was lost, doubled or answered otherwise, and nothing is named as changed."""
        of_ballots = self.lost or self.other_receipt or self.miscounted
        return not (of_ballots or self.handed_lost or self.handed_miscounted or self.faults)


class Server:
    """The server as ``make run`` starts it, but forked off a process that has imported the program: quick."""

    def __init__(self, scene: Scene, port: int, log: Path) -> None:
        variables = {
            "RENOVATION_HOME": str(scene.home),
            "RENOVATION_DATABASE_URL": scene.url,
            "RENOVATION_PORT": str(port),
        }
        self.address = f"http://localhost:{port}"
        self._process = _PROCESSES.Process(target=_serve, args=(variables, log))
        self._process.start()
        _await_health(self.address, self, log)

    def poll(self) -> int | None:
        """Return how the process ended, if it has."""
        return self._process.exitcode

    def kill(self) -> None:
        """Kill it at once."""
        self._process.kill()

    def wait(self) -> None:
        """Wait until it is gone."""
        self._process.join()


def _serve(variables: dict[str, str], log: Path) -> None:
    os.environ.update(variables)
    os.chdir(CHECKOUT)
    settings.cache_clear()
    with log.open("a", encoding="utf-8") as output:
        for place in (1, 2):
            os.dup2(output.fileno(), place)
    here = settings()
    system.prepare(here, Language.ZH)
    sys.argv = system.streamlit_command(here)[2:]
    streamlit_cli.main(sys.argv[1:])


@dataclass(frozen=True)
class Scene:
    """What the killed server serves: a poll, the cookies of a station and of a member of staff, slips for both."""

    home: Path
    url: str
    poll_id: str
    station: str
    session: str
    slips: list[str]
    papers: list[str]


def lay_scene(home: Path, url: str, kills: int) -> Scene:
    """Open a poll with two codes for each kill, one for the screen and one for paper."""
    poll_id, station, slips = kiosk_run.prepare(home, 2 * kills, url)
    with opened(home, url) as store:
        accounts.create_first_account(store, OFFICE, PASSWORD)
        session = accounts.sign_in(store, OFFICE.login, PASSWORD).token
    return Scene(home, url, poll_id, station, session, slips[:kills], slips[kills:])


class Desk:
    """A member of staff's tab on the page of codes: what goes over its web socket, without the drawing."""

    def __init__(self, link: ClientConnection) -> None:
        self._link = link
        self._field = self._button = ""
        self._ask()
        for told in self._told():
            element = told.delta.new_element
            if element.text_input.label == _FIELD:
                self._field = element.text_input.id
            if element.button.label == _BUTTON:
                self._button = element.button.id
            if told.WhichOneof("type") == "script_finished" and self._field and self._button:
                return

    @classmethod
    @contextlib.contextmanager
    def opened(cls, address: str, session: str) -> Iterator[Desk]:
        """Open the tab as this member of staff."""
        with connect(
            address.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
            additional_headers={"Cookie": f"renovation_session={session}"},
        ) as link:
            yield cls(link)

    def _ask(self, code: str = "") -> None:
        said = BackMsg()
        said.rerun_script.page_name = "codes"
        if code:
            said.rerun_script.widget_states.widgets.add(id=self._field, string_value=code)
            said.rerun_script.widget_states.widgets.add(id=self._button, trigger_value=True)
        self._link.send(said.SerializeToString())

    def _told(self) -> Iterator[ForwardMsg]:
        while True:
            yield ForwardMsg.FromString(bytes(self._link.recv(timeout=PATIENCE)))  # type: ignore[arg-type]

    def press(self, code: str) -> None:
        """Send the form with a slip's code."""
        self._ask(code)

    def was_told(self) -> bool:
        """Read to the end what the server still sent, and tell whether it gave the paper out."""
        with contextlib.suppress(ConnectionClosed):
            for told in self._told():
                if _HANDED in told.delta.new_element.alert.body:
                    return True
        return False


def _at_the_station(browser: Browser, address: str, scene: Scene, slip: str) -> Visit:
    """Fill a ballot in up to its last button."""
    booth = Visit.begin(browser, address)
    booth.context.add_cookies([{"name": "renovation_station", "value": scene.station, "url": address}])
    booth.page.goto(address)
    kiosk_run.to_the_last_step(booth.page, slip, [1])
    return booth


def _press_and_kill(booth: Page, press: Callable[[], None], server: Server, booth_s: float, desk_s: float) -> str:
    """Press both buttons, kill the server so long after each, and return the receipt on the voter's screen, if any."""
    presses = [(desk_s, press), (booth_s, partial(booth.locator(".next").click, no_wait_after=True))]
    (first_s, first), (second_s, second) = sorted(presses, key=itemgetter(0), reverse=True)
    killer = threading.Timer(first_s, server.kill)
    first()
    killer.start()
    booth.wait_for_timeout(1000 * (first_s - second_s))
    second()
    killer.join()
    server.wait()
    with contextlib.suppress(Error):
        booth.locator(kiosk_run.RECEIPT).wait_for(timeout=1000)
        return booth.locator(kiosk_run.RECEIPT).inner_text().strip()
    return ""


def kill_again(home: Path, log: Path, kills: int, url: str = "", seed: int = 0) -> Outcome:
    """Vote in a browser, hand out paper at a desk, kill the server, look into the store; so many times."""
    scene = lay_scene(home, url, kills)
    rng, port, outcome, booth_s, desk_s = random.Random(seed), free_port(), Outcome(), 0.25, 1.0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for slip, paper in zip(scene.slips, scene.papers, strict=True):
            server = Server(scene, port, log)
            try:
                with Desk.opened(server.address, scene.session) as desk:
                    booth = _at_the_station(browser, server.address, scene, slip)
                    ends = rng.random() * booth_s, rng.random() * desk_s
                    receipt = _press_and_kill(booth.page, partial(desk.press, paper), server, *ends)
                    handed = desk.was_told()
                booth.close()
            finally:
                server.kill()
                server.wait()
            outcome.kills += 1
            outcome.seen += bool(receipt)
            outcome.handed_seen += handed
            with opened(home, url) as store:
                was_kept = _look(store, scene, slip, receipt, outcome)
                was_handed = _look_at_paper(store, scene, paper, handed, outcome)
                outcome.faults += [fault.code for fault in verification.check_store(store, CHECKER)]
            # However fast the machine is, about half of the kills are to fall before anything is kept.
            booth_s *= 0.8 if was_kept else 1.25
            desk_s *= 0.8 if was_handed else 1.25
            if outcome.kills % 20 == 0:
                print(outcome, file=sys.stderr, flush=True)
        browser.close()
    return outcome


def _look(store: Store, scene: Scene, slip: str, receipt: str, outcome: Outcome) -> bool:
    """Try again as the voter would, look for every fault, and tell whether the ballot had been kept."""
    told = voting.cast_ballot(store, STATION, slip, ("p2",), channel=Channel.STATION)
    outcome.saved_unseen += told.repeated and not receipt
    outcome.lost += bool(receipt) and not told.repeated
    outcome.other_receipt += bool(receipt) and told.code not in receipt
    with store.read() as connection:
        ballots = len(stored.ballots(connection, scene.poll_id))
        receipts = len(stored_codes.receipts(connection, scene.poll_id))
    outcome.miscounted += not ballots == receipts == outcome.kills
    return told.repeated


def _look_at_paper(store: Store, scene: Scene, paper: str, handed: bool, outcome: Outcome) -> bool:
    """Press again as whoever saw no answer would, look for faults, and tell whether the slip was spent on paper."""
    with store.read() as connection:
        kept = sum(1 for _ in audit.entries(connection, act="code.hand_out_paper")) == outcome.kills
    outcome.handed_unseen += kept and not handed
    outcome.handed_lost += handed and not kept
    try:
        codes.hand_out_paper(store, CHECKER, scene.poll_id, paper)
        outcome.handed_miscounted += kept
    except ConflictError:
        outcome.handed_miscounted += not kept
    with store.read() as connection:
        noted = sum(1 for _ in audit.entries(connection, act="code.hand_out_paper"))
    outcome.handed_miscounted += noted != outcome.kills
    return kept


def main() -> int:
    """Kill and print what happened."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_again(Path(folder) / "home", Path(folder) / "server.log", asked.kills, asked.url)
    print(f"{outcome} clean={outcome.is_clean}")
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
