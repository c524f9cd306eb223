"""The wishes to anchor a checkpoint, the bytes signed for them, and what became of them.

                      push, push again, replace (same nonce, more fee)
                                ┌────┐
    sign and commit ──────▶ signed ◀─┴── reorg ──┐
                              │ │                │
                              │ └── in a block ─▶ mined ── at or under the finality rule ──▶ final
                              ├── the contract is already at or beyond this size ─▶ superseded
                              └── its nonce was spent without an anchor ──────────▶ failed

The state is for people and for the next round to know what is unresolved; what is true is read from the contract
each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from sqlalchemy import Connection, text

from anchoring.onchain import Address, Fees, Signed, TxHash
from verifier.hashing import MapHash, RootHash


@dataclass(frozen=True, slots=True)
class Plan:
    """What an anchor would say."""

    old_size: int
    size: int
    log_root: RootHash
    map_root: MapHash


@dataclass(frozen=True, slots=True)
class Intent:
    """A plan for which bytes are signed."""

    id: int
    plan: Plan
    sender: Address
    nonce: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """The newest bytes signed for an intent."""

    signed: Signed
    fees: Fees
    gas: int
    signed_at: int


class InFlight(Exception):
    """Another worker signed in the meantime; the next round finds its intent."""


def unresolved(conn: Connection, deployment: int) -> list[Intent]:
    """Intents that are signed and not in a block, in the order of their nonces."""
    rows = conn.execute(
        text(
            "SELECT id, old_size, size, log_root, map_root, sender, nonce FROM ledger.intent"
            " WHERE deployment = :d AND state = 'signed' ORDER BY nonce, id"
        ),
        {"d": deployment},
    )
    return [
        Intent(id, Plan(old, size, RootHash(log), MapHash(lots)), Address(sender), nonce)
        for id, old, size, log, lots, sender, nonce in rows
    ]


def newest_transaction(conn: Connection, intent: int) -> Transaction:
    """The bytes to push: the last replacement."""
    raw, tx_hash, max_fee, tip, gas, signed_at = conn.execute(
        text(
            "SELECT raw, tx_hash, max_fee, tip, gas, signed_at FROM ledger.signed_transaction"
            " WHERE intent = :i ORDER BY max_fee DESC, signed_at DESC LIMIT 1"
        ),
        {"i": intent},
    ).one()
    return Transaction(Signed(bytes(raw), TxHash(bytes(tx_hash))), Fees(int(max_fee), int(tip)), gas, signed_at)


def highest_fees(conn: Connection, chain_id: int, contract: bytes, sender: Address, nonce: int) -> Fees | None:
    """The most that was ever offered for this nonce; only more than that replaces it in a node's pool."""
    max_fee, tip = conn.execute(
        text(
            "SELECT max(max_fee), max(tip) FROM ledger.signed_transaction"
            " WHERE sender = :s AND nonce = :n AND chain_id = :c AND contract = :k"
        ),
        {"s": sender, "n": nonce, "c": chain_id, "k": contract},
    ).one()
    return None if max_fee is None else Fees(int(max_fee), int(tip))


def spent_nonces(conn: Connection, deployment: int, sender: Address, block: int) -> tuple[int, int]:
    """The highest nonce that anchors spent in blocks up to this one, and in any block; -1: none."""
    upto, ever = conn.execute(
        text(
            "SELECT coalesce(max(i.nonce) FILTER (WHERE a.block <= :b), -1), coalesce(max(i.nonce), -1)"
            " FROM ledger.intent i JOIN ledger.anchor a ON a.intent = i.id AND a.state <> 'lost'"
            " WHERE i.deployment = :d AND i.sender = :s AND i.state IN ('mined', 'final')"
        ),
        {"d": deployment, "s": sender, "b": block},
    ).one()
    return upto, ever


def last_signed_at(conn: Connection, deployment: int) -> int | None:
    found = conn.execute(text("SELECT max(signed_at) FROM ledger.intent WHERE deployment = :d"), {"d": deployment})
    at: int | None = found.scalar_one()
    return at


def open_intent(conn: Connection, deployment: int, plan: Plan, sender: Address, nonce: int, now: int) -> int:
    """A new intent, or InFlight if one is unresolved.

    The deployment's row is locked until the end of the transaction, so of two workers that both believe to be the
    only one the second sees the first one's intent.
    """
    conn.execute(text("SELECT 1 FROM ledger.deployment WHERE id = :d FOR UPDATE"), {"d": deployment})
    if unresolved(conn, deployment):
        raise InFlight(f"an intent of deployment {deployment} is unresolved")
    made = conn.execute(
        text(
            "INSERT INTO ledger.intent (deployment, old_size, size, log_root, map_root, sender, nonce, signed_at,"
            " state) VALUES (:d, :old, :size, :log, :map, :sender, :nonce, :now, 'signed') RETURNING id"
        ),
        {
            "d": deployment, "old": plan.old_size, "size": plan.size, "log": plan.log_root, "map": plan.map_root,
            "sender": sender, "nonce": nonce, "now": now,
        },
    )  # fmt: skip
    return int(made.scalar_one())


def keep_transaction(
    conn: Connection, intent: int, signed: Signed, *, chain_id: int, contract: bytes, sender: Address, nonce: int,
    gas: int, fees: Fees, now: int,
) -> None:  # fmt: skip
    """Keep signed bytes; they may be sent once this is committed."""
    conn.execute(
        text(
            "INSERT INTO ledger.signed_transaction"
            " (tx_hash, intent, chain_id, contract, sender, nonce, gas, max_fee, tip, raw, signed_at) VALUES"
            " (:hash, :intent, :chain, :contract, :sender, :nonce, :gas, :max_fee, :tip, :raw, :now)"
        ),
        {
            "hash": signed.tx_hash, "intent": intent, "chain": chain_id, "contract": contract, "sender": sender,
            "nonce": nonce, "gas": gas, "max_fee": fees.max_fee, "tip": fees.tip, "raw": signed.raw, "now": now,
        },
    )  # fmt: skip
    note(conn, intent, "signed", now, tx_hash=signed.tx_hash, detail=f"nonce {nonce}, {fees.max_fee} wei a gas")


def sent_by(conn: Connection, tx_hash: TxHash) -> int | None:
    """The intent whose bytes these are; None: not signed here."""
    found = conn.execute(text("SELECT intent FROM ledger.signed_transaction WHERE tx_hash = :h"), {"h": tx_hash})
    intent: int | None = found.scalar_one_or_none()
    return intent


def transactions_of(conn: Connection, intent: int) -> list[tuple[TxHash, int]]:
    """Hash and gas limit of all bytes that were signed for it."""
    rows = conn.execute(text("SELECT tx_hash, gas FROM ledger.signed_transaction WHERE intent = :i"), {"i": intent})
    return [(TxHash(bytes(found)), gas) for found, gas in rows]


@dataclass(frozen=True, slots=True)
class Failures:
    """How many transactions in a row were mined on top of one anchored size and did nothing; and why the last did."""

    count: int
    reason: str


def failures(conn: Connection, deployment: int, old_size: int) -> Failures:
    """Those since the contract reached `old_size`. Intents that cost nothing (superseded, nonce taken) do not count."""
    rows = conn.execute(_ENDED, {"d": deployment}).all()
    here = takewhile(lambda row: row.old_size == old_size and row.state not in ("mined", "final"), rows)
    reasons = [row.detail for row in here if row.detail is not None]
    return Failures(len(reasons), reasons[0] if reasons else "")


# An execution that failed has its hash in the history; what somebody else's transaction displaced has none.
_ENDED = text("""
    SELECT i.old_size, i.state, (
           SELECT a.detail FROM ledger.attempt a
            WHERE a.intent = i.id AND a.step = 'failed' AND a.tx_hash IS NOT NULL ORDER BY a.id DESC LIMIT 1) AS detail
      FROM ledger.intent i WHERE i.deployment = :d ORDER BY i.id DESC LIMIT 32
""")


def become(
    conn: Connection, intent: int, state: str, now: int, *, step: str | None = None, detail: str = "",
    tx_hash: TxHash | None = None,
) -> None:  # fmt: skip
    """Move an intent, and say so in its history; nothing if it is there already."""
    moved = conn.execute(
        text("UPDATE ledger.intent SET state = :state WHERE id = :i AND state <> :state RETURNING id"),
        {"state": state, "i": intent},
    )
    if moved.first() is not None:
        note(conn, intent, step or state, now, tx_hash=tx_hash, detail=detail)


def note(
    conn: Connection, intent: int, step: str, now: int, *, tx_hash: TxHash | None = None, detail: str = ""
) -> None:
    """Add a line to the intent's history, unless it would say the same as the line before."""
    conn.execute(
        text(
            """INSERT INTO ledger.attempt (intent, step, tx_hash, detail, at)
            SELECT :i, :step, CAST(:h AS bytea), :detail, :now WHERE NOT EXISTS (
                SELECT 1 FROM (
                    SELECT step, tx_hash, detail FROM ledger.attempt WHERE intent = :i ORDER BY id DESC LIMIT 1) newest
                WHERE (newest.step, newest.detail) = (:step, :detail)
                AND newest.tx_hash IS NOT DISTINCT FROM CAST(:h AS bytea))"""
        ),
        {"i": intent, "step": step, "h": tx_hash, "detail": detail, "now": now},
    )
