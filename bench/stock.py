"""Movements through the ledger beside plain SQL that keeps the same double entry: one a transaction, and in bulk.

Plain SQL writes the movement, its two legs and the two balances, under the same keys and checks, on the same server
with the same settings. It has no rules, no locks but its updates', no signed statement and no log; what the ledger
takes beyond it is what those take.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from random import Random
from time import perf_counter, time_ns
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Engine, make_url

from bench.rows import Row, Scale
from bench.stand import database
from service import db
from service.domain.commands import Line, Move, NewLotLine, Register
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
    record_movements,
)
from service.ledger.content import content_of

ORIGIN = "bench.example/lotproof"
LOTS = 200
UNITS = 1_000_000
BULK = 1_000
TABLES = ("movement", "leg", "balance")


@dataclass(slots=True)
class Moves:
    """Moves of chance between two places, alike for both sides; `lots` and `places` are ids by name."""

    lots: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    dice: Random = field(default_factory=lambda: Random(7))

    def next(self) -> Move:
        here, there = self.dice.sample(sorted(self.places), 2)
        lot = f"L{self.dice.randrange(LOTS)}"
        return Move(from_=f"S/{here}", to=f"S/{there}", lines=(Line("PILL", lot, str(self.dice.randint(1, 9))),))


def measure(scale: Scale) -> Iterator[Row]:
    with database() as url:
        engine, scribe = db.engine_for(url), Scribe(ORIGIN, Keyring(bytes(range(32))), now, os.urandom)
        try:
            moves = company(engine, scribe)
            with psycopg.connect(host=str(make_url(url).query["host"]), user=make_url(url).username,
                                 dbname=make_url(url).database) as raw:
                plain = Plain(raw, moves)
                for name, size, ours, theirs in (
                    ("moves a second, one a transaction", 1, lambda some: record(engine, scribe, some), plain.one),
                    (f"moves a second, {BULK:,} a transaction", BULK, lambda some: _bulk(engine, scribe, some),
                     plain.many),
                ):
                    mine = _rate(lambda: moves.next(), size, scale.seconds, _recorder(ours))
                    plainly = _rate(lambda: moves.next(), size, scale.seconds, theirs)
                    yield Row(name, mine, "movements/s", "more", beside=("plain SQL, double entry", plainly))
        finally:
            engine.dispose()


def now() -> datetime:
    return datetime.now(UTC)


def company(engine: Engine, scribe: Scribe) -> Moves:
    """One party, one site with two places, and every lot at both."""
    with engine.begin() as connection:
        create_party(connection, scribe, "bench", "Bench")
        create_item(connection, "bench", NewItem(code="PILL", name="Pill", gtin="09506000134352"))
        create_site(connection, "bench", "S", "Site", "Europe/Berlin")
        places = {code: create_location(connection, "bench", "S", code, kind="storage").id for code in ("A", "B")}
    for at in range(0, LOTS, 100):
        lines = tuple(NewLotLine("PILL", f"L{number}", str(2 * UNITS)) for number in range(at, at + 100))
        split = tuple(Line("PILL", line.lot, str(UNITS)) for line in lines)
        commands = (Register(to="S/A", lines=lines), Move(from_="S/A", to="S/B", lines=split))
        recorded(record(engine, scribe, [MovementRequest("bench", "bench", uuid4(), each) for each in commands]))
    with engine.connect() as connection:
        lots = dict(connection.exec_driver_sql("SELECT number, id FROM warehouse.lot").tuples().all())
    return Moves(lots, places)


def _rate(make: Callable[[], Move], size: int, seconds: float, do: Callable[[Sequence[Move]], object]) -> float:
    """Movements a second in calls of `size`."""
    do([make() for _ in range(size)])  # plans and caches are warm for both
    done, taken = 0, 0.0
    while taken < seconds:
        some = [make() for _ in range(size)]
        begun = perf_counter()
        do(some)
        taken += perf_counter() - begun
        done += size
    return done / taken


def _recorder(write: Callable[[list[MovementRequest]], Sequence[object]]) -> Callable[[Sequence[Move]], object]:
    def do(moves: Sequence[Move]) -> None:
        recorded(write([MovementRequest("bench", "bench", uuid4(), move) for move in moves]))

    return do


def _bulk(engine: Engine, scribe: Scribe, requests: list[MovementRequest]) -> Sequence[object]:
    with engine.begin() as connection:
        return record_movements(connection, scribe, requests)


def recorded(outcomes: Sequence[object]) -> None:
    refused = next((each for each in outcomes if not isinstance(each, Recorded)), None)
    assert refused is None, f"expected every movement to be recorded, got {refused}"


class Plain:
    """Double entry in plain SQL, on empty copies of the tables with their keys and checks; `copy` brings the stock."""

    def __init__(self, raw: psycopg.Connection, moves: Moves) -> None:
        self._raw, self._moves, self._numbers = raw, moves, count(1)
        raw.execute("CREATE SCHEMA plain")
        for table in TABLES:
            raw.execute(f"CREATE TABLE plain.{table} (LIKE warehouse.{table} INCLUDING ALL)")
        raw.execute("INSERT INTO plain.balance SELECT * FROM warehouse.balance")
        raw.commit()

    def one(self, moves: Sequence[Move]) -> None:
        """Each movement with its two legs and two balances in its own transaction."""
        for move in moves:
            number, row, legs = self._rows(move)
            self._raw.execute("INSERT INTO plain.movement VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", row)
            for leg in legs:
                self._raw.execute("INSERT INTO plain.leg VALUES (%s, %s, %s, %s, %s, %s)", leg)
            for lot, _, _, place, status, units in sorted(legs, key=lambda leg: leg[3]):
                done = self._raw.execute("UPDATE plain.balance SET units = units + %s"
                                         " WHERE (lot_id, place, status) = (%s, %s, %s)", (units, lot, place, status))
                assert done.rowcount == 1, number
            self._raw.commit()

    def many(self, moves: Sequence[Move]) -> None:
        """All of them by COPY, and the balances in one statement from what was copied."""
        rows = [self._rows(move) for move in moves]
        with self._raw.cursor() as cursor:
            with cursor.copy("COPY plain.movement FROM STDIN") as out:
                for _, row, _ in rows:
                    out.write_row(row)
            with cursor.copy("COPY plain.leg FROM STDIN") as out:
                for _, _, legs in rows:
                    for leg in legs:
                        out.write_row(leg)
            cursor.execute("""
                UPDATE plain.balance b SET units = b.units + change.units
                FROM (SELECT lot_id, place, sum(units)::bigint AS units
                      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS leg (lot_id, place, units)
                      GROUP BY lot_id, place) change
                WHERE (b.lot_id, b.place, b.status) = (change.lot_id, change.place, 'available')
            """, [[leg[column] for _, _, legs in rows for leg in legs] for column in (0, 3, 5)])
        self._raw.commit()

    def _rows(self, move: Move) -> tuple[int, tuple[object, ...], list[tuple[int, int, int, int, str, int]]]:
        number, line, content = next(self._numbers), move.lines[0], content_of(move)
        lot, units = self._moves.lots[line.lot], int(line.quantity)
        here, there = (self._moves.places[name.partition("/")[2]] for name in (move.from_, move.to))
        uri = f"https://id.gs1.org/01/09506000134352/10/{line.lot}"
        hashed = sha256(content).digest()
        row = (number, 1, UUID(bytes=os.urandom(16)), "move", "bench", time_ns() // 1_000_000, hashed, hashed,
               content.decode(), [uri])
        return number, row, [(lot, number, 0, here, "available", -units), (lot, number, 1, there, "available", units)]
