"""Which goods rode on which vehicle: so that its readings are those of the goods."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.domain.errors import BadName, UnknownThing
from service.domain.identifiers import check_code
from service.people import changes
from service.people.changes import Author
from service.reports.report import milliseconds


def load(connection: Connection, author: Author, vehicle: str, movement: UUID, until: datetime | None) -> Row[Any]:
    """The goods of this movement are on this vehicle from its recording on. Raises UnknownThing, BadName.

    Said again with another end, the newest counts; a movement stays on its vehicle.
    """
    check_code("vehicle", vehicle)
    found = connection.execute(_MOVEMENT, {"party": author.party_id, "id": movement}).one_or_none()
    if found is None:
        raise UnknownThing("movement", str(movement))
    end = None if until is None else milliseconds(until)
    if end is not None and until is not None and end <= found.recorded_at:
        raise BadName("until", "a time after the movement was recorded", until.isoformat(timespec="seconds"))
    row = connection.execute(_LOAD, {"party": author.party_id, "vehicle": vehicle, "movement": found.number,
                                     "since": found.recorded_at, "until": end}).one()  # fmt: skip
    if row.vehicle != vehicle:
        raise BadName("vehicle", f"{row.vehicle}, on which these goods are", vehicle)
    told = {"vehicle": (None, vehicle), "until": (None, None if until is None else until.isoformat())}
    changes.keep(connection, author, "vehicle-load", str(movement), told)
    return row


_MOVEMENT = text("""
    SELECT number, recorded_at FROM warehouse.movement
    WHERE party_id = :party AND id = :id AND type IN ('offer', 'ship', 'send', 'return')
""")
_LOAD = text("""
    INSERT INTO warehouse.vehicle_load AS known (party_id, vehicle, movement, since, until)
    VALUES (:party, :vehicle, :movement, :since, :until)
    ON CONFLICT (movement) DO UPDATE SET until = coalesce(excluded.until, known.until)
    RETURNING vehicle, since, until
""")
