"""What monitoring asks of the ledger, in a few questions that each take a step or two in an index.

Nothing is counted without an end: of a queue the first hundred thousand. Times are differences by the database's clock,
so that clocks of several machines do not matter; only blocks carry a time of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from anchoring import anchors, heartbeat
from anchoring.admission import permission
from anchoring.alarms import Alarm, open_alarms
from anchoring.checkpoints import newest_checkpoint
from anchoring.status import database_clock, in_flight, lag, unheard
from anchoring.wallet import Purse, purse

MOST = 100_000  # statements of the queue that are counted


@dataclass(frozen=True, slots=True)
class Covered:
    """How far the log is signed, anchored or final: entries, and the age of that in seconds."""

    size: int
    age: float


@dataclass(frozen=True, slots=True)
class Figures:
    """`beats`: seconds since each duty of the worker was last alive. `queued`, `oldest`: statements without a place in
    the log, so without a receipt (100,000 mean that many or more), and the seconds that the oldest waits. `covered`: by
    `signed`, `anchored` and `final`, as far as there is such a checkpoint. `unanchored`: entries beyond the anchors;
    `lag`: seconds since the first checkpoint beyond them was signed."""

    alarms: list[Alarm]
    admitted: bool
    halted: bool
    beats: dict[str, float]
    queued: int
    oldest: float
    covered: dict[str, Covered]
    unanchored: int
    lag: float
    anchors: int
    in_flight: int
    purse: Purse | None
    purse_age: float


def figures(conn: Connection) -> Figures:
    """The ledger now; bounded in time however long the log is."""
    now = database_clock(conn)
    newest, anchored, final = newest_checkpoint(conn), anchors.anchored(conn), anchors.anchored(conn, final=True)
    covered = {} if newest is None else {"signed": Covered(newest.size, _seconds(now - newest.signed_at))}
    for word, anchor in (("anchored", anchored), ("final", final)):
        if anchor is not None:
            covered[word] = Covered(anchor.size, max(0.0, now / 1000 - anchor.time))
    reached = 0 if anchored is None else anchored.size
    may, paying = permission(conn), purse(conn)
    return Figures(
        alarms=[*open_alarms(conn), *unheard(conn, now)],
        admitted=may.admitted,
        halted=may.halted,
        beats={duty: _seconds(now - at) for duty, at in heartbeat.beats(conn).items()},
        queued=int(conn.execute(_QUEUED, {"most": MOST}).scalar_one()),
        oldest=_seconds(now - (conn.execute(_OLDEST).scalar() or now)),
        covered=covered,
        unanchored=0 if newest is None else max(0, newest.size - reached),
        lag=_seconds(lag(conn, reached, now)),
        anchors=anchors.counts(conn)[1],
        in_flight=in_flight(conn),
        purse=paying,
        purse_age=0.0 if paying is None else _seconds(now - paying.at),
    )


def _seconds(milliseconds: int) -> float:
    return max(0, milliseconds) / 1000


_QUEUED = text("SELECT count(*) FROM (SELECT FROM ledger.submission LIMIT :most) waiting")
_OLDEST = text("SELECT recorded_at FROM ledger.submission ORDER BY id LIMIT 1")
