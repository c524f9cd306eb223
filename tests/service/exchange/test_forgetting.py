"""Words that were erased go from the kept file of an import, and the rest of the file stays as it came."""

import zlib
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from sqlalchemy import Engine, insert, select

from service.exchange.columns import movement_id
from service.exchange.forgetting import forget_words
from service.models.exchange import import_
from tests.service.ledger.world import World

NAMES = ("type", "lot", "quantity", "customer", "reason", "document")


def test_only_that_row_and_only_its_words(engine: Engine) -> None:
    world, id = World(engine), uuid4()
    party = world.one("SELECT id FROM warehouse.party WHERE code = 'maker'")[0]
    rows = [[1, ["ship", "Wu", "5", "Wu", "Wu rang", "Wu"]], [2, ["ship", "Wu", "5", "Wu", "Wu rang", "Wu"]]]
    kept = {"id": id, "party_id": party, "kind": "movements", "name": "f.csv", "format": "csv", "sha256": bytes(32),
            "content": zlib.compress(orjson.dumps(["movements", NAMES, rows])), "state": "done", "rows": 2, "bad": 0,
            "summary": {}, "actor": "key", "created_at": datetime.now(UTC)}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(import_).values(kept))
        forget_words(connection, party, movement_id(id, 1), ["Wu"])
        left = orjson.loads(zlib.decompress(connection.scalar(select(import_.c.content))))
    assert left == ["movements", list(NAMES), [[1, ["ship", "Wu", "5", "erased", "Wu rang", "erased"]], rows[1]]]
