"""Parts of the running product are killed, and its disk is filled, while clients record; afterwards all promises are
looked for.

Nothing of ours judges but, at the very end, the real verifier: what clients were told (`history`) is compared with what
the service says now, and with the published log, which is read and hashed independently (`published`):

    what was acknowledged is recorded, once, and asked for again gets the same answer      INV-X1, INV-L2
    stock is what the answers add up to                                                     INV-S6
    every receipt that ever came is true of the log: its entry, its index, its root         INV-M1, INV-M2 (no fork)
    the log has no gap, and its checkpoint is its root                                      INV-L1
    no alarm that halts is open; the whole log passes an audit against the chain            INV-A1

500 blows at scale 1.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from threading import Event
from typing import Any

from bench.rows import Row
from service.local import node
from tests.campaigns.campaign import Contradiction, Plan
from tests.campaigns.disk import Disk, disk
from tests.campaigns.history import SHELVES, Asked, Client, Door
from tests.campaigns.nemesis import Nemesis
from tests.campaigns.published import Note, Published
from tests.tools.running import Running

BLOWS, CLIENTS, PATIENCE = 500, 4, 120.0
STATEMENT = slice(74, 106)  # of an entry: | 1 | 1 | 32 subject | 8 | 32 previous | 32 statement | 8 |


def campaign(plan: Plan) -> Iterator[Row]:
    with _product() as (running, own):
        operator = Door(running.port, (running.folder / "secrets" / "operator.key").read_text().strip())
        key = _company(operator)
        clients = [Client(f"C{at}", Door(running.port, key), plan.dice(f"client {at}")) for at in range(CLIENTS)]
        nemesis = Nemesis(running, plan.dice("nemesis"), own)
        _suffer(plan, clients, nemesis)
        running.wait_for(lambda: running.answers_again() and _is_quiet(running), PATIENCE)
        yield from _figures(clients, nemesis)
        _check_clients(clients, Door(running.port, key))
        yield from _check_log(running, operator, clients)


@contextmanager
def _product() -> Iterator[tuple[Running, Disk | None]]:
    """On a disk of its own, where that may be."""
    home = Path(tempfile.mkdtemp(prefix="lotproof-campaign-"))
    home.chmod(0o711)
    try:
        with disk(home) as own:
            yield from _run(home, own)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(home: Path, own: Disk | None) -> Iterator[tuple[Running, Disk | None]]:
    running = Running(home / "data", node.free_port(), node.free_port())
    try:
        running.start()
        yield running, own
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(90)


def _company(operator: Door) -> str:
    """One item, one site with two places; its API key."""
    key = str(_must(operator, "POST", "/parties", {"id": "maker", "name": "Maker"})["api_key"])
    owner = operator.of(key)
    _must(owner, "POST", "/items", {"code": "PILL", "name": "Pill", "gtin": "09506000134352", "unit": "EA"})
    _must(owner, "POST", "/sites", {"code": "S", "name": "Site", "zone": "Europe/Berlin"})
    for shelf in SHELVES:
        _must(owner, "POST", "/locations", {"site": "S", "code": shelf[2:], "kind": "storage"})
    return key


def _must(door: Door, method: str, path: str, body: object = None) -> Any:
    told = door.send(method, path, body) or door.send(method, path, body)  # the connection may be from before a blow
    assert told is not None and told[0] < 300, f"{method} {path}: expected success, got {told}"
    return told[1]


def _suffer(plan: Plan, clients: Sequence[Client], nemesis: Nemesis) -> None:
    """Blows while everybody records."""
    stop = Event()
    with ThreadPoolExecutor(len(clients)) as pool:
        working = [pool.submit(client.run, stop) for client in clients]
        try:
            for done in range(plan.many(BLOWS)):
                plan.passed("blows", done, plan.many(BLOWS))
                nemesis.strike(lambda: max(map(_last, clients)), PATIENCE)
        except BaseException:
            for client in clients:
                client.abandoned = True
            raise
        finally:
            stop.set()
    for each in working:
        each.result()


def _last(client: Client) -> float:
    """When a movement of this client was last acknowledged."""
    return next((asked.answered_at for asked in reversed(client.history[-5:]) if asked.status in (200, 201)), 0.0)


def _is_quiet(running: Running) -> bool:
    """Everything has its place in the log and its anchor."""
    status = running.status()
    return not status["waiting"] and not status["unanchored"]


def _figures(clients: Sequence[Client], nemesis: Nemesis) -> Iterator[Row]:
    history = [asked for client in clients for asked in client.history]
    for name, kills in sorted(nemesis.kills.items()):
        yield Row(f"killed or stopped: {name}", kills, "times")
    cuts = quantiles([*nemesis.recovered, *nemesis.recovered], n=100)
    yield Row("from a blow to the next acknowledged movement, p50", cuts[49], "s", "less")
    yield Row("from a blow to the next acknowledged movement, p99", cuts[98], "s", "less", 60)
    yield Row("movements acknowledged", sum(asked.status in (200, 201) for asked in history), "movements")
    yield Row("asked for more than once", sum(asked.sent > 1 for asked in history), "movements")


def _check_clients(clients: Sequence[Client], door: Door) -> None:
    for client in clients:
        for asked in client.history:
            _check_movement(asked, door)
        for lot, expected in client.stock.items():
            lines = _must(door, "GET", f"/stock?lot={lot}")["stock"]
            seen = dict.fromkeys(SHELVES, 0) | {line["location"]: int(line["quantity"]) for line in lines}
            if seen != expected:
                raise Contradiction(f"stock of {lot}", expected, seen)


def _check_movement(asked: Asked, door: Door) -> None:
    """Recorded as answered, or refused and nowhere."""
    assert asked.answer is not None
    path = f"/movements/{asked.body['id']}"
    status, now = door.send("GET", path) or door.send("GET", path) or (0, {})
    if asked.status not in (200, 201):
        if status != 404:
            raise Contradiction(f"movement {asked.body['id']}, answered {asked.status}", asked.answer, now)
        return
    for name in ("id", "type", "recorded_at", "statement", "lots"):
        if now.get(name) != asked.answer[name]:
            raise Contradiction(f"{name} of movement {asked.body['id']}", asked.answer[name], now.get(name))
    again = door.send("POST", "/movements", asked.body | {"reason": "altered"})
    if again is None or again[0] != 409:
        raise Contradiction(f"movement {asked.body['id']} with other content", 409, again)


def _check_log(running: Running, operator: Door, clients: Sequence[Client]) -> Iterator[Row]:
    if alarms := running.status()["alarms"]:
        raise Contradiction("open alarms", "none", alarms)
    auditor = str(_must(operator, "POST", "/api-keys", {"role": "auditor", "label": "audit"})["api_key"])
    log = Published(running.url, auditor)
    log.check()
    promised = [receipt["receipt"] for client in clients for asked in client.history for receipt in asked.receipts]
    for receipt in promised:
        _check_receipt(log, receipt)
    statements = {entry[STATEMENT] for entry in log.entries}
    for asked in (asked for client in clients for asked in client.history if asked.status in (200, 201)):
        assert asked.answer is not None
        if urlsafe_b64decode(asked.answer["statement"] + "=") not in statements:
            raise Contradiction(f"statement of {asked.body['id']}", "in the log", "not there")
    yield Row("entries of the log, every one of them hashed", len(log.entries), "entries")
    yield Row("receipts that are true of it", len(promised), "receipts")
    yield Row("the verifier's audit of the whole log: exit code", _audit(running, auditor), "", "less", 0)


def _check_receipt(log: Published, receipt: dict[str, Any]) -> None:
    index, note = receipt["index"], Note.read(receipt["checkpoint"])
    if log.entries[index] != b64decode(receipt["entry"]):
        raise Contradiction(f"entry {index}", receipt["entry"], log.entries[index].hex())
    if log.root(note.size) != note.root:
        raise Contradiction(f"root of {note.size} entries", note.root.hex(), log.root(note.size).hex())


def _audit(running: Running, auditor: str) -> int:
    policy = running.folder / "policy.toml"
    with policy.open("w") as out:
        assert running.command("policy", stdout=out).wait(60) == 0
    command = [sys.executable, "-P", "-m", "verifier.cli", "audit", running.url, "--token", auditor, "--policy", policy]
    done = subprocess.run(command, capture_output=True, text=True, env=running.environ)
    if done.returncode:
        told = f"{done.returncode}: {done.stdout[-2000:]}{done.stderr[-500:]}"
        raise Contradiction("audit by the verifier", "exit code 0", told)
    return done.returncode
