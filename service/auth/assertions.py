"""What a machine signs in order to sign in: a JWT as RFC 7523 (`private_key_jwt`) asks for, checked without a doubt.

The algorithm follows from the registered key, never from the token alone; `aud` is this service, `iss` and `sub` the
client, its life at most `LONGEST`, and it counts once (the caller remembers `jti` until `exp`).
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import import_key

LONGEST = timedelta(minutes=5)
SKEW = timedelta(seconds=30)
MOST = 8_000
MOST_JTI = 200
RSA_BITS = 2048

warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)  # the name is, the signature is not

_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("OKP", "Ed25519"): ("Ed25519", "EdDSA"),
    ("EC", "P-256"): ("ES256",),
    ("RSA", ""): ("PS256", "RS256"),
}
_MEMBERS = {"OKP": ("kty", "crv", "x"), "EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}


class BadKey(Exception):
    """No public key with which a machine may sign in."""


class Rejected(Exception):
    """The assertion says nothing that counts here. The text goes to the log, not to the caller."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Until `expires_at` this `jti` must not come again."""

    jti: str
    expires_at: datetime


def public_jwk(given: Mapping[str, Any]) -> dict[str, str]:
    """The public members of a JWK, checked; raises BadKey."""
    kind = str(given.get("kty"))
    members = {name: given[name] for name in _MEMBERS.get(kind, ()) if isinstance(given.get(name), str)}
    if "d" in given or not members or len(members) != len(_MEMBERS[kind]):
        raise BadKey("expected the public members of an Ed25519, P-256 or RSA key, and no private ones")
    if (kind, members.get("crv", "")) not in _ALGORITHMS:
        raise BadKey(f"expected Ed25519, P-256 or RSA, got {kind} {members.get('crv', '')}")
    try:
        key: Any = import_key(members)
        bits = key.raw_value.key_size if kind == "RSA" else RSA_BITS
    except (JoseError, ValueError, TypeError) as fault:
        raise BadKey(f"expected a {kind} key, got {fault}") from None
    if bits < RSA_BITS:
        raise BadKey(f"expected an RSA key of at least {RSA_BITS} bits, got {bits}")
    return members


def accept(assertion: str, jwk: Mapping[str, str], client: str, audiences: tuple[str, ...], now: datetime) -> Accepted:
    """What the registered key of this client signed for one of these audiences; raises Rejected."""
    algorithms = _ALGORITHMS[jwk["kty"], jwk.get("crv", "")]
    try:
        claims = jwt.decode(assertion, import_key(dict(jwk)), algorithms=[*algorithms]).claims
    except (JoseError, ValueError, TypeError, RecursionError) as fault:
        raise Rejected(f"no JWT by this key: {type(fault).__name__}") from None
    if claims.get("iss") != client or claims.get("sub") != client:
        raise Rejected("iss and sub are not the client")
    named = claims.get("aud")
    if not set(audiences) & set(named if isinstance(named, list) else [named]):
        raise Rejected("made for another audience")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MOST_JTI or "\0" in jti:
        raise Rejected(f"jti is no text of 1 to {MOST_JTI} characters")
    return Accepted(jti, _end(claims, now))


def _end(claims: Mapping[str, Any], now: datetime) -> datetime:
    end, start = instant(claims, "exp"), instant(claims, "nbf", now)
    if not now - SKEW < end <= now + LONGEST + SKEW:
        raise Rejected("exp has passed or is too far off")
    if start > now + SKEW or instant(claims, "iat", now) > now + SKEW:
        raise Rejected("made for later")
    return end


def instant(claims: Mapping[str, Any], name: str, default: datetime | None = None) -> datetime:
    """The time of a claim; raises Rejected if it is none, or absent and there is no `default`."""
    value = claims.get(name)
    if value is None and default is not None:
        return default
    if type(value) not in (int, float) or not 0 <= value < 1 << 35:
        raise Rejected(f"{name} is no time")
    return datetime.fromtimestamp(value, UTC)
