"""What was refused, to whom, and why: every 403, and every movement that a rule refused.

Written in a transaction of its own, after the refused one is gone. An entry has a bounded size, because its detail
repeats what the caller sent. A refusal that cannot be written is logged and still refused.

Nothing is ever deleted, so no caller may fill it: of one key, or person, MOST_OF_ONE are kept on a day, of a party
MOST_OF_PARTY; what comes beyond is counted. Who guesses passwords has a number of his own, and takes none from those
whose name he uses.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from service.api.problem import Problem
from service.auth.keys import Caller
from service.models.people import refusal, refusal_tally

DETAIL = 500  # characters
MOST_OF_ONE, MOST_OF_PARTY = 1_000, 10_000
STRANGER = "sign-in"
"""The `key` of whoever did not come in."""

log = logging.getLogger("lotproof.door")


class Refusals:
    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def keep(self, caller: Caller, operation: str, problems: Sequence[Problem]) -> None:
        """One entry for each problem; a problem of a movement carries its type and id (`about`)."""
        rows = [self._row(caller, operation, problem) for problem in problems]
        try:
            with self._engine.begin() as connection:
                if kept := self._within(connection, caller, rows):
                    connection.execute(insert(refusal).inline(), kept)  # who is refused may not read it back
        except SQLAlchemyError as error:
            log.warning("%d refusals of %s not on record: %s", len(rows), operation, type(error).__name__)

    def _within(self, connection: Connection, caller: Caller, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The first of them, as many as may be kept today; all are counted."""
        who = caller.key if caller.key == STRANGER or caller.person is None else caller.person
        kept = list[dict[str, Any]]()
        for problem in sorted({row["problem"] for row in rows}):  # in one order, or two would wait for each other
            same = [row for row in rows if row["problem"] == problem]
            most = connection.scalar(_TALLY, {
                "party": caller.party_id or 0, "at": same[0]["at"], "who": who, "operation": same[0]["operation"],
                "problem": problem, "refused": len(same), "one": MOST_OF_ONE, "all": MOST_OF_PARTY,
            })  # fmt: skip
            kept += same[:most]
        return kept

    def _row(self, caller: Caller, operation: str, problem: Problem) -> dict[str, Any]:
        return {
            "party_id": caller.party_id, "key": caller.key, "person": caller.person, "operation": operation,
            "movement_type": problem.extra.get("movement_type"), "movement": problem.extra.get("movement_id"),
            "status": problem.status, "problem": problem.slug, "detail": _bounded(problem.detail), "at": self._now(),
        }  # fmt: skip


def about(problem: Problem, type: str, id: UUID) -> Problem:
    """The problem, knowing which movement it is about."""
    problem.extra |= {"movement_type": type, "movement_id": id}
    return problem


def listed(connection: Connection, party_id: int, before: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest first, numbers below `before`."""
    shown = ("number", "key", "person", "operation", "movement_type", "movement", "status", "problem", "detail", "at")
    asked = select(*(refusal.c[name] for name in shown)).where(refusal.c.party_id == party_id)
    if before is not None:
        asked = asked.where(refusal.c.number < before)
    rows = connection.execute(asked.order_by(refusal.c.number.desc()).limit(limit))
    return [dict(zip(shown, row, strict=True)) for row in rows]


def counted(connection: Connection, party_id: int, limit: int) -> list[dict[str, Any]]:
    """What was refused beyond what is kept, the newest day first."""
    shown = ("day", "who", "operation", "problem", "kept", "more", "last_at")
    beyond = (refusal_tally.c.party_id == party_id, refusal_tally.c.more > 0)
    asked = select(*(refusal_tally.c[name] for name in shown)).where(*beyond)
    rows = connection.execute(asked.order_by(refusal_tally.c.last_at.desc()).limit(limit))
    return [dict(zip(shown, row, strict=True)) for row in rows]


def _bounded(detail: str) -> str:
    return detail if len(detail) <= DETAIL else detail[: DETAIL - 1] + "…"


_TALLY = text("SELECT warehouse.tally_refusals(:party, :at, :who, :operation, :problem, :refused, :one, :all)")
