"""What a party sees of its erasures."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from service.erasing.record import shown_hash
from service.ledger.moments import moment, moment_or_none
from verifier.encoding import b64url


def shown(connection: Connection, party_id: int, id: UUID) -> dict[str, Any] | None:
    values = {"party": party_id, "id": id, "state": None, "after": None, "limit": 1}
    row = connection.execute(_LISTED, values).one_or_none()
    return None if row is None else _shown(row)


def listed(connection: Connection, party_id: int, **asked: Any) -> list[dict[str, Any]]:
    """The newest first; `asked` holds state, after (an id), limit."""
    rows = connection.execute(_LISTED, {"party": party_id, "id": None, **asked})
    return [_shown(row) for row in rows]


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "movement": row.movement_id, "event": row.event_id,
        "declares_error": row.declares_error, "property": row.property, "digest": row.digest,
        "legal_basis": row.legal_basis, "requested_by": row.requested_by, "requested_at": moment(row.requested_at),
        "state": row.state, "shown": shown_hash(row.statement_hash, row.digest, row.property, row.legal_basis),
        "approvals": [{"person": person, "decision": decision, "at": moment(at)}
                      for person, decision, at in row.approvals],
        "notice": None if row.notice is None else b64url(row.notice), "ended_at": moment_or_none(row.ended_at),
    }  # fmt: skip


_LISTED = text("""
    SELECT e.*, m.id AS movement_id, v.event_id, v.declares_error, (
        SELECT coalesce(json_agg(json_build_array(a.person, a.decision, a.at) ORDER BY a.at, a.person), '[]')
        FROM warehouse.erasure_approval a WHERE a.erasure = e.number) AS approvals
    FROM warehouse.erasure e LEFT JOIN warehouse.movement m ON m.number = e.movement
    LEFT JOIN warehouse.epcis_event v ON e.movement IS NULL AND v.statement_hash = e.statement_hash
    WHERE e.party_id = :party AND (CAST(:id AS uuid) IS NULL OR e.id = :id)
        AND (CAST(:state AS text) IS NULL OR e.state = :state)
        AND (CAST(:after AS uuid) IS NULL OR e.number < (
            SELECT number FROM warehouse.erasure WHERE party_id = :party AND id = :after))
    ORDER BY e.number DESC LIMIT :limit
""")
