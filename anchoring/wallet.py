"""The account that pays: what it holds, for how many anchors that is enough, what anchors have cost so far.

Only the worker asks the chain; what it saw lies in one row for everybody who may not. Spending is counted from the
intents' history, each line once: an anchor when it became final, a transaction that failed when that was seen. Not
counted: deployments, and whatever somebody else signed with the key.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from anchoring import deployments
from anchoring.fees import market
from anchoring.onchain import Address, TxHash
from anchoring.pace import ChainSettings
from anchoring.rpc import Rpc

EVERY = 15.0  # seconds between two looks
PORTION = 200  # lines of history in one look


@dataclass(frozen=True, slots=True)
class Purse:
    """The row: `balance` and `spent` in wei; `gas` and `spent` since the first anchor under this account; `at` in
    milliseconds."""

    account: Address
    balance: int
    anchors: int
    gas: int
    spent: int
    at: int


class Wallet:
    """Looks at the account now and then, for one worker."""

    def __init__(
        self, engine: Engine, rpc: Rpc, account: Address, settings: ChainSettings,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._engine, self._rpc, self._account, self._settings = engine, rpc, account, settings
        self._now, self._looked = now, float("-inf")

    def look(self) -> None:
        """Keep what the account holds and has spent, at most every 15 s; raises Away or Refused as the node does."""
        if self._now() - self._looked < EVERY:
            return
        with self._engine.connect() as conn:
            known = deployments.current(conn)
            gas, counted = _usual_gas(conn, self._account), _counted(conn, self._account)
            lines = conn.execute(_LINES, {"counted": counted, "many": PORTION, "account": self._account}).all()
        if known is None:
            return
        latest = self._rpc.head()
        balance, fees = self._rpc.balance(self._account, latest), market(self._rpc, latest, known.legacy_fees)
        price = fees.max_fee if latest.base_fee is None else latest.base_fee + fees.tip
        used, spent = self._spent([TxHash(bytes(line.tx)) for line in lines if line.tx is not None])
        row = {
            "account": self._account, "balance": balance, "gas": used, "spent": spent, "counted": counted,
            "anchors": balance // max(1, (gas or self._settings.gas_cap) * price),
            "until": lines[-1].id if lines else counted,
        }  # fmt: skip
        with self._engine.begin() as conn:
            conn.execute(_KEEP, row)
        if len(lines) < PORTION:  # else there is more of an old history
            self._looked = self._now()

    def _spent(self, sent: list[TxHash]) -> tuple[int, int]:
        """Gas and wei; what the node knows no receipt of is left out."""
        receipts = [receipt for receipt in map(self._rpc.receipt, sent) if receipt is not None]
        return sum(each.gas_used for each in receipts), sum(each.gas_used * (each.price or 0) for each in receipts)


def purse(conn: Connection) -> Purse | None:
    """The account as it was seen last, of several the one seen last; None before the first look."""
    row = conn.execute(_PURSE).one_or_none()
    if row is None:
        return None
    return Purse(Address(bytes(row.account)), int(row.balance), row.anchors, row.gas, int(row.spent), row.at)


def _usual_gas(conn: Connection, account: Address) -> int:
    """The gas of the newest transaction; 0 if there is none."""
    newest = text("SELECT gas FROM ledger.signed_transaction WHERE sender = :a ORDER BY nonce DESC LIMIT 1")
    return int(conn.execute(newest, {"a": account}).scalar() or 0)


def _counted(conn: Connection, account: Address) -> int:
    kept = text("SELECT counted FROM ledger.wallet WHERE account = :a")
    return int(conn.execute(kept, {"a": account}).scalar() or 0)


# An anchor's transaction stands with the anchor, a failed one's in its line. Other accounts' lines pass uncounted.
_LINES = text("""
    SELECT t.id, CASE WHEN i.sender <> :account THEN NULL
                      WHEN t.step = 'final' THEN a.tx_hash WHEN t.step = 'failed' THEN t.tx_hash END AS tx
      FROM (SELECT id, intent, step, tx_hash FROM ledger.attempt WHERE id > :counted ORDER BY id LIMIT :many) t
      JOIN ledger.intent i ON i.id = t.intent
      LEFT JOIN ledger.anchor a ON t.step = 'final' AND a.intent = t.intent AND a.state = 'final'
     ORDER BY t.id
""")
_KEEP = text("""
    INSERT INTO ledger.wallet AS kept (account, balance, anchors, gas, spent, counted, at)
    VALUES (:account, :balance, :anchors, :gas, :spent, :until,
            CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint))
    ON CONFLICT (account) DO UPDATE SET balance = EXCLUDED.balance, anchors = EXCLUDED.anchors, at = EXCLUDED.at,
        gas = kept.gas + EXCLUDED.gas, spent = kept.spent + EXCLUDED.spent, counted = EXCLUDED.counted
    WHERE kept.counted = :counted  -- else another worker counted these lines
""")
_PURSE = text("SELECT account, balance, anchors, gas, spent, at FROM ledger.wallet ORDER BY at DESC LIMIT 1")
