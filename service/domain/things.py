"""The things a warehouse speaks of. Facts, not behaviour; `id`s are the database's, codes and numbers are people's."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

LocationKind = Literal["storage", "quarantine", "staging", "dock"]
LOCATION_KINDS: tuple[LocationKind, ...] = ("storage", "quarantine", "staging", "dock")


@dataclass(frozen=True, slots=True)
class Party:
    id: int
    code: str
    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class Item:
    """`unit` is a UN/ECE Recommendation 20 code, EA where pieces are counted; `decimals` is how fine it is counted."""

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
    id: int
    site: Site
    code: str
    uri: str
    kind: LocationKind = "storage"

    @property
    def name(self) -> str:
        return f"{self.site.code}/{self.code}"


@dataclass(frozen=True, slots=True)
class Lot:
    """One party's record of a lot. `uri` names it to the world for ever; parties may share a URI, not a record.

    `manufacturer_lot` is the AI 10 on the label where it differs from the party's own `number`; the traceability lot
    code (21 CFR 1.1320) is made only where a lot begins and is inherited by splits and handoffs.
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


@dataclass(frozen=True, slots=True)
class HandoffLine:
    lot_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Handoff:
    """An offer and its state; `id` is the movement id of the offer, `statement` the hash that an answer refers to."""

    id: UUID
    sender_id: int
    receiver_id: int
    from_location_id: int
    lines: tuple[HandoffLine, ...]
    statement: bytes
    state: Literal["offered", "accepted", "refused"] = "offered"
