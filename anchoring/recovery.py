"""What only a person may decide when the chain took back what was final.

Clearing an alarm is `alarms.clear`, starting over with a new contract `deploy.again`; all keep who decided.
"""

from __future__ import annotations

from sqlalchemy import Connection

from anchoring import alarms, anchors, mirror
from anchoring.alarms import Kind
from anchoring.rpc import Rpc


def accept_reorg(conn: Connection, rpc: Rpc, by: str, now: int) -> int:
    """The chain really took back final blocks: the anchors in them are lost and will be made again; how many were lost.

    Everybody who holds a proof under one of them needs a new one.
    """
    live = anchors.anchors_from(conn, 0, 1 << 31)
    gone, _ = mirror.taken_away(rpc, rpc.head(), live)
    mirror.lose(conn, gone, now)
    alarms.clear(conn, Kind.FINALITY_VIOLATION, by, now)
    return len(gone)
