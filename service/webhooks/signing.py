"""How a receiver knows that an event is ours: the headers of Standard Webhooks (https://www.standardwebhooks.com), for
which there are libraries in most languages.

    webhook-id: the event's id        webhook-timestamp: seconds, of this attempt
    webhook-signature: v1,base64(HMAC-SHA256(secret, id "." timestamp "." body))

The secret is 32 random bytes, `whsec_` and base64, shown once and kept under AES-256-GCM with a key of its own: the
worker must sign with it and must not hold the key under which the parties' keys lie.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "whsec_"
TOLERANCE = 300  # seconds by which a receiver lets the clocks differ
_NONCE = 12


def new_secret(random: Callable[[int], bytes]) -> str:
    return PREFIX + b64encode(random(32)).decode()


def seal(key: bytes, webhook: UUID, secret: str, random: Callable[[int], bytes]) -> bytes:
    """The secret as it may lie in the database, bound to its webhook."""
    nonce = random(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret.encode(), webhook.bytes)


def unseal(key: bytes, webhook: UUID, sealed: bytes) -> str | None:
    """None if it was sealed under another key or for another webhook."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], webhook.bytes).decode()
    except InvalidTag:
        return None


def headers_of(secret: str, event: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": event,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + _signature(secret, event, str(timestamp), body),
    }


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """What a receiver does: the signature is right, and the timestamp is of the last five minutes."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    expected = _signature(secret, id, timestamp, body)
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(f"v1,{expected}", each) for each in given)


def _signature(secret: str, event: str, timestamp: str, body: bytes) -> str:
    signed = f"{event}.{timestamp}.".encode() + body
    return b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, sha256)).decode()
