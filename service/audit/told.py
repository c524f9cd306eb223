"""What a stored statement says of itself, and whether its disclosures are all there."""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from service.ledger.journal import PROPERTY
from service.statements.reading import decoded
from service.statements.sdjwt import b64url

_NESTED = re.compile(rb'"\.\.\.":"([A-Za-z0-9_-]{43})"')
_STANDARD = bytes.maketrans(b"-_", b"+/")
_JOURNAL = f'"{PROPERTY}",'.encode()


class Unreadable(Exception):
    """Not a statement as this service writes them."""


@dataclass(frozen=True, slots=True)
class Told:
    """`lots` are URIs in the order of their digests, None where one is not shown; `journal` is its hash, if any."""

    issuer: str
    id: str
    issued_at: int
    audience: str
    kind: str
    signer: str
    lots: tuple[str | None, ...]
    journal: str | None
    hidden: frozenset[bytes]
    unknown: tuple[str, ...]
    payload: dict[str, Any]


def told(jwt: str, disclosures: str = "~") -> Told:
    """Read a statement; raises Unreadable. `hidden` are digests without a disclosure, `unknown` the other way round."""
    try:
        header, payload = (decoded(part) for part in jwt.split(".")[:2])
        parts = [part for part in disclosures.split("~") if part]
        raw = [a2b_base64(part.encode("ascii").translate(_STANDARD) + b"=" * (-len(part) % 4)) for part in parts]
        shown = dict(zip(_digests(parts), raw, strict=True))
        named = [member["..."].encode() for member in payload.get("lots", ())]
        digests = {*named, *(digest.encode() for digest in payload.get("_sd", ()))}
        for each in raw:
            digests.update(_NESTED.findall(each))
        journal = next((orjson.loads(each)[2] for each in raw if each[26 : 26 + len(_JOURNAL)] == _JOURNAL), None)
        lots = tuple(orjson.loads(shown[digest])[1] if digest in shown else None for digest in named)
        return Told(
            payload["iss"],
            payload["jti"],
            payload["iat"],
            payload["aud"],
            header["typ"],
            header["kid"],
            lots,
            journal,
            frozenset(digests - shown.keys()),
            tuple(each.decode() for each in shown if each not in digests),
            payload,
        )
    except (ValueError, LookupError, TypeError, AttributeError, NotBase64) as error:
        raise Unreadable(str(error)) from error


def told_or_none(jwt: str | None) -> Told | None:
    """The same, where somebody else says that it cannot be read."""
    try:
        return None if jwt is None else told(jwt)
    except Unreadable:
        return None


def _digests(parts: Sequence[str]) -> list[bytes]:
    return [b64url(sha256(part.encode()).digest()) for part in parts]
