"""A book in memory: what the ledger loads from rows, filled by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

import pytest

from service.domain import commands as c
from service.domain.book import Book
from service.domain.decision import Decision
from service.domain.errors import DomainError
from service.domain.rules import decide
from service.domain.things import Item, Location, Party, Site
from verifier.uri import lot_uri, own_lot_uri

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXPIRY = date(2027, 6, 30)
PARTIES = ("maker", "shop", "depot")


def name_lot(party: Party, item: Item, number: str) -> str:
    if item.gtin is not None:
        return lot_uri(item.gtin, number)
    return own_lot_uri("log.example.com", party.code, item.code, number)


def make_book(now: datetime = NOON, zone: str = "Asia/Shanghai") -> Book:
    """Parties maker, shop and depot with items MED (GTIN, EA), MILK (GTIN, LTR, 3 decimals), SALT (no GTIN) and
    BOTTLE (no GTIN, EA, holds half a litre), and locations S1/A, S1/B, S1/Q (quarantine), S1/D (dock), S2/A."""
    book, ids = Book(now, name_lot, count(1), count(10_000)), count(1)
    for code in PARTIES:
        party = Party(next(ids), code, code.title(), f"https://log.example.com/party/{code}")
        book.add_party(party)
        book.add_item(Item(next(ids), party.id, "MED", "Medicine", "09506000134352", "EA", 0, 365, needs_expiry=True))
        book.add_item(Item(next(ids), party.id, "MILK", "Milk", "09506000117515", "LTR", 3))
        book.add_item(Item(next(ids), party.id, "SALT", "Salt", None, "KGM", 2, needs_manufacturer_lot=True))
        book.add_item(Item(next(ids), party.id, "BOTTLE", "Bottle", None, "EA", 0, count_tolerance=100,
                           content=Decimal("0.5"), content_unit="LTR"))
        site = Site(next(ids), party.id, "S1", zone, f"{party.uri}/S1")
        for place, kind in (("A", "storage"), ("B", "storage"), ("Q", "quarantine"), ("D", "dock")):
            book.add_location(Location(next(ids), site, place, f"{site.uri}/{place}", kind))  # type: ignore[arg-type]
        other = Site(next(ids), party.id, "S2", "America/New_York", f"{party.uri}/S2")
        book.add_location(Location(next(ids), other, "A", f"{other.uri}/A"))
    return book


def do(book: Book, party: str, command: c.Command, id: UUID | None = None) -> Decision:
    decision = decide(book, book.party(party), id or uuid4(), command)
    book.post(decision)
    return decision


def refused(book: Book, party: str, command: c.Command, kind: type[DomainError], id: UUID | None = None) -> DomainError:
    """The refusal of this command, of this very class; and nothing of it is in the book."""
    before = dict(book.stock), dict(book.lots_by_id), dict(book.handoffs)
    with pytest.raises(kind) as caught:
        decide(book, book.party(party), id or uuid4(), command)
    assert caught.type is kind
    assert (book.stock, book.lots_by_id, book.handoffs) == before
    return caught.value


def register(lot: str, quantity: str = "1000", item: str = "MED", to: str = "S1/A", **fields: object) -> c.Register:
    if item == "MED":
        fields.setdefault("expiry_date", EXPIRY)
    return c.Register(to=to, lines=(c.NewLotLine(item, lot, quantity, **fields),))  # type: ignore[arg-type]


def receive(lot: str, quantity: str = "1000", item: str = "MED", to: str = "S1/A", **fields: object) -> c.Receive:
    if item == "MED":
        fields.setdefault("expiry_date", EXPIRY)
    return c.Receive(to=to, supplier="Acme", lines=(c.NewLotLine(item, lot, quantity, **fields),))  # type: ignore[arg-type]


def line(lot: str, quantity: str, item: str = "MED", status: c.Status | None = None) -> tuple[c.Line, ...]:
    return (c.Line(item, lot, quantity, status),)


def stock(book: Book, party: str, lot: str, item: str = "MED") -> dict[tuple[str, str], int]:
    """What the party holds of a lot, by place and status; virtual places left out."""
    known = book.lots_by_number.get((book.item(book.party(party), item).id, lot))
    return {
        (book.locations_by_id[account.place].name, account.status): units
        for account, units in book.stock.items()
        if known is not None and account.lot_id == known.id and account.place > 0 and units
    }
