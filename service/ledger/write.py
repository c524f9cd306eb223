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
from service.ledger.adding import Row, Target, add, binary, driver, quoted
from service.ledger.write_covers import cover, uncover
from service.ledger.write_handoffs import write_handoffs
from service.ledger.written import Written
from service.statements.sdjwt import Statement
from verifier import uri
from verifier.entry import MOVEMENT

_PALLETS = Target("warehouse.location", "id bigint, party_id bigint, site_id bigint, code text, name text, kind text,"
                  " within bigint")  # fmt: skip
_LOTS = Target("warehouse.lot", "id bigint, party_id bigint, item_id bigint, number text, uri text,"
               " production_date date, expiry_date date, retest_date date, manufacturer_lot text, supplier text,"
               " traceability_lot_code text, traceability_source text, recall bigint")  # fmt: skip
_MOVEMENTS = Target("warehouse.movement", "number bigint, party_id bigint, id uuid, type text, actor text,"
                    " recorded_at bigint, statement_hash bytea, content_hash bytea, content text, parts text,"
                    " journal text, lots text[]")  # fmt: skip
_LEGS = Target("warehouse.leg", "lot_id bigint, movement bigint, line smallint, place bigint,"
               " status warehouse.stock_status, units bigint")  # fmt: skip
_DESCENTS = Target("warehouse.lot_descent", "child_id bigint, parent_id bigint, movement bigint, units bigint")
_STATEMENTS = Target("warehouse.statement", "statement_hash bytea, party_id bigint, id uuid, kind smallint, jwt text")
_DISCLOSURES = Target("warehouse.disclosure", "statement_hash bytea, disclosures text")


@dataclass(slots=True)
class _Rows:
    pallets: list[Row] = field(default_factory=list)
    lots: list[Row] = field(default_factory=list)
    movements: list[Row] = field(default_factory=list)
    legs: list[Row] = field(default_factory=list)
    descents: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    disclosures: list[Row] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)


def write(connection: Connection, origin: str, movements: Sequence[Written]) -> None:
    """Insert all rows of these movements and submit their statements to the log."""
    rows = _Rows()
    for written in movements:
        _movement(rows, written)
        _stock(rows, written)
        _statement(rows, written, origin)
    raw = driver(connection)
    add(raw, _PALLETS, rows.pallets)
    add(raw, _LOTS, rows.lots)
    add(raw, _MOVEMENTS, rows.movements)
    uncover(raw, movements)
    add(raw, _LEGS, rows.legs)
    cover(raw, movements)
    add(raw, _DESCENTS, rows.descents)
    write_handoffs(raw, movements)
    for written in movements:
        _relocated(raw, written)
        _recalled(raw, written)
    keep_statements(raw, rows.statements, rows.disclosures)
    submit(connection, rows.submissions)


def keep_statements(raw: Driver[Any], statements: Sequence[Row], disclosures: Sequence[Row] = ()) -> None:
    add(raw, _STATEMENTS, statements)
    add(raw, _DISCLOSURES, disclosures)


def statement_row(statement: Statement, party_id: int, id: UUID, kind: int) -> Row:
    return binary(statement.statement_hash), party_id, id, kind, statement.jwt


def disclosure_row(statement: Statement) -> Row:
    return binary(statement.statement_hash), statement.disclosures


def _movement(rows: _Rows, written: Written) -> None:
    listed, parts = '","'.join(written.lots), orjson.dumps(written.parts).decode() if written.parts else None
    rows.movements.append((
        written.number, written.party.id, written.id, written.type, quoted(written.actor), written.recorded_at,
        binary(written.statement.statement_hash), binary(written.content_hash), quoted(written.content.decode()),
        quoted(parts), quoted(written.journal.decode()), quoted(f'{{"{listed}"}}'),
    ))  # fmt: skip


def _stock(rows: _Rows, written: Written) -> None:
    number, decision = written.number, written.decision
    if decision.pallet is not None and decision.new_pallet:
        pallet = decision.pallet
        code = quoted(pallet.code)
        rows.pallets.append((pallet.id, pallet.site.party_id, pallet.site.id, code, code, "pallet", pallet.ground.id))
    for line, (account, units) in enumerate(decision.legs):
        rows.legs.append((account.lot_id, number, line, int(account.place), account.status, units))
    for lot in decision.new_lots:
        rows.lots.append([quoted(value) for value in _lot_columns(lot)])
    for child, parent, units in decision.descents:
        rows.descents.append((child.id, parent.id, number, units))


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
    rows.disclosures.append(disclosure_row(statement))
    for lot in written.lots:
        subject = uri.subject(uri.LOT, origin, lot)
        rows.submissions.append(Submission(MOVEMENT, subject, statement.statement_hash, written.recorded_at))
