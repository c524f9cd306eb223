"""From where a transaction looks at the database: for which parties, or on what errand.

    with standpoint.of_parties({7}), engine.begin() as connection: ...

`service.roles.policies` shows each row to those it concerns, by two settings: `lotproof.parties` ({7}) and
`lotproof.errand` (one of ERRANDS). They are set here and nowhere else, when a transaction begins and for it alone
(SET LOCAL): a connection that goes back to its pool takes nothing along. Who says nothing sees nothing.

Threads do not inherit it: whoever works for others in a thread of his own says for whom (`service.ledger.gather`).
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, get_args

import psycopg
from sqlalchemy import Connection, Engine, event

Errand = Literal[
    "", "key", "sign_in", "link", "directory", "proof", "audit", "figures", "capture", "reseal", "operator",
    "auditor", "regulator", "trail", "arrivals", "sealing", "watching",
]
ERRANDS = tuple(each for each in get_args(Errand) if each)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Of which parties the rows are seen and written, and what else is read; see `service.roles.policies`."""

    parties: frozenset[int] = frozenset()
    errand: Errand = ""


NOWHERE = Standpoint()
_current: ContextVar[Standpoint] = ContextVar("standpoint", default=NOWHERE)


def current() -> Standpoint:
    return _current.get()


@contextmanager
def taken(standpoint: Standpoint) -> Iterator[None]:
    """Whatever begins a transaction inside looks from there."""
    token = _current.set(standpoint)
    try:
        yield
    finally:
        _current.reset(token)


def of_parties(parties: Collection[int], errand: Errand = "") -> AbstractContextManager[None]:
    return taken(Standpoint(frozenset(parties), errand))


def on(errand: Errand) -> AbstractContextManager[None]:
    """The same parties as before, on this errand."""
    return taken(replace(current(), errand=errand))


def watch(engine: Engine) -> None:
    """Every transaction of this engine begins with its standpoint."""
    event.listen(engine, "begin", _apply)


def stand(connection: Connection, standpoint: Standpoint) -> None:
    """From here on, until this transaction or savepoint ends; for who must look otherwise in the middle of one."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    raw.execute(_SET, ("{" + ",".join(map(str, sorted(standpoint.parties))) + "}", standpoint.errand))


def _apply(connection: Connection) -> None:
    if current() != NOWHERE:
        stand(connection, current())


_SET = "SELECT set_config('lotproof.parties', %s, true), set_config('lotproof.errand', %s, true)"
