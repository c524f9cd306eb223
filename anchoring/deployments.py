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


def move(conn: Connection, found: Deployment, state: str, block: int | None, block_hash: BlockHash | None) -> None:
    """The deployment is `signed` (again), `mined` or `final`."""
    conn.execute(
        text("UPDATE ledger.deployment SET state = :state, block = :block, block_hash = :hash WHERE id = :id"),
        {"state": state, "block": block, "hash": block_hash, "id": found.id},
    )
