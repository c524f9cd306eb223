"""Handoffs that a call answers, withdraws or settles, with all that hangs on them on both sides."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection as Driver

from service.domain.book import Book
from service.domain.commands import Accept, Arrive, Offer, Refuse, Send, Settle, Withdraw
from service.domain.things import Handoff, HandoffLine, Item, Party
from service.ledger import queries
from service.ledger.load_lots import LotsWanted
from service.ledger.placing import add_locations, columns
from service.ledger.requests import MovementRequest

Known = list[tuple[Party, MovementRequest]]


def load_handoffs(raw: Driver[Any], book: Book, known: Known, wanted: LotsWanted) -> None:
    """Locked, in the order of their numbers; and which ids of new offers the receiver has seen before."""
    received, sent, offered = set(), set(), set()
    for party, request in known:
        command = request.command
        if isinstance(command, Accept | Refuse):
            received.add((party.id, command.handoff))
        elif isinstance(command, Arrive):
            received.add((party.id, command.transfer))
        elif isinstance(command, Withdraw | Settle):
            sent.add((party.id, command.handoff))
        elif isinstance(command, Send):
            received.add((party.id, request.id))
        elif isinstance(command, Offer) and command.to_party in book.parties:
            offered.add((book.parties[command.to_party].id, request.id))
    if offered:
        book.handoff_ids_taken |= set(raw.execute(queries.HANDOFF_IDS_TAKEN, columns(offered, 2)))
    if not received and not sent:
        return
    rows = raw.execute(queries.HANDOFFS, (*columns(received, 2), *columns(sent, 2))).fetchall()
    if rows:
        _load_sides(raw, book, rows, wanted)
        for party, request in known:
            if isinstance(request.command, Accept):
                _want_own_lots(book, party, request.command, wanted)


def _load_sides(raw: Driver[Any], book: Book, rows: Sequence[Any], wanted: LotsWanted) -> None:
    receivers = {row[0]: row[3] for row in rows}
    lines: dict[int, list[HandoffLine]] = {row[0]: [] for row in rows}
    items = set()
    for movement, lot_id, units, status, missing, uri, item_id, number in raw.execute(
        queries.HANDOFF_LINES, [list(receivers)]
    ):
        lines[movement].append(HandoffLine(lot_id, units, status, missing))
        wanted.offered[lot_id] = (item_id, number)
        wanted.ids.add(lot_id)
        wanted.uris.add((receivers[movement], uri))
        items.add(item_id)
    for party in raw.execute(queries.PARTIES_BY_ID, [[id for row in rows for id in row[2:4]]]):
        if party[0] not in book.parties_by_id:
            book.add_party(Party(*party))
    for item in raw.execute(queries.ITEMS_BY_ID, [list(items)]):
        book.add_item(Item(*item))
    gtins = {(receiver, book.items_by_id[item].gtin) for receiver in receivers.values() for item in items}
    for item in raw.execute(queries.ITEMS_BY_GTIN, columns(gtins, 2)):
        book.add_item(Item(*item))
    add_locations(book, raw.execute(queries.LOCATIONS_BY_ID, [[row[4] for row in rows]]))
    for movement, id, sender, receiver, place, state, statement, expires_at, to_site in rows:
        book.add_handoff(
            Handoff(id, sender, receiver, place, tuple(lines[movement]), statement, state, _moment(expires_at), to_site)
        )


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


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
