"""One honest ledger with everything in it: full tiles, a reorg, an epoch, a sealed group; and lies told in it.

A lie lives in a transaction that is rolled back, in which constraints and triggers are gone, as for any superuser.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine

from anchoring import alarms, anchors, contract, deploy
from anchoring.alarms import Kind
from anchoring.audit import LEDGER_CHECKS, Audited, Finding
from service.local.node import Node
from tests.anchoring.chain.world import World, naive_root
from tests.anchoring.ledger.world import ORIGIN, SEED, Ledger, about, drain

KEYS = (Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw(),)
GUARD = sha256(b"a guardian with a key").digest()
DAYS = 86_400


class Real(World):
    """A world whose log is made by the sequencer."""

    def __init__(self, engine: Engine, node: Any, **options: Any) -> None:
        self.ledger = Ledger(engine)
        self.sequencer = self.ledger.sequencer()
        super().__init__(engine, node, **options)

    def record(self, entries: int = 1) -> int:
        self.ledger.now += 1000
        at = self.ledger.now
        self.ledger.submit(*(about(next(self.numbers) % 41, at=at - 900 + n) for n in range(entries)))
        drain(self.sequencer)
        return self.size()


def build(engine: Engine, node: Node, anchored: int = 66) -> Real:
    """`anchored` anchors of growing checkpoints, one of them lost in a reorg, a theft and the epoch after it."""
    guardian = contract.checksummed(contract.address_of(GUARD))
    world = Real(engine, node)
    _give(world, GUARD)
    deploy.again(engine, node.url, world.key, guardian, reason="a guardian who can act", now=world.now)
    again = Real(engine, node, key=world.key)
    again.numbers, again.ledger.now = world.numbers, world.ledger.now
    world = again
    world.record(200)
    world.settle()
    world.record(56)  # 256: the thief can add as many again
    world.settle()
    _theft(world)
    world.record(60)
    world.settle()
    world.record(3)
    world.tick(2)
    world.node.rpc("anvil_reorg", 1, [])
    world.tick(3)
    world.settle()
    for _ in range(anchored - world.head.count):
        world.record(1)
        world.tick(2)
    world.settle()
    world.ledger.submit(about(1, 2, at=world.ledger.now), about(3, at=world.ledger.now))
    world.sequencer.close()
    return world


def _give(world: World, key: bytes) -> None:
    donor = world.node.rpc("eth_accounts")[0]
    paid = {"from": donor, "to": contract.checksummed(contract.address_of(key)), "value": hex(10**18)}
    world.node.rpc("eth_sendTransaction", paid)


def _theft(world: World) -> None:
    """Garbage is anchored by a thief of the key; the guardian opens an epoch from the last good anchor."""
    leaves = [bytes(leaf) for (leaf,) in world.rows("SELECT leaf_hash FROM ledger.entry ORDER BY index")]
    garbage = [sha256(b"garbage %d" % n).digest() for n in range(len(leaves))]
    size = len(leaves)
    world.send(contract.anchor_call(size, 2 * size, naive_root(leaves + garbage), bytes(32), [naive_root(garbage)]))
    world.tick()
    index = world.head.count - 2
    with world.engine.connect() as conn:
        proof = anchors.with_paths(conn, anchors.anchors_from(conn, index, 1), world.head.count)[0]
    world.send(contract._calldata("proposeEpoch", index, sha256(b"the key was stolen").digest()), key=GUARD)
    world.node.rpc("evm_increaseTime", 3 * DAYS + 1)
    world.mine()
    told = proof.epoch, proof.size, proof.log_root, proof.map_root, proof.block, proof.time, proof.path
    world.send(contract._calldata("openEpoch", *told), key=GUARD)
    with world.engine.begin() as conn:
        for kind in (Kind.FORK, Kind.KEY_USED_ELSEWHERE):
            alarms.clear(conn, kind, "epoch 1 opened", world.now())


# Auditing


def audited(**more: Any) -> Audited:
    return Audited(ORIGIN, KEYS, **more)


LOG = ("entries and tiles", "lot maps")
SENT = ("what was signed for the chain", "anchors, epochs and sealed groups")
OF_TABLE = {
    "ledger.entry": LOG, "ledger.tile": LOG, "ledger.map_page": LOG, "ledger.checkpoint": (*LOG, "checkpoints"),
    "ledger.submission": ("the queue",), "ledger.deployment": SENT[:1], "ledger.intent": SENT,
    "ledger.signed_transaction": SENT, "ledger.anchor": SENT, "ledger.epoch": SENT, "ledger.sealed_group": SENT[1:],
}  # fmt: skip
"""The checks that look at a table."""


def findings(connection: Connection, told: Audited | None = None, table: str | None = None) -> list[Finding]:
    """What all checks find, or those that look at a table."""
    checks = dict(LEDGER_CHECKS)
    names = list(checks) if table is None else OF_TABLE[table]
    return [found for name in names for found in checks[name](connection, told or audited())]


# Lying


@contextmanager
def lying(engine: Engine, *tables: str) -> Iterator[Connection]:
    """A transaction in which anything may be done to these tables, and of which nothing stays."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables:
            _bare(connection, table)
        yield connection
        connection.rollback()


def _bare(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    query = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype <> 'n'"
    for (name,) in connection.exec_driver_sql(query, (table,)).all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    query = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique"
    for (name,) in connection.exec_driver_sql(query, (table,)).all():
        connection.exec_driver_sql(f"DROP INDEX {name}")
    for column in columns(connection, table):
        connection.exec_driver_sql(f'ALTER TABLE {table} ALTER "{column}" DROP IDENTITY IF EXISTS')
        connection.exec_driver_sql(f'ALTER TABLE {table} ALTER "{column}" DROP NOT NULL')


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Name and type of a table's columns."""
    query = """SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
                WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
    return dict(tuple(row) for row in connection.exec_driver_sql(query, (table,)).all())


def lies(kind: str, column: str) -> dict[str, str]:
    """A wrong value of a column, as SQL, by the class of the lie."""
    name = f'"{column}"'
    told = {
        "bytea": {"bit": f"set_bit({name}, 9, 1 - get_bit({name}, 9))", "other": f"sha256({name} || 'x'::bytea)"},
        "text": {"bit": f"overlay({name} PLACING '~' FROM 3)", "other": f"{name} || ' '"},
        "boolean": {"other": f"NOT {name}"},
    }  # fmt: skip
    number = {"bit": f"{name} # 4" if kind != "numeric" else f"{name} + 4", "other": f"{name} + 1"}
    return {"null": "NULL", **told.get(kind, number)}
