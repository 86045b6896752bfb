"""An identity server on this machine that can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

from renovation.model.clock import now

CLIENT, SECRET = "renovation", "a-secret-of-the-client"
OVER = "http://schemas.openid.net/event/backchannel-logout"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
#: Of the same name, and not the server's.
FORGED = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
NEXT = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})

Lie = Callable[[dict[str, Any]], object]


@dataclass
class IdentityServer:
    """What it says, and how the next token differs from an honest one."""

    issuer: str
    claims: Lie = lambda claims: None
    metadata: Lie = lambda said: None
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "first"})
    key: Any = field(default_factory=lambda: KEY)
    published: list[Any] = field(default_factory=lambda: [KEY])
    status: int = 200
    challenges: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def sign(self, claims: dict[str, Any]) -> str:
        """Return claims signed as the server signs now."""
        return jwt.encode(self.header, claims, self.key, algorithms=["RS256"])

    def remember(self, code: str, challenge: str, nonce: str) -> None:
        """Give a code out for what a browser came with."""
        self.challenges[code] = (challenge, nonce)

    def over(self, lie: Lie = lambda claims: None, **claims: Any) -> str:
        """Return the word that somebody has signed out."""
        at = int(now().timestamp())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 120, "jti": "one", "events": {OVER: {}}}
        said |= claims
        lie(said)
        return self.sign(said)

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Answer as an OpenID provider does."""
        if path == "/.well-known/openid-configuration":
            said: dict[str, Any] = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            self.metadata(said)
            return self.status, said
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        self.asked.append(form)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge, nonce = self.challenges.pop(form.get("code", ""), ("", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != f"Basic {basic}" or not challenge or proved != challenge:
            return 400, {"error": "invalid_grant"}
        at = int(now().timestamp())
        claims = {
            "iss": self.issuer, "sub": "248289761001", "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": nonce,
            "auth_time": at, "sid": "there-1",
        }  # fmt: skip
        self.claims(claims)
        token = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.sign(claims)}
        return 200, {name: value for name, value in token.items() if value}


def by_hand(algorithm: str, claims: dict[str, Any], secret: bytes) -> str:
    """Return a token that no library would sign."""
    parts = [dumps(part).encode() for part in ({"alg": algorithm, "kid": "first"}, claims)]
    said = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    sign = hmac.digest(secret, said, "sha256") if secret else b""
    return (said + b"." + base64.urlsafe_b64encode(sign).rstrip(b"=")).decode()


@contextmanager
def serving() -> Iterator[IdentityServer]:
    """Run an identity server for a while."""
    held: list[IdentityServer] = []

    class Handler(BaseHTTPRequestHandler):
        def _say(self, form: dict[str, str]) -> None:
            status, said = held[0].answer(self.path, form, self.headers.get("authorization", ""))
            body = dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say({name: values[0] for name, values in parse_qs(sent).items()})

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.append(IdentityServer(f"http://127.0.0.1:{server.server_port}"))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield held[0]
        finally:
            server.shutdown()
            thread.join()
