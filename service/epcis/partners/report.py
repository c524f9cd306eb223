"""What should have been exchanged with a partner in a time, and what of it was not.

    sent       our events that name the partner: each must stand in a document that the partner accepted
    expected   goods that came from the partner by our own events (received, accepted): the partner's shipping event of
               each of these lots should be here, captured from a document of his or recorded in this ledger
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

MOST = 1000


def report(connection: Connection, channel: Row[Any], first: datetime, last: datetime) -> dict[str, Any]:
    """Counts, and the first thousand of what is missing on each side."""
    binds = {"party": channel.party_id, "channel": channel.id, "partner": channel.partner, "first": first, "last": last}
    sent = connection.execute(_SENT, binds).mappings().all()
    due = connection.execute(_EXPECTED, binds).mappings().all()
    unsent = [dict(row) for row in sent if row["state"] != "accepted"]
    missing = [dict(row) for row in due if not row["found"]]
    return {
        "ours": len(sent), "accepted": len(sent) - len(unsent), "not_accepted": unsent[:MOST],
        "expected": len(due), "received": len(due) - len(missing), "missing": missing[:MOST],
    }  # fmt: skip


def transmissions(
    connection: Connection, channel: UUID, state: str | None, before: int | None, most: int
) -> list[dict[str, Any]]:
    """The newest first."""
    rows = connection.execute(_LISTED, {"channel": channel, "state": state, "before": before, "most": most})
    return [dict(row) for row in rows.mappings()]


def again(connection: Connection, channel: UUID) -> int:
    """Send all that was refused or given up once more, as it is; how many documents that is."""
    return connection.execute(_AGAIN, {"channel": channel}).rowcount


_NAMES = (
    "(coalesce(e.body -> '{0}List', '[]') @> jsonb_build_array(jsonb_build_object('{0}', CAST(:partner AS text))))"
)
_SENT = text(f"""
    SELECT e.event_id AS event, e.record_time AS recorded_at, t.document, coalesce(t.state, 'not sent') AS state
    FROM warehouse.epcis_event e
    LEFT JOIN warehouse.epcis_transmitted d
        ON d.channel = :channel AND d.event_id = e.event_id AND d.declares_error = e.declares_error
    LEFT JOIN warehouse.epcis_transmission t ON t.number = d.transmission
    WHERE e.party_id = :party AND e.record_time >= :first AND e.record_time < :last
        AND ({_NAMES.format("source")} OR {_NAMES.format("destination")})
    ORDER BY e.record_time, e.number
""")  # noqa: S608
_EXPECTED = text(f"""
    SELECT DISTINCT e.event_id AS event, e.event_time AS received_at, x.value AS lot, EXISTS (
        SELECT FROM warehouse.epcis_event_epcs y JOIN warehouse.epcis_event s ON s.number = y.event
        WHERE y.value = x.value AND s.biz_step IN ('shipping', 'departing', 'consigning')
            AND (s.party_id = :party AND s.capture IS NOT NULL OR EXISTS (SELECT FROM warehouse.epcis_sight w
                WHERE w.party_id = :party AND w.event = s.number AND w.lots IS NULL))
    ) AS found
    FROM warehouse.epcis_event e JOIN warehouse.epcis_event_epcs x ON x.event = e.number
    WHERE e.party_id = :party AND e.event_time >= :first AND e.event_time < :last
        AND e.biz_step IN ('receiving', 'accepting', 'arriving') AND {_NAMES.format("source")}
    ORDER BY received_at, event, lot
""")  # noqa: S608
_LISTED = text("""
    SELECT number, document, events, made_at, state, attempts, next_at, sent_at, answer, receipt, settled_at, fault
    FROM warehouse.epcis_transmission
    WHERE channel = :channel AND (CAST(:state AS text) IS NULL OR state = :state)
        AND (CAST(:before AS bigint) IS NULL OR number < :before)
    ORDER BY number DESC LIMIT :most
""")
_AGAIN = text("""
    UPDATE warehouse.epcis_transmission SET state = 'waiting', attempts = 0, next_at = NULL
    WHERE channel = :channel AND state IN ('refused', 'dead')
""")
