"""One party floods, another goes on as before: how long the other waits, beside how long it waits alone.

With the budgets as they are by default. The flood asks as fast as it is answered, on FLOOD connections, and does not
heed `Retry-After`; it runs in a process of its own, on the same machine, so its own work is part of what is measured.
"""

import multiprocessing
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from statistics import quantiles
from time import perf_counter
from typing import Any

from bench.company import company
from bench.product import Client, Product, product
from bench.rows import Row, Scale

FLOOD = 32
PACE = 0.02  # seconds between two requests of the neighbour
TWICE = 2.0
DEFAULTS = {"LOTPROOF_RATE_KEY": "", "LOTPROOF_RATE_PARTY": "", "LOTPROOF_RATE_PROOFS": "", "LOTPROOF_RATE_COSTLY": "",
            "LOTPROOF_RATE_ADDRESS": ""}  # fmt: skip


def measure(scale: Scale) -> Iterator[Row]:
    with product(**DEFAULTS) as running:
        loud, quiet = company(running, "loud"), company(running, "quiet")
        caller = Client(running.port, quiet)
        _receive(caller)
        for name, ask in (("a movement to its receipt", _receive), ("a list of stock", _look)):
            yield from _beside(running, name, loud, lambda ask=ask: ask(caller), scale.seconds)


def _beside(running: Product, name: str, loud: str, ask: Any, seconds: float) -> Iterator[Row]:
    _times(ask, 2.0)  # warm
    alone = _times(ask, seconds)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        flood = pool.apply_async(_flood, (running.port, loud, seconds + 3.0))
        time.sleep(2.0)
        beside = _times(ask, seconds)
        answers = flood.get(60)
    for part, at in (("p50", 49), ("p99", 98)):
        was, now = (quantiles(times, n=100)[at] * 1e3 for times in (alone, beside))
        target = TWICE * was if part == "p99" else None
        yield Row(f"{name}, beside a flood, {part}", now, "ms", "less", target, ("alone", was))
    yield Row("the flood: served", answers[200] / (seconds + 3.0), "requests/s")
    yield Row("the flood: told to wait", answers[429] / (seconds + 3.0), "requests/s")


def _times(ask: Any, seconds: float) -> list[float]:
    """Of requests at a steady pace."""
    times, end = list[float](), perf_counter() + seconds
    while (begun := perf_counter()) < end:
        ask()
        times.append(perf_counter() - begun)
        time.sleep(max(0.0, PACE - times[-1]))
    return times


def _receive(caller: Client) -> None:
    line = {"item": "PILL", "lot": f"L-{uuid.uuid4().hex[:12]}", "quantity": "1"}
    movement = {"id": str(uuid.uuid4()), "type": "register", "to": "S/A", "lines": [line]}
    assert caller.post("/movements", movement)["receipts"]


def _look(caller: Client) -> None:
    caller.get("/stock?limit=50")


def _flood(port: int, key: str, seconds: float) -> Counter[int]:
    """What was answered, by status."""
    end = perf_counter() + seconds

    def ask(_: int) -> Counter[int]:
        connection, seen = HTTPConnection("127.0.0.1", port, timeout=60), Counter[int]()
        while perf_counter() < end:
            connection.request("GET", "/api/v1/lots", headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
        return seen

    with ThreadPoolExecutor(FLOOD) as pool:
        return sum(pool.map(ask, range(FLOOD)), Counter())
