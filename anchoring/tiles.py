"""Tiles: how the nodes of the log are cut into pieces that are stored and published (C2SP tlog-tiles).

A tile of level L holds 256 neighbouring nodes of height 8L; its own root is one node of height 8(L+1), that is one
hash in a tile of the level above. Full tiles never change. The heights between are not published but they are kept,
because a proof needs them: a tile's nodes are its hashes and, above them, 128, 64, … 1 more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from anchoring.errors import NotInLedger
from verifier.hashing import NodeHash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH = 32
MAX_LEVEL = 6  # 256^7 > 2^53, the largest size of a tree

_HEIGHTS = tuple(TILE_WIDTH >> height for height in range(TILE_HEIGHT + 1))
NODES_LENGTH = HASH * sum(_HEIGHTS)


class TileName(NamedTuple):
    """Where a tile stands: the `number`-th of its level."""

    level: int
    number: int

    @classmethod
    def holding(cls, height: int, position: int) -> TileName:
        """The tile in which the node (height, position) is found."""
        level, inside = divmod(height, TILE_HEIGHT)
        return cls(level, position << inside >> TILE_HEIGHT)


class TileNodes:
    """The hashes of a tile, full or not, and every full node that stands on them inside the tile."""

    __slots__ = ("_rows", "width")

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self.width = len(hashes)
        self._rows: list[bytes] = []
        self._append(b"".join(hashes))

    def extended(self, hashes: Sequence[bytes]) -> TileNodes:
        """This tile with more hashes; nodes that stand already are not hashed again."""
        tile = TileNodes.__new__(TileNodes)
        tile.width, tile._rows = self.width + len(hashes), self._rows.copy()
        tile._append(b"".join(hashes))
        return tile

    def _append(self, added: bytes) -> None:
        rows, height = self._rows, 0
        while added:
            row = rows[height] + added if height < len(rows) else added
            rows[height : height + 1] = [row]
            paired = (len(row) - len(added)) & -2 * HASH
            added = b"".join(_pairs(row[paired:]))
            height += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TileNodes) and self._rows == other._rows

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def unpacked(cls, nodes: bytes) -> TileNodes:
        """The tile of which `packed` was stored."""
        assert len(nodes) == NODES_LENGTH, f"expected {NODES_LENGTH} bytes, got {len(nodes)}"
        tile = cls(())
        tile.width, tile._rows, start = TILE_WIDTH, [], 0
        for count in _HEIGHTS:
            tile._rows.append(nodes[start : start + HASH * count])
            start += HASH * count
        return tile

    def packed(self) -> bytes:
        """All nodes of a full tile, lowest first."""
        assert self.width == TILE_WIDTH, f"expected a full tile, got {self.width} hashes"
        return b"".join(self._rows)

    @property
    def hashes(self) -> bytes:
        """What is published of the tile."""
        return self._rows[0] if self._rows else b""

    @property
    def root(self) -> NodeHash:
        """The root of a full tile."""
        assert self.width == TILE_WIDTH, f"expected a full tile, got {self.width} hashes"
        return NodeHash(self._rows[TILE_HEIGHT])

    def node(self, height: int, position: int) -> NodeHash:
        """The node at `height` in the log and `position` at that height; raises NotInLedger while it is not full."""
        inside = height % TILE_HEIGHT
        start = HASH * (position & (TILE_WIDTH >> inside) - 1)
        found = self._rows[inside][start : start + HASH]
        if len(found) != HASH:
            raise NotInLedger(f"node {position} of height {height}, in a tile of {self.width} hashes")
        return NodeHash(found)

    def peaks(self) -> Iterator[NodeHash]:
        """The full nodes that make up the tile's hashes, largest first."""
        first = 0
        for height in range(len(self._rows) - 1, -1, -1):
            if self.width >> height & 1:
                start = HASH * (first >> height)
                yield NodeHash(self._rows[height][start : start + HASH])
                first += 1 << height


def _pairs(row: bytes) -> Iterator[bytes]:
    # Hashed here and not by `node_hash`: this line runs once for each entry of the log.
    return (sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, len(row) - 63, 64))
