"""Stored tiles beside the nodes that follow from the leaves; which tiles there must be, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.audit.finding import Finding
from anchoring.audit.nodes import HEIGHT, NODES, WIDTH, cut, flat, levels
from anchoring.audit.noticed import INSIDE, Witnesses
from anchoring.audit.rows import limited, rows, spelled, stream

_SEVERAL = 8  # wrong nodes that are named one by one


@dataclass(frozen=True, slots=True)
class StoredTile:
    """A row of `ledger.tile`."""

    nodes: bytes | None
    root: bytes | None


class StoredTiles:
    """The rows of level 0 in their order, those above by name, and what came of the level below."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        query = "SELECT number, nodes, root FROM ledger.tile WHERE level = 0 ORDER BY number"
        self._rows = stream(connection, query, at_once=128)
        self._ahead = next(self._rows, None)
        self._waiting: list[list[bytes]] = []
        self._numbers: list[int] = []

    def take(self, number: int) -> StoredTile | None:
        """The row of the next full tile of level 0."""
        found = None
        while self._ahead is not None and self._ahead[0] is not None and self._ahead[0] <= number:
            if self._ahead[0] == number and found is None:
                found = StoredTile(*self._ahead[1:])
            self._ahead = next(self._rows, None)
        return found

    def above(self, root: bytes, witnesses: Witnesses, level: int = 1) -> Iterator[Finding]:
        """One more hash of a level, the root of a full tile below."""
        if level > len(self._waiting):
            self._waiting.append([])
            self._numbers.append(0)
        hashes = self._waiting[level - 1]
        hashes.append(root)
        if len(hashes) == WIDTH:
            number = self._numbers[level - 1]
            self._waiting[level - 1], self._numbers[level - 1] = [], number + 1
            query = "SELECT nodes, root FROM ledger.tile WHERE level = %b AND number = %b"
            stored = rows(self._connection, query, level, number)
            built = levels(hashes)
            yield from check_tile(level, number, built, StoredTile(*stored[0]) if stored else None, witnesses)
            yield from self.above(built[-1][0], witnesses, level + 1)

    def rest(self, size: int, witnesses: Witnesses) -> Iterator[Finding]:
        """Tiles that a log of this size does not have, tiles that are there twice."""
        yield from limited(self._strange(size))

    def _strange(self, size: int) -> Iterator[Finding]:
        seen: Counter[tuple[object, object]] = Counter()
        query = "SELECT level, number FROM ledger.tile ORDER BY level, number"
        before = None
        for level, number in stream(self._connection, query):
            key, expected = (level, number), "no such tile"
            beyond = level is None or number is None or level < 0 or number < 0
            if not beyond and level <= 7 and number + 1 << HEIGHT * (level + 1) <= size and key != before:
                before = key
                continue
            seen[key] += 1
            found = "one more" if key == before else "a tile"
            yield Finding("the tiles are those of the log", "ledger.tile", spelled(level=level, number=number),
                          "", expected, found, None, INSIDE)  # fmt: skip


def check_tile(
    level: int, number: int, built: Sequence[Sequence[bytes]], stored: StoredTile | None, witnesses: Witnesses
) -> Iterator[Finding]:
    """One full tile: every node, and the root."""
    key, first = spelled(level=level, number=number), number << HEIGHT * (level + 1)
    told = "whoever asked for this tile before, mirrors among them; and whoever checks a proof made from it"
    if stored is None:
        yield Finding("every full tile is kept", "ledger.tile", key, "", "a tile", None, first, told)
        return
    check, expected, seen = "the nodes of a tile follow from the entries", flat(built), cut(stored.nodes)
    wrong = [at for at in range(NODES) if at >= len(seen) or seen[at] != expected[at]] if seen != expected else []
    if len(seen) != NODES or len(wrong) > _SEVERAL:
        what = f"{len(wrong)} others" if len(seen) == NODES else f"{len(stored.nodes or b'')} bytes"
        yield Finding(check, "ledger.tile", key, "nodes", f"the nodes over index {first} on", what, first, told)
    else:
        for at in wrong:
            yield Finding(check, "ledger.tile", key, f"node {at} of the tile", expected[at], seen[at],
                          first + _start(at, level), told)  # fmt: skip
    if stored.root != expected[-1]:
        check = "the root of a tile follows from its hashes"
        yield Finding(check, "ledger.tile", key, "root", expected[-1], stored.root, first, told)


def _start(at: int, level: int) -> int:
    """The first leaf under node `at` of a tile, counted from the tile's first."""
    height, width = 0, WIDTH
    while at >= width:
        at -= width
        height, width = height + 1, width // 2
    return at << height << HEIGHT * level
