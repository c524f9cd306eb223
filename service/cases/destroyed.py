"""What was destroyed: the goods of a movement or of a case, and the certificate of a movement of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.ledger.moments import moment
from service.proof.standing import records
from verifier.encoding import b64url


def of_case(connection: Connection, number: int) -> Sequence[Any]:
    return connection.execute(_OF_CASE, {"case": number}).all()


def goods_destroyed(connection: Connection, rows: Sequence[Any], origin: str) -> list[dict[str, Any]]:
    """Each lot with what was destroyed of it, and how far the record of it has come in the log of this `origin`."""
    known = records(connection, origin, {row.statement_hash for row in rows})
    return [
        {
            "item": row.item, "name": row.name, "lot": row.lot, "uri": row.uri, "location": row.at,
            "quantity": format_quantity(row.units, row.decimals), "unit": row.unit, "movement": row.id,
            "statement": b64url(row.statement_hash), "receipt_url": f"/api/v1/movements/{row.id}/receipt",
            **known.of(row.statement_hash, row.uri),
        }
        for row in rows
    ]  # fmt: skip


def party_shown(connection: Connection, party_id: int) -> dict[str, str]:
    row = connection.execute(_PARTY, {"party": party_id}).one()
    return {"id": row.code, "name": row.name, "uri": row.uri}


def certificate_of(connection: Connection, party_id: int, id: UUID, origin: str) -> dict[str, Any] | None:
    """The data of the certificate of one movement, or None if it is none of the party's, or destroyed nothing."""
    rows = connection.execute(_OF_MOVEMENT, {"party": party_id, "id": id}).all()
    if not rows:
        return None
    said, first = orjson.loads(rows[0].content), rows[0]
    return {
        "certificate": said["certificate"], "party": party_shown(connection, party_id), "movement": id,
        "case": said["case"] and UUID(said["case"]), "reason": said["reason"],
        "event_time": said["event_time"] and datetime.fromisoformat(said["event_time"]),
        "destroyed_at": moment(first.recorded_at), "witnesses": said["witnesses"], "approved_by": said["approved_by"],
        "goods": goods_destroyed(connection, rows, origin),
    }  # fmt: skip


_DESTROYED = """
    SELECT m.id, m.recorded_at, m.statement_hash, m.content, i.code AS item, i.name, l.number AS lot, l.uri, i.decimals,
        i.unit, s.code || '/' || p.code AS at, -g.units AS units
    FROM warehouse.movement m
    JOIN warehouse.leg g ON g.movement = m.number AND g.place > 0 JOIN warehouse.lot l ON l.id = g.lot_id
    JOIN warehouse.item i ON i.id = l.item_id JOIN warehouse.location p ON p.id = g.place
    JOIN warehouse.site s ON s.id = p.site_id
    WHERE m.type = 'destroy' AND
"""
_OF_CASE = text(f"""{_DESTROYED}
    m.number IN (SELECT movement FROM warehouse.case_movement WHERE case_number = :case) ORDER BY m.number, g.line
""")  # noqa: S608
_OF_MOVEMENT = text(f"{_DESTROYED} m.party_id = :party AND m.id = :id ORDER BY g.line, g.lot_id")
_PARTY = text("SELECT code, name, uri FROM warehouse.party WHERE id = :party")
