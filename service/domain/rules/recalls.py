"""Recall: a lot and whatever was made of it stops, everywhere at once.

    recall   the lot and its descendants are flagged; all their available stock in real places goes on hold
    lift     the flags go; the stock stays on hold until two people release it

Of more lots than a movement takes, a recall begins with the oldest, so that nothing new is made of them, and its end
with the youngest, so that it can be asked for again.

What is on its way to another party cannot be accepted any more: the sender's lot is flagged. What others hold already
is theirs to recall; they get a notice (`service.ledger.notices`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Lift, Recall
from service.domain.decision import MOST_LOTS, Decision, Goods, Leg
from service.domain.errors import RecallState
from service.domain.places import AVAILABLE, HOLD
from service.domain.rules.lines import check_two_persons, needs_reason, transfer
from service.domain.things import Lot, Party


def recall(book: Book, party: Party, movement: UUID, command: Recall) -> Decision:
    needs_reason(command, "why the lot is recalled")
    root = book.lot(book.item(party, command.item), command.lot)
    lots = [lot for lot in _family(book, root) if lot.recall is None][:MOST_LOTS]
    if not lots:
        raise RecallState(root.number, "a lot, or a descendant of it, that is not recalled", "recalled")
    lying = _available(book)
    goods, legs = [], list[Leg]()
    for lot in lots:
        for place, units in lying[lot.id]:
            legs += transfer(lot, units, (place, AVAILABLE), (place, HOLD))
        goods.append(Goods(lot, book.items_by_id[lot.item_id], sum(units for _, units in lying[lot.id])))
    return Decision(tuple(legs), tuple(goods), recalled=tuple(lots), notes={"lotproof:recalledLot": root.uri})


def lift(book: Book, party: Party, movement: UUID, command: Lift) -> Decision:
    """Lots that an earlier recall flagged stay flagged; so do those that were also made of other recalled lots.

    The latter are from now on recalled by what these are recalled by, so that the end of that recall ends theirs. Of
    more than one movement takes, the youngest go first: the root stays flagged until the last, and names them all.
    """
    needs_reason(command, "why the recall is over")
    check_two_persons(command.approved_by)
    root = book.lot(book.item(party, command.item), command.lot)
    if root.recall is None or _in_force(book, root, {}) is not None:
        raise RecallState(root.number, "a recalled lot that is made of no other recalled lot",
                          "not recalled" if root.recall is None else "made of a recalled lot")
    after: dict[int, int | None] = {}
    for lot in _family(book, root):
        if lot.recall is not None and lot.recall >= root.recall:
            after[lot.id] = _in_force(book, lot, after)
    free = [book.lots_by_id[id] for id, recall in after.items() if recall is None][-MOST_LOTS:]
    return Decision(
        (), tuple(Goods(lot, book.items_by_id[lot.item_id], 0) for lot in free), lifted=tuple(free),
        still_recalled=tuple(replace(book.lots_by_id[id], recall=recall) for id, recall in after.items() if recall),
    )


def _in_force(book: Book, lot: Lot, after: Mapping[int, int | None]) -> int | None:
    """The latest recall of a parent of this lot, where `after` says what becomes of some of them."""
    parents = book.parents.get(lot.id, {})
    recalls = (after.get(parent, recall) for parent, recall in parents.items())
    return max((recall for recall in recalls if recall is not None), default=None)


def _family(book: Book, root: Lot) -> Iterable[Lot]:
    """The lot and its descendants, oldest first."""
    return (book.lots_by_id[id] for id in sorted({root.id, *book.descendants.get(root.id, ())}))


def _available(book: Book) -> dict[int, list[tuple[int, int]]]:
    """Where how much of each lot lies available."""
    lying: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (lot_id, place, status), units in sorted(book.stock.items()):
        if place > 0 and status == AVAILABLE and units:
            lying[lot_id].append((place, units))
    return lying
