"""A party at work in one transaction: acts that consist of movements and of rows of their own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, text

from service.domain.commands import Command
from service.domain.errors import UnknownThing
from service.domain.signing import COMPANY_KEY
from service.ledger.content import content_hash
from service.ledger.durably import all_recorded
from service.ledger.recording import record_movements
from service.ledger.requests import MovementRequest, Recorded, Scribe

Movement = tuple[UUID, Command]


@dataclass(frozen=True, slots=True)
class Desk:
    """In whose name, by whose key (`actor`), and how whoever holds it is known (`service.domain.signing`)."""

    connection: Connection
    scribe: Scribe
    party_id: int
    party: str
    actor: str
    method: str = COMPANY_KEY
    proven_at: int | None = None

    @property
    def now(self) -> int:
        """Milliseconds."""
        return int(self.scribe.now().timestamp() * 1000)

    def record(self, movements: Sequence[Movement]) -> list[Recorded]:
        """All of them or none: raises the first refusal, and the caller's transaction ends."""
        requests = [MovementRequest(self.party, self.actor, id, command) for id, command in movements]
        return all_recorded(record_movements(self.connection, self.scribe, requests))

    def numbers(self, recorded: Sequence[Recorded]) -> list[int]:
        """The numbers of movements of this party, oldest first."""
        query = "SELECT number FROM warehouse.movement WHERE party_id = :party AND id = ANY(:ids) ORDER BY number"
        ids = [movement.id for movement in recorded]
        return [number for number, in self.ask(query, party=self.party_id, ids=ids)]

    def lock_lots(self, lots: Collection[int]) -> None:
        """Before stock is read to decide on it. The same order as `load`: movements that follow lock them again."""
        self.ask("SELECT id FROM warehouse.lot WHERE id = ANY(:lots) ORDER BY id FOR NO KEY UPDATE", lots=list(lots))

    def ask(self, query: str, **values: Any) -> list[Row[Any]]:
        return list(self.connection.execute(text(query), values))

    def change(self, statement: str, **values: Any) -> None:
        self.connection.execute(text(statement), values)

    def lot(self, item: str, number: str) -> int:
        """The id of one of the party's lots."""
        query = """SELECT l.id FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id
            WHERE l.party_id = :party AND i.code = :item AND l.number = :lot"""
        for id, in self.ask(query, party=self.party_id, item=item, lot=number):
            return int(id)
        raise UnknownThing(f"lot of {item}", number)

    def places(self, name: str) -> list[int]:
        """The ids of the party's place SITE/LOC, first, and of the pallets that stand there."""
        site, _, code = name.partition("/")
        query = """SELECT p.id FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
            JOIN warehouse.location p ON p.id = l.id OR p.within = l.id
            WHERE l.party_id = :party AND s.code = :site AND l.code = :code ORDER BY p.id <> l.id, p.id"""
        found = [int(id) for id, in self.ask(query, party=self.party_id, site=site, code=code)]
        if not found:
            raise UnknownThing("location", name)
        return found


def hash_of(asked: object) -> bytes:
    """By which a retry is recognised, and told from another request with the same id."""
    return content_hash(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS))
