"""Signing in at an identity server: whom it lets in, and all that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from identity_server import CLIENT, FORGED, NEXT, SECRET, IdentityServer, by_hand, serving
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from renovation.config import settings
from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from renovation.model import addresses, clock
from renovation.model.accounts import Account, Actor, Role
from renovation.model.kept import Kept
from renovation.services.staff import accounts, guesses, identities, proofs, recovery, second_factor
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.second_factor import FactorFor
from renovation.store import Store
from renovation.store.keys import key_folder
from renovation.store.staff import budgets
from renovation.ui.border import Border
from renovation.web import frame
from renovation.web.staff import identity, provider

ORIGIN = "http://localhost"
SUBJECT = "248289761001"
HTTP = {"authorization_endpoint": "http://sso.invalid/a"}


@dataclass(frozen=True)
class Town:
    """A store with staff, its identity server, and a browser before it."""

    store: Store
    admin: Actor
    server: IdentityServer
    browser: TestClient
    clerk: Account
    password: str

    def begin(self, path: str = addresses.IDENTITY) -> dict[str, str]:
        """Go to the identity server and return what it is asked."""
        answer = self.browser.get(path, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        to = urlsplit(answer.headers["location"])
        assert answer.headers["location"].startswith(f"{self.server.issuer}/authorize?")
        return {name: values[0] for name, values in parse_qs(to.query).items()}

    def back(self, asked: dict[str, str], **fields: str) -> Any:
        """Come back with a code that the server gives for what it was asked."""
        self.server.remember("one-time", asked["code_challenge"], asked["nonce"])
        given = {"code": "one-time", "state": asked["state"], **fields}
        return self.browser.get(addresses.IDENTITY_BACK, params={k: v for k, v in given.items() if v})

    def signed_in(self) -> Account | None:
        """Return who this browser is signed in as."""
        token = self.browser.cookies.get(Kept.SESSION.value, path="/")
        return accounts.session_account(self.store, token.strip('"')) if token else None


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityServer]:
    with serving() as found:
        yield found


@pytest.fixture
def town(store: Store, running: IdentityServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Town]:
    fresh = IdentityServer(running.issuer)
    vars(running).update(vars(fresh))
    secret = tmp_path / "renovation_oidc_secret"
    secret.write_text(SECRET, encoding="utf-8")
    for name, value in {
        "HOME": str(store.keys.parent),
        "OIDC_ISSUER": running.issuer,
        "OIDC_CLIENT": CLIENT,
        "SECRETS": str(tmp_path),
        "STAFF_URL": ORIGIN,
    }.items():
        monkeypatch.setenv(f"RENOVATION_{name}", value)
    monkeypatch.setattr(frame, "shared_store", lambda url, keys: store)
    settings.cache_clear()
    provider.provider.cache_clear()
    first = accounts.create_first_account(
        store, AccountDraft(login="first", name="甲", role=Role.ADMIN), "correct-horse-battery"
    )
    admin = accounts.as_actor(first)
    draft = AccountDraft(login="clerk", name="乙", role=Role.PLANNER)
    clerk, password = accounts.create_account(store, admin, draft)
    identities.set_identity(store, admin, clerk.id, running.issuer, SUBJECT)
    app = Starlette(routes=identity.ROUTES, middleware=[Middleware(Border)])
    browser = TestClient(app, base_url=ORIGIN, client=("10.0.0.7", 50_000))
    yield Town(store, admin, running, browser, clerk, password)
    settings.cache_clear()
    provider.provider.cache_clear()


def test_somebody_known_comes_in_and_leads_on(town: Town) -> None:
    asked = town.begin()
    assert asked["code_challenge_method"] == "S256"
    assert asked["prompt"] == "login"
    assert asked["redirect_uri"] == ORIGIN + addresses.IDENTITY_BACK
    assert asked["scope"] == "openid"
    answer = town.back(asked)
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text
    found = town.signed_in()
    assert found is not None
    assert found.login == "clerk"
    assert SECRET not in str(town.server.asked)
    # The session's cookie stays at home; that of the way back comes along from the other site, and is over.
    kept = {line.split("=", 1)[0]: line.lower() for line in answer.headers.get_list("set-cookie")}
    assert "samesite=strict" in kept[Kept.SESSION.value]
    assert "max-age=0" in kept[Kept.IDENTITY.value]


def _set(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.__setitem__(name, value)


def _without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name, None) and None


def _late(name: str, seconds: int) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.__setitem__(name, claims[name] + seconds)


LIES = {
    "another issuer": _set("iss", "https://elsewhere.invalid"),
    "no issuer": _without("iss"),
    "another audience": _set("aud", "another-tool"),
    "no audience": _without("aud"),
    "several audiences, ours among them, and no party": _set("aud", [CLIENT, "another-tool"]),
    "another party": _set("azp", "another-tool"),
    "another nonce": _set("nonce", "guessed"),
    "no nonce": _without("nonce"),
    "expired": _late("exp", -300 - 121),
    "never expires": _without("exp"),
    "an end that is no number": _set("exp", "tomorrow"),
    "an end that is not a number": _set("exp", float("nan")),
    "issued in the future": _late("iat", 121),
    "no day of issue": _without("iat"),
    "not yet good": _set("nbf", 2**40),
    "no subject": _without("sub"),
    "an empty subject": _set("sub", ""),
    "a subject that is a list": _set("sub", [SUBJECT]),
    "a subject beyond bounds": _set("sub", "9" * 300),
    "signed in yesterday": _late("auth_time", -86_400),
    "a hash of another access token": _set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("lie", [pytest.param(LIES[name], id=name) for name in LIES])
def test_a_token_that_does_not_fit_lets_nobody_in(town: Town, lie: Callable[[dict[str, Any]], None]) -> None:
    town.server.claims = lie
    answer = town.back(town.begin())
    assert answer.status_code == 403
    assert town.signed_in() is None


@pytest.mark.parametrize("what", ["forged key", "no signature", "a shared secret", "no token", "an unknown key"])
def test_a_token_that_the_server_did_not_sign_lets_nobody_in(town: Town, what: str) -> None:
    match what:
        case "forged key":
            town.server.key = FORGED
        case "no signature":
            town.server.sign = lambda claims: by_hand("none", claims, b"")  # type: ignore[method-assign]
        case "a shared secret":
            # The server's public key, taken for the secret of another kind of signature.
            public = town.server.published[0].as_pem(private=False)
            town.server.sign = lambda claims: by_hand("HS256", claims, public)  # type: ignore[method-assign]
        case "no token":
            town.server.sign = lambda claims: ""  # type: ignore[method-assign]
        case _:
            town.server.key, town.server.header = NEXT, {"alg": "RS256", "kid": "second"}
    answer = town.back(town.begin())
    vars(town.server).pop("sign", None)
    assert answer.status_code == 403
    assert town.signed_in() is None


def test_a_new_key_is_asked_for_once_it_is_published(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert town.back(town.begin()).status_code == 200
    town.server.published.append(NEXT)
    town.server.key, town.server.header = NEXT, {"alg": "RS256", "kid": "second"}
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "tick", lambda: later)
    assert town.back(town.begin()).status_code == 200


@pytest.mark.parametrize("skew", [-110, 110])
def test_clocks_may_differ_by_two_minutes(town: Town, skew: int) -> None:
    def off(claims: dict[str, Any]) -> None:
        for name in ("iat", "auth_time"):
            claims[name] += skew
        claims["exp"] = claims["iat"] + 60 if skew > 0 else claims["iat"] + 5

    town.server.claims = off
    assert town.back(town.begin()).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": "guessed"}, 403),
        ({"state": ""}, 403),
        ({"code": ""}, 403),
        ({"code": "guessed"}, 403),
        ({"code": "", "error": "access_denied"}, 403),
        ({"error": "<script>alert(1)</script>"}, 403),
        ({"iss": "https://elsewhere.invalid"}, 403),
    ],
    ids=str,
)
def test_an_answer_that_does_not_fit_what_was_asked(town: Town, fields: dict[str, str], status: int) -> None:
    answer = town.back(town.begin(), **fields)
    assert answer.status_code == status
    assert "<script>" not in answer.text
    assert town.signed_in() is None


def test_an_answer_is_taken_once_and_in_its_own_browser(town: Town) -> None:
    asked = town.begin()
    assert town.back(asked).status_code == 200
    # Heard again: what was asked is over here, whatever the server says.
    assert town.back(asked).status_code == 403
    asked = town.begin()
    town.browser.cookies.clear()
    assert town.back(asked).status_code == 403
    assert town.signed_in() is None


def test_what_was_asked_is_over_after_ten_minutes(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = town.begin()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: clock.now().timestamp() + 601)
    assert town.back(asked).status_code == 403


def test_who_has_no_account_is_told_the_number_that_an_administrator_needs(town: Town) -> None:
    town.server.claims = _set("sub", "unknown-1")
    answer = town.back(town.begin())
    assert answer.status_code == 403
    assert "unknown-1" in answer.text


def test_who_is_switched_off_stays_out(town: Town) -> None:
    accounts.set_active(town.store, town.admin, town.clerk.id, False)
    assert town.back(town.begin()).status_code == 403
    assert town.signed_in() is None


@pytest.mark.parametrize(
    "lie",
    [
        _set("issuer", "https://elsewhere.invalid"),
        _without("jwks_uri"),
        lambda said: said.update(HTTP),
        lambda said: said.clear(),
    ],
)
def test_a_server_that_is_not_the_one_is_not_asked(town: Town, lie: Callable[[dict[str, Any]], None]) -> None:
    town.server.metadata = lie
    answer = town.browser.get(addresses.IDENTITY, follow_redirects=False)
    assert answer.status_code == 503
    town.server.metadata = lambda said: None
    # What failed is not kept.
    assert town.begin()


def test_a_server_that_is_down_is_said_to_be(town: Town) -> None:
    town.server.status = 500
    assert town.browser.get(addresses.IDENTITY, follow_redirects=False).status_code == 503


def test_many_ways_back_wait(town: Town) -> None:
    statuses = {town.back(town.begin(), code="guessed").status_code for _ in range(62)}
    assert "wait" not in statuses
    assert "秒" in town.back(town.begin(), code="guessed").text


def _over(town: Town, token: str) -> int:
    return town.browser.post(addresses.IDENTITY_OVER, data={"logout_token": token}).status_code


def test_signing_out_there_ends_the_session_here(town: Town) -> None:
    town.back(town.begin())
    assert _over(town, town.server.over(sub=SUBJECT, sid="there-2")) == 200
    assert town.signed_in() is not None
    assert _over(town, town.server.over(sid="there-1")) == 200
    assert town.signed_in() is None
    town.back(town.begin())
    word = town.server.over(sub=SUBJECT)
    assert _over(town, word) == 200
    assert town.signed_in() is None


def test_an_old_word_ends_nothing_that_began_since(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.back(town.begin())
    word = town.server.over(sub=SUBJECT)
    later = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr(clock, "tick", lambda: later)
    assert _over(town, word) == 200
    town.back(town.begin())
    assert _over(town, word) == 200
    assert town.signed_in() is not None


@pytest.mark.parametrize(
    "lie",
    [
        _set("iss", "https://elsewhere.invalid"),
        _set("aud", "another-tool"),
        _without("events"),
        _set("events", {"something": {}}),
        _set("events", []),
        _set("nonce", "n"),
        _without("iat"),
        _without("exp"),
        _without("jti"),
        _late("exp", -242),
        _late("exp", 86_400),
        _without("sub"),
    ],
)
def test_a_word_that_does_not_fit_ends_nothing(town: Town, lie: Callable[[dict[str, Any]], None]) -> None:
    town.back(town.begin())
    assert _over(town, town.server.over(lie, sub=SUBJECT)) == 400
    town.server.key = FORGED
    assert _over(town, town.server.over(sub=SUBJECT)) == 400
    assert _over(town, "no token") == 400
    assert _over(town, "x" * 20_000) == 413
    assert town.signed_in() is not None


def test_whoever_signs_in_there_does_not_with_the_password(town: Town) -> None:
    with pytest.raises(DeniedError, match=r"identity\.only"):
        accounts.sign_in(town.store, "clerk", town.password)
    with pytest.raises(DeniedError, match="sign_in_failed"):
        accounts.sign_in(town.store, "clerk", "wrong")
    # A second factor is the identity server's business.
    second_factor.require_of(town.store, town.admin, FactorFor.EVERYBODY)
    town.back(town.begin())
    found = town.signed_in()
    assert found is not None
    assert not second_factor.is_missing(town.store, found)
    identities.set_identity(town.store, town.admin, town.clerk.id, "", "")
    assert town.signed_in() is None
    assert accounts.sign_in(town.store, "clerk", town.password).account.login == "clerk"


def test_somebody_can_always_get_in_without_the_server(town: Town) -> None:
    with pytest.raises(ConflictError, match="last_local_admin"):
        identities.set_identity(town.store, town.admin, town.admin.account_id or 0, town.server.issuer, "boss")
    other, _ = accounts.create_account(town.store, town.admin, AccountDraft(login="other", name="丙", role=Role.ADMIN))
    with pytest.raises(ConflictError, match=r"identity\.taken"):
        identities.set_identity(town.store, town.admin, other.id, town.server.issuer, SUBJECT)
    identities.set_identity(town.store, town.admin, other.id, town.server.issuer, "boss")
    with pytest.raises(ConflictError, match="last_admin"):
        accounts.set_active(town.store, town.admin, town.admin.account_id or 0, False)
    with pytest.raises(InvalidError):
        identities.set_identity(town.store, town.admin, other.id, town.server.issuer, "名字")
    password = recovery.let_in(town.store, town.admin, "clerk", "认证坏了", second=accounts.as_actor(other))
    assert accounts.sign_in(town.store, "clerk", password).account.identity == ""


def test_who_is_signed_in_proves_it_again_there(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.back(town.begin())
    later = clock.now() + timedelta(minutes=20)
    monkeypatch.setattr(clock, "tick", lambda: later)
    token = town.browser.cookies[Kept.SESSION.value].strip('"')
    assert not proofs.is_fresh(town.store, proofs.token_hash(token))
    town.server.claims = _set("sub", "unknown-1")
    assert town.back(town.begin(f"{addresses.IDENTITY}?again=1")).status_code == 403
    assert not proofs.is_fresh(town.store, proofs.token_hash(token))
    town.server.claims = lambda claims: None
    assert town.back(town.begin(f"{addresses.IDENTITY}?again=1")).status_code == 200
    assert proofs.is_fresh(town.store, proofs.token_hash(token))
    # What was right does not count as a try: the refused one alone does.
    with town.store.read() as connection:
        door = f"address {guesses.folded_address(key_folder(connection), '10.0.0.7')}"
        assert budgets.tried(connection, door) == 1


def test_where_none_is_set_up_there_is_no_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_OIDC_ISSUER", "")
    settings.cache_clear()
    assert town.browser.get(addresses.IDENTITY, follow_redirects=False).status_code == 404
    assert town.browser.post(addresses.IDENTITY_OVER, data={"logout_token": "x"}).status_code == 404
    # Its accounts are not locked out with it.
    assert accounts.sign_in(town.store, "clerk", town.password).account.login == "clerk"
    with pytest.raises(NotFoundError):
        identities.set_identity(town.store, town.admin, 999, "https://sso.invalid", "x")
