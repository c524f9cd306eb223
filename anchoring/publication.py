"""What the log publishes for foreign tools: C2SP tiles and entry bundles, byte for byte (https://c2sp.org/tlog-tiles)."""

from __future__ import annotations

from struct import pack

from sqlalchemy import Connection, select

from anchoring import tables
from anchoring.entries import column, stored
from anchoring.errors import NotInLedger
from anchoring.tiles import HASH, MAX_LEVEL, TILE_HEIGHT, TILE_WIDTH, TileName
from anchoring.tilestore import read_tiles
from verifier.entry import ENTRY_LENGTH, format_entry


def tile_bytes(connection: Connection, level: int, number: int, width: int = TILE_WIDTH) -> bytes:
    """The first `width` hashes of a tile (1 to 256); raises NotInLedger while the log does not reach so far."""
    name = TileName(level, number)
    tile = read_tiles(connection, [name]).get(name) if _exists(level, number, width) else None
    if tile is None or tile.width < width:
        raise NotInLedger(f"tile {level}/{number} with {width} hashes")
    return tile.hashes[: HASH * width]


def entry_bundle_bytes(connection: Connection, number: int, width: int = TILE_WIDTH) -> bytes:
    """The first `width` entries of the `number`-th 256, each after its length in 16 bits; raises NotInLedger."""
    first = number * TILE_WIDTH
    bundle = select(tables.entry).where(column.index >= first, column.index < first + width).order_by(column.index)
    rows = connection.execute(bundle).all() if _exists(0, number, width) else []
    if not rows or len(rows) != width:
        raise NotInLedger(f"entry bundle {number} with {width} entries")
    return b"".join(pack(">H", ENTRY_LENGTH) + format_entry(stored(row).entry) for row in rows)


def _exists(level: int, number: int, width: int) -> bool:
    """Whether a log of any size could have such a tile; keeps nonsense from the database."""
    return 0 <= level <= MAX_LEVEL and 0 <= number < 1 << 53 - TILE_HEIGHT and 1 <= width <= TILE_WIDTH
