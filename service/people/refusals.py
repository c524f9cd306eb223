"""What was refused, to whom, and why: every 403, and every movement that a rule refused.

Written in a transaction of its own, after the refused one is gone. An entry has a bounded size, because its detail
repeats what the caller sent. A refusal that cannot be written is logged and still refused.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import SQLAlchemyError

from service.api.problem import Problem
from service.auth.keys import Caller
from service.models.people import refusal

DETAIL = 500  # characters

log = logging.getLogger("lotproof.door")


class Refusals:
    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def keep(self, caller: Caller, operation: str, problems: Sequence[Problem]) -> None:
        """One entry for each problem; a problem of a movement carries its type and id (`about`)."""
        rows = [self._row(caller, operation, problem) for problem in problems]
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(refusal).inline(), rows)  # who is refused may not read it back
        except SQLAlchemyError as error:
            log.warning("%d refusals of %s not on record: %s", len(rows), operation, type(error).__name__)

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


def _bounded(detail: str) -> str:
    return detail if len(detail) <= DETAIL else detail[: DETAIL - 1] + "…"
