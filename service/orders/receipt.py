"""Goods come in against an order, or are made for it: the movement and what it did for the order are one transaction.

    receipt(engine, scribe, order_id, request, over=False) -> Recorded

What arrived is read from the legs that were recorded, not from what was asked, so that every movement that brings goods
into a place counts alike. A movement that was recorded without its order can be sent here afterwards, unchanged. What a
production used up is told in `service.orders.consumption`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, text

from service.domain.commands import Command, Document
from service.domain.orders import DOCUMENTS, Arrival, against, check_may_arrive
from service.domain.orders_errors import CountedElsewhere, WrongDirection
from service.domain.orders_production import check_run, outputs_of
from service.domain.quantities import parse_quantity
from service.ledger.requests import MovementRequest, Recorded, Scribe
from service.models.orders import fulfilment
from service.orders.consumption import consume
from service.orders.history import was_recorded
from service.orders.read import Order, lock_order, read_order
from service.orders.transaction import in_one, number_of, recorded

_ARRIVED = """
    SELECT l.id AS lot_id, i.code AS item, l.number AS lot, i.decimals, g.place, sum(g.units)::bigint AS units
    FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id
    JOIN warehouse.leg g ON g.lot_id = l.id AND g.movement = :movement AND g.place > 0 AND g.units > 0
    WHERE l.party_id = :party AND l.uri = ANY(:lots)
    GROUP BY l.id, i.code, l.number, i.decimals, g.place ORDER BY min(g.line)
"""


_COUNTED = """SELECT o.number FROM warehouse.fulfilment f JOIN warehouse.orders o ON o.id = f.order_id
    WHERE f.movement = :number AND o.kind = :kind LIMIT 1"""


def receipt(engine: Engine, scribe: Scribe, order: int, request: MovementRequest, *, over: bool) -> Recorded:
    """Record goods that arrive for this order; raises DomainError, and then nothing has happened."""
    return in_one(engine, lambda connection: _receive(connection, scribe, order, request, over))


def _receive(connection: Connection, scribe: Scribe, id: int, request: MovementRequest, over: bool) -> Recorded:
    order = read_order(connection, id, scribe.now())
    check_may_arrive(order.number, order.kind, None, request.command)
    if order.kind == "production":
        check_run(order.number, order.site, order.said, request.command)
    named = replace(request, command=_naming(request.command, order), for_order=id)
    done = recorded(connection, scribe, named)
    order = lock_order(connection, id, scribe.now())
    number = number_of(connection, order.party_id, done)
    if not was_recorded(connection, id, number):
        check_may_arrive(order.number, order.kind, order.ended, request.command)
        _check_not_counted(connection, order, number)
        _fulfil(connection, order, number, done, request.command, over)
        consume(connection, order, number, scribe.now(), late=done.replayed, over=over)
    return done


def _check_not_counted(connection: Connection, order: Order, number: int) -> None:
    """Goods count once for an order of each kind, though a movement may name several: an order and its notice."""
    values = {"number": number, "kind": order.kind}
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('counted', :number))"), values)
    other = connection.execute(text(_COUNTED), values).scalar()
    if other is not None:
        raise CountedElsewhere(order.number, other)


def _naming(command: Command, order: Order) -> Command:
    """The movement names its order, in the ledger too."""
    document = Document(DOCUMENTS[order.kind], order.number)
    if document in command.documents:
        return command
    return replace(command, documents=(*command.documents, document))


def _fulfil(
    connection: Connection, order: Order, number: int, done: Recorded, command: Command, over: bool
) -> None:
    values = {"movement": number, "party": order.party_id, "lots": list(done.lots)}
    rows = connection.execute(text(_ARRIVED), values).all()
    if not rows:
        raise WrongDirection(order.number, order.kind, "goods that come in", "none")
    arrivals = arrivals_of(rows, command)
    for each in against(order.number, outputs_of(order.said), arrivals, over=over):
        row = rows[each.arrival]
        connection.execute(insert(fulfilment).values(
            order_id=order.id, line=each.line, movement=number, part=each.arrival, lot_id=row.lot_id, place=row.place,
            units=each.units, damaged=each.damaged,
        ))  # fmt: skip


def arrivals_of(rows: Any, command: Command) -> list[Arrival]:
    """What came in, and how much of it was damaged, if the movement has lines that say so."""
    damaged: Counter[tuple[str, str]] = Counter()
    decimals = {row.item: row.decimals for row in rows}
    lines: Iterable[Any] = getattr(command, "outputs", getattr(command, "lines", ()))
    for line in lines:
        said = getattr(line, "damaged", None)
        if said is not None and line.item in decimals:
            damaged[line.item, line.lot] += parse_quantity(said, decimals[line.item])
    return [_arrival(row, damaged) for row in rows]


def _arrival(row: Row[Any], damaged: Counter[tuple[str, str]]) -> Arrival:
    bad = min(row.units, damaged[row.item, row.lot])
    damaged[row.item, row.lot] -= bad
    return Arrival(row.item, row.lot, row.units, bad)
