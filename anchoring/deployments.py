"""The contracts that this log ever had, as recorded; the newest is the one in use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from anchoring.onchain import Address, BlockHash, Fees, TxHash


@dataclass(frozen=True, slots=True)
class Deployment:
    """A contract of this log. `block` None: signed, not seen in a block yet."""

    id: int
    chain_id: int
    genesis: BlockHash
    contract: Address
    code_hash: bytes
    anchorer: Address
    guardian: Address
    legacy_fees: bool
    nonce: int
    tx_hash: TxHash
    fees: Fees
    raw: bytes
    state: str
    block: int | None
    block_hash: BlockHash | None


def current(conn: Connection) -> Deployment | None:
    """The contract in use."""
    row = conn.execute(
        text(
            "SELECT id, chain_id, genesis, contract, code_hash, anchorer, guardian, legacy_fees, nonce, tx_hash,"
            " max_fee, tip, raw, state, block, block_hash FROM ledger.deployment ORDER BY id DESC LIMIT 1"
        )
    ).first()
    if row is None:
        return None
    return Deployment(
        row.id, row.chain_id, BlockHash(bytes(row.genesis)), Address(bytes(row.contract)), bytes(row.code_hash),
        Address(bytes(row.anchorer)), Address(bytes(row.guardian)), row.legacy_fees, row.nonce,
        TxHash(bytes(row.tx_hash)), Fees(int(row.max_fee), int(row.tip)), bytes(row.raw), row.state, row.block,
        None if row.block_hash is None else BlockHash(bytes(row.block_hash)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Former:
    """A contract that held anchors of this log and is not in use any more: how many, the size of the newest, and why
    there is another one. Where its chain is gone, nobody can look at these anchors again."""

    chain_id: int
    genesis: BlockHash
    contract: Address
    anchors: int
    size: int
    given_up: str
    given_up_at: int


def former(conn: Connection) -> list[Former]:
    """The contracts before the one in use, oldest first; those that never stood in a block are left out."""
    rows = conn.execute(_FORMER)
    return [
        Former(row.chain_id, BlockHash(bytes(row.genesis)), Address(bytes(row.contract)), row.anchors, row.size,
               row.reason, row.at)
        for row in rows
    ]  # fmt: skip


_FORMER = text("""
    SELECT d.chain_id, d.genesis, d.contract, next.reason, next.signed_at AS at,
           (SELECT count(*) FROM ledger.anchor a WHERE a.deployment = d.id AND a.state <> 'lost') AS anchors,
           (SELECT COALESCE(max(size), 0) FROM ledger.anchor a WHERE a.deployment = d.id AND a.state <> 'lost') AS size
      FROM ledger.deployment d
      JOIN LATERAL (SELECT reason, signed_at, contract, genesis FROM ledger.deployment n
                     WHERE n.id > d.id ORDER BY id LIMIT 1) next ON true
     WHERE d.state <> 'signed' AND (next.contract, next.genesis) <> (d.contract, d.genesis)
     ORDER BY d.id
""")


def many(conn: Connection) -> int:
    """How many were ever signed."""
    return int(conn.execute(text("SELECT count(*) FROM ledger.deployment")).scalar_one())


def move(conn: Connection, found: Deployment, state: str, block: int | None, block_hash: BlockHash | None) -> None:
    """The deployment is `signed` (again), `mined` or `final`."""
    conn.execute(
        text("UPDATE ledger.deployment SET state = :state, block = :block, block_hash = :hash WHERE id = :id"),
        {"state": state, "block": block, "hash": block_hash, "id": found.id},
    )
