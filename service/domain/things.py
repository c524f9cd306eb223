"""The things a warehouse speaks of. Facts, not behaviour; `id`s are the database's, codes and numbers are people's."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

LocationKind = Literal["storage", "quarantine", "staging", "dock", "pallet"]
BUILT_KINDS: tuple[LocationKind, ...] = ("storage", "quarantine", "staging", "dock")
LOCATION_KINDS: tuple[LocationKind, ...] = (*BUILT_KINDS, "pallet")
"""A pallet comes into being by being packed."""


@dataclass(frozen=True, slots=True)
class Party:
    id: int
    code: str
    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class Item:
    """`unit` is a UN/ECE Recommendation 20 code, EA where pieces are counted; `decimals` is how fine it is counted.

    `content` is how much of `content_unit` one unit holds (a bottle: 0.95 LTR), for mass balances. A count may be off
    by `count_tolerance` thousandths of the book before a second person must approve.
    """

    id: int
    party_id: int
    code: str
    name: str
    gtin: str | None
    unit: str
    decimals: int
    shelf_life_days: int | None = None
    needs_expiry: bool = False
    needs_manufacturer_lot: bool = False
    held_on_arrival: bool = False
    needs_production_date: bool = False
    count_tolerance: int = 0
    content: Decimal | None = None
    content_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """`zone` is an IANA time zone: a lot expires at midnight of the place where it lies."""

    id: int
    party_id: int
    code: str
    zone: str
    uri: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place of a site. A pallet is one too: `code` is its SSCC and `within` the place where it stands."""

    id: int
    site: Site
    code: str
    uri: str
    kind: LocationKind = "storage"
    within: "Location | None" = None

    @property
    def name(self) -> str:
        return f"{self.site.code}/{self.code}"

    @property
    def ground(self) -> "Location":
        """The place that does not move: a pallet's is where it stands."""
        return self.within or self


@dataclass(frozen=True, slots=True)
class Lot:
    """One party's record of a lot. `uri` names it to the world for ever; parties may share a URI, not a record.

    `manufacturer_lot` is the AI 10 on the label where it differs from the party's own `number`; the traceability lot
    code (21 CFR 1.1320) is made only where a lot begins and is inherited by splits and handoffs. `recall` is the number
    of the recall that is in force.
    """

    id: int
    party_id: int
    item_id: int
    number: str
    uri: str
    production_date: date | None = None
    expiry_date: date | None = None
    retest_date: date | None = None
    manufacturer_lot: str | None = None
    supplier: str | None = None
    traceability_lot_code: str | None = None
    traceability_source: str | None = None
    recall: int | None = None


HandoffState = Literal["offered", "accepted", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class HandoffLine:
    """Of an answered line: `refused` went back; `missing` the receiver did not find, until the sender settles it."""

    lot_id: int
    units: int
    status: str = "available"
    missing: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Handoff:
    """An offer and its state; `id` is the movement id of the offer, `statement` the hash that an answer refers to.

    A transfer between sites is a handoff of a party to itself: `to_site_id` says where.
    """

    id: UUID
    sender_id: int
    receiver_id: int
    from_location_id: int
    lines: tuple[HandoffLine, ...]
    statement: bytes
    state: HandoffState = "offered"
    expires_at: datetime | None = None
    to_site_id: int | None = None

    @property
    def is_transfer(self) -> bool:
        return self.sender_id == self.receiver_id
