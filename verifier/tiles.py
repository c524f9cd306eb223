"""Tiles of hashes as C2SP `tlog-tiles` names them: <https://c2sp.org/tlog-tiles>.

    <level>/<number>          256 hashes of 32 bytes; a level is eight levels of the tree
    <level>/<number>.p/<w>    the first w of them, where there are no more yet
    number 1234067 is spelled x001/x234/067

Whoever serves tiles is not trusted: what they say leads to a known root, or nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.errors import Unavailable
from verifier.hashing import node_hash
from verifier.http import Deadline, fetch

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH = 32
MAX_TILE = TILE_WIDTH * HASH


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """The one spelling of a tile's name; `level` may be "entries"."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    spelled = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"{level}/{spelled}" + (f".p/{width}" if width < TILE_WIDTH else "")


def node_in_tiles(tile: Callable[[int, int, int], bytes], level: int, number: int, size: int) -> bytes:
    """The hash of a complete subtree, from the tile that holds the level below which tiles are cut.

    `tile` gives (level, number, width) as `width` hashes of 32 bytes. (number + 1) << level <= size.
    """
    assert (number + 1) << level <= size
    tile_level, inner = divmod(level, TILE_HEIGHT)
    first = number << inner
    tile_number, offset = divmod(first, TILE_WIDTH)
    available = min(TILE_WIDTH, (size >> TILE_HEIGHT * tile_level) - tile_number * TILE_WIDTH)
    hashes = tile(tile_level, tile_number, available)
    nodes = [hashes[HASH * at : HASH * (at + 1)] for at in range(offset, offset + (1 << inner))]
    while len(nodes) > 1:
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return nodes[0]


class TileSource:
    """The accumulator of anchors published as tiles under one address, asked for single hashes."""

    def __init__(self, url: str, deadline: Deadline, get: Callable[[str, Deadline], bytes] | None = None) -> None:
        self._url = url.removesuffix("/")
        self._deadline = deadline
        self._get = get or (lambda address, left: fetch(address, left, limit=MAX_TILE))
        self._tiles: dict[str, bytes] = {}

    def upper(self, index: int, count: int, low: int, high: int) -> Sequence[bytes]:
        """Siblings of anchor `index` at the levels low <= level < high in a tree of `count`."""
        return [node_in_tiles(self._tile, level, index >> level ^ 1, count) for level in range(low, high)]

    def _tile(self, level: int, number: int, width: int) -> bytes:
        name = tile_path(level, number, width)
        if name not in self._tiles:
            raw = self._get(f"{self._url}/{name}", self._deadline)
            if len(raw) != width * HASH:
                raise Unavailable(self._url, f"tile {name} of {len(raw)} bytes")
            self._tiles[name] = raw
        return self._tiles[name]
