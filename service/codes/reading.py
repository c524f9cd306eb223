"""Codes as they are listed: of a lot, or those with which something is wrong."""

from typing import Any

from sqlalchemy import Connection, text

from service.domain.trace_codes import Known


def listed(
    connection: Connection, party_id: int, *, lot: str | None, flagged: bool, after: str, limit: int
) -> list[dict[str, Any]]:
    """In the order of the codes, each with its state, and the newest flag that an act of it has."""
    values = {"party": party_id, "lot": lot, "flagged": flagged, "after": after, "limit": limit}
    return [
        {"code": row.code, "level": row.level, "parent": row.parent, "lot": row.uri, "state": Known(row.act).state,
         "flag": row.flag, "acts": row.acts}
        for row in connection.execute(_LISTED, values)
    ]  # fmt: skip


_LISTED = text("""
    SELECT c.code, c.level, c.parent, lot.uri, newest.act, flagged.flag, coalesce(counted.acts, 0) AS acts
    FROM warehouse.trace_code c JOIN warehouse.lot ON lot.id = c.lot_id
    LEFT JOIN LATERAL (
        SELECT a.act FROM warehouse.trace_act a WHERE a.party_id = c.party_id AND a.code = c.code
            AND a.act <> 'verified' ORDER BY a.number DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT a.flag FROM warehouse.trace_act a WHERE a.party_id = c.party_id AND a.code = c.code
            AND a.flag IS NOT NULL ORDER BY a.number DESC LIMIT 1
    ) flagged ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS acts FROM warehouse.trace_act a WHERE a.party_id = c.party_id AND a.code = c.code
    ) counted ON true
    WHERE c.party_id = :party AND c.code > :after AND (CAST(:lot AS text) IS NULL OR lot.uri = :lot)
        AND (NOT :flagged OR flagged.flag IS NOT NULL)
    ORDER BY c.code LIMIT :limit
""")
