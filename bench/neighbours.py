"""One party floods, another goes on as before: how long the other waits, beside how long it waits alone.

With the budgets as they are by default, from when the flood has used up what it may ask at once. It does not heed
`Retry-After`: it asks OFFERED times a second, ten times what its key may, or, without a target, as often as it is
answered on its FLOOD connections. It is on the same machine, where nobody's flood would be: so it runs in a process
of its own that yields to the others (`nice`), and still a part of its work is measured.
"""

import multiprocessing
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from statistics import quantiles
from time import perf_counter

from bench.company import company
from bench.product import Client, product
from bench.rows import Row, Scale

FLOOD = 32
OFFERED = 1_000
Ask = Callable[[], None]
PACE = 0.02  # seconds between two requests of the neighbour
TWICE = 2.0
BURST = 6.0  # seconds
DEFAULTS = {"LOTPROOF_RATE_KEY": "", "LOTPROOF_RATE_PARTY": "", "LOTPROOF_RATE_PROOFS": "", "LOTPROOF_RATE_COSTLY": "",
            "LOTPROOF_RATE_ADDRESS": ""}  # fmt: skip


def measure(scale: Scale) -> Iterator[Row]:
    with product(**DEFAULTS) as running:
        loud, quiet = company(running, "loud"), company(running, "quiet")
        caller = Client(running.port, quiet)
        _receive(caller)
        for name, ask in (("movement to receipt", _receive), ("list of stock", _look)):
            _times(partial(ask, caller), 2.0)  # warm
            alone = _times(partial(ask, caller), scale.seconds)
            for offered in (OFFERED, 0):
                yield from _beside(running.port, name, loud, partial(ask, caller), scale.seconds, alone, offered)


def _beside(
    port: int, name: str, loud: str, ask: Ask, seconds: float, alone: list[float], offered: int
) -> Iterator[Row]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        flood = pool.apply_async(_flood, (port, loud, seconds + BURST, offered))
        time.sleep(BURST - 1.0)
        beside = _times(ask, seconds)
        answers = flood.get(60)
    how = f"beside {offered:,}/s" if offered else "beside no end"
    for part, at in (("p50", 49), ("p99", 98)):
        was, now = (quantiles(times, n=100)[at] * 1e3 for times in (alone, beside))
        target = TWICE * was if part == "p99" and offered else None
        yield Row(f"{name}, {how}, {part}", now, "ms", "less", target, ("alone", was))
    yield Row("the flood: served", answers[200] / (seconds + BURST), "requests/s")
    yield Row("the flood: told to wait", answers[429] / (seconds + BURST), "requests/s")


def _times(ask: Ask, seconds: float) -> list[float]:
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


def _flood(port: int, key: str, seconds: float, offered: int) -> Counter[int]:
    """What was answered, by status."""
    os.nice(19)
    end = perf_counter() + seconds

    def ask(_: int) -> Counter[int]:
        connection, seen = HTTPConnection("127.0.0.1", port, timeout=60), Counter[int]()
        while (begun := perf_counter()) < end:
            connection.request("GET", "/api/v1/lots", headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
            time.sleep(max(0.0, FLOOD / offered - (perf_counter() - begun)) if offered else 0.0)
        return seen

    with ThreadPoolExecutor(FLOOD) as pool:
        return sum(pool.map(ask, range(FLOOD)), Counter())
