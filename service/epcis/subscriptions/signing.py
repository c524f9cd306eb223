"""How a subscriber knows that a document is from us: `GS1-Signature`, HMAC-SHA256 of the body under the token that it
chose, in hexadecimal. The token lies in the database as AES-256-GCM under the key of webhooks.
"""

import hmac
from hashlib import sha256

SIGNATURE = "GS1-Signature"


def signature_of(token: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(token.encode(), body, sha256).hex()


def is_genuine(token: str, signature: str, body: bytes) -> bool:
    """What a subscriber does."""
    return hmac.compare_digest(signature_of(token, body), signature)
