"""Integrity reports that ran to their end: kept when they ran, read as what a calendar of them shows."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from service.models.prints import audit_run

MOST = 500


def keep(connection: Connection, party_id: int | None, at: datetime, findings: int, took_ms: int) -> None:
    """`party_id` None: it was over everything."""
    values = {"party_id": party_id, "at": at, "findings": findings, "took_ms": took_ms}
    connection.execute(insert(audit_run).inline().values(values))


def ran(connection: Connection, party_id: int, since: datetime) -> list[dict[str, Any]]:
    """Those of the party since then, the newest first, at most MOST."""
    asked = select(audit_run.c.at, audit_run.c.findings, audit_run.c.took_ms).where(
        audit_run.c.party_id == party_id, audit_run.c.at >= since
    )
    rows = connection.execute(asked.order_by(audit_run.c.at.desc()).limit(MOST))
    return [{"at": row.at, "findings": row.findings, "took_ms": row.took_ms} for row in rows]
