"""What a decision says beside its legs is what its legs do: of which goods, where, whereto, between whom.

The ledger writes the statement from these words. Whatever happens in a life of chance, they are held against the legs.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.book import Book
from service.domain.decision import Decision, Goods, Leg
from service.domain.places import Virtual
from service.domain.things import Location
from tests.service.domain.lives import ANYTHING, HINT, PARTY, STOCK
from tests.service.domain.pure import Pure

BEYOND: dict[str, set[Virtual]] = {
    "register": {Virtual.SUPPLY}, "receive": {Virtual.SUPPLY}, "take_back": {Virtual.CUSTOMER},
    "ship": {Virtual.CUSTOMER}, "return": {Virtual.RETURNED}, "destroy": {Virtual.DESTROYED},
    "count": {Virtual.ADJUSTMENT},
    "offer": {Virtual.IN_TRANSIT}, "refuse": {Virtual.IN_TRANSIT}, "withdraw": {Virtual.IN_TRANSIT, Virtual.TRANSFER},
    "accept": {Virtual.IN_TRANSIT, Virtual.HANDED_OVER, Virtual.DISPUTED, Virtual.SUPPLY},
    "send": {Virtual.TRANSFER}, "arrive": {Virtual.TRANSFER, Virtual.DISPUTED},
    "settle": {Virtual.DISPUTED, Virtual.ADJUSTMENT},
} | {type: {Virtual.CONSUMED, Virtual.PRODUCED} for type in ("split", "merge", "repack", "produce", "rework")}
"""The virtual places that each type of movement touches; the others stay within real places."""

BECOMES = {"offer": "offered", "send": "offered", "accept": "accepted", "arrive": "accepted", "refuse": "refused",
           "withdraw": "withdrawn", "settle": "accepted"}
LIVES = st.lists(st.tuples(PARTY, ANYTHING, HINT), min_size=4, max_size=20)


def by_lot(goods: Iterable[Goods]) -> Counter[int]:
    found: Counter[int] = Counter()
    for good in goods:
        found[good.lot.id] += good.units
    return +found


def came(legs: Iterable[Leg], *places: Virtual) -> Counter[int]:
    """What came to these places, by lot."""
    found: Counter[int] = Counter()
    for (lot, place, _), units in legs:
        found[lot] += units if units > 0 and place in places else 0
    return +found


@settings(deadline=None)
@given(LIVES)
def test_the_words_of_every_decision_are_what_its_legs_do(life: list[tuple[str, c.Command, int]]) -> None:
    pure = Pure()
    for party, command in STOCK:
        pure.ask(party, uuid4(), command)
    for party, command, hint in life:
        party, command = pure.fitting(party, command, hint)
        pallets, lots = set(pure.book.pallets), set(pure.book.lots_by_id)
        pure.ask(party, uuid4(), command)
        if pure.last is not None:
            no_leg_is_nothing(pure.last)
            goods_are_what_moved(command, pure.last)
            places_are_those_of_the_legs(pure.book, party, command, pure.last)
            handoffs_say_what_became_of_them(pure.book, party, command, pure.last)
            pallets_are_those_that_were_named(pure.book, party, command, pure.last, pallets)
            recalls_name_their_lots(pure.book, party, command, pure.last)
            assert {lot.id for lot in pure.last.new_lots} == set(pure.book.lots_by_id) - lots


def no_leg_is_nothing(decision: Decision) -> None:
    """INV-S7."""
    assert all(units for _, units in decision.legs)
    assert all(good.units > 0 for good in (*decision.outputs, *decision.refused, *decision.missing))


def goods_are_what_moved(command: c.Command, decision: Decision) -> None:
    assert {place for (_, place, _), _ in decision.legs if place < 0} <= BEYOND.get(command.type, set())
    everywhere = {place for (_, place, _), _ in decision.legs} - {Virtual.CONSUMED, Virtual.HANDED_OVER}
    arrived = came(decision.legs, *everywhere)  # type: ignore[arg-type]
    if command.type in ("split", "merge", "repack", "produce", "rework"):
        assert by_lot(decision.outputs) == arrived
        assert by_lot(decision.goods) == came(decision.legs, Virtual.CONSUMED)
    elif isinstance(command, c.Relocate):
        assert decision.goods and not decision.legs
    elif not isinstance(command, c.Count):
        assert by_lot((*decision.goods, *decision.refused, *decision.missing)) == arrived
    assert by_lot(decision.missing) == came(decision.legs, Virtual.DISPUTED)
    assert decision.refused == () or isinstance(command, c.Accept)


def places_are_those_of_the_legs(book: Book, party: str, command: c.Command, decision: Decision) -> None:
    """Of the party's own lots; goods on a pallet are where it stands."""
    if isinstance(command, c.Recall | c.Lift | c.Refuse):
        assert decision.at is None and decision.to is None
        return
    for place, sign in ((decision.at, -1), (decision.to, 1)):
        touched = [book.locations_by_id[at] for (lot, at, _), units in decision.legs
                   if at > 0 and units * sign > 0 and book.lots_by_id[lot].party_id == book.party(party).id]
        assert all(_is_at(each, place) for each in touched)
    if isinstance(command, c.Ship | c.Return | c.Destroy | c.Offer | c.Send):
        assert decision.at is not None and decision.to is None
    else:
        assert (decision.at is None) == (decision.to is None) == (isinstance(command, c.Settle) and command.to is None)
    for field, place in (("at", decision.at), ("to", decision.to)):
        named = getattr(command, field, None)
        assert named is None or (place is not None and named in (place.name, place.ground.name))


def _is_at(touched: Location, place: Location | None) -> bool:
    return place is not None and place.id in (touched.id, touched.ground.id)


def handoffs_say_what_became_of_them(book: Book, party: str, command: c.Command, decision: Decision) -> None:
    handoff = decision.handoff
    assert (handoff is None) == (command.type not in BECOMES)
    if handoff is None:
        assert decision.other is None
        return
    assert handoff.state == BECOMES[command.type]
    sides = {handoff.sender_id, handoff.receiver_id} - {book.party(party).id}
    alone = not sides or isinstance(command, c.Settle)
    assert decision.other == (None if alone else book.parties_by_id[sides.pop()])
    if isinstance(command, c.Settle):
        assert decision.settled == command.line and handoff.lines[command.line - 1].missing == 0
        return
    for goods, field in ((decision.missing, "missing"), (decision.refused, "refused")):
        lines: Counter[int] = Counter()
        for line in handoff.lines:
            lines[line.lot_id] += getattr(line, field)
        assert +lines == by_lot(goods)
    if isinstance(command, c.Send):
        assert decision.notes == {"lotproof:transferTo": book.site(book.party(party), command.to_site).uri}
    if isinstance(command, c.Arrive):
        assert decision.notes == {"lotproof:transfer": f"urn:uuid:{command.transfer}"}


def pallets_are_those_that_were_named(
    book: Book, party: str, command: c.Command, decision: Decision, before: set[tuple[int, str]]
) -> None:
    pallet = decision.pallet
    if isinstance(command, c.Pack):
        assert pallet is not None and pallet.code == command.pallet and pallet.ground == decision.at
        assert decision.new_pallet == ((book.party(party).id, command.pallet) not in before)
    elif isinstance(command, c.Unpack | c.Relocate):
        assert pallet is not None and pallet.name == command.from_ and pallet.ground == decision.to
    else:
        assert pallet is None


def recalls_name_their_lots(book: Book, party: str, command: c.Command, decision: Decision) -> None:
    if isinstance(command, c.Recall):
        root = book.lot(book.item(book.party(party), command.item), command.lot)
        assert decision.notes == {"lotproof:recalledLot": root.uri}
    changed = (*decision.recalled, *decision.lifted)
    assert not {lot.id for lot in changed} & {lot.id for lot in decision.still_recalled}
    if changed:
        assert [good.lot.id for good in decision.goods] == [lot.id for lot in changed]
