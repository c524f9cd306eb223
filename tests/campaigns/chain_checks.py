"""What must hold after every step, whatever went wrong before; read from the true chain and from the tables.

S1  on the true chain sizes grow, each once; in the tables no two anchors that stand have one size or one index
S2  what is shown as final stands in a block of the true chain, at or under the finality rule, as it is shown
S3  whatever we signed says of a size what our log says of it: no fork is ours
S4  one nonce for an intent, one unresolved intent for a nonce; what the node hears is committed before
S5  no signature above the caps; what was spent on transactions that did nothing is bounded by what went wrong
S6  nothing halts, because nothing that happens here is worth it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from anchoring import contract
from anchoring.pace import ChainSettings
from tests.campaigns.campaign import Contradiction
from tests.campaigns.chain_stage import Stage
from tests.tools.devchain.transactions import read

_ANCHORS = text(
    "SELECT index, size, log_root, block, block_hash, tx_hash, state FROM ledger.anchor"
    " WHERE state <> 'lost' ORDER BY id"
)
_SIGNED = text(
    "SELECT t.raw, t.nonce, t.max_fee, t.gas, t.intent, i.old_size, i.size, i.log_root, i.nonce AS planned, i.state"
    "  FROM ledger.signed_transaction t JOIN ledger.intent i ON i.id = t.intent ORDER BY t.signed_at, t.intent"
)
_HALTS = text("SELECT kind, detail FROM ledger.alarm WHERE halts AND cleared_at IS NULL")


class Checks:
    """For one life. `roots` are our log's, by size; `wrong` counts what happened that may cost gas for nothing."""

    def __init__(self, case: str, stage: Stage, settings: ChainSettings, roots: dict[int, bytes]) -> None:
        self.case, self.stage, self.settings, self.roots = case, stage, settings, roots
        self.ours: set[bytes] = set()  # hashes of what we signed
        self.wasted = 0
        self.final: set[tuple[int, bytes]] = set()  # what was ever final

    def all(self, wrong: int) -> None:
        """Contradiction with the first that does not hold."""
        with self.stage.engine.connect() as conn:
            kept, signed = list(conn.execute(_ANCHORS)), list(conn.execute(_SIGNED))
            halts = list(conn.execute(_HALTS))
        if halts:
            raise Contradiction(f"{self.case}, S6", "no halt", [tuple(each) for each in halts])
        self._chain()
        self._kept(kept)
        self._signed(signed)
        self._gas(wrong)

    def heard(self, raw: bytes) -> None:
        """The node hears these bytes at this moment."""
        if self.stage.rewinding.changed:
            raise Contradiction(f"{self.case}, S4", "nothing uncommitted when bytes are sent", raw.hex()[:40])
        with self.stage.engine.connect() as conn:
            found = conn.execute(text("SELECT 1 FROM ledger.signed_transaction WHERE raw = :raw"), {"raw": raw})
            if found.first() is None:
                raise Contradiction(f"{self.case}, S4", "committed before it is sent", raw.hex()[:40])

    def _chain(self) -> None:
        events = self.events()
        sizes = [event[1] for event in events]
        if sizes != sorted(set(sizes)):
            raise Contradiction(f"{self.case}, S1", "sizes that grow", sizes)
        for _, size, root, _ in events:
            if self.roots.get(size) != root:
                raise Contradiction(f"{self.case}, S3", f"our root at {size}", root.hex())

    def events(self) -> list[tuple[int, int, bytes, int]]:
        """Index, size, root and block of every anchor of the true chain."""
        found = []
        for block in self.stage.chain.node.blocks:
            for outcome in block.outcomes:
                for log in outcome.logs:
                    size, root = int.from_bytes(log.data[:32], "big"), log.data[32:64]
                    found.append((int.from_bytes(log.topics[1], "big"), size, root, block.number))
        return found

    def _kept(self, kept: Sequence[Any]) -> None:
        for what in ("index", "size"):
            values = [getattr(row, what) for row in kept]
            if len(set(values)) != len(values):
                raise Contradiction(f"{self.case}, S1", f"each {what} once", values)
        blocks, events = self.stage.chain.node.blocks, {event[0]: event for event in self.events()}
        for row in kept:
            if row.state != "final":
                continue
            self.final.add((row.size, bytes(row.tx_hash)))
            last = self.stage.chain.node.finalized.number
            there = blocks[row.block] if row.block < len(blocks) else None
            if there is None or there.hash != bytes(row.block_hash) or row.block > last:
                raise Contradiction(f"{self.case}, S2", f"final at or below block {last} of the true chain", tuple(row))
            if events.get(row.index) != (row.index, row.size, bytes(row.log_root), row.block):
                raise Contradiction(f"{self.case}, S2", events.get(row.index), tuple(row))

    def _signed(self, signed: Sequence[Any]) -> None:
        waiting: dict[int, int] = {}
        for row in signed:
            tx = read(bytes(row.raw))
            self.ours.add(tx.hash)
            if self.roots.get(row.size) != bytes(row.log_root) or not _says(tx.data, row):
                raise Contradiction(f"{self.case}, S3", f"our root at {row.size}", bytes(row.log_root).hex())
            if not tx.nonce == row.nonce == row.planned:
                raise Contradiction(f"{self.case}, S4", f"nonce {row.planned}", tx.nonce)
            if row.state == "signed" and waiting.setdefault(tx.nonce, row.intent) != row.intent:
                raise Contradiction(f"{self.case}, S4", "one unresolved intent for a nonce", tx.nonce)
            if tx.max_fee > self.settings.fee_cap or tx.gas > self.settings.gas_cap:
                raise Contradiction(f"{self.case}, S5", "fees below the caps", (tx.max_fee, tx.gas))

    def _gas(self, wrong: int) -> None:
        blocks = self.stage.chain.node.blocks
        pairs = (pair for block in blocks for pair in zip(block.transactions, block.outcomes, strict=True))
        self.wasted = sum(1 for tx, outcome in pairs if tx.hash in self.ours and not outcome.logs)
        if self.wasted > wrong:
            raise Contradiction(f"{self.case}, S5", f"at most {wrong} transactions for nothing", self.wasted)


_SELECTOR = contract.anchor_call(0, 1, bytes(32), bytes(32), [])[:4]


def _says(data: bytes, row: Any) -> bool:
    """Whether the call says what the intent says: selector, old size, new size, root."""
    said = (data[:4], int.from_bytes(data[4:36], "big"), int.from_bytes(data[36:68], "big"), data[68:100])
    return said == (_SELECTOR, row.old_size, row.size, bytes(row.log_root))
