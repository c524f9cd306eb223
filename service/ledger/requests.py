"""What goes into the ledger and what comes out: requests, and for each request one outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.commands import Command
from service.domain.errors import DomainError
from service.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class MovementRequest:
    """`party` is the caller's party id, `actor` an opaque id of the person or key, `id` chosen by the client.

    `for_order` is the order whose reservations this movement may use up; stock that is promised to others stays.
    `captured`: the movement came as an EPCIS event, and its statement has these properties of it.
    """

    party: str
    actor: str
    id: UUID
    command: Command
    for_order: int | None = None
    captured: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The movement is in the ledger, durably once the transaction has committed.

    Everything but `replayed` is the same at every retry. `lots` are the URIs whose chains the statement enters, so
    `len(lots)` receipts are to be expected.
    """

    id: UUID
    type: str
    recorded_at: int
    statement_hash: bytes
    lots: tuple[str, ...]
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. A refusal is not kept: the same id may be tried again when the reason is gone."""

    id: UUID
    error: DomainError


Outcome = Recorded | Refused


@dataclass(frozen=True, slots=True)
class Scribe:
    """What writing takes beside a connection: the log's origin, the parties' keys, the clock, the dice."""

    origin: str
    keyring: Keyring
    now: Callable[[], datetime]
    random: Callable[[int], bytes]

    @property
    def host(self) -> str:
        """The host in the URIs of parties, places and lots without a GTIN."""
        return self.origin.split("/", 1)[0]
