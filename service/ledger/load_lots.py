"""Lots that a call names, locked in the order of their ids, and the stock of each."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection as Driver

from service.domain.book import Book
from service.domain.commands import Lift, NewLotLine, Recall
from service.domain.decision import Account
from service.domain.errors import DomainError
from service.domain.lots import label_uri
from service.domain.reservations import Reservation
from service.domain.things import Item, Lot, Party
from service.ledger import named, queries
from service.ledger.placing import columns
from service.ledger.requests import MovementRequest

Known = list[tuple[Party, MovementRequest]]


@dataclass(slots=True)
class LotsWanted:
    """Keys of lots to lock: by record, number and name. `offered`: item and number of the lots of answered handoffs."""

    ids: set[int] = field(default_factory=set)
    offered: dict[int, tuple[int, str]] = field(default_factory=dict)
    numbers: set[tuple[int, str]] = field(default_factory=set)
    uris: set[tuple[int, str]] = field(default_factory=set)


def load_families(raw: Driver[Any], book: Book, known: Known, wanted: LotsWanted) -> None:
    """Of lots that are recalled: all that was made of them. Nothing can be added meanwhile, the party is locked."""
    roots = set()
    for party, request in known:
        item = isinstance(request.command, Recall | Lift) and book.items.get((party.id, request.command.item))
        if item and isinstance(request.command, Recall | Lift):
            roots.add((item.id, request.command.lot))
    families = defaultdict(list)
    for root, child in raw.execute(queries.FAMILIES, columns(roots, 2)) if roots else ():
        families[root].append(child)
    for root, children in families.items():
        book.descendants[root] = tuple(children)
        wanted.ids |= {root, *children}
    for child, parent, recall in raw.execute(queries.PARENTS, [list(wanted.ids)]) if families else ():
        book.parents.setdefault(child, {})[parent] = recall


def load_lots(raw: Driver[Any], book: Book, known: Known, wanted: LotsWanted) -> None:
    """Lock and load; lots that appear on a pallet that is taken whole, too."""
    for party, request in known:
        _want_named(book, party, request, wanted)
        pallet = book.pallets.get((party.id, named.pallet_code(request.command) or ""))
        if pallet is not None and named.takes_all(request.command):
            wanted.ids |= {id for id, in raw.execute(queries.LOTS_ON, [pallet.id])}
    keys = (*columns(wanted.numbers, 2), *columns(wanted.uris, 2), list(wanted.ids))
    if any(keys):
        for row in raw.execute(queries.LOTS, keys):
            book.add_lot(Lot(*row))
    unknown = {lot.item_id for lot in book.lots_by_id.values()} - book.items_by_id.keys()
    for row in raw.execute(queries.ITEMS_BY_ID, [list(unknown)]) if unknown else ():
        book.add_item(Item(*row))


def load_stock(raw: Driver[Any], book: Book, known: Known) -> None:
    """What lies where; and what is promised to orders, if anything may leave."""
    if book.lots_by_id:
        for lot_id, place, status, units in raw.execute(queries.STOCK, [list(book.lots_by_id)]):
            book.stock[Account(lot_id, place, status)] = units
    if book.lots_by_id and any(isinstance(request.command, named.TAKES_OUT) for _, request in known):
        for lot_id, place, *reserved in raw.execute(queries.RESERVED, [list(book.lots_by_id), book.now]):
            order, units, expires_at, number = reserved
            book.promised.setdefault((lot_id, place), []).append(Reservation(order, units, expires_at, number))


def _want_named(book: Book, party: Party, request: MovementRequest, wanted: LotsWanted) -> None:
    for code, number in named.lot_names(request.command):
        item = book.items.get((party.id, code))
        if item is not None:
            wanted.numbers.add((item.id, number))
    for line in named.new_lots(request.command):
        item = book.items.get((party.id, line.item))
        if item is not None:
            wanted.numbers.add((item.id, line.lot))
            wanted.uris |= _possible_uri(book, party, item, line)


def _possible_uri(book: Book, party: Party, item: Item, line: NewLotLine) -> set[tuple[int, str]]:
    """The URI under which the lot may be known already; what the rule will refuse has none."""
    try:
        return {(party.id, label_uri(book, party, item, line))}
    except DomainError:
        return set()
