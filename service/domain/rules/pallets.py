"""Pallets: packed, unpacked, carried elsewhere. A pallet is a place, so all rules of stock hold for what is on it."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Pack, Relocate, Unpack
from service.domain.decision import MOST_LOTS, Decision, Goods, Leg
from service.domain.errors import PalletFull, SamePlace, WrongPlace
from service.domain.identifiers import check_sscc
from service.domain.rules.lines import check_same_site, goods_of, status_of, target_place, transfer
from service.domain.things import Location, Party


def pack(book: Book, party: Party, movement: UUID, command: Pack) -> Decision:
    """An SSCC that is new to this party makes a pallet; a known one must stand where the goods lie."""
    at, code = target_place(book, party, command.at), check_sscc(command.pallet)
    known = book.pallets.get((party.id, code))
    if known is not None and known.ground.id != at.id:
        raise WrongPlace(f"pallet {code}", f"a pallet at {at.name}", f"at {known.ground.name}")
    taken = book.locations.get((party.id, f"{at.site.code}/{code}"))
    if known is None and taken is not None:
        raise WrongPlace(taken.name, "an SSCC that names no other place", taken.kind)
    pallet = known or Location(next(book.place_ids), at.site, code, pallet_uri(code), "pallet", at)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, at, line.status)
        legs += transfer(good.lot, good.units, (at.id, status), (pallet.id, status))
        goods.append(good)
    _check_room(book, pallet, goods)
    return Decision(tuple(legs), tuple(goods), at=at, to=at, pallet=pallet, new_pallet=known is None)


def unpack(book: Book, party: Party, movement: UUID, command: Unpack) -> Decision:
    pallet = _pallet(book, party, command.from_)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, pallet, line.status)
        legs += transfer(good.lot, good.units, (pallet.id, status), (pallet.ground.id, status))
        goods.append(good)
    for good, status in () if command.lines else _contents(book, pallet):
        legs += transfer(good.lot, good.units, (pallet.id, status), (pallet.ground.id, status))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=pallet.ground, to=pallet.ground, pallet=pallet)


def relocate(book: Book, party: Party, movement: UUID, command: Relocate) -> Decision:
    """No stock changes its account, since the pallet is the account; the place of the pallet changes."""
    pallet, to = _pallet(book, party, command.from_), target_place(book, party, command.to)
    if pallet.ground.id == to.id:
        raise SamePlace(to.name)
    check_same_site(pallet.ground, to)
    goods = tuple(good for good, _ in _contents(book, pallet))
    return Decision((), goods, at=pallet.ground, to=to, pallet=replace(pallet, within=to))


def _check_room(book: Book, pallet: Location, goods: Iterable[Goods]) -> None:
    """Later it may be carried or unpacked as a whole, in one movement."""
    there = {account.lot_id for account, units in book.stock.items() if account.place == pallet.id and units}
    lots = there | {good.lot.id for good in goods}
    if len(lots) > MOST_LOTS:
        raise PalletFull(pallet.code, MOST_LOTS, len(lots))


def pallet_uri(sscc: str) -> str:
    """GS1 Digital Link of a logistic unit."""
    return f"https://id.gs1.org/00/{sscc}"


def _pallet(book: Book, party: Party, name: str) -> Location:
    place = book.location(party, name)
    if place.kind != "pallet":
        raise WrongPlace(place.name, "a pallet, SITE/SSCC", place.kind)
    return place


def _contents(book: Book, pallet: Location) -> list[tuple[Goods, str]]:
    found = []
    for (lot_id, place, status), units in sorted(book.stock.items()):
        if place == pallet.id and units:
            lot = book.lots_by_id[lot_id]
            found.append((Goods(lot, book.items_by_id[lot.item_id], units), status))
    if not found:
        raise WrongPlace(pallet.name, "a pallet with goods on it", "empty")
    return found
