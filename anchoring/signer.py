"""The log's signature: a checkpoint as a C2SP signed note.

This is the only place that uses the log's key. Whether a checkpoint may be signed at all, the sequencer decides.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier.checkpoint import Checkpoint, format_checkpoint
from verifier.hashing import MapHash, RootHash
from verifier.note import ED25519, format_note, key_id


class LogSigner:
    """Signs checkpoints of the log `origin`; `seed` is its Ed25519 private key, 32 bytes."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._key_id = key_id(origin, ED25519, self._key.public_key().public_bytes_raw())

    def sign(self, size: int, log_root: RootHash, map_root: MapHash) -> str:
        """The signed note of a checkpoint; 1 <= size < 2^53."""
        assert 1 <= size < 1 << 53, f"expected a size from 1 to 2^53-1, got {size}"
        body = format_checkpoint(Checkpoint(self.origin, size, log_root, map_root))
        return format_note(body, [(self.origin, self._key_id, self._key.sign(body.encode()))])
