"""Partners: how long a handoff waits for its answer, how often something was missing; and keys that end soon."""

from typing import Any

from sqlalchemy import Connection, text

from service.figures import DAY, Period, hours, share

SOON = 30 * DAY

_HANDOFFS = text("""
    SELECT partner, ours, handoffs, p50, p95, differing
    FROM warehouse.handoffs_answered(:party, :since, :now) ORDER BY partner, ours
""")
_KEYS = text("""
    SELECT count(*) AS ending, min(expires_at) AS first FROM warehouse.api_key
    WHERE party_id = :party AND revoked_at IS NULL AND expires_at > to_timestamp(:now / 1000.0)
        AND expires_at <= to_timestamp((:now + :soon) / 1000.0)
""")


def handoffs(connection: Connection, asked: Period) -> list[dict[str, Any]]:
    """Answered in the period, by partner and direction. Goods to another site of one's own are no handoff here."""
    values = {"party": asked.party_id, "since": asked.since, "now": asked.now}
    return [_told(row) for row in connection.execute(_HANDOFFS, values)]


def _told(row: Any) -> dict[str, Any]:
    return {
        "partner": row.partner, "direction": "to them" if row.ours else "to us", "handoffs": row.handoffs,
        "p50_hours": hours(row.p50), "p95_hours": hours(row.p95), "differing": share(row.differing, row.handoffs),
    }  # fmt: skip


def keys(connection: Connection, asked: Period) -> dict[str, Any]:
    """API keys that end within 30 days from now."""
    row = connection.execute(_KEYS, {"party": asked.party_id, "now": asked.now, "soon": SOON}).one()
    return {"ending": row.ending, "first": row.first}
