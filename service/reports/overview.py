"""What matters now, counted: stock by state of the goods, expiry, quarantine, what waits for somebody. One look.

Lots are counted, for quantities of different items do not add up. A lot stands under the strongest reason that holds
for any of its stock (`service.domain.goods`), and days are counted at the site, as in the lists that these numbers are
of. `age` is in days since the first movement that put goods on hold which are still there.
"""

from typing import Any

from sqlalchemy import Connection, text

WINDOWS = (30, 60, 90)
AGES = (7, 14, 30)


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
        "cases": {"open": waiting.cases, "to_approve": waiting.to_approve},
        "handoffs": {"to_answer": waiting.to_answer, "unanswered": waiting.unanswered, "disputed": waiting.disputed},
        "counts": {"open": waiting.counts, "to_approve": waiting.counts_to_approve},
        "recalls": {"in_force": waiting.recalls}, "notices": {"open": waiting.notices},
    }  # fmt: skip


_LYING = """
    SELECT lot.id, lot.expiry_date, lot.recall IS NOT NULL AS recalled,
        bool_or(b.status = 'hold') AS held, bool_or(b.status = 'available') AS free,
        bool_or(coalesce(warehouse.expired(lot.expiry_date, :now, s.zone), false)) AS expired,
        min(lot.expiry_date - (to_timestamp(:now / 1000.0) AT TIME ZONE s.zone)::date) AS days_left
    FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    JOIN warehouse.balance b ON b.place = l.id AND b.place > 0 AND b.units > 0
    JOIN warehouse.lot ON lot.id = b.lot_id WHERE l.party_id = :party GROUP BY lot.id
"""
_LOTS = text(f"""
    WITH lying AS ({_LYING})
    SELECT count(*) FILTER (WHERE recalled) AS recalled, count(*) FILTER (WHERE expired AND NOT recalled) AS expired,
        count(*) FILTER (WHERE held AND NOT free AND NOT expired AND NOT recalled) AS hold,
        count(*) FILTER (WHERE held AND free AND NOT expired AND NOT recalled) AS partly_hold,
        count(*) FILTER (WHERE free AND NOT held AND NOT expired AND NOT recalled) AS available,
        count(*) FILTER (WHERE expired) AS expired_any, count(*) FILTER (WHERE expiry_date IS NULL) AS undated,
        count(*) FILTER (WHERE NOT expired AND days_left <= 30) AS d30,
        count(*) FILTER (WHERE NOT expired AND days_left BETWEEN 31 AND 60) AS d60,
        count(*) FILTER (WHERE NOT expired AND days_left BETWEEN 61 AND 90) AS d90
    FROM lying
""")  # noqa: S608
_HELD = text("""
    WITH lying AS (
        SELECT DISTINCT b.lot_id FROM warehouse.location l
        JOIN warehouse.balance b ON b.place = l.id AND b.place > 0 AND b.units > 0 AND b.status = 'hold'
        WHERE l.party_id = :party
    ), aged AS (
        SELECT lot_id, (:now - (
            WITH step AS (
                SELECT movement, sum(units) AS net, sum(sum(units)) OVER (ORDER BY movement) AS held
                FROM warehouse.leg WHERE leg.lot_id = lying.lot_id AND leg.place > 0 AND leg.status = 'hold'
                GROUP BY movement
            ), began AS (SELECT coalesce(max(movement), 0) AS after FROM step WHERE held = 0)
            SELECT min(m.recorded_at) FROM step CROSS JOIN began JOIN warehouse.movement m ON m.number = step.movement
            WHERE step.movement > began.after AND step.net > 0)) / 86400000 AS days
        FROM lying
    )
    SELECT count(*) AS lots, max(days) AS oldest, count(*) FILTER (WHERE days > 7) AS o7,
        count(*) FILTER (WHERE days > 14) AS o14, count(*) FILTER (WHERE days > 30) AS o30 FROM aged
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
