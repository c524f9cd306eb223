"""What a rule decides: the legs, what begins to exist, and the facts of which the statement will speak."""

from dataclasses import dataclass
from typing import NamedTuple

from service.domain.things import Handoff, Item, Location, Lot, Party


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
    """`units` of the child came out of the parent."""

    child: Lot
    parent: Lot
    units: int


@dataclass(frozen=True, slots=True)
class Decision:
    """An allowed movement. The legs of each lot sum to zero; applying them leaves no real place below zero.

    `goods` are what moved (of a split: what went in) and `outputs` what came out. `at` is where it happened, `to` where
    the goods are now (None: no longer in this party's places). `handoff` is the new state of the handoff it opens or
    answers; `other` is the party on its other side.
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
