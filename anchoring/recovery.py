"""What only a person may decide when the chain took back what was final.

Clearing an alarm is `alarms.clear`, starting over with a new contract `deploy.again`; all keep who decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from anchoring import alarms, anchors, deploy, deployments, mirror
from anchoring.alarms import Kind
from anchoring.anchors import Anchor
from anchoring.rpc import Rpc


class NotAgreed(Exception):
    """The nodes do not all say that the same final blocks were taken back; the text names who says what."""


def accept_reorg(conn: Connection, nodes: Sequence[Rpc], by: str, now: int) -> int:
    """The chain really took back final blocks: the anchors in them are lost and will be made again; how many were lost.

    Every node is asked, and all must show other blocks in the place of the same anchors. Raises NotAgreed if they do
    not, WrongChain if one serves another chain, Away if one gives no answer. Everybody who holds a proof under a lost
    anchor needs a new one.
    """
    assert nodes and by, "expected at least one node, and who decided why"
    known = deployments.current(conn)
    if known is None:
        raise NotAgreed("no contract was ever deployed")
    live = anchors.anchors_from(conn, 0, 1 << 31)
    seen = []
    for node in nodes:
        deploy.require_chain(node, known)
        seen.append(_gone(node, live))
    if any(len(gone) != len(seen[0]) for gone in seen):
        told = ", ".join(f"{node.name}: {len(gone)} anchors" for node, gone in zip(nodes, seen, strict=True))
        raise NotAgreed(f"the nodes disagree about how much was taken back ({told})")
    mirror.lose(conn, seen[0], now)
    alarms.clear(conn, Kind.FINALITY_VIOLATION, by, now)
    return len(seen[0])


def _gone(node: Rpc, live: Sequence[Anchor]) -> list[Anchor]:
    """The newest anchors that are not in this node's chain."""
    latest = node.head()
    gone, contradicted = mirror.taken_away(node, latest, live)
    if gone and not contradicted:
        raise NotAgreed(f"{node.name} ends at block {latest.number}, before anchor {gone[0].index} in {gone[0].block}")
    return gone
