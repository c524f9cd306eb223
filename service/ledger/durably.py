"""One piece of work in one transaction, tried again when another call was in its way."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from psycopg import errors as pg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from service.domain.key_errors import Overtaken
from service.ledger.requests import Outcome, Recorded, Refused

Result = TypeVar("Result")


class Late(Overtaken):
    """Others were faster between our beginning and our locks, and we may not say that we came first; told to the caller
    only where it happens again and again."""


ATTEMPTS = 8

# Another call was in the way at a point where no lock of ours keeps it out: two requests with one id and different
# contents, or an answer in one call with its offer. Nothing of ours happened; a second look sees what the other did.
COLLISIONS = (pg.UniqueViolation, pg.DeadlockDetected, pg.SerializationFailure, Late)


def durably(
    engine: Engine, work: Callable[[Connection], Result], also: tuple[type[Exception], ...] = ()
) -> Result:
    """What `work` returns, when it is durable; what it raises undoes all of it.

    `also` are exceptions of the work's own after which a second look is worth it.
    """
    for attempt in range(ATTEMPTS):
        try:
            with engine.begin() as connection:
                return work(connection)
        except (*COLLISIONS, *also, DBAPIError) as error:
            original = error.orig if isinstance(error, DBAPIError) else error
            if not isinstance(original, (*COLLISIONS, *also)) or attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def all_recorded(outcomes: Sequence[Outcome]) -> list[Recorded]:
    """The movements of one act, which happen together or not at all: raises the first refusal."""
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise outcome.error
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
