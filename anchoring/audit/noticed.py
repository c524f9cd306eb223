"""Who could have noticed a lie without the audit, and when. Only who holds what the operator cannot change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.audit.rows import rows

NOBODY = "nobody: no evidence follows from it"
INSIDE = "nobody outside: proofs are made from it, and a wrong one is refused by whoever is given it"
OPERATOR = "whoever reads the chain at this log's contract, at any time"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """How far the log is anchored, as the ledger says; `sizes` rising."""

    sizes: Sequence[int]

    def of_entry(self, index: int) -> str:
        """Who could have noticed that entry `index` is another one."""
        held = f"whoever holds a receipt or a proof of index {index}, and mirrors that copied it"
        if bisect_right(self.sizes, index) < len(self.sizes):
            return f"{held}; and by the chain, whoever is given a proof over it: it is anchored"
        return f"{held}; the chain not before the next anchor, which would hold the changed log"

    def of_root(self, size: int) -> str:
        """Who could have noticed that the log or the map at `size` is another one."""
        held = f"whoever keeps a checkpoint of size {size} or more, or a receipt under it"
        if size in self.sizes:
            return f"{held}; and by the chain, everybody: size {size} is anchored"
        return f"{held}; the chain does not hold this size"


def witnesses(connection: Connection) -> Witnesses:
    """What the ledger says of its anchors."""
    found = rows(connection, "SELECT DISTINCT size FROM ledger.anchor WHERE state <> 'lost' AND size > 0 ORDER BY 1")
    return Witnesses([size for (size,) in found])
