"""Statements of every kind of movement, issued as the ledger issues them, on a book in memory."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

import pytest

from service.domain import commands as c
from service.domain.book import Book
from service.domain.things import Location, Site
from service.keys.keyring import SigningKey
from service.statements.event import event_of
from service.statements.reference import reference_of
from service.statements.sdjwt import Statement, issue_movement
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
    event = event_of(who, id, command, decision, book.now, "A" * 43)
    if decision.handoff is not None:
        decision = replace(decision, handoff=replace(decision.handoff, statement=bytes(32)))
    made = issue_movement(
        KEY, issuer=who.uri, movement=str(id), issued_at=int(book.now.timestamp()), origin=ORIGIN, lots=event.lots,
        properties=event.properties, lists=event.lists,
        reference=reference_of(decision), random=random)
    return Issued(command.type, id, party, event.uris, made)


def life_of_a_lot() -> list[Issued]:
    """One statement of each type and more, in the order of lots' lives."""
    book = make_book()
    return [*_first_days(book), *_later_days(book)]


def _later_days(book: Book) -> list[Issued]:
    """What a warehouse does besides: pallets, transformations, counts, transfers, what goes wrong, recalls."""
    sscc, withdrawn, partly, sent = "095060000000000015", uuid4(), uuid4(), uuid4()
    second = Site(77, book.party("maker").id, "S2", "Asia/Shanghai", "https://log.example.com/party/maker/S2")
    book.add_location(Location(78, second, "A", f"{second.uri}/A"))
    book.add_location(Location(79, book.site(book.party("maker"), "S1"), "D", "https://x.example/D", "dock"))
    two = {"approved_by": ("q1", "q2")}
    return [
        issue(book, "maker", register("N1", "100")),
        issue(book, "maker", register("N2", "100", expiry_date=date(2027, 5, 31))),
        issue(book, "maker", c.Merge(at="S1/A", lines=line("N1", "60") + line("N2", "40"), lot="N3")),
        issue(book, "maker", c.Repack(at="S1/A", lines=line("N3", "50"), loss="2", outputs=(
            c.NewLotLine("MED", "N4", "48"),))),
        issue(book, "maker", c.Produce(at="S1/A", lines=line("N4", "8"), outputs=(
            c.NewLotLine("SALT", "N5", "8", quality="passed", manufacturer_lot="N5"),))),
        issue(book, "maker", c.Hold(at="S1/A", reason="torn", lines=line("N4", "10"))),
        issue(book, "maker", c.Rework(at="S1/A", reason="new foil", lines=line("N4", "10"), outputs=(
            c.NewLotLine("MED", "N6", "10"),))),
        issue(book, "maker", c.Pack(at="S1/A", pallet=sscc, lines=line("N3", "30"))),
        issue(book, "maker", c.Relocate(from_=f"S1/{sscc}", to="S1/B")),
        issue(book, "maker", c.Unpack(from_=f"S1/{sscc}", lines=line("N3", "10"))),
        issue(book, "maker", c.Pick(from_=f"S1/{sscc}", to="S1/D", lines=line("N3", "5"))),
        issue(book, "maker", c.Count(at="S1/B", counted_by="w1", approved_by="q1", lines=(
            c.CountLine("MED", "N3", "9"), c.CountLine("MED", "N4", "0")))),
        issue(book, "maker", c.Send(from_="S1/D", to_site="S2", lines=line("N3", "5")), sent),
        issue(book, "maker", c.Arrive(transfer=sent, to="S2/A", lines=(c.AnswerLine(1, "4"),))),
        issue(book, "maker", c.Settle(handoff=sent, line=1, approved_by="q1", to="S1/D", reason="under the truck")),
        issue(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("N1", "5")), withdrawn),
        issue(book, "maker", c.Withdraw(handoff=withdrawn, reason="wrong customer")),
        issue(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("N1", "9") + line("N2", "9")), partly),
        issue(book, "shop", c.Accept(handoff=partly, to="S1/A", lines=(
            c.AnswerLine(1, "5", "3"), c.AnswerLine(2, "0", "9")))),
        issue(book, "shop", c.TakeBack(to="S1/Q", customer="Corner pharmacy", reason="wrong", lines=line("L2", "1"))),
        issue(book, "maker", c.Return(from_="S1/A", supplier="Acme", reason="torn", lines=line("N6", "10"))),
        issue(book, "maker", c.Recall(item="MED", lot="N1", reason="glass")),
        issue(book, "maker", c.Lift(item="MED", lot="N1", reason="it was sugar", **two)),
    ]


def _first_days(book: Book) -> list[Issued]:
    accepted, refused = uuid4(), uuid4()
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
