"""Whether a person still has the roles with which the request was let in, asked where it counts: in the act itself.

A key or session is believed for a second (`service.auth.access`). For what a floor does that is soon enough; whoever
signs or decides is asked again in the transaction of the act, and the roles stay until it ends: who takes one away
waits, so that nobody decides after it in a role that he had.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from service.api.problem import Problem, forbidden
from service.auth.keys import Caller
from service.auth.permissions import MOVEMENTS
from service.people.people import standing

DECIDING = frozenset(type for type, allowed in MOVEMENTS.items() if "operator" not in allowed)
"""The types of movement that are no work of the floor but somebody's decision."""


def as_now(connection: Connection, caller: Caller) -> Caller:
    """The caller with the roles of this moment, which stay until the transaction ends; the company's key as it is."""
    if caller.person is None or caller.party_id is None:
        return caller
    return replace(caller, grants=standing(connection, caller.party_id, caller.person) or frozenset())


def problem_now(connection: Connection, caller: Caller) -> Problem | None:
    """A 403 if the caller is a person whose roles are others by now."""
    if as_now(connection, caller).grants == caller.grants:
        return None
    return forbidden("expected the roles with which this request was let in, got others since: send it again")


def decides(caller: Caller, types: Iterable[str]) -> bool:
    """Whether a person decides here; a key of the company speaks for itself."""
    return caller.person is not None and not DECIDING.isdisjoint(types)
