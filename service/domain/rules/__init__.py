"""One rule for each type of movement: book and command in, decision or DomainError out. No rule changes the book.

    decide(book, party, movement_id, command) -> Decision      then      book.post(decision)

`decide` is the whole of what may happen to stock: it is called by the ledger on locked rows and by the state machine of
`tests/service/domain/test_life_of_stock.py` on a book in memory.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Command
from service.domain.covers import covers_of
from service.domain.decision import Decision
from service.domain.errors import BadEventTime, EmptyMovement
from service.domain.identifiers import check_document_type, check_text
from service.domain.rules import (
    arrivals,
    counts,
    departures,
    handoffs,
    inside,
    pallets,
    recalls,
    transfers,
    transformations,
)
from service.domain.things import Party

MAX_LINES = 100
CLOCK_SKEW = timedelta(minutes=5)

Rule = Callable[[Book, Party, UUID, Any], Decision]

_RULES: dict[str, Rule] = {
    "register": arrivals.register,
    "receive": arrivals.receive,
    "take_back": arrivals.take_back,
    "move": inside.move,
    "pick": inside.pick,
    "hold": inside.hold,
    "release": inside.release,
    "count": counts.count,
    "split": transformations.split,
    "merge": transformations.merge,
    "repack": transformations.repack,
    "produce": transformations.produce,
    "rework": transformations.rework,
    "pack": pallets.pack,
    "unpack": pallets.unpack,
    "relocate": pallets.relocate,
    "offer": handoffs.offer,
    "accept": handoffs.accept,
    "refuse": handoffs.refuse,
    "withdraw": handoffs.withdraw,
    "settle": handoffs.settle,
    "send": transfers.send,
    "arrive": transfers.arrive,
    "ship": departures.ship,
    "return": departures.return_,
    "destroy": departures.destroy,
    "recall": recalls.recall,
    "lift": recalls.lift,
}

MAY_BE_WITHOUT_LINES = ("accept", "arrive", "unpack")


def decide(book: Book, party: Party, movement: UUID, command: Command) -> Decision:
    """What this command does to this book; raises DomainError, and in no case changes the book."""
    _check_shape(book, command)
    decision = _RULES[command.type](book, party, movement, command)
    book.check(decision.legs)
    covers = covers_of(book, party, command, decision.legs)
    return replace(decision, covers=covers) if covers else decision


def _check_shape(book: Book, command: Command) -> None:
    for name in ("lines", "outputs"):
        given = len(getattr(command, name, (None,)))
        if given > MAX_LINES or (given == 0 and command.type not in MAY_BE_WITHOUT_LINES):
            raise EmptyMovement(given)
    if command.reason is not None:
        check_text("reason", command.reason)
    for document in command.documents:
        check_document_type(document.type)
        check_text("document", document.id)
    if command.event_time is not None:
        if command.event_time.utcoffset() is None:
            raise BadEventTime("a time with its offset", command.event_time.isoformat())
        if command.event_time > book.now + CLOCK_SKEW:
            raise BadEventTime(f"at most {book.now + CLOCK_SKEW:%Y-%m-%dT%H:%M:%S%z}", command.event_time.isoformat())
