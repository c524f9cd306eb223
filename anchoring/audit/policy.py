"""The policy of an auditor who believes his own deployment: by whose keys and which contract the log is judged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.audit.finding import Audited
from anchoring.audit.rows import rows
from verifier.policy import FINALIZED, NamedKey, Policy

_YEAR = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Contract:
    """The deployment in use, as the ledger names it."""

    id: int
    chain_id: int
    genesis: bytes
    contract: bytes
    code_hash: bytes
    state: str
    block: int | None


def newest_contract(connection: Connection) -> Contract | None:
    """The contract in use; None if none was ever deployed."""
    query = """SELECT id, chain_id, genesis, contract, code_hash, state, block FROM ledger.deployment
                ORDER BY id DESC LIMIT 1"""
    found = rows(connection, query)
    return Contract(*found[0]) if found else None


def policy_of(audited: Audited, contract: Contract | None, epoch: int = 0, rotations: int = 0) -> Policy:
    """What is demanded; without a contract one that no chain has, so that nothing is said about it."""
    keys = tuple(NamedKey(audited.origin, key) for key in audited.log_keys)
    where = contract or Contract(0, 0, bytes(32), bytes(20), bytes(32), "", None)
    identity = where.chain_id, where.genesis or b"", "0x" + (where.contract or b"").hex(), where.code_hash or b""
    return Policy(audited.origin, keys, *identity, epoch, rotations, _YEAR, FINALIZED)
