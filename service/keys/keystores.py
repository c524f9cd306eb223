"""Keys in files that open with a passphrase: the anchor key and the log key, each in the form that other tools know.

    anchor key   Web3 Secret Storage, version 3 (scrypt, AES-128-CTR): geth, clef and every wallet read it
    log key      PKCS#8, PEM, "ENCRYPTED PRIVATE KEY" (PBES2, AES-256-CBC): openssl reads it

scrypt makes guessing slow, PBKDF2 as OpenSSL sets it (2,048 rounds) hardly does. So a passphrase is made here, of 256
random bits, and one that somebody chose must be long.
"""

import json
import secrets
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SHORTEST = 20  # characters of a passphrase under which something is sealed here


class KeystoreError(Exception):
    """A keystore does not open. The text says why and shows nothing of what is in it."""


Open = Callable[[bytes, str], bytes]


def new_passphrase() -> str:
    return secrets.token_urlsafe(32)


def sealed_log_key(seed: bytes, passphrase: str) -> bytes:
    """The Ed25519 seed as an encrypted PKCS#8 file."""
    _demand_long(passphrase)
    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def opened_log_key(content: bytes, passphrase: str) -> bytes:
    """The seed in an encrypted PKCS#8 file; KeystoreError if it is none or does not open."""
    if b"ENCRYPTED PRIVATE KEY" not in content:
        raise KeystoreError("expected a PKCS#8 file with BEGIN ENCRYPTED PRIVATE KEY")
    try:
        key = serialization.load_pem_private_key(content, passphrase.encode())
    except Exception:  # the words of a library may quote what it was given
        raise KeystoreError("the passphrase does not open it, or it is damaged") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeystoreError(f"expected an Ed25519 key, got {type(key).__name__}")
    return key.private_bytes_raw()


def sealed_anchorer_key(key: bytes, passphrase: str) -> bytes:
    """The secp256k1 key as a Web3 Secret Storage file; takes a second on purpose."""
    from eth_keyfile import create_keyfile_json  # loads much

    _demand_long(passphrase)
    return json.dumps(create_keyfile_json(key, passphrase.encode(), kdf="scrypt"), indent=1).encode() + b"\n"


def opened_anchorer_key(content: bytes, passphrase: str) -> bytes:
    """The key in a Web3 Secret Storage file; KeystoreError if it is none or does not open. Takes a second."""
    from eth_keyfile import decode_keyfile_json  # loads much

    try:
        document = json.loads(content)
        version = document["version"]
    except (ValueError, KeyError, TypeError):
        raise KeystoreError("expected a Web3 Secret Storage file (JSON with a version)") from None
    if version != 3:
        raise KeystoreError("expected Web3 Secret Storage of version 3, got another version")
    try:
        key = bytes(decode_keyfile_json(document, passphrase.encode()))
    except Exception:  # the words of a library may quote what it was given
        raise KeystoreError("the passphrase does not open it, or it is damaged") from None
    if len(key) != 32:
        raise KeystoreError(f"expected a key of 32 bytes, got {len(key)}")
    return key


def _demand_long(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise KeystoreError(f"expected a passphrase of at least {SHORTEST} characters, got {len(passphrase)}")
