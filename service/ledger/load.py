"""Fills the book with what a call's requests name, locked: after this, what the rules see cannot change under them.

Locks are taken in one order by every writer: parties, handoffs, lots; within each by id. Which movements are recorded
already is asked last, when all locks are held: of two calls with the same request, the second then sees the first.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver

from service.domain.book import Book, NamesLots
from service.domain.commands import Accept, Command, NewLotLine, Offer, Receive, Refuse, Register, Split
from service.domain.decision import Account
from service.domain.errors import DomainError
from service.domain.lots import label_uri
from service.domain.things import Handoff, HandoffLine, Item, Location, Lot, Party, Site
from service.keys.keyring import SigningKey
from service.ledger import queries
from service.ledger.requests import MovementRequest, Scribe
from service.statements.places import location_uri, site_uri
from verifier.uri import lot_uri, own_lot_uri

Known = list[tuple[Party, MovementRequest]]
LOT_ID_BLOCK = 100
NAMES_LOTS = (Register, Receive, Split, Accept)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A movement that is in the ledger already, as far as a retry needs it."""

    type: str
    recorded_at: int
    statement_hash: bytes
    content_hash: bytes
    lots: tuple[str, ...]


@dataclass(slots=True)
class Loaded:
    """The book, and what belongs to writing but not to the rules."""

    book: Book
    signers: dict[int, SigningKey] = field(default_factory=dict)
    earlier: dict[tuple[int, UUID], Earlier] = field(default_factory=dict)


def load(raw: Driver[Any], scribe: Scribe, requests: Sequence[MovementRequest]) -> Loaded:
    """Everything these requests name, as it is now that we hold it."""
    book = Book(scribe.now(), _namer(scribe.host), _lot_ids(raw))
    loaded = Loaded(book)
    _load_parties(raw, scribe, loaded, requests)
    known = [(book.parties[request.party], request) for request in requests if request.party in book.parties]
    _load_items(raw, book, known)
    _load_locations(raw, book, known)
    wanted = LotsWanted()
    _load_handoffs(raw, book, known, wanted)
    _load_lots(raw, book, known, wanted)
    _load_stock(raw, book)
    _load_earlier(raw, loaded, known)
    book.now = scribe.now()  # time passed while we waited for locks, perhaps midnight
    return loaded


def _load_parties(raw: Driver[Any], scribe: Scribe, loaded: Loaded, requests: Iterable[MovementRequest]) -> None:
    naming = {request.party for request in requests if isinstance(request.command, NAMES_LOTS)}
    signing = {request.party for request in requests} - naming
    named = {request.command.to_party for request in requests if isinstance(request.command, Offer)} - naming - signing
    for query, codes in ((queries.PARTIES_THAT_NAME_LOTS, naming), (queries.PARTIES_THAT_SIGN, signing),
                         (queries.PARTIES, named)):
        for row in raw.execute(query, [list(codes)]) if codes else ():
            loaded.book.add_party(Party(*row))
    ids = [party.id for party in loaded.book.parties.values() if party.code not in named]
    for party_id, kid, sealed in raw.execute(queries.NEWEST_KEYS, [ids]):
        party = loaded.book.parties_by_id[party_id]
        loaded.signers[party_id] = scribe.keyring.unseal(party.code, kid, sealed)


def _load_items(raw: Driver[Any], book: Book, known: Known) -> None:
    keys = {(party.id, code) for party, request in known for code in _item_codes(request.command)}
    if keys:
        _add_items(book, raw.execute(queries.ITEMS, _columns(keys, 2)))


def _add_items(book: Book, rows: Iterable[Any]) -> None:
    for row in rows:
        book.add_item(Item(*row))


def _load_locations(raw: Driver[Any], book: Book, known: Known) -> None:
    keys = set()
    for party, request in known:
        for name in _location_names(request.command):
            site, slash, code = name.partition("/")
            if slash:
                keys.add((party.id, site, code))
    if keys:
        _add_locations(book, raw.execute(queries.LOCATIONS, _columns(keys, 3)))


def _add_locations(book: Book, rows: Iterable[Any]) -> None:
    sites: dict[int, Site] = {}
    for id, code, kind, site_id, party_id, site_code, zone, gln, party_uri in rows:
        site = sites.get(site_id)
        if site is None:
            site = sites[site_id] = Site(site_id, party_id, site_code, zone, site_uri(party_uri, site_code, gln))
        book.add_location(Location(id, site, code, location_uri(site.uri, code, gln), kind))


@dataclass(slots=True)
class LotsWanted:
    """Keys of lots to lock: by record, number and name. `offered`: item and number of the lots of answered handoffs."""

    ids: set[int] = field(default_factory=set)
    offered: dict[int, tuple[int, str]] = field(default_factory=dict)
    numbers: set[tuple[int, str]] = field(default_factory=set)
    uris: set[tuple[int, str]] = field(default_factory=set)


def _load_handoffs(raw: Driver[Any], book: Book, known: Known, wanted: LotsWanted) -> None:
    """Answered handoffs with all that hangs on them on both sides, and offers whose id the receiver has seen before."""
    keys = set()
    for party, request in known:
        command = request.command
        if isinstance(command, Accept | Refuse):
            keys.add((party.id, command.handoff))
        elif isinstance(command, Offer) and command.to_party in book.parties:
            keys.add((book.parties[command.to_party].id, request.id))
    rows = raw.execute(queries.HANDOFFS, _columns(keys, 2)).fetchall() if keys else []
    if rows:
        _load_sides(raw, book, rows, wanted)
        for party, request in known:
            if isinstance(request.command, Accept):
                _want_own_lots(book, party, request.command, wanted)


def _load_sides(raw: Driver[Any], book: Book, rows: Sequence[Any], wanted: LotsWanted) -> None:
    receivers = {row[0]: row[3] for row in rows}
    lines: dict[int, list[HandoffLine]] = {row[0]: [] for row in rows}
    items = set()
    for movement, lot_id, units, uri, item_id, number in raw.execute(queries.HANDOFF_LINES, [list(receivers)]):
        lines[movement].append(HandoffLine(lot_id, units))
        wanted.offered[lot_id] = (item_id, number)
        wanted.ids.add(lot_id)
        wanted.uris.add((receivers[movement], uri))
        items.add(item_id)
    for party in raw.execute(queries.PARTIES_BY_ID, [[row[2] for row in rows]]):
        book.add_party(Party(*party))
    _add_items(book, raw.execute(queries.ITEMS_BY_ID, [list(items)]))
    gtins = {(receiver, book.items_by_id[item].gtin) for receiver in receivers.values() for item in items}
    _add_items(book, raw.execute(queries.ITEMS_BY_GTIN, _columns(gtins, 2)))
    _add_locations(book, raw.execute(queries.LOCATIONS_BY_ID, [[row[4] for row in rows]]))
    for movement, id, sender, receiver, place, state, statement in rows:
        book.add_handoff(Handoff(id, sender, receiver, place, tuple(lines[movement]), statement, state))


def _want_own_lots(book: Book, party: Party, command: Accept, wanted: LotsWanted) -> None:
    """The receiver's lots that have the numbers of the offered ones, in whichever of its items may take them in."""
    handoff = book.handoffs.get((party.id, command.handoff))
    said = {match.theirs: match.ours for match in command.items}
    for line in handoff.lines if handoff else ():
        item_id, number = wanted.offered[line.lot_id]
        theirs = book.items_by_id[item_id]
        for ours in (book.items.get((party.id, said.get(theirs.code, ""))),
                     book.items_by_gtin.get((party.id, theirs.gtin or ""))):
            if ours is not None:
                wanted.numbers.add((ours.id, number))


def _load_lots(raw: Driver[Any], book: Book, known: Known, wanted: LotsWanted) -> None:
    for party, request in known:
        for code, number in _lot_names(request.command):
            item = book.items.get((party.id, code))
            if item is not None:
                wanted.numbers.add((item.id, number))
        for line in _new_lots(request.command):
            item = book.items.get((party.id, line.item))
            if item is not None:
                wanted.numbers.add((item.id, line.lot))
                wanted.uris |= _possible_uri(book, party, item, line)
    keys = (*_columns(wanted.numbers, 2), *_columns(wanted.uris, 2), list(wanted.ids))
    if any(keys):
        for row in raw.execute(queries.LOTS, keys):
            book.add_lot(Lot(*row))


def _possible_uri(book: Book, party: Party, item: Item, line: NewLotLine) -> set[tuple[int, str]]:
    """The URI under which the lot may be known already; what the rule will refuse has none."""
    try:
        return {(party.id, label_uri(book, party, item, line))}
    except DomainError:
        return set()


def _load_stock(raw: Driver[Any], book: Book) -> None:
    if book.lots_by_id:
        for lot_id, place, status, units in raw.execute(queries.STOCK, [list(book.lots_by_id)]):
            book.stock[Account(lot_id, place, status)] = units


def _load_earlier(raw: Driver[Any], loaded: Loaded, known: Known) -> None:
    keys = {(party.id, request.id) for party, request in known}
    if keys:
        for party_id, id, type, at, statement, content, lots in raw.execute(queries.RECORDED, _columns(keys, 2)):
            loaded.earlier[party_id, id] = Earlier(type, at, statement, content, tuple(lots))


def _item_codes(command: Command) -> Iterator[str]:
    for line in getattr(command, "lines", ()):
        yield line.item
    if isinstance(command, Split):
        yield command.item
    if isinstance(command, Accept):
        yield from (match.ours for match in command.items)


def _location_names(command: Command) -> Iterator[str]:
    for name in ("from_", "to", "at"):
        if hasattr(command, name):
            yield getattr(command, name)


def _lot_names(command: Command) -> Iterator[tuple[str, str]]:
    """Item and number of the lots that must exist."""
    if isinstance(command, Split):
        yield command.item, command.lot
    elif not isinstance(command, Register | Receive):
        for line in getattr(command, "lines", ()):
            yield line.item, line.lot


def _new_lots(command: Command) -> Iterator[NewLotLine]:
    """Lots that may come into being."""
    if isinstance(command, Register | Receive):
        yield from command.lines
    elif isinstance(command, Split):
        yield from (NewLotLine(command.item, output.lot, output.quantity) for output in command.outputs)


def _namer(host: str) -> NamesLots:
    def name_lot(party: Party, item: Item, number: str) -> str:
        if item.gtin is not None:
            return lot_uri(item.gtin, number)
        return own_lot_uri(host, party.code, item.code, number)

    return name_lot


def _lot_ids(raw: Driver[Any]) -> Iterator[int]:
    """New ids, a block at a time and only when a lot begins; those that are left over are never used."""
    while True:
        yield from (id for id, in raw.execute(queries.NEXT_LOT_IDS, [LOT_ID_BLOCK]).fetchall())


def _columns(keys: Collection[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """Keys as the columns that `unnest` takes."""
    return [list(column) for column in zip(*keys, strict=True)] if keys else [[] for _ in range(count)]
