"""From one party to another, both signing: offer, then accept or refuse (INV-S4).

    offer    sender's place    -> sender's IN_TRANSIT
    accept   sender's IN_TRANSIT -> sender's CUSTOMER,   receiver's SUPPLY -> receiver's place
    refuse   sender's IN_TRANSIT -> sender's place, on hold

Goods are therefore at the sender, in transit or at the receiver; never at two of them and never at none, because the
state of the handoff and the legs change in one decision and only an offered handoff has an answer.
"""

from dataclasses import replace
from typing import Literal
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Accept, Offer, Refuse
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import BadText, HandoffAnswered, HandoffToSelf, ItemUnmatched, ThingExists
from service.domain.lots import taken_over
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.rules.lines import arrival_status, goods_of, implied_status, outside, transfer
from service.domain.things import Handoff, HandoffLine, Item, Lot, Party

NO_STATEMENT = b""
"""The offer's statement is signed after the rule has spoken; the ledger fills in its hash."""


def offer(book: Book, party: Party, movement: UUID, command: Offer) -> Decision:
    source, receiver = book.location(party, command.from_), book.party(command.to_party)
    if receiver.id == party.id:
        raise HandoffToSelf(party.code)
    if (receiver.id, movement) in book.handoffs:
        raise ThingExists("handoff", str(movement))
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        implied_status("offer", line, AVAILABLE)
        legs += transfer(good.lot, good.units, (source.id, AVAILABLE), outside(Virtual.IN_TRANSIT))
        goods.append(good)
    lines = tuple(HandoffLine(good.lot.id, good.units) for good in goods)
    handoff = Handoff(movement, party.id, receiver.id, source.id, lines, NO_STATEMENT)
    return Decision(tuple(legs), tuple(goods), at=source, handoff=handoff, other=receiver)


def accept(book: Book, party: Party, movement: UUID, command: Accept) -> Decision:
    handoff, sender, theirs = _offered(book, party, command.handoff)
    to = book.location(party, command.to)
    goods, legs, new = [], list[Leg](), dict[str, Lot]()
    for good in theirs:
        item = _own_item(book, party, good.item, command)
        lot = new.get(good.lot.uri)
        if lot is None:
            lot, begun = taken_over(book, party, item, good.lot, sender)
            if begun:
                new[lot.uri] = lot
        legs += transfer(good.lot, good.units, outside(Virtual.IN_TRANSIT), outside(Virtual.CUSTOMER))
        legs += transfer(lot, good.units, outside(Virtual.SUPPLY), (to.id, arrival_status(item, to)))
        goods.append(Goods(lot, item, good.units))
    return Decision(
        tuple(legs), tuple(goods), new_lots=tuple(new.values()), at=to, to=to,
        handoff=_answered(handoff, "accepted"), other=sender,
    )


def refuse(book: Book, party: Party, movement: UUID, command: Refuse) -> Decision:
    if command.reason is None:
        raise BadText("reason", "why the goods are refused", "nothing")
    handoff, sender, theirs = _offered(book, party, command.handoff)
    legs = list[Leg]()
    for good in theirs:
        legs += transfer(good.lot, good.units, outside(Virtual.IN_TRANSIT), (handoff.from_location_id, HOLD))
    return Decision(tuple(legs), theirs, handoff=_answered(handoff, "refused"), other=sender)


def _offered(book: Book, party: Party, id: UUID) -> tuple[Handoff, Party, tuple[Goods, ...]]:
    handoff = book.handoff(party, id)
    if handoff.state != "offered":
        raise HandoffAnswered(str(id), handoff.state)
    lots = [book.lots_by_id[line.lot_id] for line in handoff.lines]
    theirs = tuple(
        Goods(lot, book.items_by_id[lot.item_id], line.units) for lot, line in zip(lots, handoff.lines, strict=True)
    )
    return handoff, book.parties_by_id[handoff.sender_id], theirs


def _answered(handoff: Handoff, state: Literal["accepted", "refused"]) -> Handoff:
    return replace(handoff, state=state)


def _own_item(book: Book, party: Party, theirs: Item, command: Accept) -> Item:
    """The receiver's item for the sender's: as the command says, else the one of the same GTIN; never by look-alike."""
    said = next((match.ours for match in command.items if match.theirs == theirs.code), None)
    if said is not None:
        ours = book.item(party, said)
    elif theirs.gtin is not None and (party.id, theirs.gtin) in book.items_by_gtin:
        ours = book.items_by_gtin[party.id, theirs.gtin]
    else:
        raise ItemUnmatched(f"an own item for {theirs.gtin or theirs.code} ({theirs.name})", "none")
    if ours.gtin != theirs.gtin:
        raise ItemUnmatched(f"an item with GTIN {theirs.gtin}", f"{ours.code} with GTIN {ours.gtin}")
    if (ours.unit, ours.decimals) != (theirs.unit, theirs.decimals):
        raise ItemUnmatched(f"{theirs.unit} with {theirs.decimals} decimals",
                            f"{ours.code} in {ours.unit} with {ours.decimals} decimals")
    return ours
