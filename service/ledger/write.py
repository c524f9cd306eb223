"""Writes what the rules have allowed: rows of all movements of a call, each table once.

Pallets, lots and movements come before the legs that speak of them: the trigger `post_legs` checks legs against
movement, lot and place, and makes the balances of them. Recalls come last, so that goods are held before they are
flagged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection as Driver
from sqlalchemy import Connection

from anchoring import Submission, submit
from service.domain.things import Lot
from service.ledger import queries
from service.ledger.copying import binary, copy_in, driver
from service.ledger.copying import field as text
from service.ledger.write_covers import cover, uncover
from service.ledger.write_handoffs import write_handoffs
from service.ledger.written import Written
from service.statements.sdjwt import Statement
from verifier import uri
from verifier.entry import MOVEMENT


@dataclass(slots=True)
class _Rows:
    pallets: list[str] = field(default_factory=list)
    lots: list[str] = field(default_factory=list)
    movements: list[str] = field(default_factory=list)
    legs: list[str] = field(default_factory=list)
    descents: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    disclosures: list[str] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)


def write(connection: Connection, origin: str, movements: Sequence[Written]) -> None:
    """Insert all rows of these movements and submit their statements to the log."""
    rows = _Rows()
    for written in movements:
        _movement(rows, written)
        _stock(rows, written)
        _statement(rows, written, origin)
    raw = driver(connection)
    copy_in(raw, "warehouse.location (id, party_id, site_id, code, name, kind, within)", rows.pallets)
    copy_in(raw, "warehouse.lot (id, party_id, item_id, number, uri, production_date, expiry_date, retest_date,"
                 " manufacturer_lot, supplier, traceability_lot_code, traceability_source, recall)", rows.lots)
    copy_in(raw, "warehouse.movement (number, party_id, id, type, actor, recorded_at, statement_hash, content_hash,"
                 " content, parts, journal, lots)", rows.movements)
    uncover(raw, movements)
    copy_in(raw, "warehouse.leg (lot_id, movement, line, place, status, units)", rows.legs)
    cover(raw, movements)
    copy_in(raw, "warehouse.lot_descent (child_id, parent_id, movement, units)", rows.descents)
    write_handoffs(raw, movements)
    for written in movements:
        _relocated(raw, written)
        _recalled(raw, written)
    keep_statements(raw, rows.statements, rows.disclosures)
    submit(connection, rows.submissions)


def keep_statements(raw: Driver[Any], statements: Sequence[str], disclosures: Sequence[str] = ()) -> None:
    copy_in(raw, "warehouse.statement (statement_hash, party_id, id, kind, jwt)", statements)
    copy_in(raw, "warehouse.disclosure (statement_hash, disclosures)", disclosures)


def statement_row(statement: Statement, party_id: int, id: UUID, kind: int) -> str:
    return f"{binary(statement.statement_hash)}\t{party_id}\t{id}\t{kind}\t{statement.jwt}"


def _movement(rows: _Rows, written: Written) -> None:
    listed, parts = '","'.join(written.lots), orjson.dumps(written.parts).decode() if written.parts else None
    rows.movements.append(
        f"{written.number}\t{written.party.id}\t{written.id}\t{written.type}\t{text(written.actor)}\t"
        f"{written.recorded_at}\t{binary(written.statement.statement_hash)}\t{binary(written.content_hash)}\t"
        f'{text(written.content.decode())}\t{text(parts)}\t{text(written.journal.decode())}\t{{"{listed}"}}'
    )


def _stock(rows: _Rows, written: Written) -> None:
    number, decision = written.number, written.decision
    if decision.pallet is not None and decision.new_pallet:
        pallet = decision.pallet
        site = pallet.site
        rows.pallets.append(f"{pallet.id}\t{site.party_id}\t{site.id}\t{pallet.code}\t{pallet.code}\tpallet\t"
                            f"{pallet.ground.id}")
    for line, (account, units) in enumerate(decision.legs):
        rows.legs.append(f"{account.lot_id}\t{number}\t{line}\t{int(account.place)}\t{account.status}\t{units}")
    for lot in decision.new_lots:
        rows.lots.append("\t".join(map(text, _lot_columns(lot))))
    for child, parent, units in decision.descents:
        rows.descents.append(f"{child.id}\t{parent.id}\t{number}\t{units}")


def _lot_columns(lot: Lot) -> Iterable[object]:
    return (lot.id, lot.party_id, lot.item_id, lot.number, lot.uri, lot.production_date, lot.expiry_date,
            lot.retest_date, lot.manufacturer_lot, lot.supplier, lot.traceability_lot_code, lot.traceability_source,
            lot.recall)


def _relocated(raw: Driver[Any], written: Written) -> None:
    pallet = written.decision.pallet
    if pallet is not None and written.type == "relocate":
        raw.execute(queries.RELOCATE, [pallet.ground.id, pallet.id])


def _recalled(raw: Driver[Any], written: Written) -> None:
    """Flag the lots, and tell the parties that were handed any of them."""
    for kind, lots, recall in (("recall", written.decision.recalled, written.number),
                               ("lift", written.decision.lifted, None)):
        if lots:
            ids = [lot.id for lot in lots]
            raw.execute(queries.RECALL, [recall, ids])
            told = {"kind": kind, "movement": written.number, "at": written.recorded_at, "lots": ids}
            raw.execute(queries.NOTIFY, told)
    for lot in written.decision.still_recalled:
        raw.execute(queries.RECALL, [lot.recall, [lot.id]])


def _statement(rows: _Rows, written: Written, origin: str) -> None:
    statement = written.statement
    rows.statements.append(statement_row(statement, written.party.id, written.id, MOVEMENT))
    rows.disclosures.append(f"{binary(statement.statement_hash)}\t{statement.disclosures}")
    for lot in written.lots:
        subject = uri.subject(uri.LOT, origin, lot)
        rows.submissions.append(Submission(MOVEMENT, subject, statement.statement_hash, written.recorded_at))
