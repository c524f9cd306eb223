"""Fills the book with what a call's requests name, locked: after this, what the rules see cannot change under them.

Locks are taken in one order by every writer: parties, pallets, handoffs, cases, lots; within each by id. Which
movements are recorded already is asked last, when all locks are held: of two calls with the same request, the second
then sees the first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection as Driver

from service.domain.book import Book, NamesLots
from service.domain.commands import Offer, Pack
from service.domain.key_errors import KeyIsElsewhere
from service.domain.things import Item, Party, Site
from service.ledger import named, queries
from service.ledger.commitments import Parts
from service.ledger.drawing import draw
from service.ledger.load_cases import load_cases, load_covers
from service.ledger.load_handoffs import load_handoffs
from service.ledger.load_lots import LotsWanted, load_families, load_lots, load_stock
from service.ledger.placing import add_locations, columns
from service.ledger.requests import MovementRequest, Scribe
from service.ledger.signers import signers_of
from service.statements.places import site_uri
from service.statements.sdjwt import Signer
from verifier.uri import lot_uri, own_lot_uri

Known = list[tuple[Party, MovementRequest]]
ID_BLOCK = 100


@dataclass(frozen=True, slots=True)
class Earlier:
    """A movement that is in the ledger already, as far as a retry needs it."""

    type: str
    recorded_at: int
    statement_hash: bytes
    content_hash: bytes
    lots: tuple[str, ...]
    parts: Parts


@dataclass(slots=True)
class Loaded:
    """The book, and what belongs to writing but not to the rules."""

    book: Book
    signers: dict[int, Signer] = field(default_factory=dict)
    earlier: dict[tuple[int, UUID], Earlier] = field(default_factory=dict)

    def signer(self, party: Party) -> Signer:
        """Who signs for the party; raises KeyIsElsewhere."""
        if party.id not in self.signers:
            raise KeyIsElsewhere(party.code)
        return self.signers[party.id]


def load(raw: Driver[Any], scribe: Scribe, requests: Sequence[MovementRequest]) -> Loaded:
    """Everything these requests name, as it is now that we hold it."""
    book = Book(scribe.now(), _namer(scribe.host), _ids(raw, queries.NEXT_LOT_IDS), _ids(raw, queries.NEXT_PLACE_IDS))
    loaded = Loaded(book)
    _load_parties(raw, scribe, loaded, requests)
    known = [(book.parties[request.party], request) for request in requests if request.party in book.parties]
    _load_items(raw, book, known)
    _load_sites(raw, book, known)
    _lock_pallets(raw, known)
    _load_locations(raw, book, known)
    wanted = LotsWanted()
    load_handoffs(raw, book, known, wanted)
    load_families(raw, book, known, wanted)
    load_cases(raw, book, known)
    load_lots(raw, book, known, wanted)
    load_stock(raw, book, known)
    load_covers(raw, book)
    _load_earlier(raw, loaded, known)
    book.now = scribe.now()  # time passed while we waited for locks, perhaps midnight
    return loaded


def _load_parties(raw: Driver[Any], scribe: Scribe, loaded: Loaded, requests: Iterable[MovementRequest]) -> None:
    naming = {request.party for request in requests if isinstance(request.command, named.NAMES_LOTS)}
    signing = {request.party for request in requests} - naming
    other = {request.command.to_party for request in requests if isinstance(request.command, Offer)} - naming - signing
    for query, codes in ((queries.PARTIES_THAT_NAME_LOTS, naming), (queries.PARTIES_THAT_SIGN, signing),
                         (queries.PARTIES, other)):
        for row in raw.execute(query, [list(codes)]) if codes else ():
            loaded.book.add_party(Party(*row))
    ids = [party.id for party in loaded.book.parties.values() if party.code not in other]
    loaded.signers.update(signers_of(raw, scribe.keyring, [loaded.book.parties_by_id[id] for id in ids]))


def _load_items(raw: Driver[Any], book: Book, known: Known) -> None:
    keys = {(party.id, code) for party, request in known for code in named.item_codes(request.command)}
    if keys:
        for row in raw.execute(queries.ITEMS, columns(keys, 2)):
            book.add_item(Item(*row))


def _load_sites(raw: Driver[Any], book: Book, known: Known) -> None:
    keys = {(party.id, code) for party, request in known if (code := named.site_code(request.command)) is not None}
    for id, party_id, code, zone, gln, party_uri in raw.execute(queries.SITES, columns(keys, 2)) if keys else ():
        book.add_site(Site(id, party_id, code, zone, site_uri(party_uri, code, gln)))


def _lock_pallets(raw: Driver[Any], known: Known) -> None:
    """Whoever packs, unpacks or carries a pallet does so alone; all others take the pallet for the place it is."""
    keys = {(party.id, code) for party, request in known if (code := named.pallet_code(request.command)) is not None}
    if keys:
        raw.execute(queries.LOCK_PALLETS, columns(keys, 2))


def _load_locations(raw: Driver[Any], book: Book, known: Known) -> None:
    places, pallets = set(), set()
    for party, request in known:
        for name in named.location_names(request.command):
            site, slash, code = name.partition("/")
            if slash:
                places.add((party.id, site, code))
        pallet = named.pallet_code(request.command)
        if pallet is not None:
            pallets.add((party.id, pallet))
        if isinstance(request.command, Pack):  # a place that is no pallet may have that name
            places.add((party.id, request.command.at.partition("/")[0], request.command.pallet))
    if places:
        add_locations(book, raw.execute(queries.LOCATIONS, columns(places, 3)))
    if pallets:
        add_locations(book, raw.execute(queries.PALLETS, columns(pallets, 2)))


def _load_earlier(raw: Driver[Any], loaded: Loaded, known: Known) -> None:
    keys = {(party.id, request.id) for party, request in known}
    if keys:
        for party_id, id, type, at, statement, hashed, lots, parts in raw.execute(queries.RECORDED, columns(keys, 2)):
            salted = orjson.loads(parts) if parts else {}
            loaded.earlier[party_id, id] = Earlier(type, at, statement, hashed, tuple(lots), salted)


def _namer(host: str) -> NamesLots:
    def name_lot(party: Party, item: Item, number: str) -> str:
        if item.gtin is not None:
            return lot_uri(item.gtin, number)
        return own_lot_uri(host, party.code, item.code, number)

    return name_lot


def _ids(raw: Driver[Any], query: str) -> Iterator[int]:
    """New ids, a block at a time and only when one is needed; those that are left over are never used."""
    while True:
        yield from draw(raw, query, ID_BLOCK)
