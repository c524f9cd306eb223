"""One rule for each type of movement: book and command in, decision or DomainError out. No rule changes the book.

    decide(book, party, movement_id, command) -> Decision      then      book.post(decision)

`decide` is the whole of what may happen to stock: it is called by the ledger on locked rows and by the state machine of
`tests/service/domain/test_life_of_stock.py` on a book in memory.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Command
from service.domain.decision import Decision
from service.domain.errors import BadEventTime, EmptyMovement
from service.domain.identifiers import check_document_type, check_text
from service.domain.rules import arrivals, departures, handoffs, inside
from service.domain.things import Party

MAX_LINES = 100
CLOCK_SKEW = timedelta(minutes=5)

Rule = Callable[[Book, Party, UUID, Any], Decision]

_RULES: dict[str, Rule] = {
    "register": arrivals.register,
    "receive": arrivals.receive,
    "move": inside.move,
    "split": inside.split,
    "hold": inside.hold,
    "release": inside.release,
    "offer": handoffs.offer,
    "accept": handoffs.accept,
    "refuse": handoffs.refuse,
    "ship": departures.ship,
    "destroy": departures.destroy,
}


def decide(book: Book, party: Party, movement: UUID, command: Command) -> Decision:
    """What this command does to this book; raises DomainError, and in no case changes the book."""
    _check_shape(book, command)
    decision = _RULES[command.type](book, party, movement, command)
    book.check(decision.legs)
    return decision


def _check_shape(book: Book, command: Command) -> None:
    for name in ("lines", "outputs"):
        if not 1 <= len(getattr(command, name, (None,))) <= MAX_LINES:
            raise EmptyMovement(len(getattr(command, name)))
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
