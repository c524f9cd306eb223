"""What the other configured nodes say before an alarm stops everything.

A halting alarm rests on what one node shows. A node that lies wholly, or that was put on another fork, must not be able
to stop a warehouse that has asked for a second opinion: each other node is asked the same, at the end of its own chain.
One that answers and does not show it is a dissenter. One that is away, moves, or serves another chain has no opinion:
where nobody else answers, one node's evidence halts, as it does where only one is configured.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from anchoring import anchors, mirror, ours
from anchoring.alarms import Halt, Kind
from anchoring.contract import NotThisContract
from anchoring.deployments import Deployment
from anchoring.look import Behind, CodeMissing, Look, OtherChain, check_chain, look
from anchoring.prover import log_root
from anchoring.rpc import Away, Moved, Refused, Rpc


def dissenter(
    conn: Connection, halt: Halt, others: Sequence[Rpc], known: Deployment, finality: str | int
) -> str | None:
    """The name of a node that answers and does not show what `halt` rests on; None if there is none."""
    for rpc in others:
        try:
            if not _shows(conn, halt.kind, rpc, known, finality):
                return rpc.name
        except (Away, Refused, Moved, OtherChain):
            continue
    return None


def _shows(conn: Connection, kind: Kind, rpc: Rpc, known: Deployment, finality: str | int) -> bool:
    if kind is Kind.CHAIN_LOST:
        return _shows_another_genesis(rpc, known)
    if kind is Kind.FINALITY_VIOLATION:
        return _shows_another_final_block(conn, rpc)
    try:
        seen = look(rpc, known, finality)
    except (Behind, Halt):
        return False
    except (CodeMissing, NotThisContract):
        return kind is Kind.CONTRACT_CHANGED
    return _contract_forgot(conn, seen) if kind is Kind.CONTRACT_CHANGED else _head_is_not_ours(conn, seen)


def _shows_another_genesis(rpc: Rpc, known: Deployment) -> bool:
    try:
        check_chain(rpc, known)
    except Halt:
        return True
    return False


def _shows_another_final_block(conn: Connection, rpc: Rpc) -> bool:
    last = anchors.newest_final(conn)
    there = None if last is None else rpc.block(last.block)
    return last is not None and there is not None and there.hash != last.block_hash


def _contract_forgot(conn: Connection, seen: Look) -> bool:
    """Fewer anchors than we know, in a chain that has the block of the newest one; or another sealed group."""
    newest = anchors.newest(conn)
    if newest is None:
        return False
    there = seen.contract.rpc.block(newest.block)
    if there is None or there.hash != newest.block_hash:
        return False
    final, live = anchors.counts(conn)
    try:
        mirror.new_groups(conn, seen, final)
    except Halt:
        return True
    return seen.head.count < live


def _head_is_not_ours(conn: Connection, seen: Look) -> bool:
    """FORK or ROLLBACK: the contract's head is no head of our log."""
    size = seen.head.size
    return size > ours.newest_size(conn) or (size > 0 and log_root(conn, size) != seen.head.log_root)
