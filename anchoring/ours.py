"""What our own log says, asked by the side that faces the chain."""

from __future__ import annotations

from sqlalchemy import Connection, text

from anchoring.checkpoints import newest_checkpoint
from anchoring.intents import Plan
from anchoring.prover import consistency_path
from verifier.hashing import MapHash, NodeHash


def newest_size(conn: Connection) -> int:
    """Size of the newest checkpoint, 0 before the first."""
    newest = newest_checkpoint(conn)
    return 0 if newest is None else newest.size


def plan(conn: Connection, anchored_size: int) -> Plan | None:
    """To anchor the newest checkpoint on top of `anchored_size`; None if it is anchored."""
    newest = newest_checkpoint(conn)
    if newest is None or newest.size <= anchored_size:
        return None
    return Plan(anchored_size, newest.size, newest.log_root, newest.map_root)


def proof(conn: Connection, wanted: Plan) -> list[NodeHash]:
    """The consistency proof that the contract asks for; empty for the very first anchor."""
    return consistency_path(conn, wanted.old_size, wanted.size) if wanted.old_size else []


def map_root(conn: Connection, size: int) -> MapHash | None:
    """The lot map's root at a size at which a checkpoint was signed."""
    row = conn.execute(text("SELECT map_root FROM ledger.checkpoint WHERE size = :size"), {"size": size}).first()
    return None if row is None else MapHash(bytes(row[0]))
