"""How an offer or a transfer is answered line by line: accepted, refused, missing."""

from dataclasses import dataclass

from service.domain.book import Book
from service.domain.commands import AnswerLine
from service.domain.decision import Goods, Leg
from service.domain.errors import WrongAnswer
from service.domain.places import Virtual
from service.domain.quantities import format_quantity, parse_amount
from service.domain.rules.lines import outside, transfer
from service.domain.things import Handoff, Item, Lot


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of what was offered, in the sender's lot and item; the three figures sum to `units`."""

    lot: Lot
    item: Item
    status: str
    units: int
    accepted: int
    refused: int

    @property
    def missing(self) -> int:
        return self.units - self.accepted - self.refused


def answered_lines(book: Book, handoff: Handoff, said: tuple[AnswerLine, ...]) -> tuple[Answered, ...]:
    """Every line of the handoff; one that the answer does not name is accepted whole."""
    by_number: dict[int, AnswerLine] = {}
    for answer in said:
        if answer.line in by_number or not 1 <= answer.line <= len(handoff.lines):
            raise WrongAnswer(answer.line, f"each of 1 to {len(handoff.lines)} at most once", str(answer.line))
        by_number[answer.line] = answer
    lines = []
    for number, (good, line) in enumerate(zip(offered_goods(book, handoff), handoff.lines, strict=True), 1):
        accepted, refused = _figures(good, by_number.get(number))
        if accepted + refused > good.units:
            offered = format_quantity(good.units, good.item.decimals)
            total = format_quantity(accepted + refused, good.item.decimals)
            raise WrongAnswer(number, f"at most the {offered} that were offered", total)
        lines.append(Answered(good.lot, good.item, line.status, good.units, accepted, refused))
    return tuple(lines)


def offered_goods(book: Book, handoff: Handoff) -> tuple[Goods, ...]:
    """What the sender sent."""
    lots = [book.lots_by_id[line.lot_id] for line in handoff.lines]
    return tuple(
        Goods(lot, book.items_by_id[lot.item_id], line.units) for lot, line in zip(lots, handoff.lines, strict=True)
    )


def on_the_way(handoff: Handoff, line: Answered) -> tuple[int, str]:
    """The account of goods that nobody has answered for yet."""
    return (Virtual.TRANSFER, line.status) if handoff.is_transfer else outside(Virtual.IN_TRANSIT)


def back(book: Book, handoff: Handoff, line: Answered, units: int, status: str) -> tuple[Leg, ...]:
    """Goods go back to where they were offered from; if that was a pallet, to the place where it stands."""
    place = book.locations_by_id[handoff.from_location_id].ground
    return transfer(line.lot, units, on_the_way(handoff, line), (place.id, status)) if units else ()


def missed(handoff: Handoff, line: Answered) -> tuple[Leg, ...]:
    """Goods that were not found stand with the sender as disputed."""
    if not line.missing:
        return ()
    return transfer(line.lot, line.missing, on_the_way(handoff, line), outside(Virtual.DISPUTED))


def _figures(good: Goods, said: AnswerLine | None) -> tuple[int, int]:
    if said is None:
        return good.units, 0
    return parse_amount(said.accepted, good.item.decimals), parse_amount(said.refused, good.item.decimals)
