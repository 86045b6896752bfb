"""A resident's phone as a few lines: cookies, forms and redirects over one connection, without scripts."""

from __future__ import annotations

import asyncio
import html
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from renovation.model import addresses

_HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')
_ACTION = re.compile(r'<form method="post" action="([^"]+)" id="ballot"')
_RECEIPT = re.compile(r'class="receipt said">([^<]+)<')


@dataclass
class Page:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """What it says."""
        return self.body.decode()


@dataclass
class Phone:
    """One browser. ``address`` is what a proxy in front of the server says of it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    address: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    _link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, form: Mapping[str, str | list[str]] | None = None) -> Page:
        """Get a page or send a form, and follow where it leads."""
        page = await self.once(path, form)
        while page.status in (301, 302, 303, 307):
            page = await self.once(page.headers["location"])
        return page

    async def once(self, path: str, form: Mapping[str, str | list[str]] | None = None) -> Page:
        """Send one request."""
        self.requests += 1
        at = f"{self.host}:{self.port}"
        lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {at}", "Accept: text/html"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if self.address:
            lines.append(f"X-Forwarded-For: {self.address}")
        body = b""
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            scheme = "https" if self.tls else "http"
            lines += [f"Origin: {scheme}://{at}", "Content-Type: application/x-www-form-urlencoded"]
            lines.append(f"Content-Length: {len(body)}")
        sent = "\r\n".join((*lines, "", "")).encode() + body
        for is_last in (False, True):
            kept = self._link is not None
            try:
                reader, writer = self._link or await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
                self._link = reader, writer
                writer.write(sent)
                await writer.drain()
                return await self._read(reader)
            except (ConnectionError, asyncio.IncompleteReadError):
                await self.close()
                # A kept connection may have been closed meanwhile; a new one that fails says something.
                if is_last or not kept:
                    raise
        raise AssertionError

    async def _read(self, reader: asyncio.StreamReader) -> Page:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                kept = rest.split(";")[0].strip('"')
                if kept and "max-age=0" not in rest.lower():
                    self.cookies[key] = kept
                else:
                    self.cookies.pop(key, None)
            else:
                headers[name.lower()] = value
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            await self.close()
        return Page(int(head[0].split(" ")[1]), headers, body)

    async def close(self) -> None:
        """Hang up."""
        link, self._link = self._link, None
        if link:
            link[1].close()
            with suppress(ConnectionError, ssl.SSLError):
                await link[1].wait_closed()

    async def __aenter__(self) -> Phone:
        """Take it in hand."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self.close()

    async def press(self, page: Page, act: str, **fields: str | list[str]) -> Page:
        """Send a page's form with one of its buttons."""
        body = page.text.split("</form>")[0]
        action = _ACTION.search(page.text)
        assert action, (page.status, page.text[:600])
        said: dict[str, str | list[str]] = {}
        for name, value in _HIDDEN.findall(body):
            held = said.setdefault(name, [])
            assert isinstance(held, list)
            held.append(html.unescape(value))
        return await self.ask(action[1], {**said, "act": act, **fields})

    async def last_step(self, code: str, picks: list[str]) -> Page:
        """Come from a code to the page that casts; an answer that is no page of a ballot is handed back."""
        page = await self.press(await self.ask(addresses.VOTE), "code", code=code)
        for act, fields in (("choose", {}), ("check", {"pick": picks}), ("cast", {})):
            if page.status != 200:
                return page
            page = await self.press(page, act, **fields)
        return page

    async def vote(self, code: str, picks: list[str]) -> tuple[Page, str]:
        """Vote; return the last page and its receipt, if there is one."""
        page = await self.last_step(code, picks)
        if page.status == 200:
            page = await self.press(page, "cast")
        return page, receipt_of(page)


def receipt_of(page: Page) -> str:
    """Return the receipt that a page shows, if it does."""
    found = _RECEIPT.search(page.text)
    return found[1] if found else ""
