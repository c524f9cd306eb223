"""The states of the log that the contract holds, straight from one node, for who has lost his own rows of them."""

from __future__ import annotations

from anchoring import mirror
from anchoring.deployments import Deployment
from anchoring.held import Milestone
from anchoring.look import look
from anchoring.rpc import Rpc


def anchored_states(rpc: Rpc, known: Deployment, finality: str | int) -> list[Milestone]:
    """All that is anchored and not voided by an epoch, oldest first.

    Raises what `look` does, and Disagrees if events are missing. What a node makes up leads to no root of this log and
    is told then; that it hides anchors is not noticed here, but by the worker's comparison afterwards.
    """
    if known.block is None:
        return []
    seen = look(rpc, known, finality)
    found = mirror.events(seen.contract, 0, seen.head.count, known.block, seen.latest.number)
    return [
        Milestone(event.size, event.log_root, event.map_root, f"anchor {event.index} in block {event.block}")
        for event in found
        if not any(epoch.keep <= event.index < epoch.first for epoch in seen.epochs)
    ]
