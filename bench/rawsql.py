"""The yardstick of the HTTP benchmark: PostgreSQL alone, inserting the very rows that the product recorded.

Same server, same settings, same rows and indexes, but no rules, no signatures, no locks and no log: what it takes is
what storing takes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from service.local import embedded, place

TABLES = {
    "movement": ("warehouse.movement", "number"),
    "leg": ("warehouse.leg", "movement"),
    "statement": ("warehouse.statement", "statement_hash"),
    "disclosure": ("warehouse.disclosure", "statement_hash"),
    "entry": ("ledger.entry", "statement_hash"),
}

Rows = dict[str, Sequence[tuple[Any, ...]]]


class Yardstick:
    """Empty copies of the tables a movement fills, in a schema of their own."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def row_by_row(self, movements: int) -> float:
        """Movements a second, each with its five inserts and its own commit."""
        kept = [self._rows(number, 1) for number in self._newest(movements)]
        self._empty()
        begun = perf_counter()
        for rows in kept:
            for table, listed in rows.items():
                for row in listed:
                    self._connection.execute(self._insert(table, len(row)), row)
            self._connection.commit()
        return len(kept) / (perf_counter() - begun)

    def copy(self, movements: int, each: int) -> float:
        """Movements a second, COPYed, `each` of them a commit."""
        newest = self._newest(movements)
        kept = [self._rows(newest[at], each) for at in range(0, len(newest), each)]
        self._empty()
        begun = perf_counter()
        for rows in kept:
            for table, listed in rows.items():
                statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier("yardstick", table))
                with self._connection.cursor().copy(statement) as out:
                    for row in listed:
                        out.write_row(row)
            self._connection.commit()
        return len(newest) / (perf_counter() - begun)

    def _newest(self, count: int) -> list[int]:
        """Numbers of the newest movements, rising."""
        found = self._connection.execute(
            "SELECT number FROM warehouse.movement ORDER BY number DESC LIMIT %s", [count]
        ).fetchall()
        return sorted(number for (number,) in found)

    def _rows(self, first: int, count: int) -> Rows:
        """What `count` movements from number `first` on have filled."""
        chosen = "SELECT number, statement_hash FROM warehouse.movement WHERE number >= %s ORDER BY number LIMIT %s"
        return {
            name: self._connection.execute(
                sql.SQL("WITH m(movement, statement_hash) AS ({}) SELECT t.* FROM {} t JOIN m ON t.{} = m.{}").format(
                    sql.SQL(chosen),
                    sql.SQL(source),
                    sql.Identifier(key),
                    sql.Identifier("movement" if key == "number" else key),
                ),
                [first, count],
            ).fetchall()
            for name, (source, key) in TABLES.items()
        }

    def _empty(self) -> None:
        for name, (source, _) in TABLES.items():
            table = sql.Identifier("yardstick", name)
            self._connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
            self._connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(table, sql.SQL(source)))
        self._connection.commit()

    @staticmethod
    def _insert(table: str, columns: int) -> sql.Composed:
        values = sql.SQL(", ").join([sql.Placeholder()] * columns)
        return sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier("yardstick", table), values)


@contextmanager
def yardstick(data: Path) -> Iterator[Yardstick]:
    """On the database of the embedded stack whose state is in `data`."""
    stack = embedded.opened({"LOTPROOF_DATA": str(data)})
    url = make_url(place.cluster_in(stack.data, stack.identity).url())
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as connection:
        connection.execute("CREATE SCHEMA yardstick")
        yield Yardstick(connection)
        connection.rollback()
        connection.execute("DROP SCHEMA yardstick CASCADE")
