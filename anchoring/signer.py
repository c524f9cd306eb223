"""The log's signature: a checkpoint as a C2SP signed note.

This is the only place that uses the log's key. Whether a checkpoint may be signed at all, the sequencer decides.

A log goes on under one key. Who replaces it says so by naming the key before (`before`); without that, a worker with
another key than the newest checkpoint's would make a log that every partner's policy refuses, and refuses itself first
(`vouch`). Once a checkpoint stands under the new key, the old one is asked for no more.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from anchoring.errors import LedgerBroken, LogKeyChanged
from verifier.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from verifier.errors import Refuted
from verifier.hashing import MapHash, RootHash
from verifier.note import ED25519, Note, format_note, key_id, parse_note


class LogSigner:
    """Signs checkpoints of the log `origin`; `seed` is its Ed25519 private key, 32 bytes; `before` the public key that
    it replaces, if it does."""

    def __init__(self, origin: str, seed: bytes, before: bytes | None = None) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._key_id = key_id(origin, ED25519, self._key.public_key().public_bytes_raw())
        self._before = before

    def sign(self, size: int, log_root: RootHash, map_root: MapHash) -> str:
        """The signed note of a checkpoint; 1 <= size < 2^53."""
        assert 1 <= size < 1 << 53, f"expected a size from 1 to 2^53-1, got {size}"
        body = format_checkpoint(Checkpoint(self.origin, size, log_root, map_root))
        return format_note(body, [(self.origin, self._key_id, self._key.sign(body.encode()))])

    def vouch(self, text: str) -> None:
        """Return if this key, or the one that it replaces, signed the note `text`, the newest of the log. Raises
        LogKeyChanged if another key did, LedgerBroken if the signature is no signature of it."""
        note = parse_note(text)
        theirs = {line.key_id for line in note.signatures if line.name == self.origin}
        if self._key_id in theirs:
            known = parse_checkpoint(note.body)
            # Ed25519 signs the same bytes the same way: a note of ours is one that we would sign again.
            again = self.sign(known.size, known.log_root, known.map_root)
            if again != text:
                raise LedgerBroken("signature of the newest checkpoint", again, text)
        elif self._before is None or not _signed(note, self.origin, self._before):
            raise LogKeyChanged(self._key_id, sorted(theirs), parse_checkpoint(note.body).size)

    def wrote(self, text: str) -> tuple[Checkpoint, str]:
        """The checkpoint in a note that this key, or the one that it replaces, signed, whoever else did; and the note
        with that signature alone, as the log keeps it. Raises Refuted."""
        note = parse_note(text)
        known = parse_checkpoint(note.body)
        for public in (self._key.public_key().public_bytes_raw(), *([self._before] if self._before else [])):
            if known.origin == self.origin and _signed(note, self.origin, public):
                line = next(each for each in note.signatures if each.key_id == key_id(self.origin, ED25519, public))
                return known, format_note(note.body, [(self.origin, line.key_id, line.signature)])
        raise Refuted("checkpoint", f"one of {self.origin} under the log's key", note.body.partition("\n")[0])


def _signed(note: Note, origin: str, public: bytes) -> bool:
    """Whether the holder of `public` signed the note, by one line."""
    wanted = origin, key_id(origin, ED25519, public)
    lines = [line.signature for line in note.signatures if (line.name, line.key_id) == wanted]
    if len(lines) != 1:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(lines[0], note.body.encode())
    except InvalidSignature:
        return False
    return True
