"""A new anchor epoch: the contract's chain is gone, two operators said so, and the log itself says it to everybody."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from anchoring import Anchor, anchored
from service.ledger.requests import Scribe
from service.logbook import notices
from service.logbook.operators import Operator


def record(
    connection: Connection, scribe: Scribe, reason: str, by: Sequence[Operator], last: Anchor | None, old: Any, new: Any
) -> None:
    """Write the notice. `old` (None: there was none) and `new`: deployments; `last`: the newest anchor of `old`."""
    says = {
        "type": "lotproof:Notice",
        "lotproof:notice": "new anchor epoch",
        "lotproof:reason": reason,
        "lotproof:approvedBy": [each.id for each in by],
        "lotproof:newContract": _contract(new),
    }
    if old is not None:
        held = {"anchors": 0 if last is None else last.index + 1, "size": 0 if last is None else last.size}
        says["lotproof:formerContract"] = _contract(old) | held
    notices.record(connection, scribe, says)


def newest_anchor(connection: Connection) -> Anchor | None:
    """Of the contract in use; asked before another one is."""
    return anchored(connection)


def _contract(deployment: Any) -> dict[str, Any]:
    return {
        "address": f"0x{deployment.contract.hex()}",
        "chainId": deployment.chain_id,
        "genesis": f"0x{deployment.genesis.hex()}",
    }
