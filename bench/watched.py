"""Movements with row-level security and permissions beside the same without: how much the watching costs.

Two databases of one server, alike but that the tables of one are not watched; calls alternate between them, so that
whatever else the machine does falls on both, and what the watching takes is the median of all pairs. Both are written
to as the web process does it, with its login; "with" says from whose standpoint, and asks the table of permissions
about each movement first, as the door does.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from time import perf_counter
from uuid import uuid4

from sqlalchemy import Engine

from bench import stand, stock
from bench.rows import Row, Scale
from bench.stock import BULK, Moves
from service import db, standpoint
from service.auth.keys import Caller
from service.auth.permissions import check_operation, movement_problem
from service.domain.people import COMPANY, Grant
from service.keys.keyring import Keyring
from service.ledger import MovementRequest, Scribe, record
from service.local.postgres import Cluster
from service.roles import making, policies
from service.roles.grants import WEB
from service.roles.logins import WEB_LOGIN

GOAL = 15  # per cent
GROWN = 10  # thousand movements before it is measured
CALLER = Caller("bench", "party", "bench", 1, grants=frozenset(Grant(role) for role in COMPANY))


def measure(scale: Scale) -> Iterator[Row]:
    scribe = Scribe(stock.ORIGIN, Keyring(bytes(range(32))), stock.now, os.urandom)
    with stand.cluster() as server, _company(server, "watched", scribe) as watched, _company(
        server, "open", scribe, watched=False
    ) as unwatched:
        sides = (partial(_watched, *watched, scribe), partial(_unwatched, *unwatched, scribe))
        for name, size in (("one a transaction", 1), (f"{BULK:,} a transaction", BULK)):
            mine, without, taken = _rates(sides, size, scale.seconds)
            yield Row(f"moves a second, watched, {name}", mine, "movements/s", "more", None, ("unwatched", without))
            yield Row(f"what watching takes of them, {name}", 100 * taken, "%", "less", GOAL)


@contextmanager
def _company(server: Cluster, name: str, scribe: Scribe, *, watched: bool = True) -> Iterator[tuple[Engine, Moves]]:
    """The web process's engine for recording, in a database of its own with a company that has stock."""
    admin = db.engine_for(stand.writable(server, name))
    with server.connect() as connection:
        making.make_login(connection, WEB_LOGIN, WEB, None)
    web = db.engine_for(server.url(name, WEB_LOGIN), by_key=True)
    try:
        moves = stock.company(admin, scribe)
        for _ in range(GROWN):  # of a house that is in use; plans made for empty tables read them whole
            stock.recorded(record(admin, scribe, _requests(moves, BULK)))
        with admin.begin() as connection:
            for table in () if watched else policies.OWN:
                connection.exec_driver_sql(f'ALTER TABLE warehouse."{table}" DISABLE ROW LEVEL SECURITY')
            connection.exec_driver_sql("ANALYZE")
        yield web, moves
    finally:
        web.dispose()
        admin.dispose()


def _requests(moves: Moves, size: int) -> list[MovementRequest]:
    return [MovementRequest("bench", "bench", uuid4(), moves.next()) for _ in range(size)]


def _watched(web: Engine, moves: Moves, scribe: Scribe, size: int) -> float:
    requests, begun = _requests(moves, size), perf_counter()
    with standpoint.taken(CALLER.standpoint):
        check_operation(CALLER, "record_movement")
        assert all(movement_problem(CALLER, request.command) is None for request in requests)
        stock.recorded(record(web, scribe, requests))
    return perf_counter() - begun


def _unwatched(web: Engine, moves: Moves, scribe: Scribe, size: int) -> float:
    requests, begun = _requests(moves, size), perf_counter()
    stock.recorded(record(web, scribe, requests))
    return perf_counter() - begun


def _rates(
    sides: tuple[Callable[[int], float], Callable[[int], float]], size: int, seconds: float
) -> tuple[float, float, float]:
    """Movements a second of each side, and which part of them the first one's watching takes; calls take turns until
    it has had its seconds."""
    for side in sides:
        for _ in range(10):  # plans and caches are warm
            side(size)
    pairs, end = list[tuple[float, float]](), seconds
    while end > 0:
        pairs.append((sides[0](size), sides[1](size)))
        end -= pairs[-1][0]
    mine, without = (len(pairs) * size / sum(times) for times in zip(*pairs, strict=True))
    return mine, without, 1 - median(other / own for own, other in pairs)
