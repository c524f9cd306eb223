"""A running product whose chain is reached through a line that can fail, and everybody who would notice an alarm."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import HTTPError
from uuid import UUID

from eth_account import Account
from prometheus_client.parser import text_string_to_metric_families

from anchoring.alarms import Kind
from service.local import node, place
from service.local.node import Node
from service.local.postgres import Cluster
from tests.campaigns.disk import Disk, disk
from tests.campaigns.history import Door
from tests.tools.rpc_proxy import Proxy
from tests.tools.running import Running

REASON = ("--reason", "campaign: looked into it")
LATE_AFTER = 10  # seconds, the least that may be set
LOOK = 0.1  # seconds between two looks of somebody who waits for an alarm
ETHER = 10**18
AWAY = "DATABASE AWAY"  # no alarm of the ledger, which lies in it: each place says so in words of its own
_ALARM, _AWAY = "ALARM      ", "lotproof: the database does not answer (does ./lotproof up run?)"  # as printed
_ADVICE = {kind.title: kind.advice for kind in Kind}


@dataclass(slots=True)
class Stage:
    """`line` stands between worker and `chain`; `anchorer` is the key that pays; `disk` is the product's own, where it
    may have one; `struck`: when something failed last."""

    running: Running
    line: Proxy
    chain: Node
    anchorer: bytes
    dice: Random
    disk: Disk | None = None
    party: Door = field(init=False)
    party_key: str = ""
    lots: int = 0
    struck: float = 0.0

    def furnish(self) -> None:
        """A company with an item and a place."""
        operator = Door(self.running.port, self.secret("operator.key"))
        made = must(operator, "POST", "/parties", {"id": "maker", "name": "Maker"})
        self.party_key = str(made["api_key"])
        self.party = operator.of(self.party_key)
        must(self.party, "POST", "/items", {"code": "PILL", "name": "Pill", "gtin": "09506000134352", "unit": "EA"})
        must(self.party, "POST", "/sites", {"code": "S", "name": "Site", "zone": "Europe/Berlin"})
        must(self.party, "POST", "/locations", {"site": "S", "code": "A", "kind": "storage"})

    def secret(self, name: str) -> str:
        return (self.running.folder / "secrets" / name).read_text().strip()

    @property
    def account(self) -> str:
        return str(Account.from_key(self.anchorer).address)

    @property
    def contract(self) -> str:
        return str(self.running.status()["contract"])

    @property
    def head(self) -> int:
        """The contract's first slot: | rotations 4 | epoch 4 | time 8 | count 8 | size 8 |."""
        return int(self.chain.rpc("eth_getStorageAt", self.contract, "0x0", "latest"), 16)

    # What people do

    def record(self, movement: Mapping[str, Any] | None = None) -> Any:
        """A lot comes in, if nothing else is to be recorded; the answer, or None if there is none."""
        if movement is None:
            self.lots += 1
            line = {"item": "PILL", "lot": f"L{self.lots}", "quantity": "1"}
            movement = {"type": "register", "to": "S/A", "lines": [line]}
        id = str(UUID(int=self.dice.getrandbits(128), version=4))
        return self.party.send("POST", "/movements", {"id": id, **movement})

    def must_record(self, movement: Mapping[str, Any] | None = None) -> Any:
        """The same, and it is recorded: a web process may think for a second longer that it may not."""
        told: list[Any] = []

        def recorded() -> bool:
            told[:] = self.record(movement) or (0, None)
            return told[0] in (200, 201)

        self.wait(recorded, 60)
        return told[1]

    def clear(self, *alarms: str) -> None:
        """A person looked into it."""
        for alarm in alarms:
            self.typed("status", "--clear", alarm, *REASON)

    def typed(self, *argv: str) -> str:
        """What a command says."""
        done = self.running.command(*argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return str(done.communicate(timeout=60)[0])

    def published(self, path: str) -> bytes:
        """A file of the log, as the operator may read it."""
        key = {"Authorization": f"Bearer {self.secret('operator.key')}"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.running.url}/{path}", headers=key), timeout=10
        ) as told:
            return bytes(told.read())

    def strikes(self) -> None:
        """Something fails now; all before was preparation."""
        self.struck = time.monotonic()

    # Who notices: an alarm that does not say what to do is not seen

    def in_api(self) -> set[str]:
        try:
            alarms = self.running.status()["alarms"]
            return {each["kind"] for each in alarms if each["detail"] and each["advice"] == _ADVICE[each["kind"]]}
        except HTTPError as refused:
            return {AWAY} if refused.code == 503 else set()

    def in_metrics(self) -> set[str]:
        told = self.measured()
        standing = {sample.labels["kind"] for sample in told if sample.name == "lotproof_alarm" and sample.value}
        return standing | {AWAY for each in told if each.name == "lotproof_database_up" and not each.value}

    def measured(self) -> list[Any]:
        """Every sample of a scrape."""
        key = {"Authorization": f"Bearer {self.secret('metrics.key')}"}
        asked = urllib.request.Request(self.running.url + "/metrics", headers=key)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            families = text_string_to_metric_families(answer.read().decode())
            return [sample for family in families for sample in family.samples]

    def alive(self) -> bool:
        """Calm, and the worker showed itself just now: what comes next is not mixed with what was before."""
        beats = [each.value for each in self.measured() if each.name == "lotproof_worker_heartbeat_age_seconds"]
        return self.calm() and len(beats) == 2 and max(beats) < 6

    def in_status(self) -> set[str]:
        """As a person types it."""
        told = self.typed("status")
        alarms = {title for title, advice in _ADVICE.items() if f"\n{_ALARM}{title}: " in told and advice in told}
        return alarms | ({AWAY} if told.startswith(_AWAY) else set())

    def calm(self) -> bool:
        """No alarm, everything anchored, open to be written to."""
        try:
            seen = self.running.status()
        except (OSError, ValueError):
            return False
        return seen["admitted"] and not (seen["alarms"] or seen["waiting"] or seen["unanchored"] or seen["read_only"])

    def proven(self) -> bool:
        """Calm, and whoever asks for a proof gets one of all that is recorded."""
        final = self.running.status()["final"]
        return self.calm() and final is not None and final["size"] == self.running.status()["size"]

    def wait(self, condition: Callable[[], object], seconds: float = 150) -> float:
        """Seconds until it holds."""
        begun = time.monotonic()
        while True:
            with contextlib.suppress(OSError, ValueError):
                if condition():
                    return time.monotonic() - begun
            assert time.monotonic() - begun < seconds, f"it did not come within {seconds:.0f} s: {self.running.said()}"
            time.sleep(LOOK)

    # Processes and databases

    def part(self, *words: str) -> int:
        """The process of a part of the product."""
        found: list[int] = []
        self.wait(lambda: found.extend(sorted(self.running.part(*words))) or found, 60)
        return found[0]

    @contextlib.contextmanager
    def asleep(self, *pids: int) -> Iterator[None]:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @property
    def cluster(self) -> Cluster:
        identity = (self.running.folder / "id").read_text().strip()
        return place.cluster_in(self.running.folder, identity)

    def between_connections(self, *statements: str) -> None:
        """Run statements while nobody is connected to the product's database."""
        with self.cluster.connect() as superuser:
            superuser.autocommit = True
            superuser.execute("ALTER DATABASE lotproof ALLOW_CONNECTIONS false")
            try:
                superuser.execute(_HANG_UP)
                for statement in statements:
                    superuser.execute(statement)  # type: ignore[call-overload]
            finally:
                superuser.execute(_LET_IN)


_HANG_UP = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'lotproof'"
_LET_IN = "UPDATE pg_database SET datallowconn = true WHERE datname ~ '^(lotproof|copy|newer)$'"


def must(door: Door, method: str, path: str, body: object = None) -> Any:
    told = door.send(method, path, body)
    assert told is not None and told[0] < 300, f"{method} {path}: expected success, got {told}"
    return told[1]


@contextlib.contextmanager
def stage(dice: Random) -> Iterator[Stage]:
    """The product, on a disk of its own where that may be, with an own chain that mines a block a second."""
    home = Path(tempfile.mkdtemp(prefix="lotproof-campaign-"))
    home.chmod(0o711)
    chain = node.start_anvil("--block-time", "1", log=home.with_suffix(".log"))
    try:
        with disk(home) as own, Proxy(chain.url) as line:
            made = _made(home, chain, line, dice)
            made.disk = own
            yield from _played(made)
    finally:
        home.with_suffix(".log").unlink()
        shutil.rmtree(home, ignore_errors=True)


def _made(home: Path, chain: Node, line: Proxy, dice: Random) -> Stage:
    key = sha256(str(dice.random()).encode()).digest()
    chain.rpc("anvil_setBalance", Account.from_key(key).address, hex(100 * ETHER))
    running = Running(
        home / "data", node.free_port(), node.free_port(), LOTPROOF_RPC_URL=line.url,
        LOTPROOF_ANCHORER_KEY=key.hex(), LOTPROOF_LATE_AFTER=str(LATE_AFTER),
    )  # fmt: skip
    (home / "data").mkdir(mode=0o711)
    return Stage(running, line, chain, key, dice)


def _played(made: Stage) -> Iterator[Stage]:
    running = made.running
    try:
        running.start()
        made.furnish()
        yield made
    finally:
        running.process.send_signal(signal.SIGCONT)
        running.process.send_signal(signal.SIGINT)
        running.process.wait(90)
        made.chain.stop()
