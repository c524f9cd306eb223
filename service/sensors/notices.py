"""What is told of sensors: an excursion began or is over, a sensor fell silent or is heard again.

A row in the transaction in which it became true; its deliveries follow from it (the trigger post_sensor_deliveries), to
each webhook that asks for `sensors`. By the Chinese GSP an alarm reaches three persons or more: how many it reaches is
how many webhooks there are, which `receivers` counts.
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from service.ledger.requests import Scribe
from service.sensors import excursions

TYPE = "sensors"
NEEDED = 3


def tell_of_excursion(
    connection: Connection, scribe: Scribe, party_id: int, sensor: int, event: str, number: int
) -> None:
    tell(connection, scribe, party_id, sensor, event, excursions.numbered(connection, number))


def tell(connection: Connection, scribe: Scribe, party_id: int, sensor: int, event: str, body: Any) -> None:
    """`body` is what the webhooks get, beside the event and its id."""
    connection.execute(_ADD, {
        "party": party_id, "id": UUID(bytes=scribe.random(16), version=4), "event": event, "sensor": sensor,
        "at": int(scribe.now().timestamp() * 1000),
        "body": orjson.dumps(body, option=orjson.OPT_UTC_Z, default=str).decode(),
    })  # fmt: skip


def receivers(connection: Connection, party_id: int) -> int:
    """How many webhooks are told."""
    return int(connection.execute(_RECEIVERS, {"party": party_id, "type": TYPE}).scalar_one())


_ADD = text("""
    INSERT INTO warehouse.sensor_notice (party_id, id, event, sensor_id, at, body)
    VALUES (:party, :id, :event, :sensor, :at, CAST(:body AS jsonb))
""")
_RECEIVERS = text("""
    SELECT count(*) FROM warehouse.webhook
    WHERE party_id = :party AND ended_at IS NULL AND CAST(:type AS text) = ANY (types)
""")
