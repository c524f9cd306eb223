"""How an act of a person reaches the ledger: one transaction, retried when another was in its way."""

from collections.abc import Callable
from typing import TypeVar

from service.api.house import House
from service.auth.keys import Caller
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
    return durably(house.writer, lambda connection: work(
        Desk(connection, house.scribe, party_id, party, caller.actor, method, proven)))  # fmt: skip
