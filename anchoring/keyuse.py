"""Whether somebody else uses the anchorer key.

Whatever this log signs is committed before it is sent, so the chain can never have seen more transactions of the
account than the database explains: our anchors and their replacements, and the deployments, of this account on this
chain. What the chain counts beyond that was signed elsewhere. The chain is asked first and the database after it: the
other way round, what another worker signs in between would look foreign.

        0 ...................... explained .......... used
        signed here, or before    somebody else's       the account's next nonce, in the newest block or the pool
        this log knew the key

An anchor that was not signed here speaks for itself (`Anchorer` judges it), so its nonce is not told a second time:
after a restore from a backup it may well be our own.

Not seen: what waits behind a gap (nonce + 2) in some node's pool; it shows as soon as the gap is filled. And what the
key did before this log's first transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from anchoring import contract
from anchoring.alarms import Kind
from anchoring.deployments import Deployment
from anchoring.look import Look
from anchoring.onchain import Address, TxHash
from anchoring.rpc import Rpc
from anchoring.watch import Watch


class KeyUse:
    """Compares the account's count of transactions with what was signed here."""

    def __init__(self, engine: Engine, rpc: Rpc, address: Address, watch: Watch) -> None:
        self._engine, self._rpc, self._address, self._watch = engine, rpc, address, watch
        self._vouched = 0  # nonces below this one need no second look

    def check(self, known: Deployment, seen: Look) -> None:
        """Alarm, once for the same finding, if nonces were used that nothing of ours explains."""
        used = self._rpc.nonce(self._address, seen.latest)
        used = max(used, self._rpc.pending_nonce(self._address) or 0)
        if used <= self._vouched:
            return
        with self._engine.connect() as conn:
            explained = next_nonce(conn, known, self._address)
            if explained is None:
                return
            unknown = max(0, used - explained)
            told = _foreign_anchors(conn, unknown)
        theirs = {nonce for nonce in map(self._nonce_of, told) if nonce is not None and explained <= nonce < used}
        if unknown > len(theirs):
            account = contract.checksummed(self._address)
            what = f"the next nonce of {account} is {used}; by what was signed here it would be {explained}"
            self._watch.alarm_once(Kind.KEY_USED_ELSEWHERE, what)
        self._vouched = used

    def _nonce_of(self, tx_hash: TxHash) -> int | None:
        found = self._rpc.sender_and_nonce(tx_hash)
        return found[1] if found is not None and found[0] == self._address else None


# The newest of each is one step back in an index; a chain that was lost and started anew begins again at nonce 0.
_NEXT = text("""
    SELECT 1 + max(nonce) FROM (
        (SELECT s.nonce FROM ledger.signed_transaction s
           JOIN ledger.intent i ON i.id = s.intent JOIN ledger.deployment d ON d.id = i.deployment
          WHERE s.sender = :sender AND (d.chain_id, d.genesis) = (:chain, :genesis)
          ORDER BY s.nonce DESC LIMIT 1)
        UNION ALL
        (SELECT nonce FROM ledger.deployment WHERE anchorer = :sender AND (chain_id, genesis) = (:chain, :genesis)
          ORDER BY nonce DESC LIMIT 1)) signed
""")


def next_nonce(conn: Connection, known: Deployment, sender: Address) -> int | None:
    """One more than the highest nonce that was ever signed here for this account on this deployment's chain; None if
    none was."""
    found = conn.execute(_NEXT, {"sender": sender, "chain": known.chain_id, "genesis": known.genesis})
    nonce: int | None = found.scalar_one()
    return nonce


def _foreign_anchors(conn: Connection, limit: int) -> list[TxHash]:
    """The transactions of the newest anchors that were not signed here."""
    rows = conn.execute(
        text("SELECT tx_hash FROM ledger.live_anchor WHERE intent IS NULL ORDER BY index DESC LIMIT :n"), {"n": limit}
    )
    return [TxHash(bytes(tx_hash)) for (tx_hash,) in rows]
