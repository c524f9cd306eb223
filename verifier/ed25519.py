"""Ed25519 signatures, checked as the ledger format says: without cofactor, strictly.

Libraries disagree about the odd corners of RFC 8032 ("Taming the many EdDSAs", IACR 2020/1244), so
the corners are closed here, before the library is asked: a key must be the one canonical encoding
of a point that is not of small order, and S must be below the group order L. OpenSSL then compares
R as bytes. Evidence: the statement vectors and `tests/verifier/test_ed25519.py`.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.errors import Refuted

KEY_LENGTH = 32
SIGNATURE_LENGTH = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
# The y coordinates of the eight points whose order divides the cofactor: orders 4, 1, 2, and 8 twice,
# where y solves d*y^4 + 2*y^2 = 1 (doubling such a point gives one with y = 0).
_ORDER_8_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


def check_key(public: bytes) -> bytes:
    """`public`, if it is a key that may sign; raises Refuted for small order and odd spellings."""
    _load(public)
    return public


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Raises Refuted unless `signature` is the strict Ed25519 signature of `message` by `public`."""
    if len(signature) != SIGNATURE_LENGTH:
        raise Refuted("signature", f"{SIGNATURE_LENGTH} bytes", f"{len(signature)} bytes")
    if int.from_bytes(signature[32:], "little") >= _L:
        raise Refuted("signature", "S below L", "S >= L")
    try:
        _load(public).verify(signature, message)
    except InvalidSignature:
        raise Refuted("signature", "a valid signature by the key", "another") from None


@lru_cache(maxsize=1024)
def _load(public: bytes) -> Ed25519PublicKey:
    if len(public) != KEY_LENGTH:
        raise Refuted("key", f"{KEY_LENGTH} bytes", f"{len(public)} bytes")
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    if y >= _P:
        raise Refuted("key", "the canonical encoding of a point", public)
    if y in _SMALL_ORDER_Y:
        raise Refuted("key", "a point that is not of small order", public)
    return Ed25519PublicKey.from_public_bytes(public)
