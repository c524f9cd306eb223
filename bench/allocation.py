"""Allocation over ten thousand lots of one item, beside plain SQL that reads the lots in the order of their expiry."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from bench import stand
from bench.rows import Row, Scale
from service import db
from service.domain.allocation import Demand, allocate
from service.domain.commands import NewLotLine, Register
from service.keys.keyring import Keyring
from service.ledger import (
    MovementRequest,
    NewItem,
    Recorded,
    Scribe,
    create_item,
    create_location,
    create_party,
    create_site,
    record,
)
from service.orders.allocate import allocate_order
from service.orders.candidates import plan, read_candidates
from service.orders.create import NewLine, NewOrder, create_order

LOTS = 10_000
EACH = 10
TIMES = 50
ALL = 1 << 15
_RAW = """
    SELECT l.id, b.place, b.units, l.expiry_date FROM warehouse.lot l JOIN warehouse.balance b ON b.lot_id = l.id
    WHERE l.item_id = :item AND b.place > 0 AND b.status = 'available' AND b.units > 0 ORDER BY l.expiry_date
"""


def measure(scale: Scale) -> Iterator[Row]:
    """A box, and a thousand lots, of ten thousand; `scale` changes nothing, the lots are what is to be measured."""
    with stand.database() as url:
        engine = db.engine_for(url)
        scribe = Scribe("log.example.com/bench", Keyring(bytes(32)), lambda: datetime.now(UTC), os.urandom)
        party, item = _stocked(engine, scribe)
        yield from _plans(engine, item)
        yield from _orders(engine, scribe, party)
        engine.dispose()


def _stocked(engine: Engine, scribe: Scribe) -> tuple[int, int]:
    with engine.begin() as connection:
        party = create_party(connection, scribe, "bench", "Bench")
        item = create_item(connection, "bench", NewItem(code="PILL", name="Pill", gtin="09506000134352"))
        create_site(connection, "bench", "S", "Site", "Europe/Berlin")
        for place in range(10):
            create_location(connection, "bench", "S", f"A{place}")
    for at in range(0, LOTS, 500):
        outcomes = record(engine, scribe, [_lot(number) for number in range(at, at + 500)])
        assert all(isinstance(outcome, Recorded) for outcome in outcomes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return party.id, item.id


def _lot(number: int) -> MovementRequest:
    """Expiry dates all over five years, the first ones soon."""
    expiry = datetime.now(UTC).date() + timedelta(days=2 + number * 7919 % 1800)
    line = NewLotLine("PILL", f"L{number}", str(EACH), expiry_date=expiry)
    return MovementRequest("bench", "bench", uuid4(), Register(to=f"S/A{number % 10}", lines=(line,)))


def _plans(engine: Engine, item: int) -> Iterator[Row]:
    now = datetime.now(UTC)
    with engine.connect() as connection:
        raw = _milliseconds(lambda: connection.execute(text(_RAW), {"item": item}).all())
        for what, demand in (
            ("a box of one lot", Demand(EACH, now)),
            ("40 lots, 90 days left wanted", Demand(40 * EACH, now, min_days=90)),
            ("1,000 lots, FIFO", Demand(1_000 * EACH, now, "FIFO")),
        ):
            taken = _milliseconds(lambda demand=demand: _plan(connection, item, demand))
            target = 20 if demand.units < LOTS else None  # a thousand lots for one line is nobody's day
            yield Row(f"allocate {what}, of {LOTS:,}", taken, "ms", "less", target, ("plain SELECT of all", raw))
        everything, _ = read_candidates(connection, item, Demand(1, now), ALL, {})
        assert len(everything) == LOTS
        alone = _milliseconds(lambda: allocate(everything, Demand(EACH, now)))
        yield Row(f"the allocator alone, {LOTS:,} explained", alone, "ms", "less", None, ("plain SELECT", raw))


def _plan(connection: Connection, item: int, demand: Demand) -> None:
    found, _ = plan(connection, item, demand, {})
    assert not found.short


def _orders(engine: Engine, scribe: Scribe, party: int) -> Iterator[Row]:
    """The whole way of a request below the door: locked, looked at again, reserved, committed."""
    orders = []
    for number in range(TIMES):
        new = NewOrder("sales", f"SO-{number}", "S", (NewLine("PILL", str(EACH)),), requested_date=date(2030, 1, 1))
        with engine.begin() as connection:
            orders.append(create_order(connection, party, new, uuid4(), "bench", scribe.now())[0])
    times = [_once(lambda order=order: allocate_order(engine, scribe, order, timedelta(hours=1), preview=False))
             for order in orders]
    yield Row(f"reserve a box for an order, of {LOTS:,} lots", median(times), "ms", "less", 20)


def _milliseconds(call: object) -> float:
    """Median of many calls, the first few left out."""
    return median([_once(call) for _ in range(TIMES)][5:])


def _once(call: object) -> float:
    begun = perf_counter()
    call()  # type: ignore[operator]
    return (perf_counter() - begun) * 1e3
