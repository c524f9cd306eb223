"""One use case, one transaction, tried again where another was in the way and nothing of ours happened."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine, text

from service.ledger.durably import durably
from service.ledger.recording import record_movements
from service.ledger.requests import MovementRequest, Outcome, Recorded, Refused, Scribe

Result = TypeVar("Result")


class Overtaken(Exception):
    """What was planned does not fit any more what is there: undo, look again."""


def in_one(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work`, durable on return; whatever it raises undoes all it did."""
    return durably(engine, work, (Overtaken,))


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
