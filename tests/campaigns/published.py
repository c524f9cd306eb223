"""A published log read and hashed by nothing of ours: C2SP tiles, RFC 6962 by the word, Ed25519 from `cryptography`."""

import base64
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from tests.campaigns.campaign import Contradiction
from tests.contracts.rfc6962 import mth

WIDTH = 256


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint as its text has it; nothing of it is checked."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def read(cls, text: str) -> "Note":
        origin, size, root = text.split("\n")[:3]
        return cls(origin, int(size), base64.b64decode(root))


class Published:
    """All entries of a log under its newest checkpoint."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {key}"}
        self.note = Note.read(self._get("checkpoint").decode())
        self.entries = self._entries()
        self.leaves = tuple(sha256(b"\x00" + entry).digest() for entry in self.entries)

    def root(self, size: int) -> bytes:
        """Of the log as it was at `size`."""
        return mth(self.leaves[:size])

    def check(self) -> None:
        """As many entries as the checkpoint says, no two alike, and its root."""
        size, root = self.note.size, self.note.root
        if len(self.entries) != size or len(set(self.entries)) != size:
            raise Contradiction("published log", f"{size} different entries", len(set(self.entries)))
        if self.root(size) != root:
            raise Contradiction(f"root of {size} entries", root.hex(), self.root(size).hex())

    def _entries(self) -> Sequence[bytes]:
        found: list[bytes] = []
        for number in range(-(-self.note.size // WIDTH)):
            width = min(WIDTH, self.note.size - number * WIDTH)
            found += _parted(self._get(f"tile/entries/{_path(number)}" + ("" if width == WIDTH else f".p/{width}")))
        return found

    def _get(self, path: str) -> bytes:
        asked = urllib.request.Request(f"{self._url}/{path}", headers=self._headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return bytes(answer.read())


def _path(number: int) -> str:
    groups = []
    while True:
        number, group = divmod(number, 1000)
        groups.append(f"{group:03d}")
        if not number:
            return "/".join([f"x{each}" for each in groups[:0:-1]] + groups[:1])


def _parted(bundle: bytes) -> list[bytes]:
    """Entries, each behind its length in two bytes."""
    found, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        found.append(bundle[at + 2 : at + 2 + length])
        at += 2 + length
    return found
