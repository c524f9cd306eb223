"""Orders as they stand: the head, and for each line what was done, reserved and picked.

What was handed over and came back (an offer that was refused or taken back) was never done, nor was what the receiver
of an offer refused or did not find; of a lot that serves several lines, the last of them falls short.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.domain.allocation import Policy
from service.domain.orders import AWAITED, OrderLine, state_of
from service.orders.reserved import BLOCKED, clock

TAKES_STOCK = ("sales", "production")
"""Orders for which stock is set aside."""


@dataclass(frozen=True, slots=True)
class Line:
    """An order line with what serves it at this moment. What was `reserved` or `picked` and cannot be used any more is
    neither, it is `blocked`."""

    said: OrderLine
    item_id: int
    item_policy: Policy | None
    shelf_life_days: int | None
    reserved: int
    picked: int
    blocked: int
    ages_first: bool = False

    @property
    def unserved(self) -> int:
        """What nothing that can be used is reserved for."""
        return max(0, self.said.open - self.reserved - self.picked)


@dataclass(frozen=True, slots=True)
class Order:
    """`customer_policy` and the two minima are what holds: the order's own where it says something."""

    id: int
    uuid: UUID
    party_id: int
    kind: str
    number: str
    site: str
    site_id: int
    partner: str | None
    partner_party: str | None
    customer: str | None
    customer_name: str | None
    requested_on: date | None
    policy: Policy | None
    customer_policy: Policy | None
    min_days: int | None
    min_percent: int | None
    whole_pallets: bool
    made_at: datetime
    ended: str | None
    ended_reason: str | None
    content_hash: bytes
    lines: tuple[Line, ...]

    @property
    def state(self) -> str:
        return state_of((line.said for line in self.lines), self.ended)

    @property
    def said(self) -> tuple[OrderLine, ...]:
        return tuple(line.said for line in self.lines)

    @property
    def wanting(self) -> tuple[Line, ...]:
        """The lines for which stock is set aside: what is sold, and the components of what is made."""
        if self.kind == "production":
            return tuple(line for line in self.lines if line.said.role == "component")
        return self.lines if self.kind in TAKES_STOCK else ()

    @property
    def receiver(self) -> str:
        """Whom the goods go to, as a shipment names it."""
        return self.customer_name or self.partner or self.partner_party or self.number


_ORDERS = """
    SELECT o.id, o.uuid, o.party_id, o.kind, o.number, s.code AS site, o.site_id, o.partner, p.code AS partner_party,
        c.code AS customer, c.name AS customer_name, o.requested_on, o.policy, c.policy AS customer_policy,
        coalesce(o.min_days, c.min_days) AS min_days, coalesce(o.min_percent, c.min_percent) AS min_percent,
        o.whole_pallets, o.made_at, o.ended, o.ended_reason, o.content_hash
    FROM warehouse.orders o JOIN warehouse.site s ON s.id = o.site_id
    LEFT JOIN warehouse.party p ON p.id = o.partner_id LEFT JOIN warehouse.customer c ON c.id = o.customer_id
    WHERE o.id = ANY(:ids)
"""
DONE = """
    SELECT sum(greatest(f.units - coalesce(d.short, 0), 0))::bigint AS units, sum(f.damaged)::bigint AS damaged
    FROM warehouse.fulfilment f LEFT JOIN warehouse.handoff h ON h.movement = f.movement
    LEFT JOIN LATERAL (SELECT sum(x.units + x.refused) AS short FROM warehouse.discrepancy x
        WHERE x.handoff = f.movement AND x.lot_id = f.lot_id AND f.part = (SELECT max(y.part)
            FROM warehouse.fulfilment y WHERE (y.order_id, y.movement, y.lot_id) = (f.order_id, f.movement, f.lot_id))
        ) d ON true
    WHERE f.order_id = l.order_id AND f.line = l.line AND (h.state IS NULL OR h.state IN ('offered', 'accepted'))
"""
_LINES = f"""
    SELECT l.order_id, l.line, i.code, l.units, coalesce(done.units, 0) AS done, coalesce(done.damaged, 0) AS damaged,
        l.lot, l.tolerance, l.role, i.decimals, i.unit, i.id AS item_id, rule.policy, i.shelf_life_days,
        coalesce(stable.ages_first, false) AS ages_first,
        coalesce(held.reserved, 0) AS reserved, coalesce(held.picked, 0) AS picked,
        coalesce(held.blocked, 0) AS blocked
    FROM warehouse.order_line l JOIN warehouse.item i ON i.id = l.item_id
    LEFT JOIN warehouse.issue_rule rule ON rule.item_id = i.id
    LEFT JOIN warehouse.stability stable ON stable.item_id = i.id
    CROSS JOIN LATERAL ({DONE}) done
    CROSS JOIN LATERAL (SELECT sum(v.units - v.blocked) FILTER (WHERE v.expires_at IS NOT NULL)::bigint AS reserved,
            sum(v.units - v.blocked) FILTER (WHERE v.expires_at IS NULL)::bigint AS picked,
            sum(v.blocked)::bigint AS blocked
        FROM ({BLOCKED}) v WHERE v.order_id = l.order_id AND v.line = l.line) held
    WHERE l.order_id = ANY(:ids) ORDER BY l.order_id, l.line
"""  # noqa: S608
_STATE = f"""
    SELECT CASE WHEN bool_and(coalesce(done.units, 0) >= l.units) FILTER (WHERE l.role IN {AWAITED}) THEN 'done'
            WHEN o.ended IS NOT NULL THEN o.ended WHEN count(done.units) > 0 THEN 'part done' ELSE 'open' END
    FROM warehouse.order_line l CROSS JOIN LATERAL ({DONE}) done WHERE l.order_id = o.id
"""  # noqa: S608
_LISTED = f"""
    SELECT o.id FROM warehouse.orders o JOIN warehouse.site s ON s.id = o.site_id
    LEFT JOIN warehouse.customer c ON c.id = o.customer_id
    WHERE o.party_id = :party AND (CAST(:after AS bigint) IS NULL OR o.id < :after)
        AND (CAST(:kind AS text) IS NULL OR o.kind = :kind) AND (CAST(:number AS text) IS NULL OR o.number = :number)
        AND (CAST(:site AS text) IS NULL OR s.code = :site) AND (CAST(:customer AS text) IS NULL OR c.code = :customer)
        AND (CAST(:due AS date) IS NULL OR o.requested_on <= :due)
        AND (CAST(:state AS text) IS NULL OR ({_STATE}) = :state)
    ORDER BY o.id DESC LIMIT :limit
"""  # noqa: S608
FILTERS = ("kind", "number", "site", "customer", "due", "state", "after")


def order_id(connection: Connection, party_id: int, uuid: UUID) -> int | None:
    """The id of an order of this party."""
    query = "SELECT id FROM warehouse.orders WHERE party_id = :party AND uuid = :uuid"
    return connection.execute(text(query), {"party": party_id, "uuid": uuid}).scalar()


def read_order(connection: Connection, id: int, now: datetime) -> Order:
    order, = read_orders(connection, [id], now)
    return order


def lock_order(connection: Connection, id: int, now: datetime) -> Order:
    """The order, ours until the commit: after the locks of a movement, before any row of our own."""
    connection.execute(text("SELECT FROM warehouse.orders WHERE id = :id FOR NO KEY UPDATE"), {"id": id})
    return read_order(connection, id, now)


def read_orders(connection: Connection, ids: Sequence[int], now: datetime) -> list[Order]:
    """These orders, in this order."""
    lines: dict[int, list[Line]] = {id: [] for id in ids}
    for row in connection.execute(text(_LINES), {"ids": list(ids)} | clock(now)):
        lines[row.order_id].append(_line(row))
    heads = {row.id: row for row in connection.execute(text(_ORDERS), {"ids": list(ids)})}
    return [Order(*heads[id], lines=tuple(lines[id])) for id in ids]


def list_orders(connection: Connection, party_id: int, query: dict[str, Any], now: datetime) -> list[Order]:
    """The newest first; `after` is the id of the last order seen."""
    values = {name: query.get(name) for name in FILTERS} | {"party": party_id, "limit": query["limit"]}
    return read_orders(connection, list(connection.execute(text(_LISTED), values).scalars()), now)


def _line(row: Row[Any]) -> Line:
    said = OrderLine(row.line, row.code, row.units, row.done, row.damaged, row.lot, row.tolerance, row.decimals,
                     row.unit, row.role)
    return Line(said, row.item_id, row.policy, row.shelf_life_days, row.reserved, row.picked, row.blocked,
                row.ages_first)  # fmt: skip
