"""One use case, one transaction, tried again where another was in the way and nothing of ours happened."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from service.ledger.recording import ATTEMPTS, COLLISIONS, record_movements
from service.ledger.requests import MovementRequest, Outcome, Recorded, Refused, Scribe

Result = TypeVar("Result")


class Overtaken(Exception):
    """What was planned does not fit any more what is there: undo, look again."""


def in_one(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work`, durable on return; whatever it raises undoes all it did."""
    for attempt in range(ATTEMPTS):
        try:
            with engine.begin() as connection:
                return work(connection)
        except (*COLLISIONS, DBAPIError, Overtaken) as error:
            original = error.orig if isinstance(error, DBAPIError) else error
            if not isinstance(original, (*COLLISIONS, Overtaken)) or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def recorded(connection: Connection, scribe: Scribe, request: MovementRequest) -> Recorded:
    """Record one movement; a refusal is raised, so that it undoes the whole use case."""
    outcome: Outcome = record_movements(connection, scribe, [request])[0]
    if isinstance(outcome, Refused):
        raise outcome.error
    return outcome


def number_of(connection: Connection, party_id: int, recorded: Recorded) -> int:
    """The number of a recorded movement."""
    query = "SELECT number FROM warehouse.movement WHERE party_id = :party AND id = :id"
    return int(connection.execute(text(query), {"party": party_id, "id": recorded.id}).scalar_one())
