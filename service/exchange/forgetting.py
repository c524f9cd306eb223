"""Words that were erased from a movement go from the file of its import too, where that is still kept."""

import zlib
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

from service.exchange.columns import movement_id
from service.models.exchange import import_

LEVEL = 6
COLUMNS = ("reason", "customer", "document")
ERASED = "erased"


def forget_words(connection: Connection, party_id: int, movement: UUID, words: Collection[str]) -> None:
    """The row stays, and is the same movement if it is recorded again: what was erased is not compared."""
    kept = select(import_.c.id, import_.c.content).where(
        import_.c.party_id == party_id, import_.c.content.is_not(None)
    )
    for id, packed in connection.execute(kept.with_for_update()).all():
        kind, names, rows = orjson.loads(zlib.decompress(packed))
        left = [[number, _left(names, cells, words) if movement_id(id, number) == movement else cells]
                for number, cells in rows]  # fmt: skip
        if left != rows:
            content = zlib.compress(orjson.dumps([kind, names, left]), LEVEL)
            connection.execute(import_.update().where(import_.c.id == id).values(content=content))


def _left(names: Sequence[str], cells: Sequence[Any], words: Collection[str]) -> list[Any]:
    named = dict(enumerate(names))
    return [ERASED if named.get(at) in COLUMNS and cell in words else cell for at, cell in enumerate(cells)]
