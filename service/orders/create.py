"""An order begins, and an order ends. Its lines never change: what changed is a new order, or the rest closed."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from service.domain.allocation import Policy
from service.domain.errors import BadName, BadQuantity, HandoffToSelf, MovementIdTaken, ThingExists, UnknownThing
from service.domain.identifiers import check_text
from service.domain.orders import Role, check_may_cancel, check_may_close, check_may_go_on
from service.domain.quantities import MAX_UNITS, parse_quantity
from service.ledger.master_data import party_id_of
from service.models.orders import customer, order_line, orders
from service.models.tables import item, site
from service.orders.read import lock_order

NUMBER_LIMIT = 64
ERASED = bytes(32)
"""The hash of an order of which something was erased: a guess could be compared with it."""


@dataclass(frozen=True, slots=True)
class NewLine:
    item: str
    quantity: str
    lot: str | None = None
    over_tolerance_percent: int = 0
    role: Role = "main"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """`partner` is a name; `party` the code of a party on this ledger; `customer` the code of one of our customers."""

    kind: str
    number: str
    site: str
    lines: tuple[NewLine, ...]
    id: UUID | None = None
    partner: str | None = None
    party: str | None = None
    customer: str | None = None
    requested_date: date | None = None
    issue_policy: Policy | None = None
    min_days_left: int | None = None
    min_percent_left: int | None = None
    whole_pallets: bool = False


def create_order(
    connection: Connection, party_id: int, new: NewOrder, id: UUID, by: str, now: datetime
) -> tuple[int, bool]:
    """The order's id, and whether it is new: the same order under the same id again is the one that exists.

    Raises ThingExists for a number that its kind has already, MovementIdTaken for an id with other content, BadName for
    lines that no order of its kind has.
    """
    check_text("order number", new.number, limit=NUMBER_LIMIT)
    _check_roles(new)
    hashed = _content_hash(new)
    values = _head(connection, party_id, new) | {
        "uuid": id, "content_hash": hashed, "made_at": now, "made_by": by,
    }  # fmt: skip
    lines = [_line(connection, party_id, number, line) for number, line in enumerate(new.lines, 1)]
    made = connection.scalar(insert_or_not(orders).values(values).on_conflict_do_nothing().returning(orders.c.id))
    if made is None:
        return _existing(connection, party_id, id, new, hashed), False
    connection.execute(insert(order_line), [{"order_id": made, **line} for line in lines])
    return int(made), True


def _check_roles(new: NewOrder) -> None:
    """Only a production order makes one thing of another, and it makes something."""
    roles = {line.role for line in new.lines}
    if new.kind != "production" and roles != {"main"}:
        raise BadName("role", f"main, as in every {new.kind} order", ", ".join(sorted(roles - {"main"})))
    if "main" not in roles:
        raise BadName("lines", "one of role main, which is what the order is about", ", ".join(sorted(roles)))


def _content_hash(new: NewOrder) -> bytes:
    """What is as it was before lines had roles is left out: an order that was made then can still be sent again."""
    said = asdict(new)
    said["lines"] = [
        {name: value for name, value in line.items() if (name, value) != ("role", "main")} for line in said["lines"]
    ]
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


def _existing(connection: Connection, party_id: int, id: UUID, new: NewOrder, hashed: bytes) -> int:
    query = select(orders.c.id, orders.c.content_hash).where(orders.c.party_id == party_id, orders.c.uuid == id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise ThingExists(f"{new.kind} order", new.number)
    if found.content_hash not in (hashed, ERASED):
        raise MovementIdTaken(str(id), found.content_hash.hex(), hashed.hex())
    return int(found.id)


def _head(connection: Connection, party_id: int, new: NewOrder) -> dict[str, Any]:
    place = select(site.c.id).where(site.c.party_id == party_id, site.c.code == new.site)
    site_id = connection.scalar(place)
    if site_id is None:
        raise UnknownThing("site", new.site)
    partner_id = party_id_of(connection, new.party) if new.party is not None else None
    customer_id = None
    if new.customer is not None:
        customer_id, partner_id = _customer(connection, party_id, new, partner_id)
    if partner_id == party_id:
        raise HandoffToSelf(str(new.party))
    return {
        "party_id": party_id, "kind": new.kind, "number": new.number, "site_id": site_id, "partner": new.partner,
        "partner_id": partner_id, "customer_id": customer_id, "requested_on": new.requested_date,
        "policy": new.issue_policy, "min_days": new.min_days_left, "min_percent": new.min_percent_left,
        "whole_pallets": new.whole_pallets,
    }  # fmt: skip


def _customer(connection: Connection, party_id: int, new: NewOrder, partner_id: int | None) -> tuple[int, int | None]:
    """The customer, and the party it is: the order's where it names one."""
    if new.kind != "sales":
        raise BadName("customer", "a sales order", new.kind)
    query = select(customer.c.id, customer.c.as_party_id)
    found = connection.execute(
        query.where(customer.c.party_id == party_id, customer.c.code == new.customer)
    ).one_or_none()
    if found is None:
        raise UnknownThing("customer", str(new.customer))
    return found.id, partner_id or found.as_party_id


def _line(connection: Connection, party_id: int, number: int, line: NewLine) -> dict[str, Any]:
    query = select(item.c.id, item.c.decimals).where(item.c.party_id == party_id, item.c.code == line.item)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise UnknownThing("item", line.item)
    units = parse_quantity(line.quantity, found.decimals)
    if units * 2 > MAX_UNITS:
        raise BadQuantity("at most half of what can be counted", line.quantity)
    return {"line": number, "item_id": found.id, "units": units, "lot": line.lot,
            "tolerance": line.over_tolerance_percent, "role": line.role}  # fmt: skip


def end_order(
    connection: Connection, id: int, how: Literal["closed", "cancelled"], by: str, reason: str | None, now: datetime
) -> None:
    """Close or cancel; what was reserved for it is free again, and its pick lists end. Twice is once."""
    order = lock_order(connection, id, now)
    if order.ended == how:
        return
    if how == "closed":
        check_may_close(order.number, order.kind, order.state)
    else:
        check_may_go_on(order.number, order.state)
        check_may_cancel(order.number, order.said)
    connection.execute(update(orders).where(orders.c.id == id).values(
        ended=how, ended_at=now, ended_by=by, ended_reason=reason,
    ))  # fmt: skip
    connection.execute(text(_END_PICKING), {"order": id, "how": f"order {how}"})
    connection.execute(text("DELETE FROM warehouse.reservation WHERE order_id = :order"), {"order": id})


_END_PICKING = """
    UPDATE warehouse.pick_line p SET ended = :how FROM warehouse.pick_list l
    WHERE l.id = p.list_id AND l.order_id = :order AND p.ended IS NULL
        AND p.units > (SELECT coalesce(sum(k.units), 0) FROM warehouse.pick k
                       WHERE k.list_id = p.list_id AND k.number = p.number)
"""
