"""What the endpoints stand on. Made once in `service.app` and given to each door: nothing is looked up in globals."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import Engine

import anchoring
from service.api.door import Door
from service.api.problem import try_later
from service.auth.access import Access
from service.ledger.gather import Gather
from service.ledger.requests import Scribe
from service.proof.proofs import Proofs
from service.settings import Settings

API = "/api/v1"
LOOK_SECONDS = 1.0


class Halting:
    """Refuses to record while evidence contradicts evidence; looks for such an alarm once a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._looked, self._halted = engine, float("-inf"), False

    def check(self) -> None:
        """Raises Problem 503 while a halting alarm is open."""
        if monotonic() - self._looked > LOOK_SECONDS:
            self.look()
        if self._halted:
            detail = (
                "the ledger is read-only: an alarm says that its evidence contradicts the chain; see /api/v1/status"
            )
            raise try_later("read-only", detail, 60)

    def look(self) -> None:
        """Ask the database now."""
        with self._engine.connect() as connection:
            self._halted = not anchoring.may_sign(connection)
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

    @property
    def now(self) -> Callable[[], datetime]:
        return self.scribe.now

    @property
    def random(self) -> Callable[[int], bytes]:
        return self.scribe.random

    @property
    def origin(self) -> str:
        return self.scribe.origin

    def door(self, name: str, description: str) -> Door:
        return Door(name, API, description, self.access)
