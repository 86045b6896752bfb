"""What every plain page keeps to: no scripts needed, nothing of strangers, little to send."""

from __future__ import annotations

import asyncio
import gzip
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

from renovation.config import CHECKOUT, settings
from renovation.model import addresses
from renovation.text import Language, catalogue
from renovation.web import frame, residents

WEB = CHECKOUT / "renovation" / "web"
#: What is no page of its own: the language's form, and files.
NO_PAGE = ("/language", "-worker.js", "/bundle", "/sketch", "{name}", "/alive", "/read-code")
PAGES = [route.path for route in residents.ROUTES if not route.path.endswith(NO_PAGE)]
HEAVY = ("streamlit", "geopandas", "pyogrio", "folium", "pandas", "scipy", "altair", "pyproj")
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)|(?:src|href|action)=\"(?:https?:)?//")
#: What a page may weigh with its style and script, photos apart.
MOST_BYTES = 15 * 1024


def test_nothing_heavy_is_imported() -> None:
    border = "renovation.town.web"
    script = f"import sys, {border}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", list(Language))
def test_a_page_is_small_and_asks_nobody_else(resident: Any, path: str, language: Language) -> None:
    resident.post_form(f"{addresses.PLAIN}/language", {"language": language.value, "back": path})
    answer = resident.get(path)
    assert answer.status_code == 200
    assert f'lang="{language.value}"' in answer.text
    # What is published is the same for everybody: a browser may keep it, and asks each time whether it still stands.
    assert answer.headers["cache-control"] == ("no-cache" if path == addresses.RESULTS else "no-store")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # No style, handler or script stands in the page itself, and no address names another machine.
    assert not re.search(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)|(?:src|href|action)=\"(?:https?:)?//", answer.text
    )
    assets = [resident.get(url).content for url in re.findall(r'"(/r/static/[^"]+)"', answer.text)]
    assert len(assets) >= 2
    # The server sends all of it compressed.
    assert sum(len(gzip.compress(sent)) for sent in (answer.content, *assets)) <= MOST_BYTES


def test_styles_and_scripts_are_kept_and_nothing_else_is_served(resident: Any) -> None:
    answer = resident.get(frame.asset_url("plain.css"))
    assert "immutable" in answer.headers["cache-control"]
    assert resident.get(f"{addresses.PLAIN}/static/x/frame.py").status_code == 404


@pytest.mark.parametrize("path", [route.path for route in residents.ROUTES if "POST" in (route.methods or ())])
def test_a_form_is_taken_from_own_pages_only(resident: Any, path: str) -> None:
    assert resident.post(path, data={"a": "b"}).status_code == 403
    assert resident.post(path, data={"a": "b"}, headers={"origin": "http://evil.example"}).status_code == 403
    assert resident.post(path, data={"a": "b"}, headers={"origin": "null"}).status_code == 403
    assert resident.post(path, data={"a": "b"}, headers={"referer": "http://evil.example/r/"}).status_code == 403
    # Older browsers name no origin.
    same = resident.post(path, data={}, headers={"referer": "http://localhost/r/"}, follow_redirects=False)
    assert same.status_code != 403


@pytest.mark.parametrize("path", [route.path for route in residents.ROUTES if "POST" in (route.methods or ())])
def test_more_than_a_form_holds_is_cut_off(resident: Any, path: str) -> None:
    assert resident.post_form(path, {"text": "x" * 70_000_000}).status_code == 413


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/r//evil.example", "/r/\\evil", "/estates"]
)
def test_the_language_leads_nowhere_else(resident: Any, back: str) -> None:
    answer = resident.post_form(f"{addresses.PLAIN}/language", {"language": "en", "back": back}, follow_redirects=False)
    assert answer.headers["location"] == addresses.RECEIPT
    kept = answer.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=strict" in kept


def test_cookies_are_bound_to_this_host_over_tls(resident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_TLS_CERT", "cert.pem")
    monkeypatch.setenv("RENOVATION_TLS_KEY", "key.pem")
    settings.cache_clear()
    sent = {"language": "en"}
    plain = resident.post_form(f"{addresses.PLAIN}/language", sent, follow_redirects=False)
    assert plain.status_code == 403
    own = {"origin": "https://localhost"}
    answer = resident.post(f"{addresses.PLAIN}/language", data=sent, headers=own, follow_redirects=False)
    assert answer.headers["set-cookie"].startswith("__Host-renovation_language=en")
    assert "Secure" in answer.headers["set-cookie"]


def test_what_fails_is_said_with_a_number(resident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(frame.installation, "is_demonstration", fails)
    answer = resident.get(addresses.RECEIPT)
    assert answer.status_code == 500
    assert "出了意外" in answer.text
    assert "Zero" not in answer.text


def test_whoever_waited_too_long_is_told_and_comes_again(resident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "PATIENCE_S", -1)
    page = resident.get(addresses.RESULTS)
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert re.search(r'http-equiv="refresh" content="5', page.text)
    sent = resident.post_form(addresses.RECEIPT, {"receipt": "一二三"})
    assert sent.status_code == 503
    # What was typed is sent again by one press.
    assert 'name="receipt" value="一二三"' in sent.text


def asked(file: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield each sentence that a template asks for, and the fields it gives."""
    for call in Environment().parse(file.read_text("utf-8")).find_all(nodes.Call):
        # What is put together of a word and a member of an enum is walked with the enums.
        if getattr(call.node, "name", "") != "say" or isinstance(call.args[0], nodes.Concat):
            continue
        for one in (call.args[0], *call.args[0].find_all(nodes.Const)):
            if isinstance(one, nodes.Const) and "." in str(one.value):
                yield str(one.value), {keyword.key for keyword in call.kwargs}


@pytest.mark.parametrize("file", sorted(WEB.glob("templates/**/*.html")), ids=lambda file: file.name)
def test_every_sentence_of_a_template_exists_and_gets_its_fields(file: Path) -> None:
    for key, given in asked(file):
        wanted = set(re.findall(r"\{(\w+)", " ".join(catalogue()[key].values())))
        assert wanted <= given, (key, wanted - given)
    assert not re.search(r"[\u4e00-\u9fff]", file.read_text("utf-8"))


@pytest.mark.parametrize(
    "path",
    [
        route.path
        for route in residents.ROUTES
        if "POST" in (route.methods or ()) and not route.path.endswith("/read-code")
    ],
)
@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "utf-16", "idna", "no-such"])
def test_half_signs_in_an_encoding_that_a_form_names_are_answered(resident: Any, path: str, charset: str) -> None:
    names = ("receipt", "act", "name", "amount", "hours", "kind", "once", "stars", "back", "language")
    parts = [f'--x\r\nContent-Disposition: form-data; name="{one}"\r\n\r\n+2AA-\\ud800\r\n' for one in names]
    parts.append('--x\r\nContent-Disposition: form-data; name="photos"; filename="+2AA-\\ud800"\r\n\r\nx\r\n')
    answer = resident.post(
        path,
        content="".join([*parts, "--x--\r\n"]).encode("ascii"),
        headers={"origin": "http://localhost", "content-type": f"multipart/form-data; boundary=x; charset={charset}"},
    )
    assert answer.status_code == 415


#: What an address may name of a page, and what nobody's page ever put there.
NAMED = ("estate", "building", "step", "find", "lang", "poll", "project", "from", "order", "lon", "lat", "level")
POINTS = ("at.x", "at.y", "pin.x", "pin.y")
ODD = ("-1", "1", "999999999", "9" * 3_000, "nan", "-inf", "1e308", "179.99", "-90", "²", "\x00")


@pytest.mark.parametrize("path", [path for path in PAGES if "static" not in path])
def test_whatever_an_address_names_a_page_answers(resident: Any, estate: int, path: str) -> None:
    for value in ODD:
        for fixed in ({}, {"estate": str(estate), "step": "1"}, {"level": "4", "at.x": "160", "at.y": "160"}):
            query = dict.fromkeys((*NAMED, *POINTS), value[:300]) | fixed
            assert resident.get(path, params=query).status_code < 500, query
            for name in ("lon", "lat") if "level" in fixed else ():
                assert resident.get(path, params=fixed | {name: value}).status_code < 500, (name, value)


def test_a_form_that_never_ends_gives_its_line_back(resident: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(frame, "_form", endless)
    monkeypatch.setattr(frame, "_PATIENCE_S", 0.01)
    assert resident.post_form(addresses.RECEIPT, {"receipt": "x"}).status_code == 408


@pytest.mark.parametrize("path", [route.path for route in residents.ROUTES if "POST" in (route.methods or ())])
def test_whatever_a_form_says_a_page_answers(resident: Any, path: str) -> None:
    names = ("act", "receipt", "code", "seen", "size", "contrast", "language", "back", "of", "sure", "once", "amount")
    for value in ("中\r\nSet-Cookie: a=b", "1" * 3000, "😀", "\x00", ""):
        for act in (value, "size", "cast", "check"):
            fields = dict.fromkeys(names, value) | {"act": act, "size": "1"}
            answer = resident.post_form(path, fields, follow_redirects=False)
            assert answer.status_code < 500, fields
            assert "a=b" not in answer.headers.get("set-cookie", "")
