"""A little OpenID provider: a real HTTP server with real keys, honest unless a test bends it.

It knows one client and any subject. `agree` is what a browser and its person do at the authorization endpoint.
"""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from verifier.encoding import b64url

CLIENT, SECRET = "lotproof client", "a:secret/with+signs"
KEYS: dict[str, Any] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
STRANGE = RSAKey.generate_key(2048, {"kid": "rsa"})


@dataclass(slots=True)
class Provider:
    """`claims`, `metadata` and `header` replace members of what it says (None: leaves them out); `key` signs."""

    issuer: str
    alg: str = "RS256"
    key: Any = None
    token: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def honest(self) -> None:
        self.alg, self.key, self.token = "RS256", None, None
        for bent in (self.claims, self.metadata, self.answers):
            bent.clear()

    def agree(self, url: str, subject: str) -> dict[str, str]:
        """The query with which the browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 43 <= len(asked["nonce"])
        code = token_urlsafe(16)
        self.codes[code] = {**asked, "sub": subject}
        return {"code": code, "state": asked["state"]}

    def document(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
        }  # fmt: skip
        return {name: value for name, value in (said | self.metadata).items() if value is not None}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": self.issuer, "aud": CLIENT, "sub": asked["sub"], "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, "auth_time": now, "amr": ["pwd", "mfa"], "acr": "urn:example:gold",
            "email": "li@acme.example",
        }  # fmt: skip
        claims = {name: value for name, value in (said | self.claims).items() if value is not None}
        key = self.key or KEYS[self.alg]
        header = {"alg": self.alg, "kid": key.kid}
        return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[self.alg])

    def give(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """The token endpoint."""
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        basic = (unquote_plus(name), unquote_plus(secret))
        who = basic if authorization else (form.get("client_id"), form.get("client_secret"))
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = b64url(sha256(form.get("code_verifier", "").encode()).digest())
        if who != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if asked is None or challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token or self.id_token(asked)}


@contextmanager
def running() -> Iterator[Provider]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._told({
            "/.well-known/openid-configuration": lambda: (200, self.provider.document()),
            "/keys": lambda: (200, {"keys": [
                {"kty": "oct", "k": "AAAA", "kid": "shared"}, {"kty": "RSA", "use": "enc", "n": "x", "e": "AQAB"},
                *(key.as_dict(private=False) for key in KEYS.values()),
            ]}),
        }.get(self.path, lambda: (404, {})))  # fmt: skip

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._told(lambda: self.provider.give(form, self.headers.get("Authorization", "")))

    @property
    def provider(self) -> Provider:
        return self.server.provider  # type: ignore[attr-defined,no-any-return]

    def _told(self, answer: Any) -> None:
        self.provider.asked.append(self.path)
        status, said = answer()
        status, body = self.provider.answers.get(self.path, (status, json.dumps(said).encode()))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
