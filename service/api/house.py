"""What the endpoints stand on. Made once in `service.app` and given to each door: nothing is looked up in globals."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import Engine

import anchoring
from service import standpoint
from service.api.door import Door
from service.api.problem import try_later
from service.auth.access import Access
from service.auth.keys import Caller
from service.epcis.capture.crew import Crew
from service.ledger.gather import Gather
from service.ledger.requests import Scribe
from service.proof.proofs import Proofs
from service.sensors.watching import Watcher
from service.settings import Settings
from service.signin.enrolment import Enrolment
from service.signin.entrance import Entrance
from service.signin.federation import Federation
from service.trail.binder import Binder

API = "/api/v1"
LOOK_SECONDS = 1.0

HALTED = "the ledger is read-only: an alarm says that its evidence contradicts the chain; see /api/v1/status"
NOT_COMPARED = "the database came up and was not compared with the chain yet: until then the ledger is read-only"
AWAITED = "the worker's comparison of this database with the contract's head, or with the last signed checkpoint"
ADVICE = (
    "Send the same request again in a few seconds. If this stays: see whether a worker runs and a chain node answers "
    "it (./lotproof status)."
)


class Halting:
    """Refuses to record while evidence contradicts evidence, and on a database that was not compared with the chain
    since it came up. Looks once a second; a database that comes up between two looks refuses by itself (its trigger
    on the queue).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._looked = engine, float("-inf")
        self._seen = anchoring.Permission(admitted=False, halted=False)

    def check(self) -> None:
        """Raises Problem 503 while a halting alarm is open, or as long as the database was not compared."""
        if not self._seen.admitted or monotonic() - self._looked > LOOK_SECONDS:
            self.look()
        if self._seen.halted:
            raise try_later("read-only", HALTED, 60)
        if not self._seen.admitted:
            raise try_later("not-compared", NOT_COMPARED, 2, awaited=AWAITED, advice=ADVICE)

    def look(self) -> None:
        """Ask the database now."""
        with self._engine.connect() as connection:
            self._seen = anchoring.permission(connection)
        self._looked = monotonic()


@dataclass(frozen=True, slots=True)
class House:
    """`writer` lends connections to those who record and to nobody else: a reader ends with a rollback, on which the
    driver forgets what it had prepared.
    """

    settings: Settings
    engine: Engine
    writer: Engine
    access: Access
    scribe: Scribe
    gather: Gather
    halting: Halting
    proofs: Proofs
    entrance: Entrance
    enrolment: Enrolment
    federation: Federation
    binder: Binder
    watcher: Watcher
    captures: Crew

    @property
    def now(self) -> Callable[[], datetime]:
        return self.scribe.now

    @property
    def random(self) -> Callable[[int], bytes]:
        return self.scribe.random

    @property
    def origin(self) -> str:
        return self.scribe.origin

    def standing(self, caller: Caller) -> AbstractContextManager[None]:
        """Inside, transactions look from where this caller stands; for what is not an operation of a door."""
        return standpoint.taken(caller.standpoint)

    def party(self, party_id: int) -> AbstractContextManager[None]:
        """Inside, transactions look from where this party stands."""
        return standpoint.of_parties({party_id})

    def door(self, name: str, description: str) -> Door:
        return Door(name, API, description, self.access)
