"""From one party to another, both signing: offer, then accept, refuse or withdraw (INV-S4).

    offer      sender's place      -> sender's IN_TRANSIT
    accept     sender's IN_TRANSIT -> sender's HANDED_OVER, receiver's SUPPLY -> receiver's place  what is accepted
               sender's IN_TRANSIT -> sender's place, on hold                                       what is refused
               sender's IN_TRANSIT -> sender's DISPUTED                                             what is missing
    refuse     sender's IN_TRANSIT -> sender's place, on hold
    withdraw   sender's IN_TRANSIT -> sender's place, as it was
    settle     sender's DISPUTED   -> sender's place, on hold (found), or ADJUSTMENT (lost)

Goods are therefore at the sender, in transit, disputed or at the receiver; never at two of them and never at none,
because the state of the handoff and the legs change in one decision and only an offered handoff has an answer. What is
missing belongs to the sender until the sender settles it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Accept, Offer, Refuse, Settle, Withdraw
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import (
    BadEventTime,
    EmptyMovement,
    HandoffAnswered,
    HandoffExpired,
    HandoffToSelf,
    ItemUnmatched,
    LotConflict,
    LotRecalled,
    ThingExists,
    WrongAnswer,
)
from service.domain.identifiers import check_text
from service.domain.lots import taken_over
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.rules.answers import Answered, answered_lines, back, missed, offered_goods, on_the_way
from service.domain.rules.lines import (
    arrival_status,
    goods_of,
    implied_status,
    needs_reason,
    outside,
    target_place,
    transfer,
)
from service.domain.things import Handoff, HandoffLine, Item, Location, Lot, Party

LONGEST_OFFER = timedelta(days=36_525)

NO_STATEMENT = b""
"""The offer's statement is signed after the rule has spoken; the ledger fills in its hash."""


def offer(book: Book, party: Party, movement: UUID, command: Offer) -> Decision:
    source, receiver = book.location(party, command.from_), book.party(command.to_party)
    if receiver.id == party.id:
        raise HandoffToSelf(party.code)
    if (receiver.id, movement) in book.handoffs or (receiver.id, movement) in book.handoff_ids_taken:
        raise ThingExists("handoff", str(movement))
    if command.expires_at is not None:
        _check_expires(book, command.expires_at)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        implied_status("offer", line, AVAILABLE)
        legs += transfer(good.lot, good.units, (source.id, AVAILABLE), outside(Virtual.IN_TRANSIT))
        goods.append(good)
    lines = tuple(HandoffLine(good.lot.id, good.units) for good in goods)
    handoff = Handoff(movement, party.id, receiver.id, source.id, lines, NO_STATEMENT, expires_at=command.expires_at)
    return Decision(tuple(legs), tuple(goods), at=source, handoff=handoff, other=receiver)


def accept(book: Book, party: Party, movement: UUID, command: Accept) -> Decision:
    handoff, sender = _offered(book, party, command.handoff)
    if handoff.expires_at is not None and book.now > handoff.expires_at:
        raise HandoffExpired(str(handoff.id), handoff.expires_at.isoformat(), book.now.isoformat())
    to = target_place(book, party, command.to)
    goods, legs, new = [], list[Leg](), dict[str, Lot]()
    lines = answered_lines(book, handoff, command.lines)
    for line in lines:
        if line.accepted:
            goods.append(_taken(book, party, sender, line, command, new))
            legs += transfer(line.lot, line.accepted, on_the_way(handoff, line), outside(Virtual.HANDED_OVER))
            here = (to.id, _taken_as(goods[-1], to))
            legs += transfer(goods[-1].lot, line.accepted, outside(Virtual.SUPPLY), here)
        legs += back(book, handoff, line, line.refused, HOLD)
        legs += missed(handoff, line)
    if not goods:
        raise EmptyMovement(0)
    return Decision(
        tuple(legs), tuple(goods), new_lots=tuple(new.values()), at=to, to=to, other=sender,
        handoff=_closed(handoff, "accepted", lines),
        refused=tuple(Goods(line.lot, line.item, line.refused) for line in lines if line.refused),
        missing=tuple(Goods(line.lot, line.item, line.missing) for line in lines if line.missing),
    )


def refuse(book: Book, party: Party, movement: UUID, command: Refuse) -> Decision:
    needs_reason(command, "why the goods are refused")
    handoff, sender = _offered(book, party, command.handoff)
    legs = list[Leg]()
    for line in answered_lines(book, handoff, ()):
        legs += back(book, handoff, line, line.units, HOLD)
    return Decision(tuple(legs), offered_goods(book, handoff), handoff=replace(handoff, state="refused"), other=sender)


def withdraw(book: Book, party: Party, movement: UUID, command: Withdraw) -> Decision:
    """What has been recalled on the way comes back on hold."""
    needs_reason(command, "why the offer is withdrawn")
    handoff = _open(book.handoff_sent(party, command.handoff))
    legs = list[Leg]()
    for line in answered_lines(book, handoff, ()):
        legs += back(book, handoff, line, line.units, HOLD if line.lot.recall is not None else line.status)
    place = book.locations_by_id[handoff.from_location_id].ground
    other = None if handoff.is_transfer else book.parties_by_id[handoff.receiver_id]
    return Decision(tuple(legs), offered_goods(book, handoff), at=place, to=place, other=other,
                    handoff=replace(handoff, state="withdrawn"))


def settle(book: Book, party: Party, movement: UUID, command: Settle) -> Decision:
    needs_reason(command, "what became of the goods")
    check_text("approver", command.approved_by)
    handoff = book.handoff_sent(party, command.handoff)
    open_lines = {number for number, line in enumerate(handoff.lines, 1) if line.missing}
    if command.line not in open_lines:
        expected = ", ".join(map(str, sorted(open_lines))) or "none"
        raise WrongAnswer(command.line, f"a line with goods missing ({expected})", "nothing missing")
    line = handoff.lines[command.line - 1]
    lot = book.lots_by_id[line.lot_id]
    to = None if command.to is None else target_place(book, party, command.to)
    target = (Virtual.ADJUSTMENT, line.status) if to is None else (to.id, HOLD)
    lines = list(handoff.lines)
    lines[command.line - 1] = replace(line, missing=0)
    return Decision(
        transfer(lot, line.missing, outside(Virtual.DISPUTED), target),
        (Goods(lot, book.items_by_id[lot.item_id], line.missing),), at=to, to=to, settled=command.line,
        handoff=replace(handoff, lines=tuple(lines)),
    )


def _offered(book: Book, party: Party, id: UUID) -> tuple[Handoff, Party]:
    handoff = _open(book.handoff(party, id))
    if handoff.is_transfer:
        raise HandoffToSelf(party.code)
    return handoff, book.parties_by_id[handoff.sender_id]


def _open(handoff: Handoff) -> Handoff:
    if handoff.state != "offered":
        raise HandoffAnswered(str(handoff.id), handoff.state)
    return handoff


def _check_expires(book: Book, at: datetime) -> None:
    """Bounded, so that every moment that is kept can be read again in any time zone."""
    if at.tzinfo is None or not book.now < at <= book.now + LONGEST_OFFER:
        expected = f"after {book.now.isoformat()} and within {LONGEST_OFFER.days} days, with its offset"
        raise BadEventTime(f"an offer that expires {expected}", at.isoformat())


def _closed(handoff: Handoff, state: str, lines: tuple[Answered, ...]) -> Handoff:
    kept = tuple(
        replace(old, missing=line.missing, refused=line.refused)
        for old, line in zip(handoff.lines, lines, strict=True)
    )
    return replace(handoff, state=state, lines=kept)  # type: ignore[arg-type]


def _taken(
    book: Book, party: Party, sender: Party, line: Answered, command: Accept, new: dict[str, Lot]
) -> Goods:
    """The receiver's record of goods that are accepted; what is recalled cannot be."""
    if line.lot.recall is not None:
        raise LotRecalled(line.lot.number)
    item = _own_item(book, party, line.item, command)
    lot = new.get(line.lot.uri)
    if lot is None:
        lot, begun = taken_over(book, party, item, line.lot, sender)
        twin = next((each for each in new.values() if (each.item_id, each.number) == (item.id, lot.number)), None)
        if twin is not None:  # two items of the sender that are one of the receiver's, with lots of one number
            raise LotConflict(lot.number, "uri", twin.uri, lot.uri)
        if begun:
            new[lot.uri] = lot
    return Goods(lot, item, line.accepted)


def _taken_as(good: Goods, to: Location) -> str:
    """More of a lot that the receiver has recalled is held, from wherever it comes."""
    return HOLD if good.lot.recall is not None else arrival_status(good.item, to)


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
