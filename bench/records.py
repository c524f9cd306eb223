"""The FSMA 204 sheet of 100,000 events, as CSV and as XLSX, beside the same rows written by openpyxl.

The request is a mock of what an inspector asks: everything of a period. The rows come from the ledger in both; openpyxl
writes in its own streaming mode. Rows are read as the web process reads them, with its login and row-level security.
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
from bench.stand import cluster, writable
from service import db, standpoint
from service.records.fsma import FSMA
from service.records.missing import missing
from service.reports.export import Format, Paper, written
from service.reports.report import Asked
from service.roles import making
from service.roles.grants import WEB
from service.roles.logins import WEB_LOGIN

EVENTS = 100_000
SECONDS = 30.0
LEAST_MB = 40.0
"""What a thousand rows on their way may take; it does not grow with the rows."""


def measure(scale: Scale) -> Iterator[Row]:
    events = min(EVENTS, scale.entries // 10)
    with cluster() as server:
        engine = db.engine_for(writable(server, "bench"))
        begun = perf_counter()
        count = shipments(engine, events)
        yield Row(f"{count:,} events recorded", count / (perf_counter() - begun), "events/s")
        _sequence(engine)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with server.connect() as raw:
            making.make_login(raw, WEB_LOGIN, WEB, None)
        web = db.engine_for(server.url("bench", WEB_LOGIN))
        with standpoint.of_parties({1}), web.connect() as connection:
            yield from _sheets(connection, events)
        web.dispose()
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
    middle = connection.execute(text("SELECT id FROM warehouse.movement ORDER BY number OFFSET :half LIMIT 1"),
                                {"half": events // 2}).scalar_one()  # fmt: skip
    begun = perf_counter()
    assert len(list(FSMA.rows(connection, _asked(100, middle)))) == 100
    yield Row("a page of 100 from the middle of it", perf_counter() - begun, "s", "less", 0.5)
    begun = perf_counter()
    found = missing(FSMA, FSMA.rows(connection, _asked()))
    assert found.rows >= events
    yield Row(f"what {found.rows:,} rows lack", perf_counter() - begun, "s", "less", SECONDS / whole)


def _asked(limit: int | None = None, after: Any = None) -> Asked:
    return Asked(1, datetime.now(UTC), ORIGIN, {"from_": datetime(2020, 1, 1, tzinfo=UTC)}, after, limit)


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
