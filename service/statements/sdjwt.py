"""Issuing an SD-JWT (RFC 9901) in the profile of docs/ledger-format.md, section 1.

    <header>.<payload>.<signature> ~ <disclosure> ~ ... ~        disclosure = base64url(["salt", ("name",)? value])

This is the hot path of recording (one statement for each movement, some 15 disclosures each), so it avoids work:

* a disclosure begins with the 24 bytes `["` + 22 characters of salt. 24 is a multiple of three, so its base64url is the
  base64url of that head followed by that of its tail, and a tail that comes again and again (`","type","ObjectEvent"]`)
  is encoded once and kept (`Tail`);
* salts, heads and digests are base64-encoded all together, padded with zeros to a multiple of three and cut apart.

What is not done here: nothing is validated. `tests/service/statements` verifies every kind with `verifier.statement`.
"""

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from verifier.hashing import StatementHash

SALT_BYTES = 16
MOVEMENT_VCT = "urn:lotproof:movement:1"
NOTICE_VCT = "urn:lotproof:notice:1"
ERASURE_VCT = "urn:lotproof:erasure:1"

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Signer(Protocol):
    """A key of the issuer: `header(typ)` is the encoded JWT header that names it, `sign` its Ed25519 signature over a
    message, which is shown the disclosures that go with it."""

    def header(self, typ: str) -> bytes: ...

    def sign(self, message: bytes, disclosures: bytes = b"~") -> bytes: ...


@dataclass(frozen=True, slots=True)
class Statement:
    """`disclosures` is what follows the JWT in an SD-JWT: `~d1~d2~...~`. It may shrink; the hash stays."""

    jwt: str
    disclosures: str
    statement_hash: StatementHash


@dataclass(frozen=True, slots=True)
class Reference:
    """`ref` of a statement: how it answers an earlier one of the same history."""

    rel: str
    statement: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A property whose value is a list of digests: its name and the tails of its members."""

    name: bytes
    members: Sequence[bytes]


def b64url(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=")


def header_of(kid: str, typ: str) -> bytes:
    """The encoded JWT header."""
    return b64url(f'{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}'.encode())


def element(json: bytes) -> bytes:
    """Encoded tail of `[salt, value]`: a list member or a lot."""
    return b64url(b'",' + json + b"]")


def named(name: bytes, json: bytes) -> bytes:
    """Encoded tail of `[salt, name, value]`."""
    return b64url(b'","' + name + b'",' + json + b"]")


def issue_movement(
    signer: Signer,
    *,
    issuer: str,
    movement: str,
    issued_at: int,
    origin: str,
    lots: Sequence[bytes],
    properties: Sequence[bytes],
    lists: Sequence[Listed],
    reference: Reference | None,
    random: Callable[[int], bytes],
) -> Statement:
    """Sign one movement: `lots` and `properties` are tails (`element`, `named`), `lists` are the list properties."""
    tails = [*lots, *properties]
    for listed in lists:
        tails += listed.members
    salts = _salts(random, len(tails) + len(lists))
    shown, digests = _disclose(salts, tails)
    first, last = len(lots), len(lots) + len(properties)
    list_tails, at = [], last
    for listed in lists:
        list_tails.append(named(listed.name, _digest_list(digests[at : at + len(listed.members)])))
        at += len(listed.members)
    shown_lists, list_digests = _disclose(salts[len(tails) :], list_tails)
    payload = (
        f'{{"iss":"{issuer}","jti":"{movement}","iat":{issued_at},"aud":"{origin}","vct":"{MOVEMENT_VCT}","lots":'.encode()
        + _digest_list(digests[:first])
        + _reference(reference)
        + b',"_sd_alg":"sha-256","_sd":["'
        + b'","'.join(sorted(digests[first:last] + list_digests))
        + b'"]}'
    )
    return seal(signer, "movement+sd-jwt", payload, b"~" + b"~".join(shown + shown_lists) + b"~")


def issue_notice(
    signer: Signer,
    *,
    issuer: str,
    movement: str,
    issued_at: int,
    origin: str,
    properties: Sequence[bytes],
    random: Callable[[int], bytes],
) -> Statement:
    """Sign a notice of the log: it concerns no lot, and everything it says is a property (`named` tails)."""
    shown, digests = _disclose(_salts(random, len(properties)), properties)
    payload = (
        f'{{"iss":"{issuer}","jti":"{movement}","iat":{issued_at},"aud":"{origin}","vct":"{NOTICE_VCT}","lots":[]'
        f',"_sd_alg":"sha-256","_sd":["'.encode()
        + b'","'.join(sorted(digests))
        + b'"]}'
    )
    return seal(signer, "notice+sd-jwt", payload, b"~" + b"~".join(shown) + b"~")


def issue_erasure(
    signer: Signer,
    *,
    issuer: str,
    id: str,
    issued_at: int,
    origin: str,
    lots: Sequence[bytes],
    properties: Sequence[bytes],
    erases: bytes,
    digests: Sequence[str],
    random: Callable[[int], bytes],
) -> Statement:
    """Sign that these disclosures of the statement with the hash `erases` are gone; what it says itself are tails."""
    shown, named = _disclose(_salts(random, len(lots) + len(properties)), [*lots, *properties])
    payload = (
        f'{{"iss":"{issuer}","jti":"{id}","iat":{issued_at},"aud":"{origin}","vct":"{ERASURE_VCT}","lots":'.encode()
        + _digest_list(named[: len(lots)])
        + b',"ref":{"rel":"erases","statement":"%s","digests":["' % b64url(erases)
        + '","'.join(digests).encode()
        + b'"]},"_sd_alg":"sha-256","_sd":["'
        + b'","'.join(sorted(named[len(lots) :]))
        + b'"]}'
    )
    return seal(signer, "erasure+sd-jwt", payload, b"~" + b"~".join(shown) + b"~")


def seal(signer: Signer, typ: str, payload: bytes, disclosures: bytes = b"~") -> Statement:
    """Sign a payload as it stands."""
    message = signer.header(typ) + b"." + b64url(payload)
    jwt = message + b"." + b64url(signer.sign(message, disclosures))
    return Statement(jwt.decode("ascii"), disclosures.decode("ascii"), StatementHash(sha256(jwt).digest()))


def _salts(random: Callable[[int], bytes], count: int) -> list[bytes]:
    """`count` salts in base64url, from one call for randomness."""
    raw = random(SALT_BYTES * count)
    spaced = b"".join([raw[at : at + SALT_BYTES] + b"\0\0" for at in range(0, len(raw), SALT_BYTES)])
    text = b2a_base64(spaced, newline=False).translate(_URL_SAFE)
    return [text[at : at + 22] for at in range(0, len(text), 24)]


def _disclose(salts: Sequence[bytes], tails: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The disclosures of these tails and their digests, in base64url."""
    heads = b2a_base64(b"".join([b'["' + salt for salt, _ in zip(salts, tails, strict=False)]), newline=False)
    heads = heads.translate(_URL_SAFE)
    disclosures = [heads[32 * at : 32 * at + 32] + tail for at, tail in enumerate(tails)]
    spaced = b"".join([sha256(disclosure).digest() + b"\0" for disclosure in disclosures])
    digests = b2a_base64(spaced, newline=False).translate(_URL_SAFE)
    return disclosures, [digests[at : at + 43] for at in range(0, len(digests), 44)]


def _digest_list(digests: Sequence[bytes]) -> bytes:
    return b'[{"...":"' + b'"},{"...":"'.join(digests) + b'"}]'


def _reference(reference: Reference | None) -> bytes:
    if reference is None:
        return b""
    return b',"ref":{"rel":"%s","statement":"%s"}' % (reference.rel.encode(), b64url(reference.statement))
