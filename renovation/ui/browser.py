"""Let a reload or a second tab find its session again, through cookies that scripts cannot read.

Streamlit reads cookies but sets none. So a page hands the browser a one-time ticket; a few lines of JavaScript post it
back to a plain route, which answers with an ``HttpOnly``, ``SameSite=Strict`` cookie that lasts until the browser is
closed. The token itself never stands in a URL or in the page. Without the route (``app.py`` run by hand) nothing
breaks: the session then lives in its tab alone.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from renovation.model.kept import Kept, as_cookie, cookie_name
from renovation.services.staff.proofs import Whence, device_of

_PATH = "/renovation/keep"
_DEVICE = "renovation.device"
_HEADER = "x-renovation-ticket"
_TICKET_SECONDS = 60
_MOST_TICKETS = 10_000


@dataclass(frozen=True, slots=True)
class _Ticket:
    kept: Kept
    token: str
    until: float


_tickets: dict[str, _Ticket] = {}
_guard = threading.Lock()

_POST = """
const sent = new Set()
export default function ({ data }) {
  // Once this browser is a voting station, what its other tabs still show goes too.
  if (!window.renovationTabs) {
    window.renovationTabs = new BroadcastChannel("renovation")
    window.renovationTabs.onmessage = () => location.reload()
  }
  if (!window.renovationWays) {
    window.renovationWays = true
    const push = history.pushState.bind(history)
    const here = () => [location.pathname, location.search]
    let asked = null
    history.pushState = (state, words, to) => {
      const [path, query] = here()
      const next = new URL(to, location.href)
      // Streamlit turns to a page in two steps, first its query on the old page: on the way back that is no place.
      const isSecond = asked && Date.now() - asked.at < 3000 && path === asked.path && query === asked.query
        && next.pathname !== path && next.search === query
      if (isSecond) history.replaceState(state, words, to)
      else push(state, words, to)
      asked = next.pathname === path ? { at: Date.now(), path, query: next.search } : null
    }
    // A link in our own HTML turns to its page within the session, as the navigation does.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a.way")
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
      event.preventDefault()
      history.pushState({}, "", link.getAttribute("href"))
      dispatchEvent(new PopStateEvent("popstate"))
    })
  }
  if (!window.renovationRows) {
    window.renovationRows = true
    // Buttons in a grid hear a single click alone: Enter, and a double click anywhere in a line, open it too.
    const settled = 300, heading = 38, line = 35
    const editor = (grid) => {
      const canvas = grid.querySelector("canvas")
      let fiber = canvas && canvas[Object.keys(canvas).find((name) => name.startsWith("__reactFiber$"))]
      while (fiber && !(fiber.memoizedProps?.onCellClicked && fiber.memoizedProps?.getCellContent)) fiber = fiber.return
      return fiber?.memoizedProps
    }
    const buttons = (props, row) => props.columns.map((_, at) => at)
      .filter((at) => props.getCellContent([at, row])?.data?.kind === "button-cell")
    const open = (event) => {
      const grid = event.target.closest?.('[data-testid="stDataFrame"]')
      const props = grid && editor(grid)
      if (!props || !props.rows || !buttons(props, 0).length) return
      event.preventDefault()
      event.stopImmediatePropagation()
      const top = grid.querySelector("canvas").getBoundingClientRect().top
      const down = grid.querySelector(".dvn-scroller")?.scrollTop ?? 0
      const under = event.clientY === undefined ? NaN : Math.floor((event.clientY - top - heading + down) / line)
      if (event.clientY - top < heading) return
      // What the keyboard chose stands in the page a moment later; a click chooses no cell with a button.
      setTimeout(() => {
        const cell = /^glide-cell-(\\d+)-(\\d+)$/.exec(grid.querySelector('td[aria-selected="true"]')?.id ?? "")
        if (!grid.isConnected || (Number.isNaN(under) && !cell)) return
        const row = Number.isNaN(under) ? Number(cell[2]) : under
        if (row >= props.rows) return
        const marks = props.rowMarkers && props.rowMarkers !== "none" ? 1 : 0
        const own = Number.isNaN(under) ? Number(cell[1]) - marks : -1
        const able = buttons(props, row)
        const column = able.includes(own) ? own : able[0]
        const bounds = { x: 0, y: 0, width: 400, height: 35 }
        const inside = { bounds, localEventX: 20, localEventY: 17, preventDefault: () => undefined }
        if (column !== undefined) props.onCellClicked([column, row], inside)
      }, settled)
    }
    document.addEventListener("dblclick", open, true)
    document.addEventListener("keydown", (event) => event.key === "Enter" && open(event), true)
  }
  if (!window.renovationMore) {
    const more = document.createElement("div")
    more.className = "more-below"
    more.setAttribute("aria-hidden", "true")
    document.body.append(more)
    window.renovationMore = setInterval(() => {
      const main = document.querySelector('[data-testid="stSidebar"] ~ * [data-testid="stMain"]')
      const below = main ? main.scrollHeight - main.clientHeight - main.scrollTop : 0
      more.classList.toggle("is-shown", below > 120)
    }, 400)
  }
  const lead = () => { if (data.leads) window.top.location.replace(new URL(data.leads, document.baseURI)) }
  if (data && !data.ticket) lead()
  if (!data || !data.ticket || sent.has(data.ticket)) return
  sent.add(data.ticket)
  fetch(new URL(data.path, document.baseURI), {
    method: "POST",
    headers: { [data.header]: data.ticket },
    credentials: "same-origin",
  }).then((answer) => {
    if (!answer.ok || !data.leads) return
    window.renovationTabs.postMessage("locked")
    lead()
  }).catch(() => undefined)
}
"""


def _issue(kept: Kept, token: str) -> str:
    ticket = secrets.token_urlsafe(24)
    with _guard:
        moment = time.monotonic()
        for old in [name for name, value in _tickets.items() if value.until < moment]:
            del _tickets[old]
        while len(_tickets) >= _MOST_TICKETS:
            del _tickets[next(iter(_tickets))]
        _tickets[ticket] = _Ticket(kept, token, moment + _TICKET_SECONDS)
    return ticket


async def _keep(request: Request) -> Response:
    """Swap a ticket for its cookie. A foreign page can neither guess the ticket nor send the header."""
    with _guard:
        ticket = _tickets.pop(request.headers.get(_HEADER, ""), None)
    if ticket is None or ticket.until < time.monotonic():
        return Response(status_code=404)
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    if ticket.kept is Kept.STATION:
        set_cookie(request, answer, Kept.SESSION, "")
    set_cookie(request, answer, ticket.kept, ticket.token)
    return answer


def set_cookie(request: Request, answer: Response, kept: Kept, value: str) -> None:
    """Have the browser keep a value, out of reach of scripts and of other sites; most until it is closed."""
    answer.set_cookie(**as_cookie(kept, value, over_tls=request.url.scheme == "https"))


#: What ``server.py`` adds beside Streamlit.
ROUTES = (Route(_PATH, _keep, methods=["POST"]),)


def part_of_page(name: str, html: str, file: str) -> Any:
    """Return a part of a page that runs in the browser; its styles and script lie beside ``file``, named like it."""
    beside = Path(file)
    return st.components.v2.component(
        f"renovation_{name}",
        html=html,
        css=beside.with_suffix(".css").read_text(encoding="utf-8"),
        js=beside.with_suffix(".js").read_text(encoding="utf-8"),
    )


def cookie(kept: Kept) -> str | None:
    """Return what this browser kept, as sent when the tab connected."""
    value = st.context.cookies.get(cookie_name(kept))
    # Streamlit's AppTest stands a mock in for the request.
    return value if isinstance(value, str) else None


def address() -> str:
    """Return the address of the network that this tab comes from, as far as the framework tells it."""
    found = st.context.ip_address
    return found if isinstance(found, str) else ""


def whence() -> Whence:
    """Return where whoever proves who they are stands."""
    kept = st.session_state.get(_DEVICE) or cookie(Kept.DEVICE) or ""
    return Whence(address=address(), browser=kept, device=device_of(str(st.context.headers.get("User-Agent") or "")))


def know(token: str) -> None:
    """Have this browser known again at later sign-ins."""
    st.session_state[_DEVICE] = token


def keep_known() -> None:
    """Post what :func:`know` was told; call it on every run."""
    token = st.session_state.get(_DEVICE)
    if token and cookie(Kept.DEVICE) != token:
        remember(Kept.DEVICE, token)


def remember(kept: Kept, token: str, *, leads: str = "") -> None:
    """Have the browser keep a token; call it on every run while the token is in use.

    Parameters
    ----------
    leads
        Where the browser goes once it is kept, its other tabs too.
    """
    key = f"renovation.ticket.{kept.value}"
    known = st.session_state.get(key)
    if known is None and cookie(kept) == token:
        known = (token, "")
    elif known is None or known[0] != token:
        known = (token, _issue(kept, token))
        st.session_state[key] = known
    post = st.components.v2.component("renovation_keep", js=_POST)
    data = {"ticket": known[1], "path": _PATH.lstrip("/"), "header": _HEADER, "leads": leads}
    post(key=f"{key}.post", data=data, height=1)
