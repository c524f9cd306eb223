"""Notices: another party recalls (or no longer recalls) a lot that it handed to this one."""

from typing import Any

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.ledger.desk import Desk
from service.ledger.moments import moment, moment_or_none


def listed(
    connection: Connection, party_id: int, *, open: bool | None, after: int | None, limit: int, id: int | None = None
) -> list[dict[str, Any]]:
    """The newest first, each with what of the lot lies here now."""
    values = {"party": party_id, "open": open, "after": after, "limit": limit, "id": id}
    notices = list(connection.execute(_LISTED, values))
    lying: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(_LYING, {"party": party_id, "uris": [notice.lot_uri for notice in notices]}):
        lying.setdefault(row.uri, []).append(
            {"location": row.at, "status": row.status, "quantity": format_quantity(row.units, row.decimals),
             "unit": row.unit}
        )  # fmt: skip
    return [_shown(notice, lying.get(notice.lot_uri, [])) for notice in notices]


def acknowledge(desk: Desk, id: int, by: str) -> bool:
    """Whether there is such a notice. Who acknowledged it first stays."""
    desk.change(_ACKNOWLEDGE, party=desk.party_id, id=id, at=desk.now, by=by)
    return bool(desk.ask("SELECT id FROM warehouse.notice WHERE id = :id AND to_party_id = :party",
                         id=id, party=desk.party_id))


def _shown(notice: Any, lying: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": notice.id, "kind": notice.kind, "from_party": notice.sender, "lot": notice.lot_uri,
        "reason": notice.reason, "at": moment(notice.created_at),
        "acknowledged_at": moment_or_none(notice.acknowledged_at), "acknowledged_by": notice.acknowledged_by,
        "own": None if notice.number is None else {"item": notice.item, "lot": notice.number,
                                                   "recalled": notice.recall is not None},
        "stock": lying, "suggests": _suggested(notice),
    }  # fmt: skip


def _suggested(notice: Any) -> dict[str, Any] | None:
    """What to send to stop the lot here too, with an id of your own, your name and the class you give it."""
    if notice.kind != "recall" or notice.number is None or notice.recall is not None:
        return None
    reason = f"Recalled by {notice.sender}: {notice.reason or 'see the notice'}"
    return {"method": "POST", "path": "/api/v1/recalls",
            "body": {"item": notice.item, "lot": notice.number, "reason": reason[:200]}}  # fmt: skip


_LISTED = text("""
    SELECT n.*, s.code AS sender, l.number, l.recall, i.code AS item, r.reason FROM warehouse.notice n
    JOIN warehouse.party s ON s.id = n.from_party_id
    LEFT JOIN warehouse.lot l ON (l.party_id, l.uri) = (n.to_party_id, n.lot_uri)
    LEFT JOIN warehouse.item i ON i.id = l.item_id
    LEFT JOIN warehouse.recall r ON r.party_id = n.from_party_id
        AND n.movement = ANY(r.movements || coalesce(r.lift_movements, ARRAY[]::bigint[]))
    WHERE n.to_party_id = :party AND (CAST(:open AS boolean) IS NULL OR (n.acknowledged_at IS NULL) = :open)
        AND (CAST(:after AS bigint) IS NULL OR n.id < :after) AND (CAST(:id AS bigint) IS NULL OR n.id = :id)
    ORDER BY n.id DESC LIMIT :limit
""")
_LYING = text("""
    SELECT l.uri, s.code || '/' || p.code AS at, b.status, b.units, i.decimals, i.unit FROM warehouse.lot l
    JOIN warehouse.item i ON i.id = l.item_id JOIN warehouse.balance b ON b.lot_id = l.id AND b.place > 0
    JOIN warehouse.location p ON p.id = b.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE l.party_id = :party AND l.uri = ANY(:uris) AND b.units > 0 ORDER BY l.uri, at, b.status
""")
_ACKNOWLEDGE = """
    UPDATE warehouse.notice SET acknowledged_at = :at, acknowledged_by = :by
    WHERE id = :id AND to_party_id = :party AND acknowledged_at IS NULL
"""
