"""As many open streams as one process takes, of many companies; one of each is told what its company captures.

All streams wake whenever any event comes, for only the database knows whom it concerns: so the silent ones cost too.
"""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidMessage

from bench.company import company
from bench.product import Client, Product, _below, _proportional, product
from bench.rows import Row, Scale
from service.epcis.streams.server import Limits
from service.local.node import free_port

COMPANIES = 50
ALL = Limits().of_all
AT_ONCE = 16  # handshakes


def measure(scale: Scale) -> Iterator[Row]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # 1,000 sockets here
    port = free_port()
    with product(LOTPROOF_STREAM_LISTEN=f"127.0.0.1:{port}") as running:
        keys = [company(running, f"c{number}") for number in range(COMPANIES)]
        yield from asyncio.run(_load(running, f"ws://127.0.0.1:{port}/api/v1/epcis/events?stream=true", keys, scale))


async def _load(running: Product, url: str, keys: list[str], scale: Scale) -> list[Row]:
    await _ready(url, keys[0])
    before, begun, gate = _memory(running), perf_counter(), asyncio.Semaphore(AT_ONCE)

    async def opened(url: str, key: str) -> ClientConnection:
        async with gate:
            return await _open(url, key)

    busy_ones = (opened(url, key) for key in keys)
    silent = (opened(f"{url}&EQ_bizStep=receiving", keys[number % COMPANIES]) for number in range(ALL - COMPANIES))
    streams = await asyncio.gather(*busy_ones, *silent)
    rows = [Row(f"{ALL:,} streams opened", ALL / (perf_counter() - begun), "streams/s")]
    rows += [Row("memory of the process with one", before, "MB", "less"),
             Row(f"and with {ALL:,}", _memory(running), "MB", "less", 300)]  # fmt: skip
    told: dict[str, float] = {}
    hearing = [asyncio.create_task(_hear(each, told)) for each in streams[:COMPANIES]]
    idle, used = _cpu(running), perf_counter()
    await asyncio.sleep(scale.seconds)
    rows.append(Row("CPU of the process while nothing comes", (_cpu(running) - idle) / (perf_counter() - used), "cores",
                    "less", 0.2))  # fmt: skip
    sent, busy, used = {}, _cpu(running), perf_counter()
    clients = [Client(running.port, key) for key in keys]
    until = perf_counter() + scale.seconds
    while perf_counter() < until:
        second = perf_counter() + 1
        for client in clients:
            id = f"urn:uuid:{uuid4()}"
            await asyncio.to_thread(client.post, "/epcis/events", _event(id))
            sent[id] = perf_counter()
        await asyncio.sleep(max(0.0, second - perf_counter()))
    for _ in range(600):
        if len(told) >= len(sent):
            break
        await asyncio.sleep(0.1)
    rate = len(sent) / (perf_counter() - used)
    rows.append(Row("events captured meanwhile, one client after the other", rate, "events/s"))
    rows.append(Row("CPU of the process meanwhile", (_cpu(running) - busy) / (perf_counter() - used), "cores", "less"))
    assert set(told) == set(sent), f"expected all {len(sent)} events to be told, got {len(told)}"
    cuts = quantiles([told[id] - at for id, at in sent.items()], n=100)
    rows += [Row(f"from the answer to the capture until it is told, p{at}", cuts[at - 1] * 1e3, "ms", "less",
                 2_000 if at == 99 else None) for at in (50, 99)]  # fmt: skip
    rows.append(Row("memory after it", _memory(running), "MB", "less", 300))
    for task in hearing:
        task.cancel()
    await asyncio.gather(*(each.close() for each in streams))
    return rows


async def _ready(url: str, key: str) -> None:
    """The first makes the process ready, which on a busy machine takes longer than a handshake may."""
    for _ in range(5):
        with suppress(InvalidMessage):
            await (await _open(url, key)).close()
            return


async def _open(url: str, key: str) -> ClientConnection:
    given = {"Authorization": f"Bearer {key}"}
    return await connect(
        url, additional_headers=given, compression=None, proxy=None, ping_interval=None, open_timeout=60
    )


async def _hear(stream: ClientConnection, told: dict[str, float]) -> None:
    async for message in stream:
        for each in orjson.loads(message)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
            assert each["eventID"] not in told, "expected each event once"
            told[each["eventID"]] = perf_counter()


def _event(id: str) -> dict[str, Any]:
    """About goods of others."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent", "eventID": id, "action": "OBSERVE", "bizStep": "departing",
        "eventTime": "2026-03-01T17:00:00+00:00", "eventTimeZoneOffset": "+00:00",
        "readPoint": {"id": "urn:epc:id:sgln:5012345.00011.0"}, "epcList": ["urn:epc:id:sscc:5012345.0111111111"],
    }  # fmt: skip


def _process(running: Product) -> int:
    """The one that serves streams: none has as many sockets."""
    found = {}
    for each in _below(running.pid):
        with suppress(OSError):
            found[each] = sum("socket" in str(fd.readlink()) for fd in Path(f"/proc/{each}/fd").iterdir())
    return max(found, key=lambda pid: found[pid])


def _memory(running: Product) -> float:
    return _proportional(_process(running))


def _cpu(running: Product) -> float:
    """Seconds that it has used."""
    words = Path(f"/proc/{_process(running)}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
