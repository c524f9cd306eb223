"""A database in which two parties have one row each in every table, made from the catalogue alone.

Whatever stands in a row follows from its party's number: every id, key and text of party 2's rows is 2. So rows of a
party hang together however tables are linked, in tables of later migrations too. Checks, keys between tables and
triggers are gone; grants and policies are as they were.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from service import db
from service.local import postgres
from service.local.postgres import Cluster

A, B, C = 1, 2, 3
"""Two parties with rows, and one without."""

_COLUMNS = text("""
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT attisdropped
    ORDER BY c.relname, a.attnum
""")
_CONSTRAINTS = text("""
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
    WHERE connamespace = 'warehouse'::regnamespace AND contype IN ('c', 'f')
""")
_SPELLED = {
    "bigint": "{n}", "integer": "{n}", "smallint": "{n}", "numeric": "{n}", "boolean": "true", "jsonb": "'{n}'",
    "text": "'{n}'", "uuid": "'00000000-0000-4000-8000-00000000000{n}'", "bytea": "'\\x0{n}'", "date": "'2026-01-0{n}'",
    "timestamp with time zone": "'2026-01-0{n}'", "warehouse.stock_status": "'available'",
    "warehouse.reading_kind": "'temperature'", "warehouse.reading_kind[]": "'{{temperature}}'", "text[]": "'{{{n}}}'",
    "bigint[]": "'{{{n}}}'", "bytea[]": "'{{}}'",
}  # fmt: skip

Tables = Mapping[str, Mapping[str, str]]


@contextmanager
def database(pg: Cluster, template: str, name: str) -> Iterator[Engine]:
    """A superuser's engine on such a database."""
    postgres.create_database(pg, name, template)
    engine = db.engine_for(pg.url(name))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP EVENT TRIGGER lotproof_ddl; DROP EVENT TRIGGER lotproof_drop")
        _unbind(connection)
        for table, columns in tables(connection).items():
            for party in (A, B):
                connection.exec_driver_sql(row(table, columns, party))
    yield engine
    engine.dispose()
    postgres.drop_databases(pg, [name])


def seen(connection: Connection, table: str) -> int:
    """How many rows."""
    return connection.execute(text(f'SELECT FROM warehouse."{table}"')).rowcount


def tables(connection: Connection) -> Tables:
    """Every table of the warehouse with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, name, type in connection.execute(_COLUMNS):
        found.setdefault(table, {})[name] = type
    return found


def _unbind(connection: Connection) -> None:
    for (statement,) in connection.execute(_CONSTRAINTS).all():
        connection.exec_driver_sql(statement)
    for table in tables(connection):
        connection.exec_driver_sql(f'ALTER TABLE warehouse."{table}" DISABLE TRIGGER ALL')


def row(table: str, columns: Mapping[str, str], party: int, **other: Any) -> str:
    """The statement that adds this party's row."""
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(
        str(other[name]) if name in other else _SPELLED[type].format(n=party) for name, type in columns.items()
    )
    return f'INSERT INTO warehouse."{table}" ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})'
