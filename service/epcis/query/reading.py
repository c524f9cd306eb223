"""Events that answer a question, as far as the asker may see them, a page at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from service.epcis.documents.json_bytes import trusted
from service.epcis.query.compiling import Reader, Window, statement
from service.epcis.query.conditions import Question
from service.epcis.query.faults import TooComplex, TooLarge
from service.epcis.query.pages import Position
from service.epcis.query.places import resolved
from service.epcis.query.shown import of_lots

LONGEST_SECONDS = 10


class Row(NamedTuple):
    """An event as the reader sees it. `whole`: nothing of it is hidden; `hash` is its CBV id, for whoever sees all;
    `spelled`: how its identifiers were written at first, where that differs."""

    number: int
    event: dict[str, Any]
    whole: bool
    hash: bytes | None
    party: int
    movement: int | None
    at: str
    spelled: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is behind the last row, None if there are no more."""

    rows: list[Row]
    next: Position | None


def page(connection: Connection, question: Question, reader: Reader, size: int, after: Position | None = None) -> Page:
    """At most `size` events behind `after`; raises TooLarge, TooComplex and WrongParameter."""
    asked = resolved(connection, question, reader.party)
    with _in_time(connection):
        if after is None and question.most is not None:
            _check_number(connection, asked, reader, question.most)
        found = list(_rows(connection, asked, reader, Window(size + 1, after)))
    rows = found[:size]
    return Page(rows, Position(rows[-1].at, rows[-1].number) if len(found) > size else None)


def arrived(
    connection: Connection, question: Question, reader: Reader, first: int, last: int, most: int
) -> list[Row]:  # fmt: skip
    """The first `most` events of the arrivals in (first, last]; `at` is the place of each."""
    asked = resolved(connection, question, reader.party)
    return list(_rows(connection, asked, reader, Window(most, None, (first, last))))


def _rows(connection: Connection, question: Question, reader: Reader, window: Window) -> Iterator[Row]:
    sql, binds = statement(question, reader, window)
    for row in connection.execute(text(sql), binds):
        event, whole = trusted(row.body), row.lots is None
        yield Row(row.number, event if whole else of_lots(event, row.lots), whole, row.hash if whole else None,
                  row.party_id, row.movement if whole else None, row.at, row.spelled if whole else {})  # fmt: skip


def _check_number(connection: Connection, question: Question, reader: Reader, most: int) -> None:
    sql, binds = statement(question, reader, Window(most + 1))
    seen = connection.scalar(text(f"SELECT count(*) FROM ({sql}) counted"), binds) or 0  # noqa: S608
    if seen > most:
        raise TooLarge(f"maxEventCount: expected at most {most} events, got more", expected=most, seen=f"over {most}")


@contextmanager
def _in_time(connection: Connection) -> Iterator[None]:
    """A question that reads everything there is must not hold a connection for ever."""
    connection.execute(text(f"SET LOCAL statement_timeout = '{LONGEST_SECONDS}s'"))
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, psycopg.errors.QueryCanceled):
            detail = f"expected a query that takes at most {LONGEST_SECONDS} s, got one that takes longer"
            raise TooComplex(f"{detail}; ask for identifiers, a place, a business step or a shorter time") from None
        raise
