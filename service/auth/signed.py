"""Requests that a machine signs one by one (RFC 9421), instead of carrying a token: the signature is of this method,
host, path, query and body, of the next minutes, and counts once.

    Signature-Input: s=("@method" "@authority" "@path" "@query" "content-digest");created=…;expires=…;nonce="…";keyid=…
    Signature: s=:…:
    Content-Digest: sha-256=:…:

`keyid` is the client that a party registered at /oauth-clients; so a machine with one key serves many parties, each
under the client of that party, and a signature for one is none for another. The algorithm follows from the registered
key: `ed25519`, `ecdsa-p256-sha256`, or `rsa-pss-sha512`. `@authority` is that of LOTPROOF_PUBLIC_URL, whatever `Host`
says. A header `Lotproof-…` that is there must be covered too.

Who calls is known before the body is read; an operation that reads it checks it then (`check_body`), and one that does
not has no use for it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from flask import g, request
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerifyResult,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from joserfc.jwk import import_key

from service.api.problem import Problem, shown, unauthorized

COVERED = ('"@method"', '"@authority"', '"@path"', '"@query"')
LONGEST = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
MOST_NONCE = 120
MOST_HEADER = 4_000
_ALGORITHMS: Mapping[str, Any] = {
    "OKP": algorithms.ED25519, "EC": algorithms.ECDSA_P256_SHA256, "RSA": algorithms.RSA_PSS_SHA512,
}  # fmt: skip
_PATH = "/:@!$&'()*+,;=-._~"  # what RFC 3986 lets stand in a path as it is


class _Registered(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def __init__(self, key: Mapping[str, str]) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Any:
        return import_key(dict(self._key)).public_key  # type: ignore[union-attr]


class _Verifier(HTTPMessageVerifier):  # type: ignore[misc]
    max_clock_skew = SKEW


def is_signed() -> bool:
    """Whether the current request means to sign for itself."""
    return "Signature-Input" in request.headers or "Signature" in request.headers


def client_of() -> UUID:
    """Who claims to have signed; nothing of it is checked yet. Raises 401."""
    if "Authorization" in request.headers:
        raise refused("expected a signature or an Authorization header, got both")
    given = request.headers.get("Signature-Input", "")
    if len(given) > MOST_HEADER or len(request.headers.get("Signature", "")) > MOST_HEADER:
        raise refused(f"expected Signature and Signature-Input of at most {MOST_HEADER} characters, got more")
    try:
        return UUID(given.rpartition(';keyid="')[2].partition('"')[0])
    except ValueError:
        raise refused('expected the parameter keyid="…", the id of a client, got none') from None


def verified(client: UUID, key: Mapping[str, str], public_url: str) -> tuple[str, datetime]:
    """The nonce, and until when it must not come again; raises 401. Of the body only its digest was signed so far."""
    verifier = _Verifier(signature_algorithm=_ALGORITHMS[key["kty"]], key_resolver=_Registered(key))
    try:
        [found] = verifier.verify(_message(public_url), max_age=LONGEST, require_components=(*COVERED, *_ours()))
    except (HTTPMessageSignaturesException, ValueError) as wrong:
        raise refused(shown(str(wrong)) or "it is not of this request by the key of this client") from None
    if found.parameters["keyid"] != str(client):
        raise refused("expected one keyid, got another beside it")
    g.lotproof_signed = verifier, found
    return _once(found)


def check_body(body: bytes) -> None:
    """Raises 401 unless what was read is what was signed; of a request that is not signed, nothing is checked."""
    signed: tuple[_Verifier, VerifyResult] | None = g.get("lotproof_signed")
    if signed is None:
        return
    verifier, found = signed
    try:
        verifier.verify_body(SimpleNamespace(headers=request.headers), [found], body)
    except HTTPMessageSignaturesException as wrong:
        raise refused(shown(str(wrong))) from None


def refused(why: str) -> Problem:
    return unauthorized(f"the signature of this request signs nobody in: {why}")


def _once(found: VerifyResult) -> tuple[str, datetime]:
    created, expires, nonce = (found.parameters.get(name) for name in ("created", "expires", "nonce"))
    if not isinstance(created, int) or not isinstance(expires, int):
        raise refused("expected the parameters created and expires, got not both")
    if not 0 < expires - created <= LONGEST.total_seconds():
        raise refused(f"expected expires at most {LONGEST.seconds} s after created, got {expires - created} s")
    if not isinstance(nonce, str) or not 16 <= len(nonce) <= MOST_NONCE or not nonce.isprintable():
        raise refused(f"expected a nonce of 16 to {MOST_NONCE} characters, got none such")
    return nonce, datetime.fromtimestamp(expires, UTC) + 2 * SKEW


def _message(public_url: str) -> SimpleNamespace:
    """The request as it was sent to us, under our own name."""
    ours = urlsplit(public_url)
    path, query = quote(request.environ["PATH_INFO"].encode("latin-1"), safe=_PATH), request.environ["QUERY_STRING"]
    url = f"{ours.scheme}://{ours.netloc}{path}" + (f"?{query}" if query else "")
    return SimpleNamespace(method=request.method, url=url, headers=request.headers)


def _ours() -> list[str]:
    return [f'"{name.lower()}"' for name, _ in request.headers.items() if name.lower().startswith("lotproof-")]


