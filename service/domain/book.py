"""The book: everything a rule may look at, and the stock it may change.

The ledger fills a book from rows it has locked; a test fills one by hand. Rules only read it; `post` is the one way to
change it and is given decisions that have passed `check`. What is not in the book does not exist for the rule.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from service.domain.cases import OpenCase
from service.domain.decision import Account, Decision, Leg
from service.domain.errors import (
    BadQuantity,
    InsufficientStock,
    LotExpired,
    LotRecalled,
    StockOnHold,
    StockReserved,
    UnknownThing,
)
from service.domain.expiry import day_at, has_expired
from service.domain.places import AVAILABLE, HOLD, OUTSIDE, SOURCES, Virtual
from service.domain.quantities import MAX_UNITS, format_quantity
from service.domain.reservations import Reservation, free_units
from service.domain.things import Handoff, Item, Location, Lot, Party, Site

Thing = TypeVar("Thing")

JUST_RECALLED = -1
"""`Lot.recall` in a book until the movement has its number."""


class NamesLots(Protocol):
    """Gives a lot its URI: by GTIN and the number on the label, or by party, item and number."""

    def __call__(self, party: Party, item: Item, number: str) -> str: ...


@dataclass(slots=True)
class Book:
    now: datetime
    name_lot: NamesLots
    lot_ids: Iterator[int]
    place_ids: Iterator[int]
    parties: dict[str, Party] = field(default_factory=dict)
    items: dict[tuple[int, str], Item] = field(default_factory=dict)
    locations: dict[tuple[int, str], Location] = field(default_factory=dict)
    handoffs: dict[tuple[int, UUID], Handoff] = field(default_factory=dict)
    sites: dict[tuple[int, str], Site] = field(default_factory=dict)
    stock: dict[Account, int] = field(default_factory=dict)
    descendants: dict[int, tuple[int, ...]] = field(default_factory=dict)
    parents: dict[int, dict[int, int | None]] = field(default_factory=dict)
    """Of lots in a recall: their parents, and the number of the recall that is in force for each of these."""

    promised: dict[tuple[int, int], list[Reservation]] = field(default_factory=dict)
    """Reservations by lot and place."""
    for_order: int | None = None
    """The order that the movement at hand serves."""

    cases: dict[tuple[int, UUID], OpenCase] = field(default_factory=dict)
    covered: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    """By lot and place: how much of what is held is under which case, by its number."""

    case_ids: dict[int, UUID] = field(default_factory=dict)
    """Of those cases, for people."""

    handoffs_sent: dict[tuple[int, UUID], Handoff] = field(default_factory=dict)
    handoff_ids_taken: set[tuple[int, UUID]] = field(default_factory=set)
    """By receiver: ids under which it was offered something before, whoever offered it."""

    parties_by_id: dict[int, Party] = field(default_factory=dict)
    items_by_id: dict[int, Item] = field(default_factory=dict)
    items_by_gtin: dict[tuple[int, str], Item] = field(default_factory=dict)
    locations_by_id: dict[int, Location] = field(default_factory=dict)
    pallets: dict[tuple[int, str], Location] = field(default_factory=dict)
    lots_by_id: dict[int, Lot] = field(default_factory=dict)
    lots_by_number: dict[tuple[int, str], Lot] = field(default_factory=dict)
    lots_by_uri: dict[tuple[int, str], Lot] = field(default_factory=dict)

    def add_party(self, party: Party) -> None:
        self.parties[party.code] = self.parties_by_id[party.id] = party

    def add_item(self, item: Item) -> None:
        self.items[item.party_id, item.code] = self.items_by_id[item.id] = item
        if item.gtin is not None:
            self.items_by_gtin[item.party_id, item.gtin] = item

    def add_location(self, location: Location) -> None:
        self.locations[location.site.party_id, location.name] = self.locations_by_id[location.id] = location
        self.add_site(location.site)
        if location.kind == "pallet":
            self.pallets[location.site.party_id, location.code] = location

    def add_site(self, site: Site) -> None:
        self.sites[site.party_id, site.code] = site

    def add_lot(self, lot: Lot) -> None:
        self.lots_by_id[lot.id] = self.lots_by_number[lot.item_id, lot.number] = lot
        self.lots_by_uri[lot.party_id, lot.uri] = lot

    def add_handoff(self, handoff: Handoff) -> None:
        self.handoffs[handoff.receiver_id, handoff.id] = handoff
        self.handoffs_sent[handoff.sender_id, handoff.id] = handoff

    def party(self, code: str) -> Party:
        return _found(self.parties.get(code), "party", code)

    def item(self, party: Party, code: str) -> Item:
        return _found(self.items.get((party.id, code)), "item", code)

    def location(self, party: Party, name: str) -> Location:
        return _found(self.locations.get((party.id, name)), "location", name)

    def lot(self, item: Item, number: str) -> Lot:
        return _found(self.lots_by_number.get((item.id, number)), f"lot of {item.code}", number)

    def handoff(self, receiver: Party, id: UUID) -> Handoff:
        """A handoff offered to this party; somebody else's is as unknown as none (INV-P2)."""
        return _found(self.handoffs.get((receiver.id, id)), "handoff", str(id))

    def handoff_sent(self, sender: Party, id: UUID) -> Handoff:
        """A handoff that this party offered."""
        return _found(self.handoffs_sent.get((sender.id, id)), "handoff", str(id))

    def site(self, party: Party, code: str) -> Site:
        return _found(self.sites.get((party.id, code)), "site", code)

    def units(self, lot: Lot, place: int, status: str) -> int:
        return self.stock.get(Account(lot.id, place, status), 0)

    def today(self, site: Site) -> date:
        """The date at the site by record time: an event time in the past does not make goods fresh again."""
        return day_at(self.now, site.zone)

    def check(self, legs: Iterable[Leg]) -> None:
        """INV-S1, INV-S5, INV-S7 for the accounts as they would be after these legs."""
        legs = tuple(legs)
        if any(leg.account.place in OUTSIDE and leg.units > 0 for leg in legs):
            self.check_usable(legs)
        for account, change in fold(legs).items():
            self._check_account(account, change)

    def post(self, decision: Decision) -> None:
        """Make it so, for the movements that follow in the same book."""
        for lot in decision.new_lots:
            self.add_lot(lot)
        for lots, recall in ((decision.recalled, JUST_RECALLED), (decision.lifted, None)):
            for lot in lots:
                self.add_lot(replace(lot, recall=recall))
        for lot in decision.still_recalled:
            self.add_lot(lot)
        if decision.pallet is not None:
            self.add_location(decision.pallet)
        for account, change in fold(decision.legs).items():
            self.stock[account] = self.stock.get(account, 0) + change
        for case, lot_id, place, units in decision.covers:
            covers = self.covered.setdefault((lot_id, place), {})
            covers[case] = covers.get(case, 0) + units
        if decision.handoff is not None:
            self.add_handoff(decision.handoff)

    def check_usable(self, legs: Iterable[Leg]) -> None:
        """INV-S5 for what these legs take from real places: not held, expired or recalled, nor promised to others."""
        legs = tuple(legs)
        for account, units in legs:
            location = self.locations_by_id.get(account.place)
            if units < 0 and location is not None:
                lot = self.lots_by_id[account.lot_id]
                if lot.recall is not None:
                    raise LotRecalled(lot.number)
                self._check_not_held(lot, account, -units, location)
                self._check_not_expired(lot, location.site)
        self._check_not_promised(legs)

    def _check_not_promised(self, legs: Iterable[Leg]) -> None:
        for account, change in fold(legs).items():
            location = self.locations_by_id.get(account.place)
            promised = [each for each in self.promised.get((account.lot_id, account.place), ()) if each.live(self.now)]
            others = sorted({each.number for each in promised if each.order != self.for_order})
            if change >= 0 or location is None or not others:
                continue
            free = free_units(self.stock.get(account, 0), promised, self.for_order, now=self.now)
            if -change > free:
                lot = self.lots_by_id[account.lot_id]
                asked, found = self._shown(lot, -change), self._shown(lot, free)
                raise StockReserved(lot.number, location.name, asked, found, ", ".join(others))

    def _check_not_held(self, lot: Lot, account: Account, units: int, location: Location) -> None:
        if account.status == HOLD:
            held = self._shown(lot, self.stock.get(account, 0))
            raise StockOnHold(lot.number, location.name, self._shown(lot, units), self._shown(lot, 0), held)

    def _check_not_expired(self, lot: Lot, site: Site) -> None:
        today = self.today(site)
        if lot.expiry_date is not None and has_expired(lot.expiry_date, today):
            raise LotExpired(lot.number, lot.expiry_date.isoformat(), today.isoformat())

    def _check_account(self, account: Account, change: int) -> None:
        found = self.stock.get(account, 0)
        after = found + change
        if abs(after) > MAX_UNITS:
            raise BadQuantity(f"at most {MAX_UNITS} smallest units in one account", str(abs(after)))
        if after >= 0 or account.place in SOURCES or (account.place, account.status) == (Virtual.ADJUSTMENT, AVAILABLE):
            return
        lot = self.lots_by_id[account.lot_id]
        if account.place == Virtual.CUSTOMER:
            shipped, asked = self._shown(lot, found), self._shown(lot, -change)
            raise InsufficientStock(lot.number, "customers", AVAILABLE, asked, shipped)
        location = self.locations_by_id.get(account.place)
        assert location is not None, f"virtual place {account.place} of lot {lot.uri} would fall to {after}"
        held = self.stock.get(account._replace(status=HOLD), 0)
        needed, seen = self._shown(lot, -change), self._shown(lot, found)
        if account.status == AVAILABLE and found + held + change >= 0:
            raise StockOnHold(lot.number, location.name, needed, seen, self._shown(lot, held))
        raise InsufficientStock(lot.number, location.name, account.status, needed, seen)

    def _shown(self, lot: Lot, units: int) -> str:
        item = self.items_by_id[lot.item_id]
        return f"{format_quantity(units, item.decimals)} {item.unit}"


def fold(legs: Iterable[Leg]) -> dict[Account, int]:
    """The change of each account (INV-S6: a balance is the fold of all legs of its account)."""
    changes: dict[Account, int] = defaultdict(int)
    for account, units in legs:
        changes[account] += units
    return changes


def _found(thing: Thing | None, kind: str, name: str) -> Thing:
    if thing is None:
        raise UnknownThing(kind, name)
    return thing
