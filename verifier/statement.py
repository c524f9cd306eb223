"""What a party says: the signed part of an SD-JWT (RFC 9901, RFC 7515), without its disclosures.

    <header>.<payload>.<signature>~<disclosure>~...~<disclosure>~

The header is exactly ``alg`` = EdDSA, ``kid`` = RFC 7638 thumbprint, ``typ``; there is no choice of
algorithm, no embedded key and no key-binding JWT. The payload's members are fixed for each kind:

    1 movement, 3 erasure, 4 notice   iss jti iat aud vct lots [ref] _sd_alg _sd
    2 party key                       iss jti iat aud vct seq prev keys recovery

Reading is not believing: `read` leaves the signature to `check_signature`, the time to check 8 and
the digests to `verifier.disclosure`. Evidence: the statement vectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from verifier import ed25519, uri
from verifier.encoding import array, b64url, integer, load_json, members, string, unb64url, unb64url_hash
from verifier.entry import ERASURE, MOVEMENT, NOTICE, PARTY_KEY
from verifier.errors import Refuted
from verifier.hashing import StatementHash, statement_hash

MAX_TOKEN = 64 * 1024
MAX_DISCLOSURES = 1024
MAX_KEYS = 16

ACCEPTS, REFUSES, CORRECTS, ERASES = "accepts", "refuses", "corrects", "erases"
TYPES = {
    MOVEMENT: ("movement+sd-jwt", "urn:lotproof:movement:1"),
    PARTY_KEY: ("key+sd-jwt", "urn:lotproof:key:1"),
    ERASURE: ("erasure+sd-jwt", "urn:lotproof:erasure:1"),
    NOTICE: ("notice+sd-jwt", "urn:lotproof:notice:1"),
}

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEADER = frozenset({"alg", "kid", "typ"})
_SAID = frozenset({"iss", "jti", "iat", "aud", "vct", "lots", "_sd_alg", "_sd"})
_KEYS = frozenset({"iss", "jti", "iat", "aud", "vct", "seq", "prev", "keys", "recovery"})
_JWK = frozenset({"crv", "kty", "x"})
_REF = frozenset({"ref"})


@dataclass(frozen=True, slots=True)
class SdJwt:
    """The parts of one SD-JWT, within limits and otherwise unread."""

    jwt: str
    disclosures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """How a statement answers an earlier one of the same history."""

    rel: str
    statement: StatementHash
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as its party wrote it; nobody checked the signature yet."""

    kind: int
    hash: StatementHash
    key: str
    issuer: str
    id: str
    issued_at: int
    ref: Ref | None
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class KeySet:
    """What a key statement sets: the keys valid from the next index on, by thumbprint."""

    sequence: int
    previous: StatementHash
    keys: Mapping[str, bytes]
    recovery: str | None


def split(sdjwt: str) -> SdJwt:
    """The parts of an SD-JWT without key binding, within the limits; raises Refuted (check 1)."""
    parts = sdjwt.split("~")
    if len(parts) < 2 or parts[-1]:
        raise Refuted("SD-JWT", "a JWT and disclosures, each followed by ~", ascii(sdjwt[-40:]))
    if len(parts) - 2 > MAX_DISCLOSURES:
        raise Refuted("SD-JWT", f"at most {MAX_DISCLOSURES} disclosures", len(parts) - 2)
    if max(map(len, parts)) > MAX_TOKEN or not sdjwt.isascii():
        raise Refuted("SD-JWT", f"ASCII parts of at most {MAX_TOKEN} characters", "other parts")
    return SdJwt(parts[0], tuple(parts[1:-1]))


def read(jwt: str, kind: int, origin: str) -> Statement:
    """The statement in `jwt`, of this kind and made for this log; raises Refuted (check 3).

    Checks neither the signature nor `lots`, `_sd` and `_sd_alg`, which are check 4's.
    """
    header, _, rest = jwt.partition(".")
    spelled_payload, dot, spelled_signature = rest.partition(".")
    if not dot:  # the second one; a third would be no base64url
        raise Refuted("JWT", "three parts", jwt.count(".") + 1)
    payload = load_json(unb64url(spelled_payload))
    _check_payload(payload, kind, origin)
    return Statement(
        kind,
        statement_hash(jwt),
        _key_of_header(header, TYPES[kind][0]),
        payload["iss"],
        payload["jti"],
        payload["iat"],
        _ref(payload, kind),
        payload,
        f"{header}.{spelled_payload}".encode("ascii"),
        unb64url(spelled_signature),
    )


def check_signature(statement: Statement, public: bytes) -> None:
    """Raises Refuted unless `public` signed the statement."""
    ed25519.verify(public, statement.signature, statement.signed)


def key_set(statement: Statement, parts: SdJwt) -> KeySet:
    """The keys that a key statement (kind 2) sets; raises Refuted for any that must not be registered."""
    if parts.disclosures:
        raise Refuted("key statement", "no disclosures", len(parts.disclosures))
    payload = statement.payload
    keys = dict(_jwk(jwk) for jwk in array(payload["keys"], "keys", MAX_KEYS))
    if len(keys) != len(payload["keys"]) or list(keys) != sorted(keys):
        raise Refuted("keys", "each once, sorted by thumbprint", list(keys))
    recovery = payload["recovery"]
    if recovery is not None:
        unb64url_hash(recovery)
    previous = StatementHash(unb64url_hash(payload["prev"]))
    return KeySet(integer(payload["seq"], "seq"), previous, keys, recovery)


@lru_cache(maxsize=1024)
def thumbprint(public: bytes) -> str:
    """RFC 7638 thumbprint of an Ed25519 key."""
    return b64url(sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % b64url(public).encode("ascii")).digest())


@lru_cache(maxsize=1024)
def _key_of_header(spelled: str, typ: str) -> str:
    """The `kid` of a header. Cached: one party writes the same header on every statement."""
    header = members(load_json(unb64url(spelled)), "header", _HEADER)
    if header["alg"] != "EdDSA":
        raise Refuted("alg", "EdDSA", header["alg"])
    if header["typ"] != typ:
        raise Refuted("typ", typ, header["typ"])
    unb64url_hash(header["kid"])
    return string(header["kid"], "kid")


def _check_payload(payload: Any, kind: int, origin: str) -> None:
    if kind == PARTY_KEY:
        members(payload, "payload", _KEYS)
    else:
        members(payload, "payload", _SAID, _REF)
    vct = TYPES[kind][1]
    if payload["vct"] != vct:
        raise Refuted("vct", vct, payload["vct"])
    if payload["aud"] != origin:
        raise Refuted("aud: made for another log", origin, payload["aud"])
    if not _UUID.fullmatch(string(payload["jti"], "jti")):
        raise Refuted("jti", "a lower-case UUID", payload["jti"])
    integer(payload["iat"], "iat")
    _check_party(string(payload["iss"], "iss"))


@lru_cache(maxsize=1024)
def _check_party(issuer: str) -> None:
    uri.check_uri(uri.PARTY, issuer)


def _ref(payload: Any, kind: int) -> Ref | None:
    erases = kind == ERASURE
    if "ref" not in payload:
        if erases:
            raise Refuted("erasure notice", "a ref that names what went", "none")
        return None
    if kind == NOTICE:
        raise Refuted("notice", "no ref", "one")
    value = payload["ref"]
    members(value, "ref", frozenset({"rel", "statement", "digests"} if erases else {"rel", "statement"}))
    allowed = (ERASES,) if erases else (ACCEPTS, REFUSES, CORRECTS)
    if value["rel"] not in allowed:
        raise Refuted("rel", " or ".join(allowed), value["rel"])
    return Ref(value["rel"], StatementHash(unb64url_hash(value["statement"])), _erased(value) if erases else ())


def _erased(value: Any) -> tuple[str, ...]:
    digests = array(value["digests"], "erased digests", MAX_DISCLOSURES)
    for digest in digests:
        unb64url_hash(digest)
    if not digests or len(set(digests)) != len(digests):
        raise Refuted("erased digests", "at least one, each once", len(digests))
    return tuple(digests)


def _jwk(value: Any) -> tuple[str, bytes]:
    jwk = members(value, "key", _JWK)
    if jwk["crv"] != "Ed25519" or jwk["kty"] != "OKP":
        raise Refuted("key", "crv Ed25519 and kty OKP", (jwk["crv"], jwk["kty"]))
    public = ed25519.check_key(unb64url(string(jwk["x"], "x")))
    return thumbprint(public), public
