"""Mirrors of the log: a folder or an address with its checkpoint and entry bundles (C2SP tlog-tiles).

    checkpoint
    tile/entries/000   tile/entries/001.p/17   …

A mirror is not trusted: its entries are offers. It may be younger or older than the log, and bundles may be missing.
"""

from collections.abc import Iterator
from pathlib import Path

from anchoring import restoring
from service.recovering.claims import Claim, take
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline
from verifier.note import MAX_NOTE
from verifier.published import MAX_BUNDLE, HttpLog, Log, split_bundle
from verifier.tiles import TILE_WIDTH, tile_path

PATIENCE = 600.0  # seconds for all that is read of one mirror


class FolderLog:
    """A log in a folder, laid out as it is published. A partial bundle may be wider than asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> str:
        return self._read(self._folder / "checkpoint", MAX_NOTE).decode("utf-8", "replace")

    def tile(self, level: int, number: int, width: int) -> bytes:
        return self._read(self._folder / "tile" / tile_path(level, number, width), TILE_WIDTH * 32)

    def entries(self, number: int, width: int) -> bytes:
        """The bundle with the most entries there is, which may be fewer or more than `width`."""
        whole = self._folder / "tile" / tile_path("entries", number)
        if whole.is_file():
            return self._read(whole, MAX_BUNDLE)
        parts = whole.with_name(f"{whole.name}.p")
        widths = [int(part.name) for part in parts.glob("*") if part.name.isdigit()] if parts.is_dir() else []
        if not widths:
            raise Unavailable(str(whole), "no such bundle")
        return self._read(parts / str(max(widths)), MAX_BUNDLE)

    def _read(self, path: Path, limit: int) -> bytes:
        try:
            with path.open("rb") as file:
                raw = file.read(limit + 1)
        except OSError as error:
            raise Unavailable(str(path), error.strerror or "cannot be read") from error
        if len(raw) > limit:
            raise Unavailable(str(path), f"more than {limit} bytes")
        return raw


def opened(place: str, token: str | None = None, patience: float = PATIENCE) -> Log:
    """The mirror at an address (http, https) or in a folder. `token`: an auditor's key, where bundles ask for one."""
    if place.startswith(("http://", "https://")):
        return HttpLog(place, Deadline(patience), token)
    return FolderLog(Path(place))


def read_mirror(held: restoring.Held, log: Log, where: str, first: int, end: int) -> None:
    """Take what a mirror has of the entries from `first` on: up to its own checkpoint, or to `end` if it has none."""
    try:
        known = held.take_note(log.checkpoint(), where)
    except Unavailable as unknown:
        held.remarks.append(f"{where}: {unknown}")
        known = None
    take(held, _claims(held, log, where, first, known.size if known else end))


def _claims(held: restoring.Held, log: Log, where: str, first: int, end: int) -> Iterator[Claim]:
    for number in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
        start = number * TILE_WIDTH
        try:
            bundle = _split(log.entries(number, min(TILE_WIDTH, end - start)))
        except (Unavailable, Refuted) as fault:
            held.remarks.append(f"{where}, bundle {number}: {fault}")
            continue
        for index, entry in enumerate(bundle, start):
            if first <= index < end:
                yield Claim(index, entry, where)


def _split(raw: bytes) -> list[bytes]:
    """The entries of a bundle, however many they are."""
    count, at = 0, 0
    while at < len(raw):
        at += 2 + int.from_bytes(raw[at : at + 2], "big")
        count += 1
    return split_bundle(raw, count)
