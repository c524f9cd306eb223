"""What a party may ask of the warehouse: one dataclass for each type of movement.

The names are those of the JSON at the door, except `from_` (JSON `from`). Shapes are checked by the schemas there
(text lengths, patterns, 1 to 100 lines); meaning is checked by `rules`. Locations are written `SITE/LOC`, codes of the
caller's own party. Quantities stay the decimal strings they were sent as until an item says how fine it counts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

Status = Literal["available", "hold"]


@dataclass(frozen=True, slots=True)
class Document:
    """A business document; `type` is a CBV business transaction type (po, desadv, recadv, inv, prodorder ...)."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Line:
    """`status` may be left out where the lot lies in one status only; offers and shipments take what is available."""

    item: str
    lot: str
    quantity: str
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class NewLotLine:
    """A line that may begin a lot. `lot` is the party's own number, `manufacturer_lot` the AI 10 on the label."""

    item: str
    lot: str
    quantity: str
    production_date: date | None = None
    expiry_date: date | None = None
    retest_date: date | None = None
    manufacturer_lot: str | None = None
    traceability_lot_code: str | None = None
    traceability_source: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    lot: str
    quantity: str


@dataclass(frozen=True, slots=True)
class ItemMatch:
    """Says which own item takes in an item of the sender that has no GTIN in common: `theirs` is the sender's code."""

    theirs: str
    ours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`event_time` carries its offset; without it, the moment of recording in the site's time zone is meant.

    Not `witnessed`: taken over from another system's records; nobody told this ledger when it happened.
    """

    type: ClassVar[str]
    event_time: datetime | None = None
    documents: tuple[Document, ...] = ()
    reason: str | None = None
    witnessed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Command):
    """A lot begins to exist: own production or an opening stock."""

    type = "register"
    to: str
    lines: tuple[NewLotLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Command):
    """Goods come in from a supplier who is not on this ledger; `supplier` is a name, not a party."""

    type = "receive"
    to: str
    supplier: str
    lines: tuple[NewLotLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Command):
    type = "move"
    from_: str
    to: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Command):
    """One lot becomes several at one place; the sum of the outputs leaves the parent."""

    type = "split"
    at: str
    item: str
    lot: str
    outputs: tuple[Output, ...]
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Command):
    """First half of a handoff; its id is the id of this movement."""

    type = "offer"
    from_: str
    to_party: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Command):
    type = "accept"
    handoff: UUID
    to: str
    items: tuple[ItemMatch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(Command):
    """`reason` is required; the goods go back to the place they were offered from, on hold."""

    type = "refuse"
    handoff: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Command):
    """Quarantine; `reason` is required."""

    type = "hold"
    at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command):
    type = "release"
    at: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship(Command):
    """Goods leave to a customer who is not on this ledger; `customer` is a name, not a party."""

    type = "ship"
    from_: str
    customer: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroy(Command):
    """`witnesses`: at least two different opaque ids of people, never names; `certificate`: number of the protocol."""

    type = "destroy"
    from_: str
    lines: tuple[Line, ...]
    witnesses: tuple[str, ...]
    certificate: str


COMMANDS: dict[str, type[Command]] = {
    command.type: command
    for command in (Register, Receive, Move, Split, Offer, Accept, Refuse, Hold, Release, Ship, Destroy)
}
