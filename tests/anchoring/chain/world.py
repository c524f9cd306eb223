"""A small world for the anchorer: a log that grows, a chain, a contract on it, a clock that is set by hand."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, text

from anchoring import admission, alarms, anchors, contract, deploy
from anchoring.anchorer import Anchorer, Round
from anchoring.contract import LotAnchor
from anchoring.onchain import Address, Fees
from anchoring.pace import ChainSettings
from anchoring.rpc import Rpc
from verifier.hashing import anchor_leaf, leaf_hash
from verifier.merkle import peak_from_path

GUARDIAN = "0x" + "9a" * 20
KEY = sha256(b"anchorer of the tests").digest()
FAST = ChainSettings(min_interval=0, repush=0)


class World:
    """Everything that a test of the anchorer needs at hand."""

    def __init__(
        self, engine: Engine, node: Any, *, key: bytes | None = None, settings: ChainSettings = FAST,
        legacy_fees: bool | None = None,
    ) -> None:  # fmt: skip
        self.engine, self.node, self.settings = engine, node, settings
        # A key of its own on a shared chain, so that tests do not share nonces.
        self.key = key or sha256(f"anchorer {engine.url}".encode()).digest()
        self.sender = contract.address_of(self.key)
        self.rpc = Rpc(node.url)
        self.time = self.rpc.head().time * 1000
        if not self.rpc.client().lower().startswith(deploy.DEVELOPMENT):
            self.fund(self.sender)  # nobody else does
        self.numbers = itertools.count(1)
        self.deployment = deploy.ensure(engine, node.url, self.key, GUARDIAN, now=self.now, legacy_fees=legacy_fees)
        self.contract = LotAnchor(self.rpc, self.deployment.contract)
        self.anchorer = self.worker()

    def now(self) -> int:
        return self.time

    def worker(
        self, *urls: str, passed: Callable[[str], None] = lambda step: None, settings: ChainSettings | None = None
    ) -> Anchorer:
        rpcs = [Rpc(url, timeout=(1, 2), whole=3) for url in urls or (self.node.url,)]
        return Anchorer(self.engine, rpcs, self.key, settings or self.settings, self.now, passed)

    # The log

    def record(self, entries: int = 1) -> int:
        """Sequence some entries and sign a checkpoint; the new size."""
        with self.engine.begin() as conn:
            return grow(conn, entries, self.numbers)

    def adopt(self, other: World) -> None:
        """The entries and checkpoints that another database of the same log has beyond ours."""
        for table, order in (("entry", "index"), ("checkpoint", "size")):
            have = self.one(f"SELECT count(*) FROM ledger.{table}")
            for row in other.rows(f"SELECT * FROM ledger.{table} ORDER BY {order} OFFSET {have}"):
                names, marks = ", ".join(row._mapping), ", ".join("%s" for _ in row)
                with self.engine.begin() as conn:
                    conn.exec_driver_sql(f"INSERT INTO ledger.{table} ({names}) VALUES ({marks})", tuple(row))

    # The chain

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.node.rpc("evm_mine")

    def reorg(self, depth: int, transactions: Sequence[Sequence[object]] = ()) -> None:
        self.node.rpc("anvil_reorg", depth, list(transactions))

    def send(self, calldata: bytes, *, to: Address | None = None, key: bytes | None = None) -> str:
        """A transaction that the worker knows nothing of."""
        key = key or self.key
        latest = self.rpc.head()
        signed = contract.sign(
            key, chain_id=self.rpc.chain_id(), nonce=self.rpc.nonce(contract.address_of(key), latest),
            to=to or self.deployment.contract, calldata=calldata, gas=400_000,
            fees=Fees(2 * (latest.base_fee or 10**9) + 10**9, 10**9), legacy=latest.base_fee is None,
        )  # fmt: skip
        self.rpc.send(signed.raw)
        self.built()
        return "0x" + signed.tx_hash.hex()

    def fund(self, address: Address) -> None:
        """Give an account some ether."""
        rich = self.node.rpc("eth_accounts")[0]
        paid = {"from": rich, "to": contract.checksummed(address), "value": hex(10**18)}
        self.node.rpc("eth_sendTransaction", paid)
        self.built()

    def built(self) -> None:
        """Wait for the block that Anvil builds by itself: it may be a moment later than its answer to the sender."""
        deadline = time.monotonic() + 2
        while self._automines() and self.node.rpc("txpool_status")["pending"] != "0x0" and time.monotonic() < deadline:
            time.sleep(0.005)

    def _automines(self) -> bool:
        client: str = self.node.rpc("web3_clientVersion")
        return client.startswith("anvil") and bool(self.node.rpc("anvil_getAutomine"))

    @property
    def head(self) -> contract.Head:
        return self.contract.head(self.rpc.head())

    def events(self) -> list[contract.Anchored]:
        return self.contract.events(0, self.rpc.head().number)

    # The worker

    def tick(self, rounds: int = 1, worker: Anchorer | None = None) -> Round:
        for _ in range(rounds):
            self.time += 1000
            ended = (worker or self.anchorer).tick()
            if ended is Round.PUSHED:
                self.built()
        return ended

    def settle(self, worker: Anchorer | None = None, rounds: int = 20) -> None:
        """Rounds and blocks until the newest checkpoint is final; fails if that takes too long."""
        for _ in range(rounds):
            self.tick(worker=worker)
            if self.is_final():
                return
            self.mine()
        raise AssertionError(f"not final after {rounds} rounds: {self.states()}, alarms {self.told()}")

    # What the database says

    def size(self) -> int:
        return int(self.one("SELECT COALESCE(max(size), 0) FROM ledger.checkpoint"))

    def plan(self, old: int) -> tuple[int, int, bytes, bytes]:
        """What an anchor of the newest checkpoint on top of `old` says: old size, new size, log root, map root."""
        row = self.rows("SELECT size, log_root, map_root FROM ledger.checkpoint ORDER BY size DESC LIMIT 1")[0]
        return old, row.size, bytes(row.log_root), bytes(row.map_root)

    def is_final(self) -> bool:
        with self.engine.connect() as conn:
            newest = anchors.anchored(conn, final=True)
        return newest is not None and newest.size == self.size()

    def states(self) -> list[str]:
        """The states of all anchors that were ever seen, in the order seen."""
        return [state for (state,) in self.rows("SELECT state FROM ledger.anchor ORDER BY id")]

    def intents(self) -> list[str]:
        return [state for (state,) in self.rows("SELECT state FROM ledger.intent ORDER BY id")]

    def history(self, intent: int = 1) -> list[str]:
        return [s for (s,) in self.rows("SELECT step FROM ledger.attempt WHERE intent = :i ORDER BY id", i=intent)]

    def alarms(self) -> list[str]:
        with self.engine.connect() as conn:
            return [alarm.kind.title for alarm in alarms.open_alarms(conn)]

    def told(self) -> list[str]:
        """What the open alarms say, word by word."""
        return [f"{kind}: {detail}" for kind, detail in self.rows(_TOLD)]

    def may_sign(self) -> bool:
        with self.engine.connect() as conn:
            return admission.may_sign(conn)

    def rows(self, query: str, **values: object) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(text(query), values))

    def one(self, query: str) -> Any:
        return self.rows(query)[0][0]

    # What must hold at the end of every test

    def audit(self) -> None:
        """What the database says is what the contract holds: every anchor provable, each effective once."""
        events, head = self.events(), self.head
        with self.engine.connect() as conn:
            kept = anchors.anchors_from(conn, 0, 1000)
            _, live = anchors.counts(conn)
            proofs = anchors.with_paths(conn, kept, live)
        assert [(a.index, a.size, a.block_hash) for a in kept] == [(e.index, e.size, e.block_hash) for e in events]
        assert len({e.size for e in events}) == len(events)
        count, peaks = self.contract.accumulator(self.rpc.head())
        assert count == live == head.count
        for proof in proofs:
            leaf = anchor_leaf(proof.epoch, proof.size, proof.log_root, proof.map_root, proof.block, proof.time)
            number, peak = peak_from_path(proof.index, count, leaf, proof.path)
            assert peaks[number] == peak
        assert self.one("SELECT count(*) FROM ledger.signed_transaction s WHERE s.raw = ''") == 0


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def grow(conn: Connection, entries: int, numbers: Iterator[int]) -> int:
    """Sequence `entries` more and sign a checkpoint, in the plainest way there is; up to 255 entries in all.

    The sequencer does the same for real, with tiles and a lot map; here the log is only what the anchorer reads of it.
    """
    leaves = [bytes(leaf) for (leaf,) in conn.execute(text("SELECT leaf_hash FROM ledger.entry ORDER BY index"))]
    for _ in range(entries):
        subject = sha256(f"subject {next(numbers)} of {id(numbers)}".encode()).digest()
        leaves.append(leaf_hash(subject))
        row = {"index": len(leaves) - 1, "subject": subject, "leaf": leaves[-1], "zero": bytes(32)}
        conn.execute(_ENTRY, row)
    assert len(leaves) < 256, "a full tile would be needed"
    roots = {"size": len(leaves), "log": naive_root(leaves), "map": sha256(b"map" + leaves[-1]).digest()}
    conn.execute(text("INSERT INTO ledger.map_page (id, page) VALUES (1, '') ON CONFLICT DO NOTHING"))
    conn.execute(_CHECKPOINT, roots | {"now": 1_790_000_000_000 + len(leaves)})
    return len(leaves)


_TOLD = "SELECT kind, detail FROM ledger.alarm WHERE cleared_at IS NULL ORDER BY id"
_ENTRY = text(
    "INSERT INTO ledger.entry (index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash)"
    " VALUES (:index, 1, :subject, 1, :zero, :subject, 1790000000000, :leaf)"
)
_CHECKPOINT = text(
    "INSERT INTO ledger.checkpoint (size, log_root, map_root, map_page, note, signed_at)"
    " VALUES (:size, :log, :map, 1, 'note', :now)"
)
