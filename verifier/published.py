"""A log as it is published: C2SP `tlog-tiles` under one address, <https://c2sp.org/tlog-tiles>.

    /checkpoint                     the newest signed note
    /tile/<level>/<number>          hashes, for everybody
    /tile/entries/<number>          the entries, 16-bit length and bytes each, for auditors

Reading proves nothing: whoever serves a log may serve another one to somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from verifier.entry import ENTRY_LENGTH
from verifier.errors import Refuted
from verifier.http import Deadline, fetch
from verifier.note import MAX_NOTE
from verifier.tiles import MAX_TILE, TILE_WIDTH, tile_path

MAX_BUNDLE = TILE_WIDTH * (2 + ENTRY_LENGTH)


class Log(Protocol):
    """Where a log is read; every method raises Unavailable."""

    def checkpoint(self) -> str: ...
    def tile(self, level: int, number: int, width: int) -> bytes: ...
    def entries(self, number: int, width: int) -> bytes: ...


class HttpLog:
    """A log published under one address."""

    def __init__(self, url: str, deadline: Deadline, token: str | None = None) -> None:
        self._url = url.removesuffix("/")
        self._deadline = deadline
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def checkpoint(self) -> str:
        raw = fetch(f"{self._url}/checkpoint", self._deadline, limit=MAX_NOTE)
        return raw.decode("utf-8", "replace")

    def tile(self, level: int, number: int, width: int) -> bytes:
        return fetch(f"{self._url}/tile/{tile_path(level, number, width)}", self._deadline, limit=MAX_TILE)

    def entries(self, number: int, width: int) -> bytes:
        url = f"{self._url}/tile/{tile_path('entries', number, width)}"
        return fetch(url, self._deadline, headers=self._headers, limit=MAX_BUNDLE)


def read_entries(log: Log, size: int, first: int = 0) -> Iterator[bytes]:
    """The entries `first` to size - 1 from their bundles; raises Unavailable or Refuted.

    `first` is the first of a bundle, or `size` itself: then there are none.
    """
    for start in range(first, size, TILE_WIDTH):
        width = min(TILE_WIDTH, size - start)
        yield from split_bundle(log.entries(start // TILE_WIDTH, width), width)


def split_bundle(raw: bytes, width: int) -> list[bytes]:
    """The entries of one bundle; raises Refuted unless there are exactly `width`."""
    found = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + 2], "big")
        found.append(raw[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(raw) or len(found) != width:
        raise Refuted("entry bundle", f"{width} whole entries", f"{len(found)} in {len(raw)} bytes")
    return found
