"""A lot of 1,000 movements, as a regulator gets it: how long its file takes to make and to verify, how large it is."""

import json
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from urllib.parse import quote

from bench.company import company, expect_recorded
from bench.product import Client, Product, product
from bench.rows import Row, Scale
from verifier.policy import load_policy
from verifier.report import Verdict
from verifier.verify import verify

LOT = "https://id.gs1.org/01/09506000134352/10/L"
PROOF = f"/lots/proof?lot={quote(LOT, safe='')}"
MOVEMENTS = 1_000
WITHIN = 60  # seconds in which the newest movement must be anchored
OFFLINE = range(1, 7)  # the checks that need no chain


def measure(scale: Scale) -> Iterator[Row]:
    with product() as running:
        regulator = _story(running)
        _await_anchor(running, regulator)
        begun = perf_counter()
        made = _get(running, PROOF, regulator)
        yield Row("a proof file of 1,000 movements made, through HTTP", (perf_counter() - begun) * 1e3, "ms", "less")
        yield Row("its size", len(made) / 1e6, "MB", "less")
        policy = load_policy(_get(running, "/policy", None).decode())
        times = []
        for _ in range(5):
            begun = perf_counter()
            report = verify([made], policy)
            times.append(perf_counter() - begun)
        said = {each.check: each.verdict for each in report.answers}
        assert all(said[check] is Verdict.YES for check in OFFLINE), f"expected six times yes, got {said}"
        yield Row("a lot of 1,000 movements verified, without chain", median(times), "s", "less", 1.0)


def _story(running: Product) -> str:
    """A lot that is carried to and fro; a regulator's key."""
    key = company(running)
    line = {"item": "PILL", "lot": "L", "quantity": "5"}
    first = {"id": str(uuid.uuid4()), "type": "register", "to": "S/A", "lines": [line]}
    ways = [("S/A", "S/B"), ("S/B", "S/A")]
    moves = [
        {"id": str(uuid.uuid4()), "type": "move", "from": ways[at % 2][0], "to": ways[at % 2][1], "lines": [line]}
        for at in range(MOVEMENTS - 1)
    ]
    expect_recorded(Client(running.port, key).post("/movements/bulk", {"movements": [first, *moves]}))
    operator = Client(running.port, running.operator_key)
    return str(operator.post("/api-keys", {"label": "bench", "role": "regulator"})["api_key"])


def _await_anchor(running: Product, key: str) -> None:
    """Until an anchor covers the whole history."""
    end = perf_counter() + WITHIN
    while perf_counter() < end:
        made = _get(running, PROOF, key)
        if len(json.loads(made).get("history", ())) == MOVEMENTS:
            return
        time.sleep(0.5)
    raise AssertionError(f"expected {MOVEMENTS} movements anchored within {WITHIN} s, got {made[:200]!r}")


def _get(running: Product, path: str, key: str | None) -> bytes:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=60)
    connection.request("GET", "/api/v1" + path, headers={"Authorization": f"Bearer {key}"} if key else {})
    return connection.getresponse().read()
