"""What an OpenID provider says of somebody: an ID token, checked as OpenID Connect Core 1.0, 3.1.3.7 asks.

    1 signed by a key of the provider, with one of ALGORITHMS (never `none`, never a shared secret)
    2 `iss` is the provider, `aud` this client, and `azp`, where it is there or `aud` has others, this client too
    3 not expired, made of late, and not for later
    4 `nonce` is the one of this browser's request
    5 where it is to prove something: `auth_time` is of late

Whatever fails is one `Rejected`, whose text is for the log. The access token is not used, nor `at_hash` looked at.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.auth.assertions import SKEW, Rejected, instant

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
LONGEST_TOKEN = 16_000
OLDEST = timedelta(minutes=10)
_SUBJECT = re.compile(r"[ -~]{1,255}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9._-]{1,20}", re.ASCII)
_ACR = re.compile(r"[!-:<-~]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expected:
    """To whom and for what the token must have been given; `proven_within`: how old the sign-in there may be."""

    issuer: str
    client_id: str
    nonce: str
    proven_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider knows as `subject`; `method` tells how, `oidc+pwd+mfa;acr=…` as far as it said."""

    subject: str
    method: str


def accept(token: str, keys: KeySet, expected: Expected, now: datetime) -> Identity:
    """Raises Rejected."""
    if len(token) > LONGEST_TOKEN:
        raise Rejected(f"an ID token of {len(token)} characters")
    try:
        claims = jwt.decode(token, keys, algorithms=[*ALGORITHMS]).claims
    except (JoseError, ValueError, TypeError, RecursionError, UnicodeError) as fault:
        raise Rejected(f"no ID token by a key of the provider: {type(fault).__name__}") from None
    _check_parties(claims, expected)
    _check_times(claims, expected, now)
    nonce, subject = claims.get("nonce"), claims.get("sub")
    given = nonce.encode("ascii", "replace") if isinstance(nonce, str) else b""
    if not hmac.compare_digest(given, expected.nonce.encode()):
        raise Rejected("the nonce is not of this request")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Rejected("sub is no text of 1 to 255 ASCII characters")
    return Identity(subject, _method(claims))


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise Rejected("made by another issuer")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in named:
        raise Rejected("made for another audience")
    if ("azp" in claims or len(named) > 1) and claims.get("azp") != expected.client_id:
        raise Rejected("given to another party (azp)")


def _check_times(claims: Mapping[str, Any], expected: Expected, now: datetime) -> None:
    made = instant(claims, "iat")
    if not now - SKEW < instant(claims, "exp"):
        raise Rejected("exp has passed")
    if not now - OLDEST < made < now + SKEW or instant(claims, "nbf", now) > now + SKEW:
        raise Rejected("made long ago, or for later")
    if expected.proven_within and not now - expected.proven_within < instant(claims, "auth_time") < now + SKEW:
        raise Rejected("the sign-in at the provider was not of late")


def _method(claims: Mapping[str, Any]) -> str:
    """What would not fit on a line is left out."""
    amr, acr = claims.get("amr"), claims.get("acr")
    listed = amr[:5] if isinstance(amr, list) else []
    words = [each for each in listed if isinstance(each, str) and _WORD.fullmatch(each)]
    said = f";acr={acr}" if isinstance(acr, str) and _ACR.fullmatch(acr) else ""
    return "+".join(["oidc", *sorted(set(words))]) + said
