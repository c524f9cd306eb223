"""A small world for the tests of the ledger: three companies, their items and places, and short words for movements."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import Engine, Row, text

import anchoring
from service.audit.warehouse import audit_movements
from service.domain import commands as c
from service.keys.keyring import Keyring
from service.ledger import (
    MovementRequest,
    NewItem,
    Outcome,
    Recorded,
    Refused,
    Scribe,
    create_item,
    create_location,
    create_party,
    create_site,
    ledger_audit,
    record,
)
from service.ledger.audit import Finding

ORIGIN = "log.example.com/lotproof"
MEDICINE = NewItem(code="MED", name="Medicine 10 mg", gtin="09506000134352", needs_expiry=True,
                   shelf_life_days=365)
MILK = NewItem(code="MILK", name="Milk", gtin="09506000117515", unit="LTR", decimals=3)
BOTTLE = NewItem(code="BOTTLE", name="Bottle", count_tolerance=100, content=Decimal("0.5"), content_unit="LTR")
OWN = NewItem(code="SALT", name="Salt, loose", unit="KGM", decimals=2)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class World:
    """`maker`, `shop` and `depot`, each with site S1 (Asia/Shanghai), locations A, B, Q (quarantine) and D (dock), and
    site S2 (America/New_York) with location A. In a copy of a database in which they are, they are found."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        self.scribe = Scribe(ORIGIN, Keyring(bytes(range(32))), self.clock, os.urandom)
        if not self.all("SELECT FROM warehouse.party WHERE code = 'maker'"):
            self.furnish()

    def furnish(self) -> None:
        with self.engine.begin() as connection:
            for party in ("maker", "shop", "depot"):
                create_party(connection, self.scribe, party, party.title())
                for item in (MEDICINE, MILK, OWN, BOTTLE):
                    create_item(connection, party, item)
                create_site(connection, party, "S1", "Site", "Asia/Shanghai")
                for code, kind in (("A", "storage"), ("B", "storage"), ("Q", "quarantine"), ("D", "dock")):
                    create_location(connection, party, "S1", code, kind=kind)
                create_site(connection, party, "S2", "Second site", "America/New_York")
                create_location(connection, party, "S2", "A", kind="storage")

    def request(self, party: str, command: c.Command, id: UUID | None = None) -> MovementRequest:
        return MovementRequest(party, "tester", id or uuid4(), command)

    def try_all(self, *requests: MovementRequest) -> list[Outcome]:
        return record(self.engine, self.scribe, requests)

    def ask(self, party: str, command: c.Command, id: UUID | None = None) -> Outcome:
        return self.try_all(self.request(party, command, id))[0]

    def do(self, party: str, command: c.Command, id: UUID | None = None) -> Recorded:
        outcome = self.ask(party, command, id)
        assert isinstance(outcome, Recorded), outcome
        return outcome

    def refused(self, party: str, command: c.Command, id: UUID | None = None) -> str:
        outcome = self.ask(party, command, id)
        assert isinstance(outcome, Refused), outcome
        return outcome.error.slug

    def all(self, query: str, **values: object) -> list[Row[tuple[object, ...]]]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def one(self, query: str, **values: object) -> Row[tuple[object, ...]]:
        row, = self.all(query, **values)
        return row

    def stock(self, party: str, lot: str, item: str = "MED") -> dict[tuple[str, str], int]:
        """What the party holds of a lot, by place and status."""
        rows = self.all(
            "SELECT s.code || '/' || l.code, b.status, b.units FROM warehouse.balance b"
            " JOIN warehouse.lot o ON o.id = lot_id"
            " JOIN warehouse.item i ON i.id = o.item_id JOIN warehouse.party p ON p.id = o.party_id"
            " JOIN warehouse.location l ON l.id = b.place JOIN warehouse.site s ON s.id = l.site_id"
            " WHERE p.code = :party AND o.number = :lot AND i.code = :item AND units <> 0",
            party=party, lot=lot, item=item)
        return {(place, status): units for place, status, units in rows}

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = ("warehouse.lot", "warehouse.movement", "warehouse.leg", "warehouse.balance", "warehouse.handoff",
                  "warehouse.handoff_line", "warehouse.lot_descent", "warehouse.statement", "warehouse.disclosure",
                  "ledger.submission")
        return {table: self.one(f"SELECT count(*) FROM {table}")[0] for table in tables}

    def audit(self) -> list[Finding | anchoring.Finding]:
        """The rules over all rows, and every row against its movement's journal and statement."""
        with self.engine.connect() as connection:
            return [*ledger_audit(connection), *audit_movements(connection, ORIGIN)]


def register(lot: str, quantity: str = "1000", item: str = "MED", to: str = "S1/A", **fields: object) -> c.Register:
    if item == "MED":
        fields.setdefault("expiry_date", datetime(2027, 6, 30).date())
    return c.Register(to=to, lines=(c.NewLotLine(item, lot, quantity, **fields),))  # type: ignore[arg-type]


def line(lot: str, quantity: str, item: str = "MED", status: c.Status | None = None) -> tuple[c.Line, ...]:
    return (c.Line(item, lot, quantity, status),)
