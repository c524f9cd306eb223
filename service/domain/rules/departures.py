"""Goods leave for good: shipped to a customer who is not on this ledger, or destroyed before witnesses."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Destroy, Ship
from service.domain.decision import Decision, Leg
from service.domain.errors import TooFewWitnesses
from service.domain.identifiers import check_text
from service.domain.places import AVAILABLE, Virtual
from service.domain.rules.lines import goods_of, implied_status, outside, status_of, transfer
from service.domain.things import Party

WITNESSES = 2


def ship(book: Book, party: Party, movement: UUID, command: Ship) -> Decision:
    """Only what is available and not expired (the book checks both for whatever leaves)."""
    check_text("customer", command.customer)
    source = book.location(party, command.from_)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        implied_status("ship", line, AVAILABLE)
        legs += transfer(good.lot, good.units, (source.id, AVAILABLE), outside(Virtual.CUSTOMER))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source)


def destroy(book: Book, party: Party, movement: UUID, command: Destroy) -> Decision:
    """The one way out for what is held or expired; final."""
    check_text("certificate", command.certificate)
    seen = {check_text("witness", witness) for witness in command.witnesses}
    if len(seen) < WITNESSES:
        raise TooFewWitnesses(len(seen))
    source = book.location(party, command.from_)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, source, line.status)
        legs += transfer(good.lot, good.units, (source.id, status), outside(Virtual.DESTROYED))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source)
