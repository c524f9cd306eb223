"""How an act of a person reaches the ledger: one transaction, retried when another was in its way."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from service.api.house import House
from service.auth.keys import Caller
from service.auth.standing import problem_now
from service.domain.signing import COMPANY_KEY
from service.ledger.desk import Desk
from service.ledger.durably import durably

Result = TypeVar("Result")


def act(house: House, caller: Caller, work: Callable[[Desk], Result]) -> Result:
    """What `work` returns at the caller's desk, durable; whatever it raises undoes all of it."""
    house.halting.check()
    party, party_id = caller.party, caller.party_id
    assert party is not None and party_id is not None
    method = COMPANY_KEY if caller.person is None else caller.method
    proven = None if caller.proven_at is None else int(caller.proven_at.timestamp() * 1000)

    def at_desk(connection: Connection) -> Result:
        check_still(house, caller, connection)
        return work(Desk(connection, house.scribe, party_id, party, caller.actor, method, proven))

    return durably(house.writer, at_desk)


def check_still(house: House, caller: Caller, connection: Connection) -> None:
    """Raises Problem 403 if the person's roles are others by now; from here until the end of the act they stay."""
    problem = problem_now(connection, caller)
    if problem is not None:
        house.access.forget()
        raise problem
