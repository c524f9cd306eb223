"""Goods leave for good: shipped to a customer who is not on this ledger, back to a supplier, or destroyed."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Destroy, Return, Ship
from service.domain.decision import Decision, Leg
from service.domain.errors import TooFewWitnesses
from service.domain.identifiers import check_text
from service.domain.places import AVAILABLE, Virtual
from service.domain.rules.lines import (
    check_two_persons,
    goods_of,
    implied_status,
    needs_reason,
    outside,
    status_of,
    transfer,
)
from service.domain.things import Party

WITNESSES = 2


def ship(book: Book, party: Party, movement: UUID, command: Ship) -> Decision:
    """Only what is available, not expired and not recalled (the book checks all three for whatever leaves)."""
    check_text("customer", command.customer)
    source = book.location(party, command.from_)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        implied_status("ship", line, AVAILABLE)
        legs += transfer(good.lot, good.units, (source.id, AVAILABLE), outside(Virtual.CUSTOMER))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source)


def return_(book: Book, party: Party, movement: UUID, command: Return) -> Decision:
    """Back to where it came from, in whatever state."""
    check_text("supplier", command.supplier)
    needs_reason(command, "why the goods go back")
    return _leave(book, party, command, Virtual.RETURNED)


def destroy(book: Book, party: Party, movement: UUID, command: Destroy) -> Decision:
    """Final: two people decide it, two see it."""
    check_text("certificate", command.certificate)
    check_two_persons(command.approved_by)
    seen = {check_text("witness", witness) for witness in command.witnesses}
    if len(seen) < WITNESSES:
        raise TooFewWitnesses(len(seen))
    return _leave(book, party, command, Virtual.DESTROYED)


def _leave(book: Book, party: Party, command: Return | Destroy, where: Virtual) -> Decision:
    source = book.location(party, command.from_)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, source, line.status)
        legs += transfer(good.lot, good.units, (source.id, status), outside(where))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source)
