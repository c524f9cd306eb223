"""A full trace at 100,000 movements of genealogy, beside the walk that asks the database once for each lot."""

import os
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Connection, text

from bench.genealogy import ORIGIN, genealogy
from bench.rows import Row, Scale
from bench.stand import database
from service import db
from service.reports.csv_file import write_csv
from service.reports.traced import COLUMNS, rows
from service.trace import drill, trace
from service.trace.closure import descendants

MOVEMENTS = 100_000
TIMES = 3


def measure(scale: Scale) -> Iterator[Row]:
    movements = min(MOVEMENTS, scale.entries // 10)
    with database() as url:
        engine = db.engine_for(url)
        begun = perf_counter()
        count = genealogy(engine, movements)
        yield Row(f"{count:,} movements of genealogy recorded", count / (perf_counter() - begun), "movements/s")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with engine.connect() as connection:
            yield from _traces(connection)
        with engine.begin() as connection:
            asked = drill.Asked(uuid4(), 1, "bench", _uri(connection), datetime.now(UTC))
            seconds = _seconds(lambda: drill.drill(connection, asked), 1)
            yield Row("a recall drill of it, kept on record", seconds, "s", "less", 1.0)
        engine.dispose()


def _traces(connection: Connection) -> Iterator[Row]:
    uri, now = _uri(connection), datetime.now(UTC)
    root = int(connection.execute(text("SELECT min(id) FROM warehouse.lot")).scalar_one())
    begun = perf_counter()
    walked = _walk(connection, root)
    naive = perf_counter() - begun
    found = descendants(connection, [root])
    assert sorted(found) == sorted(walked), f"expected {len(walked)} descendants, got {len(found)}"
    seconds = _seconds(lambda: descendants(connection, [root]))
    yield Row(f"all {len(found):,} descendants of a lot", seconds, "s", "less", None, ("a query a lot", naive))

    def full() -> dict[str, object]:
        traced = trace.find(connection, 1, uri)
        assert traced is not None
        return trace.describe(connection, ORIGIN, traced, now, 1000)

    told = full()
    assert told["totals"]["agree"] and told["nodes_total"] == len(found) + 1  # type: ignore[index]
    yield Row(f"a full trace: sums of all lots, {told['edges_total']:,} edges", _seconds(full), "s", "less", 1.0)
    leaf = connection.execute(text("SELECT max(child_id) FROM warehouse.lot_descent")).scalar_one()
    up = connection.execute(text("SELECT uri FROM warehouse.lot WHERE id = :id"), {"id": leaf}).scalar_one()
    back = _seconds(lambda: trace.describe(connection, ORIGIN, trace.find(connection, 1, up), now, 1000))  # type: ignore[arg-type]
    yield Row("a trace from the last lot back to the supplier", back, "s", "less", 1.0)
    yield Row("every edge of it as a CSV file", _seconds(lambda: _file(connection, uri), 1), "s", "less")


def _file(connection: Connection, uri: str) -> None:
    traced = trace.find(connection, 1, uri)
    assert traced is not None
    with open(os.devnull, "wb") as out:
        write_csv(out, COLUMNS, rows(connection, traced.ends), "en")


def _walk(connection: Connection, root: int) -> list[int]:
    """What is written first everywhere: ask for the children of a lot, then for theirs."""
    children = text("SELECT DISTINCT child_id FROM warehouse.lot_descent WHERE parent_id = :id")
    found, waiting = set[int](), deque([root])
    while waiting:
        for child in connection.execute(children, {"id": waiting.popleft()}).scalars():
            if child not in found:
                found.add(child)
                waiting.append(child)
    return list(found)


def _seconds(call: object, times: int = TIMES) -> float:
    """The best of some."""
    best = float("inf")
    for _ in range(times):
        begun = perf_counter()
        call()  # type: ignore[operator]
        best = min(best, perf_counter() - begun)
    return best


def _uri(connection: Connection) -> str:
    return str(connection.execute(text("SELECT uri FROM warehouse.lot ORDER BY id LIMIT 1")).scalar_one())
