"""Tiles in PostgreSQL: full ones are rows, an unfinished one is cut from the level below it.

An unfinished tile needs no row of its own: its hashes are leaf hashes of entries, or roots of full tiles. What was
asked for is asked of rows that never change, so it does not matter that the log grows between two of the queries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from struct import pack

from sqlalchemy import Connection

from anchoring.copying import copy_in, driver
from anchoring.errors import LedgerBroken
from anchoring.tiles import NODES_LENGTH, TILE_HEIGHT, TILE_WIDTH, TileName, TileNodes
from anchoring.tree import Edge, FullTile


def write_tiles(connection: Connection, tiles: Iterable[FullTile]) -> None:
    """Store completed tiles."""
    rows = (
        pack(">hihiqi", 4, 2, tile.level, 8, tile.number, NODES_LENGTH)
        + tile.nodes.packed()
        + pack(">i32s", 32, tile.nodes.root)
        for tile in tiles
    )
    copy_in(driver(connection), "ledger.tile (level, number, nodes, root)", rows)


def read_tiles(connection: Connection, names: Collection[TileName]) -> dict[TileName, TileNodes]:
    """The named tiles as they are now, full or not, in at most three queries."""
    found = _full(connection, names)
    missing = [name for name in names if name not in found]
    leaves = [name.number for name in missing if name.level == 0]
    above = [name for name in missing if name.level > 0]
    if leaves:
        found.update(_cut_from_entries(connection, leaves))
    if above:
        found.update(_cut_from_tiles(connection, above))
    return found


def read_edge(connection: Connection, size: int) -> Edge:
    """The right edge of the log at `size`, which is its size now."""
    names = [TileName(level, size >> TILE_HEIGHT * (level + 1)) for level in range(_levels(size))]
    tiles = read_tiles(connection, names)
    unfinished = []
    for name in names:
        width = (size >> TILE_HEIGHT * name.level) % TILE_WIDTH
        hashes = tiles[name].hashes if name in tiles else b""
        if len(hashes) != 32 * width:
            raise LedgerBroken(f"hashes of the unfinished tile {name}", width, len(hashes) // 32)
        unfinished.append(tiles.get(name, TileNodes(())))
    return Edge(size, tuple(unfinished))


def _levels(size: int) -> int:
    return -(-size.bit_length() // TILE_HEIGHT)


def _full(connection: Connection, names: Collection[TileName]) -> dict[TileName, TileNodes]:
    query = """
        SELECT t.level, t.number, t.nodes
          FROM unnest(%b::smallint[], %b::bigint[]) AS asked (level, number) JOIN ledger.tile t USING (level, number)"""
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(query, ([name.level for name in names], [name.number for name in names]))
        return {TileName(level, number): TileNodes.unpacked(nodes) for level, number, nodes in cursor}


def _cut_from_entries(connection: Connection, numbers: list[int]) -> dict[TileName, TileNodes]:
    query = """
        SELECT asked.number, e.leaf_hash
          FROM unnest(%b::bigint[]) AS asked (number)
          JOIN ledger.entry e ON e.index >= asked.number << 8 AND e.index < asked.number + 1 << 8
         ORDER BY e.index"""
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(query, (numbers,))
        return _gathered((TileName(0, number), leaf_hash) for number, leaf_hash in cursor)


def _cut_from_tiles(connection: Connection, names: list[TileName]) -> dict[TileName, TileNodes]:
    query = """
        SELECT asked.level, asked.number, t.root
          FROM unnest(%b::smallint[], %b::bigint[]) AS asked (level, number)
          JOIN ledger.tile t
            ON t.level = asked.level - 1 AND t.number >= asked.number << 8 AND t.number < asked.number + 1 << 8
         ORDER BY t.level, t.number"""
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(query, ([name.level for name in names], [name.number for name in names]))
        return _gathered((TileName(level, number), root) for level, number, root in cursor)


def _gathered(rows: Iterable[tuple[TileName, bytes]]) -> dict[TileName, TileNodes]:
    hashes: dict[TileName, list[bytes]] = {}
    for name, found in rows:
        hashes.setdefault(name, []).append(found)
    return {name: TileNodes(listed) for name, listed in hashes.items()}
