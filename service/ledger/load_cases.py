"""Quarantine cases that a call names, locked, and what of the locked lots is under open cases."""

from typing import Any

from psycopg import Connection as Driver

from service.domain.book import Book
from service.domain.cases import OpenCase
from service.domain.covers import carries
from service.domain.things import Party
from service.ledger import queries
from service.ledger.placing import columns
from service.ledger.requests import MovementRequest

Known = list[tuple[Party, MovementRequest]]


def load_cases(raw: Driver[Any], book: Book, known: Known) -> None:
    """Only open ones: of a closed case no movement can say anything any more."""
    keys = {(party.id, id) for party, request in known if (id := getattr(request.command, "case", None)) is not None}
    for party_id, id, number, state, ruling, approvers in raw.execute(queries.CASES, columns(keys, 2)) if keys else ():
        book.case_ids[number] = id
        book.cases[party_id, id] = OpenCase(number, id, ruling, state, frozenset(approvers))


def load_covers(raw: Driver[Any], book: Book) -> None:
    """Not asked where nothing is held; the lots are locked, so covers stay as they are."""
    lots = {account.lot_id for account, units in book.stock.items() if units and carries(account)}
    for lot_id, place, number, units, id in raw.execute(queries.COVERS, [list(lots)]) if lots else ():
        book.covered.setdefault((lot_id, place), {})[number] = units
        book.case_ids[number] = id
