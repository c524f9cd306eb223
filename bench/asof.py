"""Stock as of a past time and turnover, at a million movements, beside the fold in plain SQL.

Movements and legs are put into the tables directly, by the hundred thousand: reading does not care who wrote, and the
writer has its own measurements. Lots have forty movements each, and three years of expiry dates
around today; there are two parties, and one of them asks.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, text

from bench.rows import Row, Scale
from bench.stand import database
from service import db
from service.reports.report import Asked, Report
from service.reports.stock import STOCK
from service.reports.turnover import TURNOVER_BY_ITEM

ON_A_LOT, BLOCK = 40, 100_000
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 1000

_PARTIES = """INSERT INTO warehouse.party (code, name, uri, created_at)
    SELECT 'p' || n, 'p', 'https://log.example.com/party/p' || n, 0 FROM generate_series(1, 2) n"""
_THINGS = """
    INSERT INTO warehouse.item (party_id, code, name, unit, decimals, needs_expiry, needs_manufacturer_lot,
        held_on_arrival)
        SELECT 1 + n % 2, 'I' || n, 'item', 'EA', 0, false, false, false FROM generate_series(0, 199) n;
    INSERT INTO warehouse.site (party_id, code, name, zone)
        SELECT n, 'S', 'S', 'Europe/Berlin' FROM generate_series(1, 2) n;
    INSERT INTO warehouse.location (party_id, site_id, code, name, kind)
        SELECT s.party_id, s.id, 'L' || n, 'L', 'storage' FROM warehouse.site s, generate_series(1, 20) n;
    INSERT INTO warehouse.lot (id, party_id, item_id, number, uri, production_date, expiry_date)
        SELECT n, item.party_id, item.id, 'N' || n, 'https://log.example.com/lot/' || lpad(n::text, 9, '0'),
            current_date - 400, current_date - 60 + n % 1100
        FROM generate_series(1, :lots) n JOIN warehouse.item ON item.id = 1 + n % 200;
"""
# Movement n concerns lot 1 + n % lots: the first of a lot brings a thousand in, the others move one or ship one.
_MOVEMENTS = """
    INSERT INTO warehouse.movement SELECT n, lot.party_id, gen_random_uuid(),
        CASE WHEN n < :lots THEN 'receive' WHEN n / :lots % 2 = 1 THEN 'move' ELSE 'ship' END, 'bench',
        :begin + n * :step, sha256(n::text::bytea), sha256(n::text::bytea), '{}', ARRAY[lot.uri]
    FROM generate_series(CAST(:first AS bigint), :last) n JOIN warehouse.lot ON lot.id = 1 + n % :lots
"""
_LEGS = """
    INSERT INTO warehouse.leg SELECT 1 + n % :lots, n, side.line, CASE
        WHEN n < :lots THEN CASE side.line WHEN 0 THEN -1 ELSE l.first END
        WHEN n / :lots % 2 = 1 THEN CASE side.line WHEN 0 THEN l.first ELSE l.second END
        ELSE CASE side.line WHEN 0 THEN l.first ELSE -2 END END, 'available',
        (2 * side.line - 1) * CASE WHEN n < :lots THEN 1000 ELSE 1 END
    FROM generate_series(CAST(:first AS bigint), :last) n CROSS JOIN generate_series(0, 1) AS side(line)
    JOIN warehouse.lot ON lot.id = 1 + n % :lots
    JOIN (SELECT party_id, min(id) AS first, max(id) AS second FROM warehouse.location GROUP BY 1) l USING (party_id)
    ORDER BY n, side.line
"""
_PLAIN = text("""
    SELECT leg.lot_id, leg.place, leg.status, sum(leg.units) FROM warehouse.leg
    JOIN warehouse.movement m ON m.number = leg.movement JOIN warehouse.lot ON lot.id = leg.lot_id
    WHERE lot.party_id = 1 AND m.recorded_at <= :at AND leg.place > 0 GROUP BY 1, 2, 3 HAVING sum(leg.units) <> 0
""")


def measure(scale: Scale) -> Iterator[Row]:
    count = scale.entries
    with database() as url:
        engine = db.engine_for(url)
        with engine.begin() as connection:
            connection.execute(text(_PARTIES))
            fill(connection, count)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with engine.connect() as connection:
            yield from _asked(connection, count)
        engine.dispose()


def _asked(connection: Connection, count: int) -> Iterator[Row]:
    end = BEGIN + timedelta(milliseconds=count * SECOND)
    for share, when in ((0.1, "early"), (0.5, "half way"), (0.95, "late")):
        at = BEGIN + timedelta(milliseconds=int(count * SECOND * share))
        page = _seconds(connection, STOCK, 100, {"at": at}, end)
        yield Row(f"a page of 100 lots as of {when}, {count:,} movements", page * 1e3, "ms", "less", 100.0)
        begun = perf_counter()
        connection.execute(_PLAIN, {"at": int(at.timestamp() * 1000)}).all()
        plain = perf_counter() - begun
        whole = _seconds(connection, STOCK, None, {"at": at}, end)
        yield Row(f"all stock as of {when}, every row", whole, "s", "less", None, ("plain SQL, no names", plain))
    period = {"from_": BEGIN + timedelta(milliseconds=int(count * SECOND * 0.8)), "to": end}
    turned = _seconds(connection, TURNOVER_BY_ITEM, None, period, end)
    yield Row("turnover of the last fifth by item", turned, "s", "less")


def _seconds(connection: Connection, report: Report, limit: int | None, values: dict[str, Any], now: datetime) -> float:
    """The better of two; every row is fetched."""
    best = float("inf")
    for _ in range(2):
        begun = perf_counter()
        rows = list(report.rows(connection, Asked(1, now, "log.example.com/lotproof", values, None, limit)))
        best = min(best, perf_counter() - begun)
        assert rows, "expected stock, got none"
    return best


def fill(connection: Connection, count: int) -> None:
    """A house of so many movements for the parties 1 and 2, which are there."""
    lots = max(1, count // ON_A_LOT)
    for statement in _THINGS.split(";")[:-1]:
        connection.execute(text(statement), {"lots": lots} if ":lots" in statement else {})
    for first in range(0, count, BLOCK):
        values = {"first": first, "last": min(first + BLOCK, count) - 1, "lots": lots}
        connection.execute(text(_MOVEMENTS), values | {"begin": int(BEGIN.timestamp() * 1000), "step": SECOND})
        connection.execute(text(_LEGS), values)
