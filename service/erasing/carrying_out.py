"""The erasure itself, in one transaction: the notice enters every lot's history, and the words go wherever they stood.

Lots are locked as for a movement, and time is taken after that, so that `recorded_at` never falls in a history. The
order of the last steps is the triggers': first it is on record that the erasure is carried out, then what it covers
may go, and nothing else (migration 0022).
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from anchoring import Submission, submit
from service.domain.erasable import NothingToErase
from service.erasing.evidence import (
    Source,
    check_not_at_work,
    forget_in_jobs,
    of_statement,
    read_again,
    target_of_evidence,
)
from service.erasing.notice import sign_notice
from service.erasing.target import Target, movement_of, target_of
from service.exchange.forgetting import forget_words
from service.ledger.adding import driver
from service.ledger.commitments import without
from service.ledger.desk import Desk
from service.ledger.newest import check_newest
from service.ledger.write import disclosure_row, keep_statements, statement_row
from service.statements.sdjwt import Statement
from verifier import uri
from verifier.entry import ERASURE


def carry_out(desk: Desk, erasure: Any, people: Sequence[str]) -> None:
    """Raises NothingToErase if another erasure came first."""
    _lock(desk, erasure)
    target = _target(desk, erasure)
    if target.digest != erasure.digest:
        raise NothingToErase(f"the disclosure {erasure.digest}", target.digest)
    at, id = desk.now, UUID(bytes=desk.scribe.random(16), version=4)
    check_newest(desk.connection, desk.scribe.origin, target.movement.lots, at)
    statement = sign_notice(desk, erasure, target, people, id, at)
    _enter(desk, statement, target, id, at)
    end(desk.connection, desk.party_id, erasure.number, statement.statement_hash, at, target)


def _target(desk: Desk, erasure: Any) -> Target:
    if erasure.movement is not None:
        return target_of(movement_of(desk.connection, desk.party_id, erasure.movement_id), erasure.property)
    source = of_statement(desk.connection, desk.party_id, erasure.statement_hash, desk.scribe.host)
    target = target_of_evidence(source, erasure.property)
    check_not_at_work(desk.connection, desk.party_id, target.words)
    return target


def _lock(desk: Desk, erasure: Any) -> None:
    """The key that signs stays the newest, and nothing else enters these histories."""
    desk.ask("SELECT id FROM warehouse.party WHERE id = :party FOR KEY SHARE", party=desk.party_id)
    desk.ask(_LOTS, movement=erasure.movement)


def _enter(desk: Desk, statement: Statement, target: Target, id: UUID, at: int) -> None:
    row = statement_row(statement, desk.party_id, id, ERASURE)
    keep_statements(driver(desk.connection), [row], [disclosure_row(statement)])
    subjects = [uri.subject(uri.LOT, desk.scribe.origin, lot) for lot in target.movement.lots]
    submit(desk.connection, [Submission(ERASURE, subject, statement.statement_hash, at) for subject in subjects])


def end(connection: Connection, party_id: int, number: int, notice: bytes, at: int, target: Target) -> None:
    """The approved erasure `number` is carried out, as `notice` says; now its words go."""
    connection.execute(text(_ENDED), {"number": number, "notice": notice, "at": at})
    if isinstance(target.movement, Source):
        values = {"number": number, "shown": target.left, "content": None, "parts": None, "words": []}
        connection.execute(text(_CARRY_OUT), values)
        read_again(connection, party_id, target.movement, target.left)
        forget_in_jobs(connection, party_id, target.words)
        return
    content, parts = without(target.movement.content.encode(), orjson.loads(target.movement.parts), target.parts)
    connection.execute(text(_CARRY_OUT), {
        "number": number, "shown": target.left, "content": content.decode(), "parts": orjson.dumps(parts).decode(),
        "words": list(target.words),
    })  # fmt: skip
    forget_words(connection, party_id, target.movement.id, target.words)


_LOTS = """
    SELECT id FROM warehouse.lot WHERE uri IN (
        SELECT unnest(lots) FROM warehouse.movement WHERE number = :movement) ORDER BY id FOR NO KEY UPDATE
"""
_ENDED = "UPDATE warehouse.erasure SET state = 'erased', notice = :notice, ended_at = :at WHERE number = :number"
_CARRY_OUT = "SELECT warehouse.carry_out_erasure(:number, :shown, :content, :parts, CAST(:words AS text[]))"
