"""Figures of a house over some weeks, in one answer: what a quality person asks on Monday."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

import anchoring
from service.api import exporting
from service.api import figures_schemas as shapes
from service.api.door import Door
from service.api.house import House
from service.api.rows import moment
from service.auth.keys import Caller
from service.figures import Period, audits, days, flow, handling, partners

ANCHORS = 100
AUDITS_SINCE = timedelta(weeks=12)


def door(house: House) -> Door:
    figures = house.door("figures", "How stock flows, how well it is handled, how late the ledger is")

    @figures.operation("GET", "/figures", roles=("party",), query=shapes.FiguresQuery, answers={200: shapes.Figures})
    def read_figures(caller: Caller, query: dict[str, Any]) -> Any:
        """Flow, handling, partners, the ledger's lag and the audits, over some days up to now

        What each of them counts stands in docs/console.md. `days` are the last fourteen, whatever the period.
        """
        assert caller.party_id is not None
        now = house.now()
        since = now - timedelta(days=query["days"])
        asked = Period(caller.party_id, _milliseconds(since), _milliseconds(now))
        with exporting.snapshot(house) as connection:
            found = _figures(connection, asked) | {"audits": audits.ran(connection, asked.party_id, now - AUDITS_SINCE)}
        return {"as_of": now, "since": since, **found}

    return figures


def _figures(connection: Connection, asked: Period) -> dict[str, Any]:
    return {
        "days": [{**day, "ends": moment(day["ends"])} for day in days.days(connection, asked)],
        "pace": flow.pace(connection, asked), "stays": flow.stays(connection, asked),
        "picks": handling.picks(connection, asked), "counts": handling.counts(connection, asked),
        "scans": handling.scans(connection, asked), "partners": partners.handoffs(connection, asked),
        "keys": partners.keys(connection, asked),
        "anchors": [_anchor(wait) for wait in anchoring.waits(connection, ANCHORS)],
    }  # fmt: skip


def _anchor(wait: anchoring.Wait) -> dict[str, Any]:
    return asdict(wait) | {"time": datetime.fromtimestamp(wait.time, UTC)}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
