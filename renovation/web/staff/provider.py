"""The office's identity server: what it offers, whom it names, and whether what it signed may be believed.

References
----------
OpenID Connect Core 1.0 (2014), 3.1.3.7: ID token validation; Discovery 1.0, 4.3; Back-Channel Logout 1.0, 2.6.
RFC 7636: Proof key for code exchange. RFC 9207: issuer identification. RFC 9700: Best current practice. 2025.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from renovation.config import Configuration, settings
from renovation.errors import DeniedError, RenovationError, UnavailableError
from renovation.model import addresses
from renovation.model.clock import moment_of, now
from renovation.services.staff.identities import Identity

#: Signatures by which a stranger cannot pass for the server: none with a shared secret, and not none at all.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: How far the two clocks may differ.
LEEWAY = timedelta(minutes=2)
_PATIENCE_S = (5, 10)
#: What the server says of itself is asked again after this long; its keys at most once in the second time.
_KEPT, _KEYS_AGAIN = timedelta(hours=1), timedelta(seconds=30)
#: How long a word that somebody has signed out may be good: it could be said again.
_WORD_LASTS = timedelta(minutes=10)
_MOST_BYTES = 1_000_000
_OVER = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of the server and has to fit its answer."""

    state: str
    nonce: str
    verifier: str
    at: datetime


class Provider:
    """An OpenID provider as its discovery document describes it."""

    def __init__(self, here: Configuration) -> None:
        self._issuer = here.oidc_issuer
        self._client = here.oidc_client
        self._secret = here.oidc_secret.get_secret_value()
        self._back = here.staff_url + addresses.IDENTITY_BACK
        self._guard = threading.Lock()
        self._said: dict[str, Any] = {}
        self._said_at = datetime.min.replace(tzinfo=UTC)
        self._keys: KeySet | None = None
        self._keys_at = self._said_at

    def address(self, asked: Asked) -> str:
        """Return where a browser goes to sign in; the password is asked for even where somebody is signed in there.

        Raises
        ------
        UnavailableError
            ``identity.unreachable``: the server does not answer, or not as such a server.
        """
        with self._session() as session:
            found, _ = session.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
                prompt="login",
            )
        return str(found)

    def identity(self, asked: Asked, answer: Mapping[str, str]) -> Identity:
        """Return whom the server names in answer to what was asked.

        Parameters
        ----------
        answer
            The fields with which the browser came back.

        Raises
        ------
        DeniedError
            ``identity.declined``: nobody signed in there; ``identity.unfit``, with what did not fit.
        UnavailableError
            ``identity.unreachable``.
        """
        if answer.get("iss", self._issuer) != self._issuer:
            raise DeniedError("identity.unfit", what="iss")
        if "error" in answer or not answer.get("code"):
            raise DeniedError("identity.declined", said=answer.get("error", "")[:60])
        with self._session() as session:
            try:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=asked.verifier,
                    allow_redirects=False,
                )
            except OAuthError as error:
                raise DeniedError("identity.declined", said=str(error.error)[:60]) from error
            except (requests.RequestException, ValueError) as error:
                raise UnavailableError("identity.unreachable") from error
        header, claims = self._read(str(token.get("id_token", "")))
        params = {"nonce": asked.nonce, "client_id": self._client, "access_token": token.get("access_token")}
        named = CodeIDToken(claims, header, self._ours(), params)
        try:
            named.validate(int(now().timestamp()), int(LEEWAY.total_seconds()))
        except JoseError as error:
            raise _unfit(error) from error
        signed_in = named.get("auth_time")
        # Whoever sits at a shared computer must not come in as whoever signed in there before.
        if signed_in is not None and signed_in < (asked.at - LEEWAY).timestamp():
            raise DeniedError("identity.unfit", what="auth_time")
        return Identity(issuer=self._issuer, subject=_short(named, "sub"), session=_short(named, "sid", needed=False))

    def ended(self, token: str) -> tuple[Identity, datetime]:
        """Return whose session is over by the server's own word, and what had begun by when ends with it (UTC).

        Raises
        ------
        DeniedError
            ``identity.unfit``, with what did not fit.
        UnavailableError
            ``identity.unreachable``.
        """
        _, claims = self._read(token)
        registry = jwt.JWTClaimsRegistry(
            int(now().timestamp()), int(LEEWAY.total_seconds()), **self._ours(), iat={"essential": True},
            exp={"essential": True}, jti={"essential": True},
        )  # fmt: skip
        try:
            registry.validate(claims)
        except JoseError as error:
            raise _unfit(error) from error
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(_OVER), dict) or "nonce" in claims:
            raise DeniedError("identity.unfit", what="events")
        if claims["exp"] - claims["iat"] > _WORD_LASTS.total_seconds():
            raise DeniedError("identity.unfit", what="exp")
        subject, session = (_short(claims, name, needed=False) for name in ("sub", "sid"))
        if not subject and not session:
            raise DeniedError("identity.unfit", what="sub")
        # Had its clock been behind, a session of just before would stay.
        said_at = moment_of(claims["iat"]) + LEEWAY
        return Identity(issuer=self._issuer, subject=subject, session=session), said_at

    def _ours(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client},
        }

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self._client,
            self._secret or None,
            scope="openid",
            redirect_uri=self._back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            default_timeout=_PATIENCE_S,
        )
        # Neither the machine's proxies nor its .netrc have a say in who somebody is.
        session.trust_env = False
        return session

    def _read(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims of what the server has signed, with its newest keys where it names another."""
        try:
            try:
                found = jwt.decode(token, self._key_set(_KEPT), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                found = jwt.decode(token, self._key_set(_KEYS_AGAIN), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise DeniedError("identity.unfit", what="signature") from error
        return dict(found.header), dict(found.claims)

    def _endpoint(self, name: str) -> str:
        return str(self._metadata()[name])

    def _metadata(self) -> dict[str, Any]:
        with self._guard:
            if now() - self._said_at > _KEPT:
                found = _fetched(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
                endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                if found.get("issuer") != self._issuer or not all(_is_safe(found.get(name)) for name in endpoints):
                    raise UnavailableError("identity.unreachable")
                self._said, self._said_at = found, now()
            return self._said

    def _key_set(self, at_most: timedelta) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._guard:
            if self._keys is None or now() - self._keys_at > at_most:
                try:
                    self._keys, self._keys_at = KeySet.import_key_set(_fetched(address)), now()  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
                    raise UnavailableError("identity.unreachable") from error
            return self._keys


def _fetched(address: str) -> dict[str, Any]:
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(address, timeout=_PATIENCE_S, allow_redirects=False, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise UnavailableError("identity.unreachable")
                body = answer.raw.read(_MOST_BYTES, decode_content=True)
        found = json.loads(body)
    except (requests.RequestException, OSError, ValueError, RecursionError) as error:
        raise UnavailableError("identity.unreachable") from error
    if not isinstance(found, dict):
        raise UnavailableError("identity.unreachable")
    return found


def _is_safe(address: Any) -> bool:
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1"))


def _short(claims: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST or not (value or not needed):
        raise DeniedError("identity.unfit", what=name)
    return value


def _unfit(error: JoseError) -> RenovationError:
    claim = getattr(error, "claim", "") or "token"
    return DeniedError("identity.unfit", what=str(claim)[:20])


@cache
def provider() -> Provider:
    """Return the identity server of this process.

    Raises
    ------
    UnavailableError
        ``identity.no_server``: none is set up.
    """
    here = settings()
    if not here.oidc_issuer:
        raise UnavailableError("identity.no_server")
    return Provider(here)
