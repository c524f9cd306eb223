"""An honest world for the audit: movements of every kind, sequenced, signed, anchored on a real chain; and a tail.

The tail is three movements that are sequenced after the last anchor, and two that wait to be sequenced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine

from anchoring import Audited, Finding, Sequencer
from service import db, migrating
from service.audit.running import everything
from service.audit.warehouse import audit_warehouse
from service.local import node, postgres
from service.local.postgres import Cluster
from tests.anchoring.chain import world as chain
from tests.conftest import own_cluster
from tests.service.ledger.world import ORIGIN, World
from tests.tools.databases import admit

from . import lives

LOG_KEY = sha256(b"log of the tampered house").digest()
PUBLIC = Ed25519PrivateKey.from_private_bytes(LOG_KEY).public_key().public_bytes_raw()


@dataclass
class House:
    cluster: Cluster
    engine: Engine
    world: World
    chain: chain.World
    asked: Audited

    def sequence(self) -> None:
        sequencer = Sequencer(self.engine, ORIGIN, LOG_KEY, self.milliseconds)
        while sequencer.step():
            pass
        sequencer.close()

    def milliseconds(self) -> int:
        return int(self.world.clock().timestamp() * 1000)

    def audit(self, connection: Connection, table: str = "") -> list[Finding]:
        """Everything but the catalogue: he may have put it back. With `table`, the half of it that reads this one."""
        if table.startswith("warehouse."):
            return list(audit_warehouse(connection, ORIGIN))
        return list(everything(connection, self.asked))


@contextmanager
def house() -> Iterator[House]:
    with TemporaryDirectory(prefix="lotproof-tamper-") as folder, own_cluster() as (cluster, _):
        postgres.create_database(cluster, "tampered")
        migrating.migrate(cluster.url("tampered"))
        admit(cluster.url("tampered"))
        engine = db.engine_for(cluster.url("tampered"))
        running = node.start_anvil(log=Path(folder) / "anvil.log")
        try:
            asked = Audited(ORIGIN, [PUBLIC], [running.url])
            made = House(cluster, engine, World(engine), chain.World(engine, running), asked)
            furnish(made)
            yield made
        finally:
            engine.dispose()
            running.stop()


def furnish(house: House) -> None:
    """Two lives with an anchor after each, and the tail."""
    for life in (lives.first, lives.is_changed_and_signed, lives.is_measured, lives.second):
        life(house.world)
        house.sequence()
        house.chain.settle()
    lives.tail(house.world)
    house.sequence()
    lives.waiting(house.world)
