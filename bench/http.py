"""Movements through HTTP, with everything running as in life, beside raw PostgreSQL inserting the same rows."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from time import perf_counter

from bench import rawsql
from bench.company import company, expect_recorded
from bench.product import Client, Json, Product, memory_by_part, product
from bench.rows import Row, Scale

CLIENTS = 32
CALLERS = 4
LOTS = 2_000


def measure(scale: Scale) -> Iterator[Row]:
    with product() as running:
        key = _company(running)
        yield from _single(running, key, scale.seconds)
        for size in (100, 1_000):
            yield Row(
                f"movements a second, bulk requests of {size:,}", _bulk(running, key, size, scale.seconds),
                "movements/s", "more", 3_000 if size == 1_000 else None,
            )  # fmt: skip
        yield from _beside(running, key, scale)
        for name, size in sorted(memory_by_part(running.pid).items()):
            yield Row(f"memory: {name}", size, "MB", "less", None if name.startswith("postgres") else 300)


def _company(running: Product) -> str:
    """A company with many lots; its API key."""
    key = company(running)
    caller = Client(running.port, key)
    for at in range(0, LOTS, 500):
        lines = [{"item": "PILL", "lot": f"L{lot}", "quantity": "1000000"} for lot in range(at, at + 500)]
        batch = [{"id": str(uuid.uuid4()), "type": "register", "to": "S/A", "lines": [line]} for line in lines]
        expect_recorded(caller.post("/movements/bulk", {"movements": batch}))
    return key


def _move(lot: int) -> Json:
    line = {"item": "PILL", "lot": f"L{lot % LOTS}", "quantity": "1"}
    return {
        "id": str(uuid.uuid4()), "type": "move", "from": "S/A", "to": "S/B", "lines": [line],
        "documents": [{"type": "po", "id": "PO-4711"}],
    }  # fmt: skip


def _single(running: Product, key: str, seconds: float) -> Iterator[Row]:
    numbers = itertools.count()
    for clients, target in ((1, None), (CLIENTS, 500)):
        _load(running, key, clients, min(2.0, seconds), lambda: _move(next(numbers)))  # warm
        times, rate = _load(running, key, clients, seconds, lambda: _move(next(numbers)))
        cuts = quantiles(times, n=100)
        name = "one client" if clients == 1 else f"{clients} clients"
        yield Row(f"movements a second, {name}", rate, "movements/s", "more", target)
        yield Row(f"request to receipt, {name}, p50", cuts[49] * 1e3, "ms", "less")
        yield Row(f"request to receipt, {name}, p99", cuts[98] * 1e3, "ms", "less", 300)


def _load(
    running: Product, key: str, clients: int, seconds: float, make: Callable[[], Json]
) -> tuple[list[float], float]:
    """Times of all requests, and requests a second; each must come back with its receipt."""

    def client(_: int) -> list[float]:
        caller, times, end = Client(running.port, key), [], perf_counter() + seconds
        while (begun := perf_counter()) < end:
            answer = caller.post("/movements", make())
            assert answer["receipts"], "expected a receipt within a second, got none"
            times.append(perf_counter() - begun)
        return times

    begun = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = [each for listed in pool.map(client, range(clients)) for each in listed]
    return times, len(times) / (perf_counter() - begun)


def _bulk(running: Product, key: str, size: int, seconds: float) -> float:
    """Several callers at once, so that one request is read while another is recorded, in every web process."""

    def client(number: int) -> int:
        caller, done, end = Client(running.port, key), 0, perf_counter() + seconds
        lots = itertools.count(number * LOTS // CALLERS)
        while perf_counter() < end:
            moves = [_move(next(lots)) for _ in range(size)]
            expect_recorded(caller.post("/movements/bulk", {"movements": moves}))
            done += size
        return done

    begun = perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        done = sum(pool.map(client, range(CALLERS)))
    return done / (perf_counter() - begun)


def _beside(running: Product, key: str, scale: Scale) -> Iterator[Row]:
    ours = _bulk(running, key, 1_000, min(5.0, scale.seconds))
    with rawsql.yardstick(running.data) as yard:
        one = yard.row_by_row(500)
        copied = yard.copy(20_000, 1_000)
    yield Row("bulk beside raw SQL, a commit a movement", ours, "movements/s", "more", None, ("row by row", one))
    yield Row("bulk beside raw SQL, COPY of 1,000 a commit", ours, "movements/s", "more", None, ("COPY", copied))
