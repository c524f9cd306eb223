"""The FSMA 204 sheet of 100,000 events, as CSV and as XLSX, beside the same rows written by openpyxl.

The request is a mock of what an inspector asks: everything of a period. The rows come from the ledger in both; openpyxl
writes in its own streaming mode.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from openpyxl import Workbook
from sqlalchemy import Connection, text

import anchoring
from bench.genealogy import ORIGIN
from bench.memory import memory_of
from bench.rows import Row, Scale
from bench.shipments import shipments
from bench.stand import database
from service import db
from service.records.fsma import FSMA
from service.records.missing import missing
from service.reports.export import Format, Paper, written
from service.reports.report import Asked

EVENTS = 100_000
SECONDS = 30.0
LEAST_MB = 40.0
"""What a thousand rows on their way may take; it does not grow with the rows."""


def measure(scale: Scale) -> Iterator[Row]:
    events = min(EVENTS, scale.entries // 10)
    with database() as url:
        engine = db.engine_for(url)
        begun = perf_counter()
        count = shipments(engine, events)
        yield Row(f"{count:,} events recorded", count / (perf_counter() - begun), "events/s")
        _sequence(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with engine.connect() as connection:
            yield from _sheets(connection, events)
        engine.dispose()


def _sheets(connection: Connection, events: int) -> Iterator[Row]:
    _written(connection, "csv", 1000)  # what is loaded once
    before = memory_of()
    csv = _written(connection, "csv", None)
    xlsx = _written(connection, "xlsx", None)
    grown = memory_of() - before
    whole = EVENTS / events
    yield Row(f"FSMA 204 sheet of {events:,} events, CSV", csv, "s", "less", SECONDS / whole)
    yield Row("the same as XLSX", xlsx, "s", "less", SECONDS / whole, ("openpyxl", _by_openpyxl(connection)))
    yield Row("memory that both took", grown, "MB", "less", LEAST_MB)
    begun = perf_counter()
    found = missing(FSMA, FSMA.rows(connection, _asked()))
    assert found.rows >= events
    yield Row(f"what {found.rows:,} rows lack", perf_counter() - begun, "s", "less", SECONDS / whole)


def _asked(limit: int | None = None) -> Asked:
    return Asked(1, datetime.now(UTC), ORIGIN, {"from_": datetime(2020, 1, 1, tzinfo=UTC)}, None, limit)


def _written(connection: Connection, form: Format, limit: int | None) -> float:
    begun = perf_counter()
    report = FSMA.report
    paper = Paper("FSMA 204", "bench", datetime.now(UTC))
    written(form, report.columns, report.rows(connection, _asked(limit)), "en", paper).close()
    return perf_counter() - begun


def _by_openpyxl(connection: Connection) -> float:
    begun, columns = perf_counter(), [column.key for column in FSMA.report.columns]
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([column.title.en for column in FSMA.report.columns])
    for row in FSMA.rows(connection, _asked()):
        sheet.append([_cell(row.get(key)) for key in columns])
    with tempfile.TemporaryFile() as out:
        book.save(out)
    return perf_counter() - begun


def _cell(value: Any) -> Any:
    """What openpyxl takes: times without a zone, and text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value if value is None or isinstance(value, int) or hasattr(value, "isoformat") else str(value)


def _sequence(engine: Any) -> None:
    sequencer = anchoring.Sequencer(engine, ORIGIN, bytes(range(32)), lambda: int(datetime.now(UTC).timestamp() * 1000))
    while sequencer.step():
        pass
    sequencer.close()
