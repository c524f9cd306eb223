"""What one round finds odd, and how often it must be seen before it is believed.

A load balancer, a node that restarts or a fork of one block shows for a moment what is not so. The counts are kept in
memory: forgetting them costs a few rounds and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, text

from anchoring import alarms
from anchoring.alarms import Halt, Kind

ROUNDS_OF_DOUBT = 2  # a fork of one block is daily life
ROUNDS_OF_ALARM = 3  # what halts everything must be seen three times
ROUNDS_BEHIND = 5  # a node that restarts catches up; longer is worth an alarm, and never anything else


class NotNow(Exception):
    """End this round; the next one may see clearer."""


class Watch:
    """Raises alarms, and remembers from round to round what was odd."""

    def __init__(self, engine: Engine, now: Callable[[], int]) -> None:
        self._engine, self._now = engine, now
        self._round = 0
        self._seen: dict[str, tuple[int, int]] = {}
        self._standing: set[Kind] = set()

    def begin(self) -> None:
        """A new round."""
        self._round += 1
        self._standing = set()
        self._seen = {what: seen for what, seen in self._seen.items() if seen[0] >= self._round - 1}

    def end(self) -> None:
        """The round saw everything there is to see: what it did not find again has passed."""
        with self._engine.begin() as conn:
            alarms.clear_passed(conn, self._standing, self._now())

    def believed(self, what: str, rounds: int) -> bool:
        """Whether `what` was now seen in this many rounds in a row."""
        last, times = self._seen.get(what, (0, 0))
        if last != self._round:
            times = times + 1 if last == self._round - 1 else 1
            self._seen[what] = (self._round, times)
        return times >= rounds

    def warn(self, kind: Kind, detail: str) -> None:
        """An alarm that passes by itself."""
        self._standing.add(kind)
        self.alarm(kind, detail)

    def doubt(self, kind: Kind, detail: str, rounds: int) -> NotNow:
        """Warn if this was seen often enough; in any case nothing more can be done in this round."""
        if self.believed(kind.name, rounds):
            self.warn(kind, detail)
        return NotNow(detail)

    def contradiction(self, kind: Kind, detail: str) -> Halt | NotNow:
        """Halt if this was seen often enough; until then end the round."""
        return Halt(kind, detail) if self.believed(kind.name, ROUNDS_OF_ALARM) else NotNow(detail)

    def alarm_once(self, kind: Kind, detail: str) -> None:
        """An alarm that whoever cleared it need not hear again in the same words."""
        with self._engine.begin() as conn:
            told = text("SELECT 1 FROM ledger.alarm WHERE kind = :kind AND detail = :detail LIMIT 1")
            if conn.execute(told, {"kind": kind.title, "detail": detail}).first() is None:
                self.alarm_in(conn, kind, detail)

    def alarm(self, kind: Kind, detail: str) -> None:
        with self._engine.begin() as conn:
            self.alarm_in(conn, kind, detail)

    def alarm_in(self, conn: Connection, kind: Kind, detail: str) -> None:
        """An alarm in the transaction of the caller."""
        alarms.raise_alarm(conn, kind, detail, self._now())
