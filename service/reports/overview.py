"""What matters now, counted: stock by state of the goods, expiry, quarantine, what waits for somebody. One look.

Lots are counted, for quantities of different items do not add up. A lot stands under the strongest reason that holds
for any of its stock (`service.domain.goods`), and days are counted at the site, as in the lists that these numbers are
of. `age` is in days since the first movement that put goods on hold which are still there.
"""

from typing import Any

from sqlalchemy import Connection, text

WINDOWS = (30, 60, 90)
AGES = (7, 14, 30)
MONTHS = 12


def overview(connection: Connection, party_id: int, now: int) -> dict[str, Any]:
    """`now` in milliseconds."""
    values = {"party": party_id, "now": now}
    lots = connection.execute(_LOTS, values).one()
    held = connection.execute(_HELD, values).one()
    waiting = connection.execute(_WAITING, values).one()
    return {
        "lots": {name: getattr(lots, name) for name in ("available", "partly_hold", "hold", "expired", "recalled")},
        "expiring": {"expired": lots.expired_any, **{f"within_{days}": getattr(lots, f"d{days}") for days in WINDOWS},
                     "undated": lots.undated},
        "quarantine": {"lots": held.lots, "oldest_days": held.oldest,
                       **{f"over_{days}": getattr(held, f"o{days}") for days in AGES}},
        "months": [_month(*lots.months.get(str(month), (0, 0))) for month in range(MONTHS + 1)],
        "cases": {"open": waiting.cases, "to_approve": waiting.to_approve},
        "handoffs": {"to_answer": waiting.to_answer, "unanswered": waiting.unanswered, "disputed": waiting.disputed},
        "counts": {"open": waiting.counts, "to_approve": waiting.counts_to_approve},
        "recalls": {"in_force": waiting.recalls}, "notices": {"open": waiting.notices},
    }  # fmt: skip


def _month(usable: int, on_hold: int) -> dict[str, int]:
    """Lots that expire in a month and are not expired yet: of which some may be used, and wholly on hold."""
    return {"usable": usable, "on_hold": on_hold}


# `0033_overview.py` and `0037_office.py` of `service/migrations/versions` say what is counted; a page may not wait for
# a check at each row.
_LOTS = text("SELECT * FROM warehouse.lots_lying(:party, :now)")
_HELD = text("""
    SELECT count(*) AS lots, max(days) AS oldest, count(*) FILTER (WHERE days > 7) AS o7,
        count(*) FILTER (WHERE days > 14) AS o14, count(*) FILTER (WHERE days > 30) AS o30
    FROM warehouse.lots_held(:party, :now)
""")
_WAITING = text("""
    SELECT
        (SELECT count(*) FROM warehouse.quarantine_case WHERE party_id = :party AND state <> 'closed') AS cases,
        (SELECT count(*) FROM warehouse.quarantine_case WHERE party_id = :party AND state = 'decided'
            AND ruling IN ('release', 'partial_release', 'destroy')) AS to_approve,
        (SELECT count(*) FROM warehouse.handoff WHERE receiver_id = :party AND state = 'offered'
            AND sender_id <> receiver_id) AS to_answer,
        (SELECT count(*) FROM warehouse.handoff WHERE sender_id = :party AND state = 'offered'
            AND sender_id <> receiver_id) AS unanswered,
        (SELECT count(*) FROM warehouse.discrepancy d JOIN warehouse.handoff h ON h.movement = d.handoff
            WHERE h.sender_id = :party AND d.settled IS NULL) AS disputed,
        (SELECT count(*) FROM warehouse.count_sheet WHERE party_id = :party
            AND state IN ('open', 'counted', 'approved')) AS counts,
        (SELECT count(*) FROM warehouse.count_sheet WHERE party_id = :party AND state = 'counted') AS counts_to_approve,
        (SELECT count(*) FROM warehouse.recall WHERE party_id = :party AND lifted_at IS NULL) AS recalls,
        (SELECT count(*) FROM warehouse.notice WHERE to_party_id = :party AND acknowledged_at IS NULL) AS notices
""")
