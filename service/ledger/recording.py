"""Recording movements: the only writer of stock.

One call is one transaction, for one request or a thousand, but where what it needs cannot be known at its beginning
(`_cut`). What the requests name is locked and loaded (`load`), the rule decides on each in order, in memory
(`service.domain.rules`), what it allows is signed, and all of it is written at once (`write`): movement, legs,
balances, statement and submission to the log exist together or not at all. A refused request changes nothing and does
not disturb the others.

Exactly once (INV-X1): a request that is recorded already is answered from its row; the same id with other content is
refused. Crash before the commit: nothing happened, the client asks again. Crash after it: the client asks again, and
gets the answer it missed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, Engine

from service.domain.commands import Accept, Arrive, Command, Lift, Offer, Recall, Refuse, Send, Settle, Withdraw
from service.domain.decision import Decision
from service.domain.errors import DomainError, MovementIdTaken
from service.domain.rules import decide
from service.domain.things import Party
from service.ledger import queries
from service.ledger.adding import driver
from service.ledger.commitments import commitments, committed, salted
from service.ledger.content import content_hash, content_of
from service.ledger.drawing import draw
from service.ledger.durably import durably
from service.ledger.journal import journal_hash, journal_of
from service.ledger.load import Earlier, Loaded, load
from service.ledger.newest import check_newest
from service.ledger.requests import MovementRequest, Outcome, Recorded, Refused, Scribe
from service.ledger.write import write
from service.ledger.written import Written
from service.statements.event import event_of
from service.statements.reference import reference_of
from service.statements.sdjwt import Signer, issue_movement


def record(
    engine: Engine, scribe: Scribe, requests: Sequence[MovementRequest],
    before: Callable[[Connection], None] = lambda _: None,
) -> list[Outcome]:
    """Record in transactions of its own; on return, what is Recorded is durable. `before` begins each of them, and
    whatever it raises undoes that one and ends the call.

    Each part of a call that must be cut has its own: in one, a later part would take its locks while those of the
    earlier are held, and no order of locks could hold any more. Nothing is lost by it, since each request stands for
    itself and whoever gets no answer asks again.
    """
    outcomes: list[Outcome] = []
    for part in _parts(requests):
        outcomes += durably(engine, partial(_record_after, before, scribe=scribe, requests=part))
    return outcomes


def record_movements(
    connection: Connection, scribe: Scribe, requests: Sequence[MovementRequest]
) -> list[Outcome]:
    """One outcome for each request, in order; nothing is visible or durable before the caller commits.

    Where the call must be cut (see `_cut`), the caller's transaction may be chosen to end a deadlock with another.
    """
    return [outcome for part in _parts(requests) for outcome in _record_part(connection, scribe, part)]


def _record_after(
    before: Callable[[Connection], None], connection: Connection, scribe: Scribe, requests: Sequence[MovementRequest]
) -> list[Outcome]:
    before(connection)
    return _record_part(connection, scribe, requests)


def _parts(requests: Sequence[MovementRequest]) -> Iterator[Sequence[MovementRequest]]:
    while requests:
        cut = _cut(requests) or len(requests)
        yield requests[:cut]
        requests = requests[cut:]


def _record_part(connection: Connection, scribe: Scribe, requests: Sequence[MovementRequest]) -> list[Outcome]:
    raw = driver(connection)
    loaded = load(raw, scribe, requests)
    numbers = draw(raw, queries.NEXT_NUMBERS, len(requests))  # those of refused requests stay unused
    call = _Call(scribe, loaded, iter(numbers))
    outcomes = [call.take(request) for request in requests]
    if call.written:
        lots = {lot for written in call.written for lot in written.lots}
        check_newest(connection, scribe.origin, lots, call.recorded_at)
        write(connection, scribe.origin, call.written)
    return outcomes


class _Call:
    """One call on its way: the book changes from request to request, and what was written is known to the next."""

    def __init__(self, scribe: Scribe, loaded: Loaded, numbers: Iterator[int]) -> None:
        self.scribe = scribe
        self.loaded = loaded
        self.numbers = numbers
        self.recorded_at = int(loaded.book.now.timestamp() * 1000)
        self.written: list[Written] = []

    def take(self, request: MovementRequest) -> Outcome:
        content = content_of(request.command)
        try:
            party = self.loaded.book.party(request.party)
            earlier = self.loaded.earlier.get((party.id, request.id))
            if earlier is not None:
                return _again(request, earlier, content_hash(committed(content, commitments(content, earlier.parts))))
            signer = self.loaded.signer(party)
            self.loaded.book.for_order = request.for_order
            decision = decide(self.loaded.book, party, request.id, request.command)
        except DomainError as error:
            return Refused(request.id, error)
        return self._sign(party, signer, request, content, decision)

    def _sign(
        self, party: Party, signer: Signer, request: MovementRequest, content: bytes, decision: Decision
    ) -> Recorded:
        command, book, number = request.command, self.loaded.book, next(self.numbers)
        parts = salted(command, self.scribe.random)
        hidden = commitments(content, parts)
        hashed = content_hash(committed(content, hidden))
        journal = journal_of(number, party.id, request.id, command.type, request.actor, self.recorded_at, hashed,
                             hidden, decision, self.scribe.random)  # fmt: skip
        event = event_of(
            party, request.id, command, decision, book.now, journal_hash(journal), request.captured
        )  # fmt: skip
        statement = issue_movement(
            signer,
            issuer=party.uri, movement=str(request.id), issued_at=self.recorded_at // 1000, origin=self.scribe.origin,
            lots=event.lots, properties=event.properties, lists=event.lists,
            reference=reference_of(decision), random=self.scribe.random,
        )
        if decision.handoff is not None and decision.handoff.state == "offered":
            decision = replace(decision, handoff=replace(decision.handoff, statement=statement.statement_hash))
        book.post(decision)
        self.written.append(Written(number, party, request.id, command.type, request.actor, self.recorded_at, content,
                                    parts, hashed, journal, decision, statement, event.uris))
        recorded = Recorded(request.id, command.type, self.recorded_at, statement.statement_hash, event.uris)
        self.loaded.earlier[party.id, request.id] = Earlier(
            command.type, self.recorded_at, statement.statement_hash, hashed, event.uris, parts)
        return recorded


def _again(request: MovementRequest, earlier: Earlier, hashed: bytes) -> Recorded:
    if earlier.content_hash != hashed:
        raise MovementIdTaken(str(request.id), earlier.content_hash.hex(), hashed.hex())
    return Recorded(request.id, earlier.type, earlier.recorded_at, earlier.statement_hash, earlier.lots, replayed=True)


def _cut(requests: Sequence[MovementRequest]) -> int | None:
    """Where a call must be cut because what was loaded for its beginning is not enough for what follows.

    An answer locks the handoff it finds, so it cannot stand in one call with its own offer. A recall changes what is
    true of whole families of lots, so it stands alone.
    """
    offered: set[UUID] = set()
    for at, request in enumerate(requests):
        command = request.command
        if isinstance(command, Recall | Lift):
            return at or (1 if len(requests) > 1 else None)
        if isinstance(command, Offer | Send):
            offered.add(request.id)
        elif _answered(command) in offered:
            return at
    return None


def _answered(command: Command) -> UUID | None:
    """The handoff or transfer that this command is about."""
    if isinstance(command, Arrive):
        return command.transfer
    return command.handoff if isinstance(command, Accept | Refuse | Withdraw | Settle) else None
