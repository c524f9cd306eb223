"""Statements of every kind of movement, issued as the ledger issues them, on a book in memory."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import pytest

from service.domain import commands as c
from service.domain.book import Book
from service.keys.keyring import SigningKey
from service.statements.event import event_of
from service.statements.sdjwt import Reference, Statement, issue_movement
from tests.service.domain.books import do, line, make_book, receive, register
from verifier import disclosure, statement

ORIGIN = "log.example.com/lotproof"
KEY = SigningKey.of_seed(bytes(range(32)))

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Issued:
    """A statement, and what it is about."""

    type: str
    id: UUID
    party: str
    lots: tuple[str, ...]
    statement: Statement

    @property
    def sdjwt(self) -> str:
        return self.statement.jwt + self.statement.disclosures

    def disclosed(self, lot: str | None = None) -> disclosure.Disclosed:
        """What the verifier reads in it, after checking form, signature and digests."""
        parts = statement.split(self.sdjwt)
        read = statement.read(parts.jwt, 1, ORIGIN)
        statement.check_signature(read, KEY.public)
        return disclosure.disclose(read, parts.disclosures, lot or self.lots[0])

    def event(self) -> dict[str, object]:
        """The event as anyone who sees everything puts it together; numbers as JSON has them."""
        seen = self.disclosed()
        assert not seen.hidden and all(listed.whole for listed in seen.lists.values())
        whole = dict(seen.properties) | {name: list(listed.shown) for name, listed in seen.lists.items()}
        return json.loads(json.dumps(whole, default=float))  # type: ignore[no-any-return]


def issue(book: Book, party: str, command: c.Command, id: UUID | None = None, random: Random = os.urandom) -> Issued:
    id = id or uuid4()
    decision, who = do(book, party, command, id), book.party(party)
    event = event_of(who, id, command, decision, book.now)
    handoff = decision.handoff
    reference = None
    if handoff is not None and handoff.state != "offered":
        reference = Reference({"accepted": "accepts", "refused": "refuses"}[handoff.state], bytes(32))
    made = issue_movement(
        KEY, issuer=who.uri, movement=str(id), issued_at=int(book.now.timestamp()), origin=ORIGIN, lots=event.lots,
        properties=event.properties, lists=event.lists, reference=reference, random=random)
    return Issued(command.type, id, party, event.uris, made)


def life_of_a_lot() -> list[Issued]:
    """One statement of each type and more, in the order of a lot's life."""
    book, accepted, refused = make_book(), uuid4(), uuid4()
    papers = (c.Document("po", "PO-88/7"), c.Document("desadv", "urn:example:desadv:D-1"))
    return [
        issue(book, "maker", register("A/90+(x)", "1000", production_date=date(2026, 11, 1))),
        issue(book, "maker", c.Register(to="S1/A", lines=register("L2").lines + register("M1", "12.5", "MILK").lines)),
        issue(book, "shop", c.Receive(to="S1/B", supplier="Müller & Söhne", documents=papers, lines=(
            *receive("I1", manufacturer_lot="A'\"B", traceability_lot_code="T-1").lines,
            *receive("M9", "0.001", "MILK").lines))),
        issue(book, "maker", c.Move(from_="S1/A", to="S1/B", lines=line("M1", "2.250", "MILK"))),
        issue(book, "maker", c.Split(at="S1/A", item="MED", lot="L2", outputs=(
            c.Output("L2-1", "3"), c.Output("L2-2", "4")))),
        issue(book, "maker", c.Hold(at="S1/A", reason="破損 \"dented\" \\ 5 %", lines=line("L2", "50"))),
        issue(book, "maker", c.Release(at="S1/A", lines=line("L2", "20"), approved_by=("q1", "q2"))),
        issue(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L2", "5"), documents=papers), accepted),
        issue(book, "shop", c.Accept(handoff=accepted, to="S1/A", documents=papers[:1])),
        issue(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L2", "7")), refused),
        issue(book, "shop", c.Refuse(handoff=refused, reason="not ordered")),
        issue(book, "shop", c.Ship(from_="S1/A", customer="Corner pharmacy", lines=line("L2", "1"))),
        issue(book, "maker", c.Destroy(from_="S1/A", lines=line("L2", "30", status="hold"),
                                       witnesses=("u1", "u2"), approved_by=("q1", "q2"),
                                       certificate="DC-9")),
    ]


@pytest.fixture(scope="session")
def life() -> list[Issued]:
    return life_of_a_lot()
