"""Party keys in the hands of the service: Ed25519, at rest only as AES-256-GCM under the key-encryption key (KEK).

    sealed = nonce(12) || ciphertext(32) || tag(16)        additional data = party code || 0x00 || key id

The additional data ties a sealed key to its party: a row copied to another party does not open. The key id is the
RFC 7638 thumbprint of the public key, as in the `kid` of every statement.
"""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.statements.sdjwt import b64url, header_of

NONCE_BYTES = 12
KEK_BYTES = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key that is ready to sign; `kid` is its thumbprint in base64url."""

    private: Ed25519PrivateKey
    public: bytes
    kid: str
    headers: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of_seed(cls, seed: bytes) -> "SigningKey":
        private = Ed25519PrivateKey.from_private_bytes(seed)
        public = private.public_key().public_bytes_raw()
        return cls(private, public, thumbprint(public))

    def header(self, typ: str) -> bytes:
        if typ not in self.headers:
            self.headers[typ] = header_of(self.kid, typ)
        return self.headers[typ]

    def sign(self, message: bytes, disclosures: bytes = b"~") -> bytes:
        return self.private.sign(message)


class Keyring:
    """Opens sealed keys and keeps them open: decrypting takes longer than signing.

    `before` is the KEK that is being replaced: what it sealed still opens, nothing new is sealed under it.
    """

    def __init__(self, kek: bytes, before: bytes | None = None) -> None:
        self._cipher = _cipher(kek)
        self._before = None if before is None else _cipher(before)
        self._open: dict[str, SigningKey] = {}
        self._lock = Lock()

    def seal(self, party: str, key: SigningKey, nonce: bytes | None = None) -> bytes:
        """`key` as it may lie in the database."""
        nonce = nonce or os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key.private.private_bytes_raw(), _bound_to(party, key.kid))

    def unseal(self, party: str, kid: str, sealed: bytes) -> SigningKey:
        """The key of this party and id; raises cryptography's InvalidTag if the row or the KEK is another one."""
        with self._lock:
            key = self._open.get(kid)
            if key is None:
                key = self._open[kid] = SigningKey.of_seed(self._seed(party, kid, sealed))
        return key

    def is_current(self, party: str, kid: str, sealed: bytes) -> bool:
        """Whether it is sealed under the KEK of now."""
        try:
            _decrypted(self._cipher, party, kid, sealed)
        except InvalidTag:
            return False
        return True

    def seal_note(self, party: str, note: bytes) -> bytes:
        """Something that this service hands to a party and takes back unchanged."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, note, _note_of(party))

    def open_note(self, party: str, sealed: bytes) -> bytes:
        """Raises cryptography's InvalidTag for what was not sealed here for this party."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _note_of(party))
        except InvalidTag:
            if self._before is None:
                raise
        return self._before.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _note_of(party))

    def seal_secret(self, owner: str, secret: bytes) -> bytes:
        """Something of `owner` that this service must read again: it opens for this owner only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _secret_of(owner))

    def open_secret(self, owner: str, sealed: bytes) -> bytes:
        """Raises cryptography's InvalidTag for what was sealed for another owner, or under other KEKs."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _secret_of(owner))
        except InvalidTag:
            if self._before is None:
                raise
        return self._before.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _secret_of(owner))

    def _seed(self, party: str, kid: str, sealed: bytes) -> bytes:
        try:
            return _decrypted(self._cipher, party, kid, sealed)
        except InvalidTag:
            if self._before is None:
                raise
        return _decrypted(self._before, party, kid, sealed)


def _cipher(kek: bytes) -> AESGCM:
    if len(kek) != KEK_BYTES:
        raise ValueError(f"key-encryption key: expected {KEK_BYTES} bytes, got {len(kek)}")
    return AESGCM(kek)


def _decrypted(cipher: AESGCM, party: str, kid: str, sealed: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(party, kid))


def public_jwk(public: bytes) -> str:
    """The public key as the JWK that a thumbprint hashes: members sorted, nothing else (RFC 8037, RFC 7638)."""
    return f'{{"crv":"Ed25519","kty":"OKP","x":"{b64url(public).decode()}"}}'


def thumbprint(public: bytes) -> str:
    return b64url(sha256(public_jwk(public).encode()).digest()).decode()


def _note_of(party: str) -> bytes:
    return f"note\0{party}".encode()


def _secret_of(owner: str) -> bytes:
    return f"secret\0{owner}".encode()


def _bound_to(party: str, kid: str) -> bytes:
    return f"{party}\0{kid}".encode()
