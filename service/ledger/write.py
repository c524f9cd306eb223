"""Writes what the rules have allowed: rows of all movements of a call, each table once.

Lots and movements come before the legs that speak of them: the trigger `post_legs` checks legs against movement, lot
and place, and makes the balances of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver
from sqlalchemy import Connection

from anchoring import Submission, submit
from service.domain.decision import Decision
from service.domain.things import Lot, Party
from service.ledger import queries
from service.ledger.copying import binary, copy_in, driver
from service.ledger.copying import field as text
from service.statements.sdjwt import Statement
from verifier import uri
from verifier.entry import MOVEMENT


@dataclass(frozen=True, slots=True)
class Written:
    """One allowed movement, signed, with everything its rows need."""

    number: int
    party: Party
    id: UUID
    type: str
    actor: str
    recorded_at: int
    content: bytes
    content_hash: bytes
    decision: Decision
    statement: Statement
    lots: tuple[str, ...]


@dataclass(slots=True)
class _Rows:
    lots: list[str] = field(default_factory=list)
    movements: list[str] = field(default_factory=list)
    legs: list[str] = field(default_factory=list)
    descents: list[str] = field(default_factory=list)
    handoffs: list[str] = field(default_factory=list)
    handoff_lines: list[str] = field(default_factory=list)
    answers: list[tuple[int, UUID, str, int]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    disclosures: list[str] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)


def write(connection: Connection, origin: str, movements: Sequence[Written]) -> None:
    """Insert all rows of these movements and submit their statements to the log."""
    rows = _Rows()
    for written in movements:
        _movement(rows, written)
        _stock(rows, written)
        _handoff(rows, written)
        _statement(rows, written, origin)
    raw = driver(connection)
    copy_in(raw, "warehouse.lot (id, party_id, item_id, number, uri, production_date, expiry_date, retest_date,"
                 " manufacturer_lot, supplier, traceability_lot_code, traceability_source)", rows.lots)
    copy_in(raw, "warehouse.movement (number, party_id, id, type, actor, recorded_at, statement_hash, content_hash,"
                 " content, lots)", rows.movements)
    copy_in(raw, "warehouse.leg (lot_id, movement, line, place, status, units)", rows.legs)
    copy_in(raw, "warehouse.lot_descent (child_id, parent_id, movement, units)", rows.descents)
    copy_in(raw, "warehouse.handoff (movement, id, sender_id, receiver_id, from_location_id, statement_hash)",
            rows.handoffs)
    copy_in(raw, "warehouse.handoff_line (movement, line, lot_id, units)", rows.handoff_lines)
    _answer(raw, rows.answers)
    keep_statements(raw, rows.statements, rows.disclosures)
    submit(connection, rows.submissions)


def keep_statements(raw: Driver[Any], statements: Sequence[str], disclosures: Sequence[str] = ()) -> None:
    copy_in(raw, "warehouse.statement (statement_hash, party_id, id, kind, jwt)", statements)
    copy_in(raw, "warehouse.disclosure (statement_hash, disclosures)", disclosures)


def statement_row(statement: Statement, party_id: int, id: UUID, kind: int) -> str:
    return f"{binary(statement.statement_hash)}\t{party_id}\t{id}\t{kind}\t{statement.jwt}"


def _movement(rows: _Rows, written: Written) -> None:
    listed = '","'.join(written.lots)
    rows.movements.append(
        f"{written.number}\t{written.party.id}\t{written.id}\t{written.type}\t{text(written.actor)}\t"
        f"{written.recorded_at}\t{binary(written.statement.statement_hash)}\t{binary(written.content_hash)}\t"
        f'{text(written.content.decode())}\t{{"{listed}"}}'
    )


def _stock(rows: _Rows, written: Written) -> None:
    number, decision = written.number, written.decision
    for line, (account, units) in enumerate(decision.legs):
        rows.legs.append(f"{account.lot_id}\t{number}\t{line}\t{int(account.place)}\t{account.status}\t{units}")
    for lot in decision.new_lots:
        rows.lots.append("\t".join(map(text, _lot_columns(lot))))
    for child, parent, units in decision.descents:
        rows.descents.append(f"{child.id}\t{parent.id}\t{number}\t{units}")


def _lot_columns(lot: Lot) -> Iterable[object]:
    return (lot.id, lot.party_id, lot.item_id, lot.number, lot.uri, lot.production_date, lot.expiry_date,
            lot.retest_date, lot.manufacturer_lot, lot.supplier, lot.traceability_lot_code, lot.traceability_source)


def _handoff(rows: _Rows, written: Written) -> None:
    handoff, number = written.decision.handoff, written.number
    if handoff is None:
        return
    if handoff.state != "offered":
        rows.answers.append((handoff.receiver_id, handoff.id, handoff.state, number))
        return
    rows.handoffs.append(
        f"{number}\t{handoff.id}\t{handoff.sender_id}\t{handoff.receiver_id}\t{handoff.from_location_id}\t"
        f"{binary(written.statement.statement_hash)}"
    )
    for line, goods in enumerate(handoff.lines):
        rows.handoff_lines.append(f"{number}\t{line}\t{goods.lot_id}\t{goods.units}")


def _answer(raw: Driver[Any], answers: Sequence[tuple[int, UUID, str, int]]) -> None:
    if answers:
        done = raw.execute(queries.ANSWER_HANDOFFS, [list(column) for column in zip(*answers, strict=True)])
        assert done.rowcount == len(answers), f"INV-S4: expected to answer {len(answers)} handoffs, got {done.rowcount}"


def _statement(rows: _Rows, written: Written, origin: str) -> None:
    statement = written.statement
    rows.statements.append(statement_row(statement, written.party.id, written.id, MOVEMENT))
    rows.disclosures.append(f"{binary(statement.statement_hash)}\t{statement.disclosures}")
    for lot in written.lots:
        subject = uri.subject(uri.LOT, origin, lot)
        rows.submissions.append(Submission(MOVEMENT, subject, statement.statement_hash, written.recorded_at))
