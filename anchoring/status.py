"""How the ledger stands, in one look at the database: for `status`, the console and monitoring.

Three alarms nobody raises: that the worker is away, that what was recorded waits too long, that the disk is full. Who
looks sees them, for a dead worker cannot say so, and on a full disk nobody can write it down.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from anchoring import anchors, deployments, heartbeat, room
from anchoring.admission import admitted
from anchoring.alarms import Alarm, Kind, open_alarms
from anchoring.anchors import Anchor
from anchoring.checkpoints import SignedCheckpoint, newest_checkpoint
from anchoring.deployments import Deployment

AWAY_AFTER = 30_000  # milliseconds without a sign of life
QUEUE_LATE_AFTER = 60_000  # milliseconds that a statement may wait for its place in the log


@dataclass(frozen=True, slots=True)
class Status:
    """Counts, the newest of each kind, and what is wrong.

    `waiting`: submissions that are not sequenced. `unanchored`: entries under a checkpoint and under no anchor.
    `lag`: milliseconds since the first checkpoint was signed that no anchor covers, 0 if all are covered.
    `admitted`: the database was compared with the chain since it came up; before that nothing is recorded.
    `alarms`: each with its detail and its `advice`, what to do; `halted`: one of them stops recording.
    """

    entries: int
    waiting: int
    anchors: int
    final_anchors: int
    in_flight: int
    checkpoint: SignedCheckpoint | None
    anchor: Anchor | None
    final_anchor: Anchor | None
    unanchored: int
    lag: int
    deployment: Deployment | None
    admitted: bool
    alarms: list[Alarm]

    @property
    def halted(self) -> bool:
        return any(alarm.kind.halts for alarm in self.alarms)


def status(conn: Connection, now: int | None = None) -> Status:
    """The state of the ledger; `now` in milliseconds, the database's clock if not given."""
    newest, anchor = newest_checkpoint(conn), anchors.anchored(conn)
    size = 0 if newest is None else newest.size
    covered = 0 if anchor is None else anchor.size
    final, live = anchors.counts(conn)
    return Status(
        entries=size,
        waiting=_count(conn, "SELECT count(*) FROM ledger.submission"),
        anchors=live,
        final_anchors=final,
        in_flight=in_flight(conn),
        checkpoint=newest,
        anchor=anchor,
        final_anchor=anchors.anchored(conn, final=True),
        unanchored=max(0, size - covered),
        lag=lag(conn, covered, now),
        deployment=deployments.current(conn),
        admitted=admitted(conn),
        alarms=[*open_alarms(conn), *unheard(conn, now)],
    )


def in_flight(conn: Connection) -> int:
    """Anchors that are signed and in no block."""
    return _count(
        conn,
        "SELECT count(*) FROM ledger.intent WHERE state = 'signed'"
        " AND deployment = (SELECT max(id) FROM ledger.deployment)",
    )


def unheard(conn: Connection, now: int | None) -> list[Alarm]:
    """The alarms that nobody raises: what the worker would say if it could. Where none ever worked nothing can be
    recorded, so nothing is missed."""
    now = database_clock(conn) if now is None else now
    full = room.lacking(conn)
    found = [] if full is None else [Alarm(Kind.DISK_FULL, full, now)]
    silent = {duty: at for duty, at in heartbeat.beats(conn).items() if now - at > AWAY_AFTER}
    if silent:
        told = ", ".join(f"the {duty} for {(now - at) // 1000} s" for duty, at in silent.items())
        found.append(Alarm(Kind.WORKER_AWAY, f"no sign of life from {told}", min(silent.values()) + AWAY_AFTER))
    oldest = conn.execute(text("SELECT recorded_at FROM ledger.submission ORDER BY id LIMIT 1")).scalar()
    if oldest is not None and now - oldest > QUEUE_LATE_AFTER:
        told = f"the oldest statement waits for {(now - oldest) // 1000} s, {QUEUE_LATE_AFTER // 1000} s are allowed"
        found.append(Alarm(Kind.QUEUE_LATE, told, oldest + QUEUE_LATE_AFTER))
    return found


def database_clock(conn: Connection) -> int:
    """Milliseconds since 1970."""
    return _count(conn, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")


def lag(conn: Connection, covered: int, now: int | None = None) -> int:
    """How long the oldest checkpoint beyond `covered` waits, in milliseconds."""
    waited = conn.execute(
        text(
            "SELECT COALESCE(:now, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)) - signed_at"
            " FROM ledger.checkpoint WHERE size > :covered ORDER BY size LIMIT 1"
        ),
        {"now": now, "covered": covered},
    ).scalar()
    return 0 if waited is None else max(0, int(waited))


def _count(conn: Connection, query: str) -> int:
    return int(conn.execute(text(query)).scalar_one())
