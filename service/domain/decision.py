"""What a rule decides: the legs, what begins to exist, and the facts of which the statement will speak."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from service.domain.things import Handoff, Item, Location, Lot, Party

MOST_LOTS = 400
"""Of one movement: a statement discloses each lot twice, and whoever verifies it takes 1,024 disclosures."""


class Account(NamedTuple):
    """Stock of one lot at one place in one status. `place` is a location's id or a `Virtual`."""

    lot_id: int
    place: int
    status: str


class Leg(NamedTuple):
    account: Account
    units: int


class Goods(NamedTuple):
    """How much of which lot a movement is about, in smallest units."""

    lot: Lot
    item: Item
    units: int


class Descent(NamedTuple):
    """`units` of the parent went into the child; where a movement has several outputs, into all of them together."""

    child: Lot
    parent: Lot
    units: int


class Cover(NamedTuple):
    """`units` more (or less) of a lot at a place are under a quarantine case, by the case's number."""

    case: int
    lot_id: int
    place: int
    units: int


@dataclass(frozen=True, slots=True)
class Decision:
    """An allowed movement. The legs of each lot sum to zero; applying them leaves no real place below zero.

    `goods` are what moved (of a transformation: what went in) and `outputs` what came out. `at` is where it happened,
    `to` where the goods are now (None: no longer in this party's places). `handoff` is the new state of the handoff it
    opens or answers; `other` is the party on its other side; of its goods, `refused` went back and `missing` were not
    found. `pallet` is packed, unpacked or relocated, as it is afterwards. `recalled` and `lifted` are lots whose recall
    begins or ends, `still_recalled` those for which another one is in force then, as they are afterwards. `covers`
    change what is under quarantine cases. `notes` are facts for the statement, under their own names.
    """

    legs: tuple[Leg, ...]
    goods: tuple[Goods, ...]
    outputs: tuple[Goods, ...] = ()
    new_lots: tuple[Lot, ...] = ()
    descents: tuple[Descent, ...] = ()
    at: Location | None = None
    to: Location | None = None
    handoff: Handoff | None = None
    other: Party | None = None
    refused: tuple[Goods, ...] = ()
    missing: tuple[Goods, ...] = ()
    settled: int | None = None
    pallet: Location | None = None
    new_pallet: bool = False
    recalled: tuple[Lot, ...] = ()
    lifted: tuple[Lot, ...] = ()
    still_recalled: tuple[Lot, ...] = ()
    covers: tuple[Cover, ...] = ()
    notes: Mapping[str, object] = field(default_factory=dict)
