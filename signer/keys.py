"""Keys of a party in its own files: PKCS#8 under a passphrase, as openssl reads it.

    openssl pkey -in KEY.pem -pubout        shows the public half

Who has the file and the passphrase speaks for the party. PBKDF2 as OpenSSL sets it makes guessing hardly slow, so
short passphrases are refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier.encoding import b64url
from verifier.files import content
from verifier.possession import possession
from verifier.statement import thumbprint

SHORTEST = 20
_MOST = 64 * 1024


class NoKey(Exception):
    """There is no such key, or it does not open. The text shows nothing of what is in it."""


class Key:
    """A key that is ready to sign; `kid` is its thumbprint, `x` its public half, both in base64url."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.kid, self.x = thumbprint(self.public), b64url(self.public)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def proof(self, origin: str, party: str) -> str:
        """That this key is ours, for the party with this URI in the log of this origin; in base64url."""
        return b64url(self.sign(possession(origin, party, self.public)))


def new_key(path: Path, passphrase: str) -> Key:
    """A new key in a new file that only its owner may read; raises NoKey, FileExistsError, OSError."""
    if len(passphrase) < SHORTEST:
        raise NoKey(f"expected a passphrase of at least {SHORTEST} characters, got {len(passphrase)}")
    private = Ed25519PrivateKey.generate()
    sealed = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    return Key(private)


def open_key(path: Path, passphrase: str) -> Key:
    """The key in a file; raises NoKey, OSError."""
    try:
        private = serialization.load_pem_private_key(content(path, _MOST), passphrase.encode())
    except Exception as fault:  # the words of a library may quote what it was given
        if isinstance(fault, OSError):
            raise
        raise NoKey(f"{path}: expected an encrypted PKCS#8 file that this passphrase opens") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise NoKey(f"{path}: expected an Ed25519 key, got {type(private).__name__}")
    return Key(private)
