"""Recalls as they are shown: what was stopped, where its goods are now, and who has been told and has answered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.domain.signing import shown_hash
from service.ledger.moments import moment, moment_or_none
from service.recalls.calling import record_of

LYING = ("available", "on_hold", "in_transit", "at_parties", "at_customers")


def shown(
    connection: Connection, party_id: int, id: UUID, *, after: str | None = None, limit: int = 100
) -> dict[str, Any] | None:
    """The recall with a page of its lots; totals and parties are of all of them. None if the party has none such."""
    recall = connection.execute(_RECALL, {"party": party_id, "id": id}).one_or_none()
    if recall is None:
        return None
    asked = {"party": party_id, "movements": recall.movements, "after": after, "limit": limit}
    rows = list(connection.execute(_LOTS, asked))
    record = record_of(recall)
    return _head(recall) | {
        "record": record.decode(), "shown": shown_hash(record),
        "movements": [str(each) for each in connection.execute(_IDS, asked).scalars()],
        "totals": [_total(row) for row in connection.execute(_TOTALS, asked)],
        "parties": [_party(row) for row in connection.execute(_PARTIES, asked)],
        "recalled_lots": [_lot(row) for row in rows],
        "next": rows[-1].uri if len(rows) == limit else None,
    }


def listed(
    connection: Connection, party_id: int, *, open: bool | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The newest first."""
    values = {"party": party_id, "open": open, "after": after, "limit": limit}
    return [_head(recall) for recall in connection.execute(_LISTED, values)]


def _head(recall: Any) -> dict[str, Any]:
    return {
        "id": recall.id, "item": recall.item, "lot": recall.lot, "uri": recall.uri, "class": recall.grade,
        "reason": recall.reason, "by": recall.started_by, "at": moment(recall.started_at), "took_ms": recall.took_ms,
        "lots": recall.lots, "places": recall.places, "held": recall.held, "notices_sent": recall.notices,
        "notices_open": recall.notices_open, "in_force": recall.lifted_at is None,
        "lifted_at": moment_or_none(recall.lifted_at), "lifted_by": recall.lifted_by,
    }  # fmt: skip


def _lot(row: Any) -> dict[str, Any]:
    return {"item": row.item, "lot": row.lot, "uri": row.uri, "recalled": row.recall is not None,
            "unit": row.unit} | _quantities(row, LYING)


def _total(row: Any) -> dict[str, Any]:
    return {"item": row.item, "unit": row.unit} | _quantities(row, (*LYING, "destroyed", "returned"))


def _quantities(row: Any, names: Sequence[str]) -> dict[str, str]:
    return {name: format_quantity(int(getattr(row, name)), row.decimals) for name in names}


def _party(row: Any) -> dict[str, Any]:
    return {
        "party": row.party, "lot": row.uri, "unit": row.unit,
        "arrived": format_quantity(int(row.arrived), row.decimals),
        "on_the_way": format_quantity(int(row.offered), row.decimals),
        "told_at": moment_or_none(row.told_at), "acknowledged_at": moment_or_none(row.acknowledged_at),
        "acknowledged_by": row.acknowledged_by,
    }  # fmt: skip


_HEADS = """
    SELECT r.*, r.class AS grade, i.code AS item, l.number AS lot, l.uri, n.notices, n.notices_open
    FROM warehouse.recall r JOIN warehouse.lot l ON l.id = r.lot_id JOIN warehouse.item i ON i.id = l.item_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS notices, count(*) FILTER (WHERE acknowledged_at IS NULL) AS notices_open
        FROM warehouse.notice WHERE movement = ANY(r.movements)) AS n
    WHERE r.party_id = :party
"""
_RECALL = text(_HEADS + " AND r.id = :id")
_LISTED = text(_HEADS + """
        AND (CAST(:open AS boolean) IS NULL OR (r.lifted_at IS NULL) = :open)
        AND (CAST(:after AS uuid) IS NULL OR r.number < (
            SELECT a.number FROM warehouse.recall a WHERE a.party_id = :party AND a.id = :after))
    ORDER BY r.number DESC LIMIT :limit
""")  # noqa: S608
_IDS = text("SELECT id FROM warehouse.movement WHERE number = ANY(:movements) ORDER BY number")

# The lots of the recall's movements, by the URIs that these concern.
_FAMILY = """
    WITH family AS MATERIALIZED (
        SELECT l.* FROM warehouse.movement m CROSS JOIN unnest(m.lots) AS k (uri)
        JOIN warehouse.lot l ON (l.party_id, l.uri) = (m.party_id, k.uri) WHERE m.number = ANY(:movements)
    ), handed AS MATERIALIZED (
        SELECT lot_id, receiver_id, coalesce(sum(arrived), 0) AS arrived,
            coalesce(sum(offered) FILTER (WHERE state = 'offered'), 0) AS offered
        FROM (
            SELECT hl.lot_id, h.receiver_id, h.state, sum(hl.units) AS offered, (
                SELECT sum(g.units) FROM warehouse.leg g
                WHERE (g.lot_id, g.movement, g.place) = (hl.lot_id, h.answer, -11) AND g.units > 0) AS arrived
            FROM warehouse.handoff_line hl JOIN family ON family.id = hl.lot_id
            JOIN warehouse.handoff h ON h.movement = hl.movement
            WHERE h.sender_id <> h.receiver_id AND h.state IN ('offered', 'accepted')
            GROUP BY hl.lot_id, h.movement) AS each
        GROUP BY lot_id, receiver_id
    ), lying AS MATERIALIZED (
        SELECT b.lot_id,
            coalesce(sum(units) FILTER (WHERE place > 0 AND status = 'available'), 0) AS available,
            coalesce(sum(units) FILTER (WHERE place > 0 AND status = 'hold'), 0) AS on_hold,
            coalesce(sum(units) FILTER (WHERE place IN (-3, -7)), 0) AS in_transit,
            coalesce(sum(units) FILTER (WHERE place = -6), 0) AS destroyed,
            coalesce(sum(units) FILTER (WHERE place = -8), 0) AS returned,
            coalesce(sum(units) FILTER (WHERE place = -11), 0) AS at_parties,
            coalesce(sum(units) FILTER (WHERE place = -2), 0) AS at_customers
        FROM warehouse.balance b JOIN family ON family.id = b.lot_id GROUP BY b.lot_id
    ), lots AS MATERIALIZED (
        SELECT i.code AS item, i.decimals, i.unit, f.number AS lot, f.uri, f.recall, y.*
        FROM family f JOIN warehouse.item i ON i.id = f.item_id JOIN lying y ON y.lot_id = f.id
    )
"""
_LOTS = text(_FAMILY + """
    SELECT * FROM lots WHERE CAST(:after AS text) IS NULL OR uri > :after ORDER BY uri LIMIT :limit
""")  # noqa: S608
_TOTALS = text(_FAMILY + """
    SELECT item, decimals, unit, sum(available) AS available, sum(on_hold) AS on_hold, sum(in_transit) AS in_transit,
        sum(at_parties) AS at_parties, sum(at_customers) AS at_customers, sum(destroyed) AS destroyed,
        sum(returned) AS returned
    FROM lots GROUP BY item, decimals, unit ORDER BY item
""")  # noqa: S608
_PARTIES = text(_FAMILY + """
    SELECT p.code AS party, f.uri, i.decimals, i.unit, h.arrived, h.offered, n.created_at AS told_at, n.acknowledged_at,
        n.acknowledged_by
    FROM handed h JOIN family f ON f.id = h.lot_id JOIN warehouse.item i ON i.id = f.item_id
    JOIN warehouse.party p ON p.id = h.receiver_id
    LEFT JOIN warehouse.notice n ON n.movement = ANY(:movements) AND n.to_party_id = h.receiver_id AND n.lot_uri = f.uri
    ORDER BY p.code, f.uri
""")  # noqa: S608
